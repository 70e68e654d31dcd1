/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>
#include "ctl/csvfile.h"
#include "ctl/table.h"

struct table {
	const char *path;
	const struct table_column *columns;
	size_t count;
	table_visit *visit;
	void *context;
	struct error *error;
	size_t width;		      /* fields of each row, 0: no header yet */
	int place[TABLE_COLUMNS_MAX]; /* of each column in a row, or -1 */
};

/* Puts file and line before an error. */
static int locate(const struct table *table, uint64_t line)
{
	struct error cause = *table->error;

	error_set(table->error, "%s:%" PRIu64 ": %.400s", table->path, line,
		cause.text);
	return EX_DATAERR;
}

static int find_column(const struct table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->columns[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int read_header(struct table *table, const struct csvfile_row *row)
{
	for (size_t i = 0; i < TABLE_COLUMNS_MAX; i++)
		table->place[i] = -1;
	if (row->count > CSVFILE_COLUMNS_MAX)
		return error_set(table->error, "too many columns");
	table->width = row->count;
	for (size_t i = 0; i < row->count; i++) {
		int column = find_column(table, row->fields[i]);

		if (column < 0)
			continue;
		if (table->place[column] >= 0)
			return error_set(table->error,
				"column \"%s\" appears twice", row->fields[i]);
		table->place[column] = (int)i;
	}
	for (size_t i = 0; i < table->count; i++)
		if (table->columns[i].needed && table->place[i] < 0)
			return error_set(table->error,
				"no column \"%s\"; the first line must name "
				"the columns, between tabs",
				table->columns[i].name);
	return 0;
}

static int read_row(struct table *table, const struct csvfile_row *row)
{
	struct table_row visited = { .line = row->line };

	if (row->has_nul)
		return error_set(table->error, "holds a NUL character");
	if (row->too_long)
		return error_set(table->error, "a field is too long");
	if (row->count != table->width)
		return error_set(table->error, "%zu fields instead of %zu",
			row->count, table->width);
	for (size_t i = 0; i < table->count; i++)
		if (table->place[i] >= 0)
			visited.fields[i] = row->fields[table->place[i]];
	return table->visit(&visited, table->context, table->error);
}

static int take_row(const struct csvfile_row *row, void *context)
{
	struct table *table = context;
	int rc = table->width == 0 ? read_header(table, row)
				   : read_row(table, row);

	return rc == 0 ? 0 : locate(table, row->line);
}

static int end(const struct table *table, const struct csvfile *file,
	enum csvfile_result result)
{
	if (result == CSVFILE_STOPPED)
		return file->result;
	if (result == CSVFILE_TOO_LONG) {
		error_set(table->error, "a field is too long");
		return locate(table, file->row.line);
	}
	if (result == CSVFILE_FAILED) {
		error_set(table->error, "%s: cannot read: %s", table->path,
			strerror(errno));
		return EX_IOERR;
	}
	if (table->width > 0)
		return 0;
	error_set(
		table->error, "is empty; the first line must name the columns");
	return locate(table, 1);
}

static int read_open(struct table *table, int fd)
{
	struct csvfile file;
	enum csvfile_result result;

	if (csvfile_init(&file, fd, take_row, table) < 0) {
		error_set(table->error, "out of memory");
		return EX_OSERR;
	}
	csvfile_use_tabs(&file);
	do
		result = csvfile_read(&file);
	while (result == CSVFILE_MORE);
	csvfile_fini(&file);
	return end(table, &file, result);
}

int table_read(const char *path, const struct table_column *columns,
	size_t count, table_visit *visit, void *context, struct error *error)
{
	struct table table = { .path = path,
		.columns = columns,
		.count = count,
		.visit = visit,
		.context = context,
		.error = error };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int status;

	if (fd < 0) {
		error_set(error, "%s: cannot open: %s", path, strerror(errno));
		return EX_NOINPUT;
	}
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		error_set(error, "%s: is a directory; name a file", path);
		status = EX_NOINPUT;
	} else {
		status = read_open(&table, fd);
	}
	close(fd);
	return status;
}
