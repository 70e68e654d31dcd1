/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The opt-out cache: an LMDB environment of named databases (meta, optouts,
 * aliases, orders, threads). Readers never block on the writer. Fences LMDB's
 * awkward errors: reader slots, stale readers, a map grown by another
 * process, a file that vanished, was replaced or emptied.
 *
 * A cache may be used by any thread; a read transaction only by the thread
 * that holds it, and for less than a message: never keep one across
 * callbacks. Not usable after fork(), and a process must not open the same
 * cache twice at a time: closing one would drop the other's locks.
 */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cache/identity.h"
#include "cache/record.h"
#include "policy/address.h"
#include "policy/error.h"

struct cache_options {
	const char *directory;
	size_t size_max; /* bytes; the most that the database may grow to */
	struct address_form form;
	bool scratch; /* commits may be lost in a crash: for tests of mail */
};

struct cache;
struct cache_read;

/*
 * Creates an empty database in an existing directory; refuses to touch an
 * existing one. The only function that creates a database. Returns 0, or -1.
 */
int cache_create(const struct cache_options *options,
	const struct keyring *ring, struct error *error);

/*
 * Opens a database that cache_create() made. Refused: an absent, emptied or
 * foreign database, one of another key ring or address form, a network file
 * system, a newer format. ring must outlive the cache. Returns NULL with error.
 */
struct cache *cache_open(const struct cache_options *options,
	const struct keyring *ring, struct error *error);
void cache_close(struct cache **cache);

/*
 * Begins to read. Detects a database that was removed, replaced, emptied,
 * made unreadable or truncated since, and tries to open it again (at most
 * once a second), so that service recovers without a restart.
 * Returns NULL with error set: the cache is unavailable.
 */
struct cache_read *cache_read_begin(struct cache *cache, struct error *error);
void cache_read_end(struct cache_read **read);

/* Each returns 1 found, 0 not found, -1 cannot know (error, bad record). */
int cache_find_alias(struct cache_read *read, const struct identity *alias,
	struct identity *buyer_r);
int cache_find_order(struct cache_read *read, const struct identity *order,
	struct order *order_r);

/*
 * Whether buyer has an opt-out that holds at now: for all sellers, else for
 * seller, else for order (either may be NULL). optout_r may be NULL.
 */
int cache_find_optout(struct cache_read *read, const struct identity *buyer,
	const struct identity *seller, const struct identity *order,
	int64_t now, struct optout *optout_r);

/* Whether buyer has an opt-out of any scope that holds at now. */
int cache_has_optout(
	struct cache_read *read, const struct identity *buyer, int64_t now);

/*
 * The message of buyer that id stands for, by itself or as a reference, if it
 * is not older than since. thread_r is never a reference.
 */
int cache_find_thread(struct cache_read *read, const struct identity *buyer,
	const struct identity *id, int64_t since, struct thread *thread_r);

/* The same by the first octets of its id: what a thread token holds. */
#define CACHE_PREFIX_SIZE 8
int cache_find_thread_prefix(struct cache_read *read,
	const struct identity *buyer,
	const unsigned char prefix[CACHE_PREFIX_SIZE], int64_t since,
	struct thread *thread_r);

/* Where a sweep over all threads stands; {0} at its beginning. */
struct cache_sweep {
	unsigned char key[RECORD_KEY_SIZE_MAX];
	size_t key_size;
};

/*
 * Looks at up to look threads and goes on behind them the next time. Those
 * older than before are noted in expired_r, at most expired_max; bad records
 * are left. Returns how many were noted, or -1.
 */
int cache_sweep_threads(struct cache_read *read, struct cache_sweep *sweep,
	int64_t before, unsigned look, struct thread *expired_r,
	unsigned expired_max);

struct cache_counts {
	uint64_t optouts;
	uint64_t aliases;
	uint64_t orders;
	uint64_t threads; /* with references */
	uint64_t bytes;	  /* used in the file */
};

int cache_count(struct cache_read *read, struct cache_counts *counts_r);

/*
 * Visits every record of a kind in key order. A visitor that returns non-zero
 * ends the walk. A bad record is passed as NULL. Returns 0, the visitor's
 * non-zero value, or -1 when the database fails.
 */
int cache_walk_optouts(struct cache_read *read,
	int (*visit)(const struct optout *optout, void *context),
	void *context);
int cache_walk_aliases(struct cache_read *read,
	int (*visit)(const struct alias *alias, void *context), void *context);
int cache_walk_orders(struct cache_read *read,
	int (*visit)(const struct order *order, void *context), void *context);
int cache_walk_threads(struct cache_read *read,
	int (*visit)(const struct thread *thread, void *context),
	void *context);

/*
 * Writes a consistent, compacted copy into an existing, empty directory while
 * others read and write. Returns 0, or -1 with error set.
 */
int cache_backup(
	struct cache *cache, const char *directory, struct error *error);

#endif
