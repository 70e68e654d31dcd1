/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include "ctl/ctl.h"
#include "ctl/jsonout.h"
#include "ctl/report.h"

static void put_share(
	struct jsonout *out, const char *key, size_t part, size_t whole)
{
	struct jsonout share;

	jsonout_begin(&share);
	jsonout_integer(&share, "count", (int64_t)part);
	jsonout_integer(&share, "of", (int64_t)whole);
	jsonout_value(out, key, jsonout_take(&share));
}

static void put_score(struct jsonout *out, const struct score *score)
{
	put_share(out, "right", score->right, score->messages);
	put_share(out, "false_rejects", score->blocked, score->to_pass);
	put_share(out, "false_accepts", score->passed, score->to_stop);
	jsonout_integer(out, "ambiguous", (int64_t)score->ambiguous);
}

static json_t *scores_json(
	const struct report *report, enum manifest_column column)
{
	struct score *scores;
	ssize_t count =
		score_by(report->manifest, report->results, column, &scores);
	struct jsonout list, out;

	jsonout_begin_list(&list);
	list.failed |= count < 0;
	for (ssize_t i = 0; i < count; i++) {
		jsonout_begin(&out);
		jsonout_string(&out, "name", scores[i].name);
		put_score(&out, &scores[i]);
		jsonout_item(&list, jsonout_take(&out));
	}
	free(scores);
	return jsonout_take(&list);
}

static json_t *result_json(const struct replay_result *result)
{
	struct jsonout out;

	jsonout_begin(&out);
	jsonout_string(&out, "verdict", outcome_name(replay_outcome(result)));
	jsonout_string(&out, "reason", reason_name(result->reason));
	jsonout_string(&out, "order", *result->order ? result->order : NULL);
	return jsonout_take(&out);
}

static json_t *wanted_json(const struct manifest_row *row)
{
	struct jsonout out;

	jsonout_begin(&out);
	jsonout_string(&out, "verdict", outcome_name(row->outcome));
	jsonout_string(&out, "reason",
		row->reason != REASON_NONE ? reason_name(row->reason) : NULL);
	jsonout_string(&out, "order", manifest_order(row));
	return jsonout_take(&out);
}

static void begin_row(struct jsonout *out, const struct manifest_row *row)
{
	jsonout_begin(out);
	jsonout_string(out, "file", row->fields[MANIFEST_FILE]);
	jsonout_integer(out, "line", (int64_t)row->line);
	jsonout_bool(out, "ambiguous", row->ambiguous);
}

static json_t *differences_json(const struct report *report)
{
	struct jsonout list, out;

	jsonout_begin_list(&list);
	for (size_t i = 0; i < report->manifest->count; i++) {
		const struct manifest_row *row = &report->manifest->rows[i];
		const struct replay_result *result = &report->results[i];

		if (replay_compare(row, result) == 0)
			continue;
		begin_row(&out, row);
		jsonout_value(&out, "result", result_json(result));
		jsonout_value(&out, "wanted", wanted_json(row));
		jsonout_string(&out, "thread_original",
			result->original != REASON_NONE
				? reason_name(result->original)
				: NULL);
		jsonout_item(&list, jsonout_take(&out));
	}
	return jsonout_take(&list);
}

static json_t *changes_json(const struct report *report)
{
	struct jsonout list, out;

	jsonout_begin_list(&list);
	for (size_t i = 0; i < report->manifest->count; i++) {
		const struct manifest_row *row = &report->manifest->rows[i];
		const struct replay_result *now = &report->results[i];
		const struct replay_result *then = &report->other->results[i];

		if (replay_is_same(now, then))
			continue;
		begin_row(&out, row);
		jsonout_value(&out, "result", result_json(now));
		jsonout_value(&out, "becomes", result_json(then));
		jsonout_bool(&out, "right", replay_compare(row, then) == 0);
		jsonout_item(&list, jsonout_take(&out));
	}
	return jsonout_take(&list);
}

static json_t *other_json(const struct report *report)
{
	struct score score;
	struct jsonout out;

	if (!report->other)
		return json_null();
	score = score_all(report->manifest, report->other->results);
	jsonout_begin(&out);
	jsonout_string(&out, "policy", report->other->path);
	put_score(&out, &score);
	jsonout_value(&out, "changes", changes_json(report));
	return jsonout_take(&out);
}

int report_print_json(const struct report *report)
{
	struct score score = score_all(report->manifest, report->results);
	struct jsonout out;

	jsonout_begin(&out);
	put_score(&out, &score);
	jsonout_value(&out, "groups", scores_json(report, MANIFEST_GROUP));
	jsonout_value(
		&out, "languages", scores_json(report, MANIFEST_LANGUAGE));
	jsonout_value(&out, "differences", differences_json(report));
	jsonout_value(&out, "other", other_json(report));
	return jsonout_end(&out);
}
