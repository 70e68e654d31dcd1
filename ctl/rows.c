/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include "ctl/names.h"
#include "ctl/rows.h"
#include "ctl/times.h"

#define BIT(column) (1u << (column))

static const char *const column_names[COLUMN_COUNT] = {
	[COLUMN_ALIAS] = "alias",
	[COLUMN_ALIAS_ID] = "alias_id",
	[COLUMN_BUYER] = "buyer",
	[COLUMN_BUYER_ID] = "buyer_id",
	[COLUMN_SELLER] = "seller",
	[COLUMN_SELLER_ID] = "seller_id",
	[COLUMN_ORDER] = "order",
	[COLUMN_ORDER_ID] = "order_id",
	[COLUMN_CUSTOM] = "custom",
	[COLUMN_SOURCE] = "source",
	[COLUMN_CREATED] = "created",
	[COLUMN_UNTIL] = "until",
};

/* The name or the id of each of needed must be there, others of allowed may. */
static const struct {
	const char *name;
	unsigned allowed;
	enum rows_column needed[3]; /* the name's column; the id's follows */
	size_t needed_count;
} kinds[] = {
	[BULK_OPTOUTS] = {
		.name = "optouts",
		.allowed = BIT(COLUMN_BUYER) | BIT(COLUMN_BUYER_ID) |
			BIT(COLUMN_SELLER) | BIT(COLUMN_SELLER_ID) |
			BIT(COLUMN_ORDER) | BIT(COLUMN_ORDER_ID) |
			BIT(COLUMN_UNTIL) | BIT(COLUMN_SOURCE) |
			BIT(COLUMN_CREATED),
		.needed = { COLUMN_BUYER },
		.needed_count = 1,
	},
	[BULK_ALIASES] = {
		.name = "aliases",
		.allowed = BIT(COLUMN_ALIAS) | BIT(COLUMN_ALIAS_ID) |
			BIT(COLUMN_BUYER) | BIT(COLUMN_BUYER_ID),
		.needed = { COLUMN_ALIAS, COLUMN_BUYER },
		.needed_count = 2,
	},
	[BULK_ORDERS] = {
		.name = "orders",
		.allowed = BIT(COLUMN_ORDER) | BIT(COLUMN_ORDER_ID) |
			BIT(COLUMN_BUYER) | BIT(COLUMN_BUYER_ID) |
			BIT(COLUMN_SELLER) | BIT(COLUMN_SELLER_ID) |
			BIT(COLUMN_CUSTOM),
		.needed = { COLUMN_ORDER, COLUMN_BUYER, COLUMN_SELLER },
		.needed_count = 3,
	},
};

int rows_kind_from_name(const char *name, enum bulk_kind *kind_r)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strcmp(kinds[i].name, name)) {
			*kind_r = (enum bulk_kind)i;
			return 0;
		}
	}
	return -1;
}

const char *rows_kind_name(enum bulk_kind kind)
{
	return kinds[kind].name;
}

static int find_column(const char *name)
{
	for (int i = 0; i < COLUMN_COUNT; i++) {
		if (!strcmp(column_names[i], name))
			return i;
	}
	return -1;
}

static int check_needed(enum bulk_kind kind, const struct rows_header *header,
	struct error *error)
{
	for (size_t i = 0; i < kinds[kind].needed_count; i++) {
		enum rows_column name = kinds[kind].needed[i];

		if (header->field[name] < 0 && header->field[name + 1] < 0)
			return error_set(error,
				"no column \"%s\" or \"%s\"; the first line "
				"must name the columns",
				column_names[name], column_names[name + 1]);
	}
	return 0;
}

int rows_read_header(enum bulk_kind kind, const struct csvfile_row *row,
	struct rows_header *header_r, struct error *error)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		header_r->field[i] = -1;
	header_r->count = row->count;
	if (row->count > CSVFILE_COLUMNS_MAX)
		return error_set(error, "too many columns");
	for (size_t i = 0; i < row->count; i++) {
		int column = find_column(row->fields[i]);

		if (column < 0 || !(kinds[kind].allowed & BIT(column)))
			return error_set(error,
				"unknown column \"%.40s\" for %s; see "
				"optoutctl(8)",
				row->fields[i], kinds[kind].name);
		if (header_r->field[column] >= 0)
			return error_set(error, "column \"%s\" appears twice",
				row->fields[i]);
		header_r->field[column] = (int)i;
	}
	return check_needed(kind, header_r, error);
}

/* What reading of one row shares. */
struct reading {
	const struct ctl *ctl;
	const struct rows_header *header;
	const struct csvfile_row *row;
	struct error *error;
};

/* The value of a column, or NULL when it is empty or not there. */
static const char *value_of(
	const struct reading *reading, enum rows_column column)
{
	int field = reading->header->field[column];

	if (field < 0 || !reading->row->fields[field][0])
		return NULL;
	return reading->row->fields[field];
}

static int make_id(const struct reading *reading, enum rows_column column,
	const char *name, struct identity *id_r)
{
	const struct ctl *ctl = reading->ctl;

	switch (column) {
	case COLUMN_ALIAS:
		return names_address(
			ctl, name, IDENTITY_ALIAS, id_r, reading->error);
	case COLUMN_BUYER:
		return names_address(
			ctl, name, IDENTITY_BUYER, id_r, reading->error);
	case COLUMN_SELLER:
		return names_seller(ctl, name, id_r, reading->error);
	default:
		return names_order(ctl, name, NULL, id_r, reading->error);
	}
}

/*
 * Reads an identity from the name's column or the id's, which is the next one.
 * Returns 1, 0 when both are empty, -1 with error set.
 */
static int read_id(const struct reading *reading, enum rows_column column,
	struct identity *id_r)
{
	const char *name = value_of(reading, column);
	const char *hex = value_of(reading, column + 1);

	if (name && hex)
		return error_set(reading->error, "both %s and %s are given",
			column_names[column], column_names[column + 1]);
	if (name)
		return make_id(reading, column, name, id_r) < 0 ? -1 : 1;
	if (!hex)
		return 0;
	if (identity_from_hex(hex, id_r) < 0)
		return error_set(reading->error,
			"%s: \"%.40s\" is no id of 32 hex digits",
			column_names[column + 1], hex);
	return 1;
}

static int need_id(const struct reading *reading, enum rows_column column,
	struct identity *id_r)
{
	int found = read_id(reading, column, id_r);

	if (found == 0)
		return error_set(
			reading->error, "%s: is empty", column_names[column]);
	return found < 0 ? -1 : 0;
}

/* The buyer's address may be an alias, which a later look-up tells. */
static int read_buyer(const struct reading *reading, struct identity *buyer_r,
	struct rows_entry *entry)
{
	const char *name = value_of(reading, COLUMN_BUYER);

	if (need_id(reading, COLUMN_BUYER, buyer_r) < 0)
		return -1;
	entry->resolve = name != NULL;
	return name ? make_id(reading, COLUMN_ALIAS, name, &entry->alias) : 0;
}

static int read_time(
	const struct reading *reading, enum rows_column column, int64_t *time_r)
{
	const char *text = value_of(reading, column);

	if (!text || times_parse(text, -1, time_r) == 0)
		return 0;
	return error_set(reading->error,
		"%s: \"%.40s\" is no time; give 2030-01-31 or "
		"2030-01-31T12:00:00Z",
		column_names[column], text);
}

static int read_scope(const struct reading *reading, struct optout *optout)
{
	int seller = read_id(reading, COLUMN_SELLER, &optout->scope_id);
	int order = seller != 0
			    ? 0
			    : read_id(reading, COLUMN_ORDER, &optout->scope_id);

	if (seller < 0 || order < 0)
		return -1;
	if (seller && (value_of(reading, COLUMN_ORDER) ||
			      value_of(reading, COLUMN_ORDER_ID)))
		return error_set(
			reading->error, "both a seller and an order are given");
	optout->scope = seller ? SCOPE_SELLER : order ? SCOPE_ORDER : SCOPE_ALL;
	return 0;
}

static int read_optout(
	const struct reading *reading, int64_t now, struct rows_entry *entry)
{
	struct optout *optout = &entry->change.optout;
	const char *source = value_of(reading, COLUMN_SOURCE);

	entry->change.kind = CHANGE_PUT_OPTOUT;
	optout->created = now;
	optout->source = SOURCE_IMPORT;
	if (source && optout_source_from_name(source, &optout->source) < 0)
		return error_set(reading->error,
			"source: \"%.40s\" is none of preferences, "
			"unsubscribe, import, operator",
			source);
	if (read_buyer(reading, &optout->buyer, entry) < 0 ||
		read_scope(reading, optout) < 0 ||
		read_time(reading, COLUMN_CREATED, &optout->created) < 0)
		return -1;
	return read_time(reading, COLUMN_UNTIL, &optout->until);
}

static int read_alias(const struct reading *reading, struct rows_entry *entry)
{
	struct alias *alias = &entry->change.alias;

	entry->change.kind = CHANGE_PUT_ALIAS;
	if (need_id(reading, COLUMN_ALIAS, &alias->alias) < 0)
		return -1;
	return need_id(reading, COLUMN_BUYER, &alias->buyer);
}

static int read_order(const struct reading *reading, struct rows_entry *entry)
{
	struct order *order = &entry->change.order;
	const char *custom = value_of(reading, COLUMN_CUSTOM);

	entry->change.kind = CHANGE_PUT_ORDER;
	order->custom = custom && !strcmp(custom, "yes");
	if (custom && strcmp(custom, "yes") != 0 && strcmp(custom, "no") != 0)
		return error_set(reading->error,
			"custom: \"%.40s\" is neither yes nor no", custom);
	if (need_id(reading, COLUMN_ORDER, &order->order) < 0 ||
		read_buyer(reading, &order->buyer, entry) < 0)
		return -1;
	return need_id(reading, COLUMN_SELLER, &order->seller);
}

int rows_read(const struct ctl *ctl, enum bulk_kind kind,
	const struct rows_header *header, const struct csvfile_row *row,
	int64_t now, struct rows_entry *entry_r, struct error *error)
{
	struct reading reading = { ctl, header, row, error };

	*entry_r = (struct rows_entry){ .line = row->line };
	if (row->has_nul)
		return error_set(error, "holds a NUL character");
	if (row->too_long)
		return error_set(error, "a field is longer than %d octets",
			CSVFILE_FIELD_SIZE - 1);
	if (row->count != header->count)
		return error_set(error, "%zu fields instead of %zu", row->count,
			header->count);
	switch (kind) {
	case BULK_OPTOUTS:
		return read_optout(&reading, now, entry_r);
	case BULK_ALIASES:
		return read_alias(&reading, entry_r);
	default:
		return read_order(&reading, entry_r);
	}
}
