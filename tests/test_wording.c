/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include "policy/message.h"
#include "policy/phrase_text.h"
#include "policy/wording.h"
#include "tests/run.h"

/* The words of a text, each line of which is a sentence. */
static void make_words(const char *text, struct phrase_text *words_r)
{
	struct sentences sentences;

	ck_assert_int_eq(sentences_split(text, strlen(text), 100, &sentences),
		SENTENCES_OK);
	ck_assert_int_eq(
		phrase_text_init(words_r, text, &sentences, true, false), 0);
	sentences_fini(&sentences);
}

static const struct {
	const char *text, *entries;
} rows[] = {
	{ "", "" },
	{ "Which name?", "which|name|which name|" },
	{ "Engraving, embroidery!", "engrav|embroi|engrav embroi|" },
	{ "One. Two", "one|two|" },
	{ "\u00c9crivez-nous", "ecrive|nous|ecrive nous|" },
	/* numbers of orders say nothing; others are all alike */
	{ "order 113-2837465-1928374 now", "order|now|order now|" },
	{ "5 x 12", "0|x|0 x|00|x 00|" },
	{ "20%", "00|%|00 %|" },
	/* without blanks */
	{ "\u540d\u524d\u3092", "\u540d|\u540d\u524d|\u540d\u524d\u3092|"
				"\u524d|\u524d\u3092|\u3092|" },
};

static void note(void *context, const char *entry)
{
	char *found = context;

	ck_assert_uint_lt(strlen(entry), WORDING_ENTRY_MAX);
	strcat(found, entry);
	strcat(found, "|");
}

START_TEST(entries)
{
	struct phrase_text words;
	char found[1000] = "";

	make_words(rows[_i].text, &words);
	wording_each(&words.spaced, note, found);
	ck_assert_str_eq(found, rows[_i].entries);
	phrase_text_fini(&words);
}
END_TEST

static struct wording *make_wording(void)
{
	struct wording *wording = wording_new();

	ck_assert_ptr_nonnull(wording);
	ck_assert_int_eq(wording_add(wording, "", 10, 0), 0);
	ck_assert_int_eq(wording_add(wording, "which", 200, 300), 0);
	ck_assert_int_eq(wording_add(wording, "sale", -400, 400), 0);
	ck_assert_int_eq(wording_add(wording, "the", 0, 100), 0);
	ck_assert_int_eq(wording_add(wording, "the", 5, 5), 1);
	return wording;
}

static double weigh(
	const char *text, const struct wording *w, struct wording_result *r)
{
	struct phrase_text words;

	make_words(text, &words);
	ck_assert_int_eq(wording_weigh(w, &words.spaced, r), 0);
	phrase_text_fini(&words);
	return r->balance;
}

START_TEST(balance)
{
	struct wording *w = make_wording();
	struct wording_result r;

	ck_assert_double_eq_tol(weigh("Which?", w, &r), 0.1 + 2, 1e-9);
	ck_assert_uint_eq(r.count, 1);
	ck_assert_str_eq(r.parts[0].entry, "which");
	/* (3 * 2 - 4 * 4) / sqrt(9 + 16) */
	ck_assert_double_eq_tol(weigh("Which sale?", w, &r), 0.1 - 2, 1e-9);
	ck_assert_uint_eq(r.count, 2);
	ck_assert_str_eq(r.parts[0].entry, "sale");
	ck_assert_str_eq(r.parts[1].entry, "which");
	ck_assert(r.parts[1].points > 0);
	/* what says nothing makes the rest say less */
	ck_assert_double_lt(weigh("Which of the?", w, &r), 2.1);
	/* said often is not said much louder: against a thing said once */
	ck_assert_double_gt(weigh("Which, which, which sale?", w, &r), -1.9);
	ck_assert_double_lt(weigh("Which, which, which sale?", w, &r), 1);
	/* no known word: nothing to say, not even the bias */
	ck_assert_double_eq(weigh("Xyzzy", w, &r), 0);
	ck_assert_double_eq(weigh("", w, &r), 0);
	ck_assert_uint_eq(r.count, 0);
	wording_free(&w);
	ck_assert_ptr_null(w);
	wording_free(&w);
}
END_TEST

/* Only the weightiest are kept, in their order. */
START_TEST(parts)
{
	static const char text[] = "aa bb cc dd ee ff gg hh";
	struct wording *w = wording_new();
	struct wording_result r;

	for (int i = 0; i < 8; i++) {
		char word[] = { (char)('a' + i), (char)('a' + i), '\0' };

		ck_assert_int_eq(
			wording_add(w, word, i % 2 ? 10 * i : -10 * i, 100), 0);
	}
	weigh(text, w, &r);
	ck_assert_uint_eq(r.count, WORDING_PARTS);
	for (int i = 0; i < WORDING_PARTS; i++)
		ck_assert_int_eq(r.parts[i].entry[0], 'h' - i);
	wording_free(&w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wording");
	TCase *tcase = tcase_create("wording");

	message_init();
	tcase_add_loop_test(tcase, entries, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tcase, balance);
	tcase_add_test(tcase, parts);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
