/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A message file, split as an MTA does for a milter: a field's value without
 * the first blank, its folds as LF and blanks; the body with CRLF.
 */
#ifndef CTL_EML_H
#define CTL_EML_H

#include <stddef.h>
#include <stdio.h>
#include "policy/error.h"
#include "policy/strlist.h"

struct eml_field {
	char *name;
	char *value;
	size_t length; /* of value */
	size_t size;   /* allocated for it */
};

struct eml {
	FILE *file;
	struct eml_field *fields;
	size_t count;
	char *line; /* the last one read: it may begin the body */
	size_t size;
	size_t length; /* of a line that belongs to the body, else 0 */
};

/* Reads the header of file, which stays the caller's. 0, or -1 with error. */
int eml_init(struct eml *eml, FILE *file, struct error *error);
void eml_fini(struct eml *eml);

/*
 * Reads the body in chunks. A visitor that returns non-zero has seen enough.
 * Returns 0, or -1 with error set.
 */
int eml_read_body(struct eml *eml,
	int (*visit)(const char *data, size_t length, void *context),
	void *context, struct error *error);

/*
 * Adds the addresses of all fields of a name: what stands in angle brackets,
 * or between commas, without comments. Returns 0, or -1: out of memory.
 */
int eml_addresses(
	const struct eml *eml, const char *name, struct strlist *addresses);

#endif
