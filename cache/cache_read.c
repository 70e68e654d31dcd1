/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions to a read transaction, and the backup. */
#include "cache/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "cache/cache_private.h"

/* Returns 1 found, 0 not found, -1 failed. */
static int get(struct cache_read *read, enum store_db db, const void *key,
	size_t key_size, MDB_val *value_r)
{
	MDB_val key_value = { key_size, (void *)(uintptr_t)key };
	int rc = mdb_get(read->txn, read->store->dbi[db], &key_value, value_r);

	if (rc == MDB_NOTFOUND)
		return 0;
	return rc ? -1 : 1;
}

int cache_find_alias(struct cache_read *read, const struct identity *alias,
	struct identity *buyer_r)
{
	struct alias found;
	MDB_val value;
	int rc = get(read, STORE_ALIASES, alias, sizeof(*alias), &value);

	if (rc <= 0)
		return rc;
	if (record_to_alias(read->store->ring, alias, sizeof(*alias),
		    value.mv_data, value.mv_size, &found))
		return -1;
	*buyer_r = found.buyer;
	return 1;
}

int cache_find_order(struct cache_read *read, const struct identity *order,
	struct order *order_r)
{
	MDB_val value;
	int rc = get(read, STORE_ORDERS, order, sizeof(*order), &value);

	if (rc <= 0)
		return rc;
	if (record_to_order(read->store->ring, order, sizeof(*order),
		    value.mv_data, value.mv_size, order_r))
		return -1;
	return 1;
}

static bool holds(const struct optout *optout, int64_t now)
{
	return optout->until == 0 || now < optout->until;
}

/* Moves to the first key not before key. 1 it is buyer's, 0 it is not, -1. */
static int seek(MDB_cursor *cursor, const struct identity *buyer,
	MDB_cursor_op op, MDB_val *key, MDB_val *value)
{
	int rc = mdb_cursor_get(cursor, key, value, op);

	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc)
		return -1;
	return key->mv_size >= sizeof(*buyer) &&
	       memcmp(key->mv_data, buyer, sizeof(*buyer)) == 0;
}

int cache_has_optout(
	struct cache_read *read, const struct identity *buyer, int64_t now)
{
	MDB_val key = { sizeof(*buyer), (void *)(uintptr_t)buyer };
	MDB_cursor_op op = MDB_SET_RANGE;
	MDB_cursor *cursor;
	MDB_val value;
	struct optout optout;
	int rc;

	if (mdb_cursor_open(
		    read->txn, read->store->dbi[STORE_OPTOUTS], &cursor))
		return -1;
	while ((rc = seek(cursor, buyer, op, &key, &value)) > 0) {
		if (record_to_optout(read->store->ring, key.mv_data,
			    key.mv_size, value.mv_data, value.mv_size, &optout))
			rc = -1;
		if (rc < 0 || holds(&optout, now))
			break;
		op = MDB_NEXT;
	}
	mdb_cursor_close(cursor);
	return rc;
}

/*
 * The buyer's first record, which is the opt-out from all sellers if there is
 * one. Most buyers have none, and one descent of the tree tells.
 */
static int find_first(struct cache_read *read, const struct identity *buyer,
	struct optout *optout_r)
{
	MDB_val key = { sizeof(*buyer), (void *)(uintptr_t)buyer };
	MDB_cursor *cursor;
	MDB_val value;
	int rc;

	if (mdb_cursor_open(
		    read->txn, read->store->dbi[STORE_OPTOUTS], &cursor))
		return -1;
	rc = seek(cursor, buyer, MDB_SET_RANGE, &key, &value);
	mdb_cursor_close(cursor);
	if (rc > 0 &&
		record_to_optout(read->store->ring, key.mv_data, key.mv_size,
			value.mv_data, value.mv_size, optout_r))
		rc = -1;
	return rc;
}

/* The buyer's opt-out of one scope, if it holds. id may be NULL: none. */
static int find_scope(struct cache_read *read, const struct identity *buyer,
	enum optout_scope scope, const struct identity *id, int64_t now,
	struct optout *optout_r)
{
	struct optout wanted = { .buyer = *buyer, .scope = scope };
	unsigned char key[RECORD_KEY_SIZE_MAX];
	size_t key_size;
	MDB_val value;
	int rc;

	if (!id)
		return 0;
	wanted.scope_id = *id;
	key_size = record_optout_key(&wanted, key);
	rc = get(read, STORE_OPTOUTS, key, key_size, &value);
	if (rc <= 0)
		return rc;
	if (record_to_optout(read->store->ring, key, key_size, value.mv_data,
		    value.mv_size, optout_r))
		return -1;
	return holds(optout_r, now);
}

int cache_find_optout(struct cache_read *read, const struct identity *buyer,
	const struct identity *seller, const struct identity *order,
	int64_t now, struct optout *optout_r)
{
	struct optout optout;
	int rc = find_first(read, buyer, &optout);

	if (rc <= 0)
		return rc;
	rc = optout.scope == SCOPE_ALL && holds(&optout, now);
	if (rc == 0)
		rc = find_scope(
			read, buyer, SCOPE_SELLER, seller, now, &optout);
	if (rc == 0)
		rc = find_scope(read, buyer, SCOPE_ORDER, order, now, &optout);
	if (rc > 0 && optout_r)
		*optout_r = optout;
	return rc;
}

static int count(struct cache_read *read, enum store_db db, uint64_t *count_r)
{
	MDB_stat stat;

	if (mdb_stat(read->txn, read->store->dbi[db], &stat))
		return -1;
	*count_r = stat.ms_entries;
	return 0;
}

int cache_count(struct cache_read *read, struct cache_counts *counts_r)
{
	MDB_envinfo info;
	MDB_stat stat;

	if (count(read, STORE_OPTOUTS, &counts_r->optouts) ||
		count(read, STORE_ALIASES, &counts_r->aliases) ||
		count(read, STORE_ORDERS, &counts_r->orders) ||
		count(read, STORE_THREADS, &counts_r->threads) ||
		mdb_env_info(read->store->env, &info) ||
		mdb_env_stat(read->store->env, &stat))
		return -1;
	counts_r->bytes = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
	return 0;
}

/* The caller's visitor, for visit_record(). */
struct closure {
	union {
		int (*optout)(const struct optout *optout, void *context);
		int (*alias)(const struct alias *alias, void *context);
		int (*order)(const struct order *order, void *context);
		int (*thread)(const struct thread *thread, void *context);
	};
	void *context;
};

/* Decodes a record and passes it on, or NULL for a bad one. */
typedef int visit_record(const struct keyring *ring, const MDB_val *key,
	const MDB_val *value, const struct closure *closure);

static int walk(struct cache_read *read, enum store_db db, visit_record *visit,
	const struct closure *closure)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	int rc, stop = 0;

	if (mdb_cursor_open(read->txn, read->store->dbi[db], &cursor))
		return -1;
	while (!stop && !(rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)))
		stop = visit(read->store->ring, &key, &value, closure);
	mdb_cursor_close(cursor);
	if (stop)
		return stop;
	return rc == MDB_NOTFOUND ? 0 : -1;
}

static int visit_optout(const struct keyring *ring, const MDB_val *key,
	const MDB_val *value, const struct closure *closure)
{
	struct optout optout;
	int rc = record_to_optout(ring, key->mv_data, key->mv_size,
		value->mv_data, value->mv_size, &optout);

	return closure->optout(rc ? NULL : &optout, closure->context);
}

static int visit_alias(const struct keyring *ring, const MDB_val *key,
	const MDB_val *value, const struct closure *closure)
{
	struct alias alias;
	int rc = record_to_alias(ring, key->mv_data, key->mv_size,
		value->mv_data, value->mv_size, &alias);

	return closure->alias(rc ? NULL : &alias, closure->context);
}

static int visit_order(const struct keyring *ring, const MDB_val *key,
	const MDB_val *value, const struct closure *closure)
{
	struct order order;
	int rc = record_to_order(ring, key->mv_data, key->mv_size,
		value->mv_data, value->mv_size, &order);

	return closure->order(rc ? NULL : &order, closure->context);
}

static int visit_thread(const struct keyring *ring, const MDB_val *key,
	const MDB_val *value, const struct closure *closure)
{
	struct thread thread;
	int rc = record_to_thread(ring, key->mv_data, key->mv_size,
		value->mv_data, value->mv_size, &thread);

	return closure->thread(rc ? NULL : &thread, closure->context);
}

int cache_walk_optouts(struct cache_read *read,
	int (*visit)(const struct optout *optout, void *context), void *context)
{
	struct closure closure = { .optout = visit, .context = context };

	return walk(read, STORE_OPTOUTS, visit_optout, &closure);
}

int cache_walk_aliases(struct cache_read *read,
	int (*visit)(const struct alias *alias, void *context), void *context)
{
	struct closure closure = { .alias = visit, .context = context };

	return walk(read, STORE_ALIASES, visit_alias, &closure);
}

int cache_walk_orders(struct cache_read *read,
	int (*visit)(const struct order *order, void *context), void *context)
{
	struct closure closure = { .order = visit, .context = context };

	return walk(read, STORE_ORDERS, visit_order, &closure);
}

int cache_walk_threads(struct cache_read *read,
	int (*visit)(const struct thread *thread, void *context), void *context)
{
	struct closure closure = { .thread = visit, .context = context };

	return walk(read, STORE_THREADS, visit_thread, &closure);
}

/* Opens a directory that must be empty. Returns a descriptor, or -1. */
static int open_empty_directory(const char *directory, struct error *error)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = fd < 0 ? NULL : opendir(directory);
	const struct dirent *entry;
	bool empty = true;

	if (!listing) {
		error_set(error, "%s: cannot open: %s", directory,
			strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while ((entry = readdir(listing)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			empty = false;
	closedir(listing);
	if (empty)
		return fd;
	close(fd);
	return error_set(
		error, "%s: is not empty; name an empty directory", directory);
}

/* Returns 0, or a code of LMDB or errno. */
static int copy_to(MDB_env *env, int fd, int dir_fd)
{
	int rc = mdb_env_copyfd2(env, fd, MDB_CP_COMPACT);

	/* Pages that an old version leaked; a plain copy takes them along. */
	if (rc == MDB_INCOMPATIBLE) {
		if (lseek(fd, 0, SEEK_SET) || ftruncate(fd, 0))
			return errno;
		rc = mdb_env_copyfd2(env, fd, 0);
	}
	if (!rc && (fsync(fd) || fsync(dir_fd)))
		rc = errno;
	return rc;
}

static int backup_into(struct store *store, int dir_fd, const char *directory,
	struct error *error)
{
	int rc;
	int fd = openat(dir_fd, STORE_DATA_NAME,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		STORE_FILE_MODE);

	if (fd < 0)
		return store_error(
			error, directory, "create " STORE_DATA_NAME, errno);
	rc = copy_to(store->env, fd, dir_fd);
	if (close(fd) && !rc)
		rc = errno;
	if (!rc)
		return 0;
	unlinkat(dir_fd, STORE_DATA_NAME, 0);
	return store_error(error, directory, "copy the database", rc);
}

int cache_backup(
	struct cache *cache, const char *directory, struct error *error)
{
	/* Finds a bad store, and adopts a larger map, before the copy does. */
	struct cache_read *read = cache_read_begin(cache, error);
	int fd, rc;

	if (!read)
		return -1;
	fd = open_empty_directory(directory, error);
	rc = fd < 0 ? -1 : backup_into(read->store, fd, directory, error);
	if (fd >= 0)
		close(fd);
	cache_read_end(&read);
	return rc;
}
