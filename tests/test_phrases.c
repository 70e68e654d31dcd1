/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include "policy/message.h"
#include "policy/phrase_text.h"
#include "policy/phrases.h"
#include "tests/packs.h"
#include "tests/run.h"

static void find(const struct pack *pack, const char *text,
	struct findings *findings_r, struct phrase_text *phrase_text_r)
{
	struct sentences sentences;

	*findings_r = (struct findings){ 0 };
	ck_assert_int_eq(
		sentences_split(text, strlen(text), 100, &sentences), 0);
	ck_assert_int_eq(
		phrase_text_init(phrase_text_r, text, &sentences, true, true),
		0);
	sentences_fini(&sentences);
	ck_assert_int_eq(
		pack_find_words(pack, phrase_text_r, findings_r), FIND_OK);
	ck_assert_int_eq(
		pack_find_patterns(pack, phrase_text_r, findings_r), FIND_OK);
}

/* One phrase in one text. */
static const struct {
	const char *phrase, *text;
	int count;
	bool regex, unspaced;
} rows[] = {
	{ "let us know", "Please let us know.", 1, false, false },
	{ "let us know", "Let  us, KNOW", 1, false, false },
	{ "let us know", "let us knows", 0, false, false },
	{ "let us know", "outlet us know", 0, false, false },
	{ "let us know", "Let us. Know", 0, false, false },
	{ "know", "know", 1, false, false },
	{ "know", "know, know", 2, false, false },
	{ "engrav*", "Engraved; engraving", 2, false, false },
	{ "engrav*", "reengraved", 0, false, false },
	{ "*nummer", "Hausnummer Nummer", 2, false, false },
	{ "*nummer", "nummern", 0, false, false },
	{ "*ship*", "worldshipping", 1, false, false },
	{ "can't", "We can\u2019t", 1, false, false },
	/* accents, wide letters, look-alikes */
	{ "numero", "N\u00famero", 1, false, false },
	{ "n\u00famero", "numero", 1, false, false },
	{ "stra\u00dfe", "STRASSE", 1, false, false },
	{ "\u0142odz", "lod\u017a", 1, false, false },
	{ "review", "\uff32\uff25view", 1, false, false },
	{ "review", "r\u0435v\u0456ew", 1, false, false },
	{ "review", "re\u200bview", 1, false, false },
	/* signs */
	{ "% off", "20% off", 1, false, false },
	{ "% off", "it is off", 0, false, false },
	{ "20 %", "20%", 1, false, false },
	/* gaps */
	{ "leave ... review", "leave us a good review", 1, false, false },
	{ "leave ... review", "leave review", 1, false, false },
	{ "leave ... review", "leave a b c d review", 1, false, false },
	{ "leave ... review", "leave a b c d e f review", 0, false, false },
	{ "leave ... review", "review leave", 0, false, false },
	{ "leave ... review", "Leave it. Review it", 0, false, false },
	{ "a ... b ... c", "a x b y c", 1, false, false },
	{ "engrav* ... on", "engraved for you on it", 1, false, false },
	/* a star ends a piece: words may stand between, and need not */
	{ "engrav* name", "engraved name", 1, false, false },
	{ "engrav* name", "engraved with the name", 1, false, false },
	{ "your *nummer", "your Hausnummer", 1, false, false },
	/* without blanks */
	{ "\u3054\u4f4f\u6240",
		"\u304a\u5ba2\u69d8\u306e\u3054\u4f4f\u6240\u3092", 1, false,
		true },
	{ "\u304c", "\u304b", 0, false, true },
	{ "\u30ac", "\uff76\uff9e", 1, false, true },
	{ "\u3054\u4f4f\u6240", "\u3054\n\u4f4f\u6240", 0, false, true },
	{ "\u4f4f ... \u3092", "\u4f4f\u3042\u3042\u3042\u3092", 1, false,
		true },
	/* regular expressions */
	{ "[0-9]+ ?%", "Now 20 % off, 5% more", 2, true, false },
	{ "^which\\b", "Which? Which!", 2, true, false },
	{ "one.*two", "One. Two", 0, true, false },
	{ "\u00fcber", "UBER", 1, true, false },
	{ "one\\s+two", "One\n\ntwo", 0, true, false },
};

START_TEST(row)
{
	struct phrase_spec spec = { rows[_i].phrase, KIND_ASK, 2,
		rows[_i].regex };
	struct pack *pack = make_pack("xx", rows[_i].unspaced, &spec, 1);
	struct phrase_text text;
	struct findings findings;

	message_init();
	find(pack, rows[_i].text, &findings, &text);
	ck_assert_msg((int)findings.count == rows[_i].count,
		"\"%s\" is %zu times in \"%s\"", rows[_i].phrase,
		findings.count, rows[_i].text);
	free(findings.items);
	phrase_text_fini(&text);
	pack_free(&pack);
}
END_TEST

/* Many phrases with common beginnings and endings, all found, with places. */
START_TEST(many)
{
	const struct phrase_spec specs[] = {
		{ "your", KIND_ASK, 1, false },
		{ "your name", KIND_CUSTOMIZATION, 1, false },
		{ "name", KIND_CUSTOMIZATION, 2, false },
		{ "name", KIND_SHIPPING_ADDRESS, 2, false },
		{ "nam*", KIND_CHOICE, 2, false },
		{ "not there", KIND_CHOICE, 2, false },
	};
	struct pack *pack = make_pack("xx", false, specs, 6);
	struct phrase_text text;
	struct findings findings;

	find(pack, "So. Tell your name", &findings, &text);
	ck_assert_uint_eq(findings.count, 5);
	for (size_t i = 0; i < findings.count; i++) {
		const struct finding *f = &findings.items[i];
		const char *start = text.folded.data + f->start;

		ck_assert_uint_eq(f->sentence, 1);
		ck_assert(strncmp(start, "your", 4) == 0 ||
			  strncmp(start, "name", 4) == 0 ||
			  strncmp(start, "nam", 3) == 0);
		ck_assert_uint_le(f->end, text.folded.length);
	}
	free(findings.items);
	phrase_text_fini(&text);
	pack_free(&pack);
}
END_TEST

static const struct {
	const char *phrase, *what;
	bool regex;
} bad[] = {
	{ "", "holds no word", false },
	{ "...", "holds no word", false },
	{ "*", "holds no word", false },
	{ "?!", "holds no word", false },
	{ "a ... b ... c ... d ... e ... f ... g ... h ... i", "too many",
		false },
	{ "(", "bad regular expression", true },
	{ "a*", "matches the empty text", true },
};

START_TEST(bad_row)
{
	struct phrase_spec phrases[] = { { "good", KIND_ASK, 2, false },
		{ bad[_i].phrase, KIND_ASK, 2, bad[_i].regex } };
	struct pack_spec spec = { "xx", false, phrases, 2 };
	struct error error;
	size_t index;

	ck_assert_ptr_null(pack_new(&spec, &index, &error));
	ck_assert_uint_eq(index, 1);
	ck_assert_msg(
		strstr(error.text, bad[_i].what) != NULL, "%s", error.text);
}
END_TEST

/* A pattern that takes too long is told, and does not take for ever. */
START_TEST(limit)
{
	struct phrase_spec spec = { "(?:x+x+)+(?=[yz]).", KIND_ASK, 2, true };
	struct pack *pack = make_pack("xx", false, &spec, 1);
	struct findings findings = { 0 };
	struct phrase_text text;
	struct sentences sentences;
	char body[200];

	memset(body, 'x', sizeof(body));
	sentences_split(body, sizeof(body), 10, &sentences);
	ck_assert_int_eq(
		phrase_text_init(&text, body, &sentences, true, false), 0);
	ck_assert_int_eq(
		pack_find_patterns(pack, &text, &findings), FIND_TOO_COMPLEX);
	sentences_fini(&sentences);
	phrase_text_fini(&text);
	free(findings.items);
	pack_free(&pack);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("phrases");
	TCase *tcase = tcase_create("phrases");

	tcase_add_loop_test(tcase, row, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tcase, many);
	tcase_add_loop_test(tcase, bad_row, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tcase, limit);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
