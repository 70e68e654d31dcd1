/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Order IDs in text. A pattern is immutable and shared by threads; a list of
 * candidates belongs to one message.
 */
#ifndef POLICY_ORDER_H
#define POLICY_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include "policy/error.h"

#define ORDER_ID_SIZE 64 /* octets of the longest order ID, with its NUL */
#define ORDER_CANDIDATES_MAX 16 /* different IDs kept; more only count */

struct order_pattern;

/* Different order IDs in the order in which they were found. {0} is empty. */
struct order_candidates {
	char ids[ORDER_CANDIDATES_MAX][ORDER_ID_SIZE];
	size_t count;	/* IDs in ids */
	bool overflow;	/* more different IDs than fit */
	bool undecided; /* the pattern hit its match limit */
};

/*
 * Compiles regex (pcre2). Refused: \C, callouts, recursion, a pattern that
 * matches the empty string, one over 4 KiB. Returns NULL and sets error.
 */
struct order_pattern *order_pattern_new(const char *regex, struct error *error);
void order_pattern_free(struct order_pattern **pattern);

/*
 * Adds the order IDs in text, valid UTF-8 that text_normalize() made. An ID is
 * never cut out of a longer run of digits, nor of digits joined by dashes.
 */
void order_find(const struct order_pattern *pattern, const char *text,
	size_t length, struct order_candidates *candidates);

/* Overwrites the order IDs in text with blanks. */
void order_blank(const struct order_pattern *pattern, char *text);

/* Whether the whole text is one order ID. */
bool order_is_id(const struct order_pattern *pattern, const char *text);

#endif
