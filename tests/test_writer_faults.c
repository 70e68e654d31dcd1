/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing when there is no room, the disk fails, or the process is killed. */
#include <check.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "cache/cache_private.h"
#include "tests/cache_fixture.h"

static struct fixture fixture;
static int failing_syncs; /* the next so many fail with EIO */

int fdatasync(int fd);

/* Stands before libc's, for the database library too. */
int fdatasync(int fd)
{
	if (failing_syncs > 0) {
		failing_syncs--;
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

static void setup(void)
{
	fixture_init(&fixture, true);
}

static void teardown(void)
{
	fixture_fini(&fixture);
}

static int put(struct writer *writer, unsigned from, unsigned count,
	struct error *error)
{
	struct change changes[100];

	for (unsigned i = 0; i < count; i++)
		changes[i] = fixture_optout(&fixture, from + i);
	return writer_apply(writer, changes, count, 30000, error);
}

/* Puts sets of 100 until one fails. Returns the number of whole sets. */
static unsigned fill_up(struct writer *writer, struct error *error)
{
	unsigned sets = 0;

	while (sets < 100000 && put(writer, sets * 100, 100, error) == 0)
		sets++;
	return sets;
}

static void expect_sets(struct cache *cache, unsigned sets)
{
	for (unsigned n = 0; n < (sets + 1) * 100; n++)
		ck_assert_int_eq(
			fixture_ask(&fixture, cache, n, NULL), n < sets * 100);
}

static void delete_sets(struct cache *cache)
{
	struct bulk *bulk = bulk_begin(cache, BULK_OPTOUTS, true, NULL);

	ck_assert_ptr_nonnull(bulk);
	ck_assert_int_eq(bulk_commit(&bulk, NULL), 0);
}

START_TEST(map_full)
{
	struct error error = { "", "" };
	struct writer *writer;
	struct cache *cache;
	unsigned sets;

	fixture.options.size_max = 1 << 20;
	cache = fixture_open(&fixture);
	writer = writer_start(cache, NULL);
	sets = fill_up(writer, &error);
	ck_assert_uint_gt(sets, 10);
	ck_assert_uint_lt(sets, 1000);
	ck_assert_msg(strstr(error.text, "raise cache.size_max") != NULL, "%s",
		error.text);
	expect_sets(cache, sets);
	/* A bulk load as well. */
	ck_assert_int_eq(
		fixture_fill(&fixture, cache, 500000, 600000, &error), -1);
	ck_assert_ptr_nonnull(strstr(error.text, "raise cache.size_max"));
	expect_sets(cache, sets);
	writer_stop(&writer);
	cache_close(&cache);

	/* With more room it goes on. */
	fixture.options.size_max = 2 << 20;
	cache = fixture_open(&fixture);
	writer = writer_start(cache, NULL);
	ck_assert_int_eq(put(writer, sets * 100, 100, &error), 0);
	expect_sets(cache, sets + 1);
	writer_stop(&writer);
	cache_close(&cache);
}
END_TEST

START_TEST(disk_full)
{
	struct error error = { "", "" };
	struct writer *writer;
	struct cache *cache;
	static const char *const larger[] = { "size=4m", "size=6m", "size=8m" };
	unsigned sets;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) ||
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		mount("none", fixture.directory, "tmpfs", 0, "size=2m"))
		return;
	ck_assert_int_eq(
		cache_create(&fixture.options, fixture.ring, &error), 0);
	cache = fixture_open(&fixture);
	writer = writer_start(cache, NULL);
	for (int round = 0; round < 3; round++) {
		sets = fill_up(writer, &error);
		ck_assert_uint_gt(sets, 10);
		ck_assert_msg(strstr(error.text, "free disk space") != NULL,
			"%s", error.text);
		expect_sets(cache, sets);
		ck_assert_int_eq(
			fixture_fill(&fixture, cache, 500000, 600000, &error),
			-1);
		ck_assert_msg(strstr(error.text, "free disk space") != NULL,
			"%s", error.text);
		expect_sets(cache, sets);
		/* When there is room again, so is service. */
		ck_assert_int_eq(mount("none", fixture.directory, "tmpfs",
					 MS_REMOUNT, larger[round]),
			0);
		ck_assert_msg(put(writer, sets * 100, 100, &error) == 0, "%s",
			error.text);
		delete_sets(cache);
	}
	writer_stop(&writer);
	cache_close(&cache);
	umount2(fixture.directory, MNT_DETACH);
}
END_TEST

START_TEST(failed_sync)
{
	struct cache *cache = fixture_open(&fixture);
	struct writer *writer = writer_start(cache, NULL);
	struct error error = { "", "" };

	ck_assert_int_eq(put(writer, 0, 100, &error), 0);
	failing_syncs = 1;
	ck_assert_int_eq(put(writer, 100, 100, &error), -1);
	ck_assert_int_eq(failing_syncs, 0); /* it was asked at all */
	ck_assert_msg(
		strstr(error.text, "failed sync") != NULL, "%s", error.text);
	/* The next sync would succeed, and is not to be believed. */
	error.text[0] = '\0';
	ck_assert_int_eq(put(writer, 100, 100, &error), -1);
	ck_assert_ptr_nonnull(strstr(error.text, "failed sync"));
	ck_assert_int_eq(fixture_fill(&fixture, cache, 500, 501, &error), -1);
	ck_assert(cache_write_stopped(cache));
	expect_sets(cache, 1);
	writer_stop(&writer);

	writer = writer_start(cache, NULL);
	ck_assert_int_eq(put(writer, 100, 100, &error), 0);
	expect_sets(cache, 2);
	writer_stop(&writer);
	cache_close(&cache);
}
END_TEST

/* Writes numbers for ever, each to the pipe once it is acknowledged. */
static void write_until_killed(unsigned first, int acknowledge)
{
	struct cache *cache = cache_open(&fixture.options, fixture.ring, NULL);
	struct writer *writer = cache ? writer_start(cache, NULL) : NULL;

	for (unsigned n = first; writer; n++) {
		struct error error;
		/* Some big ones, so that the kill hits all places. */
		unsigned more = n % 7 ? 1 : 100;
		struct change changes[100];
		for (unsigned i = 0; i < more; i++)
			changes[i] = fixture_optout(
				&fixture, i ? 1000000 + n * 100 + i : n);
		if (writer_apply(writer, changes, more, 30000, &error) ||
			write(acknowledge, &n, sizeof(n)) != sizeof(n))
			break;
	}
	_exit(1);
}

START_TEST(killed_while_writing)
{
	unsigned next = 0, acknowledged = 0;

	srand(1);
	for (int round = 0; round < 50; round++) {
		struct timespec wait = { 0, rand() % 20000000 };
		int ends[2], status;
		struct cache *cache;
		unsigned n;
		pid_t pid;

		ck_assert_int_eq(pipe(ends), 0);
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			write_until_killed(next, ends[1]);
		close(ends[1]);
		/* A random moment after its first; no synchronization. */
		if (round % 2 == 0 && read(ends[0], &n, sizeof(n)) == sizeof(n))
			next = n + 1;
		nanosleep(&wait, NULL);
		kill(pid, SIGKILL);
		while (read(ends[0], &n, sizeof(n)) == sizeof(n))
			next = n + 1;
		close(ends[0]);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status));

		cache = fixture_open(&fixture);
		for (n = 0; n < next; n++)
			ck_assert_int_eq(
				fixture_ask(&fixture, cache, n, NULL), 1);
		/* The dead one's lock is free. */
		ck_assert_int_eq(
			fixture_fill(&fixture, cache, next, next + 1, NULL), 0);
		next++;
		acknowledged = next;
		cache_close(&cache);
	}
	ck_assert_uint_gt(acknowledged, 100);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("writer_faults");
	TCase *tcase = tcase_create("writer_faults");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 180);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, map_full);
	tcase_add_test(tcase, disk_full);
	tcase_add_test(tcase, failed_sync);
	tcase_add_test(tcase, killed_while_writing);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
