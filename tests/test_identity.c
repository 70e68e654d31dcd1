/* SPDX-License-Identifier: BSD-2-Clause */
#include "cache/identity.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX_A "0101010101010101010101010101010101010101010101010101010101010101"
#define HEX_B "0202020202020202020202020202020202020202020202020202020202020202"
#define HEX_0 "0000000000000000000000000000000000000000000000000000000000000000"
#define SITE "site s1 " HEX_A "\n"

static char root[128];
static char path[160];

static void setup(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(root, sizeof(root), "%.80s/optout-XXXXXX", tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/keys", root);
}

static void teardown(void)
{
	unlink(path);
	rmdir(path);
	rmdir(root);
}

static void write_keys(const char *text, size_t length, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, length), (ssize_t)length);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

static struct keyring *load(const char *text)
{
	struct error error = { "", "" };
	struct keyring *ring;

	write_keys(text, strlen(text), 0400);
	ring = keyring_load(path, &error);
	ck_assert_msg(ring != NULL, "%s", error.text);
	return ring;
}

static const struct {
	const char *text;
	const char *error; /* part of it; with its line for a bad line */
} bad_rings[] = {
	{ "", "no site key" },
	{ "# nothing\n\n", "no site key" },
	{ "sign a " HEX_A "\n", "no site key" },
	{ SITE "verify v1 " HEX_B "\nverify v1 " HEX_A "\n", ":3: key id v1" },
	{ SITE "sign s1 " HEX_B "\n", ":2: key id s1" },
	{ SITE "site s2 " HEX_B "\n", ":2: a second site key" },
	{ SITE "sign a " HEX_B "\nsign b " HEX_A "\n", ":3: a second sign" },
	{ "site s1 0101\n", ":1: a key is 64 hex" },
	{ "site s1 " HEX_A "01\n", ":1: a key is 64 hex" },
	{ "site s1 g" HEX_A "\n", ":1: a key is 64 hex" },
	{ "site s1 " HEX_0 "\n", ":1: the key is all zero" },
	{ SITE "verify v " HEX_0 "\n", ":2: the key is all zero" },
	{ "site " HEX_A "\n", ":1: a line is" },
	{ "site s1 " HEX_A " more\n", ":1: a line is" },
	{ "site s/1 " HEX_A "\n", ":1: a key id" },
	{ "site x12345678901234567890123456789012 " HEX_A "\n",
		":1: a key id" },
	{ SITE "key k " HEX_B "\n", ":2: a line begins" },
};

START_TEST(bad_ring)
{
	struct error error = { "", "" };

	write_keys(bad_rings[_i].text, strlen(bad_rings[_i].text), 0400);
	ck_assert_ptr_null(keyring_load(path, &error));
	ck_assert_msg(strstr(error.text, bad_rings[_i].error) != NULL,
		"got: %s", error.text);
	ck_assert_ptr_nonnull(strstr(error.text, path));
}
END_TEST

START_TEST(nul_in_ring)
{
	static const char text[] = "# a\n" SITE "veri\0fy\n";
	struct error error = { "", "" };

	write_keys(text, sizeof(text) - 1, 0400);
	ck_assert_ptr_null(keyring_load(path, &error));
	ck_assert_ptr_nonnull(strstr(error.text, ":3: holds a NUL"));
}
END_TEST

START_TEST(good_ring)
{
	struct keyring *ring =
		load("# c\n\n \t\r\n  site\ts1  " HEX_A " \r\nsign a " HEX_B
		     "\nverify b " HEX_B "\nverify c " HEX_A);

	keyring_free(&ring);
	ck_assert_ptr_null(ring);
	keyring_free(&ring);
	keyring_free(NULL);
}
END_TEST

START_TEST(bad_mode)
{
	static const mode_t modes[] = { 0440, 0404, 0410, 0420, 0402, 0401,
		0644 };
	struct error error = { "", "" };

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		write_keys(SITE, strlen(SITE), modes[i]);
		ck_assert_ptr_null(keyring_load(path, &error));
		ck_assert_ptr_nonnull(strstr(error.text, "chmod 0400"));
		unlink(path);
	}
}
END_TEST

START_TEST(bad_owner)
{
	struct error error = { "", "" };

	if (geteuid() != 0)
		return;
	write_keys(SITE, strlen(SITE), 0400);
	ck_assert_int_eq(chown(path, 12345, 12345), 0);
	ck_assert_ptr_null(keyring_load(path, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "owned by user 12345"));
}
END_TEST

START_TEST(bad_file)
{
	struct error error = { "", "" };
	char target[200];

	ck_assert_ptr_null(keyring_load(path, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "does not exist"));

	ck_assert_int_eq(mkfifo(path, 0400), 0);
	ck_assert_ptr_null(keyring_load(path, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "regular"));
	unlink(path);

	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_ptr_null(keyring_load(path, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "regular"));
	rmdir(path);

	write_keys(SITE, strlen(SITE), 0400);
	snprintf(target, sizeof(target), "%s/real", root);
	ck_assert_int_eq(rename(path, target), 0);
	ck_assert_int_eq(symlink(target, path), 0);
	ck_assert_ptr_null(keyring_load(path, &error));
	ck_assert_ptr_nonnull(strstr(error.text, "symbolic link"));
	ck_assert_int_eq(keyring_create(path, &error), -1);
	unlink(target);
	/* Not through a dangling link either. */
	ck_assert_int_eq(keyring_create(path, &error), -1);
	ck_assert_int_ne(access(target, F_OK), 0);
}
END_TEST

START_TEST(create)
{
	struct error error = { "", "" };
	struct keyring *ring, *other;
	struct identity id, other_id;
	char before[4096], after[4096];
	struct stat st;
	int fd;

	umask(0);
	ck_assert_msg(keyring_create(path, &error) == 0, "%s", error.text);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0400);
	ring = keyring_load(path, &error);
	ck_assert_msg(ring != NULL, "%s", error.text);
	fd = open(path, O_RDONLY);
	ck_assert_int_eq(read(fd, before, sizeof(before)), st.st_size);
	close(fd);

	/* Never over an existing one. */
	ck_assert_int_eq(keyring_create(path, &error), -1);
	ck_assert_ptr_nonnull(strstr(error.text, "never overwritten"));
	fd = open(path, O_RDONLY);
	ck_assert_int_eq(read(fd, after, sizeof(after)), st.st_size);
	close(fd);
	ck_assert_mem_eq(before, after, (size_t)st.st_size);

	/* Fresh keys each time. */
	unlink(path);
	ck_assert_int_eq(keyring_create(path, &error), 0);
	other = keyring_load(path, &error);
	ck_assert_ptr_nonnull(other);
	identity_make(ring, IDENTITY_BUYER, "a@example", &id);
	identity_make(other, IDENTITY_BUYER, "a@example", &other_id);
	ck_assert_mem_ne(&id, &other_id, sizeof(id));
	keyring_free(&ring);
	keyring_free(&other);
}
END_TEST

/* A change of these values makes every cache in use unreadable. */
static const struct {
	enum identity_type type;
	const char *canonical;
	const char *hex;
} golden[] = {
	{ IDENTITY_BUYER, "a@example.org", "a0c5cdc86f4d11289ac3642fe15a4eb9" },
	{ IDENTITY_ALIAS, "a@example.org", "c066ddfba5bdb64a09040a63cd3e61cf" },
	{ IDENTITY_ORDER, "002-1234567-1234567",
		"2fa45fa376445efa3027994377b2acaa" },
	{ IDENTITY_SELLER, "shop", "e86f311f38357c192cbe4682ef7d337d" },
	{ IDENTITY_BUYER, "", "18c07ef78d9ee654c780b2c71c808e68" },
};

START_TEST(golden_identity)
{
	struct keyring *ring = load(SITE);
	char hex[IDENTITY_HEX_SIZE];
	struct identity id, back;

	identity_make(ring, golden[_i].type, golden[_i].canonical, &id);
	identity_to_hex(&id, hex);
	ck_assert_str_eq(hex, golden[_i].hex);
	ck_assert_int_eq(identity_from_hex(hex, &back), 0);
	ck_assert_mem_eq(&id, &back, sizeof(id));
	keyring_free(&ring);
}
END_TEST

START_TEST(bad_hex)
{
	static const char *const texts[] = { "", "00", HEX_A,
		"0000000000000000000000000000000g",
		"0000000000000000000000000000000 ",
		"0000000000000000000000000000000" };
	struct identity id;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_int_eq(identity_from_hex(texts[i], &id), -1);
	ck_assert_int_eq(
		identity_from_hex("ABCDEFabcdef00000000000000000000", &id), 0);
	ck_assert_int_eq(id.bytes[0], 0xab);
	ck_assert_int_eq(id.bytes[3], 0xab);
}
END_TEST

START_TEST(checksum)
{
	struct keyring *ring = load(SITE);
	struct keyring *other;
	uint64_t sum = identity_checksum(ring, "ab", 2, "cd", 2);

	ck_assert_uint_eq(sum, identity_checksum(ring, "ab", 2, "cd", 2));
	/* Where the key ends counts. */
	ck_assert_uint_ne(sum, identity_checksum(ring, "abc", 3, "d", 1));
	ck_assert_uint_ne(sum, identity_checksum(ring, "", 0, "abcd", 4));
	ck_assert_uint_ne(sum, identity_checksum(ring, "ab", 2, "ce", 2));
	unlink(path);
	other = load("site s1 " HEX_B "\n");
	ck_assert_uint_ne(sum, identity_checksum(other, "ab", 2, "cd", 2));
	keyring_free(&ring);
	keyring_free(&other);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("identity");
	TCase *tcase = tcase_create("identity");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, bad_ring, 0,
		(int)(sizeof(bad_rings) / sizeof(bad_rings[0])));
	tcase_add_test(tcase, nul_in_ring);
	tcase_add_test(tcase, good_ring);
	tcase_add_test(tcase, bad_mode);
	tcase_add_test(tcase, bad_owner);
	tcase_add_test(tcase, bad_file);
	tcase_add_test(tcase, create);
	tcase_add_loop_test(tcase, golden_identity, 0,
		(int)(sizeof(golden) / sizeof(golden[0])));
	tcase_add_test(tcase, bad_hex);
	tcase_add_test(tcase, checksum);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
