/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bodies that made readers of mail recurse, loop or grow where no limit holds
 * them: a unit, repeated up to a size. The tests read them, the bench times
 * them.
 */
#ifndef TESTS_HOSTILE_H
#define TESTS_HOSTILE_H

#include <stdlib.h>
#include <string.h>
#include "policy/message.h"

#define NAME_70                                                                \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                                  \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct hostile {
	const char *name, *type, *encoding, *unit;
	enum message_result result;
	const char *expected; /* NULL: any text */
} hostile[] = {
	{ "nested multiparts", "multipart/x;boundary=a", NULL,
		"--a\nContent-Type:multipart/x;boundary=a\n\n",
		MESSAGE_BEYOND_LIMITS, "" },
	{ "nested messages", "message/rfc822", NULL,
		"Content-Type:message/rfc822\n\n", MESSAGE_BEYOND_LIMITS, "" },
	{ "nested digests", "multipart/digest;boundary=a", NULL,
		"--a\n\nContent-Type:multipart/digest;boundary=a\n\n",
		MESSAGE_BEYOND_LIMITS, "" },
	{ "nested alternatives", "multipart/alternative;boundary=a", NULL,
		"--a\nContent-Type:multipart/alternative;boundary=a\n\nx\n",
		MESSAGE_BEYOND_LIMITS, "" },
	{ "many parts", "multipart/x;boundary=a", NULL, "--a\n\n\n",
		MESSAGE_BEYOND_LIMITS, "" },
	{ "many alternatives", "multipart/alternative;boundary=a", NULL,
		"--a\n\nx\n", MESSAGE_BEYOND_LIMITS, "x" },
	{ "near boundaries", "multipart/x;boundary=" NAME_70 "b", NULL,
		"--" NAME_70 "\n", MESSAGE_BEYOND_LIMITS, "" },
	{ "longer boundaries", "multipart/x;boundary=a", NULL, "--aa\n",
		MESSAGE_BEYOND_LIMITS, "" },
	{ "header of a part", "message/rfc822", NULL, "To: a:b:c:d:(((\n ",
		MESSAGE_OK, "" },
	{ "fields of a part", "message/rfc822", NULL, "a:\n", MESSAGE_OK, "" },
	{ "types of a part", "message/rfc822", NULL,
		"Content-Type:text/plain;charset=utf-8\n",
		MESSAGE_BEYOND_LIMITS, "" },
	{ "parameters", "message/rfc822", NULL,
		"Content-Type: text/plain; a*999999*=%zz;\n x=", MESSAGE_OK,
		"" },
	{ "base64", "text/plain", "base64", "AAAA", MESSAGE_OK, "" },
	{ "base64 without letters", "text/plain", "base64", "!\xff\n",
		MESSAGE_OK, "" },
	{ "base64 of padding", "text/plain", "base64", "=", MESSAGE_OK, NULL },
	{ "soft line ends", "text/plain", "quoted-printable", "=\r\n",
		MESSAGE_OK, "" },
	{ "quoted nothing", "text/plain", "quoted-printable", "=", MESSAGE_OK,
		NULL },
	{ "blanks", "text/plain", "quoted-printable", " ", MESSAGE_OK, NULL },
	{ "charset switches", "text/plain; charset=iso-2022-jp", NULL,
		"\x1b$B\x1b(J\x1b", MESSAGE_OK, NULL },
	{ "no characters", "text/plain; charset=utf-8", NULL, "\xe2\x80",
		MESSAGE_OK, NULL },
	{ "gb18030", "text/plain; charset=gb18030", NULL, "\x81\x30\x81",
		MESSAGE_OK, NULL },
	{ "nested HTML", "text/html", NULL, "<div>", MESSAGE_BEYOND_LIMITS,
		"" },
	{ "HTML tables", "text/html", NULL, "<table><tr><td>",
		MESSAGE_BEYOND_LIMITS, "" },
	{ "HTML ends", "text/html", NULL, "</p></i>", MESSAGE_OK, "" },
	{ "HTML comments", "text/html", NULL, "<!--", MESSAGE_OK, "" },
	{ "HTML quotes", "text/html", NULL, "<blockquote>x</blockquote>",
		MESSAGE_OK, NULL },
	{ "HTML references", "text/html; charset=utf-8", NULL, "&shy",
		MESSAGE_OK, NULL },
	{ "HTML attributes", "text/html", NULL, "<a b='c' ", MESSAGE_OK, NULL },
	{ "HTML of nothing", "text/html", NULL, "<", MESSAGE_OK, NULL },
	{ "HTML styles", "text/html", NULL, "<p style='display:none;a:b'>",
		MESSAGE_OK, "" },
};

#define HOSTILE_COUNT (sizeof(hostile) / sizeof(hostile[0]))

/* As many units as fit into size octets, in a block of just that length. */
static inline char *hostile_fill(
	const char *unit, size_t size, size_t *length_r)
{
	size_t step = strlen(unit);
	char *body = malloc(size / step * step);

	*length_r = size / step * step;
	for (size_t i = 0; body != NULL && i < *length_r; i += step)
		memcpy(body + i, unit, step);
	return body;
}

#endif
