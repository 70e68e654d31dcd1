/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include "policy/phrase_text.h"

/* Folds a sentence and appends it without blanks around. */
static void add_sentence(
	struct phrase_text *text, const char *original, size_t length)
{
	struct buffer *folded = &text->folded;

	fold_text(original, length, folded);
	text->ends[text->sentence_count++] = (uint32_t)folded->length;
	buffer_add_char(folded, '\n');
}

static void add_words(
	struct words *words, const struct phrase_text *text, bool spaced)
{
	size_t start = 0;

	for (size_t i = 0; i < text->sentence_count; i++) {
		words_add(
			words, text->folded.data, start, text->ends[i], spaced);
		words_add_mark(words, '\n', text->ends[i]);
		start = text->ends[i] + 1;
	}
}

int phrase_text_init(struct phrase_text *text, const char *original,
	const struct sentences *sentences, bool spaced, bool unspaced)
{
	*text = (struct phrase_text){ 0 };
	text->ends = calloc(sentences->count + 1, sizeof(*text->ends));
	if (text->ends == NULL)
		return -1;
	for (size_t i = 0; i < sentences->count; i++) {
		const struct sentence *s = &sentences->items[i];

		add_sentence(text, original + s->start, s->end - s->start);
	}
	if (text->folded.failed)
		return -1;
	if (spaced)
		add_words(&text->spaced, text, true);
	if (unspaced)
		add_words(&text->unspaced, text, false);
	return text->spaced.failed || text->unspaced.failed ? -1 : 0;
}

void phrase_text_fini(struct phrase_text *text)
{
	free(text->ends);
	buffer_fini(&text->folded);
	words_fini(&text->spaced);
	words_fini(&text->unspaced);
	*text = (struct phrase_text){ 0 };
}
