/* SPDX-License-Identifier: BSD-2-Clause */
#include "cache/token.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/cache_fixture.h"
#include "tests/run.h"

#define DAY 86400
#define NOW ((int64_t)18000 * DAY)
#define KEY(digit)                                                             \
	digit digit digit digit digit digit digit digit digit digit digit      \
		digit digit digit digit digit
#define KEY_A KEY("0a1b")
#define KEY_B KEY("2c3d")

static struct fixture fixture;
static struct keyring *ring;
static struct token_thread thread;
static char token[TOKEN_SIZE];

/* A ring with the fixture's site key and more lines. */
static struct keyring *load(const char *lines)
{
	char text[1024];
	const char *path = fixture_path(&fixture, "ring");
	struct keyring *loaded;

	snprintf(text, sizeof(text), "site s1 " FIXTURE_SITE_KEY "\n%s", lines);
	unlink(path);
	fixture_write_file(path, text, strlen(text));
	loaded = keyring_load(path, NULL);
	ck_assert_ptr_nonnull(loaded);
	return loaded;
}

static void setup(void)
{
	fixture_init(&fixture, false);
	ring = load("sign k1 " KEY_A "\n");
	memset(&thread, 0, sizeof(thread));
	thread.buyer = fixture_id(&fixture, IDENTITY_BUYER, 1);
	thread.seller = fixture_id(&fixture, IDENTITY_SELLER, 1);
	thread.order = fixture_id(&fixture, IDENTITY_ORDER, 1);
	memcpy(thread.thread, "12345678", 8);
	thread.until = NOW + 90 * DAY;
	ck_assert_int_eq(token_make(ring, &thread, token), 0);
}

static void teardown(void)
{
	keyring_free(&ring);
	fixture_fini(&fixture);
}

static bool verify(const char *text)
{
	struct token_thread copy = thread;

	return token_verify(ring, text, &copy, NOW);
}

START_TEST(round_trip)
{
	struct token_thread found = { .buyer = thread.buyer,
		.seller = thread.seller,
		.order = thread.order };
	char upper[TOKEN_SIZE];

	ck_assert_uint_eq(strlen(token), TOKEN_SIZE - 1);
	ck_assert_uint_eq(strspn(token, "abcdefghijklmnopqrstuvwxyz0123456789"),
		TOKEN_SIZE - 1);
	ck_assert(token_verify(ring, token, &found, NOW));
	ck_assert_mem_eq(found.thread, "12345678", 8);
	ck_assert_int_eq(found.until, NOW + 90 * DAY);
	for (size_t i = 0; i < TOKEN_SIZE; i++)
		upper[i] = (char)toupper((unsigned char)token[i]);
	ck_assert(verify(upper));
}
END_TEST

/* Each character changed to each other one, and each length. */
START_TEST(every_change_is_refused)
{
	for (size_t i = 0; token[i]; i++) {
		char right = token[i];

		for (int c = 1; c < 256; c++) {
			token[i] = (char)c;
			if (tolower(c) != right)
				ck_assert_msg(!verify(token), "%zu: %d", i, c);
		}
		token[i] = '\0';
		ck_assert(!verify(token));
		token[i] = right;
	}
	ck_assert(verify(token));
	ck_assert(!verify(""));
	ck_assert(!verify("omt1"));
}
END_TEST

START_TEST(bound_to_the_parties)
{
	struct token_thread other = thread;

	other.buyer = fixture_id(&fixture, IDENTITY_BUYER, 2);
	ck_assert(!token_verify(ring, token, &other, NOW));
	other = thread;
	other.seller = fixture_id(&fixture, IDENTITY_SELLER, 2);
	ck_assert(!token_verify(ring, token, &other, NOW));
	other = thread;
	other.order = fixture_id(&fixture, IDENTITY_ORDER, 2);
	ck_assert(!token_verify(ring, token, &other, NOW));
	memset(&other.order, 0, sizeof(other.order)); /* names none */
	ck_assert(token_verify(ring, token, &other, NOW));
}
END_TEST

START_TEST(ends)
{
	struct token_thread copy = thread;

	ck_assert(token_verify(ring, token, &copy, NOW + 90 * DAY));
	ck_assert(!token_verify(ring, token, &copy, NOW + 90 * DAY + 1));
	thread.until = NOW + 1; /* rounded up to a day */
	ck_assert_int_eq(token_make(ring, &thread, token), 0);
	ck_assert(token_verify(ring, token, &copy, NOW + DAY));
}
END_TEST

/* A new signing key; the old one still verifies, until it is retired. */
START_TEST(keys)
{
	struct keyring *turned =
		load("sign k2 " KEY_B "\nverify k1 " KEY_A "\n");
	struct keyring *retired = load("sign k2 " KEY_B "\n");
	struct keyring *none = load("");
	struct token_thread copy = thread;
	char fresh[TOKEN_SIZE];

	ck_assert(token_verify(turned, token, &copy, NOW));
	ck_assert(!token_verify(retired, token, &copy, NOW));
	ck_assert(!token_verify(none, token, &copy, NOW));
	ck_assert_int_eq(token_make(none, &thread, fresh), -1);
	ck_assert_int_eq(token_make(turned, &thread, fresh), 0);
	ck_assert_str_ne(fresh, token);
	ck_assert(token_verify(retired, fresh, &copy, NOW));
	keyring_free(&turned);
	keyring_free(&retired);
	keyring_free(&none);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("token");
	TCase *tcase = tcase_create("token");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, round_trip);
	tcase_add_test(tcase, every_change_is_refused);
	tcase_add_test(tcase, bound_to_the_parties);
	tcase_add_test(tcase, ends);
	tcase_add_test(tcase, keys);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
