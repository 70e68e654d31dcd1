/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages of tests/mail in every language, with the phrase packs that are
 * installed. Judging is never perfect: each language must reach a share.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "policy/message.h"
#include "tests/play.h"
#include "tests/run.h"

enum {
	RIGHT_MIN = 92,	  /* percent of the verdicts */
	LOST_MAX = 4,	  /* percent of what is critical, or one message */
	REFUSED_MIN = 90, /* percent of what misuses it, but for one message */
	LINE_SIZE = 1024,
};

enum column {
	FILE_NAME,
	GROUP,
	SENDER,
	RCPT,
	ORDER_ID,
	OPTED_OUT,
	VERDICT,
	REASON_NAME,
	COLUMNS,
};

static const char *const languages[] = { "de", "en", "es", "fr", "it", "ja",
	"nl", "pl", "pt" };

struct score {
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

static void split_row(char *line, char *row[COLUMNS])
{
	char *save = NULL;

	for (int i = 0; i < COLUMNS; i++) {
		row[i] = strtok_r(i == 0 ? line : NULL, "\t\n", &save);
		ck_assert_msg(row[i] != NULL, "a row is short");
	}
}

/* The order ID is looked for where it is shown: in what is refused. */
static bool order_is_right(const struct txn_view *view, const char *order)
{
	if (view->verdict->outcome == OUTCOME_ACCEPT || strcmp(order, "-") == 0)
		return true;
	return strcmp(view->order, order) == 0;
}

static void count(
	struct score *score, char *const row[COLUMNS], const struct play *play)
{
	struct txn_view view;
	const char *reason, *outcome;
	bool right;

	txn_view(play->session->txn, &view);
	reason = reason_name(view.verdict->reason);
	outcome = outcome_name(view.verdict->outcome);
	right = strcmp(outcome, row[VERDICT]) == 0 &&
		strcmp(reason, row[REASON_NAME]) == 0 &&
		order_is_right(&view, row[ORDER_ID]);
	score->rows++;
	score->right += right;
	if (strcmp(row[REASON_NAME], "CRITICAL") == 0) {
		score->critical++;
		score->lost += view.verdict->outcome != OUTCOME_ACCEPT;
	} else if (strcmp(row[REASON_NAME], "CRITICAL_MISUSED") == 0) {
		score->misuse++;
		score->refused += right;
	}
	if (!right)
		printf("# %s: %s, not %s, order %s\n", row[FILE_NAME], reason,
			row[REASON_NAME], view.order);
}

static void play_row(struct play *play, char *const row[COLUMNS])
{
	struct play_mail mail = { .sender = row[SENDER], .rcpts = row[RCPT] };
	char path[LINE_SIZE];

	if (strcmp(row[OPTED_OUT], "yes") == 0)
		play_opt_out(play, row[RCPT]);
	snprintf(path, sizeof(path), "%s/tests/mail/%s", source_directory(),
		row[FILE_NAME]);
	play_file(play, &mail, path);
}

static void play_table(struct play *play, const char *language, struct score *s)
{
	char line[LINE_SIZE], *row[COLUMNS];
	FILE *file;

	snprintf(line, sizeof(line), "%s/tests/mail/%s.tsv", source_directory(),
		language);
	file = fopen(line, "r");
	ck_assert_msg(file != NULL, "cannot open %s", line);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	while (fgets(line, sizeof(line), file)) {
		split_row(line, row);
		play_row(play, row);
		count(s, row, play);
	}
	fclose(file);
}

START_TEST(language)
{
	const char *name = languages[_i];
	struct score s = { 0 };
	struct play play;

	play_init(&play, "", "");
	play_table(&play, name, &s);
	play_fini(&play);
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
