/* SPDX-License-Identifier: BSD-2-Clause */
#include "cache/store.h"
#include "cache/store_format.h"

/* Reads the meta record; the handle is good until the transaction ends. */
static int read_format(MDB_txn *txn, MDB_dbi *meta_r, MDB_val *value_r)
{
	MDB_val key = { sizeof(STORE_FORMAT_KEY) - 1,
		(void *)(uintptr_t)STORE_FORMAT_KEY };
	int rc = mdb_dbi_open(txn, store_db_name(STORE_META), 0, meta_r);

	return rc ? rc : mdb_get(txn, *meta_r, &key, value_r);
}

/* Returns 0, or LMDB's code; whatever is not of the old format is left. */
static int upgrade(const struct store *store, MDB_txn *txn)
{
	MDB_val key = { sizeof(STORE_FORMAT_KEY) - 1,
		(void *)(uintptr_t)STORE_FORMAT_KEY };
	struct store_format format;
	MDB_val value;
	MDB_dbi meta, threads;
	int rc = read_format(txn, &meta, &value);

	if (rc || !store_format_renew(
			  value.mv_data, value.mv_size, store->ring, &format))
		return rc;
	value.mv_data = format.bytes;
	value.mv_size = sizeof(format.bytes);
	rc = mdb_dbi_open(
		txn, store_db_name(STORE_THREADS), MDB_CREATE, &threads);
	return rc ? rc : mdb_put(txn, meta, &key, &value, 0);
}

/* Whether it is of the old format, seen without the write lock. */
static bool is_old(const struct store *store)
{
	struct store_format format;
	MDB_txn *txn;
	MDB_dbi meta;
	MDB_val value;
	bool old = false;

	if (mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn))
		return false;
	if (!read_format(txn, &meta, &value))
		old = store_format_renew(
			value.mv_data, value.mv_size, store->ring, &format);
	mdb_txn_abort(txn);
	return old;
}

int store_upgrade(struct store *store, struct error *error)
{
	MDB_txn *txn;
	int rc;

	if (!is_old(store))
		return 0;
	rc = mdb_txn_begin(store->env, NULL, 0, &txn);
	if (!rc) {
		rc = upgrade(store, txn);
		if (rc)
			mdb_txn_abort(txn);
		else
			rc = mdb_txn_commit(txn);
	}
	if (rc)
		return store_error(error, store->options->directory,
			"bring the cache to this version's format", rc);
	return 0;
}
