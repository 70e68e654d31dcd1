/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/quote.h"

#include <stdlib.h>
#include <string.h>
#include "policy/quote_align.h"
#include "policy/quote_words.h"

#define WIDTH 3
#define FEW_WORDS 8	 /* fewer must all be there, as they are */
#define TAIL_WORDS 4	 /* of a signature below a few words */
#define CORE_WORDS WIDTH /* that remain without the signature */
#define THINNING_MAX 24

static uint64_t hash_at(const unsigned char *key,
	const struct quote_words *words, size_t at, unsigned width)
{
	uint64_t part[WIDTH];

	for (unsigned i = 0; i < width; i++)
		part[i] = words->items[at + i].hash;
	return siphash(key, part, width * sizeof(part[0]));
}

static bool is_kept(uint64_t hash, unsigned thinning)
{
	return (hash >> 32 & ((UINT64_C(1) << thinning) - 1)) == 0;
}

/* Counts the hashes that a thinning keeps; notes the first ones. */
static size_t pick(const unsigned char *key, const struct quote_words *words,
	unsigned thinning, struct quote *quote)
{
	size_t kept = 0;

	for (size_t i = 0; i + quote->width <= words->count; i++) {
		uint64_t hash = hash_at(key, words, i, quote->width);
		size_t last = i + quote->width - 1;

		if (!is_kept(hash, thinning))
			continue;
		if (kept < QUOTE_HASHES_MAX)
			quote->hashes[kept] =
				(uint32_t)(hash & (QUOTE_LINE_BIT - 1)) |
				(words->items[last].starts_line ? QUOTE_LINE_BIT
								: 0);
		kept++;
	}
	quote->thinning = (uint8_t)thinning;
	quote->count =
		(uint16_t)(kept < QUOTE_HASHES_MAX ? kept : QUOTE_HASHES_MAX);
	return kept;
}

int quote_make(const unsigned char key[SIPHASH_KEY_SIZE], const char *text,
	struct quote *quote_r)
{
	struct quote_words words;
	int rc = quote_words_make(key, text, QUOTE_ORIGINAL, &words);
	unsigned thinning = 0;

	*quote_r = (struct quote){ 0 };
	if (rc == 0 && words.count > 0) {
		quote_r->width =
			words.count < WIDTH ? (uint8_t)words.count : WIDTH;
		quote_r->words = words.count < UINT16_MAX
					 ? (uint16_t)words.count
					 : UINT16_MAX;
		quote_r->greets = words.count > 1 && words.items[1].starts_line;
		quote_r->dense = words.dense > words.count / 2;
		while (thinning < THINNING_MAX &&
			pick(key, &words, thinning, quote_r) > QUOTE_HASHES_MAX)
			thinning++;
		/* A text that repeats itself may lose too much at a step. */
		if (thinning > 0 && quote_r->count < QUOTE_HASHES_MAX / 4)
			pick(key, &words, thinning - 1, quote_r);
		if (quote_r->thinning == 0)
			quote_r->words = quote_r->count + quote_r->width - 1;
	}
	free(words.items);
	return rc;
}

bool quote_is_sound(const struct quote *quote)
{
	if (quote->count == 0 || quote->words == 0)
		return quote->count == 0 && quote->words == 0;
	if (quote->width != (quote->words < WIDTH ? quote->words : WIDTH))
		return false;
	return quote->thinning > 0 ||
	       quote->count == quote->words - quote->width + 1;
}

/* Whether the first length words stand in text in one run, on own lines. */
static bool has_run(const unsigned char *key, const struct quote *quote,
	const struct quote_words *words, size_t length)
{
	size_t hashes = length - quote->width + 1;

	for (size_t at = 0; at + length <= words->count; at++) {
		size_t same = 0;

		if (!words->items[at].starts_line ||
			(at + length < words->count &&
				!words->items[at + length].starts_line))
			continue;
		while (same < hashes &&
			(hash_at(key, words, at + same, quote->width) &
				(QUOTE_LINE_BIT - 1)) ==
				(quote->hashes[same] & (QUOTE_LINE_BIT - 1)))
			same++;
		if (same == hashes)
			return true;
	}
	return false;
}

static int share_of_few(const unsigned char *key, const struct quote *quote,
	const struct quote_words *words, bool forgiving)
{
	if (has_run(key, quote, words, quote->words))
		return 100;
	for (size_t t = quote->words; forgiving && t-- > CORE_WORDS;)
		if (quote->words - t <= TAIL_WORDS &&
			quote->hashes[t - (WIDTH - 1)] & QUOTE_LINE_BIT &&
			has_run(key, quote, words, t))
			return 100;
	return 0;
}

/* The hashes of the reply that are in the fingerprint, where they stand. */
static size_t find_hits(const unsigned char *key, const struct quote *quote,
	const struct quote_words *words, struct quote_hit *hits_r)
{
	uint32_t known[QUOTE_HASHES_MAX];
	size_t count = 0;

	for (size_t i = 0; i < quote->count; i++)
		known[i] = quote->hashes[i] & (QUOTE_LINE_BIT - 1);
	quote_sort(known, quote->count);
	for (size_t i = 0;
		i + quote->width <= words->count && count < QUOTE_HITS_MAX;
		i++) {
		uint64_t hash = hash_at(key, words, i, quote->width);
		uint32_t value = hash & (QUOTE_LINE_BIT - 1);

		if (is_kept(hash, quote->thinning) &&
			quote_has(known, quote->count, value))
			hits_r[count++] =
				(struct quote_hit){ value, (uint32_t)i };
	}
	return count;
}

static int share_of_many(const unsigned char *key, const struct quote *quote,
	const struct quote_words *words, bool forgiving)
{
	struct quote_hit *hits = calloc(QUOTE_HITS_MAX, sizeof(*hits));
	int share = -1;

	if (hits) {
		size_t count = find_hits(key, quote, words, hits);

		share = quote_align(quote, words, hits, count, forgiving);
	}
	free(hits);
	return share;
}

int quote_share(const unsigned char key[SIPHASH_KEY_SIZE],
	const struct quote *quote, const char *text, bool forgiving)
{
	struct quote_words words;
	int share = -1;

	if (quote->count == 0)
		return 100; /* no words: nothing can be missing */
	if (quote_words_make(key, text, QUOTE_REPLY, &words) == 0)
		share = quote->words < FEW_WORDS
				? share_of_few(key, quote, &words, forgiving)
				: share_of_many(key, quote, &words, forgiving);
	free(words.items);
	return share;
}
