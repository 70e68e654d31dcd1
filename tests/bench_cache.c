/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints a line for each figure of the cache: lookups and commits. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "tests/cache_fixture.h"

#define OPTOUTS 100000u
#define LOOKUPS 200000u
#define APPLIES 2000u /* in all threads together */

static struct fixture fixture;
static struct identity *buyers; /* the first half has opted out */

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Each lookup with its own read transaction, as a message has. */
static void bench_lookups(struct cache *cache, const char *name, unsigned first)
{
	unsigned found = 0, at = 1;
	double start = seconds();

	for (unsigned i = 0; i < LOOKUPS; i++) {
		struct cache_read *read = cache_read_begin(cache, NULL);
		at = at * 1103515245u + 12345u;
		if (!read)
			abort();
		if (cache_find_optout(read, &buyers[first + at % OPTOUTS], NULL,
			    NULL, 5000, NULL) > 0)
			found++;
		cache_read_end(&read);
	}
	printf("cache lookup %s: %.0f ns (%u found)\n", name,
		(seconds() - start) * 1e9 / LOOKUPS, found);
}

struct applier {
	pthread_t thread;
	struct writer *writer;
	unsigned from, to;
};

static void *apply(void *argument)
{
	struct applier *applier = argument;

	for (unsigned n = applier->from; n < applier->to; n++) {
		struct change change = fixture_optout(&fixture, n);
		struct error error;
		if (writer_apply(applier->writer, &change, 1, -1, &error)) {
			fprintf(stderr, "%s\n", error.text);
			abort();
		}
	}
	return NULL;
}

static void bench_applies(struct cache *cache, unsigned threads)
{
	struct writer *writer = writer_start(cache, NULL);
	struct applier appliers[16];
	unsigned each = APPLIES / threads;
	double start = seconds();

	if (!writer)
		abort();
	for (unsigned i = 0; i < threads; i++) {
		appliers[i].writer = writer;
		appliers[i].from = 2 * OPTOUTS + i * each;
		appliers[i].to = appliers[i].from + each;
		if (pthread_create(
			    &appliers[i].thread, NULL, apply, &appliers[i]))
			abort();
	}
	for (unsigned i = 0; i < threads; i++)
		pthread_join(appliers[i].thread, NULL);
	printf("cache apply %u threads: %.0f changes/s\n", threads,
		each * threads / (seconds() - start));
	writer_stop(&writer);
}

int main(void)
{
	struct cache *cache;
	double start;

	fixture_init(&fixture, true);
	cache = fixture_open(&fixture);
	buyers = calloc(2 * OPTOUTS, sizeof(*buyers));
	if (!buyers)
		return 1;
	for (unsigned n = 0; n < 2 * OPTOUTS; n++)
		buyers[n] = fixture_id(&fixture, IDENTITY_BUYER, n);
	start = seconds();
	if (fixture_fill(&fixture, cache, 0, OPTOUTS, NULL))
		return 1;
	printf("cache bulk load: %.0f records/s\n",
		OPTOUTS / (seconds() - start));
	bench_lookups(cache, "hit", 0);
	bench_lookups(cache, "miss", OPTOUTS);
	bench_applies(cache, 1);
	bench_applies(cache, 16);
	cache_close(&cache);
	free(buyers);
	fixture_fini(&fixture);
	return 0;
}
