/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter/thread_ids.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The first ones stay; behind them the last ones stand in a ring. */
static char *slot(const struct thread_ids *ids)
{
	size_t at = ids->seen;

	if (at >= THREAD_IDS_FIRST)
		at = THREAD_IDS_FIRST +
		     (at - THREAD_IDS_FIRST) % THREAD_IDS_LAST;
	return ids->ids[at];
}

/* Copies start .. end without blanks. Returns its length, 0: too long. */
static size_t copy_id(char *id_r, const char *start, const char *end)
{
	size_t length = 0;

	for (; start < end; start++) {
		if (strchr(" \t\r\n", *start))
			continue;
		if (length + 1 == THREAD_ID_SIZE)
			return 0;
		id_r[length++] = *start;
	}
	id_r[length] = '\0';
	return length;
}

static bool is_known(const struct thread_ids *ids, const char *id)
{
	for (size_t i = 0; i < thread_ids_count(ids); i++)
		if (strcmp(ids->ids[i], id) == 0)
			return true;
	return false;
}

static int add(struct thread_ids *ids, const char *start, const char *end)
{
	char id[THREAD_ID_SIZE];

	if (!ids->ids) {
		ids->ids = calloc(THREAD_IDS_MAX, sizeof(*ids->ids));
		if (!ids->ids)
			return -1;
	}
	if (copy_id(id, start, end) == 0 || is_known(ids, id))
		return 0;
	strcpy(slot(ids), id);
	ids->seen++;
	return 0;
}

/* An id that lacks its brackets, alone in the value. */
static int add_bare(struct thread_ids *ids, const char *value)
{
	const char *start = value + strspn(value, " \t\r\n");
	const char *end = start + strcspn(start, " \t\r\n");

	if (end[strspn(end, " \t\r\n")] != '\0' ||
		!memchr(start, '@', (size_t)(end - start)))
		return 0;
	return add(ids, start, end);
}

int thread_ids_add(struct thread_ids *ids, const char *value)
{
	const char *start = strchr(value, '<');

	if (!start)
		return add_bare(ids, value);
	while (start) {
		const char *end = start + 1 + strcspn(start + 1, "<>");

		if (*end == '>' && add(ids, start + 1, end) < 0)
			return -1;
		start = *end == '<' ? end : strchr(end, '<');
	}
	return 0;
}

size_t thread_ids_count(const struct thread_ids *ids)
{
	return ids->seen < THREAD_IDS_MAX ? ids->seen : THREAD_IDS_MAX;
}

void thread_ids_fini(struct thread_ids *ids)
{
	free(ids->ids);
	*ids = (struct thread_ids){ 0 };
}
