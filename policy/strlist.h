/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of strings that owns its items. {0} is the empty list. */
#ifndef POLICY_STRLIST_H
#define POLICY_STRLIST_H

#include <stddef.h>

struct strlist {
	char **items;
	size_t count;
};

/* Appends a copy of item. Returns 0, or -1 when out of memory. */
int strlist_add(struct strlist *list, const char *item);

/* Frees the items and empties the list. */
void strlist_fini(struct strlist *list);

#endif
