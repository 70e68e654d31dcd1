/* SPDX-License-Identifier: BSD-2-Clause */
/* How many cases of a manifest came out right. */
#ifndef CTL_SCORE_H
#define CTL_SCORE_H

#include "ctl/replay.h"

struct score {
	const char *name; /* of the group or language, NULL for all */
	size_t messages;  /* that count */
	size_t right;
	size_t ambiguous; /* that do not */
	size_t to_pass;	  /* critical, or replies */
	size_t blocked;	  /* of these: false rejects */
	size_t to_stop;
	size_t passed; /* of these: false accepts */
};

void score_add(struct score *score, const struct manifest_row *row,
	const struct replay_result *result);

/* Of a whole manifest. */
struct score score_all(
	const struct manifest *manifest, const struct replay_result *results);

/*
 * By the names in a column, in the order in which they appear. Returns how
 * many, in an array to be freed, or -1: out of memory.
 */
ssize_t score_by(const struct manifest *manifest,
	const struct replay_result *results, enum manifest_column column,
	struct score **scores_r);

#endif
