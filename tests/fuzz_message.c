/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first line of the input is Content-Type, the second
 * Content-Transfer-Encoding (empty: absent), the rest the body.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <glib.h>
#include "policy/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct message_limits limits = {
	.depth = 8,
	.parts = 50,
	.text_bytes = 4096,
};

/* Takes a line from the input. The caller frees it. */
static char *take_line(const uint8_t **data, size_t *size)
{
	const uint8_t *lf = memchr(*data, '\n', *size);
	size_t length = lf ? (size_t)(lf - *data) : *size;
	char *line = length ? strndup((const char *)*data, length) : NULL;

	if (lf)
		length++;
	*data += length;
	*size -= length;
	return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct message_content content = { 0 };
	char *type, *encoding, *body, *text;

	if (!ready)
		message_init();
	ready = true;
	if (!size)
		return 0;
	type = take_line(&data, &size);
	encoding = take_line(&data, &size);
	body = malloc(size ? size : 1);
	if (body) {
		memcpy(body, data, size);
		content.content_type = type;
		content.transfer_encoding = encoding;
		content.body = body;
		content.length = size;
		message_text(&content, &limits, &text);
		if (!text || strlen(text) > limits.text_bytes ||
			!g_utf8_validate(text, -1, NULL))
			abort();
		free(text);
	}
	free(body);
	free(encoding);
	free(type);
	return 0;
}
