/* SPDX-License-Identifier: BSD-2-Clause */
#include "cache/record.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/cache_fixture.h"

static struct fixture fixture;

static void setup(void)
{
	fixture_init(&fixture, false);
}

static void teardown(void)
{
	fixture_fini(&fixture);
}

static struct identity filled(unsigned char octet)
{
	struct identity id;

	memset(&id, octet, sizeof(id));
	return id;
}

static struct optout sample_optout(void)
{
	return (struct optout){ .buyer = filled(0xb1),
		.scope = SCOPE_SELLER,
		.scope_id = filled(0x5e),
		.source = SOURCE_UNSUBSCRIBE,
		.created = 0x0102030405060708,
		.until = 0x1112131415161718 };
}

enum {
	OPTOUT,
	ALIAS,
	ORDER,
	THREAD,
	REFERENCE,
	KINDS
};

static struct thread sample_thread(bool is_reference)
{
	struct thread thread = { .buyer = filled(0xb1),
		.id = filled(0x71),
		.is_reference = is_reference,
		.target = filled(0x72),
		.order = filled(0x0d),
		.created = 0x0102030405060708,
		.replies = 0x0a0b,
		.quote = { .width = 3, .words = 4, .count = 2 } };

	thread.quote.hashes[0] = 0x123456;
	thread.quote.hashes[1] = 0xabcdef;
	return thread;
}

static void make(int kind, struct record *record_r)
{
	struct optout optout = sample_optout();
	struct alias alias = { filled(0xa1), filled(0xb1) };
	struct order order = { filled(0x0d), filled(0xb1), filled(0x5e), true };
	struct thread thread = sample_thread(kind == REFERENCE);

	if (kind == OPTOUT)
		record_from_optout(fixture.ring, &optout, record_r);
	else if (kind == ALIAS)
		record_from_alias(fixture.ring, &alias, record_r);
	else if (kind == ORDER)
		record_from_order(fixture.ring, &order, record_r);
	else
		record_from_thread(fixture.ring, &thread, record_r);
}

/* From copies of the exact size, so that reading beyond shows. */
static int decode(int kind, const struct keyring *ring, const void *key,
	size_t key_size, const void *value, size_t value_size)
{
	void *k = malloc(key_size ? key_size : 1);
	void *v = malloc(value_size ? value_size : 1);
	struct optout optout;
	struct alias alias;
	struct order order;
	struct thread thread;
	int rc;

	memcpy(k, key, key_size);
	memcpy(v, value, value_size);
	if (kind == OPTOUT)
		rc = record_to_optout(
			ring, k, key_size, v, value_size, &optout);
	else if (kind == ALIAS)
		rc = record_to_alias(ring, k, key_size, v, value_size, &alias);
	else if (kind == ORDER)
		rc = record_to_order(ring, k, key_size, v, value_size, &order);
	else
		rc = record_to_thread(
			ring, k, key_size, v, value_size, &thread);
	if (rc == 0 && kind >= THREAD &&
		thread.is_reference != (kind == REFERENCE))
		rc = -1;
	free(k);
	free(v);
	return rc;
}

static int decode_record(int kind, const struct record *r)
{
	return decode(kind, fixture.ring, r->key, r->key_size, r->value,
		r->value_size);
}

static void to_hex(const unsigned char *bytes, size_t size, char *hex_r)
{
	for (size_t i = 0; i < size; i++)
		sprintf(hex_r + 2 * i, "%02x", bytes[i]);
	hex_r[2 * size] = '\0';
}

#define B1 "b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1"
#define A1 "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define S5E "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e"
#define T71 "71717171717171717171717171717171"
#define T72 "72727272727272727272727272727272"
#define D0 "0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d"

/* A change of these is a change of the format: needs a new version. */
static const struct {
	const char *key, *value;
} golden[KINDS] = {
	[OPTOUT] = { B1 "01" S5E, "016f"
				  "01"
				  "0102030405060708"
				  "1112131415161718"
				  "33ae6ca331fe1e7c" },
	[ALIAS] = { A1, "0161" B1 "6bec7c40f31e28ff" },
	[ORDER] = { D0, "0164"
			"01" B1 S5E "961ddcf258e0af34" },
	[THREAD] = { B1 T71, "0174"
			     "0102030405060708"
			     "0a0b" D0 "000300"
			     "0004"
			     "0002"
			     "123456"
			     "abcdef"
			     "a6ff31e89ab266ac" },
	[REFERENCE] = { B1 T71, "0172"
				"0102030405060708" T72 "39e156bdb9b226ee" },
};

START_TEST(golden_bytes)
{
	char hex[2 * RECORD_VALUE_SIZE_MAX + 1];
	struct record record;

	make(_i, &record);
	to_hex(record.key, record.key_size, hex);
	ck_assert_str_eq(hex, golden[_i].key);
	to_hex(record.value, record.value_size, hex);
	ck_assert_str_eq(hex, golden[_i].value);
	ck_assert_int_eq(decode_record(_i, &record), 0);
}
END_TEST

START_TEST(every_flip_is_refused)
{
	struct record record;

	make(_i, &record);
	for (size_t at = 0; at < record.key_size + record.value_size; at++) {
		unsigned char *byte =
			at < record.key_size
				? &record.key[at]
				: &record.value[at - record.key_size];
		for (int mask = 1; mask < 256; mask++) {
			*byte ^= (unsigned char)mask;
			ck_assert_msg(decode_record(_i, &record) == -1,
				"octet %zu, mask %02x", at, mask);
			*byte ^= (unsigned char)mask;
		}
	}
	ck_assert_int_eq(decode_record(_i, &record), 0);
}
END_TEST

START_TEST(every_wrong_size_is_refused)
{
	unsigned char key[RECORD_KEY_SIZE_MAX + 1] = { 0 };
	unsigned char value[RECORD_VALUE_SIZE_MAX + 1] = { 0 };
	struct record record;

	make(_i, &record);
	memcpy(key, record.key, record.key_size);
	memcpy(value, record.value, record.value_size);
	for (size_t size = 0; size <= sizeof(value); size++)
		ck_assert_int_eq(decode(_i, fixture.ring, key, record.key_size,
					 value, size),
			size == record.value_size ? 0 : -1);
	for (size_t size = 0; size <= sizeof(key); size++)
		ck_assert_int_eq(decode(_i, fixture.ring, key, size, value,
					 record.value_size),
			size == record.key_size ? 0 : -1);
}
END_TEST

START_TEST(other_key_ring_is_refused)
{
	struct error error = { "", "" };
	struct keyring *other;
	struct record record;
	char path[200];

	snprintf(path, sizeof(path), "%s", fixture_path(&fixture, "other"));
	ck_assert_int_eq(keyring_create(path, &error), 0);
	other = keyring_load(path, &error);
	ck_assert_ptr_nonnull(other);
	make(_i, &record);
	ck_assert_int_eq(decode(_i, other, record.key, record.key_size,
				 record.value, record.value_size),
		-1);
	keyring_free(&other);
}
END_TEST

START_TEST(copied_record_is_refused)
{
	struct record record;

	make(_i, &record);
	/* Under another key, and as another kind. */
	ck_assert_int_eq(
		decode(_i, fixture.ring, "0123456789abcdef0123456789abcdefg",
			record.key_size, record.value, record.value_size),
		-1);
	for (int kind = 0; kind < KINDS; kind++)
		if (kind != _i)
			ck_assert_int_eq(decode_record(kind, &record), -1);
}
END_TEST

static void check_optout(const struct optout *in)
{
	struct record record;
	struct optout out;

	record_from_optout(fixture.ring, in, &record);
	ck_assert_int_eq(
		record_to_optout(fixture.ring, record.key, record.key_size,
			record.value, record.value_size, &out),
		0);
	ck_assert_mem_eq(&in->buyer, &out.buyer, sizeof(out.buyer));
	ck_assert_mem_eq(&in->scope_id, &out.scope_id, sizeof(out.scope_id));
	ck_assert_int_eq(in->scope, out.scope);
	ck_assert_int_eq(in->source, out.source);
	ck_assert_int_eq(in->created, out.created);
	ck_assert_int_eq(in->until, out.until);
}

START_TEST(round_trip)
{
	static const int64_t times[] = { 0, 1, 255, 256, 1700000000,
		INT64_MAX };
	struct optout optout = sample_optout();
	struct order order = { filled(1), filled(2), filled(3), false }, back;
	struct record record;

	for (int source = 0; source <= SOURCE_OPERATOR; source++) {
		for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
			optout.source = (enum optout_source)source;
			optout.created = times[i];
			optout.until = times[5 - i];
			optout.scope = SCOPE_ORDER;
			optout.scope_id = filled(7);
			check_optout(&optout);
			optout.scope = SCOPE_ALL;
			optout.scope_id = filled(0);
			check_optout(&optout);
		}
	}
	for (int custom = 0; custom < 2; custom++) {
		order.custom = custom;
		record_from_order(fixture.ring, &order, &record);
		ck_assert_int_eq(record_to_order(fixture.ring, record.key,
					 record.key_size, record.value,
					 record.value_size, &back),
			0);
		ck_assert_int_eq(back.custom, custom);
		ck_assert_mem_eq(&back.order, &order.order, 16);
		ck_assert_mem_eq(&back.buyer, &order.buyer, 16);
		ck_assert_mem_eq(&back.seller, &order.seller, 16);
	}
}
END_TEST

START_TEST(values_out_of_range)
{
	struct optout bad[6];
	struct record record;

	for (int i = 0; i < 6; i++)
		bad[i] = sample_optout();
	bad[0].scope = (enum optout_scope)3;
	bad[1].source = (enum optout_source)4;
	bad[2].created = -1;
	bad[3].until = -1;
	bad[4].scope = SCOPE_ALL; /* with an id */
	bad[5].source = (enum optout_source)255;
	for (int i = 0; i < 6; i++) {
		record_from_optout(fixture.ring, &bad[i], &record);
		ck_assert_msg(decode_record(OPTOUT, &record) == -1, "%d", i);
	}
}
END_TEST

/* The largest fingerprint fits, and a record stays below 1 KiB. */
START_TEST(full_thread)
{
	struct thread in = sample_thread(false), out;
	struct record record;

	in.quote.thinning = 3;
	in.quote.words = UINT16_MAX;
	in.quote.count = QUOTE_HASHES_MAX;
	for (unsigned i = 0; i < QUOTE_HASHES_MAX; i++)
		in.quote.hashes[i] = i * 58254 & 0xffffff;
	record_from_thread(fixture.ring, &in, &record);
	ck_assert_uint_lt(record.key_size + record.value_size, 1024);
	ck_assert_int_eq(
		record_to_thread(fixture.ring, record.key, record.key_size,
			record.value, record.value_size, &out),
		0);
	ck_assert_mem_eq(&in.quote, &out.quote, sizeof(in.quote));
	ck_assert_mem_eq(&in.order, &out.order, sizeof(in.order));
	ck_assert_int_eq(in.created, out.created);
	ck_assert_uint_eq(in.replies, out.replies);
}
END_TEST

START_TEST(threads_out_of_range)
{
	struct thread bad[7];
	struct record record;

	for (int i = 0; i < 7; i++)
		bad[i] = sample_thread(false);
	bad[0].created = -1;
	bad[1].quote.thinning = 25;
	bad[2].quote.width = 2;
	bad[3].quote.words = 5;
	bad[4].quote.words = 0;
	bad[5].quote.count = 0;
	bad[6].quote.width = 0;
	for (int i = 0; i < 7; i++) {
		record_from_thread(fixture.ring, &bad[i], &record);
		ck_assert_msg(decode_record(THREAD, &record) == -1, "%d", i);
	}
}
END_TEST

START_TEST(source_names)
{
	enum optout_source source;

	for (int i = 0; i <= SOURCE_OPERATOR; i++) {
		ck_assert_int_eq(
			optout_source_from_name(
				optout_source_name((enum optout_source)i),
				&source),
			0);
		ck_assert_int_eq(source, i);
	}
	ck_assert_str_eq(optout_source_name(SOURCE_IMPORT), "import");
	ck_assert_int_eq(optout_source_from_name("", &source), -1);
	ck_assert_int_eq(optout_source_from_name("Import", &source), -1);
	ck_assert_str_eq(optout_source_name((enum optout_source)9), "unknown");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("record");
	TCase *tcase = tcase_create("record");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, golden_bytes, 0, KINDS);
	tcase_add_loop_test(tcase, every_flip_is_refused, 0, KINDS);
	tcase_add_loop_test(tcase, every_wrong_size_is_refused, 0, KINDS);
	tcase_add_loop_test(tcase, other_key_ring_is_refused, 0, KINDS);
	tcase_add_loop_test(tcase, copied_record_is_refused, 0, KINDS);
	tcase_add_test(tcase, round_trip);
	tcase_add_test(tcase, values_out_of_range);
	tcase_add_test(tcase, full_thread);
	tcase_add_test(tcase, threads_out_of_range);
	tcase_add_test(tcase, source_names);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
