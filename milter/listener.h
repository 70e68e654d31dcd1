/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The listening socket. It belongs to the supervisor, so that it outlives a
 * worker and is made while still root.
 */
#ifndef MILTER_LISTENER_H
#define MILTER_LISTENER_H

#include <sys/types.h>
#include "conf/conf.h"
#include "milter/privileges.h"
#include "policy/error.h"

struct listener {
	struct socket_spec spec;
	int fd;
	int lock_fd;  /* unix: holds PATH.lock for as long as we serve */
	dev_t device; /* unix: of our own socket, to remove no other's */
	ino_t inode;
};

/*
 * Opens socket_text, binds and listens. A unix socket gets conf's mode and group, and is
 * owned by the user to be. A stale socket is removed; while another instance
 * serves it, this fails. Returns 0, or -1 with error set.
 */
int listener_open(struct listener *listener, const char *socket_text,
	const struct conf *conf, const struct privileges *privileges,
	struct error *error);

/* Looks up socket_group; "" leaves *gid_r as it is. Returns 0 or -1. */
int listener_find_group(
	const struct conf *conf, gid_t *gid_r, struct error *error);

/* Removes the socket, if it is still ours, and closes. */
void listener_close(struct listener *listener);

#endif
