/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Phrase packs: the phrases of a language, compiled. A phrasebook holds the
 * packs of all languages; immutable, shared by threads, freed by its owner.
 * Pure. The packs' files explain how phrases are written.
 */
#ifndef POLICY_PHRASES_H
#define POLICY_PHRASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/error.h"
#include "policy/fold.h"
#include "policy/kind.h"
#include "policy/wording.h"

#define PHRASE_WEIGHT_MAX 2    /* that of a phrase which counts in full */
#define KIND_COMMON KIND_COUNT /* a word that only tells the language */

struct phrase_spec {
	const char *text;
	int kind; /* enum kind or KIND_COMMON */
	int weight;
	bool is_regex;
};

struct pack_spec {
	const char *language;
	bool unspaced;
	const struct phrase_spec *phrases;
	size_t phrase_count;
};

struct phrase {
	char *text; /* as written in the pack */
	int kind;
	int weight;
	bool has_several_words;
};

struct pack;

/*
 * Compiles spec, which is copied. NULL with error set; *bad_r is then the
 * phrase at fault, or spec->phrase_count.
 */
struct pack *pack_new(
	const struct pack_spec *spec, size_t *bad_r, struct error *error);
void pack_free(struct pack **pack);

const char *pack_language(const struct pack *pack);
bool pack_is_unspaced(const struct pack *pack);

/* A text as packs look at it. */
struct phrase_text {
	struct buffer folded; /* sentences of fold_text(), ended by LF */
	uint32_t *ends;	      /* of each sentence in folded, before the LF */
	size_t sentence_count;
	struct words spaced; /* of all sentences, each ended by LF */
	struct words unspaced;
};

/* A phrase in a text: octets start to end of folded. */
struct finding {
	const struct phrase *phrase;
	uint32_t sentence;
	uint32_t start, end;
};

struct findings {
	struct finding *items;
	size_t count, size;
};

enum find_result {
	FIND_OK,
	FIND_TOO_COMPLEX, /* a limit was hit: what is missing is unknown */
	FIND_NO_MEMORY,
};

/* How many common words of the pack's language stand in the text. */
size_t pack_count_common(
	const struct pack *pack, const struct phrase_text *text);

/* Appends where the plain phrases are found, in order of their ends. */
enum find_result pack_find_words(const struct pack *pack,
	const struct phrase_text *text, struct findings *findings);

/* Appends where the regular expressions are found. */
enum find_result pack_find_patterns(const struct pack *pack,
	const struct phrase_text *text, struct findings *findings);

struct phrasebook;

struct phrasebook *phrasebook_new(void); /* NULL: out of memory */
void phrasebook_free(struct phrasebook **book);

/* Takes the pack over. Returns 0, or -1 when out of memory: not taken. */
int phrasebook_add(struct phrasebook *book, struct pack *pack);
size_t phrasebook_count(const struct phrasebook *book);
const struct pack *phrasebook_pack(const struct phrasebook *book, size_t index);

/* Takes the wording over, in place of any before. */
void phrasebook_set_wording(struct phrasebook *book, struct wording *wording);
const struct wording *phrasebook_wording(const struct phrasebook *book);

/* Whether some pack is for a script with, or without, blanks. */
bool phrasebook_has(const struct phrasebook *book, bool unspaced);

#endif
