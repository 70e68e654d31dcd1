/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The meta record: what a cache was made with. Comparing it is what keeps a
 * wrong key ring or another address form from reading as "not opted out".
 */
#ifndef CACHE_STORE_FORMAT_H
#define CACHE_STORE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include "cache/cache.h"

#define STORE_FORMAT_KEY "format"
#define STORE_FORMAT_SIZE 28

struct store_format {
	unsigned char bytes[STORE_FORMAT_SIZE];
};

/* For a cache that is made now. */
void store_format_make(const struct keyring *ring,
	const struct cache_options *options, struct store_format *format_r);

/*
 * Whether value is a sound meta record of the format before this one: then
 * format_r is the same in this format.
 */
bool store_format_renew(const void *value, size_t size,
	const struct keyring *ring, struct store_format *format_r);

/* Returns 0, or -1 with what differs and what to do. */
int store_format_check(const void *value, size_t size,
	const struct keyring *ring, const struct cache_options *options,
	struct error *error);

#endif
