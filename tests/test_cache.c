/* SPDX-License-Identifier: BSD-2-Clause */
#include "cache/cache.h"

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* Puts raw octets into a database, as damage would. */
static void put_raw(struct cache *cache, enum store_db db, const void *key,
	size_t key_size, const void *value, size_t value_size)
{
	MDB_val k = { key_size, (void *)(uintptr_t)key };
	MDB_val v = { value_size, (void *)(uintptr_t)value };
	struct error error = { "", "" };
	MDB_txn *txn;

	ck_assert_int_eq(cache_write_begin(cache, &txn, &error), 0);
	ck_assert_int_eq(mdb_put(txn, cache_dbi(cache, db), &k, &v, 0), 0);
	ck_assert_int_eq(cache_write_commit(cache, txn, &error), 0);
}

static void put_optout(struct cache *cache, enum optout_scope scope,
	unsigned scope_id, int64_t until, bool damaged)
{
	struct optout optout = { .buyer = fixture_id(
					 &fixture, IDENTITY_BUYER, 1),
		.scope = scope,
		.source = SOURCE_OPERATOR,
		.created = 10,
		.until = until };
	struct record record;

	if (scope == SCOPE_SELLER)
		optout.scope_id =
			fixture_id(&fixture, IDENTITY_SELLER, scope_id);
	if (scope == SCOPE_ORDER)
		optout.scope_id =
			fixture_id(&fixture, IDENTITY_ORDER, scope_id);
	record_from_optout(fixture.ring, &optout, &record);
	if (damaged)
		record.value[5] ^= 1;
	put_raw(cache, STORE_OPTOUTS, record.key, record.key_size, record.value,
		record.value_size);
}

#define NONE (-1) /* there is no such record */
#define BAD (-2)  /* there is one, damaged */

/* Records of buyer 1: until, or NONE or BAD; asked at 100. */
static const struct {
	int all, seller, order, other_seller;
	bool ask_seller, ask_order;
	int found, scope; /* of find */
	int has;
} optout_cases[] = {
	{ NONE, NONE, NONE, NONE, true, true, 0, 0, 0 },
	{ 0, NONE, NONE, NONE, false, false, 1, SCOPE_ALL, 1 },
	{ 0, 0, 0, 0, true, true, 1, SCOPE_ALL, 1 },
	{ 101, 0, 0, NONE, true, true, 1, SCOPE_ALL, 1 },
	{ 100, NONE, NONE, NONE, true, true, 0, 0, 0 },
	{ 99, 0, NONE, NONE, true, true, 1, SCOPE_SELLER, 1 },
	{ 99, 0, NONE, NONE, false, true, 0, 0, 1 },
	{ NONE, 0, 0, NONE, true, true, 1, SCOPE_SELLER, 1 },
	{ NONE, 0, 0, NONE, false, true, 1, SCOPE_ORDER, 1 },
	{ NONE, 50, 101, NONE, true, true, 1, SCOPE_ORDER, 1 },
	{ NONE, 50, 100, 100, true, true, 0, 0, 0 },
	{ NONE, NONE, 0, NONE, true, false, 0, 0, 1 },
	{ NONE, NONE, NONE, 0, true, true, 0, 0, 1 },
	{ NONE, NONE, NONE, 100, true, true, 0, 0, 0 },
	{ BAD, NONE, NONE, NONE, false, false, -1, 0, -1 },
	{ BAD, 0, 0, 0, true, true, -1, 0, -1 },
	{ 99, BAD, NONE, NONE, true, true, -1, 0, -1 },
	{ NONE, BAD, NONE, NONE, false, true, -1, 0, -1 },
	{ NONE, NONE, BAD, NONE, true, true, -1, 0, -1 },
	{ 0, BAD, BAD, BAD, true, true, 1, SCOPE_ALL, 1 },
};

START_TEST(find_optout)
{
	struct identity buyer = fixture_id(&fixture, IDENTITY_BUYER, 1);
	struct identity seller = fixture_id(&fixture, IDENTITY_SELLER, 1);
	struct identity order = fixture_id(&fixture, IDENTITY_ORDER, 1);
	const int until[] = { optout_cases[_i].all, optout_cases[_i].seller,
		optout_cases[_i].order, optout_cases[_i].other_seller };
	static const enum optout_scope scopes[] = { SCOPE_ALL, SCOPE_SELLER,
		SCOPE_ORDER, SCOPE_SELLER };
	struct cache *cache = fixture_open(&fixture);
	struct cache_read *read;
	struct optout optout;
	int rc;

	for (unsigned i = 0; i < 4; i++)
		if (until[i] != NONE)
			put_optout(cache, scopes[i], i == 3 ? 2 : 1,
				until[i] == BAD ? 0 : until[i],
				until[i] == BAD);
	read = cache_read_begin(cache, NULL);
	ck_assert_ptr_nonnull(read);
	rc = cache_find_optout(read, &buyer,
		optout_cases[_i].ask_seller ? &seller : NULL,
		optout_cases[_i].ask_order ? &order : NULL, 100, &optout);
	ck_assert_int_eq(rc, optout_cases[_i].found);
	if (rc > 0)
		ck_assert_int_eq((int)optout.scope, optout_cases[_i].scope);
	ck_assert_int_eq(
		cache_has_optout(read, &buyer, 100), optout_cases[_i].has);
	/* Neighbours of the key see nothing of it. */
	for (int step = -1; step <= 1; step += 2) {
		struct identity near = buyer;
		near.bytes[15] = (unsigned char)(near.bytes[15] + step);
		ck_assert_int_eq(cache_find_optout(read, &near, &seller, &order,
					 100, NULL),
			0);
		ck_assert_int_eq(cache_has_optout(read, &near, 100), 0);
	}
	cache_read_end(&read);
	ck_assert_ptr_null(read);
	cache_close(&cache);
}
END_TEST

START_TEST(find_alias_and_order)
{
	struct alias alias = { fixture_id(&fixture, IDENTITY_ALIAS, 1),
		fixture_id(&fixture, IDENTITY_BUYER, 1) };
	struct order order = { fixture_id(&fixture, IDENTITY_ORDER, 1),
		alias.buyer, fixture_id(&fixture, IDENTITY_SELLER, 1), true };
	struct identity absent = fixture_id(&fixture, IDENTITY_ALIAS, 2);
	struct cache *cache = fixture_open(&fixture);
	struct cache_read *read;
	struct identity buyer;
	struct record record;
	struct order found;

	record_from_alias(fixture.ring, &alias, &record);
	put_raw(cache, STORE_ALIASES, record.key, record.key_size, record.value,
		record.value_size);
	put_raw(cache, STORE_ALIASES, "0123456789abcdef", 16, record.value,
		record.value_size);
	record_from_order(fixture.ring, &order, &record);
	put_raw(cache, STORE_ORDERS, record.key, record.key_size, record.value,
		record.value_size);
	put_raw(cache, STORE_ORDERS, "0123456789abcdef", 16, "", 0);

	read = cache_read_begin(cache, NULL);
	ck_assert_ptr_nonnull(read);
	ck_assert_int_eq(cache_find_alias(read, &alias.alias, &buyer), 1);
	ck_assert_mem_eq(&buyer, &alias.buyer, sizeof(buyer));
	ck_assert_int_eq(cache_find_alias(read, &absent, &buyer), 0);
	ck_assert_int_eq(cache_find_order(read, &order.order, &found), 1);
	ck_assert_mem_eq(&found.seller, &order.seller, sizeof(buyer));
	ck_assert(found.custom);
	ck_assert_int_eq(cache_find_order(read, &absent, &found), 0);
	memcpy(&absent, "0123456789abcdef", 16);
	ck_assert_int_eq(cache_find_alias(read, &absent, &buyer), -1);
	ck_assert_int_eq(cache_find_order(read, &absent, &found), -1);
	cache_read_end(&read);
	cache_close(&cache);
}
END_TEST

/* Open refuses options that differ from those it was made with. */
START_TEST(other_form_or_keys)
{
	struct cache_options options = fixture.options;
	struct error error = { "", "" };
	struct keyring *other;
	char path[200];

	options.form.tag_separator = '\0';
	ck_assert_ptr_null(cache_open(&options, fixture.ring, &error));
	ck_assert_ptr_nonnull(strstr(
		error.text, "made with addresses.tag_separator = \"+\""));
	ck_assert_str_eq(error.key, "addresses.tag_separator");
	options.form.tag_separator = '+';
	options.form.fold_case = true;
	ck_assert_ptr_null(cache_open(&options, fixture.ring, &error));
	ck_assert_ptr_nonnull(
		strstr(error.text, "made with addresses.fold_case = false"));

	snprintf(path, sizeof(path), "%s", fixture_path(&fixture, "other"));
	ck_assert_int_eq(keyring_create(path, &error), 0);
	other = keyring_load(path, &error);
	ck_assert_ptr_null(cache_open(&fixture.options, other, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "another key ring"));
	ck_assert_str_eq(error.key, "cache.keys");
	keyring_free(&other);
}
END_TEST

static void damage_format(int at, int value, int size)
{
	struct cache *cache = fixture_open(&fixture);
	unsigned char bytes[64] = { 0 };
	MDB_val k = { 6, "format" }, v;
	struct error error;
	MDB_txn *txn;

	ck_assert_int_eq(cache_write_begin(cache, &txn, &error), 0);
	ck_assert_int_eq(mdb_get(txn, cache_dbi(cache, STORE_META), &k, &v), 0);
	memcpy(bytes, v.mv_data, v.mv_size);
	bytes[at] = (unsigned char)value;
	v.mv_data = bytes;
	v.mv_size = (size_t)(size ? size : (int)v.mv_size);
	ck_assert_int_eq(
		mdb_put(txn, cache_dbi(cache, STORE_META), &k, &v, 0), 0);
	ck_assert_int_eq(cache_write_commit(cache, txn, &error), 0);
	cache_close(&cache);
}

START_TEST(bad_format)
{
	static const struct {
		int at, value, size;
		const char *text;
	} cases[] = {
		{ 0, 3, 0, "newer than this program" },
		{ 0, 0, 0, "damaged" },
		{ 1, 1, 0, "damaged" },
		{ 2, '-', 0, "damaged" },
		{ 5, 99, 0, "damaged" },
		{ 0, 1, 0, "damaged" }, /* version 1 has another checksum */
		{ 0, 2, 27, "damaged" },
		{ 0, 2, 29, "damaged" },
		{ 13, 0xee, 0, "another key ring" },
	};
	struct error error = { "", "" };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		damage_format(cases[i].at, cases[i].value, cases[i].size);
		ck_assert_ptr_null(
			cache_open(&fixture.options, fixture.ring, &error));
		ck_assert_msg(strstr(error.text, cases[i].text) != NULL,
			"%zu: %s", i, error.text);
		ck_assert_int_eq(
			unlink(fixture_path(&fixture, "cache/data.mdb")), 0);
		ck_assert_int_eq(
			cache_create(&fixture.options, fixture.ring, &error),
			0);
	}
}
END_TEST

/* Makes the cache what the version before this one made. */
static void make_old(void)
{
	struct cache *cache = fixture_open(&fixture);
	unsigned char bytes[28];
	MDB_val k = { 6, "format" }, v;
	struct error error;
	MDB_txn *txn;
	uint64_t sum;

	ck_assert_int_eq(cache_write_begin(cache, &txn, &error), 0);
	ck_assert_int_eq(mdb_get(txn, cache_dbi(cache, STORE_META), &k, &v), 0);
	ck_assert_uint_eq(v.mv_size, sizeof(bytes));
	memcpy(bytes, v.mv_data, sizeof(bytes));
	bytes[0] = 1;
	sum = identity_checksum(fixture.ring, "format", 6, bytes, 20);
	for (int i = 0; i < 8; i++)
		bytes[20 + i] = (unsigned char)(sum >> (56 - 8 * i));
	v.mv_data = bytes;
	ck_assert_int_eq(
		mdb_put(txn, cache_dbi(cache, STORE_META), &k, &v, 0), 0);
	ck_assert_int_eq(mdb_drop(txn, cache_dbi(cache, STORE_THREADS), 1), 0);
	ck_assert_int_eq(cache_write_commit(cache, txn, &error), 0);
	cache_close(&cache);
}

START_TEST(old_format)
{
	struct cache *cache = fixture_open(&fixture);
	struct cache_counts counts;
	struct cache_read *read;

	ck_assert_int_eq(fixture_fill(&fixture, cache, 0, 10, NULL), 0);
	cache_close(&cache);
	make_old();
	for (int i = 0; i < 2; i++) {
		cache = fixture_open(&fixture);
		ck_assert_int_eq(fixture_ask(&fixture, cache, 5, NULL), 1);
		read = cache_read_begin(cache, NULL);
		ck_assert_int_eq(cache_count(read, &counts), 0);
		ck_assert_uint_eq(counts.optouts, 10);
		ck_assert_uint_eq(counts.threads, 0);
		cache_read_end(&read);
		cache_close(&cache);
	}
}
END_TEST

START_TEST(create_refuses)
{
	struct cache *cache = fixture_open(&fixture);
	struct cache_options options = fixture.options;
	struct error error = { "", "" };

	ck_assert_int_eq(fixture_fill(&fixture, cache, 0, 10, &error), 0);
	ck_assert_int_eq(
		cache_create(&fixture.options, fixture.ring, &error), -1);
	ck_assert_ptr_nonnull(strstr(error.text, "holds a cache already"));
	ck_assert_int_eq(fixture_ask(&fixture, cache, 5, NULL), 1);
	cache_close(&cache);

	/* Not over a file of any kind either. */
	fixture_write_file(fixture_path(&fixture, "cache/data.mdb"), "x", 1);
	ck_assert_int_eq(
		cache_create(&fixture.options, fixture.ring, &error), -1);

	options.directory = fixture_path(&fixture, "absent");
	ck_assert_int_eq(cache_create(&options, fixture.ring, &error), -1);
	ck_assert_str_eq(error.key, "cache.directory");
	options.directory = fixture.keys;
	ck_assert_int_eq(cache_create(&options, fixture.ring, &error), -1);
}
END_TEST

START_TEST(create_leaves_only_the_data_file)
{
	struct stat st;

	ck_assert_int_eq(
		stat(fixture_path(&fixture, "cache/data.mdb"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07027, 0);
	ck_assert_int_eq(unlink(fixture_path(&fixture, "cache/data.mdb")), 0);
	ck_assert_int_eq(rmdir(fixture.directory), 0);
}
END_TEST

START_TEST(open_refuses)
{
	static const struct {
		const char *content; /* NULL: no file */
		size_t size;
		const char *text;
	} cases[] = {
		{ NULL, 0, "holds no cache" }, { "", 0, "empty or truncated" },
		{ "x", 1, "empty or truncated" },
		{ "", 65536, "damaged" }, /* zeros */
	};
	static char zeros[65536];
	struct error error = { "", "" };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s",
		fixture_path(&fixture, "cache/data.mdb"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unlink(path);
		if (cases[i].content)
			fixture_write_file(path,
				cases[i].size > 1 ? zeros : cases[i].content,
				cases[i].size);
		ck_assert_ptr_null(
			cache_open(&fixture.options, fixture.ring, &error));
		ck_assert_msg(strstr(error.text, cases[i].text) != NULL,
			"%zu: %s", i, error.text);
		ck_assert_int_eq(access(path, F_OK), cases[i].content ? 0 : -1);
	}
	unlink(path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_ptr_null(cache_open(&fixture.options, fixture.ring, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "not a regular file"));
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	ck_assert_ptr_null(cache_open(&fixture.options, fixture.ring, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "not a regular file"));
}
END_TEST

/* A file cut at any page is refused, and never read beyond its end. */
START_TEST(open_refuses_truncated)
{
	struct cache *cache = fixture_open(&fixture);
	struct error error = { "", "" };
	struct stat st;
	char path[PATH_MAX];

	ck_assert_int_eq(fixture_fill(&fixture, cache, 0, 500, &error), 0);
	cache_close(&cache);
	snprintf(path, sizeof(path), "%s",
		fixture_path(&fixture, "cache/data.mdb"));
	ck_assert_int_eq(stat(path, &st), 0);
	for (off_t size = st.st_size - 1; size >= 0; size -= 1024) {
		ck_assert_int_eq(truncate(path, size), 0);
		ck_assert_ptr_null(
			cache_open(&fixture.options, fixture.ring, &error));
		ck_assert_msg(strstr(error.text, "truncated") != NULL, "%s",
			error.text);
	}
}
END_TEST

START_TEST(network_file_systems)
{
	ck_assert_str_eq(store_network_fs(0x6969), "NFS");
	ck_assert_str_eq(store_network_fs(0xff534d42), "CIFS");
	ck_assert_str_eq(
		store_network_fs((unsigned long)(int)0xff534d42), "CIFS");
	ck_assert_str_eq(store_network_fs(0xfe534d42), "SMB2");
	ck_assert_str_eq(store_network_fs(0x65735546), "FUSE");
	ck_assert_ptr_null(store_network_fs(0xef53));	  /* ext4 */
	ck_assert_ptr_null(store_network_fs(0x01021994)); /* tmpfs */
	ck_assert_ptr_null(store_network_fs(0x58465342)); /* xfs */
	ck_assert_ptr_null(store_network_fs(0x794c7630)); /* overlay */
}
END_TEST

struct walked {
	unsigned good, bad, stop_at;
};

static int visit(const struct optout *optout, void *context)
{
	struct walked *walked = context;

	if (optout)
		walked->good++;
	else
		walked->bad++;
	return walked->good == walked->stop_at ? 7 : 0;
}

START_TEST(count_and_walk)
{
	struct cache *cache = fixture_open(&fixture);
	struct walked walked = { 0, 0, 0 };
	struct cache_counts counts;
	struct cache_read *read;

	ck_assert_int_eq(fixture_fill(&fixture, cache, 0, 300, NULL), 0);
	put_raw(cache, STORE_OPTOUTS, "bad", 3, "", 0);
	read = cache_read_begin(cache, NULL);
	ck_assert_int_eq(cache_count(read, &counts), 0);
	ck_assert_uint_eq(counts.optouts, 301);
	ck_assert_uint_eq(counts.aliases, 0);
	ck_assert_uint_eq(counts.orders, 0);
	ck_assert_uint_gt(counts.bytes, 300 * 50);
	ck_assert_int_eq(cache_walk_optouts(read, visit, &walked), 0);
	ck_assert_uint_eq(walked.good, 300);
	ck_assert_uint_eq(walked.bad, 1);
	walked = (struct walked){ 0, 0, 5 };
	ck_assert_int_eq(cache_walk_optouts(read, visit, &walked), 7);
	ck_assert_uint_eq(walked.good, 5);
	cache_read_end(&read);
	cache_close(&cache);
}
END_TEST

START_TEST(snapshot_of_a_read)
{
	struct cache *cache = fixture_open(&fixture);
	struct identity buyer = fixture_id(&fixture, IDENTITY_BUYER, 3);
	struct cache_read *before = cache_read_begin(cache, NULL);

	ck_assert_int_eq(fixture_fill(&fixture, cache, 0, 10, NULL), 0);
	ck_assert_int_eq(
		cache_find_optout(before, &buyer, NULL, NULL, 1, NULL), 0);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 3, NULL), 1);
	cache_read_end(&before);
	cache_read_end(&before);
	cache_close(&cache);
	cache_close(&cache);
}
END_TEST

START_TEST(backup)
{
	struct cache *cache = fixture_open(&fixture);
	struct cache_options options = fixture.options;
	struct error error = { "", "" };
	char directory[PATH_MAX];
	struct stat st;

	snprintf(directory, sizeof(directory), "%s",
		fixture_path(&fixture, "backup"));
	options.directory = directory;
	ck_assert_int_eq(fixture_fill(&fixture, cache, 0, 1000, &error), 0);
	ck_assert_int_eq(cache_backup(cache, directory, &error), -1);
	ck_assert_int_eq(mkdir(directory, 0700), 0);
	ck_assert_msg(
		cache_backup(cache, directory, &error) == 0, "%s", error.text);
	ck_assert_int_eq(
		stat(fixture_path(&fixture, "backup/data.mdb"), &st), 0);
	ck_assert_int_eq(st.st_mode & 027, 0);
	/* Not over the former one. */
	ck_assert_int_eq(cache_backup(cache, directory, &error), -1);
	ck_assert_ptr_nonnull(strstr(error.text, "not empty"));
	ck_assert_int_eq(fixture_fill(&fixture, cache, 1000, 1001, NULL), 0);
	cache_close(&cache);

	/* It opens as a cache by itself, with what was then. */
	cache = cache_open(&options, fixture.ring, &error);
	ck_assert_msg(cache != NULL, "%s", error.text);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 999, NULL), 1);
	ck_assert_int_eq(fixture_ask(&fixture, cache, 1000, NULL), 0);
	cache_close(&cache);
}
END_TEST

static void *ask_often(void *argument)
{
	struct cache *cache = argument;
	intptr_t wrong = 0;

	for (unsigned i = 0; i < 3000; i++)
		if (fixture_ask(&fixture, cache, i % 200, NULL) !=
			(i % 200 < 100))
			wrong++;
	return (void *)wrong;
}

START_TEST(many_threads)
{
	struct cache *cache = fixture_open(&fixture);
	pthread_t threads[8];

	ck_assert_int_eq(fixture_fill(&fixture, cache, 0, 100, NULL), 0);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, ask_often, cache), 0);
	for (unsigned i = 300; i < 320; i++)
		ck_assert_int_eq(
			fixture_fill(&fixture, cache, i, i + 1, NULL), 0);
	for (int i = 0; i < 8; i++) {
		void *wrong;
		pthread_join(threads[i], &wrong);
		ck_assert_ptr_null(wrong);
	}
	cache_close(&cache);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache");
	TCase *tcase = tcase_create("cache");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, find_optout, 0,
		(int)(sizeof(optout_cases) / sizeof(optout_cases[0])));
	tcase_add_test(tcase, find_alias_and_order);
	tcase_add_test(tcase, other_form_or_keys);
	tcase_add_test(tcase, bad_format);
	tcase_add_test(tcase, old_format);
	tcase_add_test(tcase, create_refuses);
	tcase_add_test(tcase, create_leaves_only_the_data_file);
	tcase_add_test(tcase, open_refuses);
	tcase_add_test(tcase, open_refuses_truncated);
	tcase_add_test(tcase, network_file_systems);
	tcase_add_test(tcase, count_and_walk);
	tcase_add_test(tcase, snapshot_of_a_read);
	tcase_add_test(tcase, backup);
	tcase_add_test(tcase, many_threads);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
