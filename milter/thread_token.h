/* SPDX-License-Identifier: BSD-2-Clause */
/* Thread tokens in header fields and addresses. Pure. */
#ifndef MILTER_THREAD_TOKEN_H
#define MILTER_THREAD_TOKEN_H

#include <stdbool.h>
#include "cache/token.h"

/* Takes the token of a Message-ID that is one: "TOKEN@domain". */
bool thread_token_of_id(const char *id, char token_r[TOKEN_SIZE]);

/* Takes the token of a path "<user+TOKEN@domain>"; separator is the "+". */
bool thread_token_of_path(
	const char *path, char separator, char token_r[TOKEN_SIZE]);

/*
 * Writes the References of a message with the token as one entry more. old is
 * the raw value so far, "" for none. Returns 0, or -1: it does not fit.
 */
int thread_token_references(const char *token, const char *address,
	const char *old, char *value_r, size_t size);

/* Writes "user+TOKEN@domain" for an address. Returns 0, or -1. */
int thread_token_address(const char *token, const char *address, char separator,
	char *value_r, size_t size);

#endif
