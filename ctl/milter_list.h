/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The value of smtpd_milters, and which of its items is this filter: by its
 * socket, as the service sees it that connects to it. Pure.
 */
#ifndef CTL_MILTER_LIST_H
#define CTL_MILTER_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include "conf/conf.h"

/* One milter, with what "{socket, name=value ...}" says of it alone. */
struct milter_item {
	char socket[300];	 /* cut if longer */
	char default_action[24]; /* "": as for all */
	char protocol[24];
	char connect_timeout[24];
	char command_timeout[24];
	char content_timeout[24];
};

/* The next item of a list. Moves *text behind it. False: the end. */
bool milter_list_next(const char **text, struct milter_item *item_r);

enum milter_match {
	MILTER_OTHER,	/* another milter */
	MILTER_SIMILAR, /* meant to be this filter, but not its socket */
	MILTER_CHROOT,	/* its path, but not as the service sees it */
	MILTER_OURS,
};

/* Where a service is that connects to a milter. */
struct milter_view {
	const char *queue_directory;
	bool chroot;
};

/* Whether a socket in Postfix's spelling is the daemon's. */
enum milter_match milter_match(const char *socket,
	const struct milter_view *view, const struct socket_spec *daemon);

/*
 * Looks for the daemon in a list. Returns the best match, its item, and how
 * many milters stand before it.
 */
enum milter_match milter_list_find(const char *list,
	const struct milter_view *view, const struct socket_spec *daemon,
	struct milter_item *item_r, size_t *before_r);

/*
 * How main.cf should spell the daemon's socket. A path below the queue
 * directory is written relative to it, which holds in a chroot and without.
 */
void milter_spell(const struct socket_spec *daemon, const char *queue_directory,
	char *text_r, size_t size);

/* Whether two names of a host, of which any may mean all, can be the same. */
bool milter_same_host(const char *a, const char *b);

/* Whether a host is this one by name or by address. "" is every address. */
bool milter_is_loopback(const char *host);

#endif
