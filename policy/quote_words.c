/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/quote_words.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include "policy/text.h"

#define MARK_MAX 16 /* letters of a name before a ">" */

/* Whether words of this character's script are written without blanks. */
static bool is_dense(gunichar c)
{
	switch (g_unichar_get_script(c)) {
	case G_UNICODE_SCRIPT_HAN:
	case G_UNICODE_SCRIPT_HIRAGANA:
	case G_UNICODE_SCRIPT_KATAKANA:
	case G_UNICODE_SCRIPT_HANGUL:
	case G_UNICODE_SCRIPT_BOPOMOFO:
	case G_UNICODE_SCRIPT_THAI:
	case G_UNICODE_SCRIPT_LAO:
	case G_UNICODE_SCRIPT_KHMER:
	case G_UNICODE_SCRIPT_MYANMAR:
		return true;
	default:
		return c == 0x30fc; /* prolonged sound mark, of two scripts */
	}
}

static void add_word(struct quote_words *words, const unsigned char *key,
	const char *text, size_t length, bool starts_line)
{
	if (words->count == words->size) {
		size_t size = words->size ? 2 * words->size : 64;
		struct quote_word *grown =
			reallocarray(words->items, size, sizeof(*grown));

		if (!grown) {
			words->failed = true;
			return;
		}
		words->items = grown;
		words->size = size;
	}
	words->items[words->count++] =
		(struct quote_word){ siphash(key, text, length), starts_line };
}

/* text is normalized and folded: valid UTF-8. */
static void add_line(
	struct quote_words *words, const unsigned char *key, const char *text)
{
	size_t before = words->count;
	const char *start = NULL, *p = text;

	while (*p) {
		gunichar c = g_utf8_get_char(p);
		const char *next = g_utf8_next_char(p);
		bool dense = is_dense(c);
		bool part = g_unichar_isalnum(c) || dense ||
			    (g_unichar_ismark(c) && start);

		if (start && (!part || dense)) {
			add_word(words, key, start, (size_t)(p - start),
				words->count == before);
			start = NULL;
		}
		if (dense && !g_unichar_ispunct(c)) {
			add_word(words, key, p, (size_t)(next - p),
				words->count == before);
			words->dense++;
		} else if (part && !start) {
			start = p;
		}
		p = next;
	}
	if (start)
		add_word(words, key, start, (size_t)(p - start),
			words->count == before);
}

/* Behind marks such as "> ", "| > " or "AB> >". */
static const char *skip_marks(const char *line)
{
	for (;;) {
		size_t blank = strspn(line, " >|:");
		size_t name = 0;

		line += blank;
		while (name < MARK_MAX && g_ascii_isalnum(line[name]))
			name++;
		if (line[name] != '>')
			return line;
		line += name + 1;
	}
}

static int add_raw_line(struct quote_words *words, const unsigned char *key,
	const char *line, size_t length)
{
	char *normal = text_normalize(line, length);
	char *folded = normal ? text_casefold(normal) : NULL;

	if (folded)
		add_line(words, key, skip_marks(folded));
	free(normal);
	free(folded);
	words->failed |= !folded;
	return words->failed ? -1 : 0;
}

/* "-- " ends the words of the writer: the signature follows. */
static bool is_separator(const char *line, size_t length)
{
	if (length > 0 && line[length - 1] == '\r')
		length--;
	return (length == 2 || length == 3) && memcmp(line, "-- ", length) == 0;
}

static int add_lines(struct quote_words *words, const unsigned char *key,
	const char *text, bool own_only)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		size_t blanks = strspn(text, " \t");

		if (own_only && is_separator(text, length))
			break;
		if (!(own_only && text[blanks] == '>') &&
			add_raw_line(words, key, text, length) < 0)
			return -1;
		text += length + (text[length] == '\n');
	}
	return 0;
}

int quote_words_make(const unsigned char key[SIPHASH_KEY_SIZE],
	const char *text, enum quote_source source, struct quote_words *words_r)
{
	bool own_only = source == QUOTE_ORIGINAL;

	*words_r = (struct quote_words){ 0 };
	if (add_lines(words_r, key, text, own_only) == 0 && own_only &&
		words_r->count == 0)
		/* Nothing of its own: then all of it is the original. */
		add_lines(words_r, key, text, false);
	return words_r->failed ? -1 : 0;
}
