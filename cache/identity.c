/* SPDX-License-Identifier: BSD-2-Clause */
#include "cache/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_SIZE 32
#define KEY_ID_SIZE 33 /* octets of the longest key id, with its NUL */
#define KEYS_MAX 64
#define MAC_SIZE 32
#define FILE_SIZE_MAX 65536

enum key_kind {
	KEY_SITE,
	KEY_SIGN,
	KEY_VERIFY,
	KEY_KINDS,
};

static const char *const kind_names[KEY_KINDS] = {
	[KEY_SITE] = "site",
	[KEY_SIGN] = "sign",
	[KEY_VERIFY] = "verify",
};

struct ring_key {
	enum key_kind kind;
	char id[KEY_ID_SIZE];
	unsigned char bytes[KEY_SIZE];
};

/* Lives in locked memory that is read-only once loaded. */
struct keyring {
	unsigned char site[KEY_SIZE];
	size_t count;
	struct ring_key keys[KEYS_MAX];
};

/* Where the parser is; both are printed with every error. */
struct place {
	const char *path;
	int line;
};

/* What is hashed begins with one of these, so that no two uses collide. */
static const unsigned char type_tags[] = {
	[IDENTITY_BUYER] = 'B',
	[IDENTITY_ALIAS] = 'A',
	[IDENTITY_ORDER] = 'O',
	[IDENTITY_SELLER] = 'S',
	[IDENTITY_THREAD] = 'T',
};
static const unsigned char checksum_tag = 'C';
static const unsigned char quote_tag = 'Q';
static const unsigned char token_tag = 'K';

static int need_sodium(struct error *error)
{
	if (sodium_init() < 0)
		return error_set(error, "libsodium cannot be initialized");
	return 0;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes exactly 2 * size hex digits. Returns 0 or -1. */
static int hex_decode(
	const char *hex, size_t length, unsigned char *bytes_r, size_t size)
{
	if (length != 2 * size)
		return -1;
	for (size_t i = 0; i < size; i++) {
		int high = hex_value(hex[2 * i]);
		int low = hex_value(hex[2 * i + 1]);
		if (high < 0 || low < 0)
			return -1;
		bytes_r[i] = (unsigned char)(high << 4 | low);
	}
	return 0;
}

static void hex_encode(const unsigned char *bytes, size_t size, char *hex_r)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		hex_r[2 * i] = digits[bytes[i] >> 4];
		hex_r[2 * i + 1] = digits[bytes[i] & 15];
	}
	hex_r[2 * size] = '\0';
}

/* Makes a new name in a directory survive a crash. */
static int sync_parent(const char *path, struct error *error)
{
	char copy[PATH_MAX];
	int fd, rc;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return error_set(error, "%s: the path is too long", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(error, "%s: cannot open its directory: %s",
			path, strerror(errno));
	rc = fsync(fd);
	if (rc)
		error_set(error, "%s: cannot sync its directory: %s", path,
			strerror(errno));
	close(fd);
	return rc ? -1 : 0;
}

static int write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, data, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n < 0 ? errno : ENOSPC;
			return -1;
		}
		data += n;
		length -= (size_t)n;
	}
	return 0;
}

/* Appends a line with a fresh key to the NUL-terminated text. */
static void add_fresh_key(char *text, size_t size, enum key_kind kind)
{
	unsigned char bytes[KEY_SIZE], id[4];
	char hex[2 * KEY_SIZE + 1], id_hex[2 * sizeof(id) + 1];
	size_t used = strlen(text);

	randombytes_buf(bytes, sizeof(bytes));
	randombytes_buf(id, sizeof(id));
	hex_encode(bytes, sizeof(bytes), hex);
	hex_encode(id, sizeof(id), id_hex);
	/* The kind makes ids of one file differ. */
	snprintf(text + used, size - used, "%s %s-%s %s\n", kind_names[kind],
		kind_names[kind], id_hex, hex);
	sodium_memzero(bytes, sizeof(bytes));
	sodium_memzero(hex, sizeof(hex));
}

int keyring_create(const char *path, struct error *error)
{
	char text[1024] =
		"# Keys of optout-milter. Whoever reads them can test guesses"
		" against the cache.\n"
		"# Without the site key the cache is worthless: keep a copy in"
		" a safe place.\n"
		"# KIND ID KEY, with KIND site, sign or verify\n";
	int fd, failed;

	if (need_sodium(error))
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		0400);
	if (fd < 0 && errno == EEXIST)
		return error_set(error,
			"%s: exists already; a key ring is never overwritten",
			path);
	if (fd < 0)
		return error_set(
			error, "%s: cannot create: %s", path, strerror(errno));
	add_fresh_key(text, sizeof(text), KEY_SITE);
	add_fresh_key(text, sizeof(text), KEY_SIGN);
	failed = write_all(fd, text, strlen(text)) || fchmod(fd, 0400) ||
		 fsync(fd);
	if (failed)
		error_set(error, "%s: cannot write: %s", path, strerror(errno));
	sodium_memzero(text, sizeof(text));
	if (close(fd) && !failed) {
		failed = 1;
		error_set(error, "%s: cannot write: %s", path, strerror(errno));
	}
	if (failed || sync_parent(path, error)) {
		unlink(path);
		return -1;
	}
	return 0;
}

/* Opens a file that nobody but its owner and root can have written. */
static int open_checked(const char *path, struct error *error)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ELOOP)
		return error_set(error,
			"%s: is a symbolic link; name the file itself", path);
	if (fd < 0 && errno == ENOENT)
		return error_set(error,
			"%s: does not exist; make it with optoutctl init",
			path);
	if (fd < 0)
		return error_set(
			error, "%s: cannot open: %s", path, strerror(errno));
	if (fstat(fd, &st))
		error_set(error, "%s: cannot stat: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		error_set(error, "%s: is not a regular file", path);
	else if (st.st_uid != 0 && st.st_uid != geteuid())
		error_set(error,
			"%s: is owned by user %lu; it must be root's or the"
			" daemon's",
			path, (unsigned long)st.st_uid);
	else if (st.st_mode & (S_IRWXG | S_IRWXO))
		error_set(error,
			"%s: has mode %04o; group and others must have no"
			" permission (chmod 0400)",
			path, (unsigned)st.st_mode & 07777);
	else if (st.st_size > FILE_SIZE_MAX)
		error_set(error, "%s: is larger than %d octets", path,
			FILE_SIZE_MAX);
	else
		return fd;
	close(fd);
	return -1;
}

/* Reads the file into text_r, NUL-terminated. Returns its length, or -1. */
static ssize_t read_file(const char *path, char *text_r, struct error *error)
{
	size_t used = 0;
	int fd = open_checked(path, error);

	if (fd < 0)
		return -1;
	while (used < FILE_SIZE_MAX) {
		ssize_t n = read(fd, text_r + used, FILE_SIZE_MAX - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			error_set(error, "%s: cannot read: %s", path,
				strerror(errno));
			close(fd);
			return -1;
		}
		if (n == 0)
			break;
		used += (size_t)n;
	}
	close(fd);
	text_r[used] = '\0';
	return (ssize_t)used;
}

static bool is_key_id(const char *id)
{
	size_t length = strspn(id,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_.-");

	return id[length] == '\0' && length > 0 && length < KEY_ID_SIZE;
}

static int parse_kind(
	const struct place *place, const char *name, struct error *error)
{
	for (int kind = 0; kind < KEY_KINDS; kind++)
		if (strcmp(name, kind_names[kind]) == 0)
			return kind;
	return error_set(error,
		"%s:%d: a line begins with site, sign or verify", place->path,
		place->line);
}

/* Whether the ring can take a key of this kind and id. */
static int check_unique(const struct keyring *ring, const struct place *place,
	enum key_kind kind, const char *id, struct error *error)
{
	for (size_t i = 0; i < ring->count; i++) {
		const struct ring_key *key = &ring->keys[i];
		if (strcmp(key->id, id) == 0)
			return error_set(error,
				"%s:%d: key id %s appears twice", place->path,
				place->line, id);
		if (kind != KEY_VERIFY && key->kind == kind)
			return error_set(error, "%s:%d: a second %s key",
				place->path, place->line, kind_names[kind]);
	}
	if (ring->count == KEYS_MAX)
		return error_set(error, "%s:%d: more than %d keys", place->path,
			place->line, KEYS_MAX);
	return 0;
}

/* Parses "KIND ID HEX"; line is cut into pieces. */
static int parse_line(struct keyring *ring, const struct place *place,
	char *line, struct error *error)
{
	static const char blanks[] = " \t\r";
	char *save = NULL;
	char *name = strtok_r(line, blanks, &save);
	char *id = strtok_r(NULL, blanks, &save);
	char *hex = strtok_r(NULL, blanks, &save);
	struct ring_key *key = &ring->keys[ring->count];
	int kind;

	if (!name || name[0] == '#')
		return 0;
	kind = parse_kind(place, name, error);
	if (kind < 0)
		return -1;
	if (!id || !hex || strtok_r(NULL, blanks, &save))
		return error_set(error, "%s:%d: a line is KIND ID KEY",
			place->path, place->line);
	if (!is_key_id(id))
		return error_set(error,
			"%s:%d: a key id is 1 to %d letters, digits, dots,"
			" dashes or underscores",
			place->path, place->line, KEY_ID_SIZE - 1);
	if (check_unique(ring, place, kind, id, error))
		return -1;
	if (hex_decode(hex, strlen(hex), key->bytes, KEY_SIZE))
		return error_set(error, "%s:%d: a key is %d hex digits",
			place->path, place->line, 2 * KEY_SIZE);
	if (sodium_is_zero(key->bytes, KEY_SIZE))
		return error_set(error, "%s:%d: the key is all zero",
			place->path, place->line);
	key->kind = kind;
	snprintf(key->id, sizeof(key->id), "%s", id);
	ring->count++;
	if (kind == KEY_SITE)
		memcpy(ring->site, key->bytes, KEY_SIZE);
	return 0;
}

static int parse_text(struct keyring *ring, const char *path, char *text,
	size_t length, struct error *error)
{
	struct place place = { path, 0 };
	char *line = text;

	while (line < text + length) {
		char *end = line + strcspn(line, "\n");
		place.line++;
		if (*end == '\0' && end < text + length)
			return error_set(
				error, "%s:%d: holds a NUL", path, place.line);
		*end = '\0';
		if (parse_line(ring, &place, line, error))
			return -1;
		line = end + 1;
	}
	if (sodium_is_zero(ring->site, KEY_SIZE))
		return error_set(error,
			"%s:%d: holds no site key; restore the key ring that"
			" the cache was made with",
			path, place.line);
	return 0;
}

struct keyring *keyring_load(const char *path, struct error *error)
{
	struct keyring *ring;
	char *text;
	ssize_t length = -1;

	if (need_sodium(error))
		return NULL;
	ring = sodium_malloc(sizeof(*ring));
	text = sodium_malloc(FILE_SIZE_MAX + 1);
	if (!ring || !text) {
		error_set(error, "%s: out of memory", path);
	} else {
		memset(ring, 0, sizeof(*ring));
		length = read_file(path, text, error);
	}
	if (length < 0 || parse_text(ring, path, text, (size_t)length, error))
		keyring_free(&ring);
	else
		sodium_mprotect_readonly(ring);
	sodium_free(text);
	return ring;
}

void keyring_free(struct keyring **ring)
{
	if (!ring)
		return;
	sodium_free(*ring); /* wipes */
	*ring = NULL;
}

void identity_make(const struct keyring *ring, enum identity_type type,
	const char *canonical, struct identity *id_r)
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, ring->site, KEY_SIZE, IDENTITY_SIZE);
	crypto_generichash_update(&state, &type_tags[type], 1);
	crypto_generichash_update(
		&state, (const unsigned char *)canonical, strlen(canonical));
	crypto_generichash_final(&state, id_r->bytes, IDENTITY_SIZE);
}

void identity_make_thread(const struct keyring *ring,
	const struct identity *seller, const char *message_id,
	struct identity *id_r)
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, ring->site, KEY_SIZE, IDENTITY_SIZE);
	crypto_generichash_update(&state, &type_tags[IDENTITY_THREAD], 1);
	crypto_generichash_update(&state, seller->bytes, IDENTITY_SIZE);
	crypto_generichash_update(
		&state, (const unsigned char *)message_id, strlen(message_id));
	crypto_generichash_final(&state, id_r->bytes, IDENTITY_SIZE);
}

void identity_quote_key(const struct keyring *ring,
	const struct identity *thread, unsigned char key_r[IDENTITY_KEY_SIZE])
{
	crypto_generichash_state state;

	crypto_generichash_init(
		&state, ring->site, KEY_SIZE, IDENTITY_KEY_SIZE);
	crypto_generichash_update(&state, &quote_tag, 1);
	crypto_generichash_update(&state, thread->bytes, IDENTITY_SIZE);
	crypto_generichash_final(&state, key_r, IDENTITY_KEY_SIZE);
}

void identity_to_hex(const struct identity *id, char hex_r[IDENTITY_HEX_SIZE])
{
	hex_encode(id->bytes, IDENTITY_SIZE, hex_r);
}

int identity_from_hex(const char *hex, struct identity *id_r)
{
	struct identity id;

	if (hex_decode(hex, strlen(hex), id.bytes, IDENTITY_SIZE))
		return -1;
	*id_r = id;
	return 0;
}

uint64_t identity_checksum(const struct keyring *ring, const void *key,
	size_t key_length, const void *payload, size_t length)
{
	crypto_generichash_state state;
	unsigned char hash[crypto_generichash_BYTES_MIN], head[5];
	uint64_t sum = 0;

	/* The length of the key says where the payload begins. */
	head[0] = checksum_tag;
	for (int i = 0; i < 4; i++)
		head[1 + i] = (unsigned char)(key_length >> (24 - 8 * i));
	crypto_generichash_init(&state, ring->site, KEY_SIZE, sizeof(hash));
	crypto_generichash_update(&state, head, sizeof(head));
	crypto_generichash_update(&state, key, key_length);
	crypto_generichash_update(&state, payload, length);
	crypto_generichash_final(&state, hash, sizeof(hash));
	for (int i = 0; i < 8; i++)
		sum = sum << 8 | hash[i];
	return sum;
}

/* mac_r holds MAC_SIZE octets, of which the first are used. */
static void make_mac(const struct ring_key *key, const void *data,
	size_t length, unsigned char *mac_r)
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, key->bytes, KEY_SIZE, MAC_SIZE);
	crypto_generichash_update(&state, &token_tag, 1);
	crypto_generichash_update(&state, data, length);
	crypto_generichash_final(&state, mac_r, MAC_SIZE);
}

int keyring_sign(const struct keyring *ring, const void *data, size_t length,
	unsigned char *mac_r, size_t mac_size)
{
	unsigned char mac[MAC_SIZE];

	for (size_t i = 0; i < ring->count; i++) {
		if (ring->keys[i].kind != KEY_SIGN)
			continue;
		make_mac(&ring->keys[i], data, length, mac);
		memcpy(mac_r, mac, mac_size);
		return 0;
	}
	return -1;
}

bool keyring_verify(const struct keyring *ring, const void *data, size_t length,
	const unsigned char *mac, size_t mac_size)
{
	bool good = false;

	for (size_t i = 0; i < ring->count; i++) {
		unsigned char own[MAC_SIZE];

		if (ring->keys[i].kind == KEY_SITE)
			continue;
		make_mac(&ring->keys[i], data, length, own);
		good |= sodium_memcmp(own, mac, mac_size) == 0;
	}
	return good;
}
