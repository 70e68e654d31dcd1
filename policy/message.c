/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GMime, in entity, reads content fields and undoes transfer encodings; the
 * parts are found here. Its own parser would parse the address fields of an embedded
 * message as well, and these make it recurse until the stack ends.
 */
#include <stdlib.h>
#include <string.h>
#include "policy/buffer.h"
#include "policy/charset.h"
#include "policy/entity.h"
#include "policy/message.h"
#include "policy/visible.h"

#define DEPTH_MAX 100 /* bounds the recursion, whatever the caller asks */
#define HTML_DEPTH_MAX 512

/* What the text of a part is worth among alternatives. */
enum rank {
	RANK_NONE,
	RANK_OTHER_TEXT,
	RANK_TEXT,
	RANK_HTML,
};

struct reader {
	const struct message_limits *limits;
	struct charset_decoder *decoder;
	struct buffer text;
	int parts;
	enum rank rank; /* the best since an alternative began */
	bool beyond;
};

struct slice {
	const char *start, *end;
};

static void read_entity(struct reader *reader, const struct entity *entity,
	struct slice body, int depth);

void message_init(void)
{
	entity_library_init();
	visible_init();
	charset_init();
}

static void end_line(struct reader *reader)
{
	struct buffer *text = &reader->text;

	if (text->length > 0 && text->length < reader->limits->text_bytes &&
		text->data[text->length - 1] != '\n')
		buffer_add_char(text, '\n');
}

/* Appends clean UTF-8, as much as the limit lets in. */
static void keep_text(struct reader *reader, const char *text, size_t length)
{
	size_t room;

	end_line(reader);
	room = reader->limits->text_bytes - reader->text.length;
	if (length > room) {
		reader->beyond = true;
		length = room;
		while (length > 0 && (text[length] & 0xc0) == 0x80)
			length--;
	}
	buffer_add(&reader->text, text, length);
}

static void keep_html(struct reader *reader, const struct buffer *html)
{
	bool cut;
	char *text =
		visible_text(html->data, html->length, HTML_DEPTH_MAX, &cut);

	if (!text) {
		reader->text.failed = true;
		return;
	}
	reader->beyond |= cut;
	keep_text(reader, text, strlen(text));
	free(text);
}

static void keep_octets(struct reader *reader, const struct entity *entity,
	const char *octets, size_t length)
{
	struct buffer text = { 0 };

	charset_decode(reader->decoder, entity->charset, octets, length, &text);
	if (text.failed)
		reader->text.failed = true;
	else if (entity->kind == ENTITY_HTML)
		keep_html(reader, &text);
	else
		keep_text(reader, text.data, text.length);
	buffer_fini(&text);
}

static void raise_rank(struct reader *reader, enum rank rank)
{
	if (rank > reader->rank)
		reader->rank = rank;
}

static void read_text(struct reader *reader, const struct entity *entity,
	struct slice body, enum rank rank)
{
	size_t length = body.end - body.start;
	char *octets;

	if (entity->encoding == ENCODING_UNKNOWN)
		return;
	raise_rank(reader, rank);
	if (entity->encoding == ENCODING_PLAIN) {
		keep_octets(reader, entity, body.start, length);
		return;
	}
	octets = entity_decode(entity, body.start, length, &length);
	if (!octets) {
		reader->text.failed = true;
		return;
	}
	keep_octets(reader, entity, octets, length);
	free(octets);
}

static void read_part(
	struct reader *reader, struct slice part, bool in_digest, int depth)
{
	struct entity entity;
	struct slice body = part;

	entity_init(&entity, in_digest);
	body.start = entity_read_header(&entity, part.start, part.end);
	read_entity(reader, &entity, body, depth);
}

/*
 * Reads one alternative. What was kept of the earlier ones goes when this one
 * is worth as much or more, else this one goes.
 */
static void read_alternative(struct reader *reader, struct slice part,
	size_t start, enum rank *best, int depth)
{
	size_t before = reader->text.length, mark;

	end_line(reader);
	mark = reader->text.length;
	reader->rank = RANK_NONE;
	read_part(reader, part, false, depth);
	if (reader->text.failed)
		return;
	if (reader->rank != RANK_NONE && reader->rank >= *best) {
		buffer_cut(&reader->text, start, mark);
		*best = reader->rank;
	} else {
		buffer_cut(&reader->text, before, reader->text.length);
	}
}

enum delimiter {
	NO_DELIMITER,
	NEXT_PART,
	LAST_PART,
};

static enum delimiter find_delimiter(const char *boundary, struct slice line)
{
	size_t length = strlen(boundary);
	const char *p = line.start;
	enum delimiter delimiter = NEXT_PART;

	if ((size_t)(line.end - p) < length + 2 || p[0] != '-' || p[1] != '-' ||
		memcmp(p + 2, boundary, length))
		return NO_DELIMITER;
	p += length + 2;
	if (line.end - p >= 2 && p[0] == '-' && p[1] == '-') {
		delimiter = LAST_PART;
		p += 2;
	}
	while (p < line.end && strchr(" \t\r\n", *p))
		p++;
	return p == line.end ? delimiter : NO_DELIMITER;
}

/*
 * Finds the part after the delimiter line that ends at *p_r and moves *p_r
 * behind the next one, which is not part of the part, nor the line end before.
 */
static enum delimiter next_part(const char *boundary, const char **p_r,
	const char *end, struct slice *part_r)
{
	enum delimiter delimiter = NO_DELIMITER;
	struct slice line = { *p_r, *p_r };

	part_r->start = *p_r;
	while (!delimiter && line.end < end) {
		line.start = line.end;
		line.end = memchr(line.start, '\n', end - line.start);
		line.end = line.end ? line.end + 1 : end;
		delimiter = find_delimiter(boundary, line);
	}
	*p_r = line.end;
	part_r->end = delimiter ? line.start : end;
	if (delimiter && part_r->end > part_r->start)
		part_r->end--;
	if (delimiter && part_r->end > part_r->start && part_r->end[-1] == '\r')
		part_r->end--;
	return delimiter;
}

static void read_parts(struct reader *reader, const struct entity *entity,
	struct slice body, int depth)
{
	size_t start;
	enum rank before = reader->rank, best = RANK_NONE;
	struct slice part;
	enum delimiter delimiter = NO_DELIMITER;

	end_line(reader);
	start = reader->text.length;
	if (entity->boundary[0])
		delimiter = next_part(entity->boundary, &body.start, body.end,
			&part); /* the prologue, which nobody sees */
	if (delimiter != NEXT_PART)
		reader->beyond = true;
	while (delimiter == NEXT_PART && !reader->text.failed &&
		reader->parts < reader->limits->parts) {
		delimiter = next_part(
			entity->boundary, &body.start, body.end, &part);
		if (delimiter == NO_DELIMITER && part.start == part.end)
			break;
		if (entity->kind == ENTITY_ALTERNATIVE)
			read_alternative(reader, part, start, &best, depth);
		else
			read_part(reader, part, entity->kind == ENTITY_DIGEST,
				depth);
	}
	if (delimiter == NEXT_PART && reader->parts >= reader->limits->parts)
		reader->beyond = true;
	if (entity->kind == ENTITY_ALTERNATIVE) {
		reader->rank = before;
		raise_rank(reader, best);
	}
}

static void read_entity(struct reader *reader, const struct entity *entity,
	struct slice body, int depth)
{
	if (depth > reader->limits->depth || depth > DEPTH_MAX ||
		++reader->parts > reader->limits->parts) {
		reader->beyond = true;
		return;
	}
	reader->beyond |= entity->ambiguous;
	if (entity->attachment &&
		!(reader->limits->attached && entity->kind == ENTITY_MESSAGE))
		return;
	switch (entity->kind) {
	case ENTITY_TEXT:
		read_text(reader, entity, body, RANK_TEXT);
		break;
	case ENTITY_OTHER_TEXT:
		read_text(reader, entity, body, RANK_OTHER_TEXT);
		break;
	case ENTITY_HTML:
		read_text(reader, entity, body, RANK_HTML);
		break;
	case ENTITY_MULTIPART:
	case ENTITY_ALTERNATIVE:
	case ENTITY_DIGEST:
		read_parts(reader, entity, body, depth + 1);
		break;
	case ENTITY_MESSAGE:
		if (entity->encoding == ENCODING_PLAIN)
			read_part(reader, body, false, depth + 1);
		break;
	case ENTITY_FRAGMENT:
		reader->beyond = true;
		break;
	case ENTITY_OPAQUE:
		break;
	}
}

static void read_field(
	struct entity *entity, const char *name, const char *value)
{
	if (value)
		entity_read_field(
			entity, name, strlen(name), value, strlen(value));
}

enum message_result message_text(const struct message_content *content,
	const struct message_limits *limits, char **text_r)
{
	struct reader reader = { .limits = limits };
	struct entity entity;

	*text_r = NULL;
	reader.decoder = charset_decoder_new();
	if (!reader.decoder)
		return MESSAGE_NO_MEMORY;
	entity_init(&entity, false);
	read_field(&entity, "Content-Type", content->content_type);
	read_field(&entity, "Content-Transfer-Encoding",
		content->transfer_encoding);
	if (content->length > 0)
		read_entity(&reader, &entity,
			(struct slice){ content->body,
				content->body + content->length },
			0);
	charset_decoder_free(&reader.decoder);
	*text_r = buffer_take(&reader.text);
	if (!*text_r)
		return MESSAGE_NO_MEMORY;
	return reader.beyond ? MESSAGE_BEYOND_LIMITS : MESSAGE_OK;
}
