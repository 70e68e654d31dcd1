/* SPDX-License-Identifier: BSD-2-Clause */
/* Plays the cases of a manifest, in their order, and compares the verdicts. */
#ifndef CTL_REPLAY_H
#define CTL_REPLAY_H

#include "ctl/buyers.h"
#include "ctl/manifest.h"
#include "milter/snapshot.h"
#include "policy/order.h"

struct replay_result {
	enum reason reason;	   /* as judged, whatever the mode */
	char order[ORDER_ID_SIZE]; /* "" for none */
	/* Of a buyer's message before it that was none, else REASON_NONE. */
	enum reason original;
};

/*
 * results_r has room for each row. Takes over the reference to snapshot.
 * Returns 0, or an exit code with error set.
 */
int replay_run(const struct manifest *manifest, const struct buyers *buyers,
	struct snapshot *snapshot, struct replay_result *results_r,
	struct error *error);

/* How a result differs from what the manifest says; 0 is right. */
enum {
	DIFFERS_VERDICT = 1, /* accept, reject, tempfail */
	DIFFERS_REASON = 2,
	DIFFERS_ORDER = 4,
};
unsigned replay_compare(
	const struct manifest_row *row, const struct replay_result *result);

/* Whether two policies come to the same. */
bool replay_is_same(
	const struct replay_result *a, const struct replay_result *b);

enum outcome replay_outcome(const struct replay_result *result);

#endif
