/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A first look at the text of a file. libconfig 1.5 follows @include to any
 * file, nests without a bound, wraps large numbers round, drops NULs, ignores
 * the rest of the file after an open comment, takes quadratic time for many
 * settings, and gives list items the line of the token after them.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "conf/conf_private.h"

struct scan {
	const char *name;
	const char *at, *end;
	unsigned line;
	unsigned depth;
	unsigned settings;
	bool after_string; /* adjacent strings are one */
	struct string_lines *lines;
	struct error *error;
};

static int fail(const struct scan *scan, const char *what)
{
	return error_set(
		scan->error, "%s:%u: %s", scan->name, scan->line, what);
}

static bool at(const struct scan *scan, const char *token)
{
	size_t length = strlen(token);

	return (size_t)(scan->end - scan->at) >= length &&
	       memcmp(scan->at, token, length) == 0;
}

static int check_octets(struct scan *scan)
{
	const char *p;

	for (p = scan->at; p < scan->end; p++) {
		if (*p == '\n')
			scan->line++;
		else if (*p == '\r')
			return fail(scan, "a line ends with CR LF; convert "
					  "the file to plain line ends");
		else if (*p == '\0')
			return fail(scan, "NUL octet; this is not a text file");
	}
	scan->line = 1;
	return 0;
}

static int note_string(struct scan *scan)
{
	struct string_lines *lines = scan->lines;
	size_t size = lines->size ? 2 * lines->size : 64;
	unsigned *grown;

	if (scan->after_string)
		return 0;
	scan->after_string = true;
	if (lines->count == lines->size) {
		grown = reallocarray(lines->lines, size, sizeof(*grown));
		if (grown == NULL)
			return fail(scan, "out of memory");
		lines->lines = grown;
		lines->size = size;
	}
	lines->lines[lines->count++] = scan->line;
	return 0;
}

static int scan_string(struct scan *scan)
{
	if (note_string(scan) < 0)
		return -1;
	for (scan->at++; scan->at < scan->end; scan->at++) {
		if (*scan->at == '"') {
			scan->at++;
			return 0;
		}
		if (*scan->at == '\n')
			break;
		if (at(scan, "\\x00") || at(scan, "\\X00"))
			return fail(scan, "a string holds \\x00");
		if (at(scan, "\\\"") || at(scan, "\\\\"))
			scan->at++;
	}
	return fail(scan, "a string is not closed on its line; "
			  "long ones may be written as several: \"a\" \"b\"");
}

static void skip_line(struct scan *scan)
{
	while (scan->at < scan->end && *scan->at != '\n')
		scan->at++;
}

static int skip_comment(struct scan *scan)
{
	unsigned line = scan->line;

	for (scan->at += 2; !at(scan, "*/"); scan->at++) {
		if (scan->at == scan->end) {
			scan->line = line;
			return fail(scan, "a comment is not closed; add */");
		}
		if (*scan->at == '\n')
			scan->line++;
	}
	scan->at += 2;
	return 0;
}

static bool is_name(int c)
{
	return isalnum(c) || c == '_' || c == '-' || c == '*';
}

static void skip_name(struct scan *scan)
{
	while (scan->at < scan->end && is_name((unsigned char)*scan->at))
		scan->at++;
	scan->after_string = false;
}

static int scan_number(struct scan *scan)
{
	const char *start = scan->at;
	bool hex = at(scan, "0x") || at(scan, "0X");
	unsigned long long number, max;
	char *end;

	errno = 0;
	number = strtoull(start, &end, hex ? 16 : 10);
	skip_name(scan);
	max = *end == 'L' ? LLONG_MAX : INT_MAX;
	if (errno == ERANGE || number > max)
		return fail(scan, "a number is too large; sizes and durations "
				  "may be written as \"16G\" or \"90d\"");
	return 0;
}

static int scan_punctuation(struct scan *scan)
{
	char c = *scan->at++;

	if (c == '\n')
		scan->line++;
	if (isspace((unsigned char)c))
		return 0;
	scan->after_string = false;
	if (strchr("([{", c) && ++scan->depth > SCAN_DEPTH_MAX)
		return fail(scan, "nested too deep");
	if (strchr(")]}", c) && scan->depth > 0)
		scan->depth--;
	if (strchr("=:", c) && ++scan->settings > SCAN_SETTINGS_MAX)
		return fail(scan, "too many settings");
	if (c == '@')
		return fail(scan, "@include is not supported; "
				  "write all settings into this file");
	return 0;
}

static int scan_token(struct scan *scan)
{
	if (*scan->at == '"')
		return scan_string(scan);
	if (at(scan, "/*"))
		return skip_comment(scan);
	if (*scan->at == '#' || at(scan, "//")) {
		skip_line(scan);
		return 0;
	}
	if (isdigit((unsigned char)*scan->at))
		return scan_number(scan);
	if (isalpha((unsigned char)*scan->at) || *scan->at == '*') {
		skip_name(scan);
		return 0;
	}
	return scan_punctuation(scan);
}

int scan_text(const char *name, const char *text, size_t length,
	struct string_lines *lines_r, struct error *error)
{
	struct scan scan = {
		.name = name,
		.at = text,
		.end = text + length,
		.line = 1,
		.lines = lines_r,
		.error = error,
	};

	if (check_octets(&scan) < 0)
		return -1;
	while (scan.at < scan.end)
		if (scan_token(&scan) < 0)
			return -1;
	return 0;
}
