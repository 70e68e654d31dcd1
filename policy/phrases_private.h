/* SPDX-License-Identifier: BSD-2-Clause */
/* What phrases.c and pattern.c share. */
#ifndef POLICY_PHRASES_PRIVATE_H
#define POLICY_PHRASES_PRIVATE_H

#include "policy/matcher.h"
#include "policy/phrases.h"

struct pattern; /* a compiled regular expression */

/* NULL with error set. */
struct pattern *pattern_new(const char *regex, struct error *error);
void pattern_free(struct pattern **pattern);

/* Appends each place where it matches within one sentence. */
enum find_result pattern_find(const struct pattern *pattern,
	const struct phrase *phrase, const struct phrase_text *text,
	struct findings *findings);

/* Returns 0, or -1 when out of memory. */
int findings_add(struct findings *findings, const struct finding *finding);

#endif
