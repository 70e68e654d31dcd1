/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include "policy/judge.h"
#include "policy/message.h"
#include "tests/packs.h"
#include "tests/run.h"

static const struct phrase_spec english[] = {
	{ "the", KIND_COMMON, 1, false },
	{ "you", KIND_COMMON, 1, false },
	{ "please tell", KIND_ASK, 2, false },
	{ "we need", KIND_ASK, 2, false },
	{ "please", KIND_ASK, 1, false },
	{ "which", KIND_CHOICE, 2, false },
	{ "or", KIND_CHOICE, 2, false },
	{ "how", KIND_CHOICE, 1, false },
	{ "before we can", KIND_WAITING, 2, false },
	{ "did you know", KIND_RHETORICAL, 2, false },
	{ "if so", KIND_CONDITION, 2, false },
	{ "engrav*", KIND_CUSTOMIZATION, 2, false },
	{ "name", KIND_CUSTOMIZATION, 1, false },
	{ "appointment", KIND_DELIVERY_SCHEDULING, 2, false },
	{ "address", KIND_SHIPPING_ADDRESS, 2, false },
	{ "review", KIND_FEEDBACK_REQUEST, 2, false },
	{ "buy", KIND_PURCHASE, 2, false },
	{ "would you accept", KIND_CONSENT, 2, false },
	{ "shipped", KIND_CONFIRMATION, 2, false },
	{ "tip", KIND_PROACTIVE_SERVICE, 2, false },
	{ "late", KIND_STOCK_DELAY, 2, false },
	{ "sale", KIND_MARKETING, 2, false },
	{ "if you have any", KIND_OFFER, 2, false },
	{ "thank you", KIND_COURTESY, 2, false },
	{ "review the proof", KIND_NEUTRAL, 2, false },
	{ "how are you", KIND_IGNORED, 2, false },
};

static const struct phrase_spec spanish[] = {
	{ "el", KIND_COMMON, 1, false },
	{ "la", KIND_COMMON, 1, false },
	{ "indiquenos", KIND_ASK, 2, false },
	{ "calle", KIND_SHIPPING_ADDRESS, 2, false },
	{ "resena", KIND_FEEDBACK_REQUEST, 2, false },
};

static const struct phrase_spec japanese[] = {
	{ "です", KIND_COMMON, 1, false },
	{ "お知らせください", KIND_ASK, 2, false },
	{ "部屋番号", KIND_SHIPPING_ADDRESS, 2, false },
};

static struct phrasebook *book;
static struct judge_rules rules = {
	.threshold = 3,
	.object = 6,
	.choice = 5,
	.request = 2,
	.waiting = 2,
	.against = 6,
	.statement = 1,
	.statements = 3,
	.wording = 4,
};

#define COUNT(phrases) sizeof(phrases) / sizeof(phrases[0])

static void set_up(void)
{
	message_init();
	book = phrasebook_new();
	ck_assert_ptr_nonnull(book);
	phrasebook_add(book, make_pack("en", false, english, COUNT(english)));
	phrasebook_add(book, make_pack("es", false, spanish, COUNT(spanish)));
	phrasebook_add(book, make_pack("ja", true, japanese, COUNT(japanese)));
	memset(rules.critical, 0, sizeof(rules.critical));
	rules.critical[CATEGORY_CUSTOMIZATION] = true;
	rules.critical[CATEGORY_DELIVERY_SCHEDULING] = true;
	rules.critical[CATEGORY_SHIPPING_ADDRESS] = true;
}

static void tear_down(void)
{
	phrasebook_free(&book);
}

static const struct {
	const char *text;
	bool critical;
	enum category category;
} rows[] = {
	{ "", false, CATEGORY_OTHER },
	{ "Thank you.", false, CATEGORY_OTHER },
	/* a request about a critical object */
	{ "Please tell us what to engrave.", true, CATEGORY_CUSTOMIZATION },
	{ "Is the address right?", true, CATEGORY_SHIPPING_ADDRESS },
	{ "We need an appointment.", true, CATEGORY_DELIVERY_SCHEDULING },
	{ "We engraved it.", false, CATEGORY_OTHER },
	{ "We cannot engrave it before we can read it.", true,
		CATEGORY_CUSTOMIZATION },
	/* statements beside it */
	{ "It is late. It was shipped. What a sale. Please tell us what to "
	  "engrave.",
		true, CATEGORY_CUSTOMIZATION },
	/* an open question needs no word for its object */
	{ "Which hinge side?", true, CATEGORY_CUSTOMIZATION },
	{ "Left or right?", true, CATEGORY_CUSTOMIZATION },
	{ "The oak is late. Left or right?", true, CATEGORY_CUSTOMIZATION },
	{ "Left or right.", false, CATEGORY_OTHER },
	/* a request of unknown object */
	{ "Please tell us.", false, CATEGORY_OTHER },
	{ "Please tell us, before we can start.", true, CATEGORY_OTHER },
	{ "How is it?", false, CATEGORY_OTHER },
	/* the object in the sentence beside it, and not in any other */
	{ "You want it engraved. Please tell us.", true,
		CATEGORY_CUSTOMIZATION },
	{ "You want it engraved. It is late. Please tell us.", false,
		CATEGORY_STOCK_DELAY },
	{ "The engraved cup was shipped. Please tell us.", false,
		CATEGORY_CONFIRMATION },
	{ "The sale ate what we engrave. Please tell us.", true,
		CATEGORY_CUSTOMIZATION },
	{ "There is no name. Please tell us.", true, CATEGORY_CUSTOMIZATION },
	{ "There is no name. Please.", false, CATEGORY_OTHER },
	/* what is never critical */
	{ "Please tell us in a review.", false, CATEGORY_FEEDBACK_REQUEST },
	{ "Please review how we engraved it.", false,
		CATEGORY_FEEDBACK_REQUEST },
	{ "Would you accept another?", false, CATEGORY_ALTERNATE_PRODUCT },
	{ "Would you accept a red one or a blue one?", false,
		CATEGORY_ALTERNATE_PRODUCT },
	{ "Will you buy one?", false, CATEGORY_MARKETING },
	{ "It was shipped.", false, CATEGORY_CONFIRMATION },
	{ "A tip.", false, CATEGORY_PROACTIVE_SERVICE },
	{ "A tip or two?", false, CATEGORY_PROACTIVE_SERVICE },
	/* beside a strong request it is only noted */
	{ "Please tell us what to engrave. Please review us.", true,
		CATEGORY_CUSTOMIZATION },
	{ "Left or right? Please review us.", false,
		CATEGORY_FEEDBACK_REQUEST },
	{ "Which name? Is the address right? If so, please review us.", false,
		CATEGORY_FEEDBACK_REQUEST },
	{ "Your review helps, in one thing: left or right?", true,
		CATEGORY_CUSTOMIZATION },
	{ "Please tell us what to engrave: all right?", true,
		CATEGORY_CUSTOMIZATION },
	{ "Is the address right? If so, please review us: will you?", false,
		CATEGORY_FEEDBACK_REQUEST },
	/* questions that want no answer */
	{ "Did you know that we engrave?", false, CATEGORY_OTHER },
	{ "Did you know? Left or right?", true, CATEGORY_CUSTOMIZATION },
	{ "Is it engraved? A tip is in the box.", false,
		CATEGORY_PROACTIVE_SERVICE },
	{ "Which one? It is late.", false, CATEGORY_STOCK_DELAY },
	{ "Which one? It is late, and before we can go on you wait.", true,
		CATEGORY_CUSTOMIZATION },
	{ "Is it engraved? A sale.", false, CATEGORY_MARKETING },
	{ "Is it engraved? Thank you for the review.", true,
		CATEGORY_CUSTOMIZATION },
	{ "The sale ended. Is it engraved?", true, CATEGORY_CUSTOMIZATION },
	{ "What is late? The engraved cup.", false, CATEGORY_STOCK_DELAY },
	/* offers are no requests, but end one */
	{ "If you have any question on the engraving, please tell us.", false,
		CATEGORY_PROACTIVE_SERVICE },
	{ "Please tell us what to engrave, or if you have any question.", true,
		CATEGORY_CUSTOMIZATION },
	/* a hint of an object is no less than none */
	{ "It is late. It was shipped. Which name?", true,
		CATEGORY_CUSTOMIZATION },
	{ "We review before we can engrave.", false,
		CATEGORY_FEEDBACK_REQUEST },
	/* masks */
	{ "Please review the proof: left or right?", true,
		CATEGORY_CUSTOMIZATION },
	{ "How are you?", false, CATEGORY_OTHER },
	/* quoted */
	{ "Nice cup.\n> Please tell us what to engrave.", false,
		CATEGORY_OTHER },
	/* languages */
	{ "Por favor indíquenos la calle y el piso.", true,
		CATEGORY_SHIPPING_ADDRESS },
	{ "¿Qué tal el lugar y la reseña?", false, CATEGORY_FEEDBACK_REQUEST },
	{ "部屋番号をお知らせください。", true, CATEGORY_SHIPPING_ADDRESS },
	{ "部屋番号は五です。", false, CATEGORY_OTHER },
	/* an English word that is one of the other language, too */
	{ "El sol sale, la luna, el mar.", false, CATEGORY_OTHER },
};

START_TEST(row)
{
	struct judgement j;

	ck_assert_int_eq(judge_text(&rules, book, rows[_i].text,
				 strlen(rows[_i].text), &j),
		JUDGE_OK);
	ck_assert_msg(j.critical == rows[_i].critical &&
			      j.category == rows[_i].category,
		"\"%s\": %d, %s, score %d", rows[_i].text, j.critical,
		category_name(j.category), j.score);
	judgement_fini(&j);
}
END_TEST

/* The phrases that decided, and where. */
START_TEST(evidence)
{
	static const char text[] =
		"It is late. Please tell us what to engrave. Please review us.";
	struct judgement j;
	size_t decided = 0;

	ck_assert_int_eq(judge_text(&rules, book, text, strlen(text), &j), 0);
	ck_assert(j.critical && j.mixed);
	ck_assert_str_eq(j.language, "en");
	ck_assert_uint_eq(j.sentence_count, 3);
	ck_assert_int_eq(j.sentences[0].role, SENTENCE_STATEMENT);
	ck_assert_int_eq(j.sentences[1].role, SENTENCE_OBJECT);
	ck_assert_int_eq(j.sentences[2].role, SENTENCE_AGAINST);
	ck_assert_int_eq(j.score, 5);
	ck_assert_uint_eq(j.sentences[1].start, 12);
	for (size_t i = 0; i < j.phrase_count; i++)
		if (j.phrases[i].decided && j.phrases[i].sentence == 1)
			decided++;
	ck_assert_uint_eq(decided, 3);
	judgement_fini(&j);
}
END_TEST

/* What all words speak for is added, up to a limit. */
START_TEST(wording)
{
	static const char text[] = "Which hinge side?";
	static const struct {
		int weight, limit, score;
		bool critical;
	} cases[] = {
		{ 100, 4, 5 + 3, true },
		{ 900, 4, 5 + 4, true },
		{ -900, 4, 5 - 4, false },
		{ -900, 0, 5, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct wording *w = wording_new();
		struct judgement j;

		wording_add(w, "hinge", cases[i].weight, 100);
		phrasebook_set_wording(book, w);
		rules.wording = cases[i].limit;
		judge_text(&rules, book, text, strlen(text), &j);
		ck_assert_int_eq(j.score, cases[i].score);
		ck_assert_int_eq(j.wording, cases[i].score - 5);
		ck_assert(j.critical == cases[i].critical);
		judgement_fini(&j);
	}
	rules.wording = 4;
}
END_TEST

static const struct {
	const char *text;
	int weight; /* of each word that is known */
	bool critical;
} bounded[] = {
	/* words alone ask for nothing, */
	{ "Some hinge.", 900, false },
	{ "It was engraved and shipped.", 900, false },
	/* but may tell that a sentence asks */
	{ "Only which text is engraved, then it leaves.", 900, true },
	{ "Only which text is engraved, then it leaves.", 120, false },
	{ "Which text is engraved, then it leaves. Please review us.", 900,
		false },
	{ "Which text is engraved. It was shipped.", 900, false },
	{ "The text is engraved, then it leaves.", 900, false },
	/* nor do they refuse a plain question: something else must */
	{ "Which text is to be engraved?", -900, true },
	{ "Which text is to be engraved? It is late.", -900, false },
	{ "Which text is to be engraved? Please review us.", -900, false },
	{ "Did you know? Which text is to be engraved?", -900, false },
	{ "Which hinge side?", -900, false },
};

START_TEST(wording_is_bounded)
{
	struct wording *w = wording_new();
	struct judgement j;

	wording_add(w, "engrav", bounded[_i].weight, 100);
	wording_add(w, "hinge", bounded[_i].weight, 100);
	phrasebook_set_wording(book, w);
	judge_text(
		&rules, book, bounded[_i].text, strlen(bounded[_i].text), &j);
	ck_assert_msg(j.critical == bounded[_i].critical, "\"%s\": score %d",
		bounded[_i].text, j.score);
	judgement_fini(&j);
}
END_TEST

/* A threshold above what a request can have is not got round. */
START_TEST(high_threshold)
{
	static const char text[] = "Please tell us what to engrave.";
	struct judgement j;

	rules.threshold = rules.object + 3;
	judge_text(&rules, book, text, strlen(text), &j);
	ck_assert(!j.critical);
	ck_assert_int_eq(j.score, rules.object);
	rules.threshold = 3;
	judgement_fini(&j);
}
END_TEST

/* The words were learned for some categories. */
START_TEST(wording_is_of_its_categories)
{
	struct wording *w = wording_new();
	struct judgement j;

	wording_add(w, "late", -900, 100);
	phrasebook_set_wording(book, w);
	rules.critical[CATEGORY_STOCK_DELAY] = true;
	judge_text(&rules, book, "It is late.", 11, &j);
	ck_assert(j.critical);
	ck_assert_int_eq(j.wording, 0);
	judgement_fini(&j);
}
END_TEST

/* Where delays are critical, a statement is enough; other rules stay. */
START_TEST(categories)
{
	struct judgement j;

	rules.critical[CATEGORY_STOCK_DELAY] = true;
	rules.critical[CATEGORY_CUSTOMIZATION] = false;
	judge_text(&rules, book, "It is late.", 11, &j);
	ck_assert(j.critical && j.category == CATEGORY_STOCK_DELAY);
	judgement_fini(&j);
	judge_text(&rules, book, "Please tell us what to engrave.", 31, &j);
	ck_assert(!j.critical);
	ck_assert_int_eq(j.category, CATEGORY_CUSTOMIZATION);
	judgement_fini(&j);
}
END_TEST

START_TEST(limits)
{
	char *text = malloc(JUDGE_TEXT_MAX + 1);
	struct judgement j;

	memset(text, 'a', JUDGE_TEXT_MAX + 1);
	ck_assert_int_eq(judge_text(&rules, book, text, JUDGE_TEXT_MAX + 1, &j),
		JUDGE_TOO_COMPLEX);
	judgement_fini(&j);
	ck_assert_int_eq(
		judge_text(&rules, book, text, JUDGE_TEXT_MAX, &j), JUDGE_OK);
	judgement_fini(&j);
	for (size_t i = 0; i < JUDGE_TEXT_MAX; i += 2)
		text[i] = '!';
	ck_assert_int_eq(judge_text(&rules, book, text, JUDGE_TEXT_MAX, &j),
		JUDGE_TOO_COMPLEX);
	judgement_fini(&j);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("judge");
	TCase *tcase = tcase_create("judge");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, row, 0, COUNT(rows));
	tcase_add_test(tcase, evidence);
	tcase_add_test(tcase, wording);
	tcase_add_loop_test(tcase, wording_is_bounded, 0, COUNT(bounded));
	tcase_add_test(tcase, high_threshold);
	tcase_add_test(tcase, wording_is_of_its_categories);
	tcase_add_test(tcase, categories);
	tcase_add_test(tcase, limits);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
