/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "ctl/sendmail_conf.h"
#include "policy/buffer.h"

#define BLANKS " \t\r\n"

static char *trimmed(const char *text, size_t length)
{
	while (length > 0 && memchr(BLANKS, *text, sizeof(BLANKS) - 1)) {
		text++;
		length--;
	}
	while (length > 0 &&
		memchr(BLANKS, text[length - 1], sizeof(BLANKS) - 1))
		length--;
	return strndup(text, length);
}

/* A list of count items, with one more that is zeroed. NULL: as it was. */
static void *more(void *items, size_t count, size_t size)
{
	char *grown = reallocarray(items, count + 1, size);

	if (grown != NULL)
		memset(grown + size * count, 0, size);
	return grown;
}

/* --- Lines -------------------------------------------------------------- */

static void set_field(
	struct sendmail_filter *filter, const char *field, size_t length)
{
	const char *equals = memchr(field, '=', length);
	char **to;

	if (equals == NULL)
		return;
	while (length > 0 && memchr(BLANKS, *field, sizeof(BLANKS) - 1)) {
		field++;
		length--;
	}
	to = *field == 'S'   ? &filter->socket
	     : *field == 'F' ? &filter->flags
	     : *field == 'T' ? &filter->timeouts
			     : NULL;
	if (to == NULL)
		return;
	free(*to);
	*to = trimmed(equals + 1, field + length - (equals + 1));
}

static int add_filter(
	struct sendmail_conf *conf, const char *text, unsigned line)
{
	struct sendmail_filter *filter =
		more(conf->filters, conf->filter_count, sizeof(*filter));
	size_t length = strcspn(text, ",");

	if (filter == NULL)
		return -1;
	conf->filters = filter;
	filter += conf->filter_count++;
	filter->line = line;
	filter->name = trimmed(text, length);
	filter->socket = strdup("");
	filter->flags = strdup("");
	filter->timeouts = strdup("");
	while (text[length] != '\0') {
		text += length + 1;
		length = strcspn(text, ",");
		set_field(filter, text, length);
	}
	return filter->name && filter->socket && filter->flags &&
			       filter->timeouts
		       ? 0
		       : -1;
}

static int add_option(
	struct sendmail_conf *conf, const char *text, unsigned line)
{
	struct sendmail_option *option;
	const char *equals = strchr(text, '=');

	if (*text != ' ' || equals == NULL) /* options of one letter */
		return 0;
	option = more(conf->options, conf->option_count, sizeof(*option));
	if (option == NULL)
		return -1;
	conf->options = option;
	option += conf->option_count++;
	option->line = line;
	option->name = trimmed(text, equals - text);
	option->value = trimmed(equals + 1, strlen(equals + 1));
	return option->name && option->value ? 0 : -1;
}

static int add_name(struct sendmail_conf *conf, const char *text, size_t length,
	bool is_file, unsigned line)
{
	struct sendmail_name *name =
		more(conf->names, conf->name_count, sizeof(*name));

	if (name == NULL)
		return -1;
	conf->names = name;
	name += conf->name_count++;
	name->is_file = is_file;
	name->line = line;
	name->name = trimmed(text, length);
	return name->name ? 0 : -1;
}

/* "Cwname name", "C{w}name", and "Fw-o /path pattern". */
static int add_names(
	struct sendmail_conf *conf, const char *text, unsigned line)
{
	bool is_file = *text++ == 'F';
	size_t length;

	if (!strncmp(text, "{w}", 3))
		text += 3;
	else if (*text++ != 'w')
		return 0;
	if (is_file && !strncmp(text, "-o", 2))
		text += 2;
	for (;;) {
		text += strspn(text, BLANKS);
		length = strcspn(text, BLANKS "%");
		if (length == 0 || (is_file && *text != '/'))
			return 0;
		if (add_name(conf, text, length, is_file, line) < 0)
			return -1;
		if (is_file)
			return 0;
		text += length;
		if (*text == '%')
			return 0;
	}
}

static int set_version(struct sendmail_conf *conf, const char *text)
{
	free(conf->version);
	conf->version = trimmed(text, strlen(text));
	return conf->version ? 0 : -1;
}

static int read_line(
	struct sendmail_conf *conf, const char *line, unsigned number)
{
	switch (line[0]) {
	case 'X':
		return add_filter(conf, line + 1, number);
	case 'O':
		return add_option(conf, line + 1, number);
	case 'C':
	case 'F':
		return add_names(conf, line, number);
	case 'D':
		if (line[1] == 'Z')
			return set_version(conf, line + 2);
		if (!strncmp(line + 1, "{Z}", 3))
			return set_version(conf, line + 4);
		return 0;
	default:
		return 0;
	}
}

/* One line with those that continue it, by a blank at their beginning. */
static int read_logical(struct sendmail_conf *conf, const char **text,
	const char *end, unsigned *number)
{
	struct buffer line = { 0 };
	unsigned first = *number + 1;
	bool is_comment = **text == '#';
	char *whole;
	int rc;

	do {
		const char *newline = memchr(*text, '\n', end - *text);
		const char *stop = newline ? newline : end;

		if (!is_comment)
			buffer_add(&line, *text, stop - *text);
		*text = newline ? newline + 1 : end;
		++*number;
	} while (*text < end && (**text == ' ' || **text == '\t'));
	whole = buffer_take(&line);
	rc = whole ? read_line(conf, whole, first) : -1;
	free(whole);
	return rc;
}

struct sendmail_conf *sendmail_conf_parse(const char *text, size_t length)
{
	struct sendmail_conf *conf = calloc(1, sizeof(*conf));
	const char *end = text + length;
	unsigned number = 0;
	int rc = 0;

	if (conf == NULL)
		return NULL;
	conf->version = strdup("");
	while (text < end && rc == 0)
		rc = read_logical(conf, &text, end, &number);
	if (rc < 0 || conf->version == NULL)
		sendmail_conf_free(&conf);
	return conf;
}

void sendmail_conf_free(struct sendmail_conf **conf)
{
	struct sendmail_conf *c = *conf;

	if (c == NULL)
		return;
	for (size_t i = 0; i < c->filter_count; i++) {
		free(c->filters[i].name);
		free(c->filters[i].socket);
		free(c->filters[i].flags);
		free(c->filters[i].timeouts);
	}
	for (size_t i = 0; i < c->option_count; i++) {
		free(c->options[i].name);
		free(c->options[i].value);
	}
	for (size_t i = 0; i < c->name_count; i++)
		free(c->names[i].name);
	free(c->filters);
	free(c->options);
	free(c->names);
	free(c->version);
	free(c);
	*conf = NULL;
}

/* --- Values ------------------------------------------------------------- */

const struct sendmail_option *sendmail_conf_option(
	const struct sendmail_conf *conf, const char *name)
{
	for (size_t i = conf->option_count; i > 0; i--) {
		if (!strcasecmp(conf->options[i - 1].name, name))
			return &conf->options[i - 1];
	}
	return NULL;
}

bool sendmail_list_has(const char *list, const char *word)
{
	static const char separators[] = ",; \t";

	for (;;) {
		size_t length;

		list += strspn(list, separators);
		length = strcspn(list, separators);
		if (length == 0)
			return false;
		if (length == strlen(word) && !strncmp(list, word, length))
			return true;
		list += length;
	}
}

int sendmail_field(const char *value, char letter, const char **field_r)
{
	for (;;) {
		size_t length;
		const char *equals;

		value += strspn(value, ", \t");
		length = strcspn(value, ",");
		if (length == 0)
			return -1;
		equals = memchr(value, '=', length);
		if (equals != NULL && (*value | 0x20) == (letter | 0x20)) {
			*field_r = equals + 1;
			return value + length - (equals + 1);
		}
		value += length;
	}
}

long sendmail_timeout(const char *timeouts, char letter)
{
	const char *at = timeouts;
	long number, unit;
	char *end;

	while (*at != '\0') {
		at += strspn(at, "; \t");
		if (*at == letter && at[1] == ':') {
			number = strtol(at + 2, &end, 10);
			unit = *end == 'm'   ? 60
			       : *end == 'h' ? 3600
			       : *end == 'd' ? 86400
			       : *end == 'w' ? 604800
					     : 1;
			if (end == at + 2 || number < 0 || number > 1000000)
				return -1;
			return number * unit;
		}
		at += strcspn(at, ";");
	}
	return -1;
}
