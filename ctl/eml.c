/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "ctl/eml.h"

#define HEADER_MAX (64 * 1024 * 1024)
#define CHUNK_SIZE 65536

/* Reads a line into eml->line, without its LF or CRLF. Returns 1, 0, -1. */
static int read_line(struct eml *eml, size_t *length_r)
{
	ssize_t n = getline(&eml->line, &eml->size, eml->file);

	if (n < 0)
		return feof(eml->file) ? 0 : -1;
	if (n > 0 && eml->line[n - 1] == '\n')
		n--;
	if (n > 0 && eml->line[n - 1] == '\r')
		n--;
	eml->line[n] = '\0';
	*length_r = (size_t)n;
	return 1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Length of a field name that a colon follows, 0: this is no field. */
static size_t name_length(const char *line)
{
	size_t length = strcspn(line, ": \t");
	size_t colon = length + strspn(line + length, " \t");

	return line[colon] == ':' ? length : 0;
}

static int add_field(struct eml *eml, const char *line)
{
	struct eml_field *fields =
		reallocarray(eml->fields, eml->count + 1, sizeof(*fields));
	size_t length = name_length(line);
	const char *value = strchr(line, ':') + 1;
	struct eml_field *field;

	if (!fields)
		return -1;
	eml->fields = fields;
	field = &fields[eml->count++];
	field->name = strndup(line, length);
	field->value = strdup(*value == ' ' ? value + 1 : value);
	if (!field->name || !field->value)
		return -1;
	field->length = strlen(field->value);
	field->size = field->length + 1;
	return 0;
}

static int continue_field(struct eml *eml, size_t length)
{
	struct eml_field *field = &eml->fields[eml->count - 1];
	size_t needed = field->length + length + 2;

	if (needed > field->size) {
		char *value = realloc(field->value, 2 * needed);

		if (!value)
			return -1;
		field->value = value;
		field->size = 2 * needed;
	}
	field->value[field->length++] = '\n';
	memcpy(field->value + field->length, eml->line, length + 1);
	field->length += length;
	return 0;
}

/* Adds a header line. Returns 1, 0: the body begins here, -1: no memory. */
static int add_line(struct eml *eml, size_t length, bool first)
{
	const char *line = eml->line;

	if (first && !strncmp(line, "From ", 5))
		return 1; /* of an mbox file */
	if (!*line)
		return 0;
	if (is_blank(*line) && eml->count > 0)
		return continue_field(eml, length) < 0 ? -1 : 1;
	if (name_length(line) == 0)
		return 0;
	return add_field(eml, line) < 0 ? -1 : 1;
}

static int read_header(struct eml *eml, struct error *error)
{
	size_t length, total = 0;
	int rc;

	for (bool first = true;; first = false) {
		rc = read_line(eml, &length);
		if (rc < 0)
			return error_set(
				error, "cannot read: %s", strerror(errno));
		if (rc == 0)
			return 0;
		total += length;
		if (total > HEADER_MAX)
			return error_set(error,
				"a header of more than %d octets; is this a "
				"message?",
				HEADER_MAX);
		rc = add_line(eml, length, first);
		if (rc < 0)
			return error_set(error, "out of memory");
		if (rc == 0) {
			eml->length = length;
			return 0;
		}
	}
}

int eml_init(struct eml *eml, FILE *file, struct error *error)
{
	memset(eml, 0, sizeof(*eml));
	eml->file = file;
	if (read_header(eml, error) == 0)
		return 0;
	eml_fini(eml);
	return -1;
}

void eml_fini(struct eml *eml)
{
	for (size_t i = 0; i < eml->count; i++) {
		free(eml->fields[i].name);
		free(eml->fields[i].value);
	}
	free(eml->fields);
	free(eml->line);
	memset(eml, 0, sizeof(*eml));
}

/* Puts a CR before each LF that has none. */
static size_t to_crlf(const char *data, size_t length, char *last, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < length; i++) {
		if (data[i] == '\n' && *last != '\r')
			out[n++] = '\r';
		out[n++] = data[i];
		*last = data[i];
	}
	return n;
}

int eml_read_body(struct eml *eml,
	int (*visit)(const char *data, size_t length, void *context),
	void *context, struct error *error)
{
	char data[CHUNK_SIZE], crlf[2 * CHUNK_SIZE], last = '\0';
	size_t n;

	/* A line that is no field ends the header, and is not lost. */
	if (eml->length > 0 && (visit(eml->line, eml->length, context) != 0 ||
				       visit("\r\n", 2, context) != 0))
		return 0;
	while ((n = fread(data, 1, sizeof(data), eml->file)) > 0) {
		n = to_crlf(data, n, &last, crlf);
		if (visit(crlf, n, context) != 0)
			return 0;
	}
	if (ferror(eml->file))
		return error_set(error, "cannot read: %s", strerror(errno));
	return 0;
}

/* One address under way in a list of them. */
struct scan {
	char *text; /* outside of angle brackets */
	size_t length;
	char *angle; /* inside of them */
	size_t angle_length;
	bool has_angle;
	bool inside;
	bool quoted;
};

static int end_address(struct scan *scan, struct strlist *addresses)
{
	char *text = scan->has_angle ? scan->angle : scan->text;
	size_t length = scan->has_angle ? scan->angle_length : scan->length;
	int rc = 0;

	while (length > 0 && is_blank(text[length - 1]))
		length--;
	text[length] = '\0';
	text += strspn(text, " \t");
	if (*text)
		rc = strlist_add(addresses, text);
	scan->length = 0;
	scan->angle_length = 0;
	scan->has_angle = false;
	return rc;
}

/* Steps over a comment; returns its last octet. */
static const char *skip_comment(const char *at)
{
	size_t depth = 0;

	for (; *at; at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '(')
			depth++;
		else if (*at == ')' && --depth == 0)
			return at;
	}
	return at - 1;
}

static void put(struct scan *scan, char c)
{
	if (c == '\n' || c == '\r')
		c = ' ';
	if (scan->inside)
		scan->angle[scan->angle_length++] = c;
	else
		scan->text[scan->length++] = c;
}

/* Takes a character outside of quotes that is no comment. 0, or -1. */
static int take(struct scan *scan, char c, struct strlist *addresses)
{
	switch (c) {
	case '<':
		scan->inside = true;
		scan->has_angle = true;
		return 0;
	case '>':
		scan->inside = false;
		return 0;
	case ',':
	case ';':
	case ':':
		if (scan->inside)
			break;
		if (c != ':')
			return end_address(scan, addresses);
		scan->length = 0; /* that was the name of a group */
		return 0;
	}
	put(scan, c);
	return 0;
}

/* Splits value, using scan's buffers, which are as long as it. */
static int scan_addresses(
	struct scan *scan, const char *value, struct strlist *addresses)
{
	for (const char *at = value; *at; at++) {
		if (*at == '"')
			scan->quoted = !scan->quoted;
		if (scan->quoted || *at == '"') {
			put(scan, *at);
			if (*at == '\\' && at[1])
				put(scan, *++at);
		} else if (*at == '(') {
			at = skip_comment(at);
		} else if (take(scan, *at, addresses) < 0) {
			return -1;
		}
	}
	return end_address(scan, addresses);
}

static int split_addresses(const char *value, struct strlist *addresses)
{
	size_t size = strlen(value) + 1;
	struct scan scan = {
		.text = malloc(size),
		.angle = malloc(size),
	};
	int rc = -1;

	if (scan.text && scan.angle)
		rc = scan_addresses(&scan, value, addresses);
	free(scan.text);
	free(scan.angle);
	return rc;
}

int eml_addresses(
	const struct eml *eml, const char *name, struct strlist *addresses)
{
	for (size_t i = 0; i < eml->count; i++) {
		if (strcasecmp(eml->fields[i].name, name) != 0)
			continue;
		if (split_addresses(eml->fields[i].value, addresses) < 0)
			return -1;
	}
	return 0;
}
