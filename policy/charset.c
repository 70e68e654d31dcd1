/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <glib.h>
#include "policy/charset.h"

#define REPLACEMENT "\xef\xbf\xbd"

enum kind {
	CONVERTED,
	STATEFUL,
	UTF_8,
	GUESSED, /* named, but the name is no better than a guess */
};

struct charset {
	const char *iconv; /* where mail means a superset, its name */
	enum kind kind;
	const char *names; /* separated and ended by blanks, lower case */
};

#define ISO(n) "iso-8859-" n " iso8859-" n " iso_8859-" n " "
#define CP(n) "windows-" n " cp" n " x-cp" n " "

static const struct charset charsets[] = {
	{ "UTF-8", UTF_8, "utf-8 utf8 unicode-1-1-utf-8 " },
	{ "WINDOWS-1252", CONVERTED, ISO("1") CP("1252") "latin1 l1 " },
	{ "US-ASCII", GUESSED, "us-ascii ascii ansi_x3.4-1968 iso646-us " },
	{ "ISO-8859-2", CONVERTED, ISO("2") "latin2 l2 " },
	{ "ISO-8859-3", CONVERTED, ISO("3") "latin3 l3 " },
	{ "ISO-8859-4", CONVERTED, ISO("4") "latin4 l4 " },
	{ "ISO-8859-5", CONVERTED, ISO("5") "cyrillic " },
	{ "ISO-8859-6", CONVERTED, ISO("6") "arabic " },
	{ "ISO-8859-7", CONVERTED, ISO("7") "greek " },
	{ "ISO-8859-8", CONVERTED, ISO("8") ISO("8-i") "hebrew " },
	{ "ISO-8859-9", CONVERTED, ISO("9") "latin5 l5 " },
	{ "ISO-8859-10", CONVERTED, ISO("10") "latin6 l6 " },
	{ "ISO-8859-11", CONVERTED, ISO("11") "tis-620 windows-874 " },
	{ "ISO-8859-13", CONVERTED, ISO("13") "latin7 l7 " },
	{ "ISO-8859-14", CONVERTED, ISO("14") "latin8 l8 " },
	{ "ISO-8859-15", CONVERTED, ISO("15") "latin9 l9 latin-9 " },
	{ "ISO-8859-16", CONVERTED, ISO("16") "latin10 l10 " },
	{ "WINDOWS-1250", CONVERTED, CP("1250") },
	{ "WINDOWS-1251", CONVERTED, CP("1251") },
	{ "WINDOWS-1253", CONVERTED, CP("1253") },
	{ "WINDOWS-1254", CONVERTED, CP("1254") },
	{ "WINDOWS-1255", CONVERTED, CP("1255") },
	{ "WINDOWS-1256", CONVERTED, CP("1256") },
	{ "WINDOWS-1257", CONVERTED, CP("1257") },
	{ "WINDOWS-1258", CONVERTED, CP("1258") },
	{ "ISO-2022-JP", STATEFUL, "iso-2022-jp csiso2022jp " },
	{ "CP932", CONVERTED,
		"shift_jis shift-jis sjis x-sjis ms_kanji csshiftjis "
		"windows-31j cp932 " },
	{ "EUC-JP", CONVERTED, "euc-jp eucjp x-euc-jp cseucpkdfmtjapanese " },
	{ "GB18030", CONVERTED,
		"gb18030 gbk gb2312 gb_2312-80 cp936 ms936 windows-936 "
		"x-gbk euc-cn csgb2312 chinese " },
	{ "BIG5", CONVERTED, "big5 big-5 cn-big5 csbig5 x-x-big5 " },
	{ "CP949", CONVERTED,
		"euc-kr euckr ks_c_5601-1987 ks_c_5601-1989 ksc5601 "
		"ksc_5601 korean cp949 uhc windows-949 cseuckr " },
	{ "KOI8-R", CONVERTED, "koi8-r koi8 koi cskoi8r " },
	{ "KOI8-U", CONVERTED, "koi8-u koi8-ru " },
};

#define CHARSETS (sizeof(charsets) / sizeof(charsets[0]))
#define INDEX_UTF_8 0
#define INDEX_WINDOWS_1252 1

struct charset_decoder {
	GIConv converters[CHARSETS]; /* 0: not opened yet */
	bool after_cr;
};

/* Written by charset_init() alone. While one is open, its module stays. */
static GIConv kept[CHARSETS];

void charset_init(void)
{
	for (size_t i = 0; i < CHARSETS; i++)
		if (!kept[i])
			kept[i] = g_iconv_open("UTF-8", charsets[i].iconv);
}

static bool is_named(
	const struct charset *charset, const char *name, size_t length)
{
	const char *p = charset->names, *blank;

	for (; (blank = strchr(p, ' ')) != NULL; p = blank + 1)
		if ((size_t)(blank - p) == length &&
			!g_ascii_strncasecmp(p, name, length))
			return true;
	return false;
}

const struct charset *charset_find(const char *name, size_t length)
{
	for (size_t i = 0; i < CHARSETS; i++)
		if (is_named(&charsets[i], name, length))
			return &charsets[i];
	return NULL;
}

const struct charset *charset_guess(const char *octets, size_t length)
{
	const char *p = octets, *end = octets + length, *bad;

	/* A NUL is valid for us, but ends g_utf8_validate(). */
	while (p < end && !g_utf8_validate(p, end - p, &bad)) {
		if (*bad)
			return &charsets[INDEX_WINDOWS_1252];
		p = bad + 1;
	}
	return &charsets[INDEX_UTF_8];
}

const struct charset *charset_utf8(void)
{
	return &charsets[INDEX_UTF_8];
}

const struct charset *charset_windows_1252(void)
{
	return &charsets[INDEX_WINDOWS_1252];
}

bool charset_is_stateful(const struct charset *charset)
{
	return charset->kind == STATEFUL;
}

struct charset_decoder *charset_decoder_new(void)
{
	return calloc(1, sizeof(struct charset_decoder));
}

void charset_decoder_free(struct charset_decoder **decoder)
{
	if (!*decoder)
		return;
	for (size_t i = 0; i < CHARSETS; i++)
		if ((*decoder)->converters[i])
			g_iconv_close((*decoder)->converters[i]);
	free(*decoder);
	*decoder = NULL;
}

static GIConv converter(
	struct charset_decoder *decoder, const struct charset *charset)
{
	GIConv *slot = &decoder->converters[charset - charsets];

	if (!*slot)
		*slot = g_iconv_open("UTF-8", charset->iconv);
	if (*slot == (GIConv)-1) {
		*slot = 0;
		return (GIConv)-1;
	}
	g_iconv(*slot, NULL, NULL, NULL, NULL);
	return *slot;
}

static void add_ascii(
	struct charset_decoder *decoder, char c, struct buffer *text)
{
	bool after_cr = decoder->after_cr;

	decoder->after_cr = c == '\r';
	if (c == '\n' && after_cr)
		return;
	if (c == '\t')
		c = ' ';
	else if (c == '\r' || c == '\v' || c == '\f')
		c = '\n';
	if ((c >= ' ' && c < 0x7f) || c == '\n')
		buffer_add_char(text, c);
}

static bool is_noncharacter(gunichar c)
{
	return (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}

/* Adds the character at p and returns how many octets it has. */
static size_t add_wide(const char *p, size_t length, struct buffer *text)
{
	gunichar c = g_utf8_get_char_validated(p, length);
	size_t octets;

	if (c == (gunichar)-1 || c == (gunichar)-2) {
		buffer_add(text, REPLACEMENT, 3);
		return 1;
	}
	octets = g_utf8_skip[(unsigned char)*p];
	if (is_noncharacter(c))
		buffer_add(text, REPLACEMENT, 3);
	else if (c == 0x85 || c == 0x2028 || c == 0x2029)
		buffer_add_char(text, '\n');
	else if (c >= 0xa0)
		buffer_add(text, p, octets);
	return octets;
}

static void add_utf8(struct charset_decoder *decoder, const char *octets,
	size_t length, struct buffer *text)
{
	for (size_t i = 0; i < length;) {
		if ((unsigned char)octets[i] < 0x80) {
			add_ascii(decoder, octets[i++], text);
			continue;
		}
		decoder->after_cr = false;
		i += add_wide(octets + i, length - i, text);
	}
}

static void convert(struct charset_decoder *decoder, GIConv cd,
	const char *octets, size_t length, struct buffer *text)
{
	gchar *in = (gchar *)octets;
	gsize left = length;
	bool flushed = false;

	while (!flushed) {
		char utf8[1024];
		gchar *out = utf8;
		gsize room = sizeof(utf8);
		gsize result;

		flushed = left == 0;
		errno = 0;
		result = g_iconv(cd, flushed ? NULL : &in,
			flushed ? NULL : &left, &out, &room);
		if (result == (gsize)-1 && errno == E2BIG)
			flushed = false;
		add_utf8(decoder, utf8, out - utf8, text);
		if (result != (gsize)-1 || errno == E2BIG || flushed)
			continue;
		buffer_add(text, REPLACEMENT, 3);
		in++;
		left--;
	}
}

void charset_decode(struct charset_decoder *decoder,
	const struct charset *charset, const char *octets, size_t length,
	struct buffer *text)
{
	GIConv cd;

	if (!length)
		return;
	decoder->after_cr = false;
	if (!charset || charset->kind == GUESSED)
		charset = charset_guess(octets, length);
	if (charset->kind == UTF_8) {
		add_utf8(decoder, octets, length, text);
		return;
	}
	cd = converter(decoder, charset);
	if (cd == (GIConv)-1)
		add_utf8(decoder, octets, length, text);
	else
		convert(decoder, cd, octets, length, text);
}
