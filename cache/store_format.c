/* SPDX-License-Identifier: BSD-2-Clause */
#include "cache/store_format.h"

#include <string.h>
#include <time.h>

/* Version, address form, time of creation, check of the key, checksum. */
#define VERSION 2 /* 1: without the database of threads */
#define AT_VERSION 0
#define AT_FOLD_CASE 1
#define AT_TAG_SEPARATOR 2
#define AT_RESERVED 3
#define AT_CREATED 4
#define AT_KEY_CHECK 12
#define AT_CHECKSUM 20

_Static_assert(AT_CHECKSUM + 8 == STORE_FORMAT_SIZE, "size of the record");

static void put_u64(unsigned char *bytes, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(value >> (56 - 8 * i));
}

static uint64_t get_u64(const unsigned char *bytes)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* Tells another site key from a damaged record. */
static uint64_t key_check(const struct keyring *ring)
{
	static const char label[] = "key check";

	return identity_checksum(ring, STORE_FORMAT_KEY,
		sizeof(STORE_FORMAT_KEY) - 1, label, sizeof(label) - 1);
}

static uint64_t checksum(const struct keyring *ring, const unsigned char *bytes)
{
	return identity_checksum(ring, STORE_FORMAT_KEY,
		sizeof(STORE_FORMAT_KEY) - 1, bytes, AT_CHECKSUM);
}

void store_format_make(const struct keyring *ring,
	const struct cache_options *options, struct store_format *format_r)
{
	unsigned char *bytes = format_r->bytes;

	bytes[AT_VERSION] = VERSION;
	bytes[AT_FOLD_CASE] = options->form.fold_case;
	bytes[AT_TAG_SEPARATOR] = (unsigned char)options->form.tag_separator;
	bytes[AT_RESERVED] = 0;
	put_u64(bytes + AT_CREATED, (uint64_t)time(NULL));
	put_u64(bytes + AT_KEY_CHECK, key_check(ring));
	put_u64(bytes + AT_CHECKSUM, checksum(ring, bytes));
}

static int check_form(const unsigned char *bytes,
	const struct cache_options *options, struct error *error)
{
	bool fold_case = bytes[AT_FOLD_CASE];
	char made[2] = { (char)bytes[AT_TAG_SEPARATOR], '\0' };
	char now[2] = { options->form.tag_separator, '\0' };

	if (fold_case != options->form.fold_case)
		return error_set_key(error, "addresses.fold_case",
			"%s: the cache was made with addresses.fold_case = %s;"
			" set it back, or make a new cache and import again",
			options->directory, fold_case ? "true" : "false");
	if (made[0] != now[0])
		return error_set_key(error, "addresses.tag_separator",
			"%s: the cache was made with addresses.tag_separator ="
			" \"%s\", not \"%s\"; set it back, or make a new cache"
			" and import again",
			options->directory, made, now);
	return 0;
}

int store_format_check(const void *value, size_t size,
	const struct keyring *ring, const struct cache_options *options,
	struct error *error)
{
	unsigned char bytes[STORE_FORMAT_SIZE];

	if (size > 0 && *(const unsigned char *)value > VERSION)
		return error_set(error,
			"%s: the cache has format %u, which is newer than this"
			" program; upgrade it",
			options->directory, *(const unsigned char *)value);
	if (size != sizeof(bytes))
		return error_set(error,
			"%s: the cache's meta record is damaged; restore a"
			" backup",
			options->directory);
	memcpy(bytes, value, sizeof(bytes));
	if (get_u64(bytes + AT_KEY_CHECK) != key_check(ring))
		return error_set_key(error, "cache.keys",
			"%s: the cache was made with another key ring; set"
			" cache.keys to the file that optoutctl init made with"
			" it",
			options->directory);
	if (get_u64(bytes + AT_CHECKSUM) != checksum(ring, bytes))
		return error_set(error,
			"%s: the cache's meta record is damaged; restore a"
			" backup",
			options->directory);
	return check_form(bytes, options, error);
}

bool store_format_renew(const void *value, size_t size,
	const struct keyring *ring, struct store_format *format_r)
{
	unsigned char *bytes = format_r->bytes;

	if (size != STORE_FORMAT_SIZE)
		return false;
	memcpy(bytes, value, size);
	if (bytes[AT_VERSION] != VERSION - 1 ||
		get_u64(bytes + AT_KEY_CHECK) != key_check(ring) ||
		get_u64(bytes + AT_CHECKSUM) != checksum(ring, bytes))
		return false;
	bytes[AT_VERSION] = VERSION;
	put_u64(bytes + AT_CHECKSUM, checksum(ring, bytes));
	return true;
}
