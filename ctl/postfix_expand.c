/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * $name, ${name}, ${name?yes}, ${name:no}, ${name?{yes}:{no}} and
 * ${{left} == {right} ? {yes} : {no}}, each within the other, as Postfix
 * evaluates them. What Postfix would refuse is empty.
 */
#include <stdlib.h>
#include <string.h>
#include "ctl/postfix_private.h"
#include "policy/buffer.h"

#define BLANKS " \t\r\n\v\f"
#define DEPTH_MAX 100
#define STEPS_MAX (1 << 21) /* octets; a reference counts as some */
#define STEPS_REFERENCE 100

struct span {
	const char *at, *end;
};

struct expansion {
	const struct postfix_conf *conf;
	const struct postfix_service *service;
	struct buffer *out;
	unsigned depth;
	unsigned steps;
	bool broken;
};

static void expand(struct expansion *x, struct span text);

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

static void skip_blanks(struct span *s)
{
	while (s->at < s->end && memchr(BLANKS, *s->at, sizeof(BLANKS) - 1))
		s->at++;
}

/* Takes "(...)" or "{...}" at s->at. Returns 0, or -1: it does not end. */
static int take_pair(struct span *s, struct span *inner_r)
{
	char open = *s->at, close = open == '(' ? ')' : '}';
	int depth = 0;

	for (const char *p = s->at; p < s->end; p++) {
		if (*p == open) {
			depth++;
		} else if (*p == close && --depth == 0) {
			*inner_r = (struct span){ s->at + 1, p };
			s->at = p + 1;
			return 0;
		}
	}
	return -1;
}

/* Takes "{...}" and the blanks around. Returns 0, or -1: there is none. */
static int take_operand(struct span *s, struct span *inner_r)
{
	struct span rest = *s;

	skip_blanks(&rest);
	if (rest.at == rest.end || *rest.at != '{' ||
		take_pair(&rest, inner_r) < 0)
		return -1;
	skip_blanks(&rest);
	*s = rest;
	return 0;
}

/* The expansion of a text, by itself. The caller frees it. NULL: no memory. */
static char *expand_apart(struct expansion *x, struct span text)
{
	struct buffer *out = x->out;
	struct buffer part = { 0 };

	x->out = &part;
	expand(x, text);
	x->out = out;
	return buffer_take(&part);
}

static bool is_number(const char *text)
{
	return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* "3" is below "3.6", which is below "3.10". */
static int compare_levels(const char *a, const char *b)
{
	while (*a != '\0' || *b != '\0') {
		long x = strtol(a, (char **)&a, 10);
		long y = strtol(b, (char **)&b, 10);

		if (x != y)
			return x < y ? -1 : 1;
		if ((*a != '.' && *a != '\0') || (*b != '.' && *b != '\0'))
			return strcmp(a, b);
		a += *a == '.';
		b += *b == '.';
	}
	return 0;
}

static int compare(const char *a, const char *b, bool as_levels)
{
	if (as_levels)
		return compare_levels(a, b);
	if (is_number(a) && is_number(b)) {
		long x = strtol(a, NULL, 10), y = strtol(b, NULL, 10);

		return x < y ? -1 : x > y;
	}
	return strcmp(a, b);
}

/* Returns 1 or 0, or -1: no such operator. */
static int apply_operator(struct span operator, int order)
{
	static const struct {
		const char *name;
		bool less, equal, more;
	} operators[] = {
		{ "==", false, true, false },
		{ "!=", true, false, true },
		{ "<", true, false, false },
		{ "<=", true, true, false },
		{ ">=", false, true, true },
		{ ">", false, false, true },
	};
	size_t length = operator.end - operator.at;

	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		if (strlen(operators[i].name) == length &&
			!memcmp(operators[i].name, operator.at, length))
			return order < 0    ? operators[i].less
			       : order == 0 ? operators[i].equal
					    : operators[i].more;
	}
	return -1;
}

/* "{left} op {right}". Returns 1 or 0, or -1 for what is wrong. */
static int evaluate_relation(struct expansion *x, struct span *s)
{
	struct span left, operator, suffix, right;
	char *a, *b;
	int result = -1;

	if (take_operand(s, &left) < 0)
		return -1;
	operator.at = s->at;
	while (s->at < s->end && memchr("<>!=", *s->at, 4))
		s->at++;
	operator.end = suffix.at = s->at;
	while (s->at < s->end && is_name_char(*s->at))
		s->at++;
	suffix.end = s->at;
	if (take_operand(s, &right) < 0)
		return -1;
	a = expand_apart(x, left);
	b = expand_apart(x, right);
	x->out->failed |= a == NULL || b == NULL;
	if (a != NULL && b != NULL)
		result = apply_operator(operator,
			compare(a, b, suffix.at < suffix.end));
	free(a);
	free(b);
	return result;
}

static const char *look_up(struct expansion *x, struct span name)
{
	char *copy = strndup(name.at, name.end - name.at);
	const char *value = NULL;

	if (copy == NULL)
		x->out->failed = true;
	else
		value = postfix_lookup(x->conf, x->service, copy);
	free(copy);
	return value;
}

/* What follows "?" or ":": "{text}", or all the rest. */
static struct span take_branch(struct span *s)
{
	struct span branch;

	if (take_operand(s, &branch) < 0) {
		branch = *s;
		s->at = s->end;
	}
	return branch;
}

static void expand_choice(struct expansion *x, struct span s, bool is_true)
{
	struct span branch;
	char mark = *s.at++;

	branch = take_branch(&s);
	if (mark == '?') {
		if (is_true)
			expand(x, branch);
		if (s.at == s.end)
			return;
		if (*s.at++ != ':') {
			x->broken = true;
			return;
		}
		branch = take_branch(&s);
	}
	if (!is_true)
		expand(x, branch);
	x->broken |= s.at < s.end;
}

/* What stands within "${...}". */
static void expand_reference(struct expansion *x, struct span s)
{
	struct span name;
	const char *value = "";
	bool is_true;
	int relation;

	skip_blanks(&s);
	if (s.at < s.end && *s.at == '{') {
		relation = evaluate_relation(x, &s);
		x->broken |= relation < 0;
		is_true = relation == 1;
		value = is_true ? "true" : "";
	} else {
		name.at = s.at;
		while (s.at < s.end && is_name_char(*s.at))
			s.at++;
		name.end = s.at;
		skip_blanks(&s);
		value = look_up(x, name);
		is_true = value != NULL && *value != '\0';
	}
	if (x->broken)
		return;
	if (s.at == s.end) {
		if (is_true)
			expand(x,
				(struct span){ value, value + strlen(value) });
	} else if (*s.at == '?' || *s.at == ':') {
		expand_choice(x, s, is_true);
	} else {
		x->broken = true;
	}
}

/* A "$" that does not stand for itself, at s->at. */
static void take_reference(struct expansion *x, struct span *s)
{
	struct span inner;

	s->at++;
	if (s->at < s->end && (*s->at == '{' || *s->at == '(')) {
		if (take_pair(s, &inner) < 0) {
			x->broken = true;
			return;
		}
	} else {
		inner.at = s->at;
		while (s->at < s->end && is_name_char(*s->at))
			s->at++;
		inner.end = s->at;
	}
	if (inner.at == inner.end)
		x->broken = true;
	else
		expand_reference(x, inner);
}

static void expand(struct expansion *x, struct span text)
{
	x->steps += STEPS_REFERENCE;
	if (++x->depth > DEPTH_MAX)
		x->broken = true;
	while (text.at < text.end && !x->broken) {
		x->broken = ++x->steps > STEPS_MAX;
		if (*text.at != '$') {
			buffer_add_char(x->out, *text.at++);
		} else if (text.end - text.at > 1 && text.at[1] == '$') {
			buffer_add_char(x->out, '$');
			text.at += 2;
		} else {
			take_reference(x, &text);
		}
	}
	x->depth--;
}

char *postfix_expand(const struct postfix_conf *conf,
	const struct postfix_service *service, const char *text)
{
	struct buffer out = { 0 };
	struct expansion x = { .conf = conf, .service = service, .out = &out };

	expand(&x, (struct span){ text, text + strlen(text) });
	if (x.broken)
		buffer_cut(&out, 0, out.length);
	return buffer_take(&out);
}
