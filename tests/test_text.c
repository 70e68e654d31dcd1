/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "policy/text.h"

struct row {
	const char *input, *expected;
};

#define ROWS(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define JAPANESE "\u6ce8\u6587\u756a\u53f7" /* order number */

static const struct row headers[] = {
	/* Plain and folded. */
	{ "", "" },
	{ "   ", "" },
	{ " Order 002-1234567-1234567 ", "Order 002-1234567-1234567" },
	{ "a\r\n b", "a b" },
	{ "a\n\tb", "a b" },
	{ "a\r\n \r\n b", "a  b" },
	{ "a\rb\nc", "a b c" },
	{ "a\x01\x7f\x1b[31mb", "a[31mb" },
	/* Raw 8-bit text. */
	{ "f\xc3\xbcr", "f\u00fcr" },
	{ "f\xfcr", "f\u00fcr" },
	{ "f\xfcr \xc3\xbc", "f\u00fcr \u00c3\u00bc" },
	{ "\x80 \x81", "\u20ac \ufffd" },
	{ "\xc2\x85\xc2\x9b\xe2\x80\xa8x", "x" },
	{ "\xef\xbf\xbe", "\ufffd" },
	/* Q and B. */
	{ "=?utf-8?Q?a_b=20=C3=BC?=", "a b \u00fc" },
	{ "=?UTF-8?b?w7w=?=", "\u00fc" },
	{ "=?UTF-8?B?w7w?=", "\u00fc" },
	{ "=?UTF-8?B?MDAy LTEy?=", "002-12" },
	{ "=?UTF-8?B?M?=", "" },
	{ "=?UTF-8?B?MA?=", "0" },
	{ "=?UTF-8?B?M===?=", "0" },
	{ "=?utf-8?q?a=zz=4?=", "a=zz=4" },
	{ "=?utf-8?q?\?=", "" },
	{ "=?us-ascii?q?\?=", "" },
	{ "=?iso-8859-1*de?Q?gr=FC=DFe?=", "gr\u00fc\u00dfe" },
	{ "=?iso-8859-15?Q?=A4?=", "\u20ac" },
	{ "=?us-ascii?Q?a=FC?=", "a\u00fc" },
	{ "=?utf-8?Q?=FC?=", "\ufffd" },
	{ "=?windows-1252?Q?=96?=", "\u2013" },
	{ "Votre commande =?iso-8859-1?Q?n=B0_?= 002",
		"Votre commande n\u00b0  002" },
	{ "=?ISO-2022-JP?B?GyRCQ21KOEhWOWYbKEI=?= 002", JAPANESE " 002" },
	{ "=?Shift_JIS?B?ko2VtpTUjYY=?=", JAPANESE },
	{ "=?EUC-JP?B?w+3KuMjWuea=?=", JAPANESE },
	{ "=?gb2312?Q?=D6=D0?= =?big5?Q?=A4=A4?=", "\u4e2d\u4e2d" },
	{ "=?ks_c_5601-1987?Q?=C1=D6?=", "\uc8fc" },
	{ "=?koi8-r?Q?=C1?=", "\u0430" },
	/* Adjacent words join, also inside a character and a number. */
	{ "=?utf-8?Q?002-1234?=\r\n =?utf-8?B?NTY3LTEyMzQ1Njc=?=",
		"002-1234567-1234567" },
	{ "=?utf-8?Q?002-12?= \t=?iso-8859-1?Q?34567?=", "002-1234567" },
	{ "=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=", "\u00fc" },
	{ "=?utf-8?B?ww==?= =?utf-8?Q?=BC?=", "\u00fc" },
	{ "=?utf-8?Q?a?==?utf-8?Q?b?=", "ab" },
	{ "=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c" },
	{ "=?utf-8?Q?a?= =?utf-7?Q?b?=", "a =?utf-7?Q?b?=" },
	/* What real mail does. */
	{ "x=?utf-8?Q?a?=y", "xay" },
	{ "=?utf-8?Q?a b c?=", "a b c" },
	{ "\"=?utf-8?Q?a?=\"", "\"a\"" },
	{ "=?utf-8?Q?who?\?=", "who?" },
	/* No words: raw. */
	{ "=?utf-8?Q?a", "=?utf-8?Q?a" },
	{ "=?utf-8?Q?a?", "=?utf-8?Q?a?" },
	{ "=?utf-8?Q", "=?utf-8?Q" },
	{ "=?", "=?" },
	{ "=?utf-8?X?a?=", "=?utf-8?X?a?=" },
	{ "=?utf-7?Q?+AC0-?=", "=?utf-7?Q?+AC0-?=" },
	{ "=?HZ-GB-2312?Q?~{?=", "=?HZ-GB-2312?Q?~{?=" },
	{ "=?IBM1390?Q?a?=", "=?IBM1390?Q?a?=" },
	{ "=??Q?a?=", "=??Q?a?=" },
	{ "=?*en?Q?a?=", "=?*en?Q?a?=" },
	{ "=?utf-8?Q?a =?utf-8?Q?b?=", "=?utf-8?Q?a b" },
	{ "=?=?utf-8?Q?b?=", "=?b" },
	/* Hostile octets. */
	{ "=?utf-8?Q?a=0D=0ABcc:_v=40x?=", "a Bcc: v@x" },
	{ "=?utf-8?Q?a=00b=1Bc=E2=80=A8d?=", "abc d" },
	{ "=?iso-2022-jp?B?GyRCQ20=?= =?iso-2022-jp?Q?002?=", "\u6ce8002" },
};

START_TEST(header_is_decoded)
{
	char *input = strdup(headers[_i].input);
	char *text = text_decode_header(input);

	ck_assert_str_eq(text, headers[_i].expected);
	free(text);
	free(input);
}
END_TEST

#define NUMBER "002-1234567-1234567"

static const struct row normals[] = {
	{ "", "" },
	{ " a \t\r\n b", " a b" },
	{ "a\u00a0\u3000\u2028\xc2\x85z", "a z" },
	{ NUMBER, NUMBER },
	/* Digits. */
	{ "\uff10\uff10\uff12\uff0d\uff11\uff12\uff13\uff14\uff15\uff16\uff17"
	  "\uff0d\uff11\uff12\uff13\uff14\uff15\uff16\uff17",
		NUMBER },
	{ "\u0660\u06f1\u0967\U0001d7ce\u2460", "01101" },
	{ "\u4e00O\u041el", "\u4e00O\u041el" },
	/* Dashes. */
	{ "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d",
		"----------" },
	{ "1\u30fc2\uff703", "1-2-3" },
	{ "1\u30fc\u200b2", "1-2" },
	{ "\u30e1\u30fc\u30eb", "\u30e1\u30fc\u30eb" },
	{ "1\u30fca", "1\u30fca" },
	{ "1\u30fc", "1\u30fc" },
	{ "1\u30fc\u30fc2", "1\u30fc\u30fc2" },
	/* Shown as nothing. */
	{ "0\u200b0\u200c2\u200d-\u2060"
	  "1\ufeff"
	  "2\u00ad"
	  "3\u200e"
	  "4"
	  "\u202e"
	  "5\ufe0f"
	  "6\u034f"
	  "7\u2066-\U000e0101",
		"002-1234567-" },
	{ "a\x01\x7f\xc2\x80z", "az" },
	/* NFKC. */
	{ "u\u0308", "\u00fc" },
	{ "u\u200d\u0308", "\u00fc" },
	{ "\u1112\u1161\u11ab", "\ud55c" },
	{ "\ufb01", "fi" },
	{ "\uff76\uff9e", "\u30ac" },
	{ "\u212b", "\u00c5" },
	/* Octets that are no UTF-8: one by one. */
	{ "a\xff"
	  "b",
		"a\ufffd"
		"b" },
	{ "\xc0\xaf", "\ufffd\ufffd" },
	{ "\xed\xa0\x80", "\ufffd\ufffd\ufffd" },
	{ "1\xe2\x80", "1\ufffd\ufffd" },
	{ "\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd" },
};

START_TEST(text_is_normalized)
{
	size_t length = strlen(normals[_i].input);
	char *input = malloc(length ? length : 1);
	char *text;

	memcpy(input, normals[_i].input, length);
	text = text_normalize(input, length);
	ck_assert_str_eq(text, normals[_i].expected);
	free(text);
	free(input);
}
END_TEST

static size_t put_utf8(unsigned c, char *out)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	out[0] = (char)(n == 1 ? c : (0xf00 >> n) | (c >> (6 * (n - 1))));
	for (size_t i = 1; i < n; i++)
		out[i] = (char)(0x80 | (c >> (6 * (n - 1 - i)) & 0x3f));
	return n;
}

/* A character beside one that must be changed is what it is by itself. */
START_TEST(neighbours_do_not_matter)
{
	for (unsigned c = 0x80; c < 0x30000; c++) {
		char input[16] = "", *alone, *beside;
		size_t n = put_utf8(c, input);

		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		alone = text_normalize(input, n);
		memcpy(input + n, "\u33a1", 3);
		beside = text_normalize(input, n + 3);
		n = strlen(alone);
		ck_assert_msg(strncmp(alone, beside, n) == 0 ||
				      strcmp(alone, "\u30fc") == 0,
			"U+%04x", c);
		ck_assert_msg(strcmp(beside + n, "m2") == 0, "U+%04x", c);
		free(alone);
		free(beside);
	}
}
END_TEST

START_TEST(nul_is_dropped)
{
	char *text = text_normalize("1\0"
				    "2",
		3);

	ck_assert_str_eq(text, "12");
	free(text);
}
END_TEST

/* count times unit, with a NUL. */
static char *repeat(const char *unit, size_t count)
{
	size_t length = strlen(unit);
	char *text = malloc(length * count + 1);

	for (size_t i = 0; i < count; i++)
		memcpy(text + i * length, unit, length);
	text[length * count] = '\0';
	return text;
}

/* Each of these took minutes with code that looks back or ahead too far. */
static const struct {
	const char *unit;
	const char *unit_expected;
} many_words[] = {
	{ "=?utf-8?Q?1?= ", "1" },
	{ "=?utf-8?Q?1 ", "=?utf-8?Q?1 " },
	{ "=?", "=?" },
	{ "=?utf-8?", "=?utf-8?" },
};

START_TEST(many_words_are_linear)
{
	const size_t count = 100000;
	char *input = repeat(many_words[_i].unit, count);
	char *expected = repeat(many_words[_i].unit_expected, count);
	char *text = text_decode_header(input);

	expected[strlen(expected) - (expected[strlen(expected) - 1] == ' ')] =
		'\0';
	ck_assert_str_eq(text, expected);
	free(text);
	free(expected);
	free(input);
}
END_TEST

static const struct {
	const char *unit;
	const char *unit_expected;
} long_texts[] = {
	{ "u\u0308", "\u00fc" }, { "\u00fc", "\u00fc" }, { "\u0301", "\u0301" },
	{ "\u3300", "\u30a2\u30d1\u30fc\u30c8" },
	{ "\ufdfa", "\ufdfa" }, /* a whole phrase, left as it is */
};

START_TEST(long_texts_are_linear)
{
	const size_t count = 100000;
	char *input = repeat(long_texts[_i].unit, count);
	char *expected = repeat(long_texts[_i].unit_expected, count);
	char *text = text_normalize(input, strlen(input));

	ck_assert_str_eq(text, expected);
	free(text);
	free(expected);
	free(input);
}
END_TEST

/* Marks in canonical order would need a sort of the whole run. */
START_TEST(endless_marks_are_linear)
{
	char *input = repeat("\u0301\u0323", 100000);
	char *text = text_normalize(input, strlen(input));

	ck_assert_uint_eq(strlen(text), strlen(input));
	free(text);
	free(input);
}
END_TEST

START_TEST(long_charset_name_is_raw)
{
	char *name = repeat("x", 10240);
	char *input = malloc(strlen(name) + 16);
	char *text;

	strcpy(input, "=?");
	strcat(input, name);
	strcat(input, "?Q?a?=");
	text = text_decode_header(input);
	ck_assert_str_eq(text, input);
	free(text);
	free(input);
	free(name);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text");
	TCase *tcase = tcase_create("text");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, header_is_decoded, 0, ROWS(headers));
	tcase_add_loop_test(tcase, text_is_normalized, 0, ROWS(normals));
	tcase_add_test(tcase, neighbours_do_not_matter);
	tcase_add_test(tcase, nul_is_dropped);
	tcase_add_loop_test(tcase, many_words_are_linear, 0, ROWS(many_words));
	tcase_add_loop_test(tcase, long_texts_are_linear, 0, ROWS(long_texts));
	tcase_add_test(tcase, endless_marks_are_linear);
	tcase_add_test(tcase, long_charset_name_is_raw);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
