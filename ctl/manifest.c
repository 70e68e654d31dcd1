/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "ctl/manifest.h"
#include "ctl/table.h"

static const struct table_column columns[MANIFEST_COLUMNS] = {
	[MANIFEST_FILE] = { "file", true },
	[MANIFEST_SENDER] = { "envelope_from", true },
	[MANIFEST_RCPT] = { "rcpt", true },
	[MANIFEST_VERDICT] = { "verdict", true },
	[MANIFEST_REASON] = { "reason", false },
	[MANIFEST_ORDER] = { "order_id", false },
	[MANIFEST_ORDER_ALSO] = { "order_id_also", false },
	[MANIFEST_GROUP] = { "group", false },
	[MANIFEST_LANGUAGE] = { "language", false },
	[MANIFEST_OPTED_OUT] = { "buyer_opted_out", false },
	[MANIFEST_ORIGINAL] = { "thread_original", false },
	[MANIFEST_AMBIGUOUS] = { "ambiguous", false },
};

static const char group_of_originals[] = "thread-original";

/* "." and "-" stand for nothing, as an empty field does. */
static bool is_nothing(const char *field)
{
	return !*field || strcmp(field, ".") == 0 || strcmp(field, "-") == 0;
}

static int need(const struct manifest_row *row, enum manifest_column column,
	struct error *error)
{
	if (!is_nothing(row->fields[column]))
		return 0;
	return error_set(error, "%s: is empty", columns[column].name);
}

static int read_outcome(struct manifest_row *row, struct error *error)
{
	static const enum outcome outcomes[] = { OUTCOME_ACCEPT, OUTCOME_REJECT,
		OUTCOME_TEMPFAIL };
	const char *verdict = row->fields[MANIFEST_VERDICT];

	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		row->outcome = outcomes[i];
		if (strcmp(outcome_name(row->outcome), verdict) == 0)
			return 0;
	}
	return error_set(error,
		"verdict: \"%.40s\" is none of accept, reject, tempfail",
		verdict);
}

static int read_reason(struct manifest_row *row, struct error *error)
{
	const char *name = row->fields[MANIFEST_REASON];
	enum outcome outcome;

	row->reason = REASON_NONE;
	if (is_nothing(name))
		return 0;
	row->reason = reason_from_name(name);
	if (row->reason == REASON_NONE)
		return error_set(error,
			"reason: \"%.40s\" is no reason; optout-milter(8) "
			"lists them",
			name);
	outcome = reason_info(row->reason)->outcome;
	if (outcome == row->outcome)
		return 0;
	return error_set(error, "verdict: is %s, but %s is always %s",
		outcome_name(row->outcome), name, outcome_name(outcome));
}

static int read_flag(const struct manifest_row *row,
	enum manifest_column column, bool *flag_r, struct error *error)
{
	const char *text = row->fields[column];

	*flag_r = strcmp(text, "yes") == 0;
	if (*flag_r || is_nothing(text) || strcmp(text, "no") == 0)
		return 0;
	return error_set(error, "%s: \"%.40s\" is neither yes nor no",
		columns[column].name, text);
}

/* Splits a field at its commas. */
static int split(const char *field, struct strlist *list, struct error *error)
{
	char *copy = strdup(field), *save = NULL;
	int rc = copy ? 0 : -1;

	for (char *item = copy ? strtok_r(copy, ", ", &save) : NULL;
		item && rc == 0; item = strtok_r(NULL, ", ", &save))
		rc = strlist_add(list, item);
	free(copy);
	return rc == 0 ? 0 : error_set(error, "out of memory");
}

static int check_file(
	const struct manifest *manifest, const char *file, struct error *error)
{
	char *path = manifest_resolve(manifest, file);
	struct stat st;
	int rc;

	if (!path)
		return error_set(error, "out of memory");
	rc = stat(path, &st);
	free(path);
	if (rc < 0)
		return error_set(error, "%.200s: cannot open: %s", file,
			strerror(errno));
	if (!S_ISREG(st.st_mode))
		return error_set(error, "%.200s: is no regular file", file);
	return 0;
}

static int check_files(const struct manifest *manifest,
	const struct manifest_row *row, struct error *error)
{
	int rc = check_file(manifest, row->fields[MANIFEST_FILE], error);

	for (size_t i = 0; i < row->originals.count && rc == 0; i++)
		rc = check_file(manifest, row->originals.items[i], error);
	return rc;
}

static int parse(struct manifest_row *row, struct error *error)
{
	const char *original = row->fields[MANIFEST_ORIGINAL];

	if (need(row, MANIFEST_FILE, error) < 0 ||
		need(row, MANIFEST_SENDER, error) < 0 ||
		need(row, MANIFEST_RCPT, error) < 0 ||
		read_outcome(row, error) < 0 || read_reason(row, error) < 0 ||
		read_flag(row, MANIFEST_AMBIGUOUS, &row->ambiguous, error) <
			0 ||
		read_flag(row, MANIFEST_OPTED_OUT, &row->opted_out, error) <
			0 ||
		split(row->fields[MANIFEST_RCPT], &row->rcpts, error) < 0)
		return -1;
	row->from_buyer =
		strcmp(row->fields[MANIFEST_GROUP], group_of_originals) == 0;
	if (is_nothing(original))
		return 0;
	return split(original, &row->originals, error);
}

/* Makes room for a row more, or returns NULL. */
static struct manifest_row *next_row(struct manifest *manifest)
{
	size_t count = manifest->count;
	struct manifest_row *grown;

	if ((count & (count - 1)) == 0) {
		grown = reallocarray(
			manifest->rows, count ? 2 * count : 1, sizeof(*grown));
		if (!grown)
			return NULL;
		manifest->rows = grown;
	}
	manifest->rows[count] = (struct manifest_row){ 0 };
	return &manifest->rows[count];
}

static int take_row(
	const struct table_row *from, void *context, struct error *error)
{
	struct manifest *manifest = context;
	struct manifest_row *row = next_row(manifest);

	if (!row)
		return error_set(error, "out of memory");
	manifest->count++;
	row->line = from->line;
	for (size_t i = 0; i < MANIFEST_COLUMNS; i++) {
		manifest->has[i] = from->fields[i] != NULL;
		row->fields[i] = strdup(from->fields[i] ? from->fields[i] : "");
		if (!row->fields[i])
			return error_set(error, "out of memory");
	}
	if (parse(row, error) < 0)
		return -1;
	return check_files(manifest, row, error);
}

int manifest_load(
	struct manifest *manifest, const char *path, struct error *error)
{
	const char *slash = strrchr(path, '/');

	*manifest = (struct manifest){ .path = path };
	manifest->folder = slash ? (size_t)(slash - path) + 1 : 0;
	return table_read(
		path, columns, MANIFEST_COLUMNS, take_row, manifest, error);
}

void manifest_fini(struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->count; i++) {
		struct manifest_row *row = &manifest->rows[i];

		for (size_t j = 0; j < MANIFEST_COLUMNS; j++)
			free(row->fields[j]);
		strlist_fini(&row->rcpts);
		strlist_fini(&row->originals);
	}
	free(manifest->rows);
	*manifest = (struct manifest){ 0 };
}

char *manifest_resolve(const struct manifest *manifest, const char *file)
{
	char *path;

	if (file[0] == '/')
		return strdup(file);
	if (asprintf(&path, "%.*s%s", (int)manifest->folder, manifest->path,
		    file) < 0)
		return NULL;
	return path;
}

const struct manifest_row *manifest_find(
	const struct manifest *manifest, const char *file)
{
	for (size_t i = 0; i < manifest->count; i++)
		if (strcmp(manifest->rows[i].fields[MANIFEST_FILE], file) == 0)
			return &manifest->rows[i];
	return NULL;
}

const char *manifest_order(const struct manifest_row *row)
{
	const char *order = row->fields[MANIFEST_ORDER];

	return !*order || strcmp(order, ".") == 0 ? NULL : order;
}

/* Whether name is one of those that stand between commas. */
static bool has_item(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; *at; at += strspn(at, ", ")) {
		size_t item = strcspn(at, ", ");

		if (item == length && memcmp(at, name, length) == 0)
			return true;
		at += item;
	}
	return false;
}

bool manifest_order_is_right(const struct manifest_row *row, const char *order)
{
	const char *wanted = manifest_order(row);
	const char *found = *order ? order : "-";

	return !wanted || strcmp(found, wanted) == 0 ||
	       has_item(row->fields[MANIFEST_ORDER_ALSO], found);
}

const char *manifest_name(
	const struct manifest_row *row, enum manifest_column column)
{
	return is_nothing(row->fields[column]) ? "-" : row->fields[column];
}
