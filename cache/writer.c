/* SPDX-License-Identifier: BSD-2-Clause */
#include "cache/writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "cache/cache_private.h"
#include "cache/deadline.h"
#include "cache/writer_apply.h"

/* Changes in one group: what comes later waits for one more commit. */
#define GROUP_MAX 4096

enum request_state {
	REQUEST_QUEUED,
	REQUEST_TAKEN,
	REQUEST_DONE,
};

/*
 * One writer_apply(). It owns a copy of the changes, since a caller that
 * timed out is gone while the thread still works on them.
 */
struct request {
	struct request *next;
	enum request_state state;
	bool abandoned; /* the thread frees it */
	int result;
	struct error error;
	size_t count;
	struct change changes[];
};

struct writer {
	struct cache *cache;
	pthread_t thread;

	pthread_mutex_t lock; /* guards the rest, and the requests' state */
	pthread_cond_t work;
	pthread_cond_t done;
	struct request *first, **last;
	bool stopping;
	unsigned callers; /* in writer_apply() */
};

/* Applies the requests from first up to end in one commit. */
static int commit_requests(struct writer *writer, struct request *first,
	const struct request *end, struct error *error)
{
	struct cache *cache = writer->cache;
	MDB_txn *txn;

	if (cache_write_begin(cache, &txn, error))
		return -1;
	for (struct request *r = first; r != end; r = r->next) {
		for (size_t i = 0; i < r->count; i++) {
			int rc =
				writer_apply_change(cache, txn, &r->changes[i]);
			if (!rc)
				continue;
			cache_write_error(cache, rc, error);
			cache_write_abort(cache, txn);
			return -1;
		}
	}
	return cache_write_commit(cache, txn, error);
}

/* Writes a group; when that fails each request by itself, so that one that
 * cannot be written takes no other along.
 */
static void write_group(struct writer *writer, struct request *first)
{
	struct error error = { "", "" };
	int rc = commit_requests(writer, first, NULL, &error);
	bool alone = rc == 0 || !first->next;

	for (struct request *r = first; r; r = r->next) {
		if (alone) {
			r->result = rc;
			r->error = error;
		} else {
			r->result =
				commit_requests(writer, r, r->next, &r->error);
		}
	}
}

/* With the lock held: takes requests off the queue, oldest first. */
static struct request *take_group(struct writer *writer)
{
	struct request *first = writer->first, **at = &writer->first;
	size_t changes = 0;

	do {
		changes += (*at)->count;
		(*at)->state = REQUEST_TAKEN;
		at = &(*at)->next;
	} while (*at && changes + (*at)->count <= GROUP_MAX);
	writer->first = *at;
	if (!writer->first)
		writer->last = &writer->first;
	*at = NULL;
	return first;
}

/* With the lock held. */
static void finish_group(struct writer *writer, struct request *first)
{
	while (first) {
		struct request *r = first;
		first = r->next;
		r->state = REQUEST_DONE;
		if (r->abandoned)
			free(r);
	}
	pthread_cond_broadcast(&writer->done);
}

static void *run(void *argument)
{
	struct writer *writer = argument;

	pthread_mutex_lock(&writer->lock);
	for (;;) {
		struct request *group;
		while (!writer->first && !writer->stopping)
			pthread_cond_wait(&writer->work, &writer->lock);
		if (!writer->first)
			break;
		group = take_group(writer);
		pthread_mutex_unlock(&writer->lock);
		write_group(writer, group);
		pthread_mutex_lock(&writer->lock);
		finish_group(writer, group);
	}
	pthread_mutex_unlock(&writer->lock);
	return NULL;
}

static struct writer *writer_new(struct cache *cache)
{
	struct writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return NULL;
	writer->cache = cache;
	writer->last = &writer->first;
	pthread_mutex_init(&writer->lock, NULL);
	deadline_cond_init(&writer->work);
	deadline_cond_init(&writer->done);
	return writer;
}

static void writer_destroy(struct writer *writer)
{
	pthread_cond_destroy(&writer->done);
	pthread_cond_destroy(&writer->work);
	pthread_mutex_destroy(&writer->lock);
	free(writer);
}

struct writer *writer_start(struct cache *cache, struct error *error)
{
	struct writer *writer = writer_new(cache);
	sigset_t all, before;
	int rc;

	if (!writer) {
		error_set(error, "out of memory");
		return NULL;
	}
	cache_write_allow(cache);
	/* Signals belong to the main thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&writer->thread, NULL, run, writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc) {
		error_set(error, "cannot start the writer thread: %s",
			strerror(rc));
		writer_destroy(writer);
		return NULL;
	}
	return writer;
}

void writer_stop(struct writer **writer)
{
	if (!writer || !*writer)
		return;
	pthread_mutex_lock(&(*writer)->lock);
	(*writer)->stopping = true;
	pthread_cond_signal(&(*writer)->work);
	pthread_mutex_unlock(&(*writer)->lock);
	pthread_join((*writer)->thread, NULL);
	pthread_mutex_lock(&(*writer)->lock);
	while ((*writer)->callers > 0)
		pthread_cond_wait(&(*writer)->done, &(*writer)->lock);
	pthread_mutex_unlock(&(*writer)->lock);
	writer_destroy(*writer);
	*writer = NULL;
}

static bool is_valid_optout(const struct optout *optout)
{
	static const struct identity none;

	return (unsigned)optout->scope <= SCOPE_ORDER &&
	       (unsigned)optout->source <= SOURCE_OPERATOR &&
	       optout->created >= 0 && optout->until >= 0 &&
	       (optout->scope != SCOPE_ALL ||
		       memcmp(&optout->scope_id, &none, sizeof(none)) == 0);
}

static bool is_valid_thread(const struct thread *thread)
{
	const struct quote *quote = &thread->quote;

	return thread->created >= 0 && thread->replies <= UINT16_MAX &&
	       (thread->is_reference || (quote->count <= QUOTE_HASHES_MAX &&
						quote_is_sound(quote)));
}

/* What would be written must be readable. */
static int check_change(const struct change *change, struct error *error)
{
	if ((unsigned)change->kind > CHANGE_DELETE_THREADS)
		return error_set(error, "unknown kind of change");
	if (change->kind == CHANGE_PUT_OPTOUT &&
		!is_valid_optout(&change->optout))
		return error_set(error, "opt-out with a value out of range");
	if (change->kind == CHANGE_PUT_THREAD &&
		!is_valid_thread(&change->thread))
		return error_set(error, "thread with a value out of range");
	return 0;
}

static struct request *request_new(
	const struct change *changes, size_t count, struct error *error)
{
	struct request *request;

	for (size_t i = 0; i < count; i++)
		if (check_change(&changes[i], error))
			return NULL;
	request = calloc(1, sizeof(*request) + count * sizeof(*changes));
	if (!request) {
		error_set(error, "out of memory");
		return NULL;
	}
	request->count = count;
	memcpy(request->changes, changes, count * sizeof(*changes));
	return request;
}

/* With the lock held. Returns 0 when done, or -1 when the time is over. */
static int wait_done(
	struct writer *writer, const struct request *request, int timeout_ms)
{
	struct timespec deadline = deadline_in(timeout_ms < 0 ? 0 : timeout_ms);
	int rc = 0;

	while (request->state != REQUEST_DONE && !rc) {
		if (timeout_ms < 0)
			pthread_cond_wait(&writer->done, &writer->lock);
		else
			rc = pthread_cond_timedwait(
				&writer->done, &writer->lock, &deadline);
	}
	return request->state == REQUEST_DONE ? 0 : -1;
}

/* With the lock held. */
static void unlink_request(struct writer *writer, const struct request *request)
{
	struct request **at = &writer->first;

	while (*at != request)
		at = &(*at)->next;
	*at = request->next;
	if (!*at)
		writer->last = at;
}

/* With the lock held: gives a request up. Returns what can be freed. */
static struct request *give_up(
	struct writer *writer, struct request *request, struct error *error)
{
	if (request->state == REQUEST_QUEUED) {
		unlink_request(writer, request);
		error_set(error,
			"the cache's writer is busy: not written in time");
		return request;
	}
	request->abandoned = true;
	error_set(error,
		"the cache's writer is slow: not known to be written in time");
	return NULL;
}

static void return_result(const struct request *request, struct change *changes,
	struct error *error)
{
	if (request->result && error)
		*error = request->error;
	for (size_t i = 0; i < request->count && !request->result; i++)
		changes[i].changed = request->changes[i].changed;
}

int writer_apply(struct writer *writer, struct change *changes, size_t count,
	int timeout_ms, struct error *error)
{
	struct request *request;
	int rc = -1;

	if (count == 0)
		return 0;
	request = request_new(changes, count, error);
	if (!request)
		return -1;
	pthread_mutex_lock(&writer->lock);
	writer->callers++;
	if (writer->stopping) {
		error_set(error, "the cache's writer is stopping");
	} else {
		*writer->last = request;
		writer->last = &request->next;
		pthread_cond_signal(&writer->work);
		if (wait_done(writer, request, timeout_ms)) {
			request = give_up(writer, request, error);
		} else {
			rc = request->result;
			return_result(request, changes, error);
		}
	}
	if (--writer->callers == 0 && writer->stopping)
		pthread_cond_broadcast(&writer->done);
	pthread_mutex_unlock(&writer->lock);
	free(request);
	return rc;
}

unsigned writer_queued(struct writer *writer)
{
	unsigned count = 0;

	pthread_mutex_lock(&writer->lock);
	for (const struct request *r = writer->first; r; r = r->next)
		count++;
	pthread_mutex_unlock(&writer->lock);
	return count;
}

struct bulk {
	struct cache *cache;
	MDB_txn *txn;
	enum bulk_kind kind;
	struct error failed; /* of a put: text is "" while all is well */
};

static const struct {
	enum change_kind change;
	enum store_db db;
} bulk_kinds[] = {
	[BULK_OPTOUTS] = { CHANGE_PUT_OPTOUT, STORE_OPTOUTS },
	[BULK_ALIASES] = { CHANGE_PUT_ALIAS, STORE_ALIASES },
	[BULK_ORDERS] = { CHANGE_PUT_ORDER, STORE_ORDERS },
};

struct bulk *bulk_begin(struct cache *cache, enum bulk_kind kind, bool replace,
	struct error *error)
{
	struct bulk *bulk = calloc(1, sizeof(*bulk));
	int rc;

	if (!bulk) {
		error_set(error, "out of memory");
		return NULL;
	}
	bulk->cache = cache;
	bulk->kind = kind;
	if (cache_write_begin(cache, &bulk->txn, error)) {
		free(bulk);
		return NULL;
	}
	if (!replace)
		return bulk;
	rc = mdb_drop(bulk->txn, cache_dbi(cache, bulk_kinds[kind].db), 0);
	if (rc) {
		cache_write_error(cache, rc, error);
		bulk_abort(&bulk);
	}
	return bulk;
}

int bulk_put(
	struct bulk *bulk, const struct change *change, struct error *error)
{
	struct change copy = *change;
	int rc;

	if (!bulk->failed.text[0]) {
		if (change->kind != bulk_kinds[bulk->kind].change)
			return error_set(error, "change of another kind");
		if (check_change(change, error))
			return -1;
		rc = writer_apply_change(bulk->cache, bulk->txn, &copy);
		if (!rc)
			return 0;
		cache_write_error(bulk->cache, rc, &bulk->failed);
	}
	if (error)
		*error = bulk->failed;
	return -1;
}

int bulk_commit(struct bulk **bulk, struct error *error)
{
	struct bulk *b = *bulk;
	int rc;

	if (b->failed.text[0]) {
		if (error)
			*error = b->failed;
		bulk_abort(bulk);
		return -1;
	}
	rc = cache_write_commit(b->cache, b->txn, error);
	free(b);
	*bulk = NULL;
	return rc;
}

void bulk_abort(struct bulk **bulk)
{
	if (!bulk || !*bulk)
		return;
	cache_write_abort((*bulk)->cache, (*bulk)->txn);
	free(*bulk);
	*bulk = NULL;
}
