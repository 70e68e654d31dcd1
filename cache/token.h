/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thread tokens: short texts that say, under a key of the key ring, that a
 * message of a buyer to a seller about an order was seen. They come back in
 * a reply even where its Message-ID was replaced on the way. Pure: any thread.
 */
#ifndef CACHE_TOKEN_H
#define CACHE_TOKEN_H

#include <stdint.h>
#include "cache/cache.h"
#include "cache/identity.h"

#define TOKEN_PREFIX "omt1"
#define TOKEN_SIZE 49 /* octets with NUL; letters and digits only */

struct token_thread {
	struct identity buyer;
	struct identity seller;
	struct identity order;			 /* zero: none */
	unsigned char thread[CACHE_PREFIX_SIZE]; /* first octets of its id */
	int64_t until; /* last second it holds, of a whole day */
};

/*
 * Writes the token for a thread, with the signing key. thread->until is
 * rounded up to a day. Returns 0, or -1: the key ring has no signing key.
 */
int token_make(const struct keyring *ring, const struct token_thread *thread,
	char token_r[TOKEN_SIZE]);

/*
 * Whether token stands for a message of thread->buyer to thread->seller, holds
 * at now, and was made with a key that the ring still has. If a reply names an
 * order, thread->order, it must be the token's, unless that has none. Fills
 * thread->thread and until. Letters in either case.
 */
bool token_verify(const struct keyring *ring, const char *token,
	struct token_thread *thread, int64_t now);

#endif
