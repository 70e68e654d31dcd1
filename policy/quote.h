/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The buyer's words: a fingerprint of a message that holds none of its text,
 * and how much of those words a reply carries. Pure: any thread.
 *
 * The fingerprint is a row of keyed hashes of three words each, in order. A
 * long text is thinned out: only those hashes are kept that a rule of the
 * hash itself picks, which picks the same ones in a reply.
 */
#ifndef POLICY_QUOTE_H
#define POLICY_QUOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/siphash.h"

#define QUOTE_HASHES_MAX 288
#define QUOTE_HASH_BITS 23
#define QUOTE_LINE_BIT (1u << QUOTE_HASH_BITS)

struct quote {
	uint8_t thinning; /* one of 2^thinning hashes is kept */
	uint8_t width;	  /* words in a hash: 3, or fewer if there are fewer */
	bool dense;	  /* mostly of a script in which characters are words */
	bool greets;	  /* the second word starts a line */
	uint16_t words;	  /* of the text, at most UINT16_MAX */
	uint16_t count;
	/* QUOTE_LINE_BIT: the last word of the hash starts a line. */
	uint32_t hashes[QUOTE_HASHES_MAX];
};

/*
 * Makes the fingerprint of the words of a message, UTF-8. Quoted lines (">")
 * and what follows a "-- " line are left out, if more is there. The key is to
 * be secret, and another for each message. Returns 0, or -1: out of memory.
 */
int quote_make(const unsigned char key[SIPHASH_KEY_SIZE], const char *text,
	struct quote *quote_r);

/* Whether the numbers of a fingerprint fit each other. */
bool quote_is_sound(const struct quote *quote);

/*
 * How much of the words a reply's text carries, in order, from 0 to 100.
 * Marks, wrapping and lines put in between cost nothing; a word left out
 * counts once, one put in twice, one replaced three times. With forgiving, a
 * line or signature that is left out costs nothing. Of a few words, all must
 * be there, on lines of their own. Returns -1: out of memory.
 */
int quote_share(const unsigned char key[SIPHASH_KEY_SIZE],
	const struct quote *quote, const char *text, bool forgiving);

#endif
