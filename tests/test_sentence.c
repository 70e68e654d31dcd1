/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "policy/sentence.h"
#include "tests/run.h"

/* sentences: joined by "|", questions end in "#". */
static const struct {
	const char *text, *sentences;
} rows[] = {
	{ "", "" },
	{ " \n\n ", "" },
	{ "One. Two! Three?", "One.|Two!|Three?#" },
	{ "One... Two", "One...|Two" },
	{ "Really?! Yes", "Really?!#|Yes" },
	{ "It costs 4.50 now", "It costs 4.50 now" },
	{ "Ask Mr. Falk. He knows", "Ask Mr. Falk.|He knows" },
	{ "made it. please write", "made it.|please write" },
	{ "z. B. hier", "z. B. hier" },
	{ "Order no. 5 is here. Good", "Order no. 5 is here.|Good" },
	{ "in 1987. Then", "in 1987.|Then" },
	{ "He said \"now?\" Then", "He said \"now?\"#|Then" },
	{ "Hello Ann,\nWhich one?", "Hello Ann,|Which one?#" },
	/* a wrapped line goes on, also without blanks */
	{ "This line is as long as a line that was wrapped by the\nprogram. So",
		"This line is as long as a line that was wrapped by the\n"
		"program.|So" },
	{ "This line is as long as a line that was wrapped by the\n\nprogram",
		"This line is as long as a line that was wrapped by the|"
		"program" },
	/* a colon ends a sentence before a question */
	{ "One thing: left or right? Bye", "One thing:|left or right?#|Bye" },
	{ "One thing: left\nor right?", "One thing:|left|or right?#" },
	{ "The following:\n- size\n- text\nCan you?",
		"The following:\n- size\n- text|Can you?#" },
	{ "A: b: c? D: e.", "A:|b:|c?#|D: e." },
	{ "Our hours: 8 to 5. Who comes?", "Our hours: 8 to 5.|Who comes?#" },
	{ "See http://a.example/?b", "See http://a.example/?b" },
	{ "See www.a.example/?b", "See www.a.example/?b" },
	{ "Gold/silver?Thanks", "Gold/silver?#|Thanks" },
	/* lists */
	{ "Send\n- one\n- two", "Send|- one|- two" },
	{ "Please send:\n- one\n- two\nThanks",
		"Please send:\n- one\n- two|Thanks" },
	{ "Please send:\n\n1. one\n2) two", "Please send:\n\n1. one\n2) two" },
	/* Japanese and wide marks */
	{ "\u3042\u3002\u3044\uff1f\u3046\uff01\u3048",
		"\u3042\u3002|\u3044\uff1f#|\u3046\uff01|\u3048" },
	{ "\u3042\u3067\u3059\u304b\u3002", "\u3042\u3067\u3059\u304b\u3002#" },
	/* older mail */
	{ "New\n> old\n>> older\nMore", "New|More" },
	{ "New\nOn Monday Ann wrote:\n> old", "New" },
	{ "New\n\nAm Montag schrieb Ann:\n\n> old", "New" },
	{ "New\n-----Original Message-----\nold", "New" },
	{ "New\nFrom: a@b\nSent: Monday\n\nold", "New" },
	{ "From: now on it is new", "From: now on it is new" },
	{ "> all\n> is quoted", "all|is quoted" },
};

static void print(const char *text, const struct sentences *all, char *out)
{
	*out = '\0';
	for (size_t i = 0; i < all->count; i++) {
		const struct sentence *s = &all->items[i];

		out += sprintf(out, "%s%.*s%s", i ? "|" : "",
			(int)(s->end - s->start), text + s->start,
			s->question ? "#" : "");
	}
}

START_TEST(row)
{
	size_t length = strlen(rows[_i].text);
	char *text = malloc(length + 1);
	struct sentences all;
	char found[1000];

	/* exact size, so that a sanitizer sees one octet too many */
	memcpy(text, rows[_i].text, length);
	text = realloc(text, length ? length : 1);
	ck_assert_int_eq(
		sentences_split(text, length, 100, &all), SENTENCES_OK);
	print(text, &all, found);
	ck_assert_str_eq(found, rows[_i].sentences);
	sentences_fini(&all);
	free(text);
}
END_TEST

START_TEST(too_many)
{
	struct sentences all;

	ck_assert_int_eq(sentences_split("Aa. Bb. Cc. Dd.", 15, 3, &all),
		SENTENCES_TOO_MANY);
	ck_assert_uint_eq(all.count, 3);
	sentences_fini(&all);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sentence");
	TCase *tcase = tcase_create("sentence");

	tcase_add_loop_test(tcase, row, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tcase, too_many);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
