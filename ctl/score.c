/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/score.h"

#include <stdlib.h>
#include <string.h>

/* Without a reason, whatever is to be accepted may be critical or a reply. */
static bool is_to_pass(const struct manifest_row *row)
{
	return row->outcome == OUTCOME_ACCEPT &&
	       (row->reason == REASON_NONE || row->reason == REASON_CRITICAL ||
		       row->reason == REASON_REPLY_IN_THREAD);
}

void score_add(struct score *score, const struct manifest_row *row,
	const struct replay_result *result)
{
	bool accepted = replay_outcome(result) == OUTCOME_ACCEPT;

	if (row->ambiguous) {
		score->ambiguous++;
		return;
	}
	score->messages++;
	score->right += replay_compare(row, result) == 0;
	if (is_to_pass(row)) {
		score->to_pass++;
		score->blocked += !accepted;
	} else if (row->outcome != OUTCOME_ACCEPT) {
		score->to_stop++;
		score->passed += accepted;
	}
}

struct score score_all(
	const struct manifest *manifest, const struct replay_result *results)
{
	struct score score = { 0 };

	for (size_t i = 0; i < manifest->count; i++)
		score_add(&score, &manifest->rows[i], &results[i]);
	return score;
}

/* The score of a name, which may be a new one. */
static struct score *find(struct score *scores, size_t *count, const char *name)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(scores[i].name, name) == 0)
			return &scores[i];
	scores[*count] = (struct score){ .name = name };
	return &scores[(*count)++];
}

ssize_t score_by(const struct manifest *manifest,
	const struct replay_result *results, enum manifest_column column,
	struct score **scores_r)
{
	struct score *scores = calloc(manifest->count, sizeof(*scores));
	size_t count = 0;

	*scores_r = scores;
	if (!scores)
		return -1;
	for (size_t i = 0; i < manifest->count; i++) {
		const struct manifest_row *row = &manifest->rows[i];

		score_add(find(scores, &count, manifest_name(row, column)), row,
			&results[i]);
	}
	return (ssize_t)count;
}
