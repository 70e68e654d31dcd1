/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <glib.h>
#include "policy/buffer.h"
#include "policy/text.h"

/*
 * glib's normalization takes quadratic time, so it gets pieces: a piece ends
 * before a character that cannot join the one before, at the latest after
 * PIECE_MAX characters.
 */
#define PIECE_GOOD 64
#define PIECE_MAX 128
#define CHAR_OCTETS 6

struct piece {
	char text[PIECE_MAX * CHAR_OCTETS + 1];
	size_t length;
	int count; /* characters */
	bool odd;  /* not all of them are normal by themselves */
};

struct normalized {
	struct piece piece;
	struct buffer text;
	bool long_mark; /* a U+30FC after a digit waits for a second digit */
};

struct range {
	gunichar first, last;
};

/* Shown as nothing, but not of the category Cf. Sorted. */
static const struct range invisible[] = {
	{ 0x0000, 0x0008 },
	{ 0x000e, 0x001b },
	{ 0x007f, 0x0084 },
	{ 0x0086, 0x009f },
	{ 0x034f, 0x034f },
	{ 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },
	{ 0x2065, 0x2065 },
	{ 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f },
	{ 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfff8 },
	{ 0xe0000, 0xe0fff },
};

/*
 * Normal by themselves and beside each other, so that most text need not go
 * through glib. Sorted.
 */
static const struct range normal[] = {
	{ 0x0000, 0x007f }, /* ASCII */
	{ 0x00c0, 0x0131 }, /* Latin */
	{ 0x0391, 0x03c9 }, /* Greek */
	{ 0x0400, 0x0481 }, /* Cyrillic */
	{ 0x2012, 0x2016 }, /* dashes */
	{ 0x2018, 0x2023 }, /* quotes */
	{ 0x20a9, 0x20bf }, /* currencies */
	{ 0x3041, 0x3096 }, /* Hiragana */
	{ 0x30a1, 0x30fc }, /* Katakana */
	{ 0x4e00, 0x9fff }, /* Han */
	{ 0xac00, 0xd7a3 }, /* Hangul */
};

#define IS_AMONG(c, ranges)                                                    \
	is_among(c, ranges, sizeof(ranges) / sizeof((ranges)[0]))

static bool is_among(gunichar c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count && c >= ranges[i].first; i++)
		if (c <= ranges[i].last)
			return true;
	return false;
}

static bool is_invisible(gunichar c)
{
	return IS_AMONG(c, invisible) || g_unichar_type(c) == G_UNICODE_FORMAT;
}

static bool is_space(gunichar c)
{
	return g_unichar_isspace(c) || c == 0x0b || c == 0x85 ||
	       (c >= 0x1c && c <= 0x1f);
}

static bool is_dash(gunichar c)
{
	return g_unichar_type(c) == G_UNICODE_DASH_PUNCTUATION || c == 0x2212;
}

/* Ligatures of whole phrases: a text of them would grow to many times. */
static bool is_phrase(gunichar c)
{
	return c == 0xfdfa || c == 0xfdfb;
}

/* Whether c may join the character before it. */
static bool may_join(gunichar c)
{
	return g_unichar_ismark(c) || (c >= 0x1160 && c <= 0x11ff) ||
	       (c >= 0xff9e && c <= 0xffdc);
}

static bool ends_in_digit(const struct buffer *text)
{
	return text->length > 0 &&
	       g_ascii_isdigit(text->data[text->length - 1]);
}

static void add_folded(struct normalized *normalized, gunichar c)
{
	struct buffer *text = &normalized->text;
	bool digit = g_unichar_isdigit(c);
	char utf8[CHAR_OCTETS];

	if (normalized->long_mark) {
		normalized->long_mark = false;
		buffer_add(text, digit ? "-" : "\u30fc", digit ? 1 : 3);
	}
	if (digit)
		buffer_add_char(text, (char)('0' + g_unichar_digit_value(c)));
	else if (is_dash(c))
		buffer_add_char(text, '-');
	else if (c == 0x30fc && ends_in_digit(text))
		normalized->long_mark = true;
	else if (!is_space(c))
		buffer_add(text, utf8, g_unichar_to_utf8(c, utf8));
	else if (!text->length || text->data[text->length - 1] != ' ')
		buffer_add_char(text, ' ');
}

static void add_text(struct normalized *normalized, const char *text)
{
	for (; *text; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);

		if (!is_invisible(c))
			add_folded(normalized, c);
	}
}

static void end_piece(struct normalized *normalized)
{
	struct piece *piece = &normalized->piece;
	char *nfkc;

	piece->text[piece->length] = '\0';
	if (!piece->odd) {
		add_text(normalized, piece->text);
	} else {
		nfkc = g_utf8_normalize(
			piece->text, piece->length, G_NORMALIZE_ALL_COMPOSE);
		if (nfkc)
			add_text(normalized, nfkc);
		else
			normalized->text.failed = true;
		g_free(nfkc);
	}
	piece->length = 0;
	piece->count = 0;
	piece->odd = false;
}

static void add_char(struct normalized *normalized, gunichar c)
{
	struct piece *piece = &normalized->piece;

	if (is_invisible(c))
		return;
	if (is_phrase(c)) {
		end_piece(normalized);
		add_folded(normalized, c);
		return;
	}
	if (c < 0x80 || piece->count >= PIECE_MAX ||
		(piece->count >= PIECE_GOOD && !may_join(c)))
		end_piece(normalized);
	piece->length += g_unichar_to_utf8(c, piece->text + piece->length);
	piece->count++;
	piece->odd |= !IS_AMONG(c, normal);
}

char *text_normalize(const char *text, size_t length)
{
	struct normalized normalized;
	size_t i = 0;

	normalized.piece.length = 0;
	normalized.piece.count = 0;
	normalized.piece.odd = false;
	normalized.text = (struct buffer){ 0 };
	normalized.long_mark = false;
	while (i < length) {
		gunichar c = (unsigned char)text[i];

		if (c >= 0x80)
			c = g_utf8_get_char_validated(text + i, length - i);
		if (c == (gunichar)-1 || c == (gunichar)-2) {
			c = 0xfffd;
			i++;
		} else {
			i += g_utf8_skip[(unsigned char)text[i]];
		}
		add_char(&normalized, c);
	}
	end_piece(&normalized);
	if (normalized.long_mark)
		buffer_add(&normalized.text, "\u30fc", 3);
	return buffer_take(&normalized.text);
}

char *text_casefold(const char *utf8)
{
	char *folded = g_utf8_casefold(utf8, -1);
	char *copy = strdup(folded);

	g_free(folded);
	return copy;
}
