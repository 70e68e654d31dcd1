/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/ctl.h"
#include "ctl/jsonout.h"
#include "ctl/times.h"

void jsonout_begin(struct jsonout *out)
{
	out->object = json_object();
	out->failed = !out->object;
}

void jsonout_begin_list(struct jsonout *out)
{
	out->object = json_array();
	out->failed = !out->object;
}

void jsonout_item(struct jsonout *out, json_t *value)
{
	if (json_array_append_new(out->object, value) < 0)
		out->failed = true;
}

void jsonout_value(struct jsonout *out, const char *key, json_t *value)
{
	/* json_object_set_new() frees value when it fails, too. */
	if (json_object_set_new(out->object, key, value) < 0)
		out->failed = true;
}

json_t *jsonout_text(const char *value)
{
	json_t *text = json_string(value);
	char *copy;

	if (text)
		return text;
	copy = strdup(value);
	if (!copy)
		return NULL;
	for (char *c = copy; *c; c++) {
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	}
	text = json_string(copy);
	free(copy);
	return text;
}

void jsonout_string(struct jsonout *out, const char *key, const char *value)
{
	jsonout_value(out, key, value ? jsonout_text(value) : json_null());
}

void jsonout_integer(struct jsonout *out, const char *key, int64_t value)
{
	jsonout_value(out, key, json_integer((json_int_t)value));
}

void jsonout_real(struct jsonout *out, const char *key, double value)
{
	jsonout_value(out, key, json_real(value));
}

void jsonout_bool(struct jsonout *out, const char *key, bool value)
{
	jsonout_value(out, key, json_boolean(value));
}

void jsonout_time(struct jsonout *out, const char *key, int64_t when)
{
	char text[TIMES_SIZE];

	times_format(when, text);
	jsonout_string(out, key, when ? text : NULL);
}

json_t *jsonout_take(struct jsonout *out)
{
	json_t *object = out->object;

	if (out->failed) {
		json_decref(object);
		object = NULL;
	}
	out->object = NULL;
	return object;
}

int jsonout_write(struct jsonout *out, FILE *stream)
{
	json_t *object = jsonout_take(out);
	int rc;

	if (!object)
		return -1;
	rc = json_dumpf(object, stream, JSON_COMPACT);
	json_decref(object);
	return rc < 0 || putc('\n', stream) == EOF ? -1 : 0;
}

int jsonout_end(struct jsonout *out)
{
	if (jsonout_write(out, stdout) == 0)
		return 0;
	return ctl_fail(EX_IOERR,
		"standard output: cannot write JSON, or out of memory");
}
