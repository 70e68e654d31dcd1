/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include "policy/style.h"

enum {
	GONE_DISPLAY = 1 << 0,
	GONE_VISIBILITY = 1 << 1,
	GONE_FONT = 1 << 2,
	GONE_OPACITY = 1 << 3,
	GONE_MSO = 1 << 4,
	NO_SIZE = 1 << 5,
	NO_OVERFLOW = 1 << 6,
};

#define GONE                                                                   \
	(GONE_DISPLAY | GONE_VISIBILITY | GONE_FONT | GONE_OPACITY | GONE_MSO)

/* A value NULL stands for a zero with or without a unit. */
static const struct rule {
	const char *property;
	const char *value;
	unsigned bit;
} rules[] = {
	{ "display", "none", GONE_DISPLAY },
	{ "visibility", "hidden", GONE_VISIBILITY },
	{ "visibility", "collapse", GONE_VISIBILITY },
	{ "font-size", NULL, GONE_FONT },
	{ "opacity", NULL, GONE_OPACITY },
	{ "mso-hide", "all", GONE_MSO },
	{ "width", NULL, NO_SIZE },
	{ "height", NULL, NO_SIZE },
	{ "max-width", NULL, NO_SIZE },
	{ "max-height", NULL, NO_SIZE },
	{ "overflow", "hidden", NO_OVERFLOW },
};

struct slice {
	const char *start, *end;
};

static bool is_blank(char c)
{
	return isspace((unsigned char)c);
}

static struct slice trim(const char *start, const char *end)
{
	while (start < end && is_blank(*start))
		start++;
	while (end > start && is_blank(end[-1]))
		end--;
	return (struct slice){ start, end };
}

static bool equals(struct slice slice, const char *text)
{
	size_t length = slice.end - slice.start;

	return length == strlen(text) &&
	       !strncasecmp(slice.start, text, length);
}

static bool is_zero(struct slice value)
{
	const char *p = value.start;

	if (p == value.end || (*p != '0' && *p != '.'))
		return false;
	while (p < value.end && (*p == '0' || *p == '.'))
		p++;
	while (p < value.end && (isalpha((unsigned char)*p) || *p == '%'))
		p++;
	return p == value.end;
}

/* The last declaration of a property counts. */
static void apply(struct slice property, struct slice value, unsigned *bits)
{
	unsigned cleared = 0, set = 0;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!equals(property, rules[i].property))
			continue;
		/* Width and height share a bit: none clears the other's. */
		if (rules[i].bit != NO_SIZE)
			cleared |= rules[i].bit;
		if (rules[i].value ? equals(value, rules[i].value)
				   : is_zero(value))
			set |= rules[i].bit;
	}
	*bits = (*bits & ~cleared) | set;
}

static void declare(const char *start, const char *end, unsigned *bits)
{
	const char *colon = memchr(start, ':', end - start);
	const char *important;

	if (!colon)
		return;
	important = memchr(colon, '!', end - colon);
	apply(trim(start, colon), trim(colon + 1, important ? important : end),
		bits);
}

bool style_is_hidden(const char *style)
{
	unsigned bits = 0;

	while (*style) {
		const char *end = style + strcspn(style, ";");

		declare(style, end, &bits);
		style = *end ? end + 1 : end;
	}
	return (bits & GONE) || ((bits & NO_SIZE) && (bits & NO_OVERFLOW));
}
