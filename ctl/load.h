/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A load of rows into the cache: in batches, or, when it replaces what is
 * there, as a whole or not at all.
 */
#ifndef CTL_LOAD_H
#define CTL_LOAD_H

#include <stdbool.h>
#include <stdint.h>
#include "ctl/csvfile.h"
#include "ctl/ctl.h"
#include "ctl/rows.h"

#define LOAD_BAD_MAX 20 /* bad rows that are reported, the rest only counted */

struct load_bad {
	uint64_t line;
	char text[200];
};

struct load {
	const struct ctl *ctl;
	const char *name; /* of the file, for messages */
	enum bulk_kind kind;
	bool replace;

	uint64_t read;
	uint64_t imported; /* committed */
	uint64_t bad_count;
	struct load_bad bad[LOAD_BAD_MAX];
	int status; /* exit code after an error that ended the load */

	/* the rest is load.c's */
	struct rows_header header;
	bool has_header;
	int64_t now;
	struct rows_entry *batch;
	size_t count;
	uint64_t put; /* by a bulk that is not committed yet */
	struct bulk *bulk;
};

/* ctl, name, kind and replace are set. Returns 0, or -1: out of memory. */
int load_init(struct load *load);

/* Drops what is not committed. */
void load_fini(struct load *load);

/* A csvfile_visit(); context is the load. */
int load_row(const struct csvfile_row *row, void *context);

/* After the last row. Returns 0, or an exit code after a message. */
int load_end(struct load *load);

#endif
