/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MIME: content header fields and a body become decoded text. GMime helps,
 * but is never made to write anything and never sees a whole message. Pure:
 * any thread, once message_init() was called.
 */
#ifndef POLICY_MESSAGE_H
#define POLICY_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

struct message_limits {
	int depth;	   /* nested parts followed, never more than 100 */
	int parts;	   /* parts followed */
	size_t text_bytes; /* decoded text kept */
	bool attached;	   /* messages that are attached are text, too */
};

struct message_content {
	const char *mime_version; /* raw header values, NULL: absent */
	const char *content_type;
	const char *transfer_encoding;
	const char *body; /* NULL only when length is 0 */
	size_t length;
};

enum message_result {
	MESSAGE_OK,
	/*
	 * text_r holds what could be followed. Over a limit, or a structure
	 * that readers understand differently: a multipart without a boundary,
	 * with two, or without parts; two fields of a name; message/partial.
	 */
	MESSAGE_BEYOND_LIMITS,
	MESSAGE_NO_MEMORY,
};

/* Once per process, before the first thread. */
void message_init(void);

/*
 * Writes the text of all text parts to *text_r, valid UTF-8, parts separated
 * by line ends: text/html as visible_text(), other text decoded. In a
 * multipart/alternative with an HTML part, the HTML part alone counts, else
 * the last text part. Attachments and parts of an unknown transfer encoding
 * are not text. A missing MIME-Version is forgiven, as readers do.
 * The caller frees *text_r, which is NULL only for MESSAGE_NO_MEMORY.
 */
enum message_result message_text(const struct message_content *content,
	const struct message_limits *limits, char **text_r);

#endif
