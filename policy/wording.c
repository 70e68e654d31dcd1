/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <glib.h>
#include "policy/wording.h"

#define STEM_CHARS 6   /* of a word: its endings matter less */
#define RUN_CHARS 3    /* in a script without blanks */
#define NUMBER_CHARS 3 /* from which on digits are some number or other */

/* --- The entries of a text ---------------------------------------------- */

/* Of scripts without blanks: kana, ideographs, hangul. */
static bool is_unspaced(gunichar c)
{
	return c >= 0x3040 && c < 0xfb00;
}

static bool is_number(const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (word[i] < '0' || word[i] > '9')
			return false;
	return length >= NUMBER_CHARS;
}

/* Copies up to count characters; digits are all alike. Returns the octets. */
static size_t copy_chars(char *to, const char *word, size_t length, int count)
{
	const char *p = word, *end = word + length;
	size_t octets;

	while (p < end && count-- > 0)
		p = g_utf8_next_char(p);
	octets = (size_t)(p - word) < length ? (size_t)(p - word) : length;
	for (size_t i = 0; i < octets; i++)
		to[i] = word[i] >= '0' && word[i] <= '9' ? '0' : word[i];
	to[octets] = '\0';
	return octets;
}

static void each_run(const char *word, size_t length,
	void (*found)(void *context, const char *entry), void *context)
{
	char entry[WORDING_ENTRY_MAX];

	for (const char *p = word; p < word + length; p = g_utf8_next_char(p)) {
		size_t left = word + length - p, before = 0;

		for (int count = 1; count <= RUN_CHARS; count++) {
			size_t octets = copy_chars(entry, p, left, count);

			if (octets == before)
				break; /* there are no more */
			before = octets;
			found(context, entry);
		}
	}
}

/* pair holds the stem of the word before, or "". */
static void each_stem(char *pair, const char *word, size_t length,
	void (*found)(void *context, const char *entry), void *context)
{
	char stem[WORDING_ENTRY_MAX / 2]; /* room for STEM_CHARS of 6 octets */
	size_t before = strlen(pair);

	copy_chars(stem, word, length, STEM_CHARS);
	found(context, stem);
	if (before > 0) {
		pair[before] = ' ';
		strcpy(pair + before + 1, stem);
		found(context, pair);
	}
	strcpy(pair, stem);
}

void wording_each(const struct words *words,
	void (*found)(void *context, const char *entry), void *context)
{
	const char *p = words->text.data, *end = p + words->text.length;
	char pair[WORDING_ENTRY_MAX] = "";

	while (p < end) {
		size_t length = 0;

		if (*p == '\n')
			pair[0] = '\0'; /* a pair stands in one sentence */
		while (p + length < end && p[length] != ' ' &&
			p[length] != '\n')
			length++;
		if (length > 0 && is_unspaced(g_utf8_get_char(p)))
			each_run(p, length, found, context);
		else if (length > 0 && !is_number(p, length))
			each_stem(pair, p, length, found, context);
		p += length + 1;
	}
}

/* --- Weights ------------------------------------------------------------ */

struct entry {
	int weight, rarity;
};

struct wording {
	GHashTable *entries; /* text -> struct entry */
	int bias;
};

struct wording *wording_new(void)
{
	struct wording *wording = calloc(1, sizeof(*wording));

	if (wording != NULL)
		wording->entries = g_hash_table_new_full(
			g_str_hash, g_str_equal, free, free);
	return wording;
}

void wording_free(struct wording **wording)
{
	if (*wording == NULL)
		return;
	g_hash_table_destroy((*wording)->entries);
	free(*wording);
	*wording = NULL;
}

int wording_add(
	struct wording *wording, const char *entry, int weight, int rarity)
{
	struct entry *value;
	char *key;

	if (*entry == '\0') {
		wording->bias = weight;
		return 0;
	}
	if (g_hash_table_contains(wording->entries, entry))
		return 1;
	key = strdup(entry);
	value = malloc(sizeof(*value));
	if (key == NULL || value == NULL) {
		free(key);
		free(value);
		return -1;
	}
	*value = (struct entry){ weight, rarity };
	g_hash_table_insert(wording->entries, key, value);
	return 0;
}

/* --- Weighing ----------------------------------------------------------- */

/* A known entry of the text, and how often it stands there. */
struct hit {
	const char *text;
	const struct entry *entry;
	unsigned times;
};

/* In the order of the text, so that sums are always the same. */
struct weighing {
	const struct wording *wording;
	GHashTable *places; /* the wording's text -> place in hits, plus 1 */
	struct hit *hits;
	size_t count, size;
	bool failed;
};

static struct hit *add_hit(struct weighing *w)
{
	size_t size = w->size ? 2 * w->size : 256;
	struct hit *grown;

	if (w->count == w->size) {
		grown = reallocarray(w->hits, size, sizeof(*grown));
		if (grown == NULL)
			return NULL;
		w->hits = grown;
		w->size = size;
	}
	return &w->hits[w->count++];
}

static void count_hit(void *context, const char *text)
{
	struct weighing *w = context;
	gpointer key, entry;
	struct hit *hit;
	size_t place;

	if (!g_hash_table_lookup_extended(
		    w->wording->entries, text, &key, &entry))
		return;
	place = GPOINTER_TO_SIZE(g_hash_table_lookup(w->places, key));
	if (place > 0) {
		w->hits[place - 1].times++;
		return;
	}
	hit = add_hit(w);
	if (hit == NULL) {
		w->failed = true;
		return;
	}
	*hit = (struct hit){ key, entry, 1 };
	g_hash_table_insert(w->places, key, GSIZE_TO_POINTER(w->count));
}

/* How much a hit is of its text: often is little more than once. */
static double value_of(const struct hit *hit)
{
	return (1 + log(hit->times)) * hit->entry->rarity / WORDING_UNIT;
}

/* By size; equal ones in the order of their texts, for the same result always. */
static bool is_weightier(
	const struct wording_part *a, const struct wording_part *b)
{
	if (fabs(a->points) != fabs(b->points))
		return fabs(a->points) > fabs(b->points);
	return strcmp(a->entry, b->entry) < 0;
}

static void note_part(
	struct wording_result *result, const struct wording_part *part)
{
	size_t at = result->count;

	while (at > 0 && is_weightier(part, &result->parts[at - 1]))
		at--;
	if (at == WORDING_PARTS)
		return;
	if (result->count < WORDING_PARTS)
		result->count++;
	memmove(&result->parts[at + 1], &result->parts[at],
		(result->count - at - 1) * sizeof(*part));
	result->parts[at] = *part;
}

static void sum_hits(const struct weighing *w, struct wording_result *result)
{
	double size = 0;

	for (size_t i = 0; i < w->count; i++)
		size += value_of(&w->hits[i]) * value_of(&w->hits[i]);
	if (size == 0)
		return;
	result->balance = (double)w->wording->bias / WORDING_UNIT;
	for (size_t i = 0; i < w->count; i++) {
		const struct hit *hit = &w->hits[i];
		struct wording_part part = {
			.entry = hit->text,
			.points = value_of(hit) / sqrt(size) *
				  hit->entry->weight / WORDING_UNIT,
		};

		result->balance += part.points;
		note_part(result, &part);
	}
}

int wording_weigh(const struct wording *wording, const struct words *words,
	struct wording_result *result_r)
{
	struct weighing w = { .wording = wording };

	*result_r = (struct wording_result){ 0 };
	w.places = g_hash_table_new(g_direct_hash, g_direct_equal);
	wording_each(words, count_hit, &w);
	if (!w.failed)
		sum_hits(&w, result_r);
	g_hash_table_destroy(w.places);
	free(w.hits);
	return w.failed ? -1 : 0;
}
