/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes of the cache. One writer thread commits what waiting callers
 * submitted as one group; a change is acknowledged only after its commit
 * reached the disk. After a failed sync nothing more is written until the
 * writer is started anew.
 */
#ifndef CACHE_WRITER_H
#define CACHE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include "cache/cache.h"

enum change_kind {
	CHANGE_PUT_OPTOUT,
	CHANGE_DELETE_OPTOUT, /* of this buyer, scope and scope_id */
	CHANGE_DELETE_BUYER,  /* every opt-out of optout.buyer */
	CHANGE_PUT_ALIAS,
	CHANGE_PUT_ORDER,
	CHANGE_DELETE_ALIAS,
	CHANGE_DELETE_ORDER,
	CHANGE_PUT_THREAD,
	CHANGE_USE_THREAD,     /* one reply more, if thread.replies allows */
	CHANGE_EXPIRE_THREAD,  /* delete, unless newer than thread.created */
	CHANGE_DELETE_THREADS, /* every thread of thread.buyer */
};

struct change {
	enum change_kind kind;
	union {
		struct optout optout;
		struct alias alias;
		struct order order;
		struct thread thread;
	};
	bool changed; /* out: a put, or a delete that removed something */
};

struct writer;

/* Starts the thread. cache must outlive the writer. NULL with error set. */
struct writer *writer_start(struct cache *cache, struct error *error);

/* Commits what was submitted, ends the thread, frees. Nobody may call after. */
void writer_stop(struct writer **writer);

/*
 * Applies count changes as one unit: all or none. Blocks until committed or
 * timeout_ms passed. Returns 0 after the commit; -1 with error set: not
 * committed, or (after a timeout) unknown, so that the caller must not
 * acknowledge. changes must stay valid until the call returns; a timed-out
 * call withdraws what was not begun. timeout_ms < 0: no limit. Any thread.
 */
int writer_apply(struct writer *writer, struct change *changes, size_t count,
	int timeout_ms, struct error *error);

/* A bulk load in one write transaction of the calling thread. */
struct bulk;

enum bulk_kind {
	BULK_OPTOUTS,
	BULK_ALIASES,
	BULK_ORDERS,
};

/*
 * Begins. replace: the load stands for the whole kind, and what was there is
 * dropped, in the same commit. Waits for other writers. NULL with error set.
 */
struct bulk *bulk_begin(struct cache *cache, enum bulk_kind kind, bool replace,
	struct error *error);

/* Adds or overwrites records (only change kinds CHANGE_PUT_* of bulk's kind). */
int bulk_put(
	struct bulk *bulk, const struct change *change, struct error *error);

/* Ends: commit makes the load visible and durable. Frees bulk either way. */
int bulk_commit(struct bulk **bulk, struct error *error);
void bulk_abort(struct bulk **bulk);

#endif
