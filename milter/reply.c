/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include "milter/reply.h"
#include "policy/notice.h"

_Static_assert(NOTICE_LINES_MAX + 1 <= REPLY_LINES_MAX,
	"a notice and its help URL must fit a reply");

/* An order pattern may match any text; a reply holds printable ASCII only. */
static void make_sendable(char *line)
{
	for (; *line != '\0'; line++)
		if (*line < ' ' || *line > '~')
			*line = '?';
}

static void add_line(struct reply *reply, const char *line)
{
	if (reply->count < REPLY_LINES_MAX)
		snprintf(reply->lines[reply->count++], REPLY_LINE_SIZE, "%s",
			line);
}

void reply_build(const struct policy *policy, enum reason reason,
	const char *order, enum category category, struct reply *reply_r)
{
	const struct strlist *hints = policy_hints(policy, category);
	const struct reason_info *info = reason_info(reason);
	const struct strlist *notice = policy_notice(policy, reason);
	const char *help_url = policy_help_url(policy);
	char line[REPLY_LINE_SIZE];

	snprintf(reply_r->code, sizeof(reply_r->code), "%03u",
		(unsigned)info->code % 1000U);
	reply_r->dsn = info->dsn;
	reply_r->count = 0;
	snprintf(line, sizeof(line), "[%s] Message %s%s%snot delivered: %s",
		info->name, order[0] != '\0' ? "for order " : "", order,
		order[0] != '\0' ? " " : "", notice->items[0]);
	make_sendable(line);
	add_line(reply_r, line);
	for (size_t i = 1; i < notice->count; i++)
		add_line(reply_r, notice->items[i]);
	for (size_t i = 0;
		reason == REASON_CRITICAL_MISUSED && i < hints->count; i++)
		add_line(reply_r, hints->items[i]);
	if (help_url[0] != '\0')
		add_line(reply_r, help_url);
}
