/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/player.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cache/writer.h"

/* Addresses of memory only; the file grows as it is filled. */
#define SIZE_MAX_BYTES ((size_t)1 << 30)

static const char keys_name[] = "keys";

static const char *const files[] = { "data.mdb", "lock.mdb", keys_name };

static void hold_signals(struct player *player)
{
	static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	struct sigaction action;

	sigemptyset(&player->held);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		if (sigaction(ending[i], NULL, &action) == 0 &&
			action.sa_handler != SIG_IGN)
			sigaddset(&player->held, ending[i]);
	sigprocmask(SIG_BLOCK, &player->held, &player->former);
}

bool player_is_interrupted(const struct player *player)
{
	sigset_t pending;

	sigpending(&pending);
	for (int number = 1; number < NSIG; number++)
		if (sigismember(&player->held, number) == 1 &&
			sigismember(&pending, number) == 1)
			return true;
	return false;
}

static int make_directory(struct player *player, struct error *error)
{
	const char *tmp = getenv("TMPDIR");

	if (!tmp || !*tmp)
		tmp = "/tmp";
	if (snprintf(player->directory, sizeof(player->directory),
		    "%s/optoutctl.XXXXXX",
		    tmp) >= (int)sizeof(player->directory))
		return error_set(error, "TMPDIR is too long");
	if (mkdtemp(player->directory))
		return 0;
	error_set(error, "%.300s: cannot create: %s; set TMPDIR",
		player->directory, strerror(errno));
	player->directory[0] = '\0';
	return -1;
}

static int path_in(const struct player *player, const char *name,
	char path_r[PATH_MAX], struct error *error)
{
	if (snprintf(path_r, PATH_MAX, "%s/%s", player->directory, name) <
		PATH_MAX)
		return 0;
	return error_set(error, "TMPDIR is too long");
}

static void remove_directory(const struct player *player)
{
	char path[PATH_MAX];

	if (!player->directory[0])
		return;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (path_in(player, files[i], path, NULL) == 0)
			unlink(path);
	rmdir(player->directory);
}

static int make_ring(struct player *player, struct error *error)
{
	char path[PATH_MAX];

	if (path_in(player, keys_name, path, error) < 0 ||
		keyring_create(path, error) < 0)
		return -1;
	player->ring = keyring_load(path, error);
	return player->ring ? 0 : -1;
}

static struct cache *make_cache(struct player *player,
	const struct snapshot *snapshot, struct error *error)
{
	player->options = (struct cache_options){
		.directory = player->directory,
		.size_max = SIZE_MAX_BYTES,
		.form = conf_address_form(snapshot->conf),
		.scratch = true,
	};
	if (cache_create(&player->options, player->ring, error) < 0)
		return NULL;
	return cache_open(&player->options, player->ring, error);
}

/* snapshot is the service's, once there is one. */
static int start(
	struct player *player, struct snapshot **snapshot, struct error *error)
{
	struct cache *cache;

	if (make_directory(player, error) < 0 || make_ring(player, error) < 0)
		return -1;
	cache = make_cache(player, *snapshot, error);
	if (!cache)
		return -1;
	player->service = service_new(*snapshot, cache, player->ring);
	if (!player->service) {
		cache_close(&cache);
		return error_set(error, "out of memory");
	}
	*snapshot = NULL;
	service_allow_writing(player->service);
	player->session = session_new(player->service);
	if (!player->session)
		return error_set(error, "out of memory");
	player->session->wants_order = true;
	return 0;
}

int player_open(
	struct player *player, struct snapshot *snapshot, struct error *error)
{
	int rc;

	*player = (struct player){ 0 };
	hold_signals(player);
	rc = start(player, &snapshot, error);
	snapshot_unref(&snapshot);
	if (rc < 0)
		player_close(player);
	return rc;
}

void player_close(struct player *player)
{
	session_free(&player->session);
	service_free(&player->service);
	keyring_free(&player->ring);
	remove_directory(player);
	sigprocmask(SIG_SETMASK, &player->former, NULL);
	*player = (struct player){ 0 };
}

int player_opt_out(
	struct player *player, const char *canonical, struct error *error)
{
	struct change change = { .kind = CHANGE_PUT_OPTOUT };

	identity_make(
		player->ring, IDENTITY_BUYER, canonical, &change.optout.buyer);
	change.optout.source = SOURCE_OPERATOR;
	change.optout.created = 1;
	return service_apply(player->service, &change, 1, error);
}

/* A visitor of the body: goes on while it can matter. */
static int add_body(const char *data, size_t length, void *context)
{
	struct txn *txn = context;

	if (!txn_wants_body(txn))
		return 1;
	txn_add_body(txn, data, length);
	return 0;
}

int player_pass(struct txn *txn, struct eml *eml, struct error *error)
{
	for (size_t i = 0; i < eml->count; i++)
		txn_add_header(txn, eml->fields[i].name, eml->fields[i].value);
	if (eml_read_body(eml, add_body, txn, error) < 0)
		return -1;
	txn_decide(txn);
	return 0;
}

int player_play(struct player *player, const struct player_envelope *envelope,
	FILE *file, struct error *error)
{
	struct session *session = player->session;
	struct verdict refused;
	struct eml eml;
	int rc;

	session_set_client(session, envelope->client);
	session->vouched = envelope->trusted;
	if (txn_begin(session, envelope->sender, envelope->login, false) < 0)
		return error_set(error, "out of memory");
	/* None is refused at RCPT: a case is about all its recipients. */
	for (size_t i = 0; i < envelope->rcpts->count; i++)
		txn_add_rcpt(session->txn, envelope->rcpts->items[i], NULL,
			&refused);
	if (eml_init(&eml, file, error) < 0)
		return -1;
	rc = player_pass(session->txn, &eml, error);
	eml_fini(&eml);
	return rc;
}
