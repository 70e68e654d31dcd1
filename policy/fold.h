/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The form in which texts and phrases are compared. Both get it, so that a
 * phrase is found however it is written. Pure.
 */
#ifndef POLICY_FOLD_H
#define POLICY_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/buffer.h"

/*
 * Appends UTF-8 text normalized (text_normalize()), in small letters, Latin
 * letters without accents, letters that look like Latin ones as these.
 */
void fold_text(const char *text, size_t length, struct buffer *folded);

/* A text without what stands between words, to be searched for phrases. */
struct words {
	struct buffer text;
	uint32_t *at; /* where each octet stands in the folded text */
	size_t size;
	bool failed;
};

/*
 * Appends the words of folded[start, end), which is from fold_text(). Spaced:
 * a blank stands before, between and after the words. Signs such as % are
 * words of their own.
 */
void words_add(struct words *words, const char *folded, size_t start,
	size_t end, bool spaced);

/* Appends a character that is no word's. at: its place. */
void words_add_mark(struct words *words, char mark, size_t at);
void words_fini(struct words *words);

#endif
