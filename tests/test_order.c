/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "policy/order.h"
#include "tests/run.h"

#define PATTERN "[0-9]{3}-[0-9]{7}-[0-9]{7}"
#define A "002-1234567-1234567"
#define B "114-7654321-0000001"

static const struct {
	const char *text;
	const char *ids; /* joined by blanks */
} find_rows[] = {
	{ A, A },
	{ "Order " A " is late", A },
	{ "(" A ")", A },
	{ "#" A ".", A },
	{ A " " B, A " " B },
	{ A "," A, A },
	{ "002-1234567-123456", "" },
	{ "002-1234567-12345678", "" },
	{ "1002-1234567-1234567", "" },
	{ "1-" A, "" },
	{ A "-9", "" },
	{ "X123-4567890-1234567-9", "" },
	{ "order_" A "_x", A },
	{ "Bestellung" A "ist da", A },
	{ "\xe6\xb3\xa8\xe6\x96\x87" A "\xe3\x81\xae", A },
	{ "0O2-1234567-1234567", "" },
	{ "002 1234567 1234567", "" },
	{ "", "" },
};

static void find(const char *regex, const char *text,
	struct order_candidates *candidates)
{
	struct error error;
	struct order_pattern *pattern = order_pattern_new(regex, &error);
	size_t length = strlen(text);
	char *copy = malloc(length + 1);

	ck_assert_msg(pattern != NULL, "%s", error.text);
	memcpy(copy, text, length + 1);
	*candidates = (struct order_candidates){ 0 };
	order_find(pattern, copy, length, candidates);
	free(copy);
	order_pattern_free(&pattern);
}

START_TEST(find_row)
{
	struct order_candidates candidates;
	char ids[ORDER_CANDIDATES_MAX * ORDER_ID_SIZE] = "";

	find(PATTERN, find_rows[_i].text, &candidates);
	for (size_t i = 0; i < candidates.count; i++) {
		strcat(ids, i > 0 ? " " : "");
		strcat(ids, candidates.ids[i]);
	}
	ck_assert_str_eq(ids, find_rows[_i].ids);
	ck_assert(!candidates.overflow && !candidates.undecided);
}
END_TEST

START_TEST(many_candidates)
{
	char text[1000 * 20 + 1];
	struct order_candidates candidates;

	for (int i = 0; i < 1000; i++)
		snprintf(text + 20 * i, 21, "002-1234567-%07d ", i);
	find(PATTERN, text, &candidates);
	ck_assert_uint_eq(candidates.count, ORDER_CANDIDATES_MAX);
	ck_assert(candidates.overflow);
}
END_TEST

START_TEST(match_limit)
{
	char text[4097];
	struct order_candidates candidates;

	memset(text, 'a', sizeof(text) - 2);
	strcpy(text + sizeof(text) - 2, "!");
	find("(a+)+$", text, &candidates);
	ck_assert(candidates.undecided);
	ck_assert_uint_eq(candidates.count, 0);
}
END_TEST

static const struct {
	const char *regex;
	const char *error;
} refused_rows[] = {
	{ "[0-9", "bad regular expression" },
	{ "a)(b", "bad regular expression" },
	{ "x*", "empty" },
	{ "\\C+", "bad regular expression" },
	{ "(?C1)a", "callout" },
	{ "(?R)?a", "(?R" },
	{ "(a)(?1)", "(?1" },
	{ "(*UTF)a", "(*" },
};

START_TEST(refused_row)
{
	struct error error;

	ck_assert_ptr_null(order_pattern_new(refused_rows[_i].regex, &error));
	ck_assert_msg(strstr(error.text, refused_rows[_i].error) != NULL, "%s",
		error.text);
}
END_TEST

START_TEST(refused_long)
{
	static char regex[5000];
	struct error error;

	memset(regex, 'a', sizeof(regex) - 1);
	ck_assert_ptr_null(order_pattern_new(regex, &error));
}
END_TEST

START_TEST(long_match_is_no_id)
{
	char text[100];
	struct order_candidates candidates;

	memset(text, '7', 99);
	text[99] = '\0';
	find("[0-9]{70,}", text, &candidates);
	ck_assert_uint_eq(candidates.count, 0);
}
END_TEST

START_TEST(blank_and_whole)
{
	struct error error;
	struct order_pattern *pattern = order_pattern_new(PATTERN, &error);
	char text[] = "Order " A ": x";

	order_blank(pattern, text);
	ck_assert_str_eq(text, "Order                    : x");
	ck_assert(order_is_id(pattern, A));
	ck_assert(!order_is_id(pattern, A "!"));
	ck_assert(!order_is_id(pattern, ""));
	order_pattern_free(&pattern);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *suite = suite_create("order");
	TCase *tcase = tcase_create("order");

	tcase_add_loop_test(tcase, find_row, 0, ROWS(find_rows));
	tcase_add_test(tcase, many_candidates);
	tcase_add_test(tcase, match_limit);
	tcase_add_loop_test(tcase, refused_row, 0, ROWS(refused_rows));
	tcase_add_test(tcase, refused_long);
	tcase_add_test(tcase, long_match_is_no_id);
	tcase_add_test(tcase, blank_and_whole);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
