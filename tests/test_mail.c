/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages of tests/mail in every language, with the phrase packs that are
 * installed. Judging is never perfect: each language must reach a share.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/replay.h"
#include "policy/message.h"
#include "tests/play.h"
#include "tests/run.h"

enum {
	RIGHT_MIN = 92,	  /* percent of the verdicts */
	LOST_MAX = 4,	  /* percent of what is critical, or one message */
	REFUSED_MIN = 90, /* percent of what misuses it, but for one message */
};

static const char *const languages[] = { "de", "en", "es", "fr", "it", "ja",
	"nl", "pl", "pt" };

struct tally {
	int rows;
	int right;
	int critical;
	int lost; /* of the critical ones */
	int misuse;
	int refused; /* of the misuse, for the right reason */
};

static const char *source_directory(void)
{
	const char *source = getenv("OPTOUT_SRCDIR");

	return source ? source : ".";
}

static void count(struct tally *tally, const struct manifest_row *row,
	const struct replay_result *result)
{
	bool right = replay_compare(row, result) == 0;

	tally->rows++;
	tally->right += right;
	if (row->reason == REASON_CRITICAL) {
		tally->critical++;
		tally->lost += replay_outcome(result) != OUTCOME_ACCEPT;
	} else if (row->reason == REASON_CRITICAL_MISUSED) {
		tally->misuse++;
		tally->refused += right;
	}
	if (!right)
		printf("# %s: %s, not %s, order %s\n",
			row->fields[MANIFEST_FILE], reason_name(result->reason),
			row->fields[MANIFEST_REASON], result->order);
}

/* Who opted out, by the file beside the table and by the table itself. */
static void load_buyers(struct buyers *buyers, const struct manifest *manifest,
	const struct policy *policy, const char *language)
{
	struct buyers others;
	struct error error = { "", "" };
	char path[1024];

	snprintf(path, sizeof(path), "%s/tests/mail/buyers-%s.tsv",
		source_directory(), language);
	ck_assert_msg(buyers_load(buyers, path, policy_address_form(policy),
			      &error) == 0,
		"%s", error.text);
	ck_assert_int_eq(
		buyers_of_manifest(&others, manifest, policy, &error), 0);
	ck_assert_uint_eq(buyers->count, others.count);
	for (size_t i = 0; i < others.count; i++) {
		ck_assert_str_eq(
			buyers->entries[i].address, others.entries[i].address);
		ck_assert_int_eq(buyers->entries[i].opted_out,
			others.entries[i].opted_out);
	}
	buyers_fini(&others);
}

static void play_table(struct play *play, const char *language, struct tally *s)
{
	struct snapshot *snapshot = play_load(play);
	struct error error = { "", "" };
	struct replay_result *results;
	struct manifest manifest;
	struct buyers buyers;
	char path[1024];

	snprintf(path, sizeof(path), "%s/tests/mail/%s.tsv", source_directory(),
		language);
	ck_assert_msg(
		manifest_load(&manifest, path, &error) == 0, "%s", error.text);
	load_buyers(&buyers, &manifest, snapshot->policy, language);
	results = calloc(manifest.count, sizeof(*results));
	ck_assert_msg(
		replay_run(&manifest, &buyers, snapshot, results, &error) == 0,
		"%s", error.text);
	for (size_t i = 0; i < manifest.count; i++)
		count(s, &manifest.rows[i], &results[i]);
	free(results);
	buyers_fini(&buyers);
	manifest_fini(&manifest);
}

START_TEST(language)
{
	const char *name = languages[_i];
	struct tally s = { 0 };
	struct play play;

	play_write_files(&play, "", "");
	play_table(&play, name, &s);
	play_remove_files(&play);
	printf("# %s: right %d of %d, critical refused %d of %d, "
	       "misuse refused %d of %d\n",
		name, s.right, s.rows, s.lost, s.critical, s.refused, s.misuse);
	fflush(stdout);
	ck_assert_int_gt(s.critical, 0);
	ck_assert_int_gt(s.misuse, 0);
	ck_assert_int_ge(s.right * 100, s.rows * RIGHT_MIN);
	ck_assert(s.lost <= 1 || s.lost * 100 <= s.critical * LOST_MAX);
	ck_assert(s.misuse - s.refused <= 1 ||
		  s.refused * 100 >= s.misuse * REFUSED_MIN);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mail");
	TCase *tcase = tcase_create("mail");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, language, 0,
		(int)(sizeof(languages) / sizeof(languages[0])));
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
