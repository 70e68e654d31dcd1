/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <gmime/gmime.h>
#include "policy/entity.h"

#define VALUE_SIZE 4096

void entity_library_init(void)
{
	g_mime_init();
}

void entity_init(struct entity *entity, bool in_digest)
{
	*entity = (struct entity){
		.kind = in_digest ? ENTITY_MESSAGE : ENTITY_TEXT,
		.encoding = ENCODING_PLAIN,
	};
}

/*
 * GMime gets printable ASCII without what leads it to other charsets: the "*"
 * of RFC 2231 and the "=?" of encoded words. Neither a boundary nor a charset
 * has them, and what a sender hides so becomes a part that is not followed.
 */
static void copy_value(char *copy, const char *value, size_t length)
{
	size_t i;

	if (length >= VALUE_SIZE)
		length = VALUE_SIZE - 1;
	for (i = 0; i < length; i++) {
		char c = value[i];

		if (c == '\r' || c == '\n' || c == '\t')
			c = ' ';
		else if (c < ' ' || c >= 0x7f || c == '*' ||
			 (c == '?' && i > 0 && copy[i - 1] == '='))
			c = '_';
		copy[i] = c;
	}
	copy[i] = '\0';
}

static void read_parameter(
	struct entity *entity, const char *name, const char *value)
{
	size_t length = strlen(value);

	if (!strcasecmp(name, "boundary")) {
		entity->ambiguous |= entity->boundary[0] != '\0';
		if (length < BOUNDARY_SIZE)
			memcpy(entity->boundary, value, length + 1);
	} else if (!strcasecmp(name, "charset")) {
		entity->charset = charset_find(value, length);
	}
}

/* The first row that fits. NULL fits all. */
static const struct {
	const char *type, *subtype;
	enum entity_kind kind;
} kinds[] = {
	{ "text", "html", ENTITY_HTML },
	{ "text", "plain", ENTITY_TEXT },
	{ "text", NULL, ENTITY_OTHER_TEXT },
	{ "multipart", "alternative", ENTITY_ALTERNATIVE },
	{ "multipart", "digest", ENTITY_DIGEST },
	{ "multipart", NULL, ENTITY_MULTIPART },
	{ "message", "rfc822", ENTITY_MESSAGE },
	{ "message", "global", ENTITY_MESSAGE },
	{ "message", "news", ENTITY_MESSAGE },
	{ "message", "partial", ENTITY_FRAGMENT },
	{ "message", "external-body", ENTITY_FRAGMENT },
	{ "application", "xhtml+xml", ENTITY_HTML },
	{ NULL, NULL, ENTITY_OPAQUE },
};

static enum entity_kind find_kind(const char *type, const char *subtype)
{
	size_t i = 0;

	while (kinds[i].type &&
		(strcasecmp(kinds[i].type, type) ||
			(kinds[i].subtype &&
				strcasecmp(kinds[i].subtype, subtype))))
		i++;
	return kinds[i].kind;
}

static void read_type(struct entity *entity, const char *value)
{
	GMimeContentType *type;
	GMimeParamList *parameters;

	/* Not a type at all: text/plain, as RFC 2045 section 5.2 advises. */
	if (!strchr(value, '/')) {
		entity->kind = ENTITY_TEXT;
		return;
	}
	type = g_mime_content_type_parse(NULL, value);
	if (!type)
		return;
	entity->kind = find_kind(g_mime_content_type_get_media_type(type),
		g_mime_content_type_get_media_subtype(type));
	parameters = g_mime_content_type_get_parameters(type);
	for (int i = 0; i < g_mime_param_list_length(parameters); i++) {
		GMimeParam *parameter =
			g_mime_param_list_get_parameter_at(parameters, i);

		read_parameter(entity, g_mime_param_get_name(parameter),
			g_mime_param_get_value(parameter));
	}
	g_object_unref(type);
}

static void read_encoding(struct entity *entity, const char *value)
{
	value += strspn(value, " ");
	switch (g_mime_content_encoding_from_string(value)) {
	case GMIME_CONTENT_ENCODING_7BIT:
	case GMIME_CONTENT_ENCODING_8BIT:
	case GMIME_CONTENT_ENCODING_BINARY:
		entity->encoding = ENCODING_PLAIN;
		break;
	case GMIME_CONTENT_ENCODING_BASE64:
		entity->encoding = ENCODING_BASE64;
		break;
	case GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE:
		entity->encoding = ENCODING_QUOTED_PRINTABLE;
		break;
	default:
		entity->encoding = *value && *value != ';' ? ENCODING_UNKNOWN
							   : ENCODING_PLAIN;
	}
}

static void read_disposition(struct entity *entity, const char *value)
{
	value += strspn(value, " ");
	entity->attachment = !strncasecmp(value, "attachment", 10);
}

static const struct {
	const char *name;
	void (*read)(struct entity *entity, const char *value);
} fields[] = {
	{ "Content-Type", read_type },
	{ "Content-Transfer-Encoding", read_encoding },
	{ "Content-Disposition", read_disposition },
};

void entity_read_field(struct entity *entity, const char *name,
	size_t name_length, const char *value, size_t length)
{
	char copy[VALUE_SIZE];

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strlen(fields[i].name) != name_length ||
			strncasecmp(fields[i].name, name, name_length))
			continue;
		if (entity->seen & 1u << i) {
			entity->ambiguous = true;
			return;
		}
		entity->seen |= 1u << i;
		copy_value(copy, value, length);
		fields[i].read(entity, copy);
	}
}

static const char *line_end(const char *p, const char *end)
{
	const char *lf = memchr(p, '\n', end - p);

	return lf ? lf + 1 : end;
}

/* The end of the field at p with its continuation lines. */
static const char *field_end(const char *p, const char *end)
{
	do
		p = line_end(p, end);
	while (p < end && (*p == ' ' || *p == '\t'));
	return p;
}

static bool is_name_octet(char c)
{
	return c > ' ' && c < 0x7f && c != ':';
}

/* Returns the end of the field name at p, NULL: this is no field. */
static const char *find_name_end(
	const char *p, const char *end, const char **value_r)
{
	const char *start = p, *name_end;

	while (p < end && is_name_octet(*p))
		p++;
	name_end = p;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (name_end == start || p == end || *p != ':')
		return NULL;
	*value_r = p + 1;
	return name_end;
}

/* A line that is no field begins the body, as if an empty line were there. */
const char *entity_read_header(
	struct entity *entity, const char *p, const char *end)
{
	while (p < end) {
		const char *next = field_end(p, end);
		const char *name_end, *value;

		if (*p == '\n' || (*p == '\r' && next - p == 2))
			return line_end(p, end);
		name_end = find_name_end(p, next, &value);
		if (!name_end)
			return p;
		entity_read_field(entity, p, name_end - p, value, next - value);
		p = next;
	}
	return end;
}

char *entity_decode(const struct entity *entity, const char *body,
	size_t length, size_t *length_r)
{
	bool base64 = entity->encoding == ENCODING_BASE64;
	GMimeEncoding state;
	char *octets;

	g_mime_encoding_init_decode(
		&state, base64 ? GMIME_CONTENT_ENCODING_BASE64
			       : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	octets = malloc(g_mime_encoding_outlen(&state, length) + 3);
	if (!octets)
		return NULL;
	*length_r = g_mime_encoding_step(&state, body, length, octets);
	/* Base64 without padding still holds its last octets. */
	if (base64)
		*length_r += g_mime_encoding_step(
			&state, "=", 1, octets + *length_r);
	return octets;
}
