/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads of the threads: by id, by a token's prefix, and the sweep. */
#include <string.h>
#include "cache/cache_private.h"

/* 1 decoded, 0 not found, -1 error or bad record. */
static int decoded(const struct cache_read *read, int rc, const MDB_val *key,
	const MDB_val *value, struct thread *thread_r)
{
	if (rc)
		return rc == MDB_NOTFOUND ? 0 : -1;
	return record_to_thread(read->store->ring, key->mv_data, key->mv_size,
		       value->mv_data, value->mv_size, thread_r)
		       ? -1
		       : 1;
}

static int get(struct cache_read *read, const struct identity *buyer,
	const struct identity *id, struct thread *thread_r)
{
	unsigned char bytes[RECORD_KEY_SIZE_MAX];
	MDB_val key = { record_thread_key(buyer, id, bytes), bytes };
	MDB_val value;
	int rc = mdb_get(
		read->txn, read->store->dbi[STORE_THREADS], &key, &value);

	return decoded(read, rc, &key, &value, thread_r);
}

int cache_find_thread(struct cache_read *read, const struct identity *buyer,
	const struct identity *id, int64_t since, struct thread *thread_r)
{
	int rc = get(read, buyer, id, thread_r);

	if (rc > 0 && thread_r->is_reference) {
		struct identity target = thread_r->target;

		rc = get(read, buyer, &target, thread_r);
		if (rc > 0 && thread_r->is_reference)
			rc = -1;
	}
	return rc > 0 ? thread_r->created >= since : rc;
}

int cache_find_thread_prefix(struct cache_read *read,
	const struct identity *buyer,
	const unsigned char prefix[CACHE_PREFIX_SIZE], int64_t since,
	struct thread *thread_r)
{
	unsigned char bytes[IDENTITY_SIZE + CACHE_PREFIX_SIZE];
	MDB_val key = { sizeof(bytes), bytes }, value;
	MDB_cursor *cursor;
	int rc;

	memcpy(bytes, buyer->bytes, IDENTITY_SIZE);
	memcpy(bytes + IDENTITY_SIZE, prefix, CACHE_PREFIX_SIZE);
	if (mdb_cursor_open(
		    read->txn, read->store->dbi[STORE_THREADS], &cursor))
		return -1;
	rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
	if (!rc && (key.mv_size < sizeof(bytes) ||
			   memcmp(key.mv_data, bytes, sizeof(bytes)) != 0))
		rc = MDB_NOTFOUND;
	rc = decoded(read, rc, &key, &value, thread_r);
	mdb_cursor_close(cursor);
	if (rc > 0 && thread_r->is_reference)
		rc = 0;
	return rc > 0 ? thread_r->created >= since : rc;
}

/* Places the cursor behind what the sweep saw last. Returns LMDB's code. */
static int resume(MDB_cursor *cursor, const struct cache_sweep *sweep,
	MDB_val *key_r, MDB_val *value_r)
{
	int rc;

	if (sweep->key_size == 0)
		return mdb_cursor_get(cursor, key_r, value_r, MDB_FIRST);
	key_r->mv_data = (void *)(uintptr_t)sweep->key;
	key_r->mv_size = sweep->key_size;
	rc = mdb_cursor_get(cursor, key_r, value_r, MDB_SET_RANGE);
	if (!rc && key_r->mv_size == sweep->key_size &&
		memcmp(key_r->mv_data, sweep->key, sweep->key_size) == 0)
		rc = mdb_cursor_get(cursor, key_r, value_r, MDB_NEXT);
	return rc;
}

int cache_sweep_threads(struct cache_read *read, struct cache_sweep *sweep,
	int64_t before, unsigned look, struct thread *expired_r,
	unsigned expired_max)
{
	unsigned count = 0;
	MDB_cursor *cursor;
	MDB_val key, value;
	int rc;

	if (mdb_cursor_open(
		    read->txn, read->store->dbi[STORE_THREADS], &cursor))
		return -1;
	rc = resume(cursor, sweep, &key, &value);
	while (!rc && look-- > 0 && count < expired_max) {
		if (key.mv_size <= sizeof(sweep->key)) {
			memcpy(sweep->key, key.mv_data, key.mv_size);
			sweep->key_size = key.mv_size;
		}
		if (decoded(read, 0, &key, &value, &expired_r[count]) > 0 &&
			expired_r[count].created < before)
			count++;
		rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	if (rc == MDB_NOTFOUND)
		sweep->key_size = 0;
	return rc && rc != MDB_NOTFOUND ? -1 : (int)count;
}
