/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter/expiry.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_S 1
#define LOOK_MAX 5000 /* threads in a step: some milliseconds */
#define EXPIRED_MAX 100

static int remove_expired(
	struct service *service, const struct thread *threads, int count)
{
	struct change *changes = calloc((size_t)count, sizeof(*changes));
	struct error error;
	int rc;

	if (!changes)
		return -1;
	for (int i = 0; i < count; i++) {
		changes[i].kind = CHANGE_EXPIRE_THREAD;
		changes[i].thread = threads[i];
	}
	rc = service_apply(service, changes, (size_t)count, &error);
	free(changes);
	return rc < 0 ? -1 : count;
}

int expiry_step(struct service *service, struct cache_sweep *sweep, int64_t now)
{
	struct snapshot *snapshot = service_snapshot(service);
	int64_t window = policy_replies(snapshot->policy)->window;
	struct thread *expired = calloc(EXPIRED_MAX, sizeof(*expired));
	struct error error;
	struct cache_read *read = service_read(service, &error);
	int count = -1;

	snapshot_unref(&snapshot);
	if (expired && read)
		count = cache_sweep_threads(read, sweep, now - window, LOOK_MAX,
			expired, EXPIRED_MAX);
	cache_read_end(&read);
	if (count > 0)
		count = remove_expired(service, expired, count);
	free(expired);
	return count;
}

static void *run(void *argument)
{
	struct cache_sweep sweep = { .key_size = 0 };

	for (;;) {
		sleep(PAUSE_S);
		expiry_step(argument, &sweep, (int64_t)time(NULL));
	}
	return NULL;
}

int expiry_start(struct service *service)
{
	sigset_t all, before;
	pthread_t thread;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&thread, NULL, run, service);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return -1;
	pthread_detach(thread);
	return 0;
}
