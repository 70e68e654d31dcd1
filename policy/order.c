/* SPDX-License-Identifier: BSD-2-Clause */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pcre2.h>
#include "policy/order.h"

#define PATTERN_MAX 4096
#define MATCH_LIMIT 10000 /* per start offset; far above any sane pattern */

/* Digits before or after, also across a dash, belong to a longer number. */
#define GUARD_BEFORE "(?<![0-9])(?<![0-9]-)(?:"
#define GUARD_AFTER ")(?!-?[0-9])"

struct order_pattern {
	pcre2_code *code;
	pcre2_match_context *context;
};

static int count_callout(pcre2_callout_enumerate_block *block, void *context)
{
	(void)block;
	(void)context;
	return 1;
}

/* Start verbs change the mode of the match; calls to groups may recurse. */
static const char *find_refused(const char *regex)
{
	static const char *const refused[] = { "(*", "(?R", "(?P>", "(?&",
		"\\g<", "\\g'", "(?0", "(?1", "(?2", "(?3", "(?4", "(?5", "(?6",
		"(?7", "(?8", "(?9", "(?+", "(?-1", "(?-2", "(?-3" };

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (strstr(regex, refused[i]) != NULL)
			return refused[i];
	return NULL;
}

static pcre2_code *compile(const char *regex, struct error *error)
{
	char text[sizeof(GUARD_BEFORE) + PATTERN_MAX + sizeof(GUARD_AFTER)];
	PCRE2_UCHAR message[128];
	pcre2_code *code;
	PCRE2_SIZE offset;
	int number;

	/* First as it stands, so that it cannot close our guard's group. */
	code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED,
		PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &number, &offset, NULL);
	if (code != NULL) {
		pcre2_code_free(code);
		snprintf(text, sizeof(text), "%s%s%s", GUARD_BEFORE, regex,
			GUARD_AFTER);
		code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
			PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &number, &offset,
			NULL);
	}
	if (code == NULL) {
		pcre2_get_error_message(number, message, sizeof(message));
		error_set(error, "bad regular expression: %s at offset %zu",
			(char *)message, offset);
	}
	return code;
}

static int check(const pcre2_code *code, struct error *error)
{
	uint32_t empty = 0;

	if (pcre2_callout_enumerate(code, count_callout, NULL) != 0)
		return error_set(error,
			"a regular expression with a callout is refused");
	pcre2_pattern_info(code, PCRE2_INFO_MATCHEMPTY, &empty);
	if (empty)
		return error_set(error,
			"a regular expression that matches the empty text is "
			"refused");
	return 0;
}

struct order_pattern *order_pattern_new(const char *regex, struct error *error)
{
	struct order_pattern *pattern;
	const char *refused = find_refused(regex);

	if (strlen(regex) > PATTERN_MAX || refused != NULL) {
		error_set(error,
			refused != NULL
				? "a regular expression with \"%s\" is refused"
				: "a regular expression over 4096 octets is "
				  "refused",
			refused);
		return NULL;
	}
	pattern = calloc(1, sizeof(*pattern));
	if (pattern != NULL)
		pattern->context = pcre2_match_context_create(NULL);
	if (pattern == NULL || pattern->context == NULL) {
		error_set(error, "out of memory");
		order_pattern_free(&pattern);
		return NULL;
	}
	pattern->code = compile(regex, error);
	if (pattern->code == NULL || check(pattern->code, error) < 0) {
		order_pattern_free(&pattern);
		return NULL;
	}
	pcre2_set_match_limit(pattern->context, MATCH_LIMIT);
	/* Without JIT (no writable executable memory) it is only slower. */
	pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
	return pattern;
}

void order_pattern_free(struct order_pattern **pattern)
{
	if (*pattern == NULL)
		return;
	pcre2_code_free((*pattern)->code);
	pcre2_match_context_free((*pattern)->context);
	free(*pattern);
	*pattern = NULL;
}

/*
 * Calls found for each match. Returns 0, or -1 when the pattern could not be
 * matched to the end of the text.
 */
static int each_match(const struct order_pattern *pattern, const char *text,
	size_t length, void (*found)(void *context, size_t start, size_t end),
	void *context)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	const PCRE2_SIZE *at;
	PCRE2_SIZE offset = 0;
	int rc = data == NULL ? PCRE2_ERROR_NOMEMORY : 0;

	while (data != NULL && offset <= length) {
		rc = pcre2_match(pattern->code, (PCRE2_SPTR)text, length,
			offset, PCRE2_NO_UTF_CHECK, data, pattern->context);
		if (rc < 0)
			break;
		at = pcre2_get_ovector_pointer(data);
		if (at[1] <= at[0])
			break; /* \K can make one; no ID is empty */
		found(context, at[0], at[1]);
		offset = at[1];
	}
	pcre2_match_data_free(data);
	return rc == PCRE2_ERROR_NOMATCH || rc >= 0 ? 0 : -1;
}

struct collector {
	const char *text;
	struct order_candidates *candidates;
};

static void collect(void *context, size_t start, size_t end)
{
	struct collector *c = context;
	struct order_candidates *all = c->candidates;
	size_t length = end - start;

	if (length >= ORDER_ID_SIZE)
		return;
	for (size_t i = 0; i < all->count; i++)
		if (strncmp(all->ids[i], c->text + start, length) == 0 &&
			all->ids[i][length] == '\0')
			return;
	if (all->count == ORDER_CANDIDATES_MAX) {
		all->overflow = true;
		return;
	}
	memcpy(all->ids[all->count], c->text + start, length);
	all->ids[all->count][length] = '\0';
	all->count++;
}

void order_find(const struct order_pattern *pattern, const char *text,
	size_t length, struct order_candidates *candidates)
{
	struct collector c = { text, candidates };

	if (each_match(pattern, text, length, collect, &c) < 0)
		candidates->undecided = true;
}

static void blank(void *context, size_t start, size_t end)
{
	memset((char *)context + start, ' ', end - start);
}

void order_blank(const struct order_pattern *pattern, char *text)
{
	each_match(pattern, text, strlen(text), blank, text);
}

bool order_is_id(const struct order_pattern *pattern, const char *text)
{
	struct order_candidates candidates = { 0 };

	order_find(pattern, text, strlen(text), &candidates);
	return candidates.count == 1 && strcmp(candidates.ids[0], text) == 0;
}
