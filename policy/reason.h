/* SPDX-License-Identifier: BSD-2-Clause */
/* Reasons and outcomes, made from reason.def. Constant data, any thread. */
#ifndef POLICY_REASON_H
#define POLICY_REASON_H

enum outcome {
	OUTCOME_ACCEPT,
	OUTCOME_REJECT,
	OUTCOME_TEMPFAIL,
};

enum reason {
	REASON_NONE = -1, /* no verdict yet */
#define REASON(name, ...) REASON_##name,
#include "policy/reason.def"
#undef REASON
	REASON_COUNT
};

struct reason_info {
	const char *name;
	enum outcome outcome;
	int code;	    /* SMTP reply code, 0 for accept */
	const char *dsn;    /* enhanced status code, "" for accept */
	const char *cause;  /* end of the reply's first line */
	const char *advice; /* further lines, separated by \n */
	const char *when;   /* a sentence for the manual */
};

/* Never NULL for 0 <= reason < REASON_COUNT. */
const struct reason_info *reason_info(enum reason reason);

const char *reason_name(enum reason reason);

/* Returns REASON_NONE for an unknown name. Upper case only. */
enum reason reason_from_name(const char *name);

/* "accept", "reject" or "tempfail". */
const char *outcome_name(enum outcome outcome);

#endif
