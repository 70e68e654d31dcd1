/* SPDX-License-Identifier: BSD-2-Clause */
/* A scratch directory with configuration files, for one test program. */
#ifndef TESTS_CONF_SCRATCH_H
#define TESTS_CONF_SCRATCH_H

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "policy/error.h"

static char scratch[256];
static char scratch_file[300]; /* "test.conf" in it */

/* Checked fixture: every test has a directory of its own. */
static inline void scratch_set_up(void)
{
	const char *parent = getenv("TMPDIR");

	snprintf(scratch, sizeof(scratch), "%s/test_conf.XXXXXX",
		parent ? parent : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(scratch));
	snprintf(scratch_file, sizeof(scratch_file), "%s/test.conf", scratch);
}

static inline void scratch_tear_down(void)
{
	DIR *dir = opendir(scratch);
	struct dirent *entry;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL)
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	rmdir(scratch);
}

static inline void scratch_write(const char *text, size_t length)
{
	FILE *out = fopen(scratch_file, "wb");

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite(text, 1, length, out), length);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_int_eq(chmod(scratch_file, 0644), 0);
}

/* The error must read "FILE:LINE: text" and hold what. */
static inline void scratch_expect(
	const struct error *error, unsigned line, const char *what)
{
	char start[400];

	snprintf(start, sizeof(start), "%s:%u: ", scratch_file, line);
	ck_assert_msg(strncmp(error->text, start, strlen(start)) == 0,
		"\"%s\" does not begin with \"%s\"", error->text, start);
	ck_assert_msg(strstr(error->text, what) != NULL,
		"\"%s\" does not hold \"%s\"", error->text, what);
	ck_assert_ptr_null(strchr(error->text, '\n'));
}

/*
 * Makes every setting of a sample active: those commented out begin with a #
 * that no blank follows.
 */
static inline void uncomment(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++)
		if (*text != '#' || text[1] == ' ' || text[1] == '\n')
			*to++ = *text;
	*to = '\0';
}

#endif
