/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/quote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "policy/quote_words.h"
#include "policy/siphash.h"
#include "tests/run.h"

static const unsigned char key[16] = "0123456789abcde";

static int share(const char *original, const char *reply)
{
	struct quote quote;

	ck_assert_int_eq(quote_make(key, original, &quote), 0);
	ck_assert(quote_is_sound(&quote));
	return quote_share(key, &quote, reply, true);
}

/* The vectors of the function's authors. */
START_TEST(siphash_vectors)
{
	unsigned char k[16], text[64];

	for (unsigned char i = 0; i < 16; i++)
		k[i] = i;
	for (unsigned char i = 0; i < 64; i++)
		text[i] = i;
	ck_assert(siphash(k, text, 0) == UINT64_C(0x726fdb47dd0e0e31));
	ck_assert(siphash(k, text, 1) == UINT64_C(0x74f839c593dc67fd));
	ck_assert(siphash(k, text, 15) == UINT64_C(0xa129ca6149be45e5));
}
END_TEST

#define NOTE "The blue vase came without its lid, can you send the lid alone?"
#define LETTER                                                                 \
	"Hello,\n"                                                             \
	"the parcel arrived on Monday and the outer box was wet on one "       \
	"side.\n"                                                              \
	"Two of the nine tiles have stains that do not wash off with water.\n" \
	"Please tell me whether bleach would harm the glaze or not.\n"         \
	"Otherwise I would ask for two new tiles of the same batch.\n"         \
	"Best wishes\n"                                                        \
	"Ada Byron\n"
#define CJK                                                                                                      \
	"ご注文の花瓶が届きましたが、蓋が入っていませんでした。蓋だけ送ってい" \
	"ただけますか。"

static const struct {
	const char *original, *reply;
	int least, most;
} rows[] = {
	{ NOTE, NOTE, 100, 100 },
	{ NOTE, "> " NOTE, 100, 100 },
	{ NOTE, "Yes.\n\nAnn wrote:\n>> " NOTE "\n\n-- \nShop", 100, 100 },
	{ NOTE,
		"AB> The blue vase came without\nAB> its lid, can you\n"
		"AB> send the lid alone?",
		100, 100 },
	{ NOTE,
		"| The blue vase came without its\n| lid,\n| can you send the "
		"lid alone",
		100, 100 },
	{ NOTE, "the BLUE vase came without its lid can you send the lid alone",
		100, 100 },
	{ NOTE, "The blue vase came", 0, 30 },
	{ NOTE, "", 0, 0 },
	{ NOTE,
		"The red vase came without its lid, can you send the lid "
		"alone?",
		0, 89 },
	{ NOTE,
		"The blue vase came without its lid, can you send the lid "
		"again?",
		0, 89 },
	{ NOTE, "A blue vase came without its lid, can you send the lid alone?",
		0, 89 },
	{ NOTE,
		"The blue vase came without its lid, can you not send the lid "
		"alone?",
		0, 89 },
	{ NOTE,
		"can you send the lid alone? The blue vase came without its "
		"lid,",
		0, 89 },
	{ LETTER, LETTER, 100, 100 },
	/* answers between the lines */
	{ LETTER,
		"> Hello,\n"
		"> the parcel arrived on Monday and the outer box was wet on\n"
		"> one side.\nSorry for that!\n"
		"> Two of the nine tiles have stains that do not wash off "
		"with\n"
		"> water.\nOh.\n"
		"> Please tell me whether bleach would harm the glaze or not.\n"
		"It would.\n"
		"> Otherwise I would ask for two new tiles of the same batch.\n"
		"Done.\n> Best wishes\n> Ada Byron\n",
		100, 100 },
	/* a line, the greeting and the signature are lost */
	{ LETTER,
		"the parcel arrived on Monday and the outer box was wet on one "
		"side.\n"
		"Please tell me whether bleach would harm the glaze or not.\n"
		"Otherwise I would ask for two new tiles of the same batch.\n",
		90, 100 },
	/* a line is replaced */
	{ LETTER,
		"Hello,\n"
		"the parcel arrived on Monday and the outer box was wet on one "
		"side.\n"
		"All of the tiles are lovely and I will buy many more of "
		"them.\n"
		"Please tell me whether bleach would harm the glaze or not.\n"
		"Otherwise I would ask for two new tiles of the same batch.\n"
		"Best wishes\nAda Byron\n",
		0, 89 },
	/* half of it */
	{ LETTER,
		"Hello,\n"
		"the parcel arrived on Monday and the outer box was wet on one "
		"side.\n"
		"Two of the nine tiles have stains that do not wash off with "
		"water.\n",
		0, 89 },
	{ CJK, "> " CJK, 100, 100 },
	{ CJK,
		"> ご注文の花瓶が届きましたが、蓋が入\n> っていませんでし\n>\n"
		"> た。蓋だけ送っていただけますか。",
		100, 100 },
	{ CJK,
		"ご注文の花瓶が届きましたが、皿が割れていました。皿だけ送ってい"
		"ただけますか。",
		0, 89 },
	/* full width, other forms of the same letters */
	{ "Caf\xc3\xa9 No 12 please, two of them for the kitchen",
		"\xef\xbc\xa3\xef\xbd\x81\xef\xbd\x86\x65\xcc\x81 no "
		"\xef\xbc\x91"
		"\xef\xbc\x92 please, two of them for the kitchen",
		100, 100 },
	/* few words: all of them, on lines of their own */
	{ "ok", "Fine.\n\n> ok\n", 100, 100 },
	{ "ok", "Fine.\nOK!\n", 100, 100 },
	{ "ok", "It is ok to buy more.", 0, 0 },
	{ "ok", "okay", 0, 0 },
	{ "where is it", "> Where is it?\n\nOn its way.", 100, 100 },
	{ "where is it", "> Where is\n> it?\n", 100, 100 },
	{ "where is it", "tell me where is it\n", 0, 0 },
	{ "where is it", "> where is\n", 0, 0 },
	{ "where is it\nAnn", "> where is it\n", 100, 100 },
	{ "where is it\nAnn", "> Ann\n", 0, 0 },
	{ "はい", "> はい\n", 100, 100 },
	{ "はい", "はいけい\n", 0, 0 },
	/* no words: nothing can be missing */
	{ "", "whatever", 100, 100 },
	{ "?!\n...\n", "whatever", 100, 100 },
	/* what the buyer quotes, and a signature, are not the buyer's words */
	{ "Yes, the large one in green with the short handle please.\n"
	  "> Which one shall we send to you?\n-- \nAnn\nof Somewhere\n",
		"> Yes, the large one in green with the short handle please.",
		100, 100 },
	{ "> nothing but a quote is in this one, and it counts",
		"> nothing but a quote is in this one, and it counts", 100,
		100 },
	{ "\xff\xfe broken octets \x80 are no reason to fail, are they not",
		"broken octets are no reason to fail, are they not", 100, 100 },
};

START_TEST(row)
{
	int found = share(rows[_i].original, rows[_i].reply);

	ck_assert_msg(found >= rows[_i].least && found <= rows[_i].most,
		"%d: %d, not %d .. %d", _i, found, rows[_i].least,
		rows[_i].most);
}
END_TEST

/* A text of count words that does not repeat itself. */
static char *long_text(unsigned count, unsigned seed, unsigned per_line)
{
	char *text = malloc(16 * (size_t)count + 1), *at = text;

	for (unsigned i = 0; i < count; i++)
		at += sprintf(at, "w%x%s", (i * 2654435761u) ^ (seed << 7),
			(i + 1) % per_line ? " " : "\n");
	*at = '\0';
	return text;
}

/* Long texts are thinned out, and still told from others. */
START_TEST(thinning)
{
	static const unsigned counts[] = { 290, 291, 1000, 20000, 100000 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		char *text = long_text(counts[i], 1, 12);
		char *other = long_text(counts[i], 2, 12);
		char *wrapped = long_text(counts[i], 1, 7);
		struct quote quote;

		ck_assert_int_eq(quote_make(key, text, &quote), 0);
		ck_assert(quote_is_sound(&quote));
		ck_assert_uint_ge(quote.count, QUOTE_HASHES_MAX / 4);
		ck_assert_int_eq(quote.thinning > 0, counts[i] > 290);
		ck_assert_int_eq(share(text, wrapped), 100);
		ck_assert_int_le(share(text, other), 5);
		text[strlen(text) / 2] = '\0';
		ck_assert_int_le(quote_share(key, &quote, text, true), 65);
		free(text);
		free(other);
		free(wrapped);
	}
}
END_TEST

/* One word over and over: no thinning can part it. */
START_TEST(repeated)
{
	char *text = malloc(10001), *few;

	for (int i = 0; i < 2000; i++)
		memcpy(text + 5 * (size_t)i, "same ", 6);
	few = strdup("same same same");
	ck_assert_int_eq(share(text, text), 100);
	ck_assert_int_le(share(text, few), 5);
	free(text);
	free(few);
}
END_TEST

/* With share 100 nothing is forgiven; another key finds nothing. */
START_TEST(strict)
{
	static const unsigned char other[16] = "another key....";
	struct quote quote;
	const char *cut = strchr(LETTER, '\n') + 1;

	ck_assert_int_eq(quote_make(key, LETTER, &quote), 0);
	ck_assert_int_eq(quote_share(key, &quote, cut, true), 100);
	ck_assert_int_lt(quote_share(key, &quote, cut, false), 100);
	ck_assert_int_eq(quote_share(other, &quote, LETTER, true), 0);
}
END_TEST

/* A reply that is all hits must not take long: the table is bounded. */
START_TEST(hostile)
{
	size_t length = strlen(LETTER);
	char *text = malloc(2000 * length + 1);

	for (size_t i = 0; i < 2000; i++)
		memcpy(text + i * length, LETTER, length + 1);
	ck_assert_int_eq(share(LETTER, text), 100);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("quote");
	TCase *tcase = tcase_create("quote");

	tcase_add_test(tcase, siphash_vectors);
	tcase_add_loop_test(tcase, row, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tcase, thinning);
	tcase_add_test(tcase, repeated);
	tcase_add_test(tcase, strict);
	tcase_add_test(tcase, hostile);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
