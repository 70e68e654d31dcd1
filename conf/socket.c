/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets in libmilter's and in Postfix's spelling. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conf/conf.h"

static int parse_unix(
	const char *path, struct socket_spec *spec, struct error *error)
{
	size_t length = strlen(path);

	spec->family = SOCKET_UNIX;
	if (path[0] != '/')
		return error_set(error,
			"the path of a unix socket must be absolute: "
			"unix:/run/optout-milter/milter.sock");
	if (length >= sizeof(spec->path))
		return error_set(error,
			"the path of a unix socket has at most %zu octets",
			sizeof(spec->path) - 1);
	if (strpbrk(path, " \t\n,{}") != NULL)
		return error_set(error, "the path of a unix socket must not "
					"hold blanks, commas or braces");
	if (path[length - 1] == '/')
		return error_set(
			error, "\"%s\" is a directory; name the socket", path);
	memcpy(spec->path, path, length + 1);
	return 0;
}

static int parse_port(const char *text, size_t length, struct socket_spec *spec,
	struct error *error)
{
	unsigned long port = 0;
	size_t i;

	for (i = 0; i < length && i < 6; i++) {
		if (text[i] < '0' || text[i] > '9')
			break;
		port = 10 * port + (text[i] - '0');
	}
	if (i < length || port == 0 || port > 65535)
		return error_set(error, "\"%.*s\" is no port from 1 to 65535",
			(int)length, text);
	spec->port = port;
	return 0;
}

/* Takes a host, maybe in brackets. */
static int parse_host(const char *host, size_t length, struct socket_spec *spec,
	struct error *error)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789.:-_%";
	bool has_brackets =
		length > 2 && host[0] == '[' && host[length - 1] == ']';

	if (has_brackets) {
		host++;
		length -= 2;
	}
	if (length == 0)
		return error_set(error,
			"a host is missing; write inet:PORT@127.0.0.1, or "
			"inet:PORT@0.0.0.0 for every address");
	if (length >= sizeof(spec->host) || strspn(host, allowed) < length)
		return error_set(error, "\"%.*s\" is no host",
			length < 80 ? (int)length : 80, host);
	memcpy(spec->host, host, length);
	spec->host[length] = '\0';
	if (has_brackets || strchr(spec->host, ':') != NULL)
		spec->family = SOCKET_INET6;
	return 0;
}

/* libmilter's PORT@HOST, Postfix's HOST:PORT or [HOST]:PORT. */
static int parse_inet(
	const char *text, struct socket_spec *spec, struct error *error)
{
	const char *at = strchr(text, '@'), *colon = strrchr(text, ':');

	if (at != NULL) {
		if (parse_port(text, at - text, spec, error) < 0)
			return -1;
		return parse_host(at + 1, strlen(at + 1), spec, error);
	}
	if (colon == NULL)
		return parse_host("", 0, spec, error);
	if (memchr(text, ':', colon - text) != NULL && text[0] != '[')
		return error_set(error,
			"write an IPv6 address as inet:[%.*s]%s",
			(int)(colon - text), text, colon);
	if (parse_port(colon + 1, strlen(colon + 1), spec, error) < 0)
		return -1;
	return parse_host(text, colon - text, spec, error);
}

/* Returns what follows prefix in text, or NULL. */
static const char *after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

int conf_parse_socket(
	const char *text, struct socket_spec *spec_r, struct error *error)
{
	const char *rest;

	memset(spec_r, 0, sizeof(*spec_r));
	if (text[0] == '/')
		return parse_unix(text, spec_r, error);
	if ((rest = after(text, "unix:")) != NULL ||
		(rest = after(text, "local:")) != NULL)
		return parse_unix(rest, spec_r, error);
	spec_r->family = SOCKET_INET;
	if ((rest = after(text, "inet:")) != NULL)
		return parse_inet(rest, spec_r, error);
	spec_r->family = SOCKET_INET6;
	if ((rest = after(text, "inet6:")) != NULL)
		return parse_inet(rest, spec_r, error);
	return error_set(error,
		"\"%.80s\" is no socket; write unix:/path, inet:PORT@HOST, "
		"inet6:PORT@HOST or inet:HOST:PORT",
		text);
}

void conf_socket_for_postfix(
	const struct socket_spec *spec, char *text_r, size_t size)
{
	bool is_literal = strchr(spec->host, ':') != NULL;

	if (spec->family == SOCKET_UNIX)
		snprintf(text_r, size, "unix:%s", spec->path);
	else
		snprintf(text_r, size, "inet:%s%s%s:%u", is_literal ? "[" : "",
			spec->host, is_literal ? "]" : "",
			(unsigned)spec->port);
}
