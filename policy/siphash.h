/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-2-4, a keyed hash of 64 bits for short inputs. Pure: any thread. */
#ifndef POLICY_SIPHASH_H
#define POLICY_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY_SIZE 16

uint64_t siphash(const unsigned char key[SIPHASH_KEY_SIZE], const void *data,
	size_t length);

#endif
