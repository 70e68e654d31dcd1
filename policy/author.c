/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include "policy/author.h"
#include "policy/structured.h"

struct scan {
	const struct address_form *form;
	char domain[ADDRESS_SIZE]; /* of the first address, once found */
	bool found;
	bool several;
	bool unreadable;
	bool colon;
	bool group;
};

static void take(struct scan *scan, const char *start, const char *end)
{
	char address[ADDRESS_SIZE];
	char canonical[ADDRESS_SIZE];
	size_t length = (size_t)(end - start);
	const char *domain;

	if (length >= sizeof(address)) {
		scan->unreadable = true;
		return;
	}
	memcpy(address, start, length);
	address[length] = '\0';
	if (address_canonical(address, scan->form, canonical) != ADDRESS_OK) {
		scan->unreadable = true;
		return;
	}
	domain = strrchr(canonical, '@') + 1;
	if (!scan->found)
		strcpy(scan->domain, domain);
	scan->several |= strcmp(scan->domain, domain) != 0;
	scan->found = true;
}

/* The octet behind the "<...>" at text, or NULL: it does not end. */
static const char *skip_angle(const char *text)
{
	for (text++; text != NULL && *text != '>';)
		if (*text == '"')
			text = structured_skip_quoted(text);
		else
			text = *text != '\0' ? text + 1 : NULL;
	return text != NULL ? text + 1 : NULL;
}

/* The octet behind the smallest part that begins at text, or NULL. */
static const char *skip_piece(const char *text)
{
	if (*text == '"')
		return structured_skip_quoted(text);
	if (*text == '<')
		return skip_angle(text);
	if (*text == '(' || structured_is_blank(*text))
		return structured_skip(text);
	return text + 1;
}

/* The end of an element of a list, or NULL. */
static const char *skip_element(
	struct scan *scan, const char *text, bool *has_angle_r)
{
	*has_angle_r = false;
	while (text != NULL && *text != '\0' && *text != ',' && *text != ';') {
		*has_angle_r |= *text == '<';
		scan->colon |= *text == ':';
		text = skip_piece(text);
	}
	return text;
}

/*
 * With brackets the address is in them, but some readers take what adjoins
 * them: "bank@y.example<a@x.example>".
 */
static void take_angles(struct scan *scan, const char *text, const char *end)
{
	const char *word = text;
	bool has_at = false;

	while (text < end) {
		const char *next = skip_piece(text);
		bool parts = *text == '<' || *text == '(' ||
			     structured_is_blank(*text);

		if (*text == '<' && has_at)
			take(scan, word, text);
		if (*text == '<')
			take(scan, text + 1, next - 1);
		if (parts)
			word = next;
		has_at = !parts && (has_at || *text == '@');
		text = next;
	}
}

/* Without brackets each word with an "@" is an address. */
static void take_words(struct scan *scan, const char *text, const char *end)
{
	const char *word = text;
	bool has_at = false;

	while (text < end) {
		const char *next = skip_piece(text);

		if (*text == ':' || *text == '(' ||
			structured_is_blank(*text)) {
			if (has_at)
				take(scan, word, text);
			word = next;
			has_at = false;
		}
		has_at |= *text == '@';
		text = next;
	}
	if (has_at)
		take(scan, word, end);
}

enum author author_read(const char *value, const struct address_form *form)
{
	struct scan scan = { .form = form };
	const char *text = value;

	for (;; text++) {
		bool has_angle;
		const char *end = skip_element(&scan, text, &has_angle);

		if (end == NULL)
			return AUTHOR_BROKEN;
		if (has_angle)
			take_angles(&scan, text, end);
		else
			take_words(&scan, text, end);
		text = end;
		scan.group |= *text == ';' && scan.colon;
		if (*text == '\0')
			break;
	}
	if (scan.group)
		return AUTHOR_GROUP;
	if (scan.several)
		return AUTHOR_SEVERAL;
	return scan.found && !scan.unreadable ? AUTHOR_CLEAR : AUTHOR_NONE;
}
