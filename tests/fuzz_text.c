/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <glib.h>
#include "policy/author.h"
#include "policy/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
	if (!holds)
		abort();
}

static void check_line(const char *text)
{
	check(g_utf8_validate(text, -1, NULL));
	check(!strpbrk(text, "\r\n\t\v\f\x7f\x1b"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct address_form form = { .fold_case = true };
	char *value = malloc(size + 1);
	char *decoded, *normalized;

	if (!value)
		return 0;
	memcpy(value, data, size);
	value[size] = '\0';
	decoded = text_decode_header(value);
	normalized = text_normalize((const char *)data, size);
	check(decoded && normalized);
	check_line(decoded);
	check_line(normalized);
	check(!strstr(normalized, "  "));
	author_read(value, &form);
	free(normalized);
	free(decoded);
	free(value);
	return 0;
}
