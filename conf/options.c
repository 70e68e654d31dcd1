/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of options, and the loader that walks it. */
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include "conf/conf_private.h"
#include "policy/strlist.h"

static const struct choice log_facilities[] = {
	{ "kern", LOG_KERN },
	{ "user", LOG_USER },
	{ "mail", LOG_MAIL },
	{ "daemon", LOG_DAEMON },
	{ "auth", LOG_AUTH },
	{ "syslog", LOG_SYSLOG },
	{ "lpr", LOG_LPR },
	{ "news", LOG_NEWS },
	{ "uucp", LOG_UUCP },
	{ "cron", LOG_CRON },
	{ "authpriv", LOG_AUTHPRIV },
	{ "ftp", LOG_FTP },
	{ "local0", LOG_LOCAL0 },
	{ "local1", LOG_LOCAL1 },
	{ "local2", LOG_LOCAL2 },
	{ "local3", LOG_LOCAL3 },
	{ "local4", LOG_LOCAL4 },
	{ "local5", LOG_LOCAL5 },
	{ "local6", LOG_LOCAL6 },
	{ "local7", LOG_LOCAL7 },
	{ NULL, 0 },
};

static const struct choice log_levels[] = {
	{ "error", LOG_ERR },
	{ "warning", LOG_WARNING },
	{ "notice", LOG_NOTICE },
	{ "info", LOG_INFO },
	{ "debug", LOG_DEBUG },
	{ NULL, 0 },
};

static const struct choice log_targets[] = {
	{ "syslog", LOG_TARGET_SYSLOG },
	{ "stderr", LOG_TARGET_STDERR },
	{ NULL, 0 },
};

static const struct choice log_addresses[] = {
	{ "hashed", LOG_ADDRESSES_HASHED },
	{ "plain", LOG_ADDRESSES_PLAIN },
	{ NULL, 0 },
};

static const struct choice several_orders[] = {
	{ "first", SEVERAL_FIRST },
	{ "refuse", SEVERAL_REFUSE },
	{ NULL, 0 },
};

static const struct choice several_recipients[] = {
	{ "split", RECIPIENTS_SPLIT },
	{ "strictest", RECIPIENTS_STRICTEST },
	{ NULL, 0 },
};

static const struct choice modes_default[] = {
	{ "shadow", MODE_SHADOW },
	{ "enforce", MODE_ENFORCE },
	{ NULL, 0 },
};

static const struct choice modes_reason[] = {
	{ "default", MODE_DEFAULT },
	{ "shadow", MODE_SHADOW },
	{ "enforce", MODE_ENFORCE },
	{ NULL, 0 },
};

#define STRUCT_DAEMON struct conf
#define STRUCT_POLICY struct policy_spec

/* The member of a row must have the C type that the loader writes. */
#define MEMBER_STRING char *
#define MEMBER_PATH char *
#define MEMBER_WORD char *
#define MEMBER_FIELD char *
#define MEMBER_ACCOUNT char *
#define MEMBER_SOCKET char *
#define MEMBER_CHARACTER char *
#define MEMBER_BOOL bool
#define MEMBER_INT int64_t
#define MEMBER_SIZE int64_t
#define MEMBER_DURATION int64_t
#define MEMBER_MODE int64_t
#define MEMBER_CHOICE int
#define MEMBER_STRLIST struct strlist
#define OPTION(file_, key_, type_, member_, ...)                               \
	_Static_assert(_Generic(((STRUCT_##file_ *)0)->member_,                \
			       MEMBER_##type_ : 1, default : 0),               \
		key_ ": member of another type");
#include "conf/options.def"
#undef OPTION

static const struct option options[] = {
#define OPTION(file_, key_, type_, member_, initial_, sample_, min_, max_,     \
	choices_, help_)                                                       \
	{                                                                      \
		.file = CONF_FILE_##file_,                                     \
		.key = key_,                                                   \
		.type = TYPE_##type_,                                          \
		.offset = offsetof(STRUCT_##file_, member_),                   \
		.initial = initial_,                                           \
		.sample = sample_,                                             \
		.min = min_,                                                   \
		.max = max_,                                                   \
		.choices = choices_,                                           \
		.help = help_,                                                 \
	},
#include "conf/options.def"
#undef OPTION
};

#define OPTIONS_COUNT (sizeof(options) / sizeof(options[0]))

const struct option *option_next(
	enum conf_file file, const struct option *option)
{
	option = option ? option + 1 : options;
	for (; option < options + OPTIONS_COUNT; option++)
		if (option->file == file)
			return option;
	return NULL;
}

enum reason option_reason(const struct option *option)
{
	const char *dot = strchr(option->key, '.');

	return reason_from_name(dot ? dot + 1 : option->key);
}

/* Is key that of an option, or the name of a group? */
static bool is_known(enum conf_file file, const char *key, bool is_group)
{
	const struct option *option = NULL;
	size_t length = strlen(key);

	while ((option = option_next(file, option)) != NULL)
		if (is_group ? strncmp(option->key, key, length) == 0 &&
					option->key[length] == '.'
			     : strcmp(option->key, key) == 0)
			return true;
	return false;
}

#define DISTANCE_MAX 2
#define WORD_MAX 64

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* Letters to add, drop or change to make b of a; both under WORD_MAX long. */
static unsigned edit_distance(
	const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned row[WORD_MAX + 1], diagonal, above;
	size_t i, j;

	for (j = 0; j <= b_length; j++)
		row[j] = j;
	for (i = 1; i <= a_length; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= b_length; j++) {
			above = row[j];
			row[j] = min3(row[j] + 1, row[j - 1] + 1,
				diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_length];
}

/*
 * Finds the option, or for a group the option in it, that key may mean.
 * Returns the octets of the option's key that count, 0 when there is none.
 */
static size_t nearest(enum conf_file file, const char *key, bool is_group,
	const char **nearest_r)
{
	const struct option *option = NULL;
	size_t length = strlen(key), known, found = 0;
	unsigned best = DISTANCE_MAX + 1, distance;

	if (length <= DISTANCE_MAX || length > WORD_MAX)
		return 0;
	while ((option = option_next(file, option)) != NULL) {
		known = is_group ? strcspn(option->key, ".")
				 : strlen(option->key);
		if (known > WORD_MAX || (is_group && !option->key[known]))
			continue;
		distance = edit_distance(key, length, option->key, known);
		if (distance < best) {
			best = distance;
			found = known;
			*nearest_r = option->key;
		}
	}
	return found;
}

struct load {
	enum conf_file file;
	const struct reader *reader;
	struct error *error;
};

static int refuse_unknown(
	const char *key, const struct value *value, void *context)
{
	struct load *load = context;
	bool is_group = value->kind == VALUE_GROUP && strchr(key, '.') == NULL;
	const char *near;
	size_t length;

	if (is_known(load->file, key, false) ||
		(is_group && is_known(load->file, key, true)))
		return 0;
	if (is_known(load->file, key, true))
		return reader_fail(load->reader, value->line, load->error,
			"\"%s\" is a group; write %s: { ... };", key, key);
	length = nearest(load->file, key, is_group, &near);
	if (length > 0)
		return reader_fail(load->reader, value->line, load->error,
			"unknown setting \"%s\"; did you mean \"%.*s\"?", key,
			(int)length, near);
	return reader_fail(load->reader, value->line, load->error,
		"unknown setting \"%s\"; see %s", key,
		load->file == CONF_FILE_DAEMON ? "optout-milter.conf(5)"
					       : "optout-policy.conf(5)");
}

struct reader *option_default(const struct option *option, struct error *error)
{
	struct reader *reader = NULL;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (out != NULL) {
		fputs("value = ", out);
		print_value(out, option, option->initial);
		fputs(";\n", out);
	}
	if (out == NULL || fclose(out) != 0)
		error_set(error, "default of %s: out of memory", option->key);
	else
		reader = reader_parse(option->key, text, length, error);
	free(text);
	return reader;
}

static int load_default(
	const struct option *option, void *base, struct error *error)
{
	struct reader *reader = option_default(option, error);
	struct value value;
	int result = -1;

	if (reader == NULL)
		return -1;
	if (reader_find(reader, "value", &value))
		result = value_store(reader, option, &value, base, error);
	reader_close(&reader);
	return result;
}

static int load_option(
	const struct load *load, const struct option *option, void *base)
{
	struct value value;

	if (reader_find(load->reader, option->key, &value))
		return value_store(
			load->reader, option, &value, base, load->error);
	if (option->initial != NULL)
		return load_default(option, base, load->error);
	return reader_fail(load->reader, reader_line(load->reader, option->key),
		load->error, "%s is missing; set it, for example to \"%s\"",
		option->key, option->sample);
}

int options_load(enum conf_file file, const struct reader *reader, void *base,
	struct error *error)
{
	struct load load = { .file = file, .reader = reader, .error = error };
	const struct option *option = NULL;

	if (reader_each(reader, refuse_unknown, &load) != 0)
		return -1;
	while ((option = option_next(file, option)) != NULL)
		if (load_option(&load, option, base) < 0)
			return -1;
	return 0;
}

void options_fini(enum conf_file file, void *base)
{
	const struct option *option = NULL;

	while ((option = option_next(file, option)) != NULL)
		value_fini(option, base);
}
