/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts of messages with what they should be judged, from tests/mail/texts. A
 * file holds texts of one language; each begins with a line
 *   ### NAME|accept or reject|GROUP|CATEGORY
 */
#ifndef TESTS_TEXTS_H
#define TESTS_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	const char *name;
	bool critical;
	const char *group;
	const char *category;
	const char *body;
};

struct texts {
	char *data;
	struct text *items;
	size_t count;
};

/* Ends the program when the file cannot be read. Free with texts_fini(). */
void texts_load(struct texts *texts, const char *path);
void texts_fini(struct texts *texts);

#endif
