/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/ctl.h"

static const char *order_of(const struct replay_result *result)
{
	return *result->order ? result->order : "-";
}

static void print_place(
	const struct report *report, const struct manifest_row *row)
{
	ctl_print_text(stdout, report->manifest->path);
	printf(":%" PRIu64 ": ", row->line);
	ctl_print_text(stdout, row->fields[MANIFEST_FILE]);
	printf(": ");
}

static void print_result(const struct replay_result *result)
{
	printf("%s %s", outcome_name(replay_outcome(result)),
		reason_name(result->reason));
}

static void print_difference(const struct report *report, size_t i)
{
	const struct manifest_row *row = &report->manifest->rows[i];
	const struct replay_result *result = &report->results[i];
	unsigned differs = replay_compare(row, result);

	print_place(report, row);
	print_result(result);
	if (differs & (DIFFERS_VERDICT | DIFFERS_REASON))
		printf(", not %s%s%s", outcome_name(row->outcome),
			row->reason != REASON_NONE ? " " : "",
			row->reason != REASON_NONE ? reason_name(row->reason)
						   : "");
	if (differs & DIFFERS_ORDER) {
		printf("; order %s, not ", order_of(result));
		ctl_print_text(stdout, manifest_order(row));
	}
	if (result->original != REASON_NONE)
		printf("; its thread_original is no buyer's message (%s)",
			reason_name(result->original));
	puts(row->ambiguous ? " (ambiguous)" : "");
}

static void print_differences(const struct report *report)
{
	for (size_t i = 0; i < report->manifest->count; i++)
		if (replay_compare(&report->manifest->rows[i],
			    &report->results[i]) != 0)
			print_difference(report, i);
}

static const char *judgement_of(
	const struct manifest_row *row, const struct replay_result *result)
{
	if (row->ambiguous)
		return "ambiguous";
	return replay_compare(row, result) == 0 ? "right" : "wrong";
}

static void print_change(const struct report *report, size_t i)
{
	const struct manifest_row *row = &report->manifest->rows[i];
	const struct replay_result *now = &report->results[i];
	const struct replay_result *then = &report->other->results[i];

	print_place(report, row);
	print_result(now);
	printf(" becomes ");
	print_result(then);
	if (strcmp(now->order, then->order) != 0)
		printf("; order %s becomes %s", order_of(now), order_of(then));
	printf(" (%s)\n", judgement_of(row, then));
}

static void print_changes(const struct report *report)
{
	size_t count = 0;

	printf("with ");
	ctl_print_text(stdout, report->other->path);
	puts(":");
	for (size_t i = 0; i < report->manifest->count; i++) {
		if (replay_is_same(
			    &report->results[i], &report->other->results[i]))
			continue;
		print_change(report, i);
		count++;
	}
	printf("%zu verdict%s change%s\n", count, count == 1 ? "" : "s",
		count == 1 ? "s" : "");
}

static void print_share(size_t part, size_t whole)
{
	char text[64] = "-";

	if (whole > 0)
		snprintf(text, sizeof(text), "%zu of %zu %6.1f%%", part, whole,
			100.0 * (double)part / (double)whole);
	printf("  %20s", text);
}

static void print_padded(const char *name, size_t width)
{
	ctl_print_text(stdout, name);
	for (size_t i = strlen(name); i < width; i++)
		putchar(' ');
}

static void print_score(const struct score *score, size_t width)
{
	print_padded(score->name, width);
	print_share(score->right, score->messages);
	print_share(score->blocked, score->to_pass);
	print_share(score->passed, score->to_stop);
	putchar('\n');
}

static void print_title(const char *title, size_t width)
{
	print_padded(title, width);
	printf("  %20s  %20s  %20s\n", "right", "false rejects",
		"false accepts");
}

/* Scores by a column, if the manifest has it. 0, or an exit code. */
static int print_scores(const struct report *report, const char *title,
	enum manifest_column column)
{
	struct score *scores;
	ssize_t count =
		score_by(report->manifest, report->results, column, &scores);
	size_t width = strlen(title);

	if (count < 0)
		return ctl_fail(EX_OSERR, "out of memory");
	for (ssize_t i = 0; i < count; i++)
		if (strlen(scores[i].name) > width)
			width = strlen(scores[i].name);
	putchar('\n');
	print_title(title, width);
	for (ssize_t i = 0; i < count; i++)
		print_score(&scores[i], width);
	free(scores);
	return 0;
}

static void print_total(const struct report *report)
{
	static const char now[] = "policy", then[] = "other policy";
	size_t width = report->other ? strlen(then) : strlen(now);
	struct score score = score_all(report->manifest, report->results);
	size_t ambiguous = score.ambiguous;

	putchar('\n');
	print_title("", width);
	score.name = now;
	print_score(&score, width);
	if (report->other) {
		score = score_all(report->manifest, report->other->results);
		score.name = then;
		print_score(&score, width);
	}
	if (ambiguous > 0)
		printf("not counted: %zu ambiguous\n", ambiguous);
}

int report_print(const struct report *report)
{
	int status = 0;

	print_differences(report);
	if (report->other)
		print_changes(report);
	if (report->manifest->has[MANIFEST_GROUP])
		status = print_scores(report, "group", MANIFEST_GROUP);
	if (report->manifest->has[MANIFEST_LANGUAGE] && status == 0)
		status = print_scores(report, "language", MANIFEST_LANGUAGE);
	print_total(report);
	return status;
}

static void write_line(FILE *out, const struct manifest_row *row,
	const struct replay_result *result)
{
	fprintf(out, "%s\t%s\t%s\t%s\n", row->fields[MANIFEST_FILE],
		outcome_name(replay_outcome(result)),
		reason_name(result->reason), order_of(result));
}

int report_write(const struct report *report, const char *path)
{
	FILE *out = fopen(path, "we");
	bool failed;

	if (!out)
		return ctl_fail(EX_CANTCREAT, "%s: cannot write: %s", path,
			strerror(errno));
	for (size_t i = 0; i < report->manifest->count; i++)
		write_line(
			out, &report->manifest->rows[i], &report->results[i]);
	failed = ferror(out) != 0;
	failed |= fclose(out) != 0;
	if (failed)
		return ctl_fail(EX_IOERR, "%s: cannot write: %s", path,
			strerror(errno));
	return 0;
}

bool report_is_clean(const struct report *report)
{
	for (size_t i = 0; i < report->manifest->count; i++) {
		const struct manifest_row *row = &report->manifest->rows[i];

		if (!row->ambiguous &&
			replay_compare(row, &report->results[i]) != 0)
			return false;
		if (report->other && !replay_is_same(&report->results[i],
					     &report->other->results[i]))
			return false;
	}
	return true;
}
