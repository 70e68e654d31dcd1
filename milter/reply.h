/* SPDX-License-Identifier: BSD-2-Clause */
/* The reply to the MTA: the interface that a seller sees. Pure. */
#ifndef MILTER_REPLY_H
#define MILTER_REPLY_H

#include <stddef.h>
#include "policy/policy.h"
#include "policy/reason.h"

#define REPLY_LINES_MAX 16
#define REPLY_LINE_SIZE 481 /* octets with NUL: RFC 5321's 512 with code */

struct reply {
	char code[4];
	const char *dsn;
	char lines[REPLY_LINES_MAX][REPLY_LINE_SIZE];
	size_t count;
};

/*
 * Builds the reply for a refusal. order may be "". The text holds printable
 * ASCII only; a % is single here (callbacks doubles it for libmilter).
 * category is that of the text, for CRITICAL_MISUSED.
 */
void reply_build(const struct policy *policy, enum reason reason,
	const char *order, enum category category, struct reply *reply_r);

#endif
