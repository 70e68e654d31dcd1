/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "ctl/csvfile.h"

#define CHUNK_SIZE 65536
#define FIELD_MAX (4 * 1024 * 1024)

static const char bom[] = "\xef\xbb\xbf";

static void take_field(void *data, size_t length, void *context)
{
	struct csvfile *file = context;
	struct csvfile_row *row = &file->row;
	const char *text = data;

	if (row->count == 0)
		row->line = file->line;
	file->after_cr = false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n')
			file->line++;
	}
	if (length > 0 && memchr(text, '\0', length))
		row->has_nul = true;
	if (length >= CSVFILE_FIELD_SIZE) {
		row->too_long = true;
		length = CSVFILE_FIELD_SIZE - 1;
	}
	if (row->count < CSVFILE_COLUMNS_MAX) {
		if (length > 0)
			memcpy(row->fields[row->count], text, length);
		row->fields[row->count][length] = '\0';
	}
	row->count++;
}

/* Called at each CR and LF outside of quotes, so also between empty lines. */
static void take_end(int c, void *context)
{
	struct csvfile *file = context;
	struct csvfile_row *row = &file->row;

	if (row->count > 0 && file->result == 0)
		file->result = file->visit(row, file->context);
	row->count = 0;
	row->too_long = false;
	row->has_nul = false;
	if (c != '\n' || !file->after_cr)
		file->line++;
	file->after_cr = c == '\r';
}

int csvfile_init(
	struct csvfile *file, int fd, csvfile_visit *visit, void *context)
{
	memset(file, 0, sizeof(*file));
	file->fd = fd;
	file->visit = visit;
	file->context = context;
	file->line = 1;
	if (csv_init(&file->parser, CSV_REPALL_NL) != 0)
		return -1;
	/* Long fields shall not make it grow by a few octets at a time. */
	csv_set_blk_size(&file->parser, CHUNK_SIZE);
	return 0;
}

void csvfile_fini(struct csvfile *file)
{
	csv_free(&file->parser);
}

void csvfile_use_tabs(struct csvfile *file)
{
	csv_set_delim(&file->parser, '\t');
	csv_set_quote(&file->parser, '\0'); /* there is no way to have none */
}

/* Reads until the chunk is full or the file ends: a pipe gives little. */
static ssize_t read_chunk(int fd, char *chunk)
{
	size_t filled = 0;

	while (filled < CHUNK_SIZE) {
		ssize_t n = read(fd, chunk + filled, CHUNK_SIZE - filled);

		if (n < 0)
			return -1;
		if (n == 0)
			break;
		filled += (size_t)n;
	}
	return (ssize_t)filled;
}

static enum csvfile_result parse(
	struct csvfile *file, const char *data, size_t length)
{
	if (csv_parse(&file->parser, data, length, take_field, take_end,
		    file) != length) {
		errno = ENOMEM;
		return CSVFILE_FAILED;
	}
	if (csv_get_buffer_size(&file->parser) > FIELD_MAX) {
		if (file->row.count == 0)
			file->row.line = file->line;
		return CSVFILE_TOO_LONG;
	}
	return file->result == 0 ? CSVFILE_MORE : CSVFILE_STOPPED;
}

enum csvfile_result csvfile_read(struct csvfile *file)
{
	char chunk[CHUNK_SIZE];
	const char *data = chunk;
	ssize_t n = read_chunk(file->fd, chunk);
	size_t length = (size_t)n;

	if (n < 0)
		return CSVFILE_FAILED;
	if (n == 0) {
		if (csv_fini(&file->parser, take_field, take_end, file) != 0) {
			errno = ENOMEM;
			return CSVFILE_FAILED;
		}
		return file->result == 0 ? CSVFILE_END : CSVFILE_STOPPED;
	}
	if (file->bytes == 0 && length >= sizeof(bom) - 1 &&
		!memcmp(chunk, bom, sizeof(bom) - 1)) {
		data += sizeof(bom) - 1;
		length -= sizeof(bom) - 1;
	}
	file->bytes += (uint64_t)n;
	return parse(file, data, length);
}
