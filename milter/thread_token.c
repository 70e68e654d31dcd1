/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter/thread_token.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Copies a token that ends before an "@". */
static bool take(const char *text, char token_r[TOKEN_SIZE])
{
	const size_t prefix = sizeof(TOKEN_PREFIX) - 1;
	size_t length = 0;

	while (isalnum((unsigned char)text[length]))
		length++;
	if (length != TOKEN_SIZE - 1 || text[length] != '@' ||
		strncasecmp(text, TOKEN_PREFIX, prefix) != 0)
		return false;
	memcpy(token_r, text, length);
	token_r[length] = '\0';
	return true;
}

bool thread_token_of_id(const char *id, char token_r[TOKEN_SIZE])
{
	return take(id, token_r);
}

bool thread_token_of_path(
	const char *path, char separator, char token_r[TOKEN_SIZE])
{
	const char *at = separator ? strchr(path, separator) : NULL;

	for (; at; at = strchr(at + 1, separator))
		if (take(at + 1, token_r))
			return true;
	return false;
}

int thread_token_references(const char *token, const char *address,
	const char *old, char *value_r, size_t size)
{
	const char *domain = strrchr(address, '@');
	size_t length = strlen(old);

	while (length > 0 && strchr(" \t\r\n", old[length - 1]))
		length--;
	if (!domain ||
		(size_t)snprintf(value_r, size, "%.*s%s<%s%s>", (int)length,
			old, length > 0 ? "\n\t" : "", token, domain) >= size)
		return -1;
	return 0;
}

int thread_token_address(const char *token, const char *address, char separator,
	char *value_r, size_t size)
{
	const char *domain = strrchr(address, '@');

	if (!domain || (size_t)snprintf(value_r, size, "%.*s%c%s%s",
			       (int)(domain - address), address, separator,
			       token, domain) >= size)
		return -1;
	return 0;
}
