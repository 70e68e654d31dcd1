/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <strings.h>
#include "policy/authres.h"
#include "policy/structured.h"

struct results {
	bool dmarc_passed;
	bool dmarc_else;
};

static bool is_token_char(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f &&
	       strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

static size_t token_length(const char *text)
{
	size_t n = 0;

	while (is_token_char(text[n]))
		n++;
	return n;
}

static bool is_word(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && strncasecmp(text, word, length) == 0;
}

/* Whether a word may end before c. */
static bool ends_word(char c)
{
	return c == '\0' || c == ';' || c == '(' || structured_is_blank(c);
}

bool authres_is_id(const char *name)
{
	size_t length = token_length(name);

	return length > 0 && length <= AUTHRES_ID_MAX && name[length] == '\0';
}

/* Writes a quoted string without quotes and escapes; false: it is too long. */
static bool unquote(const char *text, const char *end, char *out, size_t size)
{
	size_t n = 0;

	for (text++; text < end - 1; text++) {
		if (*text == '\\')
			text++;
		if (n + 1 == size)
			return false;
		out[n++] = *text;
	}
	out[n] = '\0';
	return true;
}

/* Reads the name of the server. Returns the octet behind it, or NULL. */
static const char *read_id(const char *text, char *id_r, size_t size)
{
	const char *end;

	if (*text == '"') {
		end = structured_skip_quoted(text);
		if (end == NULL || !unquote(text, end, id_r, size))
			return NULL;
	} else {
		size_t length = token_length(text);

		if (length == 0 || length >= size)
			return NULL;
		memcpy(id_r, text, length);
		id_r[length] = '\0';
		end = text + length;
	}
	return ends_word(*end) ? end : NULL;
}

/* Skips the version behind a name. NULL: it is none that we know. */
static const char *skip_version(const char *text)
{
	return text[0] == '1' && !is_token_char(text[1])
		       ? structured_skip(text + 1)
		       : NULL;
}

/* Skips reason and properties, to the ';' or the end. */
static const char *skip_properties(const char *text)
{
	while (text != NULL && *text != '\0' && *text != ';') {
		if (*text == '"')
			text = structured_skip_quoted(text);
		else if (*text == '(' || structured_is_blank(*text))
			text = structured_skip(text);
		else if (*text == ')' || *text == '\\' ||
			 structured_is_control(*text))
			text = NULL;
		else
			text++;
	}
	return text;
}

/*
 * Reads "dmarc = pass" behind its method, up to its properties. Anything else
 * than a plain pass counts as none.
 */
static const char *read_dmarc(const char *text, struct results *results)
{
	size_t length;

	text = structured_skip(text);
	if (text != NULL && *text == '/') {
		text = structured_skip(text + 1);
		text = text != NULL ? skip_version(text) : NULL;
	}
	if (text == NULL || *text != '=')
		return NULL;
	text = structured_skip(text + 1);
	if (text == NULL)
		return NULL;
	length = token_length(text);
	if (is_word(text, length, "pass") && ends_word(text[length]))
		results->dmarc_passed = true;
	else
		results->dmarc_else = true;
	return text + length;
}

/* Reads one result, or "none", or nothing. Returns its end, or NULL. */
static const char *read_result(const char *text, struct results *results)
{
	size_t length = token_length(text);

	if (length == 0 && *text != '\0' && *text != ';')
		return NULL;
	if (is_word(text, length, "dmarc"))
		return skip_properties(read_dmarc(text + length, results));
	return skip_properties(text + length);
}

static enum authres read_results(const char *text)
{
	struct results results = { 0 };

	text = structured_skip(text);
	if (text != NULL && *text != ';')
		text = skip_version(text);
	while (text != NULL && *text == ';') {
		text = structured_skip(text + 1);
		if (text != NULL)
			text = read_result(text, &results);
	}
	return text != NULL && *text == '\0' && results.dmarc_passed &&
			       !results.dmarc_else
		       ? AUTHRES_PASSED
		       : AUTHRES_NOTHING;
}

enum authres authres_read(const char *value, const struct strlist *servers)
{
	const char *text = structured_skip(value);
	char id[AUTHRES_ID_MAX + 1];

	text = text != NULL ? read_id(text, id, sizeof(id)) : NULL;
	for (size_t i = 0; text != NULL && i < servers->count; i++)
		if (strcasecmp(id, servers->items[i]) == 0)
			return strnlen(value, AUTHRES_VALUE_MAX + 1) >
					       AUTHRES_VALUE_MAX
				       ? AUTHRES_NOTHING
				       : read_results(text);
	return AUTHRES_FOREIGN;
}
