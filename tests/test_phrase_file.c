/* SPDX-License-Identifier: BSD-2-Clause */
#include "conf/conf.h"
#include "policy/message.h"
#include "tests/conf_scratch.h"
#include "tests/run.h"

#define GOOD                                                                   \
	"language = \"xx\";\n"                                                 \
	"scripted = \"spaced\";\ncommon = [ \"the\" ];\n"                      \
	"phrases = (\n{ kind = \"ask\"; weight = 1;\nwords = [ \"a\",\n\"b\" " \
	"];\n"                                                                 \
	"match = [ \"c+\" ]; } );\n"

static struct phrasebook *load(const char *text, struct error *error)
{
	scratch_write(text, strlen(text));
	return conf_load_phrases(scratch, error);
}

START_TEST(good)
{
	struct error error = { 0 };
	struct phrasebook *book = load(GOOD, &error);

	ck_assert_msg(book != NULL, "%s", error.text);
	ck_assert_uint_eq(phrasebook_count(book), 1);
	ck_assert_str_eq(pack_language(phrasebook_pack(book, 0)), "xx");
	ck_assert(phrasebook_has(book, false));
	ck_assert(!phrasebook_has(book, true));
	phrasebook_free(&book);
}
END_TEST

static const struct {
	const char *text;
	unsigned line;
	const char *what;
} bad[] = {
	{ "", 1, "language is missing" },
	{ "language = 1;\n", 1, "language must be" },
	{ "language = \"xx\";\nwords = [ ];\n", 2, "unknown setting" },
	{ "language = \"xx\";\nscripted = \"none\";\n", 2, "scripted" },
	{ "language = \"xx\";\nphrases = ( 1 );\n", 2, "groups" },
	{ "language = \"xx\";\nphrases = (\n{ words = [ \"a\" ]; } );\n", 3,
		"no kind" },
	{ "language = \"xx\";\nphrases = (\n{ kind = \"asks\"; } );\n", 3,
		"no such kind" },
	{ "language = \"xx\";\nphrases = (\n{ kind = \"ask\";\nweight = 3; } "
	  ");",
		4, "weight must be" },
	{ "language = \"xx\";\nphrases = (\n{ kind = \"ask\";\nword = \"a\"; "
	  "});",
		4, "unknown setting \"word\"" },
	{ "language = \"xx\";\nphrases = ( { kind = \"ask\"; words =\n\"a\"; "
	  "});",
		3, "must be a list" },
	{ "language = \"xx\";\nphrases = ( { kind = \"ask\"; words = "
	  "[\n\"a\",\n"
	  "\"?\" ]; } );\n",
		4, "holds no word" },
	{ "language = \"xx\";\nphrases = ( { kind = \"ask\"; match = "
	  "[\n\"a\",\n"
	  "\"(\" ]; } );\n",
		4, "bad regular expression" },
	{ "language = \"xx\";\nphrases = (", 2, "syntax error" },
};

START_TEST(bad_row)
{
	struct error error = { 0 };

	ck_assert_ptr_null(load(bad[_i].text, &error));
	scratch_expect(&error, bad[_i].line, bad[_i].what);
}
END_TEST

/* No pack at all would judge every critical message as misuse. */
START_TEST(directory)
{
	struct error error = { 0 };
	char path[400];
	FILE *file;

	ck_assert_ptr_null(conf_load_phrases(scratch, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "no phrase pack"));
	snprintf(path, sizeof(path), "%s/none", scratch);
	ck_assert_ptr_null(conf_load_phrases(path, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "cannot read"));
	snprintf(path, sizeof(path), "%s/other.conf", scratch);
	file = fopen(path, "w");
	fputs(GOOD, file);
	fclose(file);
	chmod(path, 0644);
	ck_assert_ptr_null(load(GOOD, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "another file is the pack"));
}
END_TEST

static void write_wording(const char *text)
{
	char path[400];
	FILE *file;

	snprintf(path, sizeof(path), "%s/wording.tsv", scratch);
	file = fopen(path, "w");
	fputs(text, file);
	fclose(file);
	chmod(path, 0644);
}

START_TEST(wording)
{
	struct error error = { 0 };
	struct phrasebook *book;

	book = load(GOOD, &error);
	ck_assert_ptr_null(phrasebook_wording(book));
	phrasebook_free(&book);
	write_wording("# weights\n\n-5\t0\t\n12\t340\twhich name\n");
	book = load(GOOD, &error);
	ck_assert_msg(book != NULL, "%s", error.text);
	ck_assert_ptr_nonnull(phrasebook_wording(book));
	phrasebook_free(&book);
}
END_TEST

static const struct {
	const char *text, *where, *what;
} bad_wordings[] = {
	{ "1\t2\n", ":1: ", "between tabs" },
	{ "1\t2\ta\n1 2 b\n", ":2: ", "between tabs" },
	{ "x\t2\ta\n", ":1: ", "between tabs" },
	{ "1\t-2\ta\n", ":1: ", "between tabs" },
	{ "99999999999999999999\t1\ta\n", ":1: ", "between tabs" },
	{ "1\t2\ta\n1\t2\ta", ":2: ", "twice" },
	{ "1\t2\ta\r\n", ":1: ", "control character" },
	{ "", ":1: ", "no words" },
	{ "# only\n5\t0\t\n", ":1: ", "no words" },
};

START_TEST(bad_wording)
{
	struct error error = { 0 };

	write_wording(bad_wordings[_i].text);
	ck_assert_ptr_null(load(GOOD, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "/wording.tsv"));
	ck_assert_ptr_nonnull(strstr(error.text, bad_wordings[_i].where));
	ck_assert_ptr_nonnull(strstr(error.text, bad_wordings[_i].what));
}
END_TEST

START_TEST(long_wording)
{
	struct error error = { 0 };
	char text[300];

	snprintf(text, sizeof(text), "1\t2\t%0200d\n", 0);
	write_wording(text);
	ck_assert_ptr_null(load(GOOD, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "too long"));
}
END_TEST

/* The packs that are installed, with the tree's permissions put right. */
START_TEST(installed)
{
	static const char *const names[] = { "de", "en", "es", "fr", "it", "ja",
		"nl", "pl", "pt" };
	const char *source = getenv("OPTOUT_SRCDIR");
	struct error error = { 0 };
	struct phrasebook *book;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[4096], text[1 << 17];
		FILE *file;
		size_t length;

		snprintf(path, sizeof(path), "%s/conf/phrases/%s.conf",
			source ? source : ".", names[i]);
		file = fopen(path, "r");
		ck_assert_msg(file != NULL, "%s", path);
		length = fread(text, 1, sizeof(text), file);
		ck_assert_uint_lt(length, sizeof(text));
		fclose(file);
		snprintf(path, sizeof(path), "%s/%s.conf", scratch, names[i]);
		file = fopen(path, "w");
		fwrite(text, 1, length, file);
		fclose(file);
		chmod(path, 0644);
	}
	book = conf_load_phrases(scratch, &error);
	ck_assert_msg(book != NULL, "%s", error.text);
	ck_assert_uint_eq(
		phrasebook_count(book), sizeof(names) / sizeof(names[0]));
	phrasebook_free(&book);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("phrase_file");
	TCase *tcase = tcase_create("phrase_file");

	message_init();
	tcase_add_checked_fixture(tcase, scratch_set_up, scratch_tear_down);
	tcase_add_test(tcase, good);
	tcase_add_loop_test(tcase, bad_row, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tcase, directory);
	tcase_add_test(tcase, wording);
	tcase_add_loop_test(tcase, bad_wording, 0,
		sizeof(bad_wordings) / sizeof(bad_wordings[0]));
	tcase_add_test(tcase, long_wording);
	tcase_add_test(tcase, installed);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
