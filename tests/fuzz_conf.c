/* SPDX-License-Identifier: BSD-2-Clause */
/* Any octets as a policy file: a policy, or an error that names the line. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses what it has of strings at a syntax error. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

static char directory[] = "/tmp/fuzz_conf.XXXXXX";
static char path[sizeof(directory) + sizeof("/policy.conf")];

static void clean_up(void)
{
	unlink(path);
	rmdir(directory);
}

static void prepare(void)
{
	if (path[0] != '\0')
		return;
	if (mkdtemp(directory) == NULL)
		abort();
	snprintf(path, sizeof(path), "%s/policy.conf", directory);
	atexit(clean_up);
}

static void write_file(const uint8_t *data, size_t size)
{
	FILE *out = fopen(path, "wb");

	if (out == NULL || fwrite(data, 1, size, out) != size ||
		fclose(out) != 0)
		abort();
}

/* Does text begin with "PATH:LINE: "? */
static int names_line(const char *text)
{
	size_t length = strlen(path);
	unsigned line = 0;
	int end = 0;

	return strncmp(text, path, length) == 0 &&
	       sscanf(text + length, ":%u: %n", &line, &end) == 1 && end > 0 &&
	       line > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct address_form form = { .fold_case = true };
	struct error error = { 0 };
	struct policy *policy;

	prepare();
	write_file(data, size);
	policy = conf_load_policy(path, &form, &error);
	if (policy == NULL && !names_line(error.text))
		abort();
	policy_free(&policy);
	return 0;
}
