/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds many strings in one pass over a text (Aho and Corasick): the cost
 * grows with the text, not with the number of strings. Immutable once ready;
 * any thread. Pure.
 */
#ifndef POLICY_MATCHER_H
#define POLICY_MATCHER_H

#include <stddef.h>
#include <stdint.h>

struct matcher;

/* NULL: out of memory. */
struct matcher *matcher_new(void);
void matcher_free(struct matcher **matcher);

/*
 * Adds a string, not empty. id is told back for each place where it is found;
 * several strings may be equal. Returns 0, or -1 when out of memory.
 */
int matcher_add(struct matcher *matcher, const char *string, size_t length,
	uint32_t id);

/* To be called after the last string. Returns 0, or -1: out of memory. */
int matcher_finish(struct matcher *matcher);

/*
 * Calls found for each string found in text, by its end, longer ones first.
 * end is the offset behind its last octet.
 */
void matcher_search(const struct matcher *matcher, const char *text,
	size_t length, void (*found)(void *context, uint32_t id, size_t end),
	void *context);

#endif
