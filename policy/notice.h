/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of a refusal's notice: of the policy, else of reason.def. Pure. */
#ifndef POLICY_NOTICE_H
#define POLICY_NOTICE_H

#include <stdbool.h>
#include "policy/error.h"
#include "policy/reason.h"
#include "policy/strlist.h"

#define NOTICE_LINE_MAX 480  /* octets: RFC 5321's 512 with code and DSN */
#define NOTICE_CAUSE_MAX 340 /* the first line has reason and order as well */
#define NOTICE_LINES_MAX 14  /* with the first; a help URL may follow */

/* Whether line is printable ASCII of at most NOTICE_LINE_MAX octets. */
bool notice_is_sendable(const char *line);

/*
 * Fills lines_r with custom, or where that is empty with the lines of the
 * table: cause first, then the advice. Returns 0, or -1 with error set and
 * lines_r to be freed by the caller.
 */
int notice_compile(enum reason reason, const struct strlist *custom,
	struct strlist *lines_r, struct error *error);

#endif
