/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include "policy/notice.h"

bool notice_is_sendable(const char *line)
{
	size_t length = 0;

	for (; line[length] != '\0'; length++)
		if (line[length] < ' ' || line[length] > '~')
			return false;
	return length <= NOTICE_LINE_MAX;
}

static int check(
	enum reason reason, const struct strlist *lines, struct error *error)
{
	char key[sizeof(error->key)];

	if (lines->count > NOTICE_LINES_MAX) {
		snprintf(key, sizeof(key), "notices.%s", reason_name(reason));
		return error_set_key(error, key,
			"a notice has at most %d lines", NOTICE_LINES_MAX);
	}
	for (size_t i = 0; i < lines->count; i++) {
		snprintf(key, sizeof(key), "notices.%s[%zu]",
			reason_name(reason), i);
		if (!notice_is_sendable(lines->items[i]))
			return error_set_key(error, key,
				"a line of a notice must be printable ASCII of "
				"at most %d octets",
				NOTICE_LINE_MAX);
		if (i == 0 && strlen(lines->items[i]) > NOTICE_CAUSE_MAX)
			return error_set_key(error, key,
				"the first line of a notice may have %d "
				"octets, "
				"since reason and order stand before it",
				NOTICE_CAUSE_MAX);
	}
	return 0;
}

static int add_table_lines(enum reason reason, struct strlist *lines)
{
	const struct reason_info *info = reason_info(reason);
	const char *line = info->advice;
	char copy[NOTICE_LINE_MAX + 1];

	if (strlist_add(lines, info->cause) < 0)
		return -1;
	while (*line != '\0') {
		size_t length = strcspn(line, "\n");

		snprintf(copy, sizeof(copy), "%.*s", (int)length, line);
		if (strlist_add(lines, copy) < 0)
			return -1;
		line += length + (line[length] == '\n');
	}
	return 0;
}

int notice_compile(enum reason reason, const struct strlist *custom,
	struct strlist *lines_r, struct error *error)
{
	int rc = 0;

	if (check(reason, custom, error) < 0)
		return -1;
	if (custom->count == 0)
		rc = add_table_lines(reason, lines_r);
	for (size_t i = 0; i < custom->count && rc == 0; i++)
		rc = strlist_add(lines_r, custom->items[i]);
	return rc == 0 ? 0 : error_set(error, "out of memory");
}
