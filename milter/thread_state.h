/* SPDX-License-Identifier: BSD-2-Clause */
/* What thread.c keeps of a message. Private to it. */
#ifndef MILTER_THREAD_STATE_H
#define MILTER_THREAD_STATE_H

#include <stdbool.h>
#include "cache/record.h"
#include "milter/thread_ids.h"

#define THREAD_RECIPIENTS_MAX 20 /* of a reply, or of a buyer's message */
#define THREAD_MATCHES_MAX 8	 /* remembered messages that a reply names */
#define THREAD_OWN_IDS_MAX 4	 /* of a buyer's message */

/* What was found for one buyer. */
struct thread_recipient {
	struct thread threads[THREAD_MATCHES_MAX];
	size_t count;
	size_t chosen;
};

struct thread_state {
	bool gathered;
	bool claims; /* to be a reply */
	struct thread_ids ids;
	struct thread_recipient *found; /* of THREAD_RECIPIENTS_MAX */
	size_t count;
	bool too_many;
	int share;
};

static inline bool thread_has_match(const struct thread_state *state)
{
	for (size_t i = 0; i < state->count; i++)
		if (state->found[i].count > 0)
			return true;
	return false;
}

#endif
