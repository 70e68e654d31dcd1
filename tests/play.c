/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/play.h"

#include <arpa/inet.h>
#include <check.h>
#include <ftw.h>
#include <glob.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cache/writer.h"
#include "policy/message.h"

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
 * The packs that are installed, copied: those in a source tree may be writable
 * by a group, which the loader refuses.
 */
static void copy_packs(const struct play *play)
{
	static char text[1 << 20];
	const char *source = getenv("OPTOUT_SRCDIR");
	char name[320];
	glob_t packs;

	mkdir(path_in(play, "phrases"), 0755);
	snprintf(name, sizeof(name), "%s/conf/phrases/*.conf",
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
		"cache: { directory = \"%s/cache\"; keys = \"%s/keys\"; "
		"size_max = \"64M\"; };\n%s\n",
		play->directory, play->directory, play->directory,
		play->directory, conf);
	write_file(play, "optout-milter.conf", text);
	copy_packs(play);
}

static void start(struct play *play, bool create)
{
	struct error error = { "", "" };
	struct snapshot *snapshot =
		snapshot_load(path_in(play, "optout-milter.conf"), &error);
	struct cache_options options;
	struct cache *cache;

	ck_assert_msg(snapshot != NULL, "%s", error.text);
	options = service_cache_options(snapshot->conf);
	if (create) {
		mkdir(options.directory, 0700);
		ck_assert_int_eq(cache_create(&options, play->ring, &error), 0);
	}
	cache = cache_open(&options, play->ring, &error);
	ck_assert_msg(cache != NULL, "%s", error.text);
	play->service = service_new(snapshot, cache, play->ring);
	service_allow_writing(play->service);
	play->session = session_new(play->service);
	ck_assert_ptr_nonnull(play->session);
}

void play_init(struct play *play, const char *policy, const char *conf)
{
	struct error error = { "", "" };

	message_init();
	strcpy(play->directory, "/tmp/optout-play.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(play->directory));
	ck_assert_int_eq(keyring_create(path_in(play, "keys"), &error), 0);
	play->ring = keyring_load(path_in(play, "keys"), &error);
	ck_assert_msg(play->ring != NULL, "%s", error.text);
	write_settings(play, policy, conf);
	start(play, true);
}

static int remove_one(
	const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void play_fini(struct play *play)
{
	session_free(&play->session);
	service_free(&play->service);
	keyring_free(&play->ring);
	nftw(play->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void play_restart(struct play *play)
{
	session_free(&play->session);
	service_free(&play->service);
	start(play, false);
}

void play_opt_out(struct play *play, const char *buyer)
{
	struct change change = { .kind = CHANGE_PUT_OPTOUT };
	struct error error = { "", "" };

	identity_make(play->ring, IDENTITY_BUYER, buyer, &change.optout.buyer);
	change.optout.source = SOURCE_OPERATOR;
	change.optout.created = 1;
	ck_assert_msg(service_apply(play->service, &change, 1, &error) == 0,
		"%s", error.text);
}

/* Passes the header as an MTA does; returns where the body begins. */
static const char *add_header(struct txn *txn, const char *text)
{
	while (*text && *text != '\n' && strncmp(text, "\r\n", 2) != 0) {
		const char *colon = strchr(text, ':');
		char name[128], *value, *out;

		ck_assert_ptr_nonnull(colon);
		snprintf(name, sizeof(name), "%.*s", (int)(colon - text), text);
		text = colon + 1 + (colon[1] == ' ');
		value = out = malloc(strlen(text) + 1);
		while (*text) {
			const char *end = strchr(text, '\n');

			while (text < end && *text != '\r')
				*out++ = *text++;
			text = end + 1;
			if (*text != ' ' && *text != '\t')
				break;
			*out++ = '\n';
		}
		*out = '\0';
		txn_add_header(txn, name, value);
		free(value);
	}
	return text + strspn(text, "\r") + (*text ? 1 : 0);
}

/* With CRLF, as it comes by SMTP. */
static void add_body(struct txn *txn, const char *body)
{
	char *copy = malloc(2 * strlen(body) + 1), *out = copy;

	for (; *body; body++) {
		if (*body == '\r')
			continue;
		if (*body == '\n')
			*out++ = '\r';
		*out++ = *body;
	}
	if (txn_wants_body(txn))
		txn_add_body(txn, copy, (size_t)(out - copy));
	free(copy);
}

static void set_client(struct play *play, const char *address)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	inet_pton(AF_INET, address, &v4.sin_addr);
	session_set_client(play->session, (struct sockaddr *)&v4);
}

enum reason play_mail(struct play *play, const struct play_mail *mail)
{
	char *rcpts = strdup(mail->rcpts), *save = NULL;
	struct verdict refused;
	struct txn *txn;

	set_client(play, mail->client ? mail->client : PLAY_STRANGER);
	ck_assert_int_eq(
		txn_begin(play->session, mail->sender, mail->login, false), 0);
	txn = play->session->txn;
	for (char *rcpt = strtok_r(rcpts, ",", &save); rcpt;
		rcpt = strtok_r(NULL, ",", &save))
		ck_assert(txn_add_rcpt(txn, rcpt, NULL, &refused));
	free(rcpts);
	add_body(txn, add_header(txn, mail->text));
	return txn_decide(txn)->reason;
}

enum reason play_file(
	struct play *play, const struct play_mail *mail, const char *path)
{
	struct play_mail copy = *mail;
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;
	enum reason reason;

	ck_assert_msg(file != NULL, "cannot open %s", path);
	ck_assert_int_gt(getdelim(&text, &size, '\0', file), 0);
	fclose(file);
	copy.text = text;
	reason = play_mail(play, &copy);
	free(text);
	return reason;
}
