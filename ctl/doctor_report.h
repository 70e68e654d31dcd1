/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What optoutctl doctor found. The findings are a table, finding.def: it makes
 * the enum, the names, and the list in the manual. One thread.
 */
#ifndef CTL_DOCTOR_REPORT_H
#define CTL_DOCTOR_REPORT_H

#include <stdbool.h>
#include <stddef.h>

enum severity {
	SEVERITY_ERROR,	  /* mail passes unfiltered, or does not pass at all */
	SEVERITY_WARNING, /* the filter is weaker than it could be */
	SEVERITY_NOTE,	  /* to know */
};

enum finding_id {
#define FINDING(id, ...) FINDING_##id,
#include "ctl/finding.def"
#undef FINDING
	FINDING_COUNT
};

struct finding_info {
	const char *name;
	enum severity severity;
	const char *when; /* whole sentences, for the manual */
};

/* Never NULL for 0 <= id < FINDING_COUNT. */
const struct finding_info *finding_info(enum finding_id id);

/* "error", "warning" or "note". */
const char *severity_name(enum severity severity);

/* Where something stands; line 0: the file as a whole. file may be NULL. */
struct place {
	const char *file;
	unsigned line;
};

struct report_item {
	enum finding_id id;
	char *file; /* "": nowhere */
	unsigned line;
	char *what;
	char *fix; /* the line to put there, or what to run; "" for none */
};

/* {0} is empty. */
struct report {
	struct report_item *findings;
	size_t count;
	bool failed; /* out of memory: something is missing */
};

/*
 * Adds a finding: what is wrong, formatted. The same id at the same line of a
 * file is added only once; then false, and a fix must not follow.
 */
bool report_add(struct report *report, enum finding_id id, struct place place,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Says of the finding that was added last how to mend it. */
void report_fix(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* How many findings of a severity there are. */
size_t report_count(const struct report *report, enum severity severity);

bool report_has(const struct report *report, enum finding_id id);

void report_fini(struct report *report);

#endif
