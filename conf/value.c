/* SPDX-License-Identifier: BSD-2-Clause */
/* How the values of options are written, checked and stored. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "conf/conf_private.h"
#include "policy/strlist.h"

struct unit {
	char letter;
	int64_t factor;
};

/* From the largest; value_format() takes the first that divides. */
static const struct unit size_units[] = {
	{ 'T', 1LL << 40 },
	{ 'G', 1 << 30 },
	{ 'M', 1 << 20 },
	{ 'K', 1 << 10 },
	{ 0, 1 },
};

static const struct unit duration_units[] = {
	{ 'w', 7 * 24 * 3600 },
	{ 'd', 24 * 3600 },
	{ 'h', 3600 },
	{ 'm', 60 },
	{ 's', 1 },
	{ 0, 1 },
};

static bool is_made_of(const char *text, bool (*is_one_of)(unsigned char c))
{
	while (*text != '\0')
		if (!is_one_of(*text++))
			return false;
	return true;
}

static bool is_word(unsigned char c)
{
	return c < 0x80 && (isalnum(c) || strchr("._-", c) != NULL);
}

static bool is_field(unsigned char c)
{
	return c > 32 && c < 127 && c != ':';
}

static bool check_path(const char *text, struct error *error)
{
	(void)error;
	return text[0] == '/';
}

static bool check_word(const char *text, struct error *error)
{
	(void)error;
	return is_made_of(text, is_word);
}

static bool check_field(const char *text, struct error *error)
{
	(void)error;
	return is_made_of(text, is_field);
}

/* A name of a user or group, length octets of text. */
static bool is_account(const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (!is_word(text[i]) && text[i] != '_')
			return false;
	return length > 0 && text[0] != '-';
}

static bool check_account(const char *text, struct error *error)
{
	size_t length = strcspn(text, ":");

	(void)error;
	if (text[0] == '\0')
		return true;
	if (!is_account(text, length))
		return false;
	text += length;
	return text[0] == '\0' || is_account(text + 1, strlen(text + 1));
}

static bool check_socket(const char *text, struct error *error)
{
	struct socket_spec spec;

	return conf_parse_socket(text, &spec, error) == 0;
}

static bool check_character(const char *text, struct error *error)
{
	(void)error;
	return text[0] == '\0' ||
	       strchr("+-=_~#!$%&*^/|{}'?`", text[0]) != NULL;
}

static int parse_number(
	const char *text, const struct unit *units, int64_t *number_r)
{
	int64_t number = 0;

	if (!isdigit((unsigned char)*text))
		return -1;
	for (; isdigit((unsigned char)*text); text++)
		if (__builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, *text - '0', &number))
			return -1;
	while (units->letter != *text && units->letter != 0)
		units++;
	if (units->letter != *text || (*text != '\0' && text[1] != '\0'))
		return -1;
	return __builtin_mul_overflow(number, units->factor, number_r) ? -1 : 0;
}

static int parse_int(const struct value *value, int64_t *number_r)
{
	*number_r = value->integer;
	return value->kind == VALUE_INT ? 0 : -1;
}

static int parse_size(const struct value *value, int64_t *number_r)
{
	if (value->kind == VALUE_STRING)
		return parse_number(value->string, size_units, number_r);
	return parse_int(value, number_r);
}

static int parse_duration(const struct value *value, int64_t *number_r)
{
	if (value->kind == VALUE_STRING)
		return parse_number(value->string, duration_units, number_r);
	return parse_int(value, number_r);
}

static int parse_mode(const struct value *value, int64_t *number_r)
{
	char *end;

	/* 0660 without quotes is a decimal number for libconfig. */
	if (value->kind != VALUE_STRING || value->string[0] == '\0' ||
		strlen(value->string) > 4 ||
		strspn(value->string, "01234567") != strlen(value->string))
		return -1;
	*number_r = strtol(value->string, &end, 8);
	return 0;
}

/*
 * A type has one of check (stored as text) and parse (as a number), or is
 * stored in a way of its own.
 */
static const struct type {
	const char *name;
	const char *expected;
	bool (*check)(const char *text, struct error *error);
	int (*parse)(const struct value *value, int64_t *number_r);
} types[TYPE_COUNT] = {
	[TYPE_STRING] = { "text", "a text in quotes", NULL, NULL },
	[TYPE_PATH] = { "path", "an absolute path in quotes", check_path,
		NULL },
	[TYPE_WORD] = { "name",
		"a name of letters, digits, \".\", \"-\" and \"_\" in quotes",
		check_word, NULL },
	[TYPE_FIELD] = { "field", "the name of a header field in quotes",
		check_field, NULL },
	[TYPE_ACCOUNT] = { "account", "\"USER\" or \"USER:GROUP\"",
		check_account, NULL },
	[TYPE_SOCKET] = { "socket", "a socket such as \"unix:/path\"",
		check_socket, NULL },
	[TYPE_CHARACTER] = { "character", "one character such as \"+\"",
		check_character, NULL },
	[TYPE_BOOL] = { "boolean", "true or false", NULL, NULL },
	[TYPE_INT] = { "number", "a number", NULL, parse_int },
	[TYPE_SIZE] = { "size", "a size such as \"256K\" or \"16G\"", NULL,
		parse_size },
	[TYPE_DURATION] = { "duration", "a duration such as \"20s\" or \"90d\"",
		NULL, parse_duration },
	[TYPE_MODE] = { "mode", "octal permissions in quotes, such as \"0660\"",
		NULL, parse_mode },
	[TYPE_CHOICE] = { "word", "a word in quotes", NULL, NULL },
	[TYPE_STRLIST] = { "list", "a list of texts such as [ \"a\", \"b\" ]",
		NULL, NULL },
};

const char *type_name(enum option_type type)
{
	return types[type].name;
}

void value_format(
	const struct option *option, int64_t number, char *text_r, size_t size)
{
	const struct unit *unit = size_units;
	char letter[2] = "";

	if (option->type == TYPE_DURATION)
		unit = duration_units;
	else if (option->type != TYPE_SIZE)
		unit = &size_units[4];
	while (unit->letter != 0 && (number == 0 || number % unit->factor != 0))
		unit++;
	letter[0] = unit->letter;
	snprintf(text_r, size, "%" PRId64 "%s", number / unit->factor, letter);
}

/* What a setter needs to know: where the value stands and where it goes. */
struct place {
	const struct reader *reader;
	const struct option *option;
	void *member;
	struct error *error;
};

static int refuse(
	const struct place *place, const struct value *value, const char *what)
{
	return reader_fail(place->reader, value->line, place->error, "%s %s",
		place->option->key, what);
}

static int refuse_type(const struct place *place, const struct value *value)
{
	char what[160];

	snprintf(what, sizeof(what), "must be %s",
		types[place->option->type].expected);
	return refuse(place, value, what);
}

static int refuse_range(
	const struct place *place, const struct value *value, const char *unit)
{
	const struct option *option = place->option;
	char min[32], max[32], what[160];

	value_format(option, option->min, min, sizeof(min));
	value_format(option, option->max, max, sizeof(max));
	snprintf(what, sizeof(what), "must have %s to %s%s", min, max, unit);
	if (unit[0] == '\0')
		snprintf(what, sizeof(what), "must be from %s to %s", min, max);
	return refuse(place, value, what);
}

static bool is_within(const struct option *option, int64_t number)
{
	return number >= option->min && number <= option->max;
}

static int check_text(const struct place *place, const struct value *value)
{
	const char *p;

	if (value->kind != VALUE_STRING)
		return refuse_type(place, value);
	for (p = value->string; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return refuse(
				place, value, "holds a control character");
	return 0;
}

static int store_text(const struct place *place, const struct value *value)
{
	const struct type *type = &types[place->option->type];
	struct error why = { 0 };
	char **text = place->member;

	if (check_text(place, value) < 0)
		return -1;
	if (!is_within(place->option, strlen(value->string)))
		return refuse_range(place, value, " characters");
	if (type->check != NULL && !type->check(value->string, &why)) {
		if (why.text[0] == '\0')
			return refuse_type(place, value);
		return reader_fail(place->reader, value->line, place->error,
			"%s: %s", place->option->key, why.text);
	}
	*text = strdup(value->string);
	return *text ? 0 : refuse(place, value, "found no memory");
}

static int store_number(const struct place *place, const struct value *value)
{
	int64_t number;

	if (types[place->option->type].parse(value, &number) < 0)
		return refuse_type(place, value);
	if (!is_within(place->option, number))
		return refuse_range(place, value, "");
	*(int64_t *)place->member = number;
	return 0;
}

static int store_bool(const struct place *place, const struct value *value)
{
	if (value->kind != VALUE_BOOL)
		return refuse_type(place, value);
	*(bool *)place->member = value->integer;
	return 0;
}

static int refuse_choice(const struct place *place, const struct value *value)
{
	const struct choice *choice = place->option->choices;
	char what[320] = "must be";
	size_t length = strlen(what);

	for (; choice->name != NULL; choice++) {
		if (choice != place->option->choices)
			length += snprintf(what + length, sizeof(what) - length,
				"%s", choice[1].name ? "," : " or");
		length += snprintf(what + length, sizeof(what) - length,
			" \"%s\"", choice->name);
		if (length >= sizeof(what))
			break;
	}
	return refuse(place, value, what);
}

static int store_choice(const struct place *place, const struct value *value)
{
	const struct choice *choice;

	if (value->kind != VALUE_STRING)
		return refuse_choice(place, value);
	for (choice = place->option->choices; choice->name != NULL; choice++)
		if (strcmp(choice->name, value->string) == 0) {
			*(int *)place->member = choice->value;
			return 0;
		}
	return refuse_choice(place, value);
}

static int store_list(const struct place *place, const struct value *value)
{
	struct strlist *list = place->member;
	struct value item;
	size_t i;

	if (value->kind != VALUE_LIST)
		return refuse_type(place, value);
	if (!is_within(place->option, value->count))
		return refuse_range(place, value, " items");
	for (i = 0; i < value->count; i++) {
		reader_item(value, i, &item);
		if (check_text(place, &item) < 0)
			return -1;
		if (strlist_add(list, item.string) < 0)
			return refuse(place, &item, "found no memory");
	}
	return 0;
}

int value_store(const struct reader *reader, const struct option *option,
	const struct value *value, void *base, struct error *error)
{
	struct place place = {
		.reader = reader,
		.option = option,
		.member = (char *)base + option->offset,
		.error = error,
	};

	if (types[option->type].parse != NULL)
		return store_number(&place, value);
	if (option->type == TYPE_BOOL)
		return store_bool(&place, value);
	if (option->type == TYPE_CHOICE)
		return store_choice(&place, value);
	if (option->type == TYPE_STRLIST)
		return store_list(&place, value);
	return store_text(&place, value);
}

void value_fini(const struct option *option, void *base)
{
	void *member = (char *)base + option->offset;

	if (option->type == TYPE_STRLIST) {
		strlist_fini(member);
	} else if (types[option->type].parse == NULL &&
		   option->type != TYPE_BOOL && option->type != TYPE_CHOICE) {
		free(*(char **)member);
		*(char **)member = NULL;
	}
}
