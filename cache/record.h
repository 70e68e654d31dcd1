/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formats of the records: a version octet, the fields in network order, a
 * keyed checksum over key and value. A bad record reads as an error, never
 * as "not opted out". Pure: any thread.
 */
#ifndef CACHE_RECORD_H
#define CACHE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cache/identity.h"
#include "policy/quote.h"

#define RECORD_KEY_SIZE_MAX 40 /* of any record */
#define RECORD_VALUE_SIZE_MAX 960

enum optout_scope {
	SCOPE_ALL,    /* every seller */
	SCOPE_SELLER, /* one seller */
	SCOPE_ORDER,  /* messages about one order */
};

enum optout_source {
	SOURCE_PREFERENCES,
	SOURCE_UNSUBSCRIBE,
	SOURCE_IMPORT,
	SOURCE_OPERATOR,
};

struct optout {
	struct identity buyer;
	enum optout_scope scope;
	struct identity scope_id; /* zero for SCOPE_ALL */
	enum optout_source source;
	int64_t created; /* seconds since the epoch */
	int64_t until;	 /* first second it no longer holds; 0: no end */
};

struct alias {
	struct identity alias;
	struct identity buyer;
};

struct order {
	struct identity order;
	struct identity buyer;
	struct identity seller;
	bool custom; /* custom made: may be exempt by policy */
};

/*
 * A message of a buyer to a seller. A message that is known by several ids has
 * one thread record, and for each other id one that only says where it is.
 */
struct thread {
	struct identity buyer;
	struct identity id; /* from identity_make_thread() */
	bool is_reference;
	struct identity target; /* of a reference: id of the thread */
	struct identity order;	/* zero: none is named */
	int64_t created;
	unsigned replies; /* accepted ones, at most UINT16_MAX */
	struct quote quote;
};

/* "preferences", "unsubscribe", "import", "operator"; from: 0 or -1. */
const char *optout_source_name(enum optout_source source);
int optout_source_from_name(const char *name, enum optout_source *source_r);

/*
 * Encode to key and value, decode from them. *_size_r are set by encoding.
 * Decoding returns 0, or -1 for an unknown version, wrong size, checksum or
 * value out of range.
 */
struct record {
	unsigned char key[RECORD_KEY_SIZE_MAX];
	size_t key_size;
	unsigned char value[RECORD_VALUE_SIZE_MAX];
	size_t value_size;
};

/* Writes the key alone, of RECORD_KEY_SIZE_MAX octets. Returns its size. */
size_t record_optout_key(const struct optout *optout, unsigned char *key_r);

void record_from_optout(const struct keyring *ring, const struct optout *optout,
	struct record *record_r);
void record_from_alias(const struct keyring *ring, const struct alias *alias,
	struct record *record_r);
void record_from_order(const struct keyring *ring, const struct order *order,
	struct record *record_r);
void record_from_thread(const struct keyring *ring, const struct thread *thread,
	struct record *record_r);
int record_to_optout(const struct keyring *ring, const void *key,
	size_t key_size, const void *value, size_t value_size,
	struct optout *optout_r);
int record_to_alias(const struct keyring *ring, const void *key,
	size_t key_size, const void *value, size_t value_size,
	struct alias *alias_r);
int record_to_order(const struct keyring *ring, const void *key,
	size_t key_size, const void *value, size_t value_size,
	struct order *order_r);

int record_to_thread(const struct keyring *ring, const void *key,
	size_t key_size, const void *value, size_t value_size,
	struct thread *thread_r);

/* Writes the key alone, of RECORD_KEY_SIZE_MAX octets. Returns its size. */
size_t record_thread_key(const struct identity *buyer,
	const struct identity *id, unsigned char *key_r);

#endif
