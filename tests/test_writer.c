/* SPDX-License-Identifier: BSD-2-Clause */
#include "cache/writer.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cache/cache_private.h"
#include "tests/cache_fixture.h"

static struct fixture fixture;

static void setup(void)
{
	fixture_init(&fixture, true);
}

static void teardown(void)
{
	fixture_fini(&fixture);
}

static int apply(struct writer *writer, enum change_kind kind, unsigned n,
	bool *changed_r)
{
	struct change change = fixture_optout(&fixture, n);
	int rc;

	change.kind = kind;
	rc = writer_apply(writer, &change, 1, 30000, NULL);
	*changed_r = change.changed;
	return rc;
}

START_TEST(put_and_delete)
{
	struct cache *cache = fixture_open(&fixture);
	struct writer *writer = writer_start(cache, NULL);
	bool changed;

	ck_assert_int_eq(apply(writer, CHANGE_PUT_OPTOUT, 1, &changed), 0);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 1, NULL), 1);
	ck_assert_int_eq(apply(writer, CHANGE_DELETE_OPTOUT, 2, &changed), 0);
	ck_assert(!changed);
	ck_assert_int_eq(apply(writer, CHANGE_DELETE_OPTOUT, 1, &changed), 0);
	ck_assert(changed);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 1, NULL), 0);
	ck_assert_int_eq(apply(writer, CHANGE_DELETE_BUYER, 1, &changed), 0);
	ck_assert(!changed);
	ck_assert_int_eq(writer_apply(writer, NULL, 0, 0, NULL), 0);
	writer_stop(&writer);
	ck_assert_ptr_null(writer);
	writer_stop(&writer);
	cache_close(&cache);
}
END_TEST

START_TEST(delete_buyer)
{
	struct cache *cache = fixture_open(&fixture);
	struct writer *writer = writer_start(cache, NULL);
	struct change changes[5];
	struct cache_counts counts;
	struct cache_read *read;
	bool changed;

	/* Four of buyer 1, and all the others must stay. */
	ck_assert_int_eq(fixture_fill(&fixture, cache, 2, 200, NULL), 0);
	for (unsigned i = 0; i < 5; i++) {
		changes[i] = fixture_optout(&fixture, 1);
		if (i > 0) {
			changes[i].optout.scope =
				i % 2 ? SCOPE_SELLER : SCOPE_ORDER;
			changes[i].optout.scope_id =
				fixture_id(&fixture, IDENTITY_SELLER, i);
		}
	}
	ck_assert_int_eq(writer_apply(writer, changes, 5, 30000, NULL), 0);
	/* One of them by itself. */
	changes[1].kind = CHANGE_DELETE_OPTOUT;
	ck_assert_int_eq(writer_apply(writer, &changes[1], 1, 30000, NULL), 0);
	ck_assert(changes[1].changed);
	ck_assert_int_eq(apply(writer, CHANGE_DELETE_BUYER, 1, &changed), 0);
	ck_assert(changed);
	read = cache_read_begin(cache, NULL);
	ck_assert_int_eq(cache_count(read, &counts), 0);
	ck_assert_uint_eq(counts.optouts, 198);
	ck_assert_int_eq(
		cache_has_optout(read, &changes[0].optout.buyer, 1), 0);
	cache_read_end(&read);
	writer_stop(&writer);
	cache_close(&cache);
}
END_TEST

START_TEST(aliases_and_orders)
{
	struct cache *cache = fixture_open(&fixture);
	struct writer *writer = writer_start(cache, NULL);
	struct change changes[2] = { { .kind = CHANGE_PUT_ALIAS },
		{ .kind = CHANGE_PUT_ORDER } };
	struct identity buyer = fixture_id(&fixture, IDENTITY_BUYER, 1), found;
	struct cache_read *read;
	struct order order;

	changes[0].alias.alias = fixture_id(&fixture, IDENTITY_ALIAS, 1);
	changes[0].alias.buyer = buyer;
	changes[1].order.order = fixture_id(&fixture, IDENTITY_ORDER, 1);
	changes[1].order.buyer = buyer;
	ck_assert_int_eq(writer_apply(writer, changes, 2, 30000, NULL), 0);
	read = cache_read_begin(cache, NULL);
	ck_assert_int_eq(
		cache_find_alias(read, &changes[0].alias.alias, &found), 1);
	ck_assert_mem_eq(&found, &buyer, sizeof(buyer));
	ck_assert_int_eq(
		cache_find_order(read, &changes[1].order.order, &order), 1);
	ck_assert_mem_eq(&order.buyer, &buyer, sizeof(buyer));
	cache_read_end(&read);
	writer_stop(&writer);
	cache_close(&cache);
}
END_TEST

static struct change thread_change(enum change_kind kind, unsigned n)
{
	struct change change = { .kind = kind };

	change.thread.buyer = fixture_id(&fixture, IDENTITY_BUYER, n / 10);
	change.thread.id = fixture_id(&fixture, IDENTITY_THREAD, n);
	change.thread.created = 1000;
	return change;
}

static int find_thread(
	struct cache *cache, unsigned n, int64_t since, struct thread *thread_r)
{
	struct change change = thread_change(CHANGE_PUT_THREAD, n);
	struct cache_read *read = cache_read_begin(cache, NULL);
	int rc = cache_find_thread(
		read, &change.thread.buyer, &change.thread.id, since, thread_r);

	cache_read_end(&read);
	return rc;
}

START_TEST(threads)
{
	struct cache *cache = fixture_open(&fixture);
	struct writer *writer = writer_start(cache, NULL);
	struct change changes[3], change;
	struct thread thread;

	for (unsigned i = 0; i < 3; i++)
		changes[i] = thread_change(CHANGE_PUT_THREAD, 10 + 5 * i);
	changes[1].thread.is_reference = true;
	changes[1].thread.target = changes[0].thread.id;
	ck_assert_int_eq(writer_apply(writer, changes, 3, 30000, NULL), 0);
	ck_assert_int_eq(find_thread(cache, 15, 1000, &thread), 1);
	ck_assert_mem_eq(&thread.id, &changes[0].thread.id, sizeof(thread.id));
	ck_assert_int_eq(find_thread(cache, 15, 1001, &thread), 0);
	ck_assert_int_eq(find_thread(cache, 16, 0, &thread), 0);

	change = thread_change(CHANGE_USE_THREAD, 10);
	change.thread.replies = 2;
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(
			writer_apply(writer, &change, 1, 30000, NULL), 0);
		ck_assert_int_eq(change.changed, i < 2);
	}
	/* Put again, it keeps the count. */
	ck_assert_int_eq(writer_apply(writer, changes, 1, 30000, NULL), 0);
	ck_assert_int_eq(find_thread(cache, 10, 0, &thread), 1);
	ck_assert_uint_eq(thread.replies, 2);

	/* Not what is newer than it was when it was found to be old. */
	change = thread_change(CHANGE_EXPIRE_THREAD, 20);
	change.thread.created = 999;
	ck_assert_int_eq(writer_apply(writer, &change, 1, 30000, NULL), 0);
	ck_assert(!change.changed);
	change.thread.created = 1000;
	ck_assert_int_eq(writer_apply(writer, &change, 1, 30000, NULL), 0);
	ck_assert(change.changed);
	ck_assert_int_eq(find_thread(cache, 20, 0, &thread), 0);

	change = thread_change(CHANGE_DELETE_THREADS, 10);
	ck_assert_int_eq(writer_apply(writer, &change, 1, 30000, NULL), 0);
	ck_assert(change.changed);
	ck_assert_int_eq(find_thread(cache, 10, 0, &thread), 0);
	ck_assert_int_eq(find_thread(cache, 15, 0, &thread), 0);
	writer_stop(&writer);
	cache_close(&cache);
}
END_TEST

START_TEST(bad_change_writes_nothing)
{
	struct cache *cache = fixture_open(&fixture);
	struct writer *writer = writer_start(cache, NULL);
	struct error error = { "", "" };
	struct change changes[2];

	for (int i = 0; i < 5; i++) {
		changes[0] = fixture_optout(&fixture, 1);
		changes[1] = fixture_optout(&fixture, 2);
		if (i == 0)
			changes[1].kind = (enum change_kind)99;
		else if (i == 1)
			changes[1].optout.scope = (enum optout_scope)3;
		else if (i == 2)
			changes[1].optout.source = (enum optout_source)4;
		else if (i == 3)
			changes[1].optout.until = -1;
		else
			changes[1].optout.scope_id.bytes[3] = 1;
		ck_assert_int_eq(
			writer_apply(writer, changes, 2, 30000, &error), -1);
		ck_assert_str_ne(error.text, "");
		ck_assert_int_eq(fixture_ask(&fixture, cache, 1, NULL), 0);
	}
	writer_stop(&writer);
	cache_close(&cache);
}
END_TEST

struct applier {
	pthread_t thread;
	struct writer *writer;
	unsigned from, count;
	unsigned failed;
};

static void *apply_many(void *argument)
{
	struct applier *applier = argument;
	bool changed;

	for (unsigned i = 0; i < applier->count; i++)
		if (apply(applier->writer, CHANGE_PUT_OPTOUT, applier->from + i,
			    &changed))
			applier->failed++;
	return NULL;
}

START_TEST(group_commit)
{
	struct cache *cache = fixture_open(&fixture);
	struct writer *writer = writer_start(cache, NULL);
	struct applier appliers[16];
	unsigned long before = cache_commits(cache);

	for (unsigned i = 0; i < 16; i++) {
		appliers[i] = (struct applier){
			.writer = writer, .from = i * 20, .count = 20
		};
		pthread_create(
			&appliers[i].thread, NULL, apply_many, &appliers[i]);
	}
	for (unsigned i = 0; i < 16; i++) {
		pthread_join(appliers[i].thread, NULL);
		ck_assert_uint_eq(appliers[i].failed, 0);
	}
	ck_assert_uint_lt(cache_commits(cache) - before, 16 * 20);
	for (unsigned n = 0; n < 16 * 20; n++)
		ck_assert_int_eq(fixture_ask(&fixture, cache, n, NULL), 1);
	writer_stop(&writer);
	cache_close(&cache);
}
END_TEST

/* Another process that holds the write lock until told. */
struct holder {
	pid_t pid;
	int release;
};

static struct holder hold_write_lock(void)
{
	struct holder holder;
	int held[2], release[2], octet;

	ck_assert_int_eq(pipe(held), 0);
	ck_assert_int_eq(pipe(release), 0);
	holder.pid = fork();
	ck_assert_int_ge(holder.pid, 0);
	if (holder.pid == 0) {
		struct cache *cache =
			cache_open(&fixture.options, fixture.ring, NULL);
		MDB_txn *txn;
		close(release[1]);
		if (!cache || cache_write_begin(cache, &txn, NULL) ||
			write(held[1], "h", 1) != 1)
			_exit(1);
		/* Ends at end of file. */
		while (read(release[0], &octet, 1) > 0)
			;
		cache_write_abort(cache, txn);
		cache_close(&cache);
		_exit(0);
	}
	close(held[1]);
	close(release[0]);
	ck_assert_int_eq(read(held[0], &octet, 1), 1);
	close(held[0]);
	holder.release = release[1];
	return holder;
}

static void let_go(struct holder *holder)
{
	int status;

	close(holder->release);
	ck_assert_int_eq(waitpid(holder->pid, &status, 0), holder->pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(timeouts)
{
	struct holder holder = hold_write_lock();
	struct cache *cache = fixture_open(&fixture);
	struct writer *writer = writer_start(cache, NULL);
	struct change change = fixture_optout(&fixture, 1);
	struct error error = { "", "" };
	bool changed;

	/* The first may be under way or not; what follows it is not. */
	ck_assert_int_eq(writer_apply(writer, &change, 1, 300, &error), -1);
	memset(&change, 0xee, sizeof(change)); /* it is ours again */
	change = fixture_optout(&fixture, 2);
	ck_assert_int_eq(writer_apply(writer, &change, 1, 20, &error), -1);
	ck_assert_ptr_nonnull(strstr(error.text, "not written in time"));
	change = fixture_optout(&fixture, 3);
	ck_assert_int_eq(writer_apply(writer, &change, 1, 0, &error), -1);
	/* Readers do not wait for the writer. */
	ck_assert_int_eq(fixture_ask(&fixture, cache, 2, NULL), 0);
	let_go(&holder);
	ck_assert_int_eq(apply(writer, CHANGE_PUT_OPTOUT, 4, &changed), 0);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 2, NULL), 0);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 3, NULL), 0);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 4, NULL), 1);
	writer_stop(&writer);
	cache_close(&cache);
}
END_TEST

/* Whether the writer's thread has begun, and waits for the lock. */
static bool is_inside(struct cache *cache)
{
	bool inside;

	pthread_mutex_lock(&cache->lock);
	inside = cache->inside > 0;
	pthread_mutex_unlock(&cache->lock);
	return inside;
}

static void *apply_huge(void *argument)
{
	struct writer *writer = argument;
	unsigned count = 4000;
	struct change *changes = calloc(count, sizeof(*changes));
	struct error error = { "", "" };
	intptr_t rc;

	for (unsigned i = 0; i < count; i++)
		changes[i] = fixture_optout(&fixture, 1000000 + i);
	rc = writer_apply(writer, changes, count, 60000, &error);
	free(changes);
	return (void *)(rc && strstr(error.text, "cache.size_max")
				? (intptr_t)1
				: (intptr_t)0);
}

/* What does not fit fails by itself, and leaves nothing. */
START_TEST(failure_in_a_group)
{
	struct holder holder;
	struct cache *cache;
	struct writer *writer;
	struct applier appliers[4];
	pthread_t huge;
	void *full;

	fixture.options.size_max = 160 << 10;
	holder = hold_write_lock();
	cache = fixture_open(&fixture);
	writer = writer_start(cache, NULL);
	for (unsigned i = 0; i < 4; i++) {
		appliers[i] = (struct applier){
			.writer = writer, .from = i * 20, .count = 20
		};
		pthread_create(
			&appliers[i].thread, NULL, apply_many, &appliers[i]);
		/* The first is taken, and waits for the lock. */
		while (i == 0 && !is_inside(cache))
			;
	}
	pthread_create(&huge, NULL, apply_huge, writer);
	/* The rest will be one group. */
	while (writer_queued(writer) < 4)
		;
	let_go(&holder);
	pthread_join(huge, &full);
	ck_assert_ptr_nonnull(full);
	for (unsigned i = 0; i < 4; i++) {
		pthread_join(appliers[i].thread, NULL);
		ck_assert_uint_eq(appliers[i].failed, 0);
	}
	for (unsigned n = 0; n < 80; n++)
		ck_assert_int_eq(fixture_ask(&fixture, cache, n, NULL), 1);
	for (unsigned n = 1000000; n < 1000100; n++)
		ck_assert_int_eq(fixture_ask(&fixture, cache, n, NULL), 0);
	writer_stop(&writer);
	cache_close(&cache);
}
END_TEST

START_TEST(stop_commits_what_was_submitted)
{
	struct holder holder = hold_write_lock();
	struct cache *cache = fixture_open(&fixture);
	struct writer *writer = writer_start(cache, NULL);
	struct applier applier = { .writer = writer, .from = 1, .count = 1 };

	/* Nothing can be committed before the lock is free. */
	pthread_create(&applier.thread, NULL, apply_many, &applier);
	while (!is_inside(cache))
		;
	let_go(&holder);
	writer_stop(&writer);
	pthread_join(applier.thread, NULL);
	ck_assert_uint_eq(applier.failed, 0);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 1, NULL), 1);
	cache_close(&cache);
}
END_TEST

START_TEST(bulk_replace)
{
	struct cache *cache = fixture_open(&fixture);
	struct error error = { "", "" };
	struct change change;
	struct bulk *bulk;

	ck_assert_int_eq(fixture_fill(&fixture, cache, 0, 100, NULL), 0);
	for (int commit = 0; commit < 2; commit++) {
		bulk = bulk_begin(cache, BULK_OPTOUTS, true, &error);
		ck_assert_ptr_nonnull(bulk);
		change = fixture_optout(&fixture, 500);
		ck_assert_int_eq(bulk_put(bulk, &change, &error), 0);
		change.kind = CHANGE_DELETE_OPTOUT;
		ck_assert_int_eq(bulk_put(bulk, &change, &error), -1);
		change.kind = CHANGE_PUT_ALIAS;
		ck_assert_int_eq(bulk_put(bulk, &change, &error), -1);
		/* Not visible before the commit. */
		ck_assert_int_eq(fixture_ask(&fixture, cache, 99, NULL), 1);
		ck_assert_int_eq(fixture_ask(&fixture, cache, 500, NULL), 0);
		if (commit)
			ck_assert_int_eq(bulk_commit(&bulk, &error), 0);
		else
			bulk_abort(&bulk);
		ck_assert_ptr_null(bulk);
		ck_assert_int_eq(
			fixture_ask(&fixture, cache, 99, NULL), !commit);
		ck_assert_int_eq(
			fixture_ask(&fixture, cache, 500, NULL), commit);
	}
	/* Only the kind itself is replaced; an empty load empties it. */
	bulk = bulk_begin(cache, BULK_ALIASES, true, &error);
	ck_assert_int_eq(bulk_commit(&bulk, &error), 0);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 500, NULL), 1);
	bulk = bulk_begin(cache, BULK_OPTOUTS, true, &error);
	ck_assert_int_eq(bulk_commit(&bulk, &error), 0);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 500, NULL), 0);
	cache_close(&cache);
}
END_TEST

/* Two processes write at the same time. */
START_TEST(two_processes)
{
	struct writer *writer;
	struct cache *cache;
	bool changed;
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		cache = cache_open(&fixture.options, fixture.ring, NULL);
		for (unsigned n = 1000; n < 1100; n++)
			if (!cache ||
				fixture_fill(&fixture, cache, n, n + 1, NULL))
				_exit(1);
		cache_close(&cache);
		_exit(0);
	}
	cache = fixture_open(&fixture);
	writer = writer_start(cache, NULL);
	for (unsigned n = 0; n < 100; n++)
		ck_assert_int_eq(
			apply(writer, CHANGE_PUT_OPTOUT, n, &changed), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	for (unsigned n = 0; n < 100; n++) {
		ck_assert_int_eq(fixture_ask(&fixture, cache, n, NULL), 1);
		ck_assert_int_eq(
			fixture_ask(&fixture, cache, 1000 + n, NULL), 1);
	}
	writer_stop(&writer);
	cache_close(&cache);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("writer");
	TCase *tcase = tcase_create("writer");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, put_and_delete);
	tcase_add_test(tcase, delete_buyer);
	tcase_add_test(tcase, aliases_and_orders);
	tcase_add_test(tcase, threads);
	tcase_add_test(tcase, bad_change_writes_nothing);
	tcase_add_test(tcase, group_commit);
	tcase_add_test(tcase, timeouts);
	tcase_add_test(tcase, failure_in_a_group);
	tcase_add_test(tcase, stop_commits_what_was_submitted);
	tcase_add_test(tcase, bulk_replace);
	tcase_add_test(tcase, two_processes);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
