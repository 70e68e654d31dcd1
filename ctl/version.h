/* SPDX-License-Identifier: BSD-2-Clause */
/* Versions of mail servers, e.g. "3.7.11". Pure. */
#ifndef CTL_VERSION_H
#define CTL_VERSION_H

#include <stdbool.h>

#define VERSION_PARTS 3

struct version {
	int part[VERSION_PARTS]; /* all 0: unknown */
};

/* Reads the numbers at the beginning of text. Returns 0, or -1: none. */
int version_parse(const char *text, struct version *version_r);

/* As strcmp(). */
int version_compare(const struct version *a, const struct version *b);

bool version_is_known(const struct version *version);

/*
 * Whether version has what came with one of fixes, each for its own branch
 * (the first two parts), oldest first; a branch above the last has it.
 */
bool version_has_fix(const struct version *version, const struct version *fixes,
	unsigned count);

#endif
