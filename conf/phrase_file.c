/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of phrase packs. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "conf/conf.h"
#include "conf/conf_private.h"

#define PHRASES_MAX 20000 /* in a pack */
#define PACKS_MAX 64
#define PACK_SUFFIX ".conf"

/* A pack while its file is read. The texts belong to the reader. */
struct draft {
	const struct reader *reader;
	struct error *error;
	struct pack_spec spec;
	struct phrase_spec *phrases;
	unsigned *lines; /* of each phrase */
	size_t size;
};

static int fail(const struct draft *draft, unsigned line, const char *what)
{
	return reader_fail(draft->reader, line, draft->error, "%s", what);
}

static int add_phrase(struct draft *draft, const struct value *value, int kind,
	int weight, bool is_regex)
{
	size_t count = draft->spec.phrase_count;
	size_t size = draft->size ? 2 * draft->size : 256;

	if (value->kind != VALUE_STRING)
		return fail(draft, value->line, "a phrase is a text in quotes");
	if (count == PHRASES_MAX)
		return fail(draft, value->line, "too many phrases");
	if (count == draft->size) {
		void *phrases = reallocarray(
			draft->phrases, size, sizeof(*draft->phrases));
		void *lines;

		if (phrases == NULL)
			return fail(draft, value->line, "out of memory");
		draft->phrases = phrases;
		lines = reallocarray(draft->lines, size, sizeof(*draft->lines));
		if (lines == NULL)
			return fail(draft, value->line, "out of memory");
		draft->lines = lines;
		draft->size = size;
	}
	draft->lines[count] = value->line;
	draft->phrases[count] =
		(struct phrase_spec){ value->string, kind, weight, is_regex };
	draft->spec.phrase_count++;
	return 0;
}

static int add_phrases(struct draft *draft, const struct value *list, int kind,
	int weight, bool is_regex)
{
	struct value item;

	if (list->kind != VALUE_LIST)
		return fail(draft, list->line,
			"must be a list of texts such as [ \"a\", \"b\" ]");
	for (size_t i = 0; i < list->count; i++) {
		reader_item(list, i, &item);
		if (add_phrase(draft, &item, kind, weight, is_regex) < 0)
			return -1;
	}
	return 0;
}

/* Reads kind and weight, which may stand after the phrases. */
static int read_head(struct draft *draft, const struct value *group,
	enum kind *kind_r, int *weight_r)
{
	bool found = false;
	const char *name;
	struct value value;

	*weight_r = PHRASE_WEIGHT_MAX;
	for (size_t i = 0; i < group->count; i++) {
		name = reader_member(group, i, &value);
		if (!strcmp(name, "kind")) {
			found = true;
			if (value.kind != VALUE_STRING ||
				!kind_find(value.string, kind_r))
				return fail(draft, value.line,
					"no such kind of phrases; en.conf "
					"lists them");
		} else if (!strcmp(name, "weight")) {
			if (value.kind != VALUE_INT || value.integer < 1 ||
				value.integer > PHRASE_WEIGHT_MAX)
				return fail(draft, value.line,
					"weight must be 1 or 2");
			*weight_r = (int)value.integer;
		} else if (strcmp(name, "words") && strcmp(name, "match")) {
			return reader_fail(draft->reader, value.line,
				draft->error,
				"unknown setting \"%s\" in a group of phrases; "
				"it has kind, weight, words and match",
				name);
		}
	}
	return found ? 0
		     : fail(draft, group->line,
			       "a group of phrases has no kind");
}

static int read_group(struct draft *draft, const struct value *group)
{
	enum kind kind;
	int weight;
	const char *name;
	struct value value;

	if (group->kind != VALUE_GROUP)
		return fail(draft, group->line,
			"phrases are groups: { kind = \"ask\"; words = "
			"[ ... ]; }");
	if (read_head(draft, group, &kind, &weight) < 0)
		return -1;
	for (size_t i = 0; i < group->count; i++) {
		name = reader_member(group, i, &value);
		if (!strcmp(name, "words") || !strcmp(name, "match"))
			if (add_phrases(draft, &value, kind, weight,
				    name[0] == 'm') < 0)
				return -1;
	}
	return 0;
}

static int read_script(struct draft *draft, const struct value *value)
{
	if (value->kind == VALUE_STRING && !strcmp(value->string, "unspaced"))
		draft->spec.unspaced = true;
	else if (value->kind != VALUE_STRING || strcmp(value->string, "spaced"))
		return fail(draft, value->line,
			"scripted must be \"spaced\" or \"unspaced\"");
	return 0;
}

static int read_setting(
	const char *key, const struct value *value, void *context)
{
	struct draft *draft = context;
	struct value item;

	if (!strcmp(key, "language")) {
		draft->spec.language = value->string;
		if (value->kind != VALUE_STRING || strlen(value->string) < 2 ||
			strlen(value->string) > 16)
			return fail(draft, value->line,
				"language must be a code such as \"en\"");
		return 0;
	}
	if (!strcmp(key, "scripted"))
		return read_script(draft, value);
	if (!strcmp(key, "common"))
		return add_phrases(draft, value, KIND_COMMON, 1, false);
	if (strcmp(key, "phrases") != 0)
		return reader_fail(draft->reader, value->line, draft->error,
			"unknown setting \"%s\"; a phrase pack has language, "
			"scripted, common and phrases",
			key);
	if (value->kind != VALUE_LIST)
		return fail(draft, value->line,
			"phrases must be a list of groups: ( { ... }, { ... } "
			")");
	for (size_t i = 0; i < value->count; i++) {
		reader_item(value, i, &item);
		if (read_group(draft, &item) < 0)
			return -1;
	}
	return 0;
}

static struct pack *compile(struct draft *draft)
{
	struct error cause = { 0 };
	struct pack *pack;
	size_t bad;

	if (draft->spec.language == NULL) {
		fail(draft, 1, "language is missing");
		return NULL;
	}
	draft->spec.phrases = draft->phrases;
	pack = pack_new(&draft->spec, &bad, &cause);
	if (pack == NULL && bad < draft->spec.phrase_count)
		reader_fail(draft->reader, draft->lines[bad], draft->error,
			"phrase \"%.100s\": %s", draft->phrases[bad].text,
			cause.text);
	else if (pack == NULL)
		fail(draft, 1, cause.text);
	return pack;
}

static struct pack *load_pack(const char *path, struct error *error)
{
	struct draft draft = { .error = error };
	struct reader *reader = reader_open(path, error);
	struct pack *pack = NULL;

	if (reader == NULL)
		return NULL;
	draft.reader = reader;
	if (reader_each(reader, read_setting, &draft) == 0)
		pack = compile(&draft);
	free(draft.phrases);
	free(draft.lines);
	reader_close(&reader);
	return pack;
}

static int is_pack(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name), suffix = strlen(PACK_SUFFIX);

	return entry->d_name[0] != '.' && length > suffix &&
	       !strcmp(entry->d_name + length - suffix, PACK_SUFFIX);
}

/* Two packs of a language would count its phrases twice. */
static int add_pack(
	struct phrasebook *book, const char *path, struct error *error)
{
	struct pack *pack = load_pack(path, error);

	if (pack == NULL)
		return -1;
	for (size_t i = 0; i < phrasebook_count(book); i++)
		if (!strcmp(pack_language(phrasebook_pack(book, i)),
			    pack_language(pack))) {
			error_set(error,
				"%s:1: another file is the pack of \"%s\"",
				path, pack_language(pack));
			pack_free(&pack);
			return -1;
		}
	if (phrasebook_add(book, pack) == 0)
		return 0;
	pack_free(&pack);
	return error_set(error, "%s:1: out of memory", path);
}

static int add_file(struct phrasebook *book, const char *directory,
	const char *name, struct error *error)
{
	char *path;
	int result;

	if (asprintf(&path, "%s/%s", directory, name) < 0)
		return error_set(error, "%s:1: out of memory", directory);
	result = add_pack(book, path, error);
	free(path);
	return result;
}

struct phrasebook *conf_load_phrases(const char *directory, struct error *error)
{
	struct phrasebook *book = phrasebook_new();
	struct dirent **entries = NULL;
	int count, result = 0;

	count = book ? scandir(directory, &entries, is_pack, alphasort) : -1;
	if (count < 0)
		result = error_set(error, "%s:1: cannot read the directory; %s",
			directory, strerror(errno));
	else if (count == 0 || count > PACKS_MAX)
		result = error_set(error,
			"%s:1: holds %s; put one NAME.conf for each language "
			"there",
			directory,
			count ? "too many phrase packs" : "no phrase pack");
	for (int i = 0; i < count; i++) {
		if (result == 0)
			result = add_file(
				book, directory, entries[i]->d_name, error);
		free(entries[i]);
	}
	free(entries);
	if (result == 0)
		result = wording_file_load(book, directory, error);
	if (result < 0)
		phrasebook_free(&book);
	return book;
}
