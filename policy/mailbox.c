/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include "policy/mailbox.h"
#include "policy/structured.h"

static bool is_atom_char(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f &&
	       strchr("()<>[]:;@\\,\"", c) == NULL;
}

static const char *skip_atoms(const char *text)
{
	while (is_atom_char(*text))
		text++;
	return text;
}

static const char *skip_blanks(const char *text)
{
	while (structured_is_blank(*text))
		text++;
	return text;
}

/* The octet behind "[...]", or text when there is none. */
static const char *skip_literal(const char *text)
{
	const char *end = text + 1;

	while (is_atom_char(*end) || *end == ':')
		end++;
	return *end == ']' ? end + 1 : text;
}

/* The octet behind the address at text, or NULL. */
static const char *skip_address(const char *text)
{
	const char *domain;
	const char *end;

	end = *text == '"' ? structured_skip_quoted(text) : skip_atoms(text);
	if (end == NULL || end == text || *end != '@')
		return NULL;
	domain = end + 1;
	end = *domain == '[' ? skip_literal(domain) : skip_atoms(domain);
	return end != domain ? end : NULL;
}

/* The octet behind a name, if one is there; NULL: it cannot be read. */
static const char *skip_name(const char *text)
{
	while (text != NULL && *text != '<') {
		if (*text == '"')
			text = structured_skip_quoted(text);
		else if (*text == '(' || structured_is_blank(*text))
			text = structured_skip(text);
		else if (is_atom_char(*text))
			text++;
		else
			text = NULL;
	}
	return text;
}

/* Whether nothing but blanks and comments is left. */
static bool is_end(const char *text)
{
	text = structured_skip(text);
	return text != NULL && *text == '\0';
}

static bool take(const char *start, const char *end, char *address_r)
{
	size_t length = (size_t)(end - start);

	if (length >= ADDRESS_SIZE)
		return false;
	memcpy(address_r, start, length);
	address_r[length] = '\0';
	return true;
}

bool mailbox_address(const char *value, char *address_r)
{
	const char *text = structured_skip(value);
	const char *end;

	address_r[0] = '\0';
	if (text == NULL)
		return false;
	end = skip_address(text);
	if (end != NULL && is_end(end))
		return take(text, end, address_r);
	text = skip_name(text);
	if (text == NULL)
		return false;
	text = skip_blanks(text + 1);
	end = skip_address(text);
	if (end == NULL || *skip_blanks(end) != '>' ||
		!is_end(skip_blanks(end) + 1))
		return false;
	return take(text, end, address_r);
}
