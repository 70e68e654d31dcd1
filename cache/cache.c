/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gate. Threads are "inside" while they hold a transaction. The store is
 *
 *   open     may be entered
 *   bad      may not; closed as soon as nobody is inside, then opened again
 *            by who comes next, at most once a second
 *
 * and may besides be taken exclusively, by a thread that waits until nobody
 * is inside, to open it or to adopt a larger map.
 */
#include "cache/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "cache/cache_private.h"
#include "cache/deadline.h"

#define RETRY_MS 1000 /* between two tries to open a bad store */
#define GATE_WAIT_MS 1000
#define POOL_MAX 64

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Ends a reader for good. */
static void reader_free(struct cache_read *read)
{
	mdb_txn_abort(read->txn);
	free(read);
}

static void drain_pool(struct cache *cache)
{
	while (cache->pool) {
		struct cache_read *read = cache->pool;
		cache->pool = read->next;
		reader_free(read);
	}
	cache->pool_count = 0;
}

/* With the lock held, and nobody inside. */
static void close_store(struct cache *cache)
{
	drain_pool(cache);
	store_close(&cache->store);
}

/* With the lock held. Returns whether predicate "not exclusive" came true. */
static bool wait_shared(struct cache *cache, const struct timespec *deadline)
{
	while (cache->exclusive)
		if (pthread_cond_timedwait(
			    &cache->changed, &cache->lock, deadline))
			return !cache->exclusive;
	return true;
}

/* With the lock held and the store bad: opens it again if it is time to. */
static void try_reopen(struct cache *cache)
{
	struct error error = { "", "" };
	int rc;

	if (cache->exclusive || cache->inside > 0 ||
		now_ms() < cache->retry_at_ms)
		return;
	cache->exclusive = true;
	close_store(cache);
	/* Without the lock: others hear that it is bad, and do not wait. */
	pthread_mutex_unlock(&cache->lock);
	rc = store_open(&cache->store, &error);
	pthread_mutex_lock(&cache->lock);
	cache->exclusive = false;
	cache->retry_at_ms = now_ms() + RETRY_MS;
	if (rc)
		cache->trouble = error;
	else
		cache->bad = false;
	pthread_cond_broadcast(&cache->changed);
}

int cache_enter(
	struct cache *cache, struct cache_read **read_r, struct error *error)
{
	int rc = 0;

	pthread_mutex_lock(&cache->lock);
	if (cache->exclusive && !cache->bad) {
		struct timespec deadline = deadline_in(GATE_WAIT_MS);
		if (!wait_shared(cache, &deadline))
			rc = error_set(error,
				"%s: the database is being resized",
				cache->options.directory);
	}
	if (!rc && cache->bad)
		try_reopen(cache);
	if (!rc && cache->bad) {
		if (error)
			*error = cache->trouble;
		rc = -1;
	}
	if (!rc) {
		cache->inside++;
		if (read_r && cache->pool) {
			*read_r = cache->pool;
			cache->pool = cache->pool->next;
			cache->pool_count--;
		}
	}
	pthread_mutex_unlock(&cache->lock);
	return rc;
}

void cache_leave_locked(struct cache *cache)
{
	cache->inside--;
	if (cache->inside > 0)
		return;
	/* Closed early: as long as we have it open, its lock file is used. */
	if (cache->bad && !cache->exclusive)
		close_store(cache);
	if (cache->exclusive)
		pthread_cond_broadcast(&cache->changed);
}

void cache_leave(struct cache *cache)
{
	pthread_mutex_lock(&cache->lock);
	cache_leave_locked(cache);
	pthread_mutex_unlock(&cache->lock);
}

/* Leaves a store that turned out bad. */
static void leave_bad(struct cache *cache, const struct error *trouble)
{
	pthread_mutex_lock(&cache->lock);
	if (!cache->bad) {
		cache->bad = true;
		cache->trouble = *trouble;
	}
	cache_leave_locked(cache);
	pthread_mutex_unlock(&cache->lock);
}

/* With the lock held and exclusive: waits until nobody is inside. */
static bool wait_empty(struct cache *cache)
{
	struct timespec deadline = deadline_in(GATE_WAIT_MS);

	while (cache->inside > 0)
		if (pthread_cond_timedwait(
			    &cache->changed, &cache->lock, &deadline))
			return cache->inside == 0;
	return true;
}

/* Makes the map as large as another process made it. From outside. */
static int adopt_size(struct cache *cache, struct error *error)
{
	int rc = 0;

	pthread_mutex_lock(&cache->lock);
	if (cache->exclusive || cache->bad) {
		/* Somebody is at it; the caller enters again and waits. */
		pthread_mutex_unlock(&cache->lock);
		return 0;
	}
	cache->exclusive = true;
	if (!wait_empty(cache)) {
		rc = error_set(error,
			"%s: another process made the database larger, and"
			" it is in use here without pause",
			cache->options.directory);
	} else if (!cache->bad && cache->store.env) {
		rc = mdb_env_set_mapsize(cache->store.env, 0);
		if (rc) {
			store_error(error, cache->options.directory,
				"map the larger database", rc);
			cache->bad = true; /* it has no map any more */
			store_error(&cache->trouble, cache->options.directory,
				"map the larger database", rc);
		}
	}
	cache->exclusive = false;
	if (cache->bad && cache->inside == 0)
		close_store(cache);
	pthread_cond_broadcast(&cache->changed);
	pthread_mutex_unlock(&cache->lock);
	return rc ? -1 : 0;
}

enum begun cache_begin_error(
	const struct cache *cache, int rc, struct error *error)
{
	store_error(error, cache->options.directory, "begin a transaction", rc);
	if (rc == MDB_MAP_RESIZED)
		return BEGIN_RESIZED;
	return store_is_broken(rc) ? BEGIN_BAD : BEGIN_FAILED;
}

int cache_after_begin(
	struct cache *cache, enum begun begun, struct error *error)
{
	if (begun == BEGIN_BAD) {
		leave_bad(cache, error);
		return 0;
	}
	cache_leave(cache);
	return begun == BEGIN_RESIZED ? adopt_size(cache, error) : -1;
}

static int renew_or_begin(struct store *store, struct cache_read *read)
{
	int rc;

	if (read->txn)
		return mdb_txn_renew(read->txn);
	rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &read->txn);
	if (rc == MDB_READERS_FULL) {
		int dead;
		mdb_reader_check(store->env, &dead);
		rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &read->txn);
	}
	return rc;
}

/* Begins to read, inside. The reader is used up unless BEGUN. */
static enum begun begin_read(
	struct cache *cache, struct cache_read *read, struct error *error)
{
	struct store *store = &cache->store;
	int rc;

	if (store_files_check(&store->files, false, error)) {
		reader_free(read);
		return BEGIN_BAD;
	}
	rc = renew_or_begin(store, read);
	if (rc) {
		reader_free(read);
		return cache_begin_error(cache, rc, error);
	}
	/* Nothing was written since: what was whole is whole. */
	if (mdb_txn_id(read->txn) == read->checked)
		return BEGUN;
	if (store_check_content(store, read->txn, error)) {
		reader_free(read);
		return BEGIN_BAD;
	}
	read->checked = mdb_txn_id(read->txn);
	return BEGUN;
}

static struct cache_read *reader_new(struct cache *cache)
{
	struct cache_read *read = calloc(1, sizeof(*read));

	if (!read)
		return NULL;
	read->cache = cache;
	read->store = &cache->store;
	read->checked = (size_t)-1;
	return read;
}

struct cache_read *cache_read_begin(struct cache *cache, struct error *error)
{
	struct error local = { "", "" };

	if (!error)
		error = &local;
	for (int i = 0; i < CACHE_TRIES; i++) {
		struct cache_read *read = NULL;
		enum begun begun;
		if (cache_enter(cache, &read, error))
			return NULL;
		if (!read)
			read = reader_new(cache);
		if (!read) {
			cache_leave(cache);
			error_set(error, "out of memory");
			return NULL;
		}
		begun = begin_read(cache, read, error);
		if (begun == BEGUN)
			return read;
		if (cache_after_begin(cache, begun, error))
			return NULL;
	}
	return NULL;
}

void cache_read_end(struct cache_read **read)
{
	struct cache_read *ended = read ? *read : NULL;
	struct cache *cache;

	if (!ended)
		return;
	*read = NULL;
	cache = ended->cache;
	mdb_txn_reset(ended->txn);
	pthread_mutex_lock(&cache->lock);
	if (cache->pool_count < POOL_MAX) {
		ended->next = cache->pool;
		cache->pool = ended;
		cache->pool_count++;
	} else {
		reader_free(ended);
	}
	cache_leave_locked(cache);
	pthread_mutex_unlock(&cache->lock);
}

void cache_retry_now(struct cache *cache)
{
	pthread_mutex_lock(&cache->lock);
	cache->retry_at_ms = 0;
	pthread_mutex_unlock(&cache->lock);
}

int cache_create(const struct cache_options *options,
	const struct keyring *ring, struct error *error)
{
	return store_create(options, ring, error);
}

static void destroy(struct cache *cache)
{
	pthread_cond_destroy(&cache->changed);
	pthread_mutex_destroy(&cache->lock);
	free((char *)(uintptr_t)cache->options.directory);
	free(cache);
}

static struct cache *cache_new(const struct cache_options *options)
{
	struct cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->options = *options;
	cache->options.directory = strdup(options->directory);
	pthread_mutex_init(&cache->lock, NULL);
	deadline_cond_init(&cache->changed);
	if (!cache->options.directory) {
		destroy(cache);
		return NULL;
	}
	return cache;
}

struct cache *cache_open_slots(const struct cache_options *options,
	const struct keyring *ring, unsigned readers_max, struct error *error)
{
	struct cache *cache = cache_new(options);

	if (!cache) {
		error_set(error, "out of memory");
		return NULL;
	}
	cache->store.options = &cache->options;
	cache->store.ring = ring;
	cache->store.readers_max = readers_max;
	if (store_open(&cache->store, error)) {
		destroy(cache);
		return NULL;
	}
	return cache;
}

struct cache *cache_open(const struct cache_options *options,
	const struct keyring *ring, struct error *error)
{
	return cache_open_slots(options, ring, STORE_READERS_MAX, error);
}

void cache_close(struct cache **cache)
{
	if (!cache || !*cache)
		return;
	close_store(*cache);
	destroy(*cache);
	*cache = NULL;
}
