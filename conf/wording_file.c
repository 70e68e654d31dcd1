/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of words and their weights: lines of weight, rarity and entry
 * between tabs, made by "make wording". Comments begin with "# ".
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "conf/conf_private.h"

#define FILE_NAME "wording.tsv"
#define NUMBER_MAX 100000

struct lines {
	const char *path;
	unsigned number;
	size_t entries;
	struct error *error;
};

static int fail(const struct lines *lines, const char *what)
{
	return error_set(
		lines->error, "%s:%u: %s", lines->path, lines->number, what);
}

/* Reads a number that ends with a tab, and goes behind it. */
static int read_number(char **p, int *number_r)
{
	char *end;
	long number = strtol(*p, &end, 10);

	if (end == *p || *end != '\t' || number < -NUMBER_MAX ||
		number > NUMBER_MAX)
		return -1;
	*number_r = (int)number;
	*p = end + 1;
	return 0;
}

static int read_line(struct lines *lines, char *line, struct wording *wording)
{
	int weight, rarity;

	if (*line == '\0' || (line[0] == '#' && line[1] == ' '))
		return 0;
	if (read_number(&line, &weight) < 0 ||
		read_number(&line, &rarity) < 0 || rarity < 0)
		return fail(lines, "must be weight, rarity and words, between "
				   "tabs");
	if (strlen(line) >= WORDING_ENTRY_MAX)
		return fail(lines, "the words are too long");
	for (const char *p = line; *p != '\0'; p++)
		if (iscntrl((unsigned char)*p))
			return fail(lines, "the words have a control "
					   "character");
	lines->entries += *line != '\0';
	switch (wording_add(wording, line, weight, rarity)) {
	case 0:
		return 0;
	case 1:
		return fail(lines, "the words stand there twice");
	default:
		return fail(lines, "out of memory");
	}
}

static int read_lines(struct lines *lines, char *text, struct wording *wording)
{
	for (char *next; text != NULL; text = next) {
		next = strchr(text, '\n');
		if (next != NULL)
			*next++ = '\0';
		lines->number++;
		if (read_line(lines, text, wording) < 0)
			return -1;
	}
	if (lines->entries > 0)
		return 0;
	lines->number = 1;
	return fail(lines, "holds no words; remove it to judge without");
}

static int load(struct phrasebook *book, const char *path, struct error *error)
{
	struct lines lines = { .path = path, .error = error };
	struct wording *wording;
	size_t length;
	char *text = source_read(path, &length, error);

	if (text == NULL)
		return -1;
	wording = wording_new();
	if (wording == NULL || read_lines(&lines, text, wording) < 0) {
		if (wording == NULL)
			fail(&lines, "out of memory");
		wording_free(&wording);
		free(text);
		return -1;
	}
	free(text);
	phrasebook_set_wording(book, wording);
	return 0;
}

int wording_file_load(
	struct phrasebook *book, const char *directory, struct error *error)
{
	struct stat st;
	char *path;
	int result = 0;

	if (asprintf(&path, "%s/" FILE_NAME, directory) < 0)
		return error_set(error, "%s:1: out of memory", directory);
	if (lstat(path, &st) == 0 || errno != ENOENT)
		result = load(book, path, error);
	free(path);
	return result;
}
