/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What writer.c and the tests need of cache.c. Every use of the environment
 * is between an enter and a leave, so that it can be closed and opened again,
 * or its map be resized, when nobody is inside.
 */
#ifndef CACHE_CACHE_PRIVATE_H
#define CACHE_CACHE_PRIVATE_H

#include <lmdb.h>
#include <pthread.h>
#include "cache/cache.h"
#include "cache/store.h"

struct cache_read {
	struct cache *cache;
	struct store *store;
	MDB_txn *txn;
	size_t checked; /* id of the transaction whose content was checked */
	struct cache_read *next; /* in the pool of resting readers */
};

struct cache {
	struct cache_options options; /* directory is our own copy */
	struct store store;

	pthread_mutex_t lock; /* guards the rest */
	pthread_cond_t changed;
	bool bad;
	bool exclusive;
	unsigned inside;
	struct cache_read *pool;
	unsigned pool_count;
	int64_t retry_at_ms;
	struct error trouble; /* why it is bad */
	bool write_stopped;
	struct error write_trouble;
	unsigned long commits;
};

/* Tries of one begin: resized, then replaced, then it must do. */
#define CACHE_TRIES 3

enum begun {
	BEGUN,
	BEGIN_RESIZED, /* the map must grow first */
	BEGIN_BAD,     /* the store must be opened again */
	BEGIN_FAILED,
};

/*
 * Goes inside: until cache_leave() the store stays open. read_r, if not NULL,
 * gets a resting reader or NULL. Returns 0, or -1: unavailable.
 */
int cache_enter(
	struct cache *cache, struct cache_read **read_r, struct error *error);
void cache_leave(struct cache *cache);
void cache_leave_locked(struct cache *cache); /* with the lock held */

/* What a code of LMDB means for a begin. Sets error. */
enum begun cache_begin_error(
	const struct cache *cache, int rc, struct error *error);

/*
 * Leaves after a begin that failed with error; adopts a larger map. Returns 0
 * to try again, or -1.
 */
int cache_after_begin(
	struct cache *cache, enum begun begun, struct error *error);

/* As cache_open(), with fewer reader slots. */
struct cache *cache_open_slots(const struct cache_options *options,
	const struct keyring *ring, unsigned readers_max, struct error *error);

const struct keyring *cache_keyring(const struct cache *cache);
MDB_dbi cache_dbi(const struct cache *cache, enum store_db db);

/*
 * Begins a write transaction of the calling thread; waits for other writers
 * without limit. Ended by one of the two functions below. Returns 0 or -1.
 */
int cache_write_begin(
	struct cache *cache, MDB_txn **txn_r, struct error *error);
int cache_write_commit(struct cache *cache, MDB_txn *txn, struct error *error);
void cache_write_abort(struct cache *cache, MDB_txn *txn);

/* Sets error for a failed change. Returns -1. */
int cache_write_error(struct cache *cache, int rc, struct error *error);

/* After a failed sync nothing is written until this is called. */
bool cache_write_stopped(struct cache *cache);
void cache_write_allow(struct cache *cache);

/* Commits that this process made. */
unsigned long cache_commits(struct cache *cache);

/* Calls that wait in the writer's queue. */
struct writer;
unsigned writer_queued(struct writer *writer);

/* Lets the next try to open a bad database come at once. */
void cache_retry_now(struct cache *cache);

#endif
