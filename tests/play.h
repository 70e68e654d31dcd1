/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plays message files through the daemon's code path, with a real cache and
 * real configuration files in a temporary directory. Fails the test itself.
 */
#ifndef TESTS_PLAY_H
#define TESTS_PLAY_H

#include <stdbool.h>
#include <stdint.h>
#include "cache/identity.h"
#include "milter/service.h"
#include "milter/session.h"
#include "milter/txn.h"

#define PLAY_DOMAIN "marketplace.example" /* of the buyers */
#define PLAY_TRUSTED "127.0.0.1"
#define PLAY_STRANGER "198.51.100.1"

struct play {
	char directory[64];
	struct keyring *ring;
	struct service *service;
	struct session *session;
};

/* policy, conf: what the files say beside the usual. */
void play_init(struct play *play, const char *policy, const char *conf);
void play_fini(struct play *play);

/* Makes the service anew, as a restart of the daemon does. */
void play_restart(struct play *play);

void play_opt_out(struct play *play, const char *buyer);

struct play_mail {
	const char *client; /* IPv4 */
	const char *login;
	const char *sender;
	const char *rcpts; /* by commas */
	const char *text;  /* the whole message */
};

/* Returns the reason; the message is under way until the next one. */
enum reason play_mail(struct play *play, const struct play_mail *mail);

/* The same with the message in a file. */
enum reason play_file(
	struct play *play, const struct play_mail *mail, const char *path);

#endif
