/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What main.cf and master.cf say. The values wanted are those that Postfix's
 * own postconf(1) prints for these texts, but for the kind of blanks.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/postfix_conf.h"
#include "tests/run.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static struct postfix_conf *parse(const char *main_cf, const char *master_cf)
{
	struct postfix_conf *conf = postfix_conf_parse(
		main_cf, strlen(main_cf), master_cf, strlen(master_cf));

	ck_assert_ptr_nonnull(conf);
	return conf;
}

/* --- The value of x ----------------------------------------------------- */

static const struct {
	const char *text, *value;
} values[] = {
	{ "x = a b\n", "a b" },
	{ "x=a", "a" },
	{ "x\t =\t a \t\n", "a" },
	{ "x = a\r\ny = b\r\n", "a" },
	{ "x =\n", "" },
	{ "", "" },
	{ "x\n", "" },
	{ "x a\n", "" },
	{ "X = a\n", "" },
	{ "x = a\nx = b\n", "b" },
	{ "x = a\nx =\n", "" },
	{ "x = a\n b\n", "a b" },
	{ "x = a,\n# c\n\n  \n\tb\n", "a,\tb" },
	{ "x = a # b\n", "a # b" },
	{ " x = a\n", "" },
	{ " y = b\n  z\nx = a\n", "a" },
	{ "#\n  y\nx = a\n", "a" },
	{ "x = a\n #b\n c\n", "a c" },
	{ "x\n  = a\n", "a" },
	{ "x = a = b\n", "a = b" },
	/* names */
	{ "x = $y\ny = a\n", "a" },
	{ "x = ${y}b$(y)c\ny = a\n", "abac" },
	{ "x = $y.$y-\ny = a\n", "a.a-" },
	{ "x = $nothing,${nothing}\n", "," },
	{ "x = $$y\ny = a\n", "$y" },
	{ "x = $y\ny = $z$z\nz = a\n", "aa" },
	{ "x = ${ y }\ny = a\n", "a" },
	{ "x = $milter_protocol\n", "6" },
	{ "x = $\n", "" },
	{ "x = ${y\n", "" },
	{ "x = a$x\n", "" },
	/* conditions */
	{ "x = ${y?a}\ny = 1\n", "a" },
	{ "x = ${y?a}\n", "" },
	{ "x = ${y:a}\n", "a" },
	{ "x = ${y:a}\ny = 1\n", "" },
	{ "x = ${y?{a}:{b}}\ny = 1\n", "a" },
	{ "x = ${y?{a}:{b}}\n", "b" },
	{ "x = ${y ? {a} : {b} }\n", "b" },
	{ "x = ${y?a:b}\ny = 1\n", "a:b" },
	{ "x = ${y?a:b}\n", "" },
	{ "x = ${y:{a}}\n", "a" },
	{ "x = ${y?{$z}:{${z}2}}\nz = 1\n", "12" },
	{ "x = ${y?{a}b}\ny = 1\n", "" },
	{ "x = ${y??a}\ny = 1\n", "?a" },
	/* relations */
	{ "x = ${{$y} == {1} ? {a} : {b}}\ny = 1\n", "a" },
	{ "x = ${{$y} == {1} ? {a} : {b}}\n", "b" },
	{ "x = ${{10} > {9} ? {a} : {b}}\n", "a" },
	{ "x = ${{10x} > {9x} ? {a} : {b}}\n", "b" },
	{ "x = ${{a} != {b}}\n", "true" },
	{ "x = ${{a} != {a}}\n", "" },
	{ "x = ${{a} <= {a} ? b}\n", " b" },
	{ "x = ${{3.9} <level {3.10} ? {a} : {b}}\n", "a" },
	{ "x = ${{3.9} < {3.10} ? {a} : {b}}\n", "b" },
	{ "x = ${{3} >=level {3.1} ? {a} : {b}}\n", "b" },
	{ "x = ${{$y} =~ {1} ? {a} : {b}}\ny = 1\n", "" },
	{ "x = ${{a} == b}\n", "" },
};

START_TEST(test_value)
{
	struct postfix_conf *conf = parse(values[_i].text, "");

	ck_assert_msg(
		!strcmp(postfix_conf_value(conf, NULL, "x"), values[_i].value),
		"\"%s\" gives \"%s\"", values[_i].text,
		postfix_conf_value(conf, NULL, "x"));
	ck_assert(!postfix_conf_failed(conf));
	postfix_conf_free(&conf);
}
END_TEST

/* Endless or exponential names end, without a value. */
START_TEST(test_bombs)
{
	static const char *const texts[] = {
		"x = $y\ny = $x\n",
		"x = ${y?{$x$x}:{$x$x}}\ny = 1\n",
		"x = $a$a$a$a\na = $b$b$b$b$b$b\nb = $c$c$c$c$c$c$c\n"
		"c = $d$d$d$d$d$d$d$d\nd = $e$e$e$e$e$e$e$e\n"
		"e = $f$f$f$f$f$f$f$f$f\nf = $g$g$g$g$g$g$g$g$g$g\n"
		"g = $h$h$h$h$h$h$h$h$h\nh = iiiiiiiiiiiiiiiii\n",
	};

	for (int i = 0; i < COUNT(texts); i++) {
		struct postfix_conf *conf = parse(texts[i], "");

		ck_assert_str_eq(postfix_conf_value(conf, NULL, "x"), "");
		postfix_conf_free(&conf);
	}
}
END_TEST

START_TEST(test_length)
{
	struct postfix_conf *conf = postfix_conf_parse("x = ab", 5, "", 0);

	ck_assert_str_eq(postfix_conf_value(conf, NULL, "x"), "a");
	postfix_conf_free(&conf);
	conf = postfix_conf_parse("x = a\0b\ny = c", 13, "", 0);
	ck_assert_str_eq(postfix_conf_value(conf, NULL, "x"), "a");
	ck_assert_str_eq(postfix_conf_value(conf, NULL, "y"), "c");
	postfix_conf_free(&conf);
}
END_TEST

/* --- Services ----------------------------------------------------------- */

#define SMTPD "smtp inet n - y - - smtpd"

static const struct {
	const char *line, *value; /* of x, for the service */
} overrides[] = {
	{ SMTPD "\n", "main" },
	{ SMTPD " -o x=a\n", "a" },
	{ SMTPD " -ox=a\n", "a" },
	{ SMTPD " -v -o x=a -o y=b\n", "a" },
	{ SMTPD " -vo x=a\n", "a" },
	{ SMTPD " -vox=a\n", "a" },
	{ SMTPD "\n  -o x=a\n", "a" },
	{ SMTPD "\n# c\n\n\t-o\n  x=a\n", "a" },
	{ SMTPD " -o x=\n", "" },
	{ SMTPD " -o x=a -o x=b\n", "b" },
	{ SMTPD " -o { x = a b }\n", "a b" },
	{ SMTPD " -o {x=a, {b c}}\n", "a, {b c}" },
	{ SMTPD " {-ox=a b}\n", "a b" },
	{ SMTPD " -o x=$y -o y=b\n", "b" },
	{ SMTPD " -o x=$z\n", "zz" },
	{ SMTPD " -n x -o x=a\n", "a" },
	{ SMTPD " -s -o x=a\n", "main" },
	{ SMTPD " -o\n", "main" },
	{ SMTPD "\n#  -o x=a\n", "main" },
	{ SMTPD "\n  -o y=1\nother unix - - n - - pipe\n  -o x=a\n", "main" },
};

START_TEST(test_override)
{
	struct postfix_conf *conf =
		parse("x = main\nz = zz\n", overrides[_i].line);
	const struct postfix_service *service;

	ck_assert_uint_ge(postfix_conf_services(conf), 1);
	service = postfix_conf_service(conf, 0);
	ck_assert_str_eq(service->name, "smtp");
	ck_assert_str_eq(service->program, "smtpd");
	ck_assert_msg(!strcmp(postfix_conf_value(conf, service, "x"),
			      overrides[_i].value),
		"\"%s\" gives \"%s\"", overrides[_i].line,
		postfix_conf_value(conf, service, "x"));
	ck_assert_str_eq(postfix_conf_value(conf, NULL, "x"), "main");
	postfix_conf_free(&conf);
}
END_TEST

static const struct {
	const char *main_cf, *chroot;
	bool wanted;
} chroots[] = {
	{ "", "y", true },
	{ "", "n", false },
	{ "", "-", true },
	{ "compatibility_level = 0\n", "-", true },
	{ "compatibility_level = 1\n", "-", false },
	{ "compatibility_level = 3.6\n", "-", false },
};

START_TEST(test_chroot)
{
	struct postfix_conf *conf;
	char line[80];

	snprintf(line, sizeof(line), "a unix - - %s - - /x/cleanup\n",
		chroots[_i].chroot);
	conf = parse(chroots[_i].main_cf, line);
	ck_assert_int_eq(
		postfix_conf_service(conf, 0)->chroot, chroots[_i].wanted);
	ck_assert_str_eq(postfix_conf_service(conf, 0)->program, "cleanup");
	postfix_conf_free(&conf);
}
END_TEST

START_TEST(test_places)
{
	struct postfix_conf *conf = parse("#\n\nx = a\n\ny =\n  b\n",
		"#\nsmtp inet n - n -\n  -\n  smtpd\n -o y=c\n\nbad line\n");
	const struct postfix_service *service;
	struct postfix_place place;

	ck_assert_uint_eq(postfix_conf_services(conf), 1);
	service = postfix_conf_service(conf, 0);
	ck_assert_uint_eq(service->line, 2);
	place = postfix_conf_place(conf, service, "x");
	ck_assert(!place.in_master);
	ck_assert_uint_eq(place.line, 3);
	place = postfix_conf_place(conf, service, "y");
	ck_assert(place.in_master);
	ck_assert_uint_eq(place.line, 2);
	place = postfix_conf_place(conf, NULL, "y");
	ck_assert(!place.in_master);
	ck_assert_uint_eq(place.line, 5);
	place = postfix_conf_place(conf, service, "z");
	ck_assert_uint_eq(place.line, 0);
	postfix_conf_free(&conf);
}
END_TEST

/* --- Lists, times, defaults, versions ----------------------------------- */

START_TEST(test_lists)
{
	const char *text = " a, b\t{c d, {e}} f{g h}i ,,";
	static const char *const items[] = { "a", "b", "{c d, {e}}",
		"f{g h}i" };
	const char *item;

	for (int i = 0; i < COUNT(items); i++) {
		size_t length = postfix_next_item(&text, &item);

		ck_assert_uint_eq(length, strlen(items[i]));
		ck_assert_int_eq(strncmp(item, items[i], length), 0);
	}
	ck_assert_uint_eq(postfix_next_item(&text, &item), 0);
	ck_assert(postfix_list_has("a, No_Milters", "no_milters"));
	ck_assert(!postfix_list_has("no_milters_", "no_milters"));
}
END_TEST

START_TEST(test_times)
{
	ck_assert_int_eq(postfix_time("30"), 30);
	ck_assert_int_eq(postfix_time("30s"), 30);
	ck_assert_int_eq(postfix_time("5m"), 300);
	ck_assert_int_eq(postfix_time("2h"), 7200);
	ck_assert_int_eq(postfix_time("1d"), 86400);
	ck_assert_int_eq(postfix_time(""), -1);
	ck_assert_int_eq(postfix_time("x"), -1);
	ck_assert_int_eq(postfix_time("5x"), -1);
	ck_assert_int_eq(postfix_time("5mm"), -1);
	ck_assert_int_eq(postfix_time("-5"), -1);
}
END_TEST

START_TEST(test_changed_defaults)
{
	static const struct version old = { { 3, 8, 9 } };
	static const struct version new = { { 3, 11, 0 } };
	struct postfix_conf *conf = parse("", "");

	ck_assert_str_eq(
		postfix_conf_value(conf, NULL, "smtpd_forbid_bare_newline"),
		"no");
	postfix_conf_set_version(conf, &old);
	ck_assert_str_eq(
		postfix_conf_value(conf, NULL, "milter_default_action"),
		"tempfail");
	postfix_conf_set_version(conf, &new);
	ck_assert_str_eq(
		postfix_conf_value(conf, NULL, "milter_default_action"),
		"shutdown");
	ck_assert(postfix_conf_is_yes(
		conf, NULL, "smtpd_forbid_unauth_pipelining"));
	postfix_conf_free(&conf);
}
END_TEST

START_TEST(test_versions)
{
	static const struct version fixes[] = { { { 3, 5, 23 } },
		{ { 3, 7, 9 } } };
	static const struct {
		const char *text;
		int rc;
		bool fixed;
	} rows[] = {
		{ "3.7.9", 0, true },
		{ "3.7.8", 0, false },
		{ "3.7.11-0+deb12u1", 0, true },
		{ "3.5.25", 0, true },
		{ "3.6.30", 0, false },
		{ "3.8", 0, true },
		{ "2.11.1", 0, false },
		{ "4.0", 0, true },
		{ "3", -1, false },
		{ "", -1, false },
		{ "x3.4", -1, false },
		{ "0.0", -1, false },
		{ "99999999999999.1", 0, true },
	};

	for (int i = 0; i < COUNT(rows); i++) {
		struct version version = { { 0 } };

		ck_assert_int_eq(
			version_parse(rows[i].text, &version), rows[i].rc);
		if (rows[i].rc == 0)
			ck_assert_msg(version_has_fix(&version, fixes, 2) ==
					      rows[i].fixed,
				"%s", rows[i].text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("postfix_conf");
	TCase *tc = tcase_create("postfix_conf");

	tcase_add_loop_test(tc, test_value, 0, COUNT(values));
	tcase_add_test(tc, test_bombs);
	tcase_add_test(tc, test_length);
	tcase_add_loop_test(tc, test_override, 0, COUNT(overrides));
	tcase_add_loop_test(tc, test_chroot, 0, COUNT(chroots));
	tcase_add_test(tc, test_places);
	tcase_add_test(tc, test_lists);
	tcase_add_test(tc, test_times);
	tcase_add_test(tc, test_changed_defaults);
	tcase_add_test(tc, test_versions);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
