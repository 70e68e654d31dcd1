/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text as a row of keyed word hashes, for comparing what is said and not how
 * it is set. Pure: any thread.
 */
#ifndef POLICY_QUOTE_WORDS_H
#define POLICY_QUOTE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/siphash.h"

struct quote_word {
	uint64_t hash;
	bool starts_line;
};

struct quote_words {
	struct quote_word *items;
	size_t count;
	size_t size;
	size_t dense; /* of them single characters */
	bool failed;  /* out of memory */
};

enum quote_source {
	QUOTE_ORIGINAL, /* leaves out quoted lines and what follows "-- " */
	QUOTE_REPLY,	/* everything, without the marks before lines */
};

/*
 * Splits UTF-8 into words: runs of letters and digits, normalized (NFKC) and
 * case folded; in scripts without blanks each character is a word. The caller
 * frees words_r->items. Returns 0, or -1: out of memory.
 */
int quote_words_make(const unsigned char key[SIPHASH_KEY_SIZE],
	const char *text, enum quote_source source,
	struct quote_words *words_r);

#endif
