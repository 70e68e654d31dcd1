/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "policy/sentence.h"

#define WRAP_MIN 45	  /* a shorter line was not wrapped */
#define WRAP_MAX 100	  /* nor was a longer one */
#define LIST_MAX 600	  /* octets of a sentence that goes on as a list */
#define SENTENCE_MAX 2000 /* octets */
#define HEADER_LINES 8	  /* in which a quoted header must be complete */

struct splitter {
	const char *text, *end;
	size_t max;
	struct sentences *sentences;
	size_t start;	    /* of the sentence that is open, or NOT_OPEN */
	bool list;	    /* its items may follow */
	const char *looked; /* an end of a sentence that was looked for */
	bool asks;	    /* what ends there */
	enum sentence_result result;
};

#define NOT_OPEN ((size_t)-1)

struct line {
	const char *start, *end; /* without the line end */
	const char *next;
};

static struct line read_line(const char *p, const char *end)
{
	struct line line = { .start = p };
	const char *newline = memchr(p, '\n', end - p);

	line.end = newline ? newline : end;
	line.next = newline ? newline + 1 : end;
	while (line.end > p && isspace((unsigned char)line.end[-1]))
		line.end--;
	while (line.start < line.end && isspace((unsigned char)*line.start))
		line.start++;
	return line;
}

static size_t line_length(const struct line *line)
{
	return line->end - line->start;
}

/* --- Marks -------------------------------------------------------------- */

enum mark {
	NO_MARK,
	DOT,
	STOP,
	QUESTION
};

#define MARK(octets, mark)                                                     \
	{                                                                      \
		octets, sizeof(octets) - 1, mark                               \
	}

static const struct {
	const char *octets;
	size_t length;
	enum mark mark;
} marks[] = {
	MARK("?", QUESTION), MARK("!", STOP), MARK(";", DOT), MARK(".", DOT),
	MARK("\xe3\x80\x82", STOP),	/* ideographic full stop */
	MARK("\xef\xbd\xa1", STOP),	/* its narrow form */
	MARK("\xef\xbc\x9f", QUESTION), /* wide question mark */
	MARK("\xef\xbc\x81", STOP),	/* wide exclamation mark */
	MARK("\xef\xbc\x8e", STOP),	/* wide full stop */
	MARK("\xe2\x80\xa6", DOT),	/* ellipsis */
	MARK("\xe2\x81\x87", QUESTION), MARK("\xe2\x81\x88", QUESTION),
	MARK("\xe2\x81\x89", QUESTION),
	MARK("\xef\xb9\x96", QUESTION), /* small question mark */
};

static enum mark mark_at(const char *p, const char *end, size_t *length_r)
{
	unsigned char c = (unsigned char)*p;

	if (c != '?' && c != '!' && c != '.' && c != ';' && c < 0xe2)
		return NO_MARK;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		*length_r = marks[i].length;
		if ((size_t)(end - p) >= *length_r &&
			!memcmp(p, marks[i].octets, *length_r))
			return marks[i].mark;
	}
	return NO_MARK;
}

/* Closing quotes and brackets belong to the sentence before them. */
static const char *skip_closing(const char *p, const char *end)
{
	static const char *const closing[] = { "\"", "'", ")", "]",
		"\xe2\x80\x9d", "\xe2\x80\x99", "\xc2\xbb", "\xe3\x80\x8d",
		"\xe3\x80\x8f", "\xef\xbc\x89" };

	for (size_t i = 0; i < sizeof(closing) / sizeof(closing[0]); i++) {
		size_t length = strlen(closing[i]);

		if ((size_t)(end - p) >= length &&
			!memcmp(p, closing[i], length))
			return p + length;
	}
	return p;
}

static bool is_short_form(const char *word, size_t length)
{
	static const char *const forms[] = { "mr", "mrs", "ms", "dr", "st",
		"nr", "hr", "fr", "sr", "sra", "ca", "bzw", "evtl", "ggf",
		"inkl", "incl", "approx", "vs" };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strlen(forms[i]) == length &&
			!strncasecmp(word, forms[i], length))
			return true;
	return false;
}

/* Whether the dot at p is that of a short form, or of a word before a number. */
static bool is_abbreviation(const char *start, const char *p, const char *end)
{
	const char *word = p, *next = p + 1;
	size_t length;

	while (word > start && (isalnum((unsigned char)word[-1]) ||
				       (unsigned char)word[-1] >= 0x80))
		word--;
	length = p - word;
	while (next < end && isspace((unsigned char)*next))
		next++;
	if (next == end || length == 0)
		return false;
	if (isdigit((unsigned char)*next) && length <= 4)
		return !isdigit((unsigned char)*word);
	if (length == 1 && isalpha((unsigned char)*word))
		return islower((unsigned char)*word) ||
		       islower((unsigned char)*next);
	return is_short_form(word, length);
}

/* The question mark of "https://shop.example/?item=5" asks nothing. */
static bool is_in_link(
	const char *start, const char *p, const char *after, const char *end)
{
	const char *word = p;

	if (after == end || !isalnum((unsigned char)*after))
		return false;
	while (word > start && !isspace((unsigned char)word[-1]))
		word--;
	return memmem(word, p - word, "://", 3) != NULL ||
	       (p - word > 4 && !strncasecmp(word, "www.", 4));
}

static bool ends_sentence(const struct splitter *s, enum mark mark,
	const char *p, const char *after)
{
	if (mark == QUESTION)
		return !is_in_link(s->text + s->start, p, after, s->end);
	if (mark != DOT)
		return true;
	if (after < s->end && !isspace((unsigned char)*after))
		return false;
	if (*p == '.')
		return !is_abbreviation(s->text + s->start, p, s->end);
	return true;
}

/* --- Sentences ---------------------------------------------------------- */

static void add(struct splitter *s, size_t end, bool question)
{
	struct sentences *all = s->sentences;
	size_t size = all->size ? 2 * all->size : 32;
	struct sentence *grown;

	if (s->result != SENTENCES_OK)
		return;
	if (all->count == s->max) {
		s->result = SENTENCES_TOO_MANY;
		return;
	}
	if (all->count == all->size) {
		grown = reallocarray(all->items, size, sizeof(*grown));
		if (grown == NULL) {
			s->result = SENTENCES_NO_MEMORY;
			return;
		}
		all->items = grown;
		all->size = size;
	}
	all->items[all->count++] = (struct sentence){
		.start = s->start, .end = end, .question = question
	};
}

static void close_sentence(struct splitter *s, const char *end, bool question)
{
	if (s->start == NOT_OPEN)
		return;
	while (end > s->text + s->start && isspace((unsigned char)end[-1]))
		end--;
	if (end > s->text + s->start)
		add(s, end - s->text, question);
	s->start = NOT_OPEN;
	s->list = false;
}

/* "ka" at the end of a sentence is as good as a question mark. */
static bool asks_in_japanese(const struct splitter *s, const char *p)
{
	static const char ka[] = "\xe3\x81\x8b";
	static const char stop[] = "\xe3\x80\x82";

	return p - (s->text + s->start) > 3 && s->end - p >= 3 &&
	       !memcmp(p - 3, ka, 3) && !memcmp(p, stop, 3);
}

/* Looks for the end of the sentence that p is in, and whether it asks. */
static void look_ahead(struct splitter *s, const char *p)
{
	size_t length;

	s->asks = false;
	for (; p < s->end; p++) {
		enum mark mark = mark_at(p, s->end, &length);
		bool blank = s->end - p > 1 && isspace((unsigned char)p[1]);

		s->asks = mark == QUESTION;
		if (s->asks || mark == STOP || (mark == DOT && blank) ||
			(*p == '\n' && blank && p[1] == '\n'))
			break;
	}
	s->looked = p;
}

/*
 * Whether a colon at p introduces a question: "One thing: which side?" What
 * was looked at is not looked at again, however many colons there are.
 */
static bool introduces_question(struct splitter *s, const char *p)
{
	if (s->end - p < 3 || *p != ':' || (p[1] != ' ' && p[1] != '\t'))
		return false;
	if (p >= s->looked)
		look_ahead(s, p + 1);
	return s->asks;
}

static void mark_introduction(struct splitter *s)
{
	struct sentences *all = s->sentences;

	if (all->count > 0)
		all->items[all->count - 1].introduces = true;
}

/* Reads a line, or a run of the marks in it, into sentences. */
static void read_text(struct splitter *s, const char *p, const char *end)
{
	while (p < end) {
		const char *after;
		size_t length;
		enum mark mark;
		bool question = false;

		if (s->start == NOT_OPEN && !isspace((unsigned char)*p))
			s->start = p - s->text;
		mark = s->start == NOT_OPEN ? NO_MARK
					    : mark_at(p, end, &length);
		if (mark == NO_MARK) {
			p++;
			if (s->start != NOT_OPEN && !s->list &&
				introduces_question(s, p - 1)) {
				close_sentence(s, p, false);
				mark_introduction(s);
			}
			if (p < end && s->start != NOT_OPEN &&
				(*p & 0xc0) != 0x80 &&
				p - (s->text + s->start) > SENTENCE_MAX)
				close_sentence(s, p, false);
			continue;
		}
		question = asks_in_japanese(s, p);
		for (after = p; after < end; after += length) {
			enum mark more = mark_at(after, end, &length);

			if (more == NO_MARK)
				break;
			question |= more == QUESTION;
			mark = more > mark ? more : mark;
		}
		after = skip_closing(after, end);
		if (!s->list && ends_sentence(s, mark, p, after))
			close_sentence(s, after, question);
		p = after;
	}
}

static bool begins_with(const struct line *line, const char *prefix)
{
	return line_length(line) >= strlen(prefix) &&
	       !strncasecmp(line->start, prefix, strlen(prefix));
}

/* Returns whether a line begins like an item of a list. */
static bool is_item(const struct line *line)
{
	const char *p = line->start;

	if (line_length(line) < 2)
		return false;
	if (strchr("-*+", *p))
		return p[1] == ' ' || p[1] == '\t';
	if (begins_with(line, "\xe2\x80\xa2") ||
		begins_with(line, "\xe3\x83\xbb") ||
		begins_with(line, "\xe2\x80\x93 ") ||
		begins_with(line, "\xc2\xb7"))
		return true;
	while (p < line->end && isdigit((unsigned char)*p))
		p++;
	if (p == line->start && isalpha((unsigned char)*p))
		p++;
	return p > line->start && p - line->start <= 2 && p + 1 < line->end &&
	       (*p == '.' || *p == ')') && p[1] == ' ';
}

static bool ends_in_colon(const struct line *line)
{
	return line->end[-1] == ':' ||
	       (line_length(line) >= 3 &&
		       !memcmp(line->end - 3, "\xef\xbc\x9a", 3));
}

/* Whether the sentence that the line leaves open goes on in the next. */
static bool goes_on(const struct splitter *s, const struct line *line,
	const struct line *next)
{
	if (line_length(next) == 0)
		return false;
	if (is_item(next))
		return false;
	return s->start != NOT_OPEN && line_length(line) >= WRAP_MIN &&
	       line_length(line) <= WRAP_MAX;
}

static void add_line(struct splitter *s, const struct line *line)
{
	struct line next = read_line(line->next, s->end);
	size_t at = line->start - s->text;

	if (line_length(line) == 0) {
		if (!s->list)
			close_sentence(s, line->start, false);
		return;
	}
	if (s->list && (!is_item(line) || at - s->start > LIST_MAX))
		close_sentence(s, line->start, false);
	read_text(s, line->start, line->end);
	if (s->start == NOT_OPEN)
		return;
	if (ends_in_colon(line))
		s->list = true;
	else if (!s->list && !goes_on(s, line, &next))
		close_sentence(s, line->end, false);
}

/* --- Quoted older mail -------------------------------------------------- */

static bool is_quoted(const struct line *line)
{
	return line->start < line->end && *line->start == '>';
}

/* "-----Original Message-----", in any language. */
static bool is_separator(const struct line *line)
{
	const char *p = line->start, *end = line->end;

	while (p < end && *p == '-')
		p++;
	while (end > p && end[-1] == '-')
		end--;
	return p - line->start >= 4 && line->end - end >= 4 && end - p >= 4 &&
	       end - p <= 60;
}

static bool is_any(const struct line *line, const char *const *fields)
{
	for (; *fields != NULL; fields++)
		if (begins_with(line, *fields))
			return true;
	return false;
}

/* The header that mail programs put over an older message. */
static bool is_quoted_header(const struct line *line, const char *end)
{
	static const char *const from[] = { "From:", "Von:", "De:", "De :",
		"Da:", "Van:", "Od:", "Fra:",
		"\xe5\xb7\xae\xe5\x87\xba\xe4\xba\xba", NULL };
	static const char *const other[] = { "Sent:", "Gesendet:", "Envoy",
		"Enviado", "Inviato:", "Verzonden:", "Wys", "Date:", "Datum:",
		"Fecha:", "Data:", "\xe9\x80\x81\xe4\xbf\xa1\xe6\x97\xa5",
		NULL };
	struct line next = *line;

	if (!is_any(line, from))
		return false;
	for (int i = 0; i < HEADER_LINES && next.next < end; i++) {
		next = read_line(next.next, end);
		if (is_any(&next, other))
			return true;
	}
	return false;
}

/* "On Monday Ann wrote:" before quoted lines. */
static bool is_attribution(const struct line *line, const char *end)
{
	struct line next;

	if (line_length(line) == 0 || !ends_in_colon(line))
		return false;
	next = read_line(line->next, end);
	if (line_length(&next) == 0 && next.next < end)
		next = read_line(next.next, end);
	return is_quoted(&next);
}

static void split(struct splitter *s, bool with_quoted)
{
	const char *p = s->text, *end = s->end;

	s->start = NOT_OPEN;
	s->list = false;
	s->looked = s->text;
	while (p < s->end && s->result == SENTENCES_OK) {
		struct line line = read_line(p, s->end);

		p = line.next;
		if (!with_quoted && (is_separator(&line) ||
					    is_quoted_header(&line, s->end))) {
			end = line.start;
			break;
		}
		if (!with_quoted &&
			(is_quoted(&line) || is_attribution(&line, s->end))) {
			close_sentence(s, line.start, false);
			continue;
		}
		while (with_quoted && line.start < line.end &&
			(*line.start == '>' || *line.start == ' '))
			line.start++;
		add_line(s, &line);
	}
	close_sentence(s, end, false);
}

enum sentence_result sentences_split(const char *text, size_t length,
	size_t max, struct sentences *sentences_r)
{
	struct splitter s = {
		.text = text,
		.end = text + length,
		.max = max,
		.sentences = sentences_r,
	};

	*sentences_r = (struct sentences){ 0 };
	split(&s, false);
	if (s.result == SENTENCES_OK && sentences_r->count == 0)
		split(&s, true);
	return s.result;
}

void sentences_fini(struct sentences *sentences)
{
	free(sentences->items);
	*sentences = (struct sentences){ 0 };
}
