/* SPDX-License-Identifier: BSD-2-Clause */
/* Times as people and files write them. Pure. */
#ifndef CTL_TIMES_H
#define CTL_TIMES_H

#include <stdint.h>

#define TIMES_SIZE 24 /* octets of a formatted time, with NUL */

/*
 * Reads an RFC 3339 date ("2030-01-31": its first second), a date and time
 * ("2030-01-31T12:00:00+01:00"; UTC without a zone), or, when now is not
 * negative, a time from now ("90d"; s, m, h, d, w). Returns 0, or -1.
 */
int times_parse(const char *text, int64_t now, int64_t *time_r);

/* Writes "2030-01-31T12:00:00Z". */
void times_format(int64_t when, char text_r[TIMES_SIZE]);

int64_t times_now(void);

#endif
