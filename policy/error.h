/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An error as a value: it travels up through out-parameters and is logged
 * or printed once, at the top.
 */
#ifndef POLICY_ERROR_H
#define POLICY_ERROR_H

struct error {
	char key[80];	/* dotted name of the setting at fault, or "" */
	char text[512]; /* what is wrong and what to do, one line */
};

/* Formats text; key becomes "". error may be NULL. Always returns -1. */
int error_set(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* As error_set(), and names the setting at fault. */
int error_set_key(struct error *error, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
