/* SPDX-License-Identifier: BSD-2-Clause */
/* What each kind of change does inside a write transaction. */
#include "cache/writer_apply.h"

#include <errno.h>
#include <string.h>
#include "cache/cache_private.h"

static int put_record(MDB_txn *txn, MDB_dbi dbi, struct record *record)
{
	MDB_val key = { record->key_size, record->key };
	MDB_val value = { record->value_size, record->value };

	return mdb_put(txn, dbi, &key, &value, 0);
}

static int delete_key(
	MDB_txn *txn, MDB_dbi dbi, void *bytes, size_t size, bool *changed_r)
{
	MDB_val key = { size, bytes };
	int rc = mdb_del(txn, dbi, &key, NULL);

	*changed_r = rc == 0;
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Deletes every record whose key begins with the identity. */
static int delete_all_of(MDB_txn *txn, MDB_dbi dbi,
	const struct identity *owner, bool *changed_r)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	int rc = mdb_cursor_open(txn, dbi, &cursor);

	*changed_r = false;
	if (rc)
		return rc;
	for (;;) {
		key.mv_data = (void *)(uintptr_t)owner;
		key.mv_size = sizeof(*owner);
		rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
		if (rc || key.mv_size < sizeof(*owner) ||
			memcmp(key.mv_data, owner, sizeof(*owner)) != 0)
			break;
		rc = mdb_cursor_del(cursor, 0);
		if (rc)
			break;
		*changed_r = true;
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Reads the stored thread; EBADMSG for a bad record. */
static int get_thread(const struct cache *cache, MDB_txn *txn,
	const struct thread *wanted, struct thread *thread_r)
{
	unsigned char bytes[RECORD_KEY_SIZE_MAX];
	MDB_val key = { record_thread_key(&wanted->buyer, &wanted->id, bytes),
		bytes };
	MDB_val value;
	int rc = mdb_get(txn, cache_dbi(cache, STORE_THREADS), &key, &value);

	if (!rc && record_to_thread(cache_keyring(cache), key.mv_data,
			   key.mv_size, value.mv_data, value.mv_size, thread_r))
		return EBADMSG;
	return rc;
}

static int put_thread(
	const struct cache *cache, MDB_txn *txn, const struct thread *thread)
{
	struct record record;

	record_from_thread(cache_keyring(cache), thread, &record);
	return put_record(txn, cache_dbi(cache, STORE_THREADS), &record);
}

/* A message that comes again opens no new budget. */
static int renew_thread(
	const struct cache *cache, MDB_txn *txn, struct thread *thread)
{
	struct thread old;

	if (!thread->is_reference && !get_thread(cache, txn, thread, &old) &&
		old.replies > thread->replies)
		thread->replies = old.replies;
	return put_thread(cache, txn, thread);
}

/* One reply more, unless there were thread.replies already. */
static int use_thread(
	const struct cache *cache, MDB_txn *txn, struct change *change)
{
	struct thread thread;
	int rc = get_thread(cache, txn, &change->thread, &thread);

	change->changed = false;
	if (rc)
		return rc == MDB_NOTFOUND ? 0 : rc;
	if (thread.is_reference || thread.replies >= change->thread.replies ||
		thread.replies >= UINT16_MAX)
		return 0;
	thread.replies++;
	change->changed = true;
	return put_thread(cache, txn, &thread);
}

/* Deletes a thread, unless it is newer than change->thread.created. */
static int expire_thread(
	const struct cache *cache, MDB_txn *txn, struct change *change)
{
	unsigned char key[RECORD_KEY_SIZE_MAX];
	struct thread thread;
	int rc = get_thread(cache, txn, &change->thread, &thread);

	change->changed = false;
	if (rc)
		return rc == MDB_NOTFOUND ? 0 : rc;
	if (thread.created > change->thread.created)
		return 0;
	return delete_key(txn, cache_dbi(cache, STORE_THREADS), key,
		record_thread_key(&thread.buyer, &thread.id, key),
		&change->changed);
}

static int apply_to_thread(
	const struct cache *cache, MDB_txn *txn, struct change *change)
{
	if (change->kind == CHANGE_PUT_THREAD)
		return renew_thread(cache, txn, &change->thread);
	if (change->kind == CHANGE_USE_THREAD)
		return use_thread(cache, txn, change);
	if (change->kind == CHANGE_EXPIRE_THREAD)
		return expire_thread(cache, txn, change);
	return delete_all_of(txn, cache_dbi(cache, STORE_THREADS),
		&change->thread.buyer, &change->changed);
}

static int delete_optout(MDB_txn *txn, MDB_dbi dbi, struct change *change)
{
	unsigned char key[RECORD_KEY_SIZE_MAX];

	return delete_key(txn, dbi, key,
		record_optout_key(&change->optout, key), &change->changed);
}

int writer_apply_change(
	const struct cache *cache, MDB_txn *txn, struct change *change)
{
	const struct keyring *ring = cache_keyring(cache);
	MDB_dbi optouts = cache_dbi(cache, STORE_OPTOUTS);
	MDB_dbi aliases = cache_dbi(cache, STORE_ALIASES);
	MDB_dbi orders = cache_dbi(cache, STORE_ORDERS);
	struct record record;

	change->changed = true;
	switch (change->kind) {
	case CHANGE_PUT_OPTOUT:
		record_from_optout(ring, &change->optout, &record);
		return put_record(txn, optouts, &record);
	case CHANGE_DELETE_OPTOUT:
		return delete_optout(txn, optouts, change);
	case CHANGE_DELETE_BUYER:
		return delete_all_of(
			txn, optouts, &change->optout.buyer, &change->changed);
	case CHANGE_PUT_ALIAS:
		record_from_alias(ring, &change->alias, &record);
		return put_record(txn, aliases, &record);
	case CHANGE_DELETE_ALIAS:
		return delete_key(txn, aliases, &change->alias.alias,
			sizeof(change->alias.alias), &change->changed);
	case CHANGE_PUT_ORDER:
		record_from_order(ring, &change->order, &record);
		return put_record(txn, orders, &record);
	case CHANGE_DELETE_ORDER:
		return delete_key(txn, orders, &change->order.order,
			sizeof(change->order.order), &change->changed);
	case CHANGE_PUT_THREAD:
	case CHANGE_USE_THREAD:
	case CHANGE_EXPIRE_THREAD:
	case CHANGE_DELETE_THREADS:
		return apply_to_thread(cache, txn, change);
	}
	return EINVAL;
}
