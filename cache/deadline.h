/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting with an end, by a clock that nobody sets. Any thread. */
#ifndef CACHE_DEADLINE_H
#define CACHE_DEADLINE_H

#include <pthread.h>
#include <time.h>

/* The monotonic time in ms milliseconds from now. */
struct timespec deadline_in(int ms);

/* Makes a condition whose timed waits take such a time. */
void deadline_cond_init(pthread_cond_t *cond);

#endif
