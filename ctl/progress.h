/* SPDX-License-Identifier: BSD-2-Clause */
/* A progress bar on standard error, only if that is a terminal. */
#ifndef CTL_PROGRESS_H
#define CTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct progress {
	bool shown;
	uint64_t total; /* bytes to read, 0: unknown */
	struct timespec start;
	struct timespec last;
};

void progress_begin(struct progress *progress, uint64_t total);

/* Draws anew, at most ten times a second. */
void progress_update(struct progress *progress, uint64_t done, uint64_t rows);

/* Clears the line. */
void progress_end(struct progress *progress);

double progress_seconds(const struct progress *progress);

#endif
