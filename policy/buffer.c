/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "policy/buffer.h"

static bool reserve(struct buffer *buffer, size_t length)
{
	size_t size = buffer->size ? buffer->size : 64;
	char *data;

	if (buffer->failed || length > SIZE_MAX / 4 - buffer->length)
		goto failed;
	if (buffer->length + length <= buffer->size)
		return true;
	while (size < buffer->length + length)
		size *= 2;
	data = realloc(buffer->data, size);
	if (!data)
		goto failed;
	buffer->data = data;
	buffer->size = size;
	return true;
failed:
	buffer->failed = true;
	return false;
}

void buffer_add(struct buffer *buffer, const char *data, size_t length)
{
	if (!length || !reserve(buffer, length))
		return;
	memcpy(buffer->data + buffer->length, data, length);
	buffer->length += length;
}

void buffer_add_char(struct buffer *buffer, char c)
{
	buffer_add(buffer, &c, 1);
}

void buffer_cut(struct buffer *buffer, size_t start, size_t end)
{
	if (start >= end)
		return;
	memmove(buffer->data + start, buffer->data + end, buffer->length - end);
	buffer->length -= end - start;
}

char *buffer_take(struct buffer *buffer)
{
	char *data = NULL;

	buffer_add_char(buffer, '\0');
	if (!buffer->failed) {
		data = buffer->data;
		buffer->data = NULL;
	}
	buffer_fini(buffer);
	return data;
}

void buffer_fini(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ 0 };
}
