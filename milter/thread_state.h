/* SPDX-License-Identifier: BSD-2-Clause */
/* What thread.c and thread_reply.c keep of a message. Private to them. */
#ifndef MILTER_THREAD_STATE_H
#define MILTER_THREAD_STATE_H

#include <stdbool.h>
#include "cache/record.h"
#include "cache/token.h"
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
	char token[TOKEN_SIZE]; /* of a buyer's message that is remembered */
};

static inline bool thread_has_match(const struct thread_state *state)
{
	for (size_t i = 0; i < state->count; i++)
		if (state->found[i].count > 0)
			return true;
	return false;
}

struct error;
struct txn;

/* Whether the message names anything that may be a thread. */
bool thread_names_something(const struct txn *txn);

/*
 * The whole text, quotes and attached messages included; the caller frees it.
 * NULL: out of memory, which is noted.
 */
char *thread_read_text(struct txn *txn);

/* Notes that the cache cannot answer, and why. */
void thread_set_unknown(struct txn *txn, const struct error *error);

#endif
