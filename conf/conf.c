/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon's file. */
#include <stdlib.h>
#include "conf/conf.h"
#include "conf/conf_private.h"

struct conf *conf_load(const char *path, struct error *error)
{
	struct reader *reader = reader_open(path, error);
	struct conf *conf;

	if (reader == NULL)
		return NULL;
	conf = calloc(1, sizeof(*conf));
	if (conf == NULL)
		error_set(error, "%s:1: out of memory", path);
	else if (options_load(CONF_FILE_DAEMON, reader, conf, error) < 0)
		conf_free(&conf);
	reader_close(&reader);
	return conf;
}

void conf_free(struct conf **conf)
{
	if (*conf == NULL)
		return;
	options_fini(CONF_FILE_DAEMON, *conf);
	free(*conf);
	*conf = NULL;
}

struct address_form conf_address_form(const struct conf *conf)
{
	return (struct address_form){
		.fold_case = conf->addresses.fold_case,
		.tag_separator = conf->addresses.tag_separator[0],
	};
}
