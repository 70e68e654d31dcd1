/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The token is TOKEN_PREFIX and, in base 32: the day it ends (2 octets, since
 * 1970), the thread (8), the order (4; zero: none), and a MAC (13) over these,
 * the buyer and the seller. It fits a local part beside a user of 15 letters.
 */
#include "cache/token.h"

#include <string.h>
#include <strings.h>

#define DAY 86400
#define AT_DAY 0
#define AT_THREAD 2
#define AT_ORDER (AT_THREAD + CACHE_PREFIX_SIZE)
#define ORDER_OCTETS 4
#define AT_MAC (AT_ORDER + ORDER_OCTETS)
#define MAC_OCTETS 13
#define OCTETS (AT_MAC + MAC_OCTETS)
#define DIGITS ((8 * OCTETS + 4) / 5)

_Static_assert(sizeof(TOKEN_PREFIX) + DIGITS == TOKEN_SIZE, "size of a token");

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

static void encode(const unsigned char *octets, char *text_r)
{
	unsigned bits = 0, count = 0;

	for (size_t i = 0; i < OCTETS; i++) {
		bits = bits << 8 | octets[i];
		for (count += 8; count >= 5; count -= 5)
			*text_r++ = digits[bits >> (count - 5) & 31];
	}
	if (count > 0)
		*text_r++ = digits[bits << (5 - count) & 31];
	*text_r = '\0';
}

static int digit_value(char c)
{
	const char *at;

	if (c >= 'A' && c <= 'Z')
		c = (char)(c - 'A' + 'a');
	at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* Returns 0, or -1: not the text of encode(). */
static int decode(const char *text, unsigned char *octets_r)
{
	unsigned bits = 0, count = 0;
	size_t length = 0;

	if (strlen(text) != DIGITS)
		return -1;
	for (; *text; text++) {
		int value = digit_value(*text);

		if (value < 0)
			return -1;
		bits = bits << 5 | (unsigned)value;
		count += 5;
		if (count >= 8) {
			count -= 8;
			octets_r[length++] = bits >> count & 0xff;
		}
	}
	/* Bits that are left over must be those that encode() put there. */
	return length == OCTETS && (bits & ((1u << count) - 1)) == 0 ? 0 : -1;
}

/* What the MAC is over. */
struct signed_part {
	unsigned char octets[sizeof(TOKEN_PREFIX) + 2 * IDENTITY_SIZE + AT_MAC];
};

static void fill_part(const struct token_thread *thread,
	const unsigned char *octets, struct signed_part *part_r)
{
	unsigned char *at = part_r->octets;

	memcpy(at, TOKEN_PREFIX, sizeof(TOKEN_PREFIX));
	at += sizeof(TOKEN_PREFIX);
	memcpy(at, thread->buyer.bytes, IDENTITY_SIZE);
	memcpy(at + IDENTITY_SIZE, thread->seller.bytes, IDENTITY_SIZE);
	memcpy(at + 2 * IDENTITY_SIZE, octets, AT_MAC);
}

int token_make(const struct keyring *ring, const struct token_thread *thread,
	char token_r[TOKEN_SIZE])
{
	unsigned char octets[OCTETS];
	int64_t day = (thread->until + DAY - 1) / DAY;
	struct signed_part part;

	octets[AT_DAY] = (unsigned char)(day >> 8 & 0xff);
	octets[AT_DAY + 1] = (unsigned char)(day & 0xff);
	memcpy(octets + AT_THREAD, thread->thread, CACHE_PREFIX_SIZE);
	memcpy(octets + AT_ORDER, thread->order.bytes, ORDER_OCTETS);
	fill_part(thread, octets, &part);
	if (keyring_sign(
		    ring, &part, sizeof(part), octets + AT_MAC, MAC_OCTETS) < 0)
		return -1;
	strcpy(token_r, TOKEN_PREFIX);
	encode(octets, token_r + strlen(TOKEN_PREFIX));
	return 0;
}

static bool is_none(const unsigned char *order)
{
	static const unsigned char none[ORDER_OCTETS];

	return memcmp(order, none, sizeof(none)) == 0;
}

bool token_verify(const struct keyring *ring, const char *token,
	struct token_thread *thread, int64_t now)
{
	const size_t prefix = sizeof(TOKEN_PREFIX) - 1;
	unsigned char octets[OCTETS];
	struct signed_part part;

	if (strncasecmp(token, TOKEN_PREFIX, prefix) != 0 ||
		decode(token + prefix, octets) < 0)
		return false;
	fill_part(thread, octets, &part);
	if (!keyring_verify(
		    ring, &part, sizeof(part), octets + AT_MAC, MAC_OCTETS))
		return false;
	thread->until =
		(int64_t)(octets[AT_DAY] << 8 | octets[AT_DAY + 1]) * DAY;
	if (now > thread->until)
		return false;
	if (!is_none(octets + AT_ORDER) && !is_none(thread->order.bytes) &&
		memcmp(octets + AT_ORDER, thread->order.bytes, ORDER_OCTETS))
		return false;
	memcpy(thread->thread, octets + AT_THREAD, CACHE_PREFIX_SIZE);
	return true;
}
