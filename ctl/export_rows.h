/* SPDX-License-Identifier: BSD-2-Clause */
/* Records as rows of CSV, or as JSON objects. */
#ifndef CTL_EXPORT_ROWS_H
#define CTL_EXPORT_ROWS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "cache/cache.h"
#include "cache/writer.h"

/*
 * Writes all records of a kind. *bad_r counts those that cannot be read.
 * Returns 0, 1 when out cannot be written, -1 when the cache failed.
 */
int export_rows(struct cache_read *read, enum bulk_kind kind, bool json,
	FILE *out, uint64_t *bad_r);

#endif
