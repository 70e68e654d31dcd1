/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the words of a text speak for, all taken together: weights of words and
 * pairs of words, learned from texts of known kind. Where the phrases of a pack
 * tell what a sentence asks, these tell which texts it is like. Pure.
 */
#ifndef POLICY_WORDING_H
#define POLICY_WORDING_H

#include <stddef.h>
#include "policy/fold.h"

#define WORDING_UNIT 100      /* weights and rarities are hundredths */
#define WORDING_ENTRY_MAX 128 /* octets */
#define WORDING_PARTS 6

/* Immutable once it is filled: any thread. */
struct wording;

struct wording *wording_new(void); /* NULL: out of memory */
void wording_free(struct wording **wording);

/*
 * Adds an entry, which is copied: its weight (above 0 speaks for a critical
 * text) and its rarity among texts. The entry "" is the bias, without rarity.
 * Returns 0, 1 if it was there, or -1: out of memory.
 */
int wording_add(
	struct wording *wording, const char *entry, int weight, int rarity);

/* An entry in a text, and what it adds to the balance. */
struct wording_part {
	const char *entry; /* the wording's */
	double points;
};

struct wording_result {
	double balance; /* above 0: more like critical texts than like others */
	struct wording_part parts[WORDING_PARTS]; /* the weightiest, first */
	size_t count;
};

/*
 * Weighs the words of a text, spaced by words_add(). Without any known word
 * the balance is 0. Returns 0, or -1: out of memory.
 */
int wording_weigh(const struct wording *wording, const struct words *words,
	struct wording_result *result_r);

/*
 * Calls found() for each entry that a text has, as often as it has it: the
 * begin of each word, and of each two words that follow each other; in a
 * script without blanks one to three characters. entry ends with a NUL.
 */
void wording_each(const struct words *words,
	void (*found)(void *context, const char *entry), void *context);

#endif
