/* SPDX-License-Identifier: BSD-2-Clause */
/* Write transactions: begin, commit, and when to write no more. */
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include "cache/cache_private.h"

#define DISK_FULL_BYTES (1024 * 1024)

static bool check_write_stopped(struct cache *cache, struct error *error)
{
	bool stopped;

	pthread_mutex_lock(&cache->lock);
	stopped = cache->write_stopped;
	if (stopped && error)
		*error = cache->write_trouble;
	pthread_mutex_unlock(&cache->lock);
	return stopped;
}

bool cache_write_stopped(struct cache *cache)
{
	return check_write_stopped(cache, NULL);
}

void cache_write_allow(struct cache *cache)
{
	pthread_mutex_lock(&cache->lock);
	cache->write_stopped = false;
	pthread_mutex_unlock(&cache->lock);
}

static enum begun begin_write(
	struct cache *cache, MDB_txn **txn_r, struct error *error)
{
	struct store *store = &cache->store;
	int rc;

	if (store_files_check(&store->files, true, error))
		return BEGIN_BAD;
	rc = mdb_txn_begin(store->env, NULL, 0, txn_r);
	if (rc)
		return cache_begin_error(cache, rc, error);
	/* Waiting for the write lock may have taken long. */
	if (store_files_check(&store->files, true, error) ||
		store_check_content(store, *txn_r, error)) {
		mdb_txn_abort(*txn_r);
		return BEGIN_BAD;
	}
	return BEGUN;
}

int cache_write_begin(struct cache *cache, MDB_txn **txn_r, struct error *error)
{
	struct error local = { "", "" };

	if (!error)
		error = &local;
	for (int i = 0; i < CACHE_TRIES; i++) {
		enum begun begun;
		if (check_write_stopped(cache, error) ||
			cache_enter(cache, NULL, error))
			return -1;
		begun = begin_write(cache, txn_r, error);
		if (begun == BEGUN)
			return 0;
		if (cache_after_begin(cache, begun, error))
			return -1;
	}
	return -1;
}

/* LMDB calls a short write EIO, which is what a full disk looks like too. */
static bool is_disk_full(const struct cache *cache)
{
	struct statvfs fs;

	return statvfs(cache->options.directory, &fs) == 0 &&
	       (uint64_t)fs.f_bavail * fs.f_frsize < DISK_FULL_BYTES;
}

/*
 * After a failed sync the kernel may have dropped what it could not write,
 * and the next sync succeed: nothing that depends on it may be written.
 */
static void stop_writing(struct cache *cache, struct error *error)
{
	error_set(error,
		"%s: stopped writing after a failed sync (%s); check the disk,"
		" then restart",
		cache->options.directory, strerror(EIO));
	pthread_mutex_lock(&cache->lock);
	cache->write_stopped = true;
	cache->write_trouble = *error;
	pthread_mutex_unlock(&cache->lock);
}

int cache_write_error(struct cache *cache, int rc, struct error *error)
{
	return store_error(error, cache->options.directory, "write", rc);
}

int cache_write_commit(struct cache *cache, MDB_txn *txn, struct error *error)
{
	struct error local;
	int rc = mdb_txn_commit(txn);

	if (!error)
		error = &local;
	if (!rc) {
		store_fill_tail(&cache->store);
		pthread_mutex_lock(&cache->lock);
		cache->commits++;
		cache_leave_locked(cache);
		pthread_mutex_unlock(&cache->lock);
		return 0;
	}
	if (rc == EIO && is_disk_full(cache))
		rc = ENOSPC;
	cache_write_error(cache, rc, error);
	if (rc == EIO)
		stop_writing(cache, error);
	cache_leave(cache);
	return -1;
}

void cache_write_abort(struct cache *cache, MDB_txn *txn)
{
	mdb_txn_abort(txn);
	cache_leave(cache);
}

const struct keyring *cache_keyring(const struct cache *cache)
{
	return cache->store.ring;
}

MDB_dbi cache_dbi(const struct cache *cache, enum store_db db)
{
	return cache->store.dbi[db];
}

unsigned long cache_commits(struct cache *cache)
{
	unsigned long commits;

	pthread_mutex_lock(&cache->lock);
	commits = cache->commits;
	pthread_mutex_unlock(&cache->lock);
	return commits;
}
