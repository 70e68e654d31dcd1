/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cases by which a policy is tested: a row for each message file, with its
 * envelope and the verdict that it must get.
 */
#ifndef CTL_MANIFEST_H
#define CTL_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/error.h"
#include "policy/reason.h"
#include "policy/strlist.h"

enum manifest_column {
	MANIFEST_FILE,
	MANIFEST_SENDER,
	MANIFEST_RCPT,
	MANIFEST_VERDICT,
	MANIFEST_REASON,
	MANIFEST_ORDER,
	MANIFEST_ORDER_ALSO,
	MANIFEST_GROUP,
	MANIFEST_LANGUAGE,
	MANIFEST_OPTED_OUT,
	MANIFEST_ORIGINAL,
	MANIFEST_AMBIGUOUS,
	MANIFEST_COLUMNS,
};

struct manifest_row {
	uint64_t line;
	char *fields[MANIFEST_COLUMNS]; /* as written; "" for no column */
	struct strlist rcpts;
	struct strlist originals; /* files of buyers' messages to play first */
	enum outcome outcome;
	enum reason reason; /* REASON_NONE: any of this outcome */
	bool opted_out;
	bool from_buyer; /* is such an original itself */
	bool ambiguous;	 /* does not count */
};

struct manifest {
	const char *path;
	size_t folder; /* octets of path up to its last slash */
	struct manifest_row *rows;
	size_t count;
	bool has[MANIFEST_COLUMNS]; /* columns */
};

/*
 * Reads the file at path, which must outlive the manifest, and looks that all
 * message files are there. Free with manifest_fini() in any case. Returns 0,
 * or an exit code with error set.
 */
int manifest_load(
	struct manifest *manifest, const char *path, struct error *error);
void manifest_fini(struct manifest *manifest);

/* Where a file of the manifest is; free it. NULL: out of memory. */
char *manifest_resolve(const struct manifest *manifest, const char *file);

/* The first row of a file, or NULL. */
const struct manifest_row *manifest_find(
	const struct manifest *manifest, const char *file);

/* Whether an order ID, "" for none, is right, or is not asked for. */
bool manifest_order_is_right(const struct manifest_row *row, const char *order);

/* The order that is wanted, "-" for none; NULL: it is not asked for. */
const char *manifest_order(const struct manifest_row *row);

/* The name of a group or language, "-" for none. */
const char *manifest_name(
	const struct manifest_row *row, enum manifest_column column);

#endif
