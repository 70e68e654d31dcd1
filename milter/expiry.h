/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Removes threads that are too old to be answered, a few at a time, so that
 * no message waits for it. Readers do not see old ones anyway.
 */
#ifndef MILTER_EXPIRY_H
#define MILTER_EXPIRY_H

#include <stdint.h>
#include "cache/cache.h"
#include "milter/service.h"

/* Starts the thread, which runs as long as the process. Returns 0, or -1. */
int expiry_start(struct service *service);

/*
 * One step: looks at some threads, removes the old ones among them. Returns
 * how many it removed, or -1: the cache is unavailable.
 */
int expiry_step(
	struct service *service, struct cache_sweep *sweep, int64_t now);

#endif
