/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/siphash.h"

struct state {
	uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

/* Octets in little-endian order; fewer than 8 leave the rest zero. */
static uint64_t get_word(const unsigned char *octets, size_t length)
{
	uint64_t word = 0;

	for (size_t i = 0; i < length; i++)
		word |= (uint64_t)octets[i] << (8 * i);
	return word;
}

static void mix(struct state *s, int rounds)
{
	while (rounds-- > 0) {
		s->a += s->b;
		s->c += s->d;
		s->b = rotate(s->b, 13) ^ s->a;
		s->d = rotate(s->d, 16) ^ s->c;
		s->a = rotate(s->a, 32);
		s->c += s->b;
		s->a += s->d;
		s->b = rotate(s->b, 17) ^ s->c;
		s->d = rotate(s->d, 21) ^ s->a;
		s->c = rotate(s->c, 32);
	}
}

static void absorb(struct state *s, uint64_t word)
{
	s->d ^= word;
	mix(s, 2);
	s->a ^= word;
}

uint64_t siphash(const unsigned char key[SIPHASH_KEY_SIZE], const void *data,
	size_t length)
{
	uint64_t k0 = get_word(key, 8), k1 = get_word(key + 8, 8);
	struct state s = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
		k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573 };
	const unsigned char *octets = data;
	size_t left = length;

	for (; left >= 8; left -= 8, octets += 8)
		absorb(&s, get_word(octets, 8));
	absorb(&s, get_word(octets, left) | (uint64_t)length << 56);
	s.c ^= 0xff;
	mix(&s, 4);
	return s.a ^ s.b ^ s.c ^ s.d;
}
