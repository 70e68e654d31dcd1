/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "ctl/milter_list.h"
#include "ctl/postfix_conf.h"

#define PATH_SIZE 4200

static void copy(char *to, size_t size, const char *from, size_t length)
{
	snprintf(to, size, "%.*s", (int)(length < size ? length : size - 1),
		from);
}

/* "name=value" of an item in braces. */
static void take_attribute(
	struct milter_item *item, const char *text, size_t length)
{
	const struct {
		const char *name;
		char *to;
	} attributes[] = {
		{ "default_action", item->default_action },
		{ "protocol", item->protocol },
		{ "connect_timeout", item->connect_timeout },
		{ "command_timeout", item->command_timeout },
		{ "content_timeout", item->content_timeout },
	};
	char pair[64];
	char *equals, *name, *value;

	copy(pair, sizeof(pair), text, length);
	name = pair + strspn(pair, "{ \t");
	equals = strchr(name, '=');
	if (equals == NULL)
		return;
	value = equals + 1 + strspn(equals + 1, " \t");
	name[strcspn(name, " \t=")] = '\0';
	value[strcspn(value, " \t}")] = '\0';
	for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes); i++) {
		if (!strcmp(attributes[i].name, name))
			copy(attributes[i].to, sizeof(item->protocol), value,
				strlen(value));
	}
}

bool milter_list_next(const char **text, struct milter_item *item_r)
{
	const char *item, *part, *rest;
	size_t length = postfix_next_item(text, &item);
	char inner[1000];

	memset(item_r, 0, sizeof(*item_r));
	if (length == 0)
		return false;
	if (item[0] != '{') {
		copy(item_r->socket, sizeof(item_r->socket), item, length);
		return true;
	}
	copy(inner, sizeof(inner), item + 1,
		item[length - 1] == '}' ? length - 2 : length - 1);
	rest = inner;
	length = postfix_next_item(&rest, &part);
	copy(item_r->socket, sizeof(item_r->socket), part, length);
	while ((length = postfix_next_item(&rest, &part)) > 0)
		take_attribute(item_r, part, length);
	return true;
}

bool milter_is_loopback(const char *host)
{
	return !strcasecmp(host, "localhost") ||
	       !strcasecmp(host, "localhost.localdomain") ||
	       !strncmp(host, "127.", 4) || !strcmp(host, "::1");
}

static bool is_any_host(const char *host)
{
	return *host == '\0' || !strcmp(host, "0.0.0.0") || !strcmp(host, "::");
}

bool milter_same_host(const char *a, const char *b)
{
	if (is_any_host(a) || is_any_host(b) || !strcasecmp(a, b))
		return true;
	return milter_is_loopback(a) && milter_is_loopback(b) &&
	       (!strcasecmp(a, "localhost") || !strcasecmp(b, "localhost"));
}

/*
 * Writes a path without what does not change it: "//", "/./", and /var/run,
 * which is /run.
 */
static void normalize(const char *path, char text_r[PATH_SIZE])
{
	size_t length = 0;

	if (!strncmp(path, "/var/run/", 9))
		path += 4;
	while (*path != '\0' && length + 1 < PATH_SIZE) {
		if (path[0] == '/' && path[1] == '/')
			path++;
		else if (path[0] == '/' && path[1] == '.' && path[2] == '/')
			path += 2;
		else
			text_r[length++] = *path++;
	}
	text_r[length] = '\0';
}

static bool same_path(const char *a, const char *b)
{
	char x[PATH_SIZE], y[PATH_SIZE];

	normalize(a, x);
	normalize(b, y);
	return !strcmp(x, y);
}

/* The last two parts: "optout-milter/milter.sock". */
static const char *end_of_path(const char *path)
{
	const char *at = path + strlen(path);

	for (int slashes = 0; at > path && slashes < 2; at--)
		slashes += at[-1] == '/';
	return *at == '/' ? at + 1 : at;
}

static enum milter_match match_path(const char *path,
	const struct milter_view *view, const struct socket_spec *daemon)
{
	char below[PATH_SIZE];
	bool from_queue, from_root;

	if (daemon->family != SOCKET_UNIX)
		return strstr(path, "optout") ? MILTER_SIMILAR : MILTER_OTHER;
	snprintf(below, sizeof(below), "%.2000s/%.2000s", view->queue_directory,
		path);
	from_queue = same_path(below, daemon->path);
	from_root = *path == '/' && same_path(path, daemon->path);
	if (*path != '/' || view->chroot ? from_queue : from_root)
		return MILTER_OURS;
	if (from_queue || from_root)
		return MILTER_CHROOT;
	return strstr(path, "optout") || !strcmp(end_of_path(path),
						 end_of_path(daemon->path))
		       ? MILTER_SIMILAR
		       : MILTER_OTHER;
}

/* "host:port", "[host]:port" or "port". */
static enum milter_match match_inet(
	const char *text, const struct socket_spec *daemon)
{
	const char *colon = strrchr(text, ':');
	const char *host = text;
	char name[256] = "localhost", port[16];

	if (daemon->family == SOCKET_UNIX)
		return strstr(text, "optout") ? MILTER_SIMILAR : MILTER_OTHER;
	if (colon != NULL && *host == '[' && colon[-1] == ']')
		copy(name, sizeof(name), host + 1, colon - host - 2);
	else if (colon != NULL)
		copy(name, sizeof(name), host, colon - host);
	snprintf(port, sizeof(port), "%u", (unsigned)daemon->port);
	if (strcmp(colon ? colon + 1 : text, port) != 0)
		return strstr(text, "optout") ? MILTER_SIMILAR : MILTER_OTHER;
	return milter_same_host(name, daemon->host) ? MILTER_OURS
						    : MILTER_SIMILAR;
}

enum milter_match milter_match(const char *socket,
	const struct milter_view *view, const struct socket_spec *daemon)
{
	if (!strncmp(socket, "unix:", 5))
		return match_path(socket + 5, view, daemon);
	if (!strncmp(socket, "local:", 6))
		return match_path(socket + 6, view, daemon);
	if (!strncmp(socket, "inet:", 5))
		return match_inet(socket + 5, daemon);
	return strstr(socket, "optout") ? MILTER_SIMILAR : MILTER_OTHER;
}

enum milter_match milter_list_find(const char *list,
	const struct milter_view *view, const struct socket_spec *daemon,
	struct milter_item *item_r, size_t *before_r)
{
	enum milter_match best = MILTER_OTHER, match;
	struct milter_item item;
	size_t count = 0;

	memset(item_r, 0, sizeof(*item_r));
	*before_r = 0;
	for (; milter_list_next(&list, &item); count++) {
		match = milter_match(item.socket, view, daemon);
		if (match > best) {
			best = match;
			*item_r = item;
			*before_r = count;
		}
	}
	return best;
}

void milter_spell(const struct socket_spec *daemon, const char *queue_directory,
	char *text_r, size_t size)
{
	size_t length = strlen(queue_directory);

	while (length > 1 && queue_directory[length - 1] == '/')
		length--;
	if (daemon->family == SOCKET_UNIX &&
		!strncmp(daemon->path, queue_directory, length) &&
		daemon->path[length] == '/')
		snprintf(text_r, size, "unix:%s", daemon->path + length + 1);
	else
		conf_socket_for_postfix(daemon, text_r, size);
}
