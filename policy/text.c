/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <glib.h>
#include "policy/buffer.h"
#include "policy/charset.h"
#include "policy/text.h"

#define CHARSET_NAME_MAX 64 /* the longest that RFC 2047 readers meet: 20 */

/* An RFC 2047 encoded word: where it ends and what it holds. */
struct word {
	const struct charset *charset;
	const char *payload, *payload_end, *end;
	char encoding; /* 'B' or 'Q' */
};

struct header_text {
	struct charset_decoder *decoder;
	struct buffer text;
	const struct charset *raw; /* of the text between the words */
	/* Octets of adjacent words: a character may begin in one of them and
	 * end in the next. */
	const struct charset *charset;
	struct buffer octets;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The charset ends at '?' or at '*', which a language follows (RFC 2231). */
static const char *parse_charset(
	const char *p, const char *end, size_t *length_r)
{
	const char *start = p, *name_end = NULL;

	for (; p < end && *p != '?'; p++) {
		if (p - start > CHARSET_NAME_MAX || (unsigned char)*p <= ' ')
			return NULL;
		if (*p == '*' && !name_end)
			name_end = p;
	}
	if (p == end)
		return NULL;
	*length_r = (name_end ? name_end : p) - start;
	return p + 1;
}

/*
 * Ends at "?=". A new "=?" before that means that this word was never
 * finished, and also that no text is searched twice.
 */
static const char *find_payload_end(const char *payload, const char *end)
{
	const char *p = payload;

	while ((p = memchr(p, '?', end - p)) != NULL) {
		if (p + 1 < end && p[1] == '=')
			return p;
		if (p > payload && p[-1] == '=')
			return NULL;
		p++;
	}
	return NULL;
}

/* Reads the word at p, which is at "=?". The charset, which takes longest to
 * look up, comes last. */
static bool parse_word(const char *p, const char *end, struct word *word_r)
{
	const char *name = p + 2;
	size_t length;

	p = parse_charset(name, end, &length);
	if (!p || end - p < 2 || p[1] != '?')
		return false;
	word_r->encoding = g_ascii_toupper(p[0]);
	if (word_r->encoding != 'B' && word_r->encoding != 'Q')
		return false;
	word_r->payload = p + 2;
	word_r->payload_end = find_payload_end(p + 2, end);
	if (!word_r->payload_end)
		return false;
	word_r->end = word_r->payload_end + 2;
	word_r->charset = charset_find(name, length);
	return word_r->charset != NULL;
}

static void decode_b(const struct word *word, struct buffer *octets)
{
	const char *p = word->payload;
	gint state = 0;
	guint save = 0;
	guchar out[3 * 64 + 8];

	while (p < word->payload_end) {
		size_t left = word->payload_end - p;
		size_t step = left < 4 * 64 ? left : 4 * 64;

		buffer_add(octets, (char *)out,
			g_base64_decode_step(p, step, out, &state, &save));
		p += step;
	}
	/* Missing padding: what is left of the last group counts. */
	for (int i = abs(state); i >= 2 && i < 4; i++)
		buffer_add(octets, (char *)out,
			g_base64_decode_step("=", 1, out, &state, &save));
}

static void decode_q(const struct word *word, struct buffer *octets)
{
	const char *p = word->payload, *end = word->payload_end;

	while (p < end) {
		char c = *p++;

		if (c == '_') {
			c = ' ';
		} else if (c == '=' && end - p >= 2 && g_ascii_isxdigit(p[0]) &&
			   g_ascii_isxdigit(p[1])) {
			c = (char)(g_ascii_xdigit_value(p[0]) << 4 |
				   g_ascii_xdigit_value(p[1]));
			p += 2;
		}
		buffer_add_char(octets, c);
	}
}

static void end_words(struct header_text *header)
{
	if (!header->charset)
		return;
	charset_decode(header->decoder, header->charset, header->octets.data,
		header->octets.length, &header->text);
	header->octets.length = 0;
	header->charset = NULL;
}

static void add_word(struct header_text *header, const struct word *word)
{
	if (header->charset != word->charset ||
		charset_is_stateful(word->charset))
		end_words(header);
	header->charset = word->charset;
	if (word->encoding == 'B')
		decode_b(word, &header->octets);
	else
		decode_q(word, &header->octets);
}

static void add_raw(struct header_text *header, const char *p, const char *end)
{
	if (p == end)
		return;
	end_words(header);
	charset_decode(header->decoder, header->raw, p, end - p, &header->text);
}

static bool are_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p == end;
}

static void decode_unfolded(
	struct header_text *header, const char *p, const char *end)
{
	const char *start = p; /* where to look for the next word */
	struct word word;

	while ((start = memmem(start, end - start, "=?", 2)) != NULL) {
		if (!parse_word(start, end, &word)) {
			start += 2;
			continue;
		}
		if (!header->charset || !are_blanks(p, start))
			add_raw(header, p, start);
		add_word(header, &word);
		p = start = word.end;
	}
	add_raw(header, p, end);
	end_words(header);
}

/* Line ends before a blank go: the blank stays. */
static void unfold(const char *value, struct buffer *unfolded)
{
	for (const char *p = value; *p; p++) {
		if (p[0] == '\r' && p[1] == '\n' && is_blank(p[2]))
			p += 2;
		else if (p[0] == '\n' && is_blank(p[1]))
			p++;
		buffer_add_char(unfolded, *p);
	}
}

static void make_line(struct buffer *text)
{
	size_t start = 0;

	for (size_t i = 0; i < text->length; i++)
		if (text->data[i] == '\n')
			text->data[i] = ' ';
	while (text->length > 0 && text->data[text->length - 1] == ' ')
		text->length--;
	while (start < text->length && text->data[start] == ' ')
		start++;
	buffer_cut(text, 0, start);
}

char *text_decode_header(const char *value)
{
	struct header_text header = { 0 };
	struct buffer unfolded = { 0 };

	header.decoder = charset_decoder_new();
	if (!header.decoder)
		return NULL;
	unfold(value, &unfolded);
	header.raw = charset_guess(value, strlen(value));
	if (unfolded.length > 0)
		decode_unfolded(&header, unfolded.data,
			unfolded.data + unfolded.length);
	make_line(&header.text);
	header.text.failed |= unfolded.failed || header.octets.failed;
	buffer_fini(&unfolded);
	buffer_fini(&header.octets);
	charset_decoder_free(&header.decoder);
	return buffer_take(&header.text);
}
