/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include "policy/phrases_private.h"

#define GAP_WORDS 5	   /* between two pieces; a cut word counts too */
#define GAP_OCTETS 36	   /* twelve characters of three octets */
#define FINDINGS_MAX 50000 /* in a text, of all packs */
#define PIECES_MAX 8	   /* of a phrase */

/* A phrase is one piece, or several with other words between. */
struct piece {
	uint32_t phrase;
	uint32_t length;
	uint32_t slot; /* of several: where a search notes its progress */
	bool first, last;
};

struct pack {
	char *language;
	bool unspaced;
	struct phrase *phrases;
	struct pattern **patterns; /* NULL for plain phrases */
	size_t phrase_count;
	struct piece *pieces;
	size_t piece_count, piece_size;
	size_t slot_count;
	struct matcher *matcher;
	struct matcher *common; /* the common words alone */
};

int findings_add(struct findings *findings, const struct finding *finding)
{
	size_t size = findings->size ? 2 * findings->size : 64;
	struct finding *grown;

	if (findings->count == findings->size) {
		grown = reallocarray(findings->items, size, sizeof(*grown));
		if (grown == NULL)
			return -1;
		findings->items = grown;
		findings->size = size;
	}
	findings->items[findings->count++] = *finding;
	return 0;
}

/* --- Compiling ---------------------------------------------------------- */

/* A piece of a phrase while it is read: "engrav*" is ENDS_OPEN. */
struct draft {
	struct words words[PIECES_MAX];
	size_t count;
	bool gap; /* the next word begins a piece */
};

/*
 * Adds the word folded[start, end) of a phrase. A star at its begin or end
 * takes the blank away that would bound it there, and the piece ends with it:
 * "engrav* name" is "engrav* ... name".
 */
static int draft_word(struct draft *draft, const char *folded, size_t start,
	size_t end, bool unspaced, struct error *error)
{
	bool open_before = folded[start] == '*';
	bool open_after = end > start + 1 && folded[end - 1] == '*';
	struct words word = { 0 };
	struct words *piece;
	const char *data;
	size_t length;

	words_add(&word, folded, start + open_before, end - open_after,
		!unspaced);
	data = word.text.data;
	length = word.text.length;
	if (open_before && length > 0 && *data == ' ') {
		data++;
		length--;
	}
	if (open_after && length > 0 && data[length - 1] == ' ')
		length--;
	if (draft->count == 0 || draft->gap || open_before) {
		if (draft->count == PIECES_MAX) {
			words_fini(&word);
			return error_set(error, "has too many pieces");
		}
		draft->count++;
	}
	draft->gap = open_after;
	piece = &draft->words[draft->count - 1];
	if (piece->text.length > 0 && length > 0 && *data == ' ' &&
		piece->text.data[piece->text.length - 1] == ' ') {
		data++; /* one blank stands between two words */
		length--;
	}
	buffer_add(&piece->text, data, length);
	piece->failed |= word.failed || piece->text.failed;
	words_fini(&word);
	return piece->failed ? error_set(error, "found no memory") : 0;
}

static void draft_fini(struct draft *draft)
{
	for (size_t i = 0; i < PIECES_MAX; i++)
		words_fini(&draft->words[i]);
}

/* Splits a folded phrase at blanks into words and gaps. */
static int draft_read(struct draft *draft, const char *folded, size_t length,
	bool unspaced, struct error *error)
{
	size_t at = 0;

	while (at < length) {
		size_t end = at;

		if (folded[at] == ' ') {
			at++;
			continue;
		}
		if (length - at >= 3 && !memcmp(folded + at, "...", 3)) {
			draft->gap = true;
			at += 3;
			continue;
		}
		while (end < length && folded[end] != ' ' &&
			(length - end < 3 || memcmp(folded + end, "...", 3)))
			end++;
		if (draft_word(draft, folded, at, end, unspaced, error) < 0)
			return -1;
		at = end;
	}
	return 0;
}

static int add_piece(
	struct pack *pack, const struct piece *piece, const struct buffer *text)
{
	size_t size = pack->piece_size ? 2 * pack->piece_size : 64;
	struct piece *grown;

	if (pack->piece_count == pack->piece_size) {
		grown = reallocarray(pack->pieces, size, sizeof(*grown));
		if (grown == NULL)
			return -1;
		pack->pieces = grown;
		pack->piece_size = size;
	}
	pack->pieces[pack->piece_count] = *piece;
	return matcher_add(pack->matcher, text->data, text->length,
		(uint32_t)pack->piece_count++);
}

static bool is_blank(const struct buffer *text)
{
	for (size_t i = 0; i < text->length; i++)
		if (text->data[i] != ' ')
			return false;
	return true;
}

static int add_pieces(struct pack *pack, uint32_t phrase,
	const struct draft *draft, struct error *error)
{
	for (size_t i = 0; i < draft->count; i++) {
		const struct buffer *text = &draft->words[i].text;
		struct piece piece = {
			.phrase = phrase,
			.length = (uint32_t)text->length,
			.slot = (uint32_t)pack->slot_count,
			.first = i == 0,
			.last = i + 1 == draft->count,
		};

		if (is_blank(text))
			return error_set(error, "holds no word");
		if (draft->count > 1)
			pack->slot_count++;
		if (add_piece(pack, &piece, text) < 0 ||
			(pack->phrases[phrase].kind == KIND_COMMON &&
				matcher_add(pack->common, text->data,
					text->length, phrase) < 0))
			return error_set(error, "found no memory");
	}
	return 0;
}

static int add_words(struct pack *pack, uint32_t index, struct error *error)
{
	struct phrase *phrase = &pack->phrases[index];
	struct draft draft = { 0 };
	struct buffer folded = { 0 };
	int result = 0;

	fold_text(phrase->text, strlen(phrase->text), &folded);
	if (folded.failed)
		result = error_set(error, "found no memory");
	if (result == 0)
		result = draft_read(&draft, folded.data, folded.length,
			pack->unspaced, error);
	if (result == 0 && draft.count == 0)
		result = error_set(error, "holds no word");
	if (result == 0)
		result = add_pieces(pack, index, &draft, error);
	phrase->has_several_words =
		strchr(phrase->text, ' ') != NULL || draft.count > 1;
	draft_fini(&draft);
	buffer_fini(&folded);
	return result;
}

static int add_phrase(
	struct pack *pack, const struct phrase_spec *spec, struct error *error)
{
	uint32_t index = (uint32_t)pack->phrase_count;
	struct phrase *phrase = &pack->phrases[index];

	phrase->text = strdup(spec->text);
	if (phrase->text == NULL)
		return error_set(error, "found no memory");
	phrase->kind = spec->kind;
	phrase->weight = spec->weight;
	phrase->has_several_words = true;
	pack->phrase_count++;
	if (!spec->is_regex)
		return add_words(pack, index, error);
	pack->patterns[index] = pattern_new(spec->text, error);
	return pack->patterns[index] != NULL ? 0 : -1;
}

struct pack *pack_new(
	const struct pack_spec *spec, size_t *bad_r, struct error *error)
{
	struct pack *pack = calloc(1, sizeof(*pack));

	*bad_r = spec->phrase_count;
	error_set(error, "found no memory");
	if (pack == NULL)
		return NULL;
	pack->unspaced = spec->unspaced;
	pack->language = strdup(spec->language);
	pack->phrases = calloc(spec->phrase_count + 1, sizeof(*pack->phrases));
	pack->patterns =
		calloc(spec->phrase_count + 1, sizeof(struct pattern *));
	pack->matcher = matcher_new();
	pack->common = matcher_new();
	if (!pack->language || !pack->phrases || !pack->patterns ||
		!pack->matcher || !pack->common)
		goto failed;
	for (size_t i = 0; i < spec->phrase_count; i++)
		if (add_phrase(pack, &spec->phrases[i], error) < 0) {
			*bad_r = i;
			goto failed;
		}
	if (matcher_finish(pack->matcher) < 0 ||
		matcher_finish(pack->common) < 0)
		goto failed;
	return pack;
failed:
	pack_free(&pack);
	return NULL;
}

void pack_free(struct pack **pack_p)
{
	struct pack *pack = *pack_p;

	*pack_p = NULL;
	if (pack == NULL)
		return;
	for (size_t i = 0; i < pack->phrase_count; i++) {
		free(pack->phrases[i].text);
		pattern_free(&pack->patterns[i]);
	}
	free(pack->phrases);
	free(pack->patterns);
	free(pack->pieces);
	matcher_free(&pack->matcher);
	matcher_free(&pack->common);
	free(pack->language);
	free(pack);
}

const char *pack_language(const struct pack *pack)
{
	return pack->language;
}

bool pack_is_unspaced(const struct pack *pack)
{
	return pack->unspaced;
}

/* --- Searching ---------------------------------------------------------- */

/* How far a phrase of several pieces was found. */
struct progress {
	uint32_t start, end; /* in the words' text; end 0: not found */
	uint32_t sentence;
};

struct search {
	const struct pack *pack;
	const struct phrase_text *text;
	const struct words *words;
	struct findings *findings;
	struct progress *progress;
	uint32_t sentence;
	enum find_result result;
};

/* Whether a piece at start may follow one that ended at end. */
static bool is_near(const struct search *s, size_t end, size_t start)
{
	const char *data = s->words->text.data;
	int blanks = 0;

	if (s->pack->unspaced)
		return start >= end && start - end <= GAP_OCTETS;
	if (start + 1 < end)
		return false;
	for (size_t i = end; i < start; i++)
		if (data[i] == ' ' && ++blanks >= GAP_WORDS)
			return false;
	return true;
}

/* Where octets of the words' text stand in the folded text. */
static void add_finding(
	struct search *s, const struct phrase *phrase, size_t start, size_t end)
{
	const struct words *words = s->words;
	struct finding finding = { .phrase = phrase, .sentence = s->sentence };

	if (words->text.data[start] == ' ')
		start++;
	if (words->text.data[end - 1] == ' ')
		end--;
	finding.start = words->at[start];
	finding.end = words->at[end - 1] + 1;
	if (s->findings->count >= FINDINGS_MAX)
		s->result = FIND_TOO_COMPLEX;
	else if (findings_add(s->findings, &finding) < 0)
		s->result = FIND_NO_MEMORY;
}

static void found_piece(void *context, uint32_t id, size_t end)
{
	struct search *s = context;
	const struct piece *piece = &s->pack->pieces[id];
	struct progress *progress = s->progress + piece->slot;
	size_t start = end - piece->length, chain = start;

	if (s->result != FIND_OK)
		return;
	while (s->sentence + 1 < s->text->sentence_count &&
		s->words->at[end - 1] > s->text->ends[s->sentence])
		s->sentence++;
	if (!piece->first) {
		const struct progress *before = progress - 1;

		if (before->end == 0 || before->sentence != s->sentence ||
			!is_near(s, before->end, start))
			return;
		chain = before->start;
	}
	if (piece->last)
		add_finding(s, &s->pack->phrases[piece->phrase], chain, end);
	else
		*progress = (struct progress){ (uint32_t)chain, (uint32_t)end,
			s->sentence };
}

static const struct words *words_of(
	const struct pack *pack, const struct phrase_text *text)
{
	return pack->unspaced ? &text->unspaced : &text->spaced;
}

static void count_common(void *context, uint32_t id, size_t end)
{
	(void)id;
	(void)end;
	++*(size_t *)context;
}

size_t pack_count_common(
	const struct pack *pack, const struct phrase_text *text)
{
	const struct words *words = words_of(pack, text);
	size_t count = 0;

	matcher_search(pack->common, words->text.data, words->text.length,
		count_common, &count);
	return count;
}

enum find_result pack_find_words(const struct pack *pack,
	const struct phrase_text *text, struct findings *findings)
{
	struct search search = {
		.pack = pack,
		.text = text,
		.words = words_of(pack, text),
		.findings = findings,
	};

	search.progress =
		calloc(pack->slot_count + 1, sizeof(*search.progress));
	if (search.progress == NULL)
		return FIND_NO_MEMORY;
	matcher_search(pack->matcher, search.words->text.data,
		search.words->text.length, found_piece, &search);
	free(search.progress);
	return search.result;
}

enum find_result pack_find_patterns(const struct pack *pack,
	const struct phrase_text *text, struct findings *findings)
{
	enum find_result result = FIND_OK;

	for (size_t i = 0; i < pack->phrase_count && result == FIND_OK; i++)
		if (pack->patterns[i] != NULL)
			result = pattern_find(pack->patterns[i],
				&pack->phrases[i], text, findings);
	return result;
}
