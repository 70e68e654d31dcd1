/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads: a buyer's message is remembered, a seller's reply to it is found.
 * The state of a message's thread is a part of its txn.
 */
#ifndef MILTER_THREAD_H
#define MILTER_THREAD_H

#include <stdbool.h>
#include "milter/txn.h"

struct thread_state;

/* Whether a field matters to threads, and must be kept for thread_gather(). */
bool thread_wants_field(const char *name);

/* Takes the ids of the fields that were kept. Idempotent. */
void thread_gather(struct txn *txn);

/* Whether the body can matter: of a buyer's message, of a reply that names. */
bool thread_wants_body(struct txn *txn);

/* For a governed message to a buyer who opted out: sets facts.thread. */
void thread_judge(struct txn *txn);

/*
 * Uses up a reply of each thread that facts.thread stands on, committed before
 * it returns. Where that fails, the facts change: decide again. Returns
 * whether they stayed.
 */
bool thread_spend(struct txn *txn);

/*
 * Remembers a buyer's message, committed before it returns. Where that fails
 * the facts change: decide again. Returns whether they stayed.
 */
bool thread_remember(struct txn *txn);

/* The part of the original that was found, in percent; -1: not asked. */
int thread_share(const struct txn *txn);

/* The token for a remembered message to one seller, "" where there is none. */
const char *thread_token(const struct txn *txn);

/* The first References field of a buyer's message, raw; "" for none. */
const char *thread_references(const struct txn *txn);

void thread_end(struct txn *txn);

#endif
