/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all sessions of a process share: the current snapshot, the cache, the
 * key ring, and how many messages are under way. Any thread.
 */
#ifndef MILTER_SERVICE_H
#define MILTER_SERVICE_H

#include <stdbool.h>
#include "cache/cache.h"
#include "cache/identity.h"
#include "cache/writer.h"
#include "milter/snapshot.h"
#include "policy/error.h"

struct service;

/*
 * Takes over the reference to snapshot and the cache, which may be NULL: then
 * it is opened as soon as that succeeds. ring stays the caller's.
 * NULL: out of memory.
 */
struct service *service_new(struct snapshot *snapshot, struct cache *cache,
	const struct keyring *ring);
void service_free(struct service **service);

/* A reference to the current snapshot; the caller drops it. */
struct snapshot *service_snapshot(struct service *service);

/* Makes snapshot (whose reference it takes) the current one. */
void service_swap(struct service *service, struct snapshot *snapshot);

/* The options by which the cache of a configuration is opened. */
struct cache_options service_cache_options(const struct conf *conf);

/*
 * Begins to read the cache. Opens one that could not be opened before, at most
 * once a second. NULL with error set: unavailable.
 */
struct cache_read *service_read(struct service *service, struct error *error);
const struct keyring *service_keyring(struct service *service);

/*
 * Lets service_apply() write, which starts a writer as soon as the cache is
 * open. Without it nothing is ever written: explain asks what would be.
 */
void service_allow_writing(struct service *service);

/*
 * Applies changes as one unit, committed within two seconds. Returns 0 after
 * the commit, 1 where nothing may be written, -1 with error set: not
 * committed, or not known to be.
 */
int service_apply(struct service *service, struct change *changes, size_t count,
	struct error *error);

/* Notes whether the cache answered. True when that changed: worth a log line. */
bool service_cache_changed(struct service *service, bool available);

/*
 * A message begins and ends. service_begin() returns false while draining:
 * the message gets SHUTTING_DOWN and is not counted.
 */
bool service_begin(struct service *service);
void service_end(struct service *service);

/*
 * Refuses new messages and waits until none is under way, or timeout_ms.
 * Returns whether none is.
 */
bool service_drain(struct service *service, int timeout_ms);

#endif
