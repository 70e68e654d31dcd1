/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include "ctl/buyers.h"
#include "ctl/table.h"

enum column {
	COLUMN_ALIAS,
	COLUMN_OPTED_OUT,
	COLUMNS,
};

static const struct table_column columns[COLUMNS] = {
	[COLUMN_ALIAS] = { "alias", true },
	[COLUMN_OPTED_OUT] = { "opted_out", true },
};

static int add(struct buyers *buyers, const char *address, uint64_t line,
	bool opted_out, struct error *error)
{
	size_t count = buyers->count;
	struct buyers_entry *entry = buyers->entries;

	if ((count & (count - 1)) == 0) {
		entry = reallocarray(
			entry, count ? 2 * count : 1, sizeof(*entry));
		if (!entry)
			return error_set(error, "out of memory");
		buyers->entries = entry;
	}
	entry += count;
	*entry = (struct buyers_entry){ strdup(address), line, opted_out };
	if (!entry->address)
		return error_set(error, "out of memory");
	buyers->count++;
	return 0;
}

static int take_row(
	const struct table_row *row, void *context, struct error *error)
{
	struct buyers *buyers = context;
	const char *alias = row->fields[COLUMN_ALIAS];
	const char *choice = row->fields[COLUMN_OPTED_OUT];
	char address[ADDRESS_SIZE];
	bool opted_out = strcmp(choice, "yes") == 0;

	if (!opted_out && strcmp(choice, "no") != 0)
		return error_set(error,
			"opted_out: \"%.40s\" is neither yes nor no", choice);
	if (address_canonical(alias, buyers->form, address) != ADDRESS_OK)
		return error_set(error,
			"alias: \"%.80s\" is not a mail address; give "
			"user@domain",
			alias);
	return add(buyers, address, row->line, opted_out, error);
}

static int compare(const void *a, const void *b)
{
	const struct buyers_entry *x = a, *y = b;
	int order = strcmp(x->address, y->address);

	return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

/* Sorts, and looks that nobody made two choices. */
static int settle(struct buyers *buyers, const char *path, struct error *error)
{
	if (buyers->count > 0)
		qsort(buyers->entries, buyers->count, sizeof(*buyers->entries),
			compare);
	for (size_t i = 1; i < buyers->count; i++) {
		const struct buyers_entry *first = &buyers->entries[i - 1];
		const struct buyers_entry *second = &buyers->entries[i];

		if (strcmp(first->address, second->address) != 0 ||
			first->opted_out == second->opted_out)
			continue;
		error_set(error,
			"%s:%" PRIu64 ": %.100s has%s opted out here, but "
			"has%s in line %" PRIu64,
			path, second->line, second->address,
			second->opted_out ? "" : " not",
			second->opted_out ? " not" : "", first->line);
		return EX_DATAERR;
	}
	return 0;
}

int buyers_load(struct buyers *buyers, const char *path,
	const struct address_form *form, struct error *error)
{
	int status;

	*buyers = (struct buyers){ .form = form };
	status = table_read(path, columns, COLUMNS, take_row, buyers, error);
	return status != 0 ? status : settle(buyers, path, error);
}

static int add_buyer(struct buyers *buyers, const struct policy *policy,
	const struct manifest_row *row, const char *path, struct error *error)
{
	char address[ADDRESS_SIZE];

	if (address_canonical(path, buyers->form, address) != ADDRESS_OK ||
		!policy_is_buyer(policy, address))
		return 0;
	return add(buyers, address, row->line, row->opted_out, error);
}

int buyers_of_manifest(struct buyers *buyers, const struct manifest *manifest,
	const struct policy *policy, struct error *error)
{
	*buyers = (struct buyers){ .form = policy_address_form(policy) };
	for (size_t i = 0; i < manifest->count; i++) {
		const struct manifest_row *row = &manifest->rows[i];
		int rc = 0;

		if (row->from_buyer)
			rc = add_buyer(buyers, policy, row,
				row->fields[MANIFEST_SENDER], error);
		for (size_t j = 0; j < row->rcpts.count && rc == 0; j++)
			rc = add_buyer(buyers, policy, row, row->rcpts.items[j],
				error);
		if (rc < 0)
			return EX_OSERR;
	}
	return settle(buyers, manifest->path, error);
}

void buyers_fini(struct buyers *buyers)
{
	for (size_t i = 0; i < buyers->count; i++)
		free(buyers->entries[i].address);
	free(buyers->entries);
	*buyers = (struct buyers){ 0 };
}

size_t buyers_count_strangers(
	const struct buyers *buyers, const struct policy *policy)
{
	size_t count = 0;

	for (size_t i = 0; i < buyers->count; i++)
		count += buyers->entries[i].opted_out &&
			 !policy_is_buyer(policy, buyers->entries[i].address);
	return count;
}
