/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of conf/ share: the text of a file (source), its first look
 * (scan), the parsed file (reader), the table of options (options), and
 * values (value). All are used by one thread at a time.
 */
#ifndef CONF_CONF_PRIVATE_H
#define CONF_CONF_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "conf/conf.h"
#include "policy/error.h"
#include "policy/reason.h"

/* source.c, scan.c: a file's text before it is parsed. */

#define SOURCE_SIZE_MAX (1 << 20)
#define SCAN_DEPTH_MAX 32
#define SCAN_SETTINGS_MAX 2000

/*
 * Reads a file after checking who may write it. The caller frees the text,
 * which ends with a NUL that *length_r does not count. NULL with error set.
 */
char *source_read(const char *path, size_t *length_r, struct error *error);

/* Lines of the strings in a text, in the order in which they stand. */
struct string_lines {
	unsigned *lines;
	size_t count;
	size_t size;
};

/*
 * Refuses what the parser would swallow, cut short or choke on, and notes
 * the strings' lines. Returns 0, or -1 with error set. The caller frees
 * lines_r->lines in either case.
 */
int scan_text(const char *name, const char *text, size_t length,
	struct string_lines *lines_r, struct error *error);

/* reader.c: a parsed file. */

enum value_kind {
	VALUE_STRING,
	VALUE_INT,
	VALUE_BOOL,
	VALUE_FLOAT,
	VALUE_LIST,
	VALUE_GROUP,
};

/* A value in a file. Belongs to its reader. */
struct value {
	enum value_kind kind;
	unsigned line;
	const char *string;
	int64_t integer; /* also 0 and 1 for a VALUE_BOOL */
	size_t count;	 /* items of a list, members of a group */
	const void *setting;
};

struct reader;

struct reader *reader_open(const char *path, struct error *error);

/* Parses text; name stands for the file in errors. */
struct reader *reader_parse(
	const char *name, const char *text, size_t length, struct error *error);
void reader_close(struct reader **reader);

/* Finds a dotted key. */
bool reader_find(
	const struct reader *reader, const char *key, struct value *value_r);
void reader_item(const struct value *list, size_t index, struct value *item_r);

/* The member of a group by its index; its name belongs to the reader. */
const char *reader_member(
	const struct value *group, size_t index, struct value *member_r);

/*
 * The line of a key, which may have an index: "notices.OPTED_OUT[1]". Of what
 * is not in the file: the line of its list or group, or 1.
 */
unsigned reader_line(const struct reader *reader, const char *key);

/*
 * Visits the settings of the file and of its groups in order, with their
 * dotted keys. A visitor that returns non-zero ends the walk with that value.
 */
int reader_each(const struct reader *reader,
	int (*visit)(const char *key, const struct value *value, void *context),
	void *context);

/* Sets "FILE:LINE: text". Always returns -1. */
int reader_fail(const struct reader *reader, unsigned line, struct error *error,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* options.c: the table. */

enum option_type {
	TYPE_STRING,	/* text */
	TYPE_PATH,	/* an absolute path */
	TYPE_WORD,	/* letters, digits, dots, dashes, underscores */
	TYPE_FIELD,	/* a header field's name */
	TYPE_ACCOUNT,	/* USER or USER:GROUP */
	TYPE_SOCKET,	/* see conf_parse_socket() */
	TYPE_CHARACTER, /* one punctuation mark */
	TYPE_BOOL,	/* true or false */
	TYPE_INT,	/* 1000 */
	TYPE_SIZE,	/* "256K", in octets */
	TYPE_DURATION,	/* "90d", in seconds */
	TYPE_MODE,	/* "0660" */
	TYPE_CHOICE,	/* one of some words */
	TYPE_STRLIST,	/* a list of texts */
	TYPE_COUNT
};

struct choice {
	const char *name; /* NULL ends the list */
	int value;
};

struct option {
	enum conf_file file;
	const char *key;
	enum option_type type;
	size_t offset;
	const char *initial; /* default, NULL: required */
	const char *sample;  /* active in the sample, NULL: not */
	int64_t min, max;
	const struct choice *choices;
	const char *help;
};

/* The rows of a file, in order; NULL after the last. First: after NULL. */
const struct option *option_next(
	enum conf_file file, const struct option *option);

/* The reason whose mode or notice an option sets, or REASON_NONE. */
enum reason option_reason(const struct option *option);

/* The reader of "value = DEFAULT;". NULL with error set. */
struct reader *option_default(const struct option *option, struct error *error);

/* Fills base, a zeroed struct conf or policy_spec. Returns 0, or -1. */
int options_load(enum conf_file file, const struct reader *reader, void *base,
	struct error *error);

/* Frees what options_load() put into base. */
void options_fini(enum conf_file file, void *base);

/* value.c: how values are written. */

/* The word for a type in the manual, e.g. "size". */
const char *type_name(enum option_type type);

/* Checks a value and puts it into base. Returns 0, or -1 with error set. */
int value_store(const struct reader *reader, const struct option *option,
	const struct value *value, void *base, struct error *error);

/* Frees the option's member in base. */
void value_fini(const struct option *option, void *base);

/* Writes a bound as the file would, e.g. "16M" or "1h". */
void value_format(
	const struct option *option, int64_t number, char *text_r, size_t size);

/*
 * wording_file.c: puts the weights in wording.tsv of a directory into book. No
 * such file is no error. Returns 0, or -1 with error set.
 */
int wording_file_load(
	struct phrasebook *book, const char *directory, struct error *error);

/* print.c */

/* Prints text, in the table's spelling, in that of the file. */
void print_value(FILE *out, const struct option *option, const char *text);

#endif
