/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/play.h"

#include <arpa/inet.h>
#include <check.h>
#include <glob.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "policy/message.h"
#include "tests/remove_tree.h"

static const char *path_in(const struct play *play, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", play->directory, name);
	return path;
}

static void write_file(
	const struct play *play, const char *name, const char *text)
{
	FILE *file = fopen(path_in(play, name), "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	chmod(path_in(play, name), 0644);
}

/*
 * What is installed for phrases, copied: those in a source tree may be writable
 * by a group, which the loader refuses.
 */
static void copy_packs(const struct play *play)
{
	static char text[1 << 20];
	const char *source = getenv("OPTOUT_SRCDIR");
	char name[320];
	glob_t packs;

	mkdir(path_in(play, "phrases"), 0755);
	snprintf(name, sizeof(name), "%s/conf/phrases/*",
		source != NULL ? source : ".");
	ck_assert_int_eq(glob(name, 0, NULL, &packs), 0);
	for (size_t i = 0; i < packs.gl_pathc; i++) {
		FILE *file = fopen(packs.gl_pathv[i], "r");
		size_t length;

		ck_assert_ptr_nonnull(file);
		length = fread(text, 1, sizeof(text) - 1, file);
		text[length] = '\0';
		fclose(file);
		snprintf(name, sizeof(name), "phrases/%s",
			basename(packs.gl_pathv[i]));
		write_file(play, name, text);
	}
	globfree(&packs);
}

static void write_settings(
	const struct play *play, const char *policy, const char *conf)
{
	char text[4096];

	snprintf(text, sizeof(text),
		"profile = \"test\"; version = 1;\n"
		"buyers: { addresses = [ \"@" PLAY_DOMAIN "\" ]; "
		"trusted = [ \"" PLAY_TRUSTED "\" ]; };\n"
		"modes: { default = \"enforce\"; };\n%s\n",
		policy);
	write_file(play, "policy.conf", text);
	snprintf(text, sizeof(text),
		"policy = \"%s/policy.conf\"; phrases = \"%s/phrases\";\n"
		"%s\n",
		play->directory, play->directory, conf);
	write_file(play, "optout-milter.conf", text);
	copy_packs(play);
}

struct snapshot *play_load(const struct play *play)
{
	struct error error = { "", "" };
	struct snapshot *snapshot =
		snapshot_load(path_in(play, "optout-milter.conf"), &error);

	ck_assert_msg(snapshot != NULL, "%s", error.text);
	return snapshot;
}

void play_write_files(struct play *play, const char *policy, const char *conf)
{
	message_init();
	strcpy(play->directory, "/tmp/optout-play.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(play->directory));
	write_settings(play, policy, conf);
}

void play_init(struct play *play, const char *policy, const char *conf)
{
	struct error error = { "", "" };

	play_write_files(play, policy, conf);
	ck_assert_msg(player_open(&play->player, play_load(play), &error) == 0,
		"%s", error.text);
	/* As the daemon: reads no more than a verdict needs. */
	play->player.session->wants_order = false;
}

void play_remove_files(const struct play *play)
{
	remove_tree(play->directory);
}

void play_fini(struct play *play)
{
	player_close(&play->player);
	play_remove_files(play);
}

void play_restart(struct play *play)
{
	struct player *player = &play->player;
	struct error error = { "", "" };
	struct cache *cache;

	session_free(&player->session);
	service_free(&player->service);
	cache = cache_open(&player->options, player->ring, &error);
	ck_assert_msg(cache != NULL, "%s", error.text);
	player->service = service_new(play_load(play), cache, player->ring);
	service_allow_writing(player->service);
	player->session = session_new(player->service);
	ck_assert_ptr_nonnull(player->session);
}

void play_opt_out(struct play *play, const char *buyer)
{
	struct error error = { "", "" };

	ck_assert_msg(player_opt_out(&play->player, buyer, &error) == 0, "%s",
		error.text);
}

static enum reason play_stream(
	struct play *play, const struct play_mail *mail, FILE *stream)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct strlist rcpts = { 0 };
	struct player_envelope envelope = {
		.client = (struct sockaddr *)&v4,
		.login = mail->login,
		.sender = mail->sender,
		.rcpts = &rcpts,
	};
	char *copy = strdup(mail->rcpts), *save = NULL;
	struct error error = { "", "" };
	struct txn_view view;
	int rc;

	inet_pton(AF_INET, mail->client ? mail->client : PLAY_STRANGER,
		&v4.sin_addr);
	for (char *rcpt = strtok_r(copy, ",", &save); rcpt;
		rcpt = strtok_r(NULL, ",", &save))
		ck_assert_int_eq(strlist_add(&rcpts, rcpt), 0);
	rc = player_play(&play->player, &envelope, stream, &error);
	ck_assert_msg(rc == 0, "%s", error.text);
	fclose(stream);
	strlist_fini(&rcpts);
	free(copy);
	txn_view(play->player.session->txn, &view);
	return view.verdict->reason;
}

enum reason play_mail(struct play *play, const struct play_mail *mail)
{
	char *text = strdup(mail->text);
	FILE *stream = fmemopen(text, strlen(text), "r");
	enum reason reason;

	ck_assert_ptr_nonnull(stream);
	reason = play_stream(play, mail, stream);
	free(text);
	return reason;
}

enum reason play_file(
	struct play *play, const struct play_mail *mail, const char *path)
{
	FILE *stream = fopen(path, "r");

	ck_assert_msg(stream != NULL, "cannot open %s", path);
	return play_stream(play, mail, stream);
}
