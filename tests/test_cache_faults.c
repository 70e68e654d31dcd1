/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache under what other processes and operators do to its files. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cache/cache_private.h"
#include "tests/cache_fixture.h"

#define UNAVAILABLE (-2)

static struct fixture fixture;
static char data_path[PATH_MAX], lock_path[PATH_MAX], away_path[PATH_MAX];

static void setup(void)
{
	struct cache *cache;

	fixture_init(&fixture, true);
	snprintf(data_path, sizeof(data_path), "%s",
		fixture_path(&fixture, "cache/data.mdb"));
	snprintf(lock_path, sizeof(lock_path), "%s",
		fixture_path(&fixture, "cache/lock.mdb"));
	snprintf(away_path, sizeof(away_path), "%s",
		fixture_path(&fixture, "away"));
	cache = fixture_open(&fixture);
	ck_assert_int_eq(fixture_fill(&fixture, cache, 0, 100, NULL), 0);
	cache_close(&cache);
}

static void teardown(void)
{
	fixture_fini(&fixture);
}

static void expect_unavailable(struct cache *cache, const char *text)
{
	struct error error = { "", "" };

	/* For readers and writers, with and without a new try. */
	for (int i = 0; i < 4; i++) {
		if (i % 2)
			cache_retry_now(cache);
		ck_assert_int_eq(
			fixture_ask(&fixture, cache, 1, &error), UNAVAILABLE);
		ck_assert_msg(strstr(error.text, text) != NULL, "got: %s",
			error.text);
		ck_assert_ptr_null(
			bulk_begin(cache, BULK_OPTOUTS, false, &error));
	}
}

static void expect_service(struct cache *cache)
{
	struct error error = { "", "" };

	cache_retry_now(cache);
	ck_assert_msg(
		fixture_ask(&fixture, cache, 1, &error) == 1, "%s", error.text);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 150, &error), 0);
	ck_assert_int_eq(fixture_fill(&fixture, cache, 300, 301, &error), 0);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 300, &error), 1);
}

START_TEST(removed)
{
	struct cache *cache = fixture_open(&fixture);

	ck_assert_int_eq(fixture_ask(&fixture, cache, 1, NULL), 1);
	ck_assert_int_eq(rename(data_path, away_path), 0);
	expect_unavailable(cache, "holds no cache");
	/* Nothing was made in its place. */
	ck_assert_int_ne(access(data_path, F_OK), 0);
	ck_assert_int_eq(rename(away_path, data_path), 0);
	expect_service(cache);
	cache_close(&cache);
}
END_TEST

START_TEST(directory_removed)
{
	struct cache *cache = fixture_open(&fixture);

	ck_assert_int_eq(rename(fixture.directory, away_path), 0);
	expect_unavailable(cache, "cache");
	ck_assert_int_eq(rename(away_path, fixture.directory), 0);
	expect_service(cache);
	cache_close(&cache);
}
END_TEST

START_TEST(replaced)
{
	struct cache *cache = fixture_open(&fixture);
	struct error error = { "", "" };
	char copy[PATH_MAX];

	ck_assert_int_eq(mkdir(away_path, 0700), 0);
	ck_assert_int_eq(cache_backup(cache, away_path, &error), 0);
	ck_assert_int_eq(fixture_fill(&fixture, cache, 101, 102, &error), 0);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 101, &error), 1);
	snprintf(copy, sizeof(copy), "%s",
		fixture_path(&fixture, "away/data.mdb"));
	ck_assert_int_eq(rename(copy, data_path), 0);
	/* The next question is answered from the new one. */
	ck_assert_msg(fixture_ask(&fixture, cache, 101, &error) == 0, "%s",
		error.text);
	expect_service(cache);
	cache_close(&cache);
}
END_TEST

START_TEST(removed_while_reading)
{
	struct cache *cache = fixture_open(&fixture);
	struct cache_read *read = cache_read_begin(cache, NULL);
	struct identity buyer = fixture_id(&fixture, IDENTITY_BUYER, 1);

	ck_assert_int_eq(rename(data_path, away_path), 0);
	expect_unavailable(cache, "data.mdb");
	ck_assert_int_eq(
		cache_find_optout(read, &buyer, NULL, NULL, 1, NULL), 1);
	ck_assert_int_eq(rename(away_path, data_path), 0);
	/* Not opened again before the last has left. */
	cache_retry_now(cache);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 1, NULL), UNAVAILABLE);
	cache_read_end(&read);
	expect_service(cache);
	cache_close(&cache);
}
END_TEST

START_TEST(lock_file_removed)
{
	struct cache *cache = fixture_open(&fixture);

	/* Others would make a new one and not see our readers. */
	ck_assert_int_eq(unlink(lock_path), 0);
	expect_service(cache);
	ck_assert_int_eq(access(lock_path, F_OK), 0);
	cache_close(&cache);
}
END_TEST

START_TEST(truncated)
{
	static const off_t sizes[] = { 0, 1, 4096, 8192, 12288 };
	struct cache *cache = fixture_open(&fixture);

	ck_assert_int_eq(fixture_ask(&fixture, cache, 1, NULL), 1);
	ck_assert_int_eq(truncate(data_path, sizes[_i]), 0);
	expect_unavailable(cache, "truncated");
	cache_close(&cache);
}
END_TEST

/* Runs act in another process, which has to succeed. */
static void in_child(void (*act)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		act();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static void child_assert(bool ok)
{
	if (!ok)
		_exit(1);
}

static void drop(int which, int delete)
{
	struct cache *cache = cache_open(&fixture.options, fixture.ring, NULL);
	MDB_txn *txn = NULL;

	child_assert(cache && cache_write_begin(cache, &txn, NULL) == 0);
	child_assert(mdb_drop(txn,
			     which < 0 ? cache->store.names
				       : cache_dbi(cache, which),
			     delete) == 0);
	child_assert(cache_write_commit(cache, txn, NULL) == 0);
	cache_close(&cache);
}

static void drop_all(void)
{
	drop(-1, 0);
}

static void drop_meta(void)
{
	drop(STORE_META, 0);
}

/* LMDB itself would answer "not found". */
static void delete_optouts(void)
{
	drop(STORE_OPTOUTS, 1);
}

static void delete_orders(void)
{
	drop(STORE_ORDERS, 1);
}

static void (*const drops[])(
	void) = { drop_all, drop_meta, delete_optouts, delete_orders };

START_TEST(emptied)
{
	struct cache *cache = fixture_open(&fixture);
	struct error error = { "", "" };

	ck_assert_int_eq(fixture_ask(&fixture, cache, 1, NULL), 1);
	in_child(drops[_i]);
	expect_unavailable(cache, "emptied");
	cache_close(&cache);
	ck_assert_ptr_null(cache_open(&fixture.options, fixture.ring, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "emptied"));
}
END_TEST

static void unreadable_as_nobody(void)
{
	struct cache *cache;

	child_assert(setgid(65534) == 0 && setuid(65534) == 0);
	cache = cache_open(&fixture.options, fixture.ring, NULL);
	child_assert(cache && fixture_ask(&fixture, cache, 1, NULL) == 1);
	child_assert(chmod(data_path, 0) == 0);
	child_assert(fixture_ask(&fixture, cache, 1, NULL) == UNAVAILABLE);
	child_assert(chmod(data_path, 0600) == 0);
	cache_retry_now(cache);
	child_assert(fixture_ask(&fixture, cache, 1, NULL) == 1);
	cache_close(&cache);
}

START_TEST(unreadable)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(fixture.root, 0755), 0);
	ck_assert_int_eq(chown(fixture.directory, 65534, 65534), 0);
	ck_assert_int_eq(chown(data_path, 65534, 65534), 0);
	ck_assert_int_eq(unlink(lock_path), 0);
	in_child(unreadable_as_nobody);
}
END_TEST

/* Root's lock file must not shut the daemon's user out. */
START_TEST(files_belong_to_the_directory)
{
	struct cache *cache;
	struct stat st;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(fixture.directory, 65534, 65534), 0);
	ck_assert_int_eq(unlink(lock_path), 0);
	cache = fixture_open(&fixture);
	ck_assert_int_eq(stat(lock_path, &st), 0);
	ck_assert_int_eq(st.st_uid, 65534);
	ck_assert_int_eq(st.st_mode & 0777, 0640);
	cache_close(&cache);
}
END_TEST

START_TEST(lock_file_has_its_blocks)
{
	struct stat st;

	ck_assert_int_eq(unlink(lock_path), 0);
	for (int i = 0; i < 2; i++) {
		struct cache *cache = fixture_open(&fixture);
		ck_assert_int_eq(stat(lock_path, &st), 0);
		ck_assert_int_ge(st.st_size, 64 * 4095);
		ck_assert_int_ge(st.st_blocks * 512, st.st_size);
		cache_close(&cache);
		/* One with holes gets its blocks, too. */
		ck_assert_int_eq(truncate(lock_path, 0), 0);
		ck_assert_int_eq(truncate(lock_path, st.st_size), 0);
	}
}
END_TEST

static void grow(void)
{
	struct cache *cache;

	fixture.options.size_max = 64 << 20;
	cache = cache_open(&fixture.options, fixture.ring, NULL);
	child_assert(cache != NULL);
	child_assert(fixture_fill(&fixture, cache, 1000, 41000, NULL) == 0);
	cache_close(&cache);
}

START_TEST(grown_by_another)
{
	struct cache *cache;
	struct error error = { "", "" };

	fixture.options.size_max = 1 << 20;
	cache = fixture_open(&fixture);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 1, NULL), 1);
	in_child(grow);
	if (_i == 0) /* the reader adopts it, or the writer */
		ck_assert_msg(fixture_ask(&fixture, cache, 40999, &error) == 1,
			"%s", error.text);
	expect_service(cache);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 40999, &error), 1);
	cache_close(&cache);
}
END_TEST

START_TEST(grown_while_reading)
{
	struct identity buyer = fixture_id(&fixture, IDENTITY_BUYER, 1);
	struct error error = { "", "" };
	struct cache_read *read;
	struct cache *cache;

	fixture.options.size_max = 1 << 20;
	cache = fixture_open(&fixture);
	read = cache_read_begin(cache, NULL);
	ck_assert_ptr_nonnull(read);
	in_child(grow);
	/* The map cannot move under the reader. */
	ck_assert_int_eq(fixture_ask(&fixture, cache, 1, &error), UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(error.text, "larger"));
	ck_assert_int_eq(
		cache_find_optout(read, &buyer, NULL, NULL, 1, NULL), 1);
	cache_read_end(&read);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 40999, &error), 1);
	cache_close(&cache);
}
END_TEST

#define SLOTS 8

/* A child that reads until it is killed. */
static pid_t fork_reader(void)
{
	int ends[2];
	char octet;
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct cache *cache = cache_open_slots(
			&fixture.options, fixture.ring, SLOTS, NULL);
		child_assert(cache && cache_read_begin(cache, NULL));
		child_assert(write(ends[1], "r", 1) == 1);
		for (;;)
			pause();
	}
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &octet, 1), 1);
	close(ends[0]);
	return pid;
}

static void kill_child(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
}

START_TEST(stale_readers)
{
	struct error error = { "", "" };
	struct cache *cache;

	ck_assert_int_eq(unlink(lock_path), 0);
	cache = cache_open_slots(&fixture.options, fixture.ring, SLOTS, &error);
	ck_assert_ptr_nonnull(cache);
	for (int round = 0; round < 3; round++) {
		struct cache_read *reads[SLOTS];
		pid_t pids[SLOTS - 2];
		for (int i = 0; i < SLOTS - 2; i++)
			pids[i] = fork_reader();
		for (int i = 0; i < SLOTS - 2; i++)
			kill_child(pids[i]);
		/* Needs every slot, the dead ones too. */
		for (int i = 0; i < SLOTS; i++) {
			reads[i] = cache_read_begin(cache, &error);
			ck_assert_msg(reads[i] != NULL, "%s", error.text);
		}
		ck_assert_int_eq(
			fixture_ask(&fixture, cache, 1, &error), UNAVAILABLE);
		ck_assert_ptr_nonnull(strstr(error.text, "read"));
		for (int i = 0; i < SLOTS; i++)
			cache_read_end(&reads[i]);
		expect_service(cache);
		/* The next round's children need slots. */
		cache_close(&cache);
		cache = cache_open_slots(
			&fixture.options, fixture.ring, SLOTS, &error);
	}
	cache_close(&cache);
}
END_TEST

START_TEST(lock_of_another_database)
{
	struct error error = { "", "" };
	struct cache *cache;
	pid_t pid;

	for (unsigned i = 400; i < 410; i++) {
		cache = fixture_open(&fixture);
		ck_assert_int_eq(
			fixture_fill(&fixture, cache, i, i + 1, NULL), 0);
		cache_close(&cache);
	}
	/* It keeps the old lock file alive. */
	pid = fork_reader();
	ck_assert_int_eq(rename(data_path, away_path), 0);
	ck_assert_int_eq(rename(lock_path, fixture_path(&fixture, "lock")), 0);
	ck_assert_int_eq(
		cache_create(&fixture.options, fixture.ring, &error), 0);
	ck_assert_int_eq(rename(fixture_path(&fixture, "lock"), lock_path), 0);
	ck_assert_ptr_null(cache_open(&fixture.options, fixture.ring, &error));
	ck_assert_msg(strstr(error.text, "another database") != NULL, "%s",
		error.text);
	kill_child(pid);
	cache = fixture_open(&fixture);
	cache_close(&cache);
}
END_TEST

/* A commit may leave out free pages at the end of the file. */
START_TEST(tail_is_filled)
{
	struct cache *cache = fixture_open(&fixture);
	struct stat st;
	MDB_envinfo info;
	MDB_stat pages;

	for (int round = 0; round < 20; round++) {
		MDB_txn *txn;
		ck_assert_int_eq(cache_write_begin(cache, &txn, NULL), 0);
		for (int pass = 0; pass < 2; pass++) {
			for (unsigned n = 0; n < 500; n++) {
				struct change c =
					fixture_optout(&fixture, 5000 + n);
				struct record r;
				MDB_val k, v;
				record_from_optout(fixture.ring, &c.optout, &r);
				k = (MDB_val){ r.key_size, r.key };
				v = (MDB_val){ r.value_size, r.value };
				if (pass == 0)
					mdb_put(txn, cache_dbi(cache, 1), &k,
						&v, 0);
				else
					mdb_del(txn, cache_dbi(cache, 1), &k,
						NULL);
			}
		}
		ck_assert_int_eq(cache_write_commit(cache, txn, NULL), 0);
		mdb_env_info(cache->store.env, &info);
		mdb_env_stat(cache->store.env, &pages);
		ck_assert_int_eq(stat(data_path, &st), 0);
		ck_assert_int_ge(st.st_size,
			(off_t)(info.me_last_pgno + 1) * pages.ms_psize);
	}
	cache_close(&cache);
	cache = fixture_open(&fixture);
	expect_service(cache);
	cache_close(&cache);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache_faults");
	TCase *tcase = tcase_create("cache_faults");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, removed);
	tcase_add_test(tcase, directory_removed);
	tcase_add_test(tcase, replaced);
	tcase_add_test(tcase, removed_while_reading);
	tcase_add_test(tcase, lock_file_removed);
	tcase_add_loop_test(tcase, truncated, 0, 5);
	tcase_add_loop_test(tcase, emptied, 0, 4);
	tcase_add_test(tcase, unreadable);
	tcase_add_test(tcase, files_belong_to_the_directory);
	tcase_add_test(tcase, lock_file_has_its_blocks);
	tcase_add_loop_test(tcase, grown_by_another, 0, 2);
	tcase_add_test(tcase, grown_while_reading);
	tcase_add_test(tcase, stale_readers);
	tcase_add_test(tcase, lock_of_another_database);
	tcase_add_test(tcase, tail_is_filled);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
