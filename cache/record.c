/* SPDX-License-Identifier: BSD-2-Clause */
#include "cache/record.h"

#include <string.h>

/*
 * optout  key: buyer, scope, scope id    value: head, source, created, until
 * alias   key: alias                     value: head, buyer
 * order   key: order                     value: head, flags, buyer, seller
 * thread  key: buyer, thread             value: head, created, replies, order,
 *         thinning, width, flags, words, count, and count hashes of 3 octets
 * reference
 *         key: buyer, thread             value: head, created, thread
 *
 * head is the version and the kind; each value ends in its checksum.
 */
#define VERSION 1
#define CHECKSUM_SIZE 8
#define HEAD_SIZE 2

enum kind {
	KIND_OPTOUT = 'o',
	KIND_ALIAS = 'a',
	KIND_ORDER = 'd', /* an entry of the order directory */
	KIND_THREAD = 't',
	KIND_REFERENCE = 'r', /* another id of a thread */
};

#define OPTOUT_KEY_SIZE (IDENTITY_SIZE + 1 + IDENTITY_SIZE)
#define OPTOUT_SIZE (HEAD_SIZE + 1 + 8 + 8 + CHECKSUM_SIZE)
#define ALIAS_SIZE (HEAD_SIZE + IDENTITY_SIZE + CHECKSUM_SIZE)
#define ORDER_SIZE (HEAD_SIZE + 1 + 2 * IDENTITY_SIZE + CHECKSUM_SIZE)
#define ORDER_CUSTOM 1
#define THREAD_KEY_SIZE (IDENTITY_SIZE + IDENTITY_SIZE)
#define THREAD_FIELDS_SIZE (8 + 2 + IDENTITY_SIZE + 3 + 2 + 2)
#define HASH_SIZE 3
#define QUOTE_DENSE 1
#define QUOTE_GREETS 2
#define THREAD_SIZE(count)                                                     \
	(HEAD_SIZE + THREAD_FIELDS_SIZE + HASH_SIZE * (count) + CHECKSUM_SIZE)
#define REFERENCE_SIZE (HEAD_SIZE + 8 + IDENTITY_SIZE + CHECKSUM_SIZE)

_Static_assert(OPTOUT_KEY_SIZE <= RECORD_KEY_SIZE_MAX, "key fits");
_Static_assert(THREAD_SIZE(QUOTE_HASHES_MAX) <= RECORD_VALUE_SIZE_MAX, "fits");
_Static_assert(
	QUOTE_HASH_BITS + 1 == 8 * HASH_SIZE, "a hash with its line bit");
_Static_assert(ORDER_SIZE <= RECORD_VALUE_SIZE_MAX, "value fits");

static const char *const source_names[] = {
	[SOURCE_PREFERENCES] = "preferences",
	[SOURCE_UNSUBSCRIBE] = "unsubscribe",
	[SOURCE_IMPORT] = "import",
	[SOURCE_OPERATOR] = "operator",
};
#define SOURCE_COUNT (sizeof(source_names) / sizeof(source_names[0]))

const char *optout_source_name(enum optout_source source)
{
	return (size_t)source < SOURCE_COUNT ? source_names[source] : "unknown";
}

int optout_source_from_name(const char *name, enum optout_source *source_r)
{
	for (size_t i = 0; i < SOURCE_COUNT; i++) {
		if (strcmp(name, source_names[i]) == 0) {
			*source_r = (enum optout_source)i;
			return 0;
		}
	}
	return -1;
}

static void put_u8(struct record *record, unsigned value)
{
	record->value[record->value_size++] = (unsigned char)value;
}

static void put_number(struct record *record, uint64_t value, int octets)
{
	for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8)
		put_u8(record, (unsigned)(value >> shift & 0xff));
}

static void put_u64(struct record *record, uint64_t value)
{
	put_number(record, value, 8);
}

static void put_id(struct record *record, const struct identity *id)
{
	memcpy(record->value + record->value_size, id->bytes, IDENTITY_SIZE);
	record->value_size += IDENTITY_SIZE;
}

static void begin(
	struct record *record, enum kind kind, const struct identity *key)
{
	record->value_size = 0;
	memcpy(record->key, key->bytes, IDENTITY_SIZE);
	record->key_size = IDENTITY_SIZE;
	put_u8(record, VERSION);
	put_u8(record, kind);
}

static void seal(const struct keyring *ring, struct record *record)
{
	put_u64(record, identity_checksum(ring, record->key, record->key_size,
				record->value, record->value_size));
}

size_t record_optout_key(const struct optout *optout, unsigned char *key_r)
{
	memcpy(key_r, optout->buyer.bytes, IDENTITY_SIZE);
	key_r[IDENTITY_SIZE] = (unsigned char)optout->scope;
	memcpy(key_r + IDENTITY_SIZE + 1, optout->scope_id.bytes,
		IDENTITY_SIZE);
	return OPTOUT_KEY_SIZE;
}

void record_from_optout(const struct keyring *ring, const struct optout *optout,
	struct record *record_r)
{
	begin(record_r, KIND_OPTOUT, &optout->buyer);
	record_r->key_size = record_optout_key(optout, record_r->key);
	put_u8(record_r, optout->source);
	put_u64(record_r, (uint64_t)optout->created);
	put_u64(record_r, (uint64_t)optout->until);
	seal(ring, record_r);
}

void record_from_alias(const struct keyring *ring, const struct alias *alias,
	struct record *record_r)
{
	begin(record_r, KIND_ALIAS, &alias->alias);
	put_id(record_r, &alias->buyer);
	seal(ring, record_r);
}

void record_from_order(const struct keyring *ring, const struct order *order,
	struct record *record_r)
{
	begin(record_r, KIND_ORDER, &order->order);
	put_u8(record_r, order->custom ? ORDER_CUSTOM : 0);
	put_id(record_r, &order->buyer);
	put_id(record_r, &order->seller);
	seal(ring, record_r);
}

size_t record_thread_key(const struct identity *buyer,
	const struct identity *id, unsigned char *key_r)
{
	memcpy(key_r, buyer->bytes, IDENTITY_SIZE);
	memcpy(key_r + IDENTITY_SIZE, id->bytes, IDENTITY_SIZE);
	return THREAD_KEY_SIZE;
}

static void put_quote(struct record *record, const struct quote *quote)
{
	put_u8(record, quote->thinning);
	put_u8(record, quote->width);
	put_u8(record, (quote->dense ? QUOTE_DENSE : 0) |
			       (quote->greets ? QUOTE_GREETS : 0));
	put_number(record, quote->words, 2);
	put_number(record, quote->count, 2);
	for (size_t i = 0; i < quote->count; i++)
		put_number(record, quote->hashes[i], HASH_SIZE);
}

void record_from_thread(const struct keyring *ring, const struct thread *thread,
	struct record *record_r)
{
	begin(record_r, thread->is_reference ? KIND_REFERENCE : KIND_THREAD,
		&thread->buyer);
	record_r->key_size =
		record_thread_key(&thread->buyer, &thread->id, record_r->key);
	put_u64(record_r, (uint64_t)thread->created);
	if (thread->is_reference) {
		put_id(record_r, &thread->target);
	} else {
		put_number(record_r, thread->replies, 2);
		put_id(record_r, &thread->order);
		put_quote(record_r, &thread->quote);
	}
	seal(ring, record_r);
}

static uint64_t get_number(const unsigned char *bytes, int octets)
{
	uint64_t value = 0;

	for (int i = 0; i < octets; i++)
		value = value << 8 | bytes[i];
	return value;
}

static uint64_t get_u64(const unsigned char *bytes)
{
	return get_number(bytes, 8);
}

/* What holds for every kind. Returns the fields after the head, or NULL. */
static const unsigned char *open_value(const struct keyring *ring,
	enum kind kind, const void *key, size_t key_size, const void *value,
	size_t value_size)
{
	const unsigned char *bytes = value;
	size_t payload = value_size - CHECKSUM_SIZE;

	if (bytes[0] != VERSION || bytes[1] != kind)
		return NULL;
	if (get_u64(bytes + payload) !=
		identity_checksum(ring, key, key_size, value, payload))
		return NULL;
	return bytes + HEAD_SIZE;
}

static void get_id(const unsigned char *bytes, struct identity *id_r)
{
	memcpy(id_r->bytes, bytes, IDENTITY_SIZE);
}

static bool is_valid_optout(const struct optout *optout)
{
	static const struct identity none;

	if (optout->scope == SCOPE_ALL &&
		memcmp(&optout->scope_id, &none, sizeof(none)) != 0)
		return false;
	return optout->scope <= SCOPE_ORDER &&
	       (size_t)optout->source < SOURCE_COUNT && optout->created >= 0 &&
	       optout->until >= 0;
}

int record_to_optout(const struct keyring *ring, const void *key,
	size_t key_size, const void *value, size_t value_size,
	struct optout *optout_r)
{
	const unsigned char *key_bytes = key, *fields;
	struct optout optout;

	if (key_size != OPTOUT_KEY_SIZE || value_size != OPTOUT_SIZE)
		return -1;
	fields =
		open_value(ring, KIND_OPTOUT, key, key_size, value, value_size);
	if (!fields)
		return -1;
	get_id(key_bytes, &optout.buyer);
	optout.scope = (enum optout_scope)key_bytes[IDENTITY_SIZE];
	get_id(key_bytes + IDENTITY_SIZE + 1, &optout.scope_id);
	optout.source = (enum optout_source)fields[0];
	optout.created = (int64_t)get_u64(fields + 1);
	optout.until = (int64_t)get_u64(fields + 9);
	if (!is_valid_optout(&optout))
		return -1;
	*optout_r = optout;
	return 0;
}

int record_to_alias(const struct keyring *ring, const void *key,
	size_t key_size, const void *value, size_t value_size,
	struct alias *alias_r)
{
	const unsigned char *fields;

	if (key_size != IDENTITY_SIZE || value_size != ALIAS_SIZE)
		return -1;
	fields = open_value(ring, KIND_ALIAS, key, key_size, value, value_size);
	if (!fields)
		return -1;
	get_id(key, &alias_r->alias);
	get_id(fields, &alias_r->buyer);
	return 0;
}

int record_to_order(const struct keyring *ring, const void *key,
	size_t key_size, const void *value, size_t value_size,
	struct order *order_r)
{
	const unsigned char *fields;

	if (key_size != IDENTITY_SIZE || value_size != ORDER_SIZE)
		return -1;
	fields = open_value(ring, KIND_ORDER, key, key_size, value, value_size);
	if (!fields || (fields[0] & ~ORDER_CUSTOM))
		return -1;
	get_id(key, &order_r->order);
	order_r->custom = fields[0] & ORDER_CUSTOM;
	get_id(fields + 1, &order_r->buyer);
	get_id(fields + 1 + IDENTITY_SIZE, &order_r->seller);
	return 0;
}

/* Returns 0, or -1 when the values do not fit each other and the size. */
static int get_quote(
	const unsigned char *fields, size_t size, struct quote *quote_r)
{
	quote_r->thinning = fields[0];
	quote_r->width = fields[1];
	quote_r->dense = fields[2] & QUOTE_DENSE;
	quote_r->greets = fields[2] & QUOTE_GREETS;
	quote_r->words = (uint16_t)get_number(fields + 3, 2);
	quote_r->count = (uint16_t)get_number(fields + 5, 2);
	if (quote_r->count > QUOTE_HASHES_MAX ||
		size != THREAD_SIZE((size_t)quote_r->count) ||
		(fields[2] & ~(QUOTE_DENSE | QUOTE_GREETS)) ||
		quote_r->thinning > 24 || !quote_is_sound(quote_r))
		return -1;
	for (size_t i = 0; i < quote_r->count; i++)
		quote_r->hashes[i] = (uint32_t)get_number(
			fields + 7 + HASH_SIZE * i, HASH_SIZE);
	return 0;
}

static int get_thread(
	const unsigned char *fields, size_t size, struct thread *thread_r)
{
	thread_r->created = (int64_t)get_u64(fields);
	if (thread_r->created < 0)
		return -1;
	if (thread_r->is_reference) {
		get_id(fields + 8, &thread_r->target);
		return 0;
	}
	thread_r->replies = (unsigned)get_number(fields + 8, 2);
	get_id(fields + 10, &thread_r->order);
	return get_quote(fields + 10 + IDENTITY_SIZE, size, &thread_r->quote);
}

int record_to_thread(const struct keyring *ring, const void *key,
	size_t key_size, const void *value, size_t value_size,
	struct thread *thread_r)
{
	const unsigned char *bytes = key, *fields;
	bool is_reference = value_size == REFERENCE_SIZE;

	if (key_size != THREAD_KEY_SIZE ||
		(!is_reference && value_size < THREAD_SIZE(0)))
		return -1;
	fields = open_value(ring, is_reference ? KIND_REFERENCE : KIND_THREAD,
		key, key_size, value, value_size);
	if (!fields)
		return -1;
	memset(thread_r, 0, sizeof(*thread_r));
	thread_r->is_reference = is_reference;
	get_id(bytes, &thread_r->buyer);
	get_id(bytes + IDENTITY_SIZE, &thread_r->id);
	return get_thread(fields, value_size, thread_r);
}
