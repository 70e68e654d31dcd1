/* SPDX-License-Identifier: BSD-2-Clause */
/* A change inside a write transaction. Private to the writer. */
#ifndef CACHE_WRITER_APPLY_H
#define CACHE_WRITER_APPLY_H

#include <lmdb.h>
#include "cache/writer.h"

/* Returns 0, or LMDB's code; EBADMSG: a record that must be read is bad. */
int writer_apply_change(
	const struct cache *cache, MDB_txn *txn, struct change *change);

#endif
