/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The worker: the process that runs libmilter. SIGUSR1 reloads, SIGUSR2
 * drains and exits. It reports to the supervisor.
 */
#ifndef MILTER_WORKER_H
#define MILTER_WORKER_H

#include <stdbool.h>
#include "cache/identity.h"
#include "milter/snapshot.h"

#define WORKER_RELOAD SIGUSR1
#define WORKER_DRAIN SIGUSR2

enum worker_status {
	WORKER_READY,  /* serves */
	WORKER_LOADED, /* a reload is done, for better or worse */
};

/* What the worker writes to the supervisor, in one piece. */
struct worker_report {
	enum worker_status status;
	int drain_timeout; /* seconds, as configured now */
};

struct worker_options {
	const char *conf_path;
	const char *socket; /* that it serves, for the log */
	int listen_fd;
	int lock_fd; /* closed in the worker: the lock is the supervisor's */
	bool answer_data; /* see callbacks_register() */
	int status_fd;
	bool detached;		   /* close standard error once served */
	bool restarted;		   /* after a crash: start whatever is amiss */
	struct snapshot *snapshot; /* inherited */
	const struct keyring *ring;
};

/* Serves until drained. Returns the exit status of the process. */
int worker_run(const struct worker_options *options);

#endif
