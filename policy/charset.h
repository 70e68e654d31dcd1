/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Octets of a named charset become clean UTF-8. Only charsets of a fixed list
 * are ever opened: names come from strangers. A decoder belongs to one thread.
 */
#ifndef POLICY_CHARSET_H
#define POLICY_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include "policy/buffer.h"

struct charset;
struct charset_decoder;

/*
 * Loads all converters for good, so that decoding a message opens no file.
 * Once per process, before the first thread; without it all works, but slower.
 */
void charset_init(void);

/* Returns the charset of that name or alias, any case. NULL: not listed. */
const struct charset *charset_find(const char *name, size_t length);

/*
 * Returns how text without a known charset is read: UTF-8 if it is valid,
 * else windows-1252, which holds ISO-8859-1.
 */
const struct charset *charset_guess(const char *octets, size_t length);
const struct charset *charset_utf8(void);
const struct charset *charset_windows_1252(void);

/* Whether shift sequences give octets a meaning (ISO-2022-JP). */
bool charset_is_stateful(const struct charset *charset);

/* Keeps converters open between calls. NULL: out of memory. */
struct charset_decoder *charset_decoder_new(void);
void charset_decoder_free(struct charset_decoder **decoder);

/*
 * Appends octets as UTF-8 to text. Octets that are no characters become
 * U+FFFD; every kind of line end becomes LF and a tab a blank; other control
 * characters are dropped. charset NULL: as charset_guess() says.
 */
void charset_decode(struct charset_decoder *decoder,
	const struct charset *charset, const char *octets, size_t length,
	struct buffer *text);

#endif
