/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON on standard output, one object a line. The only user of jansson. A
 * failed allocation is remembered and told by jsonout_end().
 */
#ifndef CTL_JSONOUT_H
#define CTL_JSONOUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct jsonout {
	json_t *object;
	bool failed;
};

void jsonout_begin(struct jsonout *out);

/* An array in the place of an object, and its items, as jsonout_value(). */
void jsonout_begin_list(struct jsonout *out);
void jsonout_item(struct jsonout *out, json_t *value);

/* value may be NULL: null. Octets that are no UTF-8 become "?". */
void jsonout_string(struct jsonout *out, const char *key, const char *value);
void jsonout_integer(struct jsonout *out, const char *key, int64_t value);
void jsonout_real(struct jsonout *out, const char *key, double value);
void jsonout_bool(struct jsonout *out, const char *key, bool value);

/* As RFC 3339; 0: null. */
void jsonout_time(struct jsonout *out, const char *key, int64_t when);

/* Takes over value, which may be NULL after a failed allocation. */
void jsonout_value(struct jsonout *out, const char *key, json_t *value);

/* Ends an inner object, to be put into another or into an array. */
json_t *jsonout_take(struct jsonout *out);

/* Prints on a stream and frees. Returns 0, or -1. */
int jsonout_write(struct jsonout *out, FILE *stream);

/* As jsonout_write(), on standard output. Returns 0, or an exit code after a message. */
int jsonout_end(struct jsonout *out);

/* A JSON string of any octets. NULL: out of memory. */
json_t *jsonout_text(const char *value);

#endif
