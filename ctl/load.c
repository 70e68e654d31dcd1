/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "ctl/load.h"
#include "ctl/times.h"

#define BATCH_ROWS 50000

int load_init(struct load *load)
{
	load->now = times_now();
	load->batch = calloc(BATCH_ROWS, sizeof(*load->batch));
	return load->batch ? 0 : -1;
}

void load_fini(struct load *load)
{
	bulk_abort(&load->bulk);
	free(load->batch);
	load->batch = NULL;
}

static void report_bad(
	struct load *load, uint64_t line, const struct error *error)
{
	if (load->bad_count < LOAD_BAD_MAX) {
		struct load_bad *bad = &load->bad[load->bad_count];

		bad->line = line;
		snprintf(bad->text, sizeof(bad->text), "%.*s",
			(int)sizeof(bad->text) - 1, error->text);
		ctl_fail(0, "%s:%" PRIu64 ": %s", load->name, line, bad->text);
	}
	load->bad_count++;
	/* All or nothing: it is nothing now, so others may write again. */
	if (load->replace)
		bulk_abort(&load->bulk);
}

static bool is_doomed(const struct load *load)
{
	return load->replace && load->bad_count > 0;
}

static struct identity *buyer_of(struct load *load, struct rows_entry *entry)
{
	return load->kind == BULK_ORDERS ? &entry->change.order.buyer
					 : &entry->change.optout.buyer;
}

/*
 * Puts entries whose address is a known alias on its buyer. A row whose alias
 * record is bad becomes a bad row, with line 0 as its mark.
 */
static int resolve_aliases(struct load *load, struct error *error)
{
	struct cache_read *read = cache_read_begin(load->ctl->cache, error);
	struct error bad;

	if (!read)
		return -1;
	for (size_t i = 0; i < load->count; i++) {
		struct rows_entry *entry = &load->batch[i];

		if (!entry->resolve || cache_find_alias(read, &entry->alias,
					       buyer_of(load, entry)) >= 0)
			continue;
		error_set(&bad,
			"the alias record of this buyer cannot be read; run "
			"optoutctl verify");
		report_bad(load, entry->line, &bad);
		entry->line = 0;
	}
	cache_read_end(&read);
	return 0;
}

static int put_batch(struct load *load, struct error *error)
{
	if (!load->bulk)
		load->bulk = bulk_begin(
			load->ctl->cache, load->kind, load->replace, error);
	if (!load->bulk)
		return -1;
	for (size_t i = 0; i < load->count; i++) {
		if (load->batch[i].line == 0)
			continue;
		if (bulk_put(load->bulk, &load->batch[i].change, error) < 0)
			return -1;
		load->put++;
	}
	load->count = 0;
	return 0;
}

static int commit(struct load *load, struct error *error)
{
	if (bulk_commit(&load->bulk, error) < 0)
		return -1;
	load->imported += load->put;
	load->put = 0;
	return 0;
}

/* Returns 0, or -1 with load->status set. */
static int flush(struct load *load)
{
	struct error error;
	int rc = 0;

	if (load->count == 0 || is_doomed(load))
		return 0;
	if (load->kind != BULK_ALIASES)
		rc = resolve_aliases(load, &error);
	if (is_doomed(load))
		return 0;
	if (rc == 0)
		rc = put_batch(load, &error);
	if (rc == 0 && !load->replace)
		rc = commit(load, &error);
	if (rc < 0)
		load->status = ctl_fail(EX_UNAVAILABLE, "%s", error.text);
	return rc;
}

static int take_header(struct load *load, const struct csvfile_row *row)
{
	struct error error;

	if (rows_read_header(load->kind, row, &load->header, &error) < 0) {
		load->status = ctl_fail(EX_DATAERR, "%s:%" PRIu64 ": %s",
			load->name, row->line, error.text);
		return -1;
	}
	load->has_header = true;
	return 0;
}

int load_row(const struct csvfile_row *row, void *context)
{
	struct load *load = context;
	struct rows_entry *entry = &load->batch[load->count];
	struct error error;

	if (!load->has_header)
		return take_header(load, row);
	load->read++;
	if (rows_read(load->ctl, load->kind, &load->header, row, load->now,
		    entry, &error) < 0) {
		report_bad(load, row->line, &error);
		return 0;
	}
	if (is_doomed(load))
		return 0;
	load->count++;
	return load->count == BATCH_ROWS ? flush(load) : 0;
}

int load_end(struct load *load)
{
	struct error error;

	if (!load->has_header)
		return ctl_fail(EX_DATAERR,
			"%s: is empty; the first line must name the columns",
			load->name);
	if (load->replace && load->read == 0)
		return ctl_fail(EX_DATAERR,
			"%s: has no rows; nothing is replaced by nothing",
			load->name);
	if (flush(load) < 0)
		return load->status;
	if (is_doomed(load))
		return ctl_fail(EX_DATAERR,
			"%s: %" PRIu64 " bad rows, so nothing was changed; "
			"correct them, or import without --replace",
			load->name, load->bad_count);
	if (load->bulk && commit(load, &error) < 0)
		return ctl_fail(EX_UNAVAILABLE, "%s", error.text);
	if (load->bad_count > 0)
		return ctl_fail(EX_DATAERR,
			"%s: %" PRIu64 " bad rows were left out", load->name,
			load->bad_count);
	return 0;
}
