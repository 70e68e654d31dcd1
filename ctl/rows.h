/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of a CSV file, whose first names the columns, to changes. */
#ifndef CTL_ROWS_H
#define CTL_ROWS_H

#include <stdbool.h>
#include "cache/writer.h"
#include "ctl/csvfile.h"
#include "ctl/ctl.h"

enum rows_column {
	COLUMN_ALIAS,
	COLUMN_ALIAS_ID,
	COLUMN_BUYER,
	COLUMN_BUYER_ID,
	COLUMN_SELLER,
	COLUMN_SELLER_ID,
	COLUMN_ORDER,
	COLUMN_ORDER_ID,
	COLUMN_CUSTOM,
	COLUMN_SOURCE,
	COLUMN_CREATED,
	COLUMN_UNTIL,
	COLUMN_COUNT,
};

/* Where the columns are: index of the field, or -1. */
struct rows_header {
	int field[COLUMN_COUNT];
	size_t count; /* fields of each row */
};

/* "optouts", "aliases" or "orders". Returns 0 or -1. */
int rows_kind_from_name(const char *name, enum bulk_kind *kind_r);
const char *rows_kind_name(enum bulk_kind kind);

/* Reads the first row. Returns 0, or -1 with error set. */
int rows_read_header(enum bulk_kind kind, const struct csvfile_row *row,
	struct rows_header *header_r, struct error *error);

/* What a row says. */
struct rows_entry {
	struct change change;
	struct identity alias; /* of the buyer's address, if that was given */
	bool resolve;	       /* the buyer may be known by that alias */
	uint64_t line;
};

/* Reads another row. now: for what has no time of its own. 0, or -1. */
int rows_read(const struct ctl *ctl, enum bulk_kind kind,
	const struct rows_header *header, const struct csvfile_row *row,
	int64_t now, struct rows_entry *entry_r, struct error *error);

#endif
