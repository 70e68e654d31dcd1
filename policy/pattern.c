/* SPDX-License-Identifier: BSD-2-Clause */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <stdlib.h>
#include <string.h>
#include <pcre2.h>
#include "policy/phrases_private.h"

#define MATCH_LIMIT 10000 /* for each place where a match may start */
#define MATCHES_MAX 1000  /* in a text */

struct pattern {
	pcre2_code *code;
	pcre2_match_context *context;
};

/* What is not ASCII is folded as the texts are; escapes are ASCII. */
static char *fold_regex(const char *regex)
{
	struct buffer folded = { 0 };

	while (*regex != '\0') {
		size_t length = 0;

		while ((unsigned char)regex[length] >= 0x80)
			length++;
		if (length > 0)
			fold_text(regex, length, &folded);
		else
			buffer_add(&folded, regex, length = 1);
		regex += length;
	}
	return buffer_take(&folded);
}

static pcre2_code *compile(const char *regex, struct error *error)
{
	uint32_t options = PCRE2_UTF | PCRE2_CASELESS | PCRE2_MULTILINE |
			   PCRE2_NEVER_BACKSLASH_C;
	PCRE2_UCHAR message[128];
	pcre2_code *code;
	PCRE2_SIZE offset;
	uint32_t empty = 0;
	int number;

	code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, options,
		&number, &offset, NULL);
	if (code == NULL) {
		pcre2_get_error_message(number, message, sizeof(message));
		error_set(error, "bad regular expression: %s at offset %zu",
			(char *)message, offset);
		return NULL;
	}
	pcre2_pattern_info(code, PCRE2_INFO_MATCHEMPTY, &empty);
	if (empty) {
		error_set(error, "a regular expression that matches the empty "
				 "text is refused");
		pcre2_code_free(code);
		return NULL;
	}
	return code;
}

struct pattern *pattern_new(const char *regex, struct error *error)
{
	struct pattern *pattern = calloc(1, sizeof(*pattern));
	char *folded = fold_regex(regex);

	if (pattern != NULL)
		pattern->context = pcre2_match_context_create(NULL);
	if (folded == NULL || pattern == NULL || pattern->context == NULL)
		error_set(error, "out of memory");
	else
		pattern->code = compile(folded, error);
	free(folded);
	if (pattern == NULL || pattern->code == NULL) {
		pattern_free(&pattern);
		return NULL;
	}
	pcre2_set_match_limit(pattern->context, MATCH_LIMIT);
	/* Without JIT (no writable executable memory) it is only slower. */
	pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
	return pattern;
}

void pattern_free(struct pattern **pattern)
{
	if (*pattern == NULL)
		return;
	pcre2_code_free((*pattern)->code);
	pcre2_match_context_free((*pattern)->context);
	free(*pattern);
	*pattern = NULL;
}

/* Adds a match unless it reaches over the end of a sentence. */
static int add_match(const struct phrase *phrase,
	const struct phrase_text *text, size_t start, size_t end,
	uint32_t *sentence, struct findings *findings)
{
	struct finding finding = {
		.phrase = phrase, .start = (uint32_t)start, .end = (uint32_t)end
	};

	while (*sentence + 1 < text->sentence_count &&
		start >= text->ends[*sentence])
		++*sentence;
	finding.sentence = *sentence;
	if (end > text->ends[*sentence])
		return 0;
	return findings_add(findings, &finding);
}

enum find_result pattern_find(const struct pattern *pattern,
	const struct phrase *phrase, const struct phrase_text *text,
	struct findings *findings)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	PCRE2_SIZE offset = 0, length = text->folded.length;
	uint32_t sentence = 0;
	int count = 0, rc = 0;

	if (data == NULL)
		return FIND_NO_MEMORY;
	while (offset < length && rc >= 0) {
		const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data);

		rc = pcre2_match(pattern->code, (PCRE2_SPTR)text->folded.data,
			length, offset, PCRE2_NO_UTF_CHECK, data,
			pattern->context);
		if (rc < 0)
			break;
		if (at[1] <= at[0])
			break; /* \K can make one */
		if (add_match(phrase, text, at[0], at[1], &sentence, findings) <
			0)
			rc = PCRE2_ERROR_NOMEMORY;
		else if (++count > MATCHES_MAX)
			rc = PCRE2_ERROR_MATCHLIMIT;
		offset = at[1];
	}
	pcre2_match_data_free(data);
	if (rc == PCRE2_ERROR_NOMEMORY)
		return FIND_NO_MEMORY;
	return rc == PCRE2_ERROR_NOMATCH || rc >= 0 ? FIND_OK
						    : FIND_TOO_COMPLEX;
}
