/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "ctl/progress.h"

#define BAR_WIDTH 30
#define INTERVAL 0.1 /* seconds */

static double seconds_between(
	const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) +
	       (double)(to->tv_nsec - from->tv_nsec) / 1e9;
}

void progress_begin(struct progress *progress, uint64_t total)
{
	progress->shown = isatty(STDERR_FILENO) == 1;
	progress->total = total;
	clock_gettime(CLOCK_MONOTONIC, &progress->start);
	progress->last = progress->start;
}

static void draw(const struct progress *progress, uint64_t done, uint64_t rows,
	double seconds)
{
	double share =
		progress->total ? (double)done / (double)progress->total : 0.0;
	char bar[BAR_WIDTH + 1];
	size_t filled;

	if (share > 1.0)
		share = 1.0;
	filled = (size_t)(share * BAR_WIDTH);
	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', filled);
	bar[BAR_WIDTH] = '\0';
	fputc('\r', stderr);
	if (progress->total)
		fprintf(stderr, "[%s] %3.0f%%  ", bar, share * 100.0);
	fprintf(stderr, "%" PRIu64 " rows  %.0f/s\033[K", rows,
		seconds > 0 ? (double)rows / seconds : 0.0);
	fflush(stderr);
}

void progress_update(struct progress *progress, uint64_t done, uint64_t rows)
{
	struct timespec now;

	if (!progress->shown)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (seconds_between(&progress->last, &now) < INTERVAL)
		return;
	progress->last = now;
	draw(progress, done, rows, seconds_between(&progress->start, &now));
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}

double progress_seconds(const struct progress *progress)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return seconds_between(&progress->start, &now);
}
