/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keyed identities: no plain address, order ID or seller is stored. The only
 * user of libsodium (with token, later). A key ring is immutable: any thread.
 */
#ifndef CACHE_IDENTITY_H
#define CACHE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "policy/error.h"

#define IDENTITY_SIZE 16
#define IDENTITY_HEX_SIZE (2 * IDENTITY_SIZE + 1)

struct identity {
	unsigned char bytes[IDENTITY_SIZE];
};

enum identity_type {
	IDENTITY_BUYER,
	IDENTITY_ALIAS,
	IDENTITY_ORDER,
	IDENTITY_SELLER,
	IDENTITY_THREAD,
};

struct keyring;

/*
 * Creates a key ring file with fresh keys, mode 0400, never over an existing
 * one; fsynced, with its directory. Returns 0, or -1 with error set.
 */
int keyring_create(const char *path, struct error *error);

/*
 * Reads a key ring file. Refused, with file:line: not a regular file (links
 * are not followed), owned by another than root or the effective user, any
 * permission for group or others, no site key, a key that is short or all zero,
 * a key id that appears twice. Returns NULL with error set.
 */
struct keyring *keyring_load(const char *path, struct error *error);
void keyring_free(struct keyring **ring);

/* BLAKE2b, keyed with the site key, over a type tag and the canonical form. */
void identity_make(const struct keyring *ring, enum identity_type type,
	const char *canonical, struct identity *id_r);

/* A message of a buyer to a seller: keyed hash over seller and Message-ID. */
void identity_make_thread(const struct keyring *ring,
	const struct identity *seller, const char *message_id,
	struct identity *id_r);

/* The secret key for the words of one thread. */
#define IDENTITY_KEY_SIZE 16
void identity_quote_key(const struct keyring *ring,
	const struct identity *thread, unsigned char key_r[IDENTITY_KEY_SIZE]);

void identity_to_hex(const struct identity *id, char hex_r[IDENTITY_HEX_SIZE]);

/* Returns 0, or -1 when hex is not 32 hex digits. */
int identity_from_hex(const char *hex, struct identity *id_r);

/* Keyed checksum over a record's key and payload, so a copied record fails. */
uint64_t identity_checksum(const struct keyring *ring, const void *key,
	size_t key_length, const void *payload, size_t length);

/*
 * A MAC of mac_size octets (13 to 32) with the signing key. Returns 0, or -1:
 * the key ring has none.
 */
int keyring_sign(const struct keyring *ring, const void *data, size_t length,
	unsigned char *mac_r, size_t mac_size);

/* Whether the signing key or a verify-only key made it. Constant time. */
bool keyring_verify(const struct keyring *ring, const void *data, size_t length,
	const unsigned char *mac, size_t mac_size);

#endif
