/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of Postfix that can lead round the filter: milters by client, and
 * aliases of buyers. Those that are made from a text file are read as such.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "ctl/doctor.h"
#include "ctl/milter_list.h"

#define BLANKS " \t\r\n"

/* "TYPE:NAME" */
struct table {
	char type[16];
	char path[1000];
};

struct entry {
	const char *key;
	const char *value;
	struct place place;
};

/* What looks at the entries of a table. */
struct visitor {
	struct doctor *doctor;
	const struct doctor_postfix *postfix;
	void (*visit)(const struct visitor *visitor, const struct entry *entry);
};

static int parse_table(const char *item, size_t length, struct table *table_r)
{
	const char *colon;

	if (length > 6 && !strncmp(item, "proxy:", 6)) {
		item += 6;
		length -= 6;
	}
	colon = memchr(item, ':', length);
	if (colon == NULL || (size_t)(colon - item) >= sizeof(table_r->type) ||
		length - (colon + 1 - item) >= sizeof(table_r->path))
		return -1;
	memset(table_r, 0, sizeof(*table_r));
	memcpy(table_r->type, item, colon - item);
	memcpy(table_r->path, colon + 1, length - (colon + 1 - item));
	return 0;
}

/* Whether a table is made from a text file of its name. */
static bool has_text(const struct table *table)
{
	static const char *const types[] = { "hash", "btree", "cdb", "lmdb",
		"dbm", "sdbm", "texthash", "cidr" };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (!strcmp(table->type, types[i]))
			return table->path[0] == '/';
	}
	return false;
}

/* "KEY VALUE" in place. */
static void visit_line(
	const struct visitor *visitor, char *line, struct place place)
{
	struct entry entry = { .place = place };
	char *value = line + strcspn(line, BLANKS);
	size_t length;

	if (*line == '\0' || *line == '#' || *value == '\0')
		return;
	*value++ = '\0';
	value += strspn(value, BLANKS);
	length = strlen(value);
	while (length > 0 && strchr(BLANKS, value[length - 1]) != NULL)
		value[--length] = '\0';
	entry.key = line;
	entry.value = value;
	visitor->visit(visitor, &entry);
}

/* Line by line; a line that continues another one is passed over. */
static void visit_text(
	const struct visitor *visitor, const char *path, char *text)
{
	struct place place = { path, 0 };
	char *next;

	for (char *line = text; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		place.line++;
		if (strchr(BLANKS, *line) == NULL)
			visit_line(visitor, line, place);
	}
}

/* Returns 0, or -1: the table cannot be looked through. */
static int visit_table(
	const struct visitor *visitor, const char *item, size_t length)
{
	struct table table;
	struct error error;
	size_t size;
	char *text;

	if (parse_table(item, length, &table) < 0 || !has_text(&table))
		return -1;
	text = doctor_read_file(table.path, &size, &error);
	if (text == NULL)
		return -1;
	visit_text(visitor, table.path, text);
	free(text);
	return 0;
}

/* --- Milters by client -------------------------------------------------- */

static void visit_milters(
	const struct visitor *visitor, const struct entry *entry)
{
	struct milter_view view = {
		.queue_directory = postfix_conf_value(
			visitor->postfix->conf, NULL, "queue_directory"),
	};
	struct milter_item item;
	size_t before;

	if (milter_list_find(entry->value, &view, &visitor->doctor->socket,
		    &item, &before) != MILTER_OTHER)
		return;
	if (report_add(visitor->doctor->report, FINDING_MILTER_MAPS_BYPASS,
		    entry->place, "mail of %s passes unfiltered: %s",
		    entry->key, entry->value))
		report_fix(visitor->doctor->report, "remove the line");
}

static void check_milter_maps(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	static const char name[] = "smtpd_milter_maps";
	const char *list = postfix_conf_value(postfix->conf, service, name);
	struct visitor visitor = { doctor, postfix, visit_milters };
	const char *item;
	size_t length;

	while ((length = postfix_next_item(&list, &item)) > 0) {
		if (visit_table(&visitor, item, length) == 0)
			continue;
		if (report_add(doctor->report, FINDING_MILTER_MAPS_UNREAD,
			    doctor_postfix_place(postfix, service, name),
			    "%s: %.*s can name other milters, or none, for "
			    "some clients",
			    name, (int)length, item))
			doctor_postfix_fix(doctor, postfix, service, name, "");
	}
}

/* --- Aliases of buyers -------------------------------------------------- */

static void visit_aliases(
	const struct visitor *visitor, const struct entry *entry)
{
	const char *list = entry->value, *item;
	size_t length;

	if (strchr(entry->key, '@') == NULL ||
		doctor_is_buyer(
			visitor->doctor, entry->key, strlen(entry->key)))
		return;
	while ((length = postfix_next_item(&list, &item)) > 0) {
		if (!doctor_is_buyer(visitor->doctor, item, length))
			continue;
		if (report_add(visitor->doctor->report, FINDING_ALIAS_TO_BUYER,
			    entry->place,
			    "mail to %s goes to the buyer %.*s, but is not "
			    "judged",
			    entry->key, (int)length, item))
			report_fix(visitor->doctor->report,
				"\"%s\" in buyers.addresses of the policy, and "
				"the alias into the cache (optoutctl import "
				"aliases)",
				entry->key);
		return;
	}
}

static void check_aliases(
	struct doctor *doctor, const struct doctor_postfix *postfix)
{
	const char *list =
		postfix_conf_value(postfix->conf, NULL, "virtual_alias_maps");
	struct visitor visitor = { doctor, postfix, visit_aliases };
	const char *item;
	size_t length;

	while ((length = postfix_next_item(&list, &item)) > 0) {
		if (visit_table(&visitor, item, length) == 0)
			continue;
		report_add(doctor->report, FINDING_ALIAS_MAPS_UNREAD,
			doctor_postfix_place(
				postfix, NULL, "virtual_alias_maps"),
			"virtual_alias_maps: look whether %.*s forwards "
			"addresses to buyers",
			(int)length, item);
	}
}

void doctor_postfix_maps(
	struct doctor *doctor, const struct doctor_postfix *postfix)
{
	size_t count = postfix_conf_services(postfix->conf);

	for (size_t i = 0; i < count; i++) {
		const struct postfix_service *service =
			postfix_conf_service(postfix->conf, i);

		if (!strcmp(service->program, "smtpd"))
			check_milter_maps(doctor, postfix, service);
	}
	check_aliases(doctor, postfix);
}
