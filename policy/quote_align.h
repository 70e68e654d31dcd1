/* SPDX-License-Identifier: BSD-2-Clause */
/* Lays a reply beside a fingerprint. Private to quote.c. Pure: any thread. */
#ifndef POLICY_QUOTE_ALIGN_H
#define POLICY_QUOTE_ALIGN_H

#include "policy/quote.h"
#include "policy/quote_words.h"

#define QUOTE_HITS_MAX 2000 /* more are no quote: bounds time and memory */

/* A hash of the fingerprint in the reply, and the word where it begins. */
struct quote_hit {
	uint32_t value;
	uint32_t at;
};

void quote_sort(uint32_t *values, size_t count);
bool quote_has(const uint32_t *sorted, size_t count, uint32_t value);

/* The share as quote_share() has it, or -1: out of memory. */
int quote_align(const struct quote *quote, const struct quote_words *words,
	const struct quote_hit *hits, size_t count, bool forgiving);

#endif
