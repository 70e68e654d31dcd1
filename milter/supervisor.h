/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor: a small parent that owns the listening socket, takes the
 * operator's signals and restarts a crashed worker. One thread.
 */
#ifndef MILTER_SUPERVISOR_H
#define MILTER_SUPERVISOR_H

#include "milter/worker.h"

/*
 * Runs workers until SIGTERM or SIGINT (drain and exit); SIGHUP reloads.
 * status_fd and restarted of worker are set here. ready_fd, unless -1, gets an
 * octet and is closed: 0 once a worker serves, else the exit status. Returns
 * the exit status of the process; in a worker, exits.
 */
int supervisor_run(struct worker_options *worker, int ready_fd);

#endif
