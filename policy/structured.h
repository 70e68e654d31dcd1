/* SPDX-License-Identifier: BSD-2-Clause */
/* What structured header fields have in common. Pure: any thread. */
#ifndef POLICY_STRUCTURED_H
#define POLICY_STRUCTURED_H

#include <stdbool.h>

/* Comments in comments that are followed. */
#define STRUCTURED_DEPTH 16

/* A blank, or a line end of a fold. */
bool structured_is_blank(char c);
bool structured_is_control(char c);

/*
 * The first octet behind blanks, folds and comments. NULL: a comment does not
 * end, is nested too deep, or holds a control character.
 */
const char *structured_skip(const char *text);

/* The first octet behind the quoted string at text, or NULL: it is none. */
const char *structured_skip_quoted(const char *text);

#endif
