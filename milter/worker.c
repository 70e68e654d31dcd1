/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * smfi_main() runs in a thread of its own. libmilter waits for HUP, TERM and
 * INT in another thread and stops on each, without regard to messages under
 * way. So the supervisor uses signals that libmilter does not know. Those it
 * knows stay unblocked here in the main thread, which Linux prefers for a
 * signal to the process: one sent to the worker by mistake does no harm.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <syslog.h>
#include <unistd.h>
#include <libmilter/mfapi.h>
#include "milter/callbacks.h"
#include "milter/expiry.h"
#include "milter/log.h"
#include "milter/service.h"
#include "milter/worker.h"
#include "policy/message.h"

#define PACKET_MAX (1024 * 1024) /* Postfix sends a header field in one */
#define MTA_TIMEOUT 7210	 /* seconds; libmilter's own default */
#define SETTLE_MS 50 /* for the last replies to leave libmilter's threads */

enum request {
	REQUEST_RELOAD = 'r',
	REQUEST_DRAIN = 'd',
	REQUEST_STOPPED = 's', /* libmilter ended by itself */
};

static int request_fd[2]; /* a pipe, for handlers and threads */

static void request(enum request what)
{
	char octet = (char)what;
	int saved = errno;

	/* A full pipe holds requests enough. */
	if (write(request_fd[1], &octet, 1) < 0)
		errno = saved;
	errno = saved;
}

static void on_signal(int signal)
{
	request(signal == WORKER_RELOAD || signal == SIGHUP ? REQUEST_RELOAD
							    : REQUEST_DRAIN);
}

static int catch_signals(void)
{
	static const int signals[] = { WORKER_RELOAD, WORKER_DRAIN, SIGHUP,
		SIGTERM, SIGINT };
	struct sigaction action = { .sa_handler = on_signal,
		.sa_flags = SA_RESTART | SA_NODEFER };
	sigset_t set;

	if (pipe2(request_fd, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaction(signals[i], &action, NULL);
		sigaddset(&set, signals[i]);
	}
	return pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0 ? 0 : -1;
}

static void *serve(void *unused)
{
	sigset_t all;

	(void)unused;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	smfi_main();
	request(REQUEST_STOPPED);
	return NULL;
}

static int start_libmilter(
	const struct worker_options *options, struct service *service)
{
	char connection[24];
	sigset_t all;
	sigset_t old;
	pthread_t thread;
	int rc;

	snprintf(connection, sizeof(connection), "fd:%d", options->listen_fd);
	smfi_setmaxdatasize(PACKET_MAX);
	if (callbacks_register(service, options->answer_data) < 0 ||
		smfi_setconn(connection) != MI_SUCCESS ||
		smfi_settimeout(MTA_TIMEOUT) != MI_SUCCESS)
		return -1;
	/* Threads of the thread inherit its mask: no handler runs in them. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	rc = pthread_create(&thread, NULL, serve, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0)
		return -1;
	pthread_detach(thread);
	return 0;
}

/* Changes that would need a new process are named, and not made. */
static void warn_of_restart(const struct conf *old, const struct conf *new)
{
	const struct {
		const char *name, *before, *after;
	} fixed[] = {
		{ "socket", old->socket, new->socket },
		{ "socket_group", old->socket_group, new->socket_group },
		{ "user", old->user, new->user },
		{ "cache.directory", old->cache.directory,
			new->cache.directory },
		{ "cache.keys", old->cache.keys, new->cache.keys },
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (strcmp(fixed[i].before, fixed[i].after) != 0)
			log_message(LOG_WARNING,
				"%s changed from %s to %s: restart for it to "
				"take effect",
				fixed[i].name, fixed[i].before, fixed[i].after);
	if (old->socket_mode != new->socket_mode ||
		old->cache.size_max != new->cache.size_max)
		log_message(LOG_WARNING,
			"socket_mode or cache.size_max changed: restart for "
			"it to take effect");
}

/* How addresses are compared is part of the cache's format. */
static int check_form(
	const struct policy *old, const struct policy *new, struct error *error)
{
	const struct address_form *a = policy_address_form(old);
	const struct address_form *b = policy_address_form(new);

	if (a->fold_case == b->fold_case &&
		a->tag_separator == b->tag_separator)
		return 0;
	return error_set(error,
		"addresses.* differs from that of the opt-out cache; change it "
		"back, or stop, make a new cache and import anew");
}

static void reload(const char *conf_path, struct service *service)
{
	struct error error = { 0 };
	struct snapshot *old = service_snapshot(service);
	struct snapshot *new = snapshot_load(conf_path, &error);

	if (new != NULL && check_form(old->policy, new->policy, &error) < 0)
		snapshot_unref(&new);
	if (new == NULL) {
		log_message(LOG_ERR,
			"reload failed: %s; keeping policy=%s@%lld", error.text,
			policy_profile(old->policy),
			(long long)policy_version(old->policy));
	} else {
		warn_of_restart(old->conf, new->conf);
		log_open(new->conf);
		log_message(LOG_NOTICE,
			"reloaded configuration: policy=%s@%lld",
			policy_profile(new->policy),
			(long long)policy_version(new->policy));
		service_swap(service, new);
	}
	snapshot_unref(&old);
}

static void drain(struct service *service)
{
	struct snapshot *snapshot = service_snapshot(service);
	int64_t seconds = snapshot->conf->drain_timeout;

	snapshot_unref(&snapshot);
	log_message(LOG_NOTICE, "draining: messages under way may finish");
	if (service_drain(service, (int)seconds * 1000))
		usleep(SETTLE_MS * 1000);
	else
		log_message(LOG_WARNING,
			"messages still under way after drain_timeout: the "
			"mail server will defer them");
}

/* Says status to the supervisor. */
static void report(const struct worker_options *options,
	struct service *service, enum worker_status status)
{
	struct snapshot *snapshot = service_snapshot(service);
	struct worker_report report = {
		.status = status,
		.drain_timeout = (int)snapshot->conf->drain_timeout,
	};

	snapshot_unref(&snapshot);
	if (write(options->status_fd, &report, sizeof(report)) !=
		sizeof(report))
		log_message(LOG_WARNING, "cannot report to the supervisor: %s",
			strerror(errno));
}

static int attend(const struct worker_options *options, struct service *service)
{
	for (;;) {
		char what;
		struct pollfd ready = { .fd = request_fd[0], .events = POLLIN };
		ssize_t n;

		/* poll() is where handlers run, also under ThreadSanitizer. */
		if (poll(&ready, 1, -1) < 0 && errno == EINTR)
			continue;
		n = read(request_fd[0], &what, 1);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n != 1)
			return EX_OSERR;
		switch (what) {
		case REQUEST_RELOAD:
			reload(options->conf_path, service);
			report(options, service, WORKER_LOADED);
			break;
		case REQUEST_DRAIN:
			drain(service);
			return EX_OK;
		default:
			log_message(LOG_ERR, "libmilter stopped");
			return EX_SOFTWARE;
		}
	}
}

/* The snapshot to start with: a restarted worker reads the files anew. */
static struct snapshot *first_snapshot(const struct worker_options *options)
{
	struct error error = { 0 };
	struct snapshot *fresh;

	if (!options->restarted)
		return snapshot_ref(options->snapshot);
	fresh = snapshot_load(options->conf_path, &error);
	if (fresh != NULL)
		return fresh;
	log_message(LOG_ERR, "%s; using the configuration of the start",
		error.text);
	return snapshot_ref(options->snapshot);
}

static struct service *make_service(const struct worker_options *options)
{
	struct snapshot *snapshot = first_snapshot(options);
	struct cache_options cache_options =
		service_cache_options(snapshot->conf);
	struct error error = { 0 };
	struct service *service;
	struct cache *cache = cache_open(&cache_options, options->ring, &error);

	if (cache == NULL) {
		log_message(LOG_ERR, "cannot open the opt-out cache: %s",
			error.text);
		if (!options->restarted) {
			snapshot_unref(&snapshot);
			return NULL;
		}
	}
	service = service_new(snapshot, cache, options->ring);
	if (service == NULL) {
		cache_close(&cache);
		snapshot_unref(&snapshot);
	}
	return service;
}

int worker_run(const struct worker_options *options)
{
	struct service *service;

	/* Another name, so that "pkill optout-milter" finds the supervisor. */
	prctl(PR_SET_NAME, "optout-worker");
	message_init();
	if (catch_signals() < 0) {
		log_message(
			LOG_ERR, "cannot set up signals: %s", strerror(errno));
		return EX_OSERR;
	}
	service = make_service(options);
	if (service == NULL)
		return EX_UNAVAILABLE;
	service_allow_writing(service);
	if (expiry_start(service) < 0) {
		log_message(LOG_ERR, "cannot start a thread");
		return EX_OSERR;
	}
	if (start_libmilter(options, service) < 0) {
		log_message(LOG_ERR, "cannot start libmilter");
		return EX_OSERR;
	}
	report(options, service, WORKER_READY);
	log_started(options->detached);
	/* The service is not freed: libmilter's threads may still use it. */
	return attend(options, service);
}
