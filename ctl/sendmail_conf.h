/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines of sendmail.cf that matter to a milter. Text in, values out: no
 * file is opened. One thread.
 */
#ifndef CTL_SENDMAIL_CONF_H
#define CTL_SENDMAIL_CONF_H

#include <stdbool.h>
#include <stddef.h>

/* "Xname, S=..., F=..., T=..." */
struct sendmail_filter {
	char *name;
	char *socket; /* "": none */
	char *flags;
	char *timeouts;
	unsigned line;
};

/* "O Name=value", all of them in order: some stand several times. */
struct sendmail_option {
	char *name;
	char *value;
	unsigned line;
};

/* A word of class w: a name of this host. */
struct sendmail_name {
	char *name;
	bool is_file; /* name is a file that lists further names */
	unsigned line;
};

struct sendmail_conf {
	struct sendmail_filter *filters;
	size_t filter_count;
	struct sendmail_option *options;
	size_t option_count;
	struct sendmail_name *names;
	size_t name_count;
	char *version; /* as the Z macro says, "" for none */
};

/* Other lines are passed over. NULL: out of memory. */
struct sendmail_conf *sendmail_conf_parse(const char *text, size_t length);
void sendmail_conf_free(struct sendmail_conf **conf);

/* The last "O name=", in any case, or NULL. */
const struct sendmail_option *sendmail_conf_option(
	const struct sendmail_conf *conf, const char *name);

/* Whether a list with the separators ", ;" and blanks holds a word. */
bool sendmail_list_has(const char *list, const char *word);

/*
 * The field of a DaemonPortOptions value by its first letter, which is all
 * that Sendmail looks at. Returns its value's length, or -1: not there.
 */
int sendmail_field(const char *value, char letter, const char **field_r);

/* Seconds of a timeout in "C:30s;S:10s", or -1: not set. */
long sendmail_timeout(const char *timeouts, char letter);

#endif
