/* SPDX-License-Identifier: BSD-2-Clause */
/* A parsed configuration file. The only user of libconfig. */
#include <libconfig.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "conf/conf_private.h"

#define KEY_SIZE 128 /* longer keys are cut, and then unknown */

struct reader {
	char *name;
	config_t config;
};

int reader_fail(const struct reader *reader, unsigned line, struct error *error,
	const char *format, ...)
{
	char text[sizeof(error->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(error, "%s:%u: %s", reader->name, line, text);
}

static unsigned line_of(const config_setting_t *setting)
{
	uintptr_t line = (uintptr_t)config_setting_get_hook(setting);

	if (line == 0)
		line = setting->line; /* the macro would cut it to 16 bits */
	return line ? line : 1;
}

/*
 * Puts the lines that scan_text() found on the strings, which stand in the
 * tree in the same order. Recursion ends at SCAN_DEPTH_MAX.
 */
static void set_lines(config_setting_t *setting, struct string_lines *left)
{
	int i, count = config_setting_length(setting);

	if (config_setting_type(setting) == CONFIG_TYPE_STRING &&
		left->count > 0) {
		config_setting_set_hook(
			setting, (void *)(uintptr_t)left->lines[0]);
		left->lines++;
		left->count--;
	}
	if (config_setting_is_aggregate(setting))
		for (i = 0; i < count; i++)
			set_lines(config_setting_get_elem(setting, i), left);
}

static int parse(struct reader *reader, const char *text, size_t length,
	struct error *error)
{
	struct string_lines lines = { 0 }, left;
	int result;

	result = scan_text(reader->name, text, length, &lines, error);
	if (result == 0 && !config_read_string(&reader->config, text))
		result = reader_fail(reader, config_error_line(&reader->config),
			error, "%s", config_error_text(&reader->config));
	if (result == 0) {
		left = lines;
		set_lines(config_root_setting(&reader->config), &left);
	}
	free(lines.lines);
	return result;
}

struct reader *reader_parse(
	const char *name, const char *text, size_t length, struct error *error)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (reader != NULL)
		reader->name = strdup(name);
	if (reader == NULL || reader->name == NULL) {
		error_set(error, "%s:1: out of memory", name);
		free(reader);
		return NULL;
	}
	config_init(&reader->config);
	/* scan_text() refuses @include; should it miss one, this fails. */
	config_set_include_dir(&reader->config, "/dev/null");
	if (parse(reader, text, length, error) < 0)
		reader_close(&reader);
	return reader;
}

struct reader *reader_open(const char *path, struct error *error)
{
	struct reader *reader;
	size_t length;
	char *text;

	text = source_read(path, &length, error);
	if (text == NULL)
		return NULL;
	reader = reader_parse(path, text, length, error);
	free(text);
	return reader;
}

void reader_close(struct reader **reader)
{
	if (*reader == NULL)
		return;
	config_destroy(&(*reader)->config);
	free((*reader)->name);
	free(*reader);
	*reader = NULL;
}

static void value_from(const config_setting_t *setting, struct value *value_r)
{
	memset(value_r, 0, sizeof(*value_r));
	value_r->line = line_of(setting);
	value_r->setting = setting;
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING:
		value_r->kind = VALUE_STRING;
		value_r->string = config_setting_get_string(setting);
		if (value_r->string == NULL)
			value_r->string = "";
		break;
	case CONFIG_TYPE_INT:
		value_r->kind = VALUE_INT;
		value_r->integer = config_setting_get_int(setting);
		break;
	case CONFIG_TYPE_INT64:
		value_r->kind = VALUE_INT;
		value_r->integer = config_setting_get_int64(setting);
		break;
	case CONFIG_TYPE_BOOL:
		value_r->kind = VALUE_BOOL;
		value_r->integer = config_setting_get_bool(setting) != 0;
		break;
	case CONFIG_TYPE_ARRAY:
	case CONFIG_TYPE_LIST:
		value_r->kind = VALUE_LIST;
		value_r->count = config_setting_length(setting);
		break;
	case CONFIG_TYPE_GROUP:
		value_r->kind = VALUE_GROUP;
		value_r->count = config_setting_length(setting);
		break;
	default:
		value_r->kind = VALUE_FLOAT;
	}
}

void reader_item(const struct value *list, size_t index, struct value *item_r)
{
	value_from(config_setting_get_elem(list->setting, index), item_r);
}

const char *reader_member(
	const struct value *group, size_t index, struct value *member_r)
{
	reader_item(group, index, member_r);
	return config_setting_name((const config_setting_t *)member_r->setting);
}

/*
 * Follows a dotted key as far as it goes. Returns the last setting on the
 * way; *rest_r is what could not be followed, "" when all was.
 */
static config_setting_t *follow(
	const struct reader *reader, const char *key, const char **rest_r)
{
	config_setting_t *setting = config_root_setting(&reader->config), *next;
	char name[KEY_SIZE];
	size_t length;

	for (*rest_r = key; **rest_r != '\0';) {
		length = strcspn(*rest_r, ".[");
		if (length == 0 || length >= sizeof(name) ||
			!config_setting_is_group(setting))
			break;
		memcpy(name, *rest_r, length);
		name[length] = '\0';
		next = config_setting_get_member(setting, name);
		if (next == NULL)
			break;
		setting = next;
		*rest_r += length;
		*rest_r += **rest_r == '.';
	}
	return setting;
}

bool reader_find(
	const struct reader *reader, const char *key, struct value *value_r)
{
	const char *rest;
	config_setting_t *setting = follow(reader, key, &rest);

	if (*rest != '\0')
		return false;
	value_from(setting, value_r);
	return true;
}

unsigned reader_line(const struct reader *reader, const char *key)
{
	const char *rest;
	config_setting_t *setting = follow(reader, key, &rest), *item = NULL;
	struct value value;

	value_from(setting, &value);
	if (*rest == '[' && value.kind == VALUE_LIST)
		item = config_setting_get_elem(
			setting, strtoul(rest + 1, NULL, 10));
	return line_of(item ? item : setting);
}

static int each_member(const config_setting_t *group,
	int (*visit)(const char *key, const struct value *value, void *context),
	void *context)
{
	int i, result, count = config_setting_length(group);
	const config_setting_t *member;
	bool is_root = config_setting_is_root(group);
	char key[KEY_SIZE];
	struct value value;

	for (i = 0; i < count; i++) {
		member = config_setting_get_elem(group, i);
		snprintf(key, sizeof(key), "%s%s%s",
			is_root ? "" : config_setting_name(group),
			is_root ? "" : ".", config_setting_name(member));
		value_from(member, &value);
		result = visit(key, &value, context);
		if (result == 0 && is_root && value.kind == VALUE_GROUP)
			result = each_member(member, visit, context);
		if (result != 0)
			return result;
	}
	return 0;
}

int reader_each(const struct reader *reader,
	int (*visit)(const char *key, const struct value *value, void *context),
	void *context)
{
	return each_member(
		config_root_setting(&reader->config), visit, context);
}
