/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include "policy/evidence.h"

#define ENGLISH "en"
#define NEAR_PERCENT 85	  /* of the best: such a language counts too */
#define LIKELY_MIN 8	  /* common words by which a language can be told */
#define LIKELY_PERCENT 40 /* of the most: such a language is looked at */
#define COMMON_MIN 2 /* English words that make a sentence English enough */

/* What one pack found. */
struct yield {
	const struct pack *pack;
	struct findings findings;
	size_t common; /* words in the text */
	size_t score;  /* how much the text is of this language */
	bool is_english, counts;
};

static size_t score_of(const struct findings *findings)
{
	size_t score = 0;

	for (size_t i = 0; i < findings->count; i++) {
		const struct phrase *phrase = findings->items[i].phrase;

		score += phrase->kind == KIND_COMMON ? 2
			 : phrase->has_several_words ? 3
						     : 1;
	}
	return score;
}

/*
 * Counts common words, which costs little. Returns how many a language must
 * have for all its phrases to be looked for: of a text with few of them, any.
 */
static size_t count_languages(const struct phrasebook *book,
	const struct phrase_text *text, struct yield *yields)
{
	size_t most = 0;

	for (size_t i = 0; i < phrasebook_count(book); i++) {
		struct yield *y = &yields[i];

		y->pack = phrasebook_pack(book, i);
		y->is_english = !strcmp(pack_language(y->pack), ENGLISH);
		y->common = pack_count_common(y->pack, text);
		most = y->common > most ? y->common : most;
	}
	return most < LIKELY_MIN ? 0 : most * LIKELY_PERCENT / 100;
}

static enum find_result find_words(const struct phrasebook *book,
	const struct phrase_text *text, struct yield *yields)
{
	size_t needed = count_languages(book, text, yields);
	enum find_result result = FIND_OK;

	for (size_t i = 0; i < phrasebook_count(book) && result == FIND_OK;
		i++) {
		struct yield *y = &yields[i];

		if (y->common < needed && !y->is_english)
			continue;
		result = pack_find_words(y->pack, text, &y->findings);
		y->score = score_of(&y->findings);
	}
	return result;
}

/* Marks the packs that count. Returns the one of the text's language. */
static const struct yield *choose(struct yield *yields, size_t count)
{
	const struct yield *best = NULL;

	for (size_t i = 0; i < count; i++)
		if (best == NULL || yields[i].score > best->score)
			best = &yields[i];
	if (best == NULL || best->score == 0)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		struct yield *y = &yields[i];

		y->counts = y->is_english ||
			    100 * y->score >= NEAR_PERCENT * best->score;
	}
	return best;
}

static bool is_against(const struct finding *finding)
{
	enum role role = kind_role(finding->phrase->kind);

	return role == ROLE_AGAINST || role == ROLE_STATES ||
	       role == ROLE_OFFERS;
}

static bool masks(const struct finding *mask, const struct finding *finding)
{
	if (mask->sentence != finding->sentence)
		return false;
	switch (kind_role(mask->phrase->kind)) {
	case ROLE_MASKS:
		return is_against(finding) && finding->start < mask->end &&
		       mask->start < finding->end;
	case ROLE_MASKS_ALL:
		return finding != mask && finding->start >= mask->start &&
		       finding->end <= mask->end &&
		       kind_role(finding->phrase->kind) != ROLE_MASKS_ALL;
	default:
		return false;
	}
}

static bool is_mask(const struct finding *finding)
{
	return finding->phrase->kind != KIND_COMMON &&
	       kind_role(finding->phrase->kind) >= ROLE_MASKS;
}

static int compare_findings(const void *a, const void *b)
{
	const struct finding *x = &((const struct evidence *)a)->finding;
	const struct finding *y = &((const struct evidence *)b)->finding;

	if (x->sentence != y->sentence)
		return x->sentence < y->sentence ? -1 : 1;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end > y->end ? -1 : x->end < y->end;
}

/* Takes away what masks cover, sentence by sentence, and common words. */
static void apply_masks(struct evidences *all)
{
	size_t kept = 0, start = 0, end;

	for (; start < all->count; start = end) {
		uint32_t sentence = all->items[start].finding.sentence;
		bool masked[256] = { false };

		for (end = start; end < all->count &&
				  all->items[end].finding.sentence == sentence;
			end++)
			;
		for (size_t m = start; m < end; m++)
			for (size_t i = start; i < end && i - start < 256 &&
					       is_mask(&all->items[m].finding);
				i++)
				masked[i - start] |=
					masks(&all->items[m].finding,
						&all->items[i].finding);
		for (size_t i = start; i < end; i++)
			if (i - start >= 256 || !masked[i - start])
				all->items[kept++] = all->items[i];
	}
	all->count = kept;
}

/* How many common English words each sentence has. */
static void count_common(const struct yield *english, unsigned char *counts)
{
	for (size_t i = 0; i < english->findings.count; i++) {
		const struct finding *f = &english->findings.items[i];

		if (f->phrase->kind == KIND_COMMON && counts[f->sentence] < 255)
			counts[f->sentence]++;
	}
}

/*
 * In a text of another language a single English word may be one of that
 * language: "font", "sale".
 */
static bool is_doubtful(const struct yield *y, const struct finding *f,
	const struct yield *best, const unsigned char *english)
{
	return y->is_english && y != best && !f->phrase->has_several_words &&
	       english[f->sentence] < COMMON_MIN;
}

static int collect(struct evidences *all, const struct yield *yields,
	size_t count, const struct yield *best, const unsigned char *english)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += yields[i].counts ? yields[i].findings.count : 0;
	all->items = calloc(total + 1, sizeof(*all->items));
	if (all->items == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct yield *y = &yields[i];

		for (size_t j = 0; y->counts && j < y->findings.count; j++) {
			const struct finding *f = &y->findings.items[j];

			if (f->phrase->kind == KIND_COMMON ||
				is_doubtful(y, f, best, english))
				continue;
			all->items[all->count++] =
				(struct evidence){ *f, y->pack };
		}
	}
	qsort(all->items, all->count, sizeof(*all->items), compare_findings);
	apply_masks(all);
	return 0;
}

static enum find_result find_all(const struct phrasebook *book,
	const struct phrase_text *text, struct yield *yields,
	unsigned char *english, struct evidences *evidences_r)
{
	size_t count = phrasebook_count(book);
	enum find_result result = find_words(book, text, yields);
	const struct yield *best;

	if (result != FIND_OK)
		return result;
	best = choose(yields, count);
	if (best != NULL)
		evidences_r->language = pack_language(best->pack);
	for (size_t i = 0; i < count && result == FIND_OK; i++) {
		if (yields[i].is_english)
			count_common(&yields[i], english);
		if (yields[i].counts)
			result = pack_find_patterns(
				yields[i].pack, text, &yields[i].findings);
	}
	if (result == FIND_OK &&
		collect(evidences_r, yields, count, best, english) < 0)
		result = FIND_NO_MEMORY;
	return result;
}

enum find_result evidences_find(const struct phrasebook *book,
	const struct phrase_text *text, struct evidences *evidences_r)
{
	size_t count = phrasebook_count(book);
	struct yield *yields = calloc(count + 1, sizeof(*yields));
	unsigned char *english = calloc(text->sentence_count + 1, 1);
	enum find_result result = FIND_NO_MEMORY;

	*evidences_r = (struct evidences){ .language = "" };
	if (yields != NULL && english != NULL)
		result = find_all(book, text, yields, english, evidences_r);
	for (size_t i = 0; yields != NULL && i < count; i++)
		free(yields[i].findings.items);
	free(yields);
	free(english);
	return result;
}

void evidences_fini(struct evidences *evidences)
{
	free(evidences->items);
	evidences->items = NULL;
	evidences->count = 0;
}
