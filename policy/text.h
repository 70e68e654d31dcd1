/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text of header fields: decoded and normalized. Pure: any thread. glib, which
 * does the Unicode work here, ends the process when memory runs out inside it.
 */
#ifndef POLICY_TEXT_H
#define POLICY_TEXT_H

#include <stddef.h>

/*
 * Decodes a raw header value: unfolds it, decodes RFC 2047 encoded words
 * (adjacent ones join; unlisted charset or broken word: left as it is), takes
 * raw 8-bit text as UTF-8, else as ISO-8859-1 (windows-1252, which holds it),
 * drops control characters and the blanks at both ends. The result is valid
 * UTF-8 without NUL or line ends. The caller frees it. NULL: out of memory.
 */
char *text_decode_header(const char *value);

/*
 * Returns a copy of text (any octets) that is valid UTF-8 in NFKC, Unicode
 * decimal digits as ASCII, Unicode dashes as "-", zero-width and soft-hyphen
 * characters removed, blanks as single spaces. For finding, not for showing.
 * The caller frees it. NULL: out of memory.
 */
char *text_normalize(const char *text, size_t length);

/*
 * Returns a copy of valid UTF-8, case folded for comparing. The caller frees
 * it. NULL: out of memory.
 */
char *text_casefold(const char *utf8);

#endif
