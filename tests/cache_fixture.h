/* SPDX-License-Identifier: BSD-2-Clause */
/* A key ring with known keys and a fresh cache in a temporary directory. */
#ifndef TESTS_CACHE_FIXTURE_H
#define TESTS_CACHE_FIXTURE_H

#include <limits.h>
#include "cache/cache.h"
#include "cache/writer.h"

#define FIXTURE_SITE_KEY                                                       \
	"000102030405060708090a0b0c0d0e0f"                                     \
	"101112131415161718191a1b1c1d1e1f"

struct fixture {
	char root[128];	     /* removed at the end */
	char directory[160]; /* of the cache */
	char keys[160];
	struct keyring *ring;
	struct cache_options options;
};

/* Makes the ring, and with create an empty cache. Fails the test itself. */
void fixture_init(struct fixture *fixture, bool create);
void fixture_fini(struct fixture *fixture);

/* root/name, good until the next call. */
const char *fixture_path(const struct fixture *fixture, const char *name);

void fixture_write_file(const char *path, const void *data, size_t size);

/* Opens the cache, or fails the test with the error's text. */
struct cache *fixture_open(const struct fixture *fixture);

/* "buyer-N" and so on, as identities. */
struct identity fixture_id(
	const struct fixture *fixture, enum identity_type type, unsigned n);

/* An opt-out of buyer n from all sellers. */
struct change fixture_optout(const struct fixture *fixture, unsigned n);

/* Adds opt-outs of buyers from .. to - 1 in one commit. 0 or -1. */
int fixture_fill(const struct fixture *fixture, struct cache *cache,
	unsigned from, unsigned to, struct error *error);

/* Whether buyer n has opted out: 1, 0, -1; -2: the cache is unavailable. */
int fixture_ask(const struct fixture *fixture, struct cache *cache, unsigned n,
	struct error *error);

#endif
