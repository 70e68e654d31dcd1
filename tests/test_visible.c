/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "policy/message.h"
#include "policy/style.h"
#include "policy/visible.h"

#define ROWS(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct row {
	const char *html, *expected;
} rows[] = {
	{ "", "" },
	{ " \r\n ", "" },
	{ "a  b\r\n\tc", "a b c\n" },
	/* Inline tags leave no trace. */
	{ "002-1234<b>5</b>67-&#49;234567", "002-1234567-1234567\n" },
	{ "002-12345<b></b>67", "002-1234567\n" },
	{ "<b>0</b>02<wbr>-<img src=x alt=9>1", "002-1\n" },
	{ "002-<!-- 9 -->1", "002-1\n" },
	{ "a<o:p>b</o:p>c", "abc\n" },
	/* Others do. */
	{ "a<br>b<p>c</p>d", "a\nb\nc\nd\n" },
	{ "<div>a</div><div>b</div>c", "a\nb\nc\n" },
	{ "<table><tr><td>1<td>2<tr><td>3</table>4", "1 2\n3\n4\n" },
	{ "<ul><li>a<li>b</ul>", "a\nb\n" },
	/* References. */
	{ "&lt;b&gt; &amp;amp; &uuml;", "<b> &amp; \u00fc\n" },
	{ "&#48&#x31;&nbsp;&shy;2", "01\u00a0\u00ad"
				    "2\n" },
	{ "1&#150;2&#x80;", "1\u2013"
			    "2\u20ac\n" },
	{ "a&#0;b&#13;c&#x110000;d&unknown;", "ab cd&unknown;\n" },
	/* Not shown. */
	{ "<head><title>T</title><style>s</style></head><body>a", "a\n" },
	{ "a<script>if (x < y) z</script>b", "ab\n" },
	{ "a<style>b</style>c<template>d</template>e", "ace\n" },
	{ "<noscript>a</noscript>", "a\n" },
	{ "<body>a<div hidden>x</div>b", "ab\n" },
	{ "<body>a<div hidden><div>x</div>y</div>b", "ab\n" },
	{ "a<span style='display: none'>x<i>y</i></span>b", "ab\n" },
	{ "<p style=\"DISPLAY:NONE !important\">x<p>a", "a\n" },
	{ "a<span style=display:none>x", "a\n" },
	/* Comments as browsers know them. */
	{ "a<!--[if mso]>x<![endif]-->b", "ab\n" },
	{ "a<!--[if !mso]><!-->b<!--<![endif]-->c", "abc\n" },
	{ "a<![if !mso]>b<![endif]>c", "abc\n" },
	{ "<!-->a<!-- x -->b<!--->c", "abc\n" },
	{ "a<!-- x", "a\n" },
	{ "<a title='<![x'>a</a>", "a\n" },
	/* Broken. */
	{ "<p>a</p></p></div>b</body></html>c", "a\nb\nc\n" },
	{ "a < b > c <3 d", "a < b > c <3 d\n" },
	{ "a<b", "a\n" },
	{ "a<a href='x", "a\n" },
	{ "<b><i>a</b>b</i>", "ab\n" },
	{ "<?xml version='1.0'?><!DOCTYPE html>a", "a\n" },
	{ "<meta charset=iso-8859-1>\xc3\xbc", "\u00fc\n" },
	{ "a\xff"
	  "b\xc3",
		"a\ufffd"
		"b\ufffd\n" },
};

/* A copy of exactly that size, so that reading on is seen. */
static char *copy_exactly(const char *text, size_t length)
{
	char *copy = malloc(length ? length : 1);

	memcpy(copy, text, length);
	return copy;
}

START_TEST(html_is_shown)
{
	size_t length = strlen(rows[_i].html);
	char *html = copy_exactly(rows[_i].html, length);
	bool cut = true;
	char *text;

	message_init();
	text = visible_text(html, length, 100, &cut);
	ck_assert_str_eq(text, rows[_i].expected);
	ck_assert(!cut);
	free(text);
	free(html);
}
END_TEST

START_TEST(nul_is_dropped)
{
	char *text;

	message_init();
	text = visible_text("1\0"
			    "2<b\0>3",
		8, 100, NULL);
	ck_assert_str_eq(text, "123\n");
	free(text);
}
END_TEST

static const struct {
	const char *style;
	bool hidden;
} styles[] = {
	{ "", false },
	{ ";:;", false },
	{ "display:none", true },
	{ " color : red ; Display : None ", true },
	{ "display:none;display:block", false },
	{ "display:block", false },
	{ "visibility:hidden", true },
	{ "visibility:visible", false },
	{ "font-size:0", true },
	{ "font-size:0.0px", true },
	{ "font-size:0.5px", false },
	{ "font-size:10px", false },
	{ "opacity:0", true },
	{ "opacity:0.9", false },
	{ "mso-hide:all", true },
	{ "max-height:0", false },
	{ "max-height:0px;overflow:hidden", true },
	{ "overflow:hidden;width:0;height:10px", true },
	{ "overflow:hidden;width:100%", false },
	{ "line-height:0;overflow:hidden", false },
	{ "no-display:none", false },
};

START_TEST(style_hides)
{
	ck_assert_int_eq(style_is_hidden(styles[_i].style), styles[_i].hidden);
}
END_TEST

/* open, then count times unit, then close: what comes out, and whether all. */
static const struct {
	const char *open, *unit;
	int count;
	const char *close, *expected;
	bool cut;
} large[] = {
	{ "a", "<b>", 90, "z", "az\n", false },
	{ "a", "<b>", 100000, "z", "a\n", true },
	{ "a<b><b><b>", "</i>", 100000, "z", "az\n", false },
	{ "", "<p>", 100000, "z", "z\n", false },
	{ "<a b='", "x", 1 << 20, "'>z", "z\n", false },
	{ "<a", " b=c", 200000, ">z", "z\n", false },
	{ "", "<!--", 100000, "z", "", false },
	{ "<div style='", "a:b;", 100000, "display:none'>z", "", false },
};

START_TEST(large_html_is_linear)
{
	size_t unit = strlen(large[_i].unit), length;
	char *html = malloc(strlen(large[_i].open) + unit * large[_i].count +
			    strlen(large[_i].close) + 1);
	char *p = stpcpy(html, large[_i].open);
	char *text;
	bool cut;

	for (int i = 0; i < large[_i].count; i++)
		p = mempcpy(p, large[_i].unit, unit);
	length = stpcpy(p, large[_i].close) - html;
	message_init();
	text = visible_text(html, length, 100, &cut);
	ck_assert_str_eq(text, large[_i].expected);
	ck_assert_int_eq(cut, large[_i].cut);
	free(text);
	free(html);
}
END_TEST

/* libxml2 compares each with all others: reading stops early. */
START_TEST(endless_attributes_are_cut)
{
	const int count = 60000;
	char *html = malloc(16 * count);
	char *p = stpcpy(html, "a<a");
	char *text;
	bool cut;

	for (int i = 0; i < count; i++)
		p += sprintf(p, " x%d", i);
	p = stpcpy(p, ">z");
	message_init();
	text = visible_text(html, p - html, 100, &cut);
	ck_assert_str_eq(text, "a\n");
	ck_assert(cut);
	free(text);
	free(html);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("visible");
	TCase *tcase = tcase_create("visible");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, html_is_shown, 0, ROWS(rows));
	tcase_add_test(tcase, nul_is_dropped);
	tcase_add_loop_test(tcase, style_hides, 0, ROWS(styles));
	tcase_add_loop_test(tcase, large_html_is_linear, 0, ROWS(large));
	tcase_add_test(tcase, endless_attributes_are_cut);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
