/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of a cache and the LMDB environment in them: checks, creation,
 * opening, whether they are still the ones that were opened. Private to
 * cache.c and writer.c, which say when a store may be opened and closed.
 */
#ifndef CACHE_STORE_H
#define CACHE_STORE_H

#include <lmdb.h>
#include <stdbool.h>
#include "cache/cache.h"
#include "cache/store_files.h"

#define STORE_READERS_MAX 4096

enum store_db {
	STORE_META,
	STORE_OPTOUTS,
	STORE_ALIASES,
	STORE_ORDERS,
	STORE_THREADS,
	STORE_DB_COUNT,
};

struct store {
	const struct cache_options *options;
	const struct keyring *ring;
	unsigned readers_max;
	MDB_env *env; /* NULL: not open */
	MDB_dbi dbi[STORE_DB_COUNT];
	MDB_dbi names; /* the unnamed database: it lists the named ones */
	struct store_files files;
};

/* Creates the database, atomically: a crash leaves none. Returns 0 or -1. */
int store_create(const struct cache_options *options,
	const struct keyring *ring, struct error *error);

/*
 * Opens the store whose options, ring and readers_max are set. LMDB's locks
 * break when a process opens the same files twice. Returns 0 or -1.
 */
int store_open(struct store *store, struct error *error);
void store_close(struct store *store); /* idempotent */

/* Brings a cache that an older version made to the present format. 0 or -1. */
int store_upgrade(struct store *store, struct error *error);

const char *store_db_name(enum store_db db);

/* Whether what txn sees is a whole cache of this ring and address form. */
int store_check_content(
	const struct store *store, MDB_txn *txn, struct error *error);

/* Makes the file as long as its last page, if a commit left it shorter. */
void store_fill_tail(struct store *store);

/* Whether the environment must be closed after this code of LMDB. */
bool store_is_broken(int rc);

#endif
