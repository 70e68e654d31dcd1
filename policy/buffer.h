/* SPDX-License-Identifier: BSD-2-Clause */
/* A growing string. An allocation failure sticks and shows at the end. */
#ifndef POLICY_BUFFER_H
#define POLICY_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* {0} is empty. */
struct buffer {
	char *data; /* not terminated */
	size_t length;
	size_t size;
	bool failed; /* out of memory: what came later is missing */
};

void buffer_add(struct buffer *buffer, const char *data, size_t length);
void buffer_add_char(struct buffer *buffer, char c);

/* Removes the octets from start up to end. */
void buffer_cut(struct buffer *buffer, size_t start, size_t end);

/*
 * Returns the text as a string that the caller frees, and empties buffer.
 * NULL: out of memory, now or before.
 */
char *buffer_take(struct buffer *buffer);
void buffer_fini(struct buffer *buffer);

#endif
