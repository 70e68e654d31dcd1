/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tab-separated files whose first line names the columns, in any order, as
 * the tests of a policy are written. A column that nobody asks for is ignored.
 */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/error.h"

#define TABLE_COLUMNS_MAX 16

struct table_column {
	const char *name;
	bool needed;
};

struct table_row {
	uint64_t line;			       /* from 1 */
	const char *fields[TABLE_COLUMNS_MAX]; /* NULL: no such column */
};

/* Returns 0, or -1 with error set: what is wrong, without file and line. */
typedef int table_visit(
	const struct table_row *row, void *context, struct error *error);

/*
 * Visits each row of the file at path, its fields in the order of columns.
 * Returns 0, or an exit code with error set: "FILE:LINE: what".
 */
int table_read(const char *path, const struct table_column *columns,
	size_t count, table_visit *visit, void *context, struct error *error);

#endif
