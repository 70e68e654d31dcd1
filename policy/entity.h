/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The content header fields of one MIME entity, understood, and its transfer
 * encoding undone. For message; the only user of GMime.
 */
#ifndef POLICY_ENTITY_H
#define POLICY_ENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include "policy/charset.h"

#define BOUNDARY_SIZE 128 /* RFC 2046 allows 70 octets */

enum entity_kind {
	ENTITY_OPAQUE,
	ENTITY_TEXT,
	ENTITY_OTHER_TEXT, /* text/calendar, text/csv and the like */
	ENTITY_HTML,
	ENTITY_MULTIPART,
	ENTITY_ALTERNATIVE,
	ENTITY_DIGEST,
	ENTITY_MESSAGE,
	ENTITY_FRAGMENT, /* message/partial, message/external-body */
};

enum entity_encoding {
	ENCODING_PLAIN, /* octets stand for themselves */
	ENCODING_BASE64,
	ENCODING_QUOTED_PRINTABLE,
	ENCODING_UNKNOWN,
};

struct entity {
	enum entity_kind kind;
	const struct charset *charset; /* NULL: guess */
	enum entity_encoding encoding;
	bool attachment;
	bool ambiguous;		      /* two fields or parameters of a name */
	char boundary[BOUNDARY_SIZE]; /* "": none */
	unsigned seen;		      /* fields, by index */
};

/* Once per process, before the first thread. */
void entity_library_init(void);

/* An entity without fields: text, or in a digest a message. */
void entity_init(struct entity *entity, bool in_digest);

/* Reads a field; value is raw and ends after length octets. */
void entity_read_field(struct entity *entity, const char *name,
	size_t name_length, const char *value, size_t length);

/* Reads the header fields at p and returns where the body begins. */
const char *entity_read_header(
	struct entity *entity, const char *p, const char *end);

/*
 * Returns the octets of a base64 or quoted-printable body, broken ones as far
 * as they go. The caller frees them. NULL: out of memory.
 */
char *entity_decode(const struct entity *entity, const char *body,
	size_t length, size_t *length_r);

#endif
