/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads CSV (RFC 4180) row by row: LF or CRLF, a byte order mark, quoted
 * fields, empty lines. The only user of libcsv. Nothing in a file makes it
 * fail but a field so long that a closing quote must be missing.
 */
#ifndef CTL_CSVFILE_H
#define CTL_CSVFILE_H

#include <csv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CSVFILE_COLUMNS_MAX 32
#define CSVFILE_FIELD_SIZE 4096 /* octets kept of a field, with NUL */

struct csvfile_row {
	uint64_t line; /* where it begins, from 1 */
	size_t count;  /* fields; those beyond COLUMNS_MAX are only counted */
	char fields[CSVFILE_COLUMNS_MAX][CSVFILE_FIELD_SIZE];
	bool too_long; /* a field was cut */
	bool has_nul;  /* a field holds a NUL */
};

/* Returns 0, or non-zero to end the reading. */
typedef int csvfile_visit(const struct csvfile_row *row, void *context);

struct csvfile {
	int fd;
	csvfile_visit *visit;
	void *context;
	uint64_t bytes; /* read so far */

	/* the rest is csvfile.c's */
	struct csv_parser parser;
	struct csvfile_row row;
	uint64_t line;
	bool after_cr;
	int result; /* of the visitor */
};

enum csvfile_result {
	CSVFILE_MORE,
	CSVFILE_END,
	CSVFILE_STOPPED,  /* by the visitor, see result */
	CSVFILE_TOO_LONG, /* a field; row.line is where it begins */
	CSVFILE_FAILED,	  /* errno is set */
};

/* Returns 0, or -1: out of memory. */
int csvfile_init(
	struct csvfile *file, int fd, csvfile_visit *visit, void *context);
void csvfile_fini(struct csvfile *file);

/* Before reading: fields are parted by tabs, and quotes mean nothing. */
void csvfile_use_tabs(struct csvfile *file);

/* Reads some more; calls the visitor for each row that is complete. */
enum csvfile_result csvfile_read(struct csvfile *file);

#endif
