/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include "policy/reason.h"

static const struct reason_info reasons[REASON_COUNT] = {
#define REASON(name, outcome, code, dsn, cause, advice, when)                  \
	[REASON_##name] = { #name, OUTCOME_##outcome, code, dsn, cause,        \
		advice, when },
#include "policy/reason.def"
#undef REASON
};

const struct reason_info *reason_info(enum reason reason)
{
	return &reasons[reason];
}

const char *reason_name(enum reason reason)
{
	return reasons[reason].name;
}

enum reason reason_from_name(const char *name)
{
	for (int i = 0; i < REASON_COUNT; i++)
		if (strcmp(reasons[i].name, name) == 0)
			return i;
	return REASON_NONE;
}

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[] = {
		[OUTCOME_ACCEPT] = "accept",
		[OUTCOME_REJECT] = "reject",
		[OUTCOME_TEMPFAIL] = "tempfail",
	};

	return names[outcome];
}
