/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prints a line for each figure of threads: what a record takes, lookups in a
 * million, a sweep step, and the comparison of a reply.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "policy/quote.h"
#include "tests/cache_fixture.h"

#define THREADS 1000000u
#define GROUP 4000u
#define LOOKUPS 200000u
#define WORDS 60u /* of a usual message */
#define COMPARES 2000u

static struct fixture fixture;
static struct change changes[GROUP];
static struct quote quote;
static char text[16 * WORDS];

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void name_thread(unsigned n, struct thread *thread)
{
	char id[40];
	struct identity seller = { { 1 } };

	thread->buyer = fixture_id(&fixture, IDENTITY_BUYER, n % 300000);
	snprintf(id, sizeof(id), "%08x.mail@phone.example", n * 2654435761u);
	identity_make_thread(fixture.ring, &seller, id, &thread->id);
}

static void make_text(void)
{
	static const unsigned char key[16];
	char *at = text;

	for (unsigned i = 0; i < WORDS; i++)
		at += sprintf(at, "word%u%s", i * 7919, i % 10 ? " " : "\n");
	if (quote_make(key, text, &quote) < 0)
		abort();
}

static void fill(struct cache *cache)
{
	struct writer *writer = writer_start(cache, NULL);
	double start = seconds();

	for (unsigned n = 0; n < THREADS; n += GROUP) {
		for (unsigned i = 0; i < GROUP; i++) {
			changes[i].kind = CHANGE_PUT_THREAD;
			name_thread(n + i, &changes[i].thread);
			changes[i].thread.created = 1000;
			changes[i].thread.quote = quote;
		}
		if (writer_apply(writer, changes, GROUP, -1, NULL))
			abort();
	}
	printf("threads put, %u in a commit: %.0f/s\n", GROUP,
		THREADS / (seconds() - start));
	writer_stop(&writer);
}

static void bench_lookups(struct cache *cache, const char *name, unsigned from)
{
	unsigned found = 0, at = 1;
	double start = seconds();

	for (unsigned i = 0; i < LOOKUPS; i++) {
		struct cache_read *read = cache_read_begin(cache, NULL);
		struct thread wanted, thread;

		at = at * 1103515245u + 12345u;
		name_thread(from + at % THREADS, &wanted);
		found += cache_find_thread(read, &wanted.buyer, &wanted.id, 0,
				 &thread) > 0;
		cache_read_end(&read);
	}
	printf("threads lookup %s among %u: %.0f ns (%u found)\n", name,
		THREADS, (seconds() - start) * 1e9 / LOOKUPS, found);
}

static void bench_sizes(struct cache *cache)
{
	struct cache_read *read = cache_read_begin(cache, NULL);
	struct cache_counts counts;
	struct record record;

	record_from_thread(fixture.ring, &changes[0].thread, &record);
	if (cache_count(read, &counts) < 0)
		abort();
	cache_read_end(&read);
	printf("threads record of %u words: %zu octets, %.0f on disk\n", WORDS,
		record.key_size + record.value_size,
		(double)counts.bytes / (double)counts.threads);
	changes[0].thread.quote.count = QUOTE_HASHES_MAX;
	record_from_thread(fixture.ring, &changes[0].thread, &record);
	printf("threads largest record: %zu octets\n",
		record.key_size + record.value_size);
}

static void bench_sweep(struct cache *cache)
{
	static struct thread expired[100];
	struct cache_sweep sweep = { .key_size = 0 };
	double start = seconds();
	int steps = 100;

	for (int i = 0; i < steps; i++) {
		struct cache_read *read = cache_read_begin(cache, NULL);

		if (cache_sweep_threads(read, &sweep, 0, 5000, expired, 100) <
			0)
			abort();
		cache_read_end(&read);
	}
	printf("threads sweep, a step of 5000: %.2f ms\n",
		(seconds() - start) * 1e3 / steps);
}

static void bench_compare(void)
{
	static const unsigned char key[16];
	double start = seconds();
	int total = 0;

	for (unsigned i = 0; i < COMPARES; i++)
		total += quote_share(key, &quote, text, true);
	printf("threads compare a reply of %u words: %.1f us (%d)\n", WORDS,
		(seconds() - start) * 1e6 / COMPARES, total / (int)COMPARES);
}

int main(void)
{
	struct cache *cache;

	fixture_init(&fixture, false);
	fixture.options.size_max = (size_t)4 << 30;
	if (cache_create(&fixture.options, fixture.ring, NULL))
		return 1;
	cache = fixture_open(&fixture);
	make_text();
	fill(cache);
	bench_sizes(cache);
	bench_lookups(cache, "hit", 0);
	bench_lookups(cache, "miss", 2 * THREADS);
	bench_sweep(cache);
	bench_compare();
	cache_close(&cache);
	fixture_fini(&fixture);
	return 0;
}
