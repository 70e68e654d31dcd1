/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Postfix's main.cf and master.cf, read as Postfix reads them: comments,
 * continued lines, the last definition of a parameter, "-o" of a service,
 * $name and the conditional forms. Text in, values out: no file is opened.
 * One thread.
 */
#ifndef CTL_POSTFIX_CONF_H
#define CTL_POSTFIX_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include "ctl/version.h"
#include "policy/error.h"

/* "NAME = VALUE" of main.cf, or of "-o" in master.cf. Not expanded. */
struct postfix_setting {
	char *name;
	char *value;
	unsigned line;
};

struct postfix_settings {
	struct postfix_setting *items;
	size_t count;
};

/* A service of master.cf. */
struct postfix_service {
	char *name;    /* "smtp", "127.0.0.1:10025" */
	char *type;    /* "inet", "unix", "pass" ... */
	char *program; /* without its directory */
	bool chroot;
	unsigned line;
	struct postfix_settings overrides;
};

struct postfix_conf;

/*
 * Reads the texts of both files, which need no NUL at their end. Lines that
 * Postfix would not understand are passed over. NULL: out of memory.
 */
struct postfix_conf *postfix_conf_parse(const char *main_cf, size_t main_length,
	const char *master_cf, size_t master_length);
void postfix_conf_free(struct postfix_conf **conf);

/* Some defaults differ with the version; {0} is one of before 3.9. */
void postfix_conf_set_version(
	struct postfix_conf *conf, const struct version *version);

size_t postfix_conf_services(const struct postfix_conf *conf);
const struct postfix_service *postfix_conf_service(
	const struct postfix_conf *conf, size_t index);

/* Where a parameter of a service, or of all (service NULL), is set. */
struct postfix_place {
	bool in_master;
	unsigned line; /* 0: nowhere, its default holds */
};
struct postfix_place postfix_conf_place(const struct postfix_conf *conf,
	const struct postfix_service *service, const char *name);

/*
 * The expanded value of a parameter for a service, or for all (service NULL):
 * as set, its default, or "". It lives as long as conf. Out of memory is
 * noted in conf, and the value is "".
 */
const char *postfix_conf_value(struct postfix_conf *conf,
	const struct postfix_service *service, const char *name);

/* The same before it is expanded. */
const char *postfix_conf_raw(struct postfix_conf *conf,
	const struct postfix_service *service, const char *name);

/* Whether a value says yes. */
bool postfix_conf_is_yes(struct postfix_conf *conf,
	const struct postfix_service *service, const char *name);

/* A time in seconds ("30", "5m"), or -1 where it is none. */
long postfix_time(const char *text);

/* Whether memory was missing at any time: the values cannot be relied on. */
bool postfix_conf_failed(const struct postfix_conf *conf);

/*
 * The next item of a list that blanks and commas separate; braces keep one
 * together and stay. Returns its length and moves *text behind it; 0: the end.
 */
size_t postfix_next_item(const char **text, const char **item_r);

/* Whether a list holds an item. */
bool postfix_list_has(const char *list, const char *item);

#endif
