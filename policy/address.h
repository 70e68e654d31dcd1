/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Canonical mail addresses. One function for the SMTP envelope, the
 * operator's command and imports, so that the same address always has the
 * same key. Pure: any thread.
 */
#ifndef POLICY_ADDRESS_H
#define POLICY_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include "policy/error.h"
#include "policy/strlist.h"

/* Octets of the longest canonical address, with its NUL. */
#define ADDRESS_SIZE (255 + 1 + 255 + 1)

/* How local parts are compared. It is part of the cache's format. */
struct address_form {
	bool fold_case;	    /* local parts differ only in case: the same */
	char tag_separator; /* "user+tag" is "user" for '+'; '\0': no tags */
};

enum address_result {
	ADDRESS_OK,
	ADDRESS_NULL, /* <>, the null sender */
	ADDRESS_INVALID,
};

/*
 * Writes the canonical form of an SMTP path or plain address: angle brackets
 * and source route dropped, needless quoting removed, domain lower case and
 * as A-labels, a final dot dropped, local part as form says. Domain literals
 * are kept, lower case; a host name in brackets is that host.
 * canonical_r holds ADDRESS_SIZE octets; it is "" unless ADDRESS_OK.
 */
enum address_result address_canonical(
	const char *path, const struct address_form *form, char *canonical_r);

/*
 * Whether the local part of a canonical address is itself an address, by which
 * a mail server may route on: "user%site@relay", "site!user@relay" or
 * "\"user@site\"@relay". inner_r holds ADDRESS_SIZE octets.
 */
bool address_routed(
	const char *address, const struct address_form *form, char *inner_r);

/*
 * The canonical form of a seller: an address, or a login name that is none.
 * canonical_r holds ADDRESS_SIZE octets; it is "" only for "": a longer name is cut.
 */
void address_canonical_seller(
	const char *name, const struct address_form *form, char *canonical_r);

/* A set of patterns: "user@domain", "@domain" or "@*.domain". */
struct address_set;

/*
 * Compiles patterns. Returns NULL and sets error for a bad pattern or when
 * out of memory. The caller frees with address_set_free().
 */
struct address_set *address_set_new(const struct strlist *patterns,
	const struct address_form *form, struct error *error);
void address_set_free(struct address_set **set);

/* canonical comes from address_canonical(). */
bool address_set_has(const struct address_set *set, const char *canonical);

#endif
