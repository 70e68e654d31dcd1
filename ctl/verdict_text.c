/* SPDX-License-Identifier: BSD-2-Clause */
/* What was found in a text that was judged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/ctl.h"
#include "ctl/verdict_text.h"

#define LABEL "%-17s "

static void print_phrases(const struct judgement *judgement, size_t sentence)
{
	for (size_t i = 0; i < judgement->phrase_count; i++) {
		const struct judged_phrase *p = &judgement->phrases[i];

		if (p->sentence != sentence)
			continue;
		printf("      %s%s: \"", p->decided ? "* " : "  ",
			kind_name(p->kind));
		ctl_print_text(stdout, p->text);
		printf("\" (%s)\n", p->language);
	}
}

/* The octets of a sentence, which may hold line ends. */
static void print_sentence(const char *text, const struct judged_sentence *s)
{
	char *copy = strndup(text + s->start, s->end - s->start);

	for (char *p = copy; p != NULL && *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	ctl_print_text(stdout, copy != NULL ? copy : "?");
	free(copy);
}

/* What the points are made of. */
static void print_sum(const struct judgement *j)
{
	const struct {
		int points;
		const char *what;
	} parts[] = {
		{ j->request, "the best request" },
		{ j->requests, "further requests" },
		{ j->waiting, "the order waits for the answer" },
		{ j->against, "a request that is never critical" },
		{ j->statements, "statements" },
		{ j->wording, "all words together" },
	};
	const char *before = "";

	if (j->sentence_count == 0)
		return;
	printf(LABEL, "made of:");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].points == 0)
			continue;
		printf("%s%s %+d", before, parts[i].what, parts[i].points);
		before = ", ";
	}
	puts(*before ? "" : "nothing");
}

/* What the words of the whole text add, and the weightiest of them. */
static void print_words(const struct judgement *j)
{
	if (j->words.count == 0)
		return;
	printf(LABEL "for (+) and against (-), by how words begin:", "words:");
	for (size_t i = 0; i < j->words.count; i++) {
		const struct wording_part *part = &j->words.parts[i];

		printf("%s %c\"", i > 0 ? "," : "",
			part->points < 0 ? '-' : '+');
		ctl_print_text(stdout, part->entry);
		putchar('"');
	}
	putchar('\n');
}

void verdict_print_text(const struct txn_view *view)
{
	const struct judgement *j = view->judgement;

	if (j == NULL)
		return;
	printf(LABEL "%s, of the category %s%s\n",
		"content:", j->critical ? "critical" : "not critical",
		category_name(j->category),
		j->mixed ? "; with a request that never is critical" : "");
	printf(LABEL "%d, critical from %d\n", "points:", j->score,
		policy_judge_rules(view->snapshot->policy)->threshold);
	print_sum(j);
	print_words(j);
	printf(LABEL "%s\n", "language:", *j->language ? j->language : "-");
	puts("sentences, with their points and phrases (* decided):");
	for (size_t i = 0; i < j->sentence_count; i++) {
		const struct judged_sentence *s = &j->sentences[i];

		printf("  %s%+d %s: ", s->decided ? "* " : "  ", s->points,
			sentence_role_name(s->role));
		print_sentence(view->text, s);
		putchar('\n');
		print_phrases(j, i);
	}
}

static json_t *phrases_json(const struct judgement *j, size_t sentence)
{
	struct jsonout list, out;

	jsonout_begin_list(&list);
	for (size_t i = 0; i < j->phrase_count; i++) {
		const struct judged_phrase *p = &j->phrases[i];

		if (p->sentence != sentence)
			continue;
		jsonout_begin(&out);
		jsonout_string(&out, "kind", kind_name(p->kind));
		jsonout_string(&out, "phrase", p->text);
		jsonout_string(&out, "language", p->language);
		jsonout_bool(&out, "decided", p->decided);
		jsonout_item(&list, jsonout_take(&out));
	}
	return jsonout_take(&list);
}

static json_t *sentence_json(const struct txn_view *view, size_t i)
{
	const struct judged_sentence *s = &view->judgement->sentences[i];
	char *text = strndup(view->text + s->start, s->end - s->start);
	struct jsonout out;

	jsonout_begin(&out);
	jsonout_string(&out, "text", text != NULL ? text : "");
	jsonout_string(&out, "role", sentence_role_name(s->role));
	jsonout_integer(&out, "points", s->points);
	jsonout_bool(&out, "decided", s->decided);
	jsonout_value(&out, "phrases", phrases_json(view->judgement, i));
	free(text);
	return jsonout_take(&out);
}

static json_t *sum_json(const struct judgement *j)
{
	struct jsonout out;

	jsonout_begin(&out);
	jsonout_integer(&out, "request", j->request);
	jsonout_integer(&out, "requests", j->requests);
	jsonout_integer(&out, "waiting", j->waiting);
	jsonout_integer(&out, "against", j->against);
	jsonout_integer(&out, "statements", j->statements);
	jsonout_integer(&out, "wording", j->wording);
	return jsonout_take(&out);
}

static json_t *words_json(const struct judgement *j)
{
	struct jsonout list, out;

	jsonout_begin_list(&list);
	for (size_t i = 0; i < j->words.count; i++) {
		const struct wording_part *part = &j->words.parts[i];

		jsonout_begin(&out);
		jsonout_string(&out, "entry", part->entry);
		jsonout_bool(&out, "for", part->points >= 0);
		jsonout_item(&list, jsonout_take(&out));
	}
	return jsonout_take(&list);
}

json_t *verdict_text_json(const struct txn_view *view)
{
	const struct judgement *j = view->judgement;
	struct jsonout list, out;

	if (j == NULL)
		return json_null();
	jsonout_begin_list(&list);
	for (size_t i = 0; i < j->sentence_count; i++)
		jsonout_item(&list, sentence_json(view, i));
	jsonout_begin(&out);
	jsonout_bool(&out, "critical", j->critical);
	jsonout_bool(&out, "mixed", j->mixed);
	jsonout_string(&out, "category", category_name(j->category));
	jsonout_integer(&out, "score", j->score);
	jsonout_integer(&out, "threshold",
		policy_judge_rules(view->snapshot->policy)->threshold);
	jsonout_value(&out, "made_of", sum_json(j));
	jsonout_value(&out, "words", words_json(j));
	jsonout_string(&out, "language", *j->language ? j->language : NULL);
	jsonout_value(&out, "sentences", jsonout_take(&list));
	return jsonout_take(&out);
}
