/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plays messages by the player that optoutctl test has, with configuration
 * files in a temporary directory. Fails the test itself.
 */
#ifndef TESTS_PLAY_H
#define TESTS_PLAY_H

#include <stdbool.h>
#include <stdint.h>
#include "ctl/player.h"

#define PLAY_DOMAIN "marketplace.example" /* of the buyers */
#define PLAY_TRUSTED "127.0.0.1"
#define PLAY_STRANGER "198.51.100.1"

struct play {
	char directory[64]; /* of the files */
	struct player player;
};

/* The files only; policy, conf: what they say beside the usual. */
void play_write_files(struct play *play, const char *policy, const char *conf);
void play_remove_files(const struct play *play);

/* The files, and a player with them. */
void play_init(struct play *play, const char *policy, const char *conf);
void play_fini(struct play *play);

/* Makes the service anew, as a restart of the daemon does. */
void play_restart(struct play *play);

/* Loads the files once more; the caller drops the reference. */
struct snapshot *play_load(const struct play *play);

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
