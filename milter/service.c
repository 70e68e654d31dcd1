/* SPDX-License-Identifier: BSD-2-Clause */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include "cache/deadline.h"
#include "milter/service.h"

#define APPLY_MS 2000 /* a mail server waits at end of message */

struct service {
	const struct keyring *ring;

	struct cache *cache;	 /* atomic; once set, it stays */
	pthread_mutex_t opening; /* guards next_open, and opening itself */
	time_t next_open;	 /* monotonic; while cache is NULL */

	pthread_mutex_t writing; /* guards the two below */
	struct writer *writer;	 /* once set, it stays */
	bool writes;

	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t idle;  /* messages became 0 */
	struct snapshot *snapshot;
	bool cache_available;
	bool draining;
	int messages; /* under way */
};

static time_t monotonic_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

struct service *service_new(struct snapshot *snapshot, struct cache *cache,
	const struct keyring *ring)
{
	struct service *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->opening, NULL);
	pthread_mutex_init(&s->writing, NULL);
	deadline_cond_init(&s->idle);
	s->snapshot = snapshot;
	s->cache = cache;
	s->ring = ring;
	s->cache_available = cache != NULL;
	return s;
}

void service_free(struct service **service)
{
	struct service *s = *service;

	*service = NULL;
	if (s == NULL)
		return;
	snapshot_unref(&s->snapshot);
	writer_stop(&s->writer);
	cache_close(&s->cache);
	pthread_cond_destroy(&s->idle);
	pthread_mutex_destroy(&s->lock);
	pthread_mutex_destroy(&s->writing);
	pthread_mutex_destroy(&s->opening);
	free(s);
}

struct snapshot *service_snapshot(struct service *service)
{
	struct snapshot *snapshot;

	pthread_mutex_lock(&service->lock);
	snapshot = snapshot_ref(service->snapshot);
	pthread_mutex_unlock(&service->lock);
	return snapshot;
}

void service_swap(struct service *service, struct snapshot *snapshot)
{
	struct snapshot *old;

	pthread_mutex_lock(&service->lock);
	old = service->snapshot;
	service->snapshot = snapshot;
	pthread_mutex_unlock(&service->lock);
	snapshot_unref(&old);
}

struct cache_options service_cache_options(const struct conf *conf)
{
	return (struct cache_options){
		.directory = conf->cache.directory,
		.size_max = (size_t)conf->cache.size_max,
		.form = conf_address_form(conf),
	};
}

/* Opens the cache, by one thread at a time and once a second at most. */
static struct cache *open_cache(struct service *s, struct error *error)
{
	struct snapshot *snapshot = service_snapshot(s);
	struct cache_options options = service_cache_options(snapshot->conf);
	struct cache *cache = NULL;

	if (pthread_mutex_trylock(&s->opening) != 0) {
		error_set(error, "%s: being opened", options.directory);
	} else {
		cache = __atomic_load_n(&s->cache, __ATOMIC_ACQUIRE);
		if (cache != NULL)
			; /* another thread was first */
		else if (monotonic_seconds() < s->next_open)
			error_set(error, "%s: not open", options.directory);
		else
			cache = cache_open(&options, s->ring, error);
		if (cache == NULL)
			s->next_open = monotonic_seconds() + 1;
		else
			__atomic_store_n(&s->cache, cache, __ATOMIC_RELEASE);
		pthread_mutex_unlock(&s->opening);
	}
	snapshot_unref(&snapshot);
	return cache;
}

struct cache_read *service_read(struct service *service, struct error *error)
{
	struct cache *cache =
		__atomic_load_n(&service->cache, __ATOMIC_ACQUIRE);

	if (cache == NULL)
		cache = open_cache(service, error);
	return cache != NULL ? cache_read_begin(cache, error) : NULL;
}

void service_allow_writing(struct service *service)
{
	pthread_mutex_lock(&service->writing);
	service->writes = true;
	pthread_mutex_unlock(&service->writing);
}

/* Returns the writer, started if need be, or NULL with error set. Locked. */
static struct writer *start_writer(struct service *s, struct error *error)
{
	struct cache *cache = __atomic_load_n(&s->cache, __ATOMIC_ACQUIRE);

	if (s->writer != NULL)
		return s->writer;
	if (cache == NULL)
		cache = open_cache(s, error);
	if (cache != NULL)
		s->writer = writer_start(cache, error);
	return s->writer;
}

int service_apply(struct service *service, struct change *changes, size_t count,
	struct error *error)
{
	struct writer *writer = NULL;
	bool writes;

	pthread_mutex_lock(&service->writing);
	writes = service->writes;
	if (writes)
		writer = start_writer(service, error);
	pthread_mutex_unlock(&service->writing);
	if (!writes)
		return 1;
	if (writer == NULL)
		return -1;
	return writer_apply(writer, changes, count, APPLY_MS, error);
}

const struct keyring *service_keyring(struct service *service)
{
	return service->ring;
}

bool service_cache_changed(struct service *service, bool available)
{
	bool changed;

	pthread_mutex_lock(&service->lock);
	changed = service->cache_available != available;
	service->cache_available = available;
	pthread_mutex_unlock(&service->lock);
	return changed;
}

bool service_begin(struct service *service)
{
	bool taken;

	pthread_mutex_lock(&service->lock);
	taken = !service->draining;
	if (taken)
		service->messages++;
	pthread_mutex_unlock(&service->lock);
	return taken;
}

void service_end(struct service *service)
{
	pthread_mutex_lock(&service->lock);
	if (--service->messages == 0)
		pthread_cond_broadcast(&service->idle);
	pthread_mutex_unlock(&service->lock);
}

bool service_drain(struct service *service, int timeout_ms)
{
	struct timespec end = deadline_in(timeout_ms);
	bool idle;
	int rc = 0;

	pthread_mutex_lock(&service->lock);
	service->draining = true;
	while (service->messages > 0 && rc == 0)
		rc = pthread_cond_timedwait(
			&service->idle, &service->lock, &end);
	idle = service->messages == 0;
	pthread_mutex_unlock(&service->lock);
	return idle;
}
