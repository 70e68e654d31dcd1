/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses, sellers and order IDs, as operators and files write them, become
 * the keys of the cache: the same keys that mail gets.
 */
#ifndef CTL_NAMES_H
#define CTL_NAMES_H

#include <stdbool.h>
#include "cache/cache.h"
#include "ctl/ctl.h"
#include "policy/order.h"

/* Each returns 0, or -1 with error set. */

/* type is IDENTITY_BUYER or IDENTITY_ALIAS. */
int names_address(const struct ctl *ctl, const char *address,
	enum identity_type type, struct identity *id_r, struct error *error);

/* A mail address, or a login name. */
int names_seller(const struct ctl *ctl, const char *seller,
	struct identity *id_r, struct error *error);

/* text_r holds ORDER_ID_SIZE octets: the normalized ID. May be NULL. */
int names_order(const struct ctl *ctl, const char *order, char *text_r,
	struct identity *id_r, struct error *error);

/* Whether the policy's order pattern takes the whole of text. */
bool names_is_order(const struct ctl *ctl, const char *text);

/* A buyer by one of the addresses. */
struct buyer {
	struct identity id;   /* of the buyer: what an alias stands for */
	struct identity self; /* of the address; without an alias the same */
	bool by_alias;
};

int names_find_buyer(const struct ctl *ctl, struct cache_read *read,
	const char *address, struct buyer *buyer_r, struct error *error);

#endif
