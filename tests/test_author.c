/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include "policy/author.h"
#include "tests/run.h"

static const struct address_form fold = { .fold_case = true };

static const struct {
	const char *value;
	enum author author;
} rows[] = {
	{ "a@x.example", AUTHOR_CLEAR },
	{ " <a@x.example>", AUTHOR_CLEAR },
	{ "Shop <a@x.example>", AUTHOR_CLEAR },
	{ "Shop\n <a@x.example> (Berlin)", AUTHOR_CLEAR },
	{ "a@x.example (Shop, \"Inc.)", AUTHOR_CLEAR },
	{ "\"Shop, <b@y.example>\" <a@x.example>", AUTHOR_CLEAR },
	{ "=?utf-8?Q?Shop=2C_b=40y?= <a@x.example>", AUTHOR_CLEAR },
	{ "\xcc\xe5\xc5\xcc <a@x.example>", AUTHOR_CLEAR },
	{ "<\"a b\"@x.example>", AUTHOR_CLEAR },
	{ "\"a,b\"@x.example", AUTHOR_CLEAR },
	{ "<u@[IPv6:2001:db8::1]>", AUTHOR_CLEAR },
	{ "<@r.example:a@x.example>", AUTHOR_CLEAR },
	/* marks that want quotes, where the address is clear all the same */
	{ "Shop, Inc. <a@x.example>", AUTHOR_CLEAR },
	{ "Shop: the best <a@x.example>", AUTHOR_CLEAR },
	{ "a@x.example <a@x.example>", AUTHOR_CLEAR },
	{ "b@y.example <a@x.example>", AUTHOR_CLEAR },
	{ "a@x.example<a@x.example>", AUTHOR_CLEAR },
	{ "Shop<a@x.example>", AUTHOR_CLEAR },
	{ "\"b@y.example\"<a@x.example>", AUTHOR_CLEAR },
	{ "b@y.example<a@x.example>", AUTHOR_SEVERAL },
	{ "The b@y.example<a@x.example>", AUTHOR_SEVERAL },
	{ "Shop) [1] \\ <a@x.example>", AUTHOR_CLEAR },
	/* several of one domain */
	{ "a@x.example, B <b@X.Example>", AUTHOR_CLEAR },
	{ "a@x.example, , b@x.example,", AUTHOR_CLEAR },
	/* of several */
	{ "a@x.example, b@y.example", AUTHOR_SEVERAL },
	{ "A <a@x.example>, B <b@y.example>", AUTHOR_SEVERAL },
	{ "A <a@x.example> <b@y.example>", AUTHOR_SEVERAL },
	{ "a@x.example b@y.example", AUTHOR_SEVERAL },
	{ "a@x.example; b@y.example", AUTHOR_SEVERAL },
	{ "a@x.example, b@sub.x.example", AUTHOR_SEVERAL },
	/* groups */
	{ "a: b@x.example, c@y.example;", AUTHOR_GROUP },
	{ "a: b@x.example;", AUTHOR_GROUP },
	{ "undisclosed-recipients:;", AUTHOR_GROUP },
	{ "\"a\":b@x.example;", AUTHOR_GROUP },
	/* nobody */
	{ "", AUTHOR_NONE },
	{ " \n ", AUTHOR_NONE },
	{ "<>", AUTHOR_NONE },
	{ "Shop <>", AUTHOR_NONE },
	{ "Shop", AUTHOR_NONE },
	{ "\"\"@x.example", AUTHOR_NONE },
	{ "<a@x.example>, <>", AUTHOR_NONE },
	{ "\"a@x.example\"", AUTHOR_NONE },
	{ "(a@x.example)", AUTHOR_NONE },
	{ "a@", AUTHOR_NONE },
	{ "a @ x.example", AUTHOR_NONE },
	{ "a@[192.0.2.1", AUTHOR_NONE },
	{ "a@x@y", AUTHOR_NONE },
	{ "<a b@x.example>", AUTHOR_NONE },
	/* not closed */
	{ "\"Shop <a@x.example>", AUTHOR_BROKEN },
	{ "Shop (Berlin <a@x.example>", AUTHOR_BROKEN },
	{ "Shop <a@x.example", AUTHOR_BROKEN },
	{ "<\"a@x.example>", AUTHOR_BROKEN },
	{ "a@x.example, \"\\", AUTHOR_BROKEN },
	{ "a@x.example (\\", AUTHOR_BROKEN },
};

START_TEST(row)
{
	char *value = strdup(rows[_i].value);

	ck_assert_int_eq(author_read(value, &fold), rows[_i].author);
	free(value);
}
END_TEST

/* A value that ends anywhere is read without harm. */
START_TEST(cut_row)
{
	for (size_t length = strlen(rows[_i].value); length-- > 0;) {
		char *value = strndup(rows[_i].value, length);

		author_read(value, &fold);
		free(value);
	}
}
END_TEST

/* Repeated 100,000 times these made parsers recurse, or look back. */
static const struct {
	const char *unit;
	enum author author;
} many[] = {
	{ "(", AUTHOR_BROKEN },
	{ "<", AUTHOR_BROKEN },
	{ "\"", AUTHOR_NONE },
	{ ":", AUTHOR_NONE },
	{ ";", AUTHOR_NONE },
	{ "a:", AUTHOR_NONE },
	{ ":;", AUTHOR_GROUP },
	{ "@", AUTHOR_NONE },
	{ "<>", AUTHOR_NONE },
	{ "()", AUTHOR_NONE },
	{ "a@x.example,", AUTHOR_CLEAR },
	{ "a@x.example ", AUTHOR_CLEAR },
	{ "\\", AUTHOR_NONE },
	{ "[", AUTHOR_NONE },
};

START_TEST(many_are_linear)
{
	const size_t count = 100000, size = strlen(many[_i].unit);
	char *value = malloc(count * size + 1);

	for (size_t i = 0; i < count; i++)
		memcpy(value + i * size, many[_i].unit, size);
	value[count * size] = '\0';
	ck_assert_int_eq(author_read(value, &fold), many[_i].author);
	free(value);
}
END_TEST

/* No address is longer than what it is copied to. */
START_TEST(long_address)
{
	char value[2 * ADDRESS_SIZE];

	memset(value, 'a', sizeof(value));
	memcpy(value + sizeof(value) - 3, "@x", 3);
	ck_assert_int_eq(author_read(value, &fold), AUTHOR_NONE);
	strcpy(value + 255, "@x.example");
	ck_assert_int_eq(author_read(value, &fold), AUTHOR_CLEAR);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *suite = suite_create("author");
	TCase *tcase = tcase_create("author");

	tcase_add_loop_test(tcase, row, 0, ROWS(rows));
	tcase_add_loop_test(tcase, cut_row, 0, ROWS(rows));
	tcase_add_loop_test(tcase, many_are_linear, 0, ROWS(many));
	tcase_add_test(tcase, long_address);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
