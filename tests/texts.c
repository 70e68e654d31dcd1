/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "### "

static void fail(const char *path, const char *what)
{
	fprintf(stderr, "%s: %s\n", path, what);
	exit(1);
}

/* Ends a field at the bar and goes behind it. */
static char *next_field(char **p)
{
	return strsep(p, "|");
}

static void add_text(
	struct texts *texts, char *head, char *body, const char *path)
{
	struct text *text = &texts->items[texts->count++];
	const char *want;

	text->name = next_field(&head);
	want = next_field(&head);
	text->group = next_field(&head);
	text->category = next_field(&head);
	if (!text->category ||
		(strcmp(want, "accept") != 0 && strcmp(want, "reject") != 0))
		fail(path, text->name);
	text->critical = !strcmp(want, "accept");
	while (body[0] != '\0' && body[strlen(body) - 1] == '\n')
		body[strlen(body) - 1] = '\0';
	text->body = body;
}

static size_t count_heads(const char *data)
{
	size_t count = 0;

	for (const char *p = data; p != NULL; p = strstr(p + 1, "\n" HEAD))
		count++;
	return count;
}

void texts_load(struct texts *texts, const char *path)
{
	FILE *file = fopen(path, "r");
	size_t size = 0;
	char *next;

	*texts = (struct texts){ 0 };
	if (!file || getdelim(&texts->data, &size, '\0', file) <= 0)
		fail(path, "cannot read");
	fclose(file);
	texts->items = calloc(count_heads(texts->data), sizeof(*texts->items));
	if (!texts->items || strncmp(texts->data, HEAD, strlen(HEAD)) != 0)
		fail(path, "does not begin with a head");
	for (char *p = texts->data; p != NULL; p = next) {
		char *body = strchr(p, '\n');

		if (body == NULL)
			fail(path, p);
		*body++ = '\0';
		next = strstr(body, "\n" HEAD);
		if (next != NULL)
			*next++ = '\0';
		add_text(texts, p + strlen(HEAD), body, path);
	}
}

void texts_fini(struct texts *texts)
{
	free(texts->items);
	free(texts->data);
	*texts = (struct texts){ 0 };
}
