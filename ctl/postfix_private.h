/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by postfix_conf.c, which reads, and postfix_expand.c. */
#ifndef CTL_POSTFIX_PRIVATE_H
#define CTL_POSTFIX_PRIVATE_H

#include "ctl/postfix_conf.h"
#include "policy/strlist.h"

struct postfix_conf {
	struct postfix_settings main;
	struct postfix_service *services;
	size_t service_count;
	struct version version;
	struct strlist values; /* what postfix_conf_value() returned */
	bool failed;
};

/* The last definition in a list, or NULL. */
const struct postfix_setting *postfix_find(
	const struct postfix_settings *settings, const char *name);

/* The value as set or by default, not expanded. NULL: neither. */
const char *postfix_lookup(const struct postfix_conf *conf,
	const struct postfix_service *service, const char *name);

/* postfix_expand.c: the expanded text, to be freed. NULL: out of memory. */
char *postfix_expand(const struct postfix_conf *conf,
	const struct postfix_service *service, const char *text);

#endif
