/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include "ctl/export_rows.h"
#include "ctl/jsonout.h"
#include "ctl/times.h"

#define COLUMNS_MAX 6
#define CANNOT_WRITE 1

struct export
{
	FILE *out;
	bool json;
	const char *const *columns;
	uint64_t bad;
};

/* NULL ends the names. import knows the same ones. */
static const char *const optout_columns[] = { "buyer_id", "seller_id",
	"order_id", "until", "source", "created", NULL };
static const char *const alias_columns[] = { "alias_id", "buyer_id", NULL };
static const char *const order_columns[] = { "order_id", "buyer_id",
	"seller_id", "custom", NULL };

static int write_json(
	const struct export *export, const char *const values[COLUMNS_MAX])
{
	struct jsonout out;

	jsonout_begin(&out);
	for (size_t i = 0; export->columns[i]; i++)
		jsonout_string(&out, export->columns[i],
			values[i][0] ? values[i] : NULL);
	return jsonout_write(&out, export->out) < 0 ? CANNOT_WRITE : 0;
}

/*
 * Writes one row. The values are ids, times and names of ours, so there is
 * nothing in them to be quoted.
 */
static int write_row(
	const struct export *export, const char *const values[COLUMNS_MAX])
{
	if (export->json)
		return write_json(export, values);
	for (size_t i = 0; export->columns[i]; i++)
		fprintf(export->out, "%s%s", i ? "," : "", values[i]);
	fputc('\n', export->out);
	return ferror(export->out) ? CANNOT_WRITE : 0;
}

static int visit_optout(const struct optout *optout, void *context)
{
	struct export *export = context;
	char buyer[IDENTITY_HEX_SIZE], scope[IDENTITY_HEX_SIZE];
	char until[TIMES_SIZE] = "", created[TIMES_SIZE];

	if (!optout) {
		export->bad++;
		return 0;
	}
	identity_to_hex(&optout->buyer, buyer);
	identity_to_hex(&optout->scope_id, scope);
	if (optout->until != 0)
		times_format(optout->until, until);
	times_format(optout->created, created);
	return write_row(export,
		(const char *const[COLUMNS_MAX]){ buyer,
			optout->scope == SCOPE_SELLER ? scope : "",
			optout->scope == SCOPE_ORDER ? scope : "", until,
			optout_source_name(optout->source), created });
}

static int visit_alias(const struct alias *alias, void *context)
{
	struct export *export = context;
	char id[IDENTITY_HEX_SIZE], buyer[IDENTITY_HEX_SIZE];

	if (!alias) {
		export->bad++;
		return 0;
	}
	identity_to_hex(&alias->alias, id);
	identity_to_hex(&alias->buyer, buyer);
	return write_row(export, (const char *const[COLUMNS_MAX]){ id, buyer });
}

static int visit_order(const struct order *order, void *context)
{
	struct export *export = context;
	char id[IDENTITY_HEX_SIZE], buyer[IDENTITY_HEX_SIZE],
		seller[IDENTITY_HEX_SIZE];

	if (!order) {
		export->bad++;
		return 0;
	}
	identity_to_hex(&order->order, id);
	identity_to_hex(&order->buyer, buyer);
	identity_to_hex(&order->seller, seller);
	return write_row(
		export, (const char *const[COLUMNS_MAX]){ id, buyer, seller,
				order->custom ? "yes" : "no" });
}

static int walk(
	struct cache_read *read, enum bulk_kind kind, struct export *export)
{
	switch (kind) {
	case BULK_OPTOUTS:
		return cache_walk_optouts(read, visit_optout, export);
	case BULK_ALIASES:
		return cache_walk_aliases(read, visit_alias, export);
	default:
		return cache_walk_orders(read, visit_order, export);
	}
}

int export_rows(struct cache_read *read, enum bulk_kind kind, bool json,
	FILE *out, uint64_t *bad_r)
{
	struct export export = {
		.out = out,
		.json = json,
		.columns = kind == BULK_OPTOUTS	  ? optout_columns
			   : kind == BULK_ALIASES ? alias_columns
						  : order_columns,
	};
	int rc;

	for (size_t i = 0; !json && export.columns[i]; i++)
		fprintf(out, "%s%s", i ? "," : "", export.columns[i]);
	if (!json)
		fputc('\n', out);
	rc = walk(read, kind, &export);
	*bad_r = export.bad;
	return rc;
}
