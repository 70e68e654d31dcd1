/* SPDX-License-Identifier: BSD-2-Clause */
/* Dropping root's privileges. While the process has one thread. */
#ifndef MILTER_PRIVILEGES_H
#define MILTER_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>
#include "policy/error.h"

struct privileges {
	bool change; /* false: stay who we are */
	uid_t uid;
	gid_t gid;
	char name[64]; /* of the user */
};

/* Looks up "USER" or "USER:GROUP"; "" means no change. Returns 0 or -1. */
int privileges_lookup(const char *user_spec, struct privileges *privileges_r,
	struct error *error);

/*
 * Becomes that user, for good. Nothing happens when not root. Returns 0, or -1
 * with error set: the process must not go on.
 */
int privileges_drop(const struct privileges *privileges, struct error *error);

#endif
