/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>
#include "ctl/player.h"

struct replay {
	const struct manifest *manifest;
	const struct policy *policy;
	struct player player;
	struct error *error;
};

/* NULL with error set. A FIFO that came since shall not make us wait. */
static FILE *open_message(const struct replay *replay, const char *file)
{
	char *path = manifest_resolve(replay->manifest, file);
	int fd = path ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
	struct stat st;

	if (!path)
		errno = ENOMEM;
	if (stream && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		fclose(stream);
		stream = NULL;
		errno = EINVAL;
	} else if (fd >= 0 && !stream) {
		close(fd);
	}
	if (!stream)
		error_set(replay->error, "%.300s: cannot open: %s",
			path ? path : file, strerror(errno));
	free(path);
	return stream;
}

/*
 * Plays a file. The sender stands for the login where the policy knows sellers
 * by nothing else. Returns 0, or an exit code.
 */
static int play(struct replay *replay, const char *file, const char *sender,
	const struct strlist *rcpts, bool trusted)
{
	struct player_envelope envelope = {
		.sender = sender, .rcpts = rcpts, .trusted = trusted
	};
	FILE *stream = open_message(replay, file);
	struct error cause;
	int rc;

	if (!stream)
		return EX_NOINPUT;
	if (!policy_seller_by_envelope(replay->policy) &&
		strcmp(sender, "<>") != 0)
		envelope.login = sender;
	rc = player_play(&replay->player, &envelope, stream, &cause);
	fclose(stream);
	if (rc == 0)
		return 0;
	error_set(replay->error, "%.200s: %.300s", file, cause.text);
	return EX_DATAERR;
}

/* What was found; an exit code if the fault is ours, not the message's. */
static int take_result(
	const struct replay *replay, struct replay_result *result)
{
	struct txn_view view;

	txn_view(replay->player.session->txn, &view);
	if (*view.cache_error) {
		error_set(replay->error, "%s", view.cache_error);
		return EX_UNAVAILABLE;
	}
	if (view.verdict->reason == REASON_INTERNAL_ERROR) {
		error_set(replay->error, "out of memory");
		return EX_OSERR;
	}
	result->reason = view.verdict->reason;
	snprintf(result->order, sizeof(result->order), "%s", view.order);
	return 0;
}

/* The first address of a field that is a buyer's, or is not; "" if none. */
static int find_address(const struct replay *replay, const struct eml *eml,
	const char *name, bool buyers, char address_r[ADDRESS_SIZE])
{
	struct strlist list = { 0 };
	bool found = false;
	int rc = eml_addresses(eml, name, &list);

	for (size_t i = 0; i < list.count && !found; i++)
		found = address_canonical(list.items[i],
				policy_address_form(replay->policy),
				address_r) == ADDRESS_OK &&
			policy_is_buyer(replay->policy, address_r) == buyers;
	if (!found)
		address_r[0] = '\0';
	strlist_fini(&list);
	return rc;
}

/*
 * An original that has no row of its own: its header tells from whom and to
 * whom it was; else it is the other way round than the message that names it.
 */
static int play_unlisted(
	struct replay *replay, const char *file, const struct manifest_row *row)
{
	char sender[ADDRESS_SIZE] = "", seller[ADDRESS_SIZE] = "";
	char *items[1] = { seller };
	struct strlist rcpts = { items, 1 };
	FILE *stream = open_message(replay, file);
	struct eml eml;
	int rc;

	if (!stream)
		return EX_NOINPUT;
	rc = eml_init(&eml, stream, replay->error);
	if (rc == 0) {
		rc = find_address(replay, &eml, "From", true, sender) |
		     find_address(replay, &eml, "To", false, seller);
		eml_fini(&eml);
	}
	fclose(stream);
	if (rc < 0)
		return EX_DATAERR;
	if (!*seller)
		items[0] = row->fields[MANIFEST_SENDER];
	return play(replay, file, *sender ? sender : row->rcpts.items[0],
		&rcpts, true);
}

static int play_original(struct replay *replay, const char *file,
	const struct manifest_row *row, struct replay_result *result)
{
	const struct manifest_row *own = manifest_find(replay->manifest, file);
	struct replay_result original = { .reason = REASON_NONE };
	int status;

	if (own)
		status = play(replay, file, own->fields[MANIFEST_SENDER],
			&own->rcpts, true);
	else
		status = play_unlisted(replay, file, row);
	if (status == 0)
		status = take_result(replay, &original);
	if (original.reason != REASON_BUYER_MESSAGE)
		result->original = original.reason;
	return status;
}

static int play_row(struct replay *replay, const struct manifest_row *row,
	struct replay_result *result)
{
	int status = 0;

	*result = (struct replay_result){ REASON_NONE, "", REASON_NONE };
	for (size_t i = 0; i < row->originals.count && status == 0; i++)
		status = play_original(
			replay, row->originals.items[i], row, result);
	if (status == 0)
		status = play(replay, row->fields[MANIFEST_FILE],
			row->fields[MANIFEST_SENDER], &row->rcpts,
			row->from_buyer);
	return status == 0 ? take_result(replay, result) : status;
}

static int opt_out(struct replay *replay, const struct buyers *buyers)
{
	for (size_t i = 0; i < buyers->count; i++)
		if (buyers->entries[i].opted_out &&
			player_opt_out(&replay->player,
				buyers->entries[i].address, replay->error) < 0)
			return EX_UNAVAILABLE;
	return 0;
}

int replay_run(const struct manifest *manifest, const struct buyers *buyers,
	struct snapshot *snapshot, struct replay_result *results_r,
	struct error *error)
{
	struct replay replay = {
		.manifest = manifest, .policy = snapshot->policy, .error = error
	};
	int status;

	if (player_open(&replay.player, snapshot, error) < 0)
		return EX_CANTCREAT;
	status = opt_out(&replay, buyers);
	for (size_t i = 0; i < manifest->count && status == 0; i++) {
		status = play_row(&replay, &manifest->rows[i], &results_r[i]);
		if (status == 0 && player_is_interrupted(&replay.player)) {
			error_set(error, "interrupted");
			status = EX_TEMPFAIL;
		}
	}
	player_close(&replay.player);
	return status;
}

enum outcome replay_outcome(const struct replay_result *result)
{
	return reason_info(result->reason)->outcome;
}

unsigned replay_compare(
	const struct manifest_row *row, const struct replay_result *result)
{
	unsigned differs = 0;

	if (replay_outcome(result) != row->outcome)
		differs |= DIFFERS_VERDICT;
	if (row->reason != REASON_NONE && row->reason != result->reason)
		differs |= DIFFERS_REASON;
	if (!manifest_order_is_right(row, result->order))
		differs |= DIFFERS_ORDER;
	return differs;
}

bool replay_is_same(
	const struct replay_result *a, const struct replay_result *b)
{
	return a->reason == b->reason && strcmp(a->order, b->order) == 0;
}
