/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include "policy/structured.h"

bool structured_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool structured_is_control(char c)
{
	return ((unsigned char)c < ' ' && !structured_is_blank(c)) || c == 0x7f;
}

/* The octet behind the one that a backslash escapes, or NULL. */
static const char *skip_escaped(const char *text)
{
	return text[1] == '\0' || structured_is_control(text[1]) ? NULL
								 : text + 2;
}

static const char *skip_comment(const char *text)
{
	int depth = 0;

	do {
		if (*text == '\0' || structured_is_control(*text))
			return NULL;
		if (*text == '\\') {
			text = skip_escaped(text);
			if (text == NULL)
				return NULL;
			continue;
		}
		if (*text == '(' && ++depth > STRUCTURED_DEPTH)
			return NULL;
		if (*text == ')')
			depth--;
		text++;
	} while (depth > 0);
	return text;
}

const char *structured_skip(const char *text)
{
	while (text != NULL && (structured_is_blank(*text) || *text == '('))
		text = *text == '(' ? skip_comment(text) : text + 1;
	return text;
}

const char *structured_skip_quoted(const char *text)
{
	if (*text++ != '"')
		return NULL;
	while (text != NULL && *text != '"') {
		if (*text == '\0' || structured_is_control(*text))
			return NULL;
		text = *text == '\\' ? skip_escaped(text) : text + 1;
	}
	return text != NULL ? text + 1 : NULL;
}
