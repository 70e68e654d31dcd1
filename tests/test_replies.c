/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages of tests/mail/reply, with the verdicts that reply.tsv expects.
 * Each row has a cache of its own, into which the originals that it names came
 * before. OPTOUT_REPLIES names another table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "policy/message.h"
#include "tests/play.h"
#include "tests/run.h"

#define ROWS_MAX 1000

enum column {
	FILE_NAME,
	GROUP,
	SENDER,
	RCPT,
	ORDER_ID,
	OPTED_OUT,
	VERDICT,
	REASON_NAME,
	CATEGORY,
	LANGUAGE,
	THREAD_ORIGINAL,
	COLUMNS,
};

static char *rows[ROWS_MAX][COLUMNS];
static int row_count;
static char folder[512];
static char *table;

static void parse_row(char *line)
{
	char *save = NULL;

	if (row_count == ROWS_MAX)
		exit(1);
	for (int i = 0; i < COLUMNS; i++) {
		rows[row_count][i] =
			strtok_r(i == 0 ? line : NULL, "\t", &save);
		if (!rows[row_count][i]) {
			fprintf(stderr, "row %d is short\n", row_count + 1);
			exit(1);
		}
	}
	row_count++;
}

static void read_table(void)
{
	const char *path = getenv("OPTOUT_REPLIES");
	const char *source = getenv("OPTOUT_SRCDIR");
	char usual[512], *save = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(usual, sizeof(usual), "%s/tests/mail/reply.tsv",
		source ? source : ".");
	snprintf(folder, sizeof(folder), "%s", path ? path : usual);
	file = fopen(folder, "r");
	if (!file || getdelim(&table, &size, '\0', file) <= 0) {
		fprintf(stderr, "cannot read %s\n", folder);
		exit(1);
	}
	fclose(file);
	*strrchr(folder, '/') = '\0';
	strtok_r(table, "\n", &save);
	for (char *line = strtok_r(NULL, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save))
		parse_row(line);
}

static enum reason play_row(struct play *play, char *const *row)
{
	char path[1024];
	struct play_mail mail = { .sender = row[SENDER], .rcpts = row[RCPT] };

	if (strcmp(row[GROUP], "thread-original") == 0)
		mail.client = PLAY_TRUSTED;
	snprintf(path, sizeof(path), "%s/%s", folder, row[FILE_NAME]);
	return play_file(play, &mail, path);
}

static void play_originals(struct play *play, const char *names)
{
	char *copy = strdup(names), *save = NULL;

	for (char *name = strtok_r(copy, ",", &save); name;
		name = strtok_r(NULL, ",", &save)) {
		int i = 0;

		while (i < row_count && strcmp(rows[i][FILE_NAME], name) != 0)
			i++;
		ck_assert_msg(i < row_count, "no row for %s", name);
		ck_assert_int_eq(play_row(play, rows[i]), REASON_BUYER_MESSAGE);
	}
	free(copy);
}

START_TEST(message)
{
	char *const *row = rows[_i];
	struct txn_view view;
	struct play play;
	enum reason reason;

	play_init(&play, "", "");
	if (strcmp(row[OPTED_OUT], "yes") == 0)
		play_opt_out(&play, strcmp(row[GROUP], "thread-original") == 0
					    ? row[SENDER]
					    : row[RCPT]);
	if (strcmp(row[THREAD_ORIGINAL], "-") != 0)
		play_originals(&play, row[THREAD_ORIGINAL]);
	reason = play_row(&play, row);
	txn_view(play.player.session->txn, &view);
	ck_assert_msg(strcmp(reason_name(reason), row[REASON_NAME]) == 0,
		"%s: %s, not %s (share %d)", row[FILE_NAME],
		reason_name(reason), row[REASON_NAME], view.thread_share);
	ck_assert_str_eq(outcome_name(view.verdict->outcome), row[VERDICT]);
	if (strcmp(row[ORDER_ID], "-") != 0)
		ck_assert_str_eq(view.order, row[ORDER_ID]);
	play_fini(&play);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("replies");
	TCase *tcase = tcase_create("replies");
	int failed;

	read_table();
	tcase_add_loop_test(tcase, message, 0, row_count);
	suite_add_tcase(suite, tcase);
	failed = run_suite(suite);
	free(table);
	return failed;
}
