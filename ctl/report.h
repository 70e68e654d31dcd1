/* SPDX-License-Identifier: BSD-2-Clause */
/* What a test of a policy found, as text or JSON. */
#ifndef CTL_REPORT_H
#define CTL_REPORT_H

#include "ctl/score.h"

/* Another policy, to compare with. */
struct report_other {
	const char *path;
	const struct replay_result *results;
};

struct report {
	const struct manifest *manifest;
	const struct replay_result *results;
	const struct report_other *other; /* or NULL */
};

/* Each returns 0, or an exit code after a message. */
int report_print(const struct report *report);
int report_print_json(const struct report *report);

/*
 * Writes a line for each message, between tabs: file, accept, reject or
 * tempfail, reason, order ID or "-".
 */
int report_write(const struct report *report, const char *path);

/* Whether all is as the manifest says, and the other policy changes nothing. */
bool report_is_clean(const struct report *report);

#endif
