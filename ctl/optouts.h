/* SPDX-License-Identifier: BSD-2-Clause */
/* The opt-outs of one buyer, for those who want to see them all. */
#ifndef CTL_OPTOUTS_H
#define CTL_OPTOUTS_H

#include <stddef.h>
#include <stdint.h>
#include "cache/cache.h"
#include "ctl/jsonout.h"
#include "policy/error.h"

struct optout_list {
	struct optout *items;
	size_t count;
};

/*
 * Lists the opt-outs of any scope that hold at now (0: ended ones, too). The
 * one for all sellers, if any, stands for the rest. Returns 0, or -1 with
 * error set: a record of this buyer is bad, or the cache failed.
 */
int optouts_find(struct cache_read *read, const struct identity *buyer,
	int64_t now, struct optout_list *list_r, struct error *error);

/* As optouts_find(), but really all of them. */
int optouts_find_all(struct cache_read *read, const struct identity *buyer,
	int64_t now, struct optout_list *list_r, struct error *error);
void optouts_fini(struct optout_list *list);

/* "all", "seller" or "order". */
const char *scope_name(enum optout_scope scope);

/* Prints ": opted out, all sellers, since ..., source ..." */
void optouts_print(const struct optout *optout);

/* The same as an object. NULL: out of memory. */
json_t *optouts_json(const struct optout *optout);

#endif
