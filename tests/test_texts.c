/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts by many authors, judged with the installed policy, phrases and words.
 * The words were learned from texts/LANGUAGE.txt, and the phrases written with
 * them in view; texts/LANGUAGE-unseen.txt were kept out of both.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "policy/judge.h"
#include "tests/play.h"
#include "tests/run.h"
#include "tests/texts.h"

/* In percent of the texts of a language. */
enum {
	RIGHT_MIN = 95,
	LOST_MAX = 4,
	REFUSED_MIN = 95,
	/* Of texts unseen, of all languages together. */
	UNSEEN_RIGHT_MIN = 92,
	UNSEEN_LOST_MAX = 5,
	UNSEEN_REFUSED_MIN = 90,
};

static const char *const languages[] = { "de", "en", "es", "fr", "it", "ja",
	"nl", "pl", "pt" };

#define LANGUAGES (sizeof(languages) / sizeof(languages[0]))

struct tally {
	int critical, lost;
	int others, refused;
};

static void judge_file(
	const struct snapshot *snapshot, const char *name, struct tally *tally)
{
	const char *source = getenv("OPTOUT_SRCDIR");
	struct texts texts;
	char path[1024];

	snprintf(path, sizeof(path), "%s/tests/mail/texts/%s.txt",
		source ? source : ".", name);
	texts_load(&texts, path);
	for (size_t i = 0; i < texts.count; i++) {
		const struct text *text = &texts.items[i];
		struct judgement j;

		ck_assert_int_eq(
			judge_text(policy_judge_rules(snapshot->policy),
				snapshot->phrases, text->body,
				strlen(text->body), &j),
			JUDGE_OK);
		tally->critical += text->critical;
		tally->lost += text->critical && !j.critical;
		tally->others += !text->critical;
		tally->refused += !text->critical && !j.critical;
		judgement_fini(&j);
	}
	texts_fini(&texts);
}

static void check(const char *name, const struct tally *t, int right_min,
	int lost_max, int refused_min)
{
	int right = t->critical - t->lost + t->refused;

	printf("# %s: right %d of %d, critical refused %d of %d, "
	       "misuse refused %d of %d\n",
		name, right, t->critical + t->others, t->lost, t->critical,
		t->refused, t->others);
	ck_assert_int_gt(t->critical, 0);
	ck_assert_int_ge(100 * right, right_min * (t->critical + t->others));
	ck_assert_int_le(100 * t->lost, lost_max * t->critical);
	ck_assert_int_ge(100 * t->refused, refused_min * t->others);
}

static struct snapshot *load(struct play *play)
{
	play_init(play, "", "");
	return play_load(play);
}

START_TEST(language)
{
	struct play play;
	struct snapshot *snapshot = load(&play);
	struct tally tally = { 0 };

	judge_file(snapshot, languages[_i], &tally);
	check(languages[_i], &tally, RIGHT_MIN, LOST_MAX, REFUSED_MIN);
	snapshot_unref(&snapshot);
	play_fini(&play);
}
END_TEST

START_TEST(unseen)
{
	struct play play;
	struct snapshot *snapshot = load(&play);
	struct tally tally = { 0 };

	for (size_t i = 0; i < LANGUAGES; i++) {
		char name[40];

		snprintf(name, sizeof(name), "%s-unseen", languages[i]);
		judge_file(snapshot, name, &tally);
	}
	check("unseen", &tally, UNSEEN_RIGHT_MIN, UNSEEN_LOST_MAX,
		UNSEEN_REFUSED_MIN);
	snapshot_unref(&snapshot);
	play_fini(&play);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("texts");
	TCase *tcase = tcase_create("texts");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, language, 0, LANGUAGES);
	tcase_add_test(tcase, unseen);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
