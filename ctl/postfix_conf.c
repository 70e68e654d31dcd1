/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "ctl/postfix_private.h"
#include "policy/buffer.h"

#define BLANKS " \t\r\n\v\f"

/* Defaults of the parameters that are looked at; the others are empty. */
static const struct {
	const char *name, *value;
} defaults[] = {
	{ "cleanup_service_name", "cleanup" },
	{ "compatibility_level", "0" },
	{ "daemon_directory", "/usr/lib/postfix/sbin" },
	{ "header_size_limit", "102400" },
	{ "mail_owner", "postfix" },
	{ "milter_command_timeout", "30s" },
	{ "milter_connect_timeout", "30s" },
	{ "milter_content_timeout", "300s" },
	{ "milter_protocol", "6" },
	{ "mydestination", "$myhostname, localhost.$mydomain, localhost" },
	{ "mydomain", "localdomain" },
	{ "myhostname", "localhost" },
	{ "queue_directory", "/var/spool/postfix" },
	{ "smtpd_sasl_auth_enable", "no" },
	{ "soft_bounce", "no" },
	{ "virtual_alias_domains", "$virtual_alias_maps" },
	{ "virtual_alias_maps", "$virtual_maps" },
	{ "virtual_mailbox_domains", "$virtual_mailbox_maps" },
};

/* Defaults that changed: with which version, from what to what. */
static const struct {
	const char *name;
	struct version since;
	const char *before, *after;
} changed_defaults[] = {
	{ "milter_default_action", { { 3, 11, 0 } }, "tempfail", "shutdown" },
	{ "smtpd_forbid_bare_newline", { { 3, 9, 0 } }, "no", "normalize" },
	{ "smtpd_forbid_unauth_pipelining", { { 3, 9, 0 } }, "no", "yes" },
};

static bool is_blank(char c)
{
	return c != '\0' && strchr(BLANKS, c) != NULL;
}

/* --- Logical lines ------------------------------------------------------ */

struct lines {
	const char *at, *end;
	unsigned number; /* of the line at "at" */
	unsigned first;	 /* of the logical line that was read */
};

/* Whether a line says nothing: blank, or a comment. */
static bool is_idle(const char *line, const char *end)
{
	while (line < end && is_blank(*line))
		line++;
	return line == end || *line == '#';
}

/*
 * The next logical line, which comments and blank lines within do not end.
 * One that begins with a blank belongs to nothing and is passed over.
 * NULL: the end, or out of memory, which failed tells.
 */
static char *next_logical(struct lines *lines, bool *failed)
{
	struct buffer text = { 0 };
	bool orphan = false;
	char *line;

	while (lines->at < lines->end) {
		const char *start = lines->at;
		const char *newline =
			memchr(start, '\n', lines->end - lines->at);
		const char *end = newline ? newline : lines->end;

		if ((text.length > 0 || orphan) && !is_blank(*start) &&
			*start != '#') {
			if (text.length > 0)
				break;
			orphan = false;
		}
		lines->at = newline ? newline + 1 : lines->end;
		lines->number++;
		if (is_idle(start, end))
			continue;
		if (text.length == 0) {
			lines->first = lines->number;
			orphan = is_blank(*start);
		}
		if (!orphan)
			buffer_add(&text, start, end - start);
	}
	if (text.length == 0 && !text.failed) {
		buffer_fini(&text);
		return NULL;
	}
	line = buffer_take(&text);
	*failed |= line == NULL;
	return line;
}

/* --- Settings ----------------------------------------------------------- */

/* Splits "name = value" in place. Returns 0, or -1: it is none. */
static int split_setting(char *text, char **name_r, char **value_r)
{
	char *name = text + strspn(text, BLANKS);
	char *end = name + strcspn(name, BLANKS "=");
	char *equals = end + strspn(end, BLANKS);
	size_t length;

	if (end == name || *equals != '=')
		return -1;
	*end = '\0';
	*name_r = name;
	*value_r = equals + 1 + strspn(equals + 1, BLANKS);
	length = strlen(*value_r);
	while (length > 0 && is_blank((*value_r)[length - 1]))
		(*value_r)[--length] = '\0';
	return 0;
}

/* Adds what text says; what is no setting is passed over. 0, or -1: memory. */
static int add_setting(
	struct postfix_settings *settings, char *text, unsigned line)
{
	struct postfix_setting *items;
	struct postfix_setting setting = { .line = line };
	char *name, *value;

	if (split_setting(text, &name, &value) < 0)
		return 0;
	setting.name = strdup(name);
	setting.value = strdup(value);
	items = reallocarray(
		settings->items, settings->count + 1, sizeof(*items));
	if (items != NULL)
		settings->items = items;
	if (items == NULL || setting.name == NULL || setting.value == NULL) {
		free(setting.name);
		free(setting.value);
		return -1;
	}
	items[settings->count++] = setting;
	return 0;
}

static void free_settings(struct postfix_settings *settings)
{
	for (size_t i = 0; i < settings->count; i++) {
		free(settings->items[i].name);
		free(settings->items[i].value);
	}
	free(settings->items);
}

static int read_main(struct postfix_conf *conf, const char *text, size_t length)
{
	struct lines lines = { .at = text, .end = text + length };
	bool failed = false;
	char *line;

	while (!failed && (line = next_logical(&lines, &failed)) != NULL) {
		failed = add_setting(&conf->main, line, lines.first) < 0;
		free(line);
	}
	return failed ? -1 : 0;
}

/* --- master.cf ---------------------------------------------------------- */

/* The next word of a service line; braces keep blanks. NULL: the end. */
static char *next_word(char **text)
{
	char *start = *text + strspn(*text, BLANKS);
	char *end = start;

	for (int depth = 0; *end != '\0' && (depth > 0 || !is_blank(*end));
		end++) {
		if (*end == '{')
			depth++;
		else if (*end == '}')
			depth--;
	}
	if (end == start)
		return NULL;
	*text = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return start;
}

/* "{ name = value }" without its braces; else text itself. */
static char *strip_braces(char *text)
{
	size_t length = strlen(text);

	if (length < 2 || text[0] != '{' || text[length - 1] != '}')
		return text;
	text[length - 1] = '\0';
	return text + 1;
}

/*
 * The options of a service's command line, of which -o counts; the others
 * that take a value are stepped over with it. Returns 0, or -1.
 */
static int read_options(struct postfix_service *service, char *text)
{
	char *word, *value;

	while ((word = next_word(&text)) != NULL) {
		word = strip_braces(word);
		if (*word++ != '-')
			continue;
		word += strcspn(word, "imnorst");
		if (*word == '\0')
			continue;
		value = word[1] != '\0' ? word + 1 : next_word(&text);
		if (value == NULL)
			break;
		if (*word == 'o' &&
			add_setting(&service->overrides, strip_braces(value),
				service->line) < 0)
			return -1;
	}
	return 0;
}

static bool chroot_by_default(const struct postfix_conf *conf)
{
	const char *level = postfix_lookup(conf, NULL, "compatibility_level");

	return atoi(level) < 1;
}

/* The columns before the command's options. 1: a service, 0: none, -1. */
static int read_columns(const struct postfix_conf *conf,
	struct postfix_service *service, char **text)
{
	enum {
		NAME,
		TYPE,
		PRIVATE,
		UNPRIVILEGED,
		CHROOT,
		WAKEUP,
		MAXPROC,
		COMMAND,
		COLUMNS
	};
	char *columns[COLUMNS];
	const char *slash;

	for (int i = 0; i < COLUMNS; i++) {
		columns[i] = next_word(text);
		if (columns[i] == NULL)
			return 0;
	}
	slash = strrchr(columns[COMMAND], '/');
	service->chroot = columns[CHROOT][0] == '-' ? chroot_by_default(conf)
						    : columns[CHROOT][0] == 'y';
	service->name = strdup(columns[NAME]);
	service->type = strdup(columns[TYPE]);
	service->program = strdup(slash ? slash + 1 : columns[COMMAND]);
	return service->name && service->type && service->program ? 1 : -1;
}

static void free_service(struct postfix_service *service)
{
	free(service->name);
	free(service->type);
	free(service->program);
	free_settings(&service->overrides);
}

static int read_service(struct postfix_conf *conf, char *line, unsigned number)
{
	struct postfix_service service = { .line = number };
	struct postfix_service *services;
	int rc = read_columns(conf, &service, &line);

	if (rc == 1)
		rc = read_options(&service, line) < 0 ? -1 : 1;
	if (rc == 1) {
		services = reallocarray(conf->services, conf->service_count + 1,
			sizeof(*services));
		if (services != NULL) {
			services[conf->service_count++] = service;
			conf->services = services;
			return 0;
		}
		rc = -1;
	}
	free_service(&service);
	return rc;
}

static int read_master(
	struct postfix_conf *conf, const char *text, size_t length)
{
	struct lines lines = { .at = text, .end = text + length };
	bool failed = false;
	char *line;

	while (!failed && (line = next_logical(&lines, &failed)) != NULL) {
		failed = read_service(conf, line, lines.first) < 0;
		free(line);
	}
	return failed ? -1 : 0;
}

/* --- The whole ---------------------------------------------------------- */

struct postfix_conf *postfix_conf_parse(const char *main_cf, size_t main_length,
	const char *master_cf, size_t master_length)
{
	struct postfix_conf *conf = calloc(1, sizeof(*conf));

	if (conf != NULL &&
		(read_main(conf, main_cf, main_length) < 0 ||
			read_master(conf, master_cf, master_length) < 0))
		postfix_conf_free(&conf);
	return conf;
}

void postfix_conf_free(struct postfix_conf **conf)
{
	if (*conf == NULL)
		return;
	free_settings(&(*conf)->main);
	for (size_t i = 0; i < (*conf)->service_count; i++)
		free_service(&(*conf)->services[i]);
	free((*conf)->services);
	strlist_fini(&(*conf)->values);
	free(*conf);
	*conf = NULL;
}

void postfix_conf_set_version(
	struct postfix_conf *conf, const struct version *version)
{
	conf->version = *version;
}

size_t postfix_conf_services(const struct postfix_conf *conf)
{
	return conf->service_count;
}

const struct postfix_service *postfix_conf_service(
	const struct postfix_conf *conf, size_t index)
{
	return &conf->services[index];
}

const struct postfix_setting *postfix_find(
	const struct postfix_settings *settings, const char *name)
{
	for (size_t i = settings->count; i > 0; i--) {
		if (!strcmp(settings->items[i - 1].name, name))
			return &settings->items[i - 1];
	}
	return NULL;
}

static const char *default_value(
	const struct postfix_conf *conf, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(changed_defaults) / sizeof(*changed_defaults);
		i++) {
		if (!strcmp(changed_defaults[i].name, name))
			return version_compare(&conf->version,
				       &changed_defaults[i].since) < 0
				       ? changed_defaults[i].before
				       : changed_defaults[i].after;
	}
	for (i = 0; i < sizeof(defaults) / sizeof(*defaults); i++) {
		if (!strcmp(defaults[i].name, name))
			return defaults[i].value;
	}
	return NULL;
}

const char *postfix_lookup(const struct postfix_conf *conf,
	const struct postfix_service *service, const char *name)
{
	const struct postfix_setting *setting = NULL;

	if (service != NULL)
		setting = postfix_find(&service->overrides, name);
	if (setting == NULL)
		setting = postfix_find(&conf->main, name);
	return setting ? setting->value : default_value(conf, name);
}

struct postfix_place postfix_conf_place(const struct postfix_conf *conf,
	const struct postfix_service *service, const char *name)
{
	struct postfix_place place = { 0 };
	const struct postfix_setting *setting = NULL;

	if (service != NULL)
		setting = postfix_find(&service->overrides, name);
	place.in_master = setting != NULL;
	if (setting == NULL)
		setting = postfix_find(&conf->main, name);
	if (setting != NULL)
		place.line = setting->line;
	return place;
}

/* --- Values ------------------------------------------------------------- */

const char *postfix_conf_raw(struct postfix_conf *conf,
	const struct postfix_service *service, const char *name)
{
	const char *value = postfix_lookup(conf, service, name);

	return value ? value : "";
}

const char *postfix_conf_value(struct postfix_conf *conf,
	const struct postfix_service *service, const char *name)
{
	const char *raw = postfix_conf_raw(conf, service, name);
	char *value;
	int rc;

	if (strchr(raw, '$') == NULL)
		return raw;
	value = postfix_expand(conf, service, raw);
	rc = value ? strlist_add(&conf->values, value) : -1;
	free(value);
	if (rc < 0) {
		conf->failed = true;
		return "";
	}
	return conf->values.items[conf->values.count - 1];
}

bool postfix_conf_is_yes(struct postfix_conf *conf,
	const struct postfix_service *service, const char *name)
{
	return !strcasecmp(postfix_conf_value(conf, service, name), "yes");
}

bool postfix_conf_failed(const struct postfix_conf *conf)
{
	return conf->failed;
}

long postfix_time(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);
	long unit = *end == '\0' || *end == 's' ? 1
		    : *end == 'm'		? 60
		    : *end == 'h'		? 3600
		    : *end == 'd'		? 86400
		    : *end == 'w'		? 604800
						: 0;

	if (end == text || number < 0 || unit == 0 || number > 1000000000L ||
		(*end != '\0' && end[1] != '\0'))
		return -1;
	return number * unit;
}

size_t postfix_next_item(const char **text, const char **item_r)
{
	const char *start = *text + strspn(*text, BLANKS ",");
	const char *end = start;

	for (int depth = 0;
		*end != '\0' && (depth > 0 || !strchr(BLANKS ",", *end));
		end++) {
		if (*end == '{')
			depth++;
		else if (*end == '}')
			depth--;
	}
	*item_r = start;
	*text = end;
	return end - start;
}

bool postfix_list_has(const char *list, const char *wanted)
{
	const char *item;
	size_t length;

	while ((length = postfix_next_item(&list, &item)) > 0) {
		if (length == strlen(wanted) &&
			!strncasecmp(item, wanted, length))
			return true;
	}
	return false;
}
