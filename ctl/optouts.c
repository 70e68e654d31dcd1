/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/optouts.h"
#include "ctl/times.h"

enum walk_end {
	WALK_PASSED = 1, /* beyond the buyer's records */
	WALK_NO_MEMORY,
};

struct walk {
	const struct identity *buyer;
	int64_t now;
	struct optout_list *list;
};

static int append(struct optout_list *list, const struct optout *optout)
{
	struct optout *items =
		reallocarray(list->items, list->count + 1, sizeof(*items));

	if (!items)
		return -1;
	list->items = items;
	list->items[list->count++] = *optout;
	return 0;
}

/* Records come in the order of buyers, so the walk can end early. */
static int visit(const struct optout *optout, void *context)
{
	struct walk *walk = context;
	int order;

	if (!optout)
		return 0; /* of this buyer there is none: asked before */
	order = memcmp(&optout->buyer, walk->buyer, sizeof(*walk->buyer));
	if (order < 0)
		return 0;
	if (order > 0)
		return WALK_PASSED;
	if (optout->until != 0 && optout->until <= walk->now)
		return 0;
	return append(walk->list, optout) < 0 ? WALK_NO_MEMORY : 0;
}

int optouts_find_all(struct cache_read *read, const struct identity *buyer,
	int64_t now, struct optout_list *list_r, struct error *error)
{
	struct walk walk = { buyer, now, list_r };
	int found = cache_has_optout(read, buyer, now);

	*list_r = (struct optout_list){ 0 };
	if (found < 0)
		return error_set(error,
			"the opt-outs of this buyer cannot be read; run "
			"optoutctl verify");
	if (found == 0)
		return 0;
	found = cache_walk_optouts(read, visit, &walk);
	if (found == 0 || found == WALK_PASSED)
		return 0;
	optouts_fini(list_r);
	return error_set(error, "%s",
		found == WALK_NO_MEMORY
			? "out of memory"
			: "the cache failed; run optoutctl verify");
}

int optouts_find(struct cache_read *read, const struct identity *buyer,
	int64_t now, struct optout_list *list_r, struct error *error)
{
	struct optout optout;

	*list_r = (struct optout_list){ 0 };
	if (cache_find_optout(read, buyer, NULL, NULL, now, &optout) != 1)
		return optouts_find_all(read, buyer, now, list_r, error);
	return append(list_r, &optout) == 0 ? 0
					    : error_set(error, "out of memory");
}

void optouts_fini(struct optout_list *list)
{
	free(list->items);
	*list = (struct optout_list){ 0 };
}

const char *scope_name(enum optout_scope scope)
{
	switch (scope) {
	case SCOPE_SELLER:
		return "seller";
	case SCOPE_ORDER:
		return "order";
	default:
		return "all";
	}
}

void optouts_print(const struct optout *optout)
{
	char id[IDENTITY_HEX_SIZE], text[TIMES_SIZE];

	identity_to_hex(&optout->scope_id, id);
	times_format(optout->created, text);
	if (optout->scope == SCOPE_ALL)
		printf(": opted out, all sellers");
	else
		printf(": opted out, one %s (id %s)", scope_name(optout->scope),
			id);
	printf(", since %s", text);
	if (optout->until != 0) {
		times_format(optout->until, text);
		printf(", until %s", text);
	}
	printf(", source %s", optout_source_name(optout->source));
}

json_t *optouts_json(const struct optout *optout)
{
	char id[IDENTITY_HEX_SIZE];
	struct jsonout out;

	identity_to_hex(&optout->scope_id, id);
	jsonout_begin(&out);
	jsonout_string(&out, "scope", scope_name(optout->scope));
	jsonout_string(
		&out, "scope_id", optout->scope == SCOPE_ALL ? NULL : id);
	jsonout_time(&out, "since", optout->created);
	jsonout_time(&out, "until", optout->until);
	jsonout_string(&out, "source", optout_source_name(optout->source));
	return jsonout_take(&out);
}
