/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <idn2.h>
#include "policy/address.h"
#include "policy/text.h"

#define LOCAL_MAX 255 /* octets; longer ones exist in the field, as VERP */
#define DOMAIN_MAX 255
#define LABEL_MAX 63

/* The characters of RFC 5322's atext that are not letters or digits. */
static const char atext_marks[] = "!#$%&'*+-/=?^_`{|}~";

struct span {
	const char *start;
	size_t length;
};

static bool is_utf8(const char *text, size_t length)
{
	const unsigned char *p = (const unsigned char *)text;
	const unsigned char *end = p + length;

	while (p < end) {
		int more = *p < 0x80		      ? 0
			   : *p >= 0xc2 && *p <= 0xdf ? 1
			   : *p >= 0xe0 && *p <= 0xef ? 2
			   : *p >= 0xf0 && *p <= 0xf4 ? 3
						      : -1;

		if (more < 0 || end - p <= more)
			return false;
		if ((*p == 0xe0 && p[1] < 0xa0) ||
			(*p == 0xed && p[1] > 0x9f) ||
			(*p == 0xf0 && p[1] < 0x90) ||
			(*p == 0xf4 && p[1] > 0x8f))
			return false;
		for (p++; more > 0; more--, p++)
			if ((*p & 0xc0) != 0x80)
				return false;
	}
	return true;
}

static bool is_atom_char(unsigned char c)
{
	return isalnum(c) || c >= 0x80 || strchr(atext_marks, c) != NULL;
}

/* Drops blanks, one pair of angle brackets and a source route. */
static struct span strip_path(const char *path)
{
	struct span s = { path, strlen(path) };

	while (s.length > 0 && isspace((unsigned char)*s.start))
		s.start++, s.length--;
	while (s.length > 0 && isspace((unsigned char)s.start[s.length - 1]))
		s.length--;
	if (s.length >= 2 && s.start[0] == '<' && s.start[s.length - 1] == '>')
		s.start++, s.length -= 2;
	if (s.length > 0 && s.start[0] == '@') {
		const char *colon = memchr(s.start, ':', s.length);

		if (colon != NULL) {
			s.length -= (size_t)(colon + 1 - s.start);
			s.start = colon + 1;
		}
	}
	return s;
}

/*
 * Reads a quoted local part, without its quotes and escapes, into text_r of
 * LOCAL_MAX + 1 octets. Returns the octets read, or 0: malformed.
 */
static size_t read_quoted(struct span s, char *text_r)
{
	size_t n = 0;

	for (size_t i = 1; i < s.length; i++) {
		unsigned char c = (unsigned char)s.start[i];

		if (c == '"') {
			text_r[n] = '\0';
			return i + 1;
		}
		if (c == '\\' && ++i < s.length)
			c = (unsigned char)s.start[i];
		if (c < ' ' || c == 0x7f || n == LOCAL_MAX)
			return 0;
		text_r[n++] = (char)c;
	}
	return 0;
}

/* As read_quoted(), for a local part without quotes. Dots may stand anywhere:
 * such addresses are in use. */
static size_t read_plain(struct span s, char *text_r)
{
	size_t n = 0;

	while (n < s.length && (is_atom_char((unsigned char)s.start[n]) ||
				       s.start[n] == '.')) {
		if (n == LOCAL_MAX)
			return 0;
		text_r[n] = s.start[n];
		n++;
	}
	text_r[n] = '\0';
	return n;
}

static bool needs_quotes(const char *local)
{
	for (; *local != '\0'; local++)
		if (!is_atom_char((unsigned char)*local) && *local != '.')
			return true;
	return false;
}

/* Letters beyond ASCII: composed alike, and folded alike. */
static int fold_unicode(char *local, bool fold_case)
{
	char *normal = text_normalize(local, strlen(local));
	char *folded =
		normal != NULL && fold_case ? text_casefold(normal) : NULL;
	const char *result = fold_case ? folded : normal;
	int rc = -1;

	if (result != NULL && strlen(result) <= LOCAL_MAX) {
		strcpy(local, result);
		rc = 0;
	}
	free(normal);
	free(folded);
	return rc;
}

static int apply_form(char *local, const struct address_form *form)
{
	char *tag = NULL;

	for (const char *p = local; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80) {
			if (fold_unicode(local, form->fold_case) < 0)
				return -1;
			break;
		}

	if (form->fold_case)
		for (char *p = local; *p != '\0'; p++)
			*p = (char)tolower((unsigned char)*p);
	if (form->tag_separator != '\0' && local[0] != '\0')
		tag = strchr(local + 1, form->tag_separator);
	if (tag != NULL)
		*tag = '\0';
	return 0;
}

/* Writes local, in quotes where it needs them. Returns the end, or NULL. */
static char *write_local(const char *local, char *out)
{
	char *limit = out + LOCAL_MAX;
	bool quoted = needs_quotes(local);

	if (quoted)
		*out++ = '"';
	for (; *local != '\0'; local++) {
		if (*local == '"' || *local == '\\')
			*out++ = '\\';
		*out++ = *local;
		if (out + quoted > limit)
			return NULL;
	}
	if (quoted)
		*out++ = '"';
	*out = '\0';
	return out;
}

static bool labels_are_sane(const char *domain)
{
	size_t label = 0;

	for (; *domain != '\0'; domain++) {
		unsigned char c = (unsigned char)*domain;

		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if (!(isalnum(c) || c == '-' || c == '_') ||
			   ++label > LABEL_MAX) {
			return false;
		}
	}
	return label > 0;
}

static bool is_literal(const char *domain, size_t length)
{
	if (length < 3 || domain[0] != '[' || domain[length - 1] != ']')
		return false;
	for (size_t i = 1; i + 1 < length; i++)
		if (!isalnum((unsigned char)domain[i]) &&
			strchr(".:-", domain[i]) == NULL)
			return false;
	return true;
}

/*
 * Sendmail takes a host name in brackets, too: the host itself, whatever
 * its mail exchangers are. Dropped, so that it is the same domain.
 */
static struct span without_brackets(struct span s)
{
	bool is_name = false;

	for (size_t i = 0; i < s.length; i++) {
		is_name |= isalpha((unsigned char)s.start[i]) != 0;
		if (s.start[i] == ':')
			return s;
	}
	return is_name ? (struct span){ s.start + 1, s.length - 2 } : s;
}

/* Writes the domain lower case and as A-labels. Returns 0 or -1. */
static int write_domain(struct span s, char *out)
{
	char buffer[DOMAIN_MAX + 1];
	char *ascii = NULL;
	bool literal = is_literal(s.start, s.length);

	if (literal) {
		s = without_brackets(s);
		literal = s.start[0] == '[';
	}
	if (s.length > 1 && s.start[s.length - 1] == '.')
		s.length--;
	if (s.length == 0 || s.length > DOMAIN_MAX ||
		memchr(s.start, '\0', s.length) != NULL)
		return -1;
	memcpy(buffer, s.start, s.length);
	buffer[s.length] = '\0';
	for (size_t i = 0; i < s.length; i++) {
		if ((unsigned char)buffer[i] >= 0x80) {
			if (idn2_lookup_u8((const uint8_t *)buffer,
				    (uint8_t **)&ascii,
				    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) !=
				IDN2_OK)
				return -1;
			break;
		}
	}
	if (ascii != NULL && strlen(ascii) <= DOMAIN_MAX)
		strcpy(buffer, ascii);
	idn2_free(ascii);
	for (char *p = buffer; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	if (!literal && !labels_are_sane(buffer))
		return -1;
	strcpy(out, buffer);
	return 0;
}

/*
 * Mail servers take "site!user", "user%site" and "user@site" in a local part
 * for the address user@site. Writes that address, or returns -1.
 */
static int unroute(const char *local, char address_r[LOCAL_MAX + 2])
{
	const char *bang = strchr(local, '!');
	const char *at = strrchr(local, '@');

	if (at == NULL && bang != NULL) {
		snprintf(address_r, LOCAL_MAX + 2, "%s@%.*s", bang + 1,
			(int)(bang - local), local);
		return 0;
	}
	if (at == NULL)
		at = strrchr(local, '%');
	if (at == NULL)
		return -1;
	snprintf(address_r, LOCAL_MAX + 2, "%.*s@%s", (int)(at - local), local,
		at + 1);
	return 0;
}

static enum address_result canonical(
	struct span s, const struct address_form *form, char *canonical_r)
{
	char local[LOCAL_MAX + 1];
	char address[LOCAL_MAX + 2];
	bool quoted = s.length > 0 && s.start[0] == '"';
	size_t used;
	char *out;

	canonical_r[0] = '\0';
	if (s.length == 0)
		return ADDRESS_NULL;
	used = quoted ? read_quoted(s, local) : read_plain(s, local);
	if (used == 0 || local[0] == '\0' || !is_utf8(local, strlen(local)))
		return ADDRESS_INVALID;
	if (used == s.length && unroute(local, address) == 0)
		return canonical((struct span){ address, strlen(address) },
			form, canonical_r);
	if (used == s.length || s.start[used] != '@')
		return ADDRESS_INVALID;
	if (apply_form(local, form) < 0 || local[0] == '\0')
		return ADDRESS_INVALID;
	out = write_local(local, canonical_r);
	s.start += used + 1;
	s.length -= used + 1;
	if (out != NULL) {
		*out++ = '@';
		if (write_domain(s, out) == 0)
			return ADDRESS_OK;
	}
	canonical_r[0] = '\0';
	return ADDRESS_INVALID;
}

enum address_result address_canonical(
	const char *path, const struct address_form *form, char *canonical_r)
{
	return canonical(strip_path(path), form, canonical_r);
}

bool address_routed(
	const char *address, const struct address_form *form, char *inner_r)
{
	struct span s = { address, strlen(address) };
	char local[LOCAL_MAX + 1];
	char inner[LOCAL_MAX + 2];
	size_t used = address[0] == '"' ? read_quoted(s, local)
					: read_plain(s, local);

	return used > 0 && unroute(local, inner) == 0 &&
	       address_canonical(inner, form, inner_r) == ADDRESS_OK;
}

void address_canonical_seller(
	const char *name, const struct address_form *form, char *canonical_r)
{
	if (address_canonical(name, form, canonical_r) == ADDRESS_OK)
		return;
	snprintf(canonical_r, ADDRESS_SIZE, "%s", name);
	for (char *p = canonical_r; form->fold_case && *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
}
