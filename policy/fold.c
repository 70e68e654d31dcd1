/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <glib.h>
#include "policy/fold.h"
#include "policy/text.h"

#define CHAR_OCTETS 6
#define BASE_MAX 0x250 /* accents are taken off Latin letters only */

/* Sorted by the letter. What looks alike, and Latin letters that Unicode does
 * not compose of a letter and an accent. */
static const struct alike {
	gunichar letter;
	char latin;
} alikes[] = {
	{ 0x00f0, 'd' },
	{ 0x00f8, 'o' },
	{ 0x0111, 'd' },
	{ 0x0127, 'h' },
	{ 0x0131, 'i' },
	{ 0x0138, 'k' },
	{ 0x0142, 'l' },
	{ 0x0167, 't' },
	{ 0x0251, 'a' },
	{ 0x0261, 'g' },
	{ 0x026a, 'i' },
	{ 0x0274, 'n' },
	{ 0x0280, 'r' },
	{ 0x028f, 'y' },
	{ 0x03b1, 'a' },
	{ 0x03b5, 'e' },
	{ 0x03b9, 'i' },
	{ 0x03ba, 'k' },
	{ 0x03bd, 'v' },
	{ 0x03bf, 'o' },
	{ 0x03c1, 'p' },
	{ 0x03c4, 't' },
	{ 0x03c5, 'u' },
	{ 0x03c7, 'x' },
	{ 0x0430, 'a' },
	{ 0x0432, 'b' },
	{ 0x0435, 'e' },
	{ 0x043a, 'k' },
	{ 0x043c, 'm' },
	{ 0x043d, 'h' },
	{ 0x043e, 'o' },
	{ 0x0440, 'p' },
	{ 0x0441, 'c' },
	{ 0x0442, 't' },
	{ 0x0443, 'y' },
	{ 0x0445, 'x' },
	{ 0x0455, 's' },
	{ 0x0456, 'i' },
	{ 0x0458, 'j' },
	{ 0x04bb, 'h' },
	{ 0x0501, 'd' },
	{ 0x051b, 'q' },
	{ 0x051d, 'w' },
	{ 0x0561, 'w' },
	{ 0x0570, 'h' },
	{ 0x0578, 'n' },
	{ 0x057d, 'u' },
	{ 0x0585, 'o' },
};

static int compare_alike(const void *letter, const void *alike)
{
	gunichar a = *(const gunichar *)letter;
	gunichar b = ((const struct alike *)alike)->letter;

	return a < b ? -1 : a > b;
}

static void add_char(struct buffer *folded, gunichar c)
{
	const struct alike *alike =
		bsearch(&c, alikes, sizeof(alikes) / sizeof(alikes[0]),
			sizeof(alikes[0]), compare_alike);
	char utf8[CHAR_OCTETS];

	if (alike != NULL)
		buffer_add_char(folded, alike->latin);
	else
		buffer_add(folded, utf8, g_unichar_to_utf8(c, utf8));
}

/* Appends c, which is no ASCII, without accents. */
static void add_letter(struct buffer *folded, gunichar c)
{
	gunichar parts[8];
	size_t count = 0;

	if (c >= 0x300 && c < 0x370) /* an accent left alone */
		return;
	if (c < 0x3040 || c > 0xd7ff)
		count = g_unichar_fully_decompose(c, FALSE, parts, 8);
	if (count > 1 && parts[0] < BASE_MAX)
		add_char(folded, parts[0]);
	else
		add_char(folded, c);
}

static void add_string(struct buffer *folded, const char *p)
{
	while (*p != '\0') {
		if ((unsigned char)*p < 0x80) {
			buffer_add_char(folded, *p++);
		} else {
			add_letter(folded, g_utf8_get_char(p));
			p = g_utf8_next_char(p);
		}
	}
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

void fold_text(const char *text, size_t length, struct buffer *folded)
{
	char *normal = text_normalize(text, length);
	char *lower;

	if (normal == NULL) {
		folded->failed = true;
		return;
	}
	if (is_ascii(normal)) {
		for (char *p = normal; *p != '\0'; p++)
			*p = g_ascii_tolower(*p);
		buffer_add(folded, normal, strlen(normal));
	} else {
		lower = text_casefold(normal);
		if (lower != NULL)
			add_string(folded, lower);
		else
			folded->failed = true;
		free(lower);
	}
	free(normal);
}

static void add_octets(
	struct words *words, const char *octets, size_t length, size_t at)
{
	size_t needed = words->text.length + length;
	size_t size = words->size ? words->size : 256;
	uint32_t *grown;

	while (size < needed)
		size *= 2;
	if (size > words->size) {
		grown = reallocarray(words->at, size, sizeof(*grown));
		if (grown == NULL) {
			words->failed = true;
			return;
		}
		words->at = grown;
		words->size = size;
	}
	for (size_t i = 0; i < length; i++)
		words->at[words->text.length + i] = (uint32_t)(at + i);
	buffer_add(&words->text, octets, length);
	words->failed |= words->text.failed;
}

void words_add_mark(struct words *words, char mark, size_t at)
{
	if (!words->failed)
		add_octets(words, &mark, 1, at);
}

enum class {
	BETWEEN,
	WORD,
	SIGN
};

static enum class class_of(gunichar c) {
	if (c < 0x80) return g_ascii_isalnum((char)c) ? WORD
	: c == '%' || c == '$'			      ? SIGN
						      : BETWEEN;
		if (g_unichar_isalnum(c) || g_unichar_ismark(c)) return WORD;
		return g_unichar_type(c) == G_UNICODE_CURRENCY_SYMBOL ? SIGN
								      : BETWEEN;
}

void words_add(struct words *words, const char *folded, size_t start,
	size_t end, bool spaced)
{
	enum class before = BETWEEN;
	const char *p = folded + start, *next;

	if (spaced)
		words_add_mark(words, ' ', start);
	for (; p < folded + end && !words->failed; p = next) {
		bool ascii = (unsigned char)*p < 0x80;
		enum class class =
			class_of(ascii ? (gunichar)*p : g_utf8_get_char(p));

		next = ascii ? p + 1 : g_utf8_next_char(p);
		if (spaced && before != BETWEEN &&
			(class != before || class == SIGN))
			words_add_mark(words, ' ', p - folded);
		if (class != BETWEEN && !words->failed)
			add_octets(words, p, next - p, p - folded);
		before = class;
	}
	if (spaced && before != BETWEEN)
		words_add_mark(words, ' ', end);
}

void words_fini(struct words *words)
{
	free(words->at);
	buffer_fini(&words->text);
	*words = (struct words){ 0 };
}
