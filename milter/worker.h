/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The worker: the process that runs libmilter. SIGUSR1 reloads, SIGUSR2
 * drains and exits. Its status goes to the supervisor, an octet at a time.
 */
#ifndef MILTER_WORKER_H
#define MILTER_WORKER_H

#include <stdbool.h>
#include "cache/identity.h"
#include "milter/snapshot.h"

#define WORKER_RELOAD SIGUSR1
#define WORKER_DRAIN SIGUSR2

enum worker_status {
	WORKER_READY = 'R',  /* serves */
	WORKER_LOADED = 'L', /* a reload is done, for better or worse */
};

struct worker_options {
	const char *conf_path;
	const char *socket; /* overrides conf's, or NULL */
	int listen_fd;
	int lock_fd; /* closed in the worker: the lock is the supervisor's */
	bool answer_data; /* see callbacks_register() */
	int status_fd;
	bool restarted;		   /* after a crash: start whatever is amiss */
	struct snapshot *snapshot; /* inherited */
	const struct keyring *ring;
};

/* Serves until drained. Returns the exit status of the process. */
int worker_run(const struct worker_options *options);

#endif
