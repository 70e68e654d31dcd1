/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plays messages through the daemon's code path with a cache of its own, in a
 * temporary directory with keys of its own. From player_open() to
 * player_close() signals that end a program wait, so that the directory is
 * removed first. One thread, and one player at a time.
 */
#ifndef CTL_PLAYER_H
#define CTL_PLAYER_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include "cache/cache.h"
#include "ctl/eml.h"
#include "milter/service.h"
#include "milter/session.h"
#include "milter/txn.h"

struct player {
	char directory[PATH_MAX];
	struct cache_options options; /* by which the cache is opened */
	struct keyring *ring;
	struct service *service;
	struct session *session;
	sigset_t held;	 /* signals that wait */
	sigset_t former; /* those that were blocked before */
};

/*
 * Makes the cache, in which nobody has opted out. Takes over the reference to
 * snapshot. player must stay where it is. Returns 0, or -1 with error set, and
 * then there is nothing to close.
 */
int player_open(
	struct player *player, struct snapshot *snapshot, struct error *error);

/* Removes everything; a signal that waited ends the program now. */
void player_close(struct player *player);

/* Whether a signal waits. */
bool player_is_interrupted(const struct player *player);

/* Opts a buyer out of messages of every seller. Returns 0, or -1. */
int player_opt_out(
	struct player *player, const char *canonical, struct error *error);

struct player_envelope {
	const struct sockaddr *client; /* NULL: unknown */
	const char *login;	       /* or NULL */
	const char *sender;
	const struct strlist *rcpts;
	bool trusted; /* a buyer's mail, whatever buyers.trusted says */
};

/*
 * Plays one message, which ends the former one. What was found stands in the
 * session's txn. file stays the caller's. Returns 0, or -1 with error set.
 */
int player_play(struct player *player, const struct player_envelope *envelope,
	FILE *file, struct error *error);

/*
 * Passes header and body on as a mail server does, with the envelope known,
 * and decides. Returns 0, or -1 with error set.
 */
int player_pass(struct txn *txn, struct eml *eml, struct error *error);

#endif
