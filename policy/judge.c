/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "policy/evidence.h"
#include "policy/judge_private.h"
#include "policy/phrase_text.h"

/* --- All sentences together --------------------------------------------- */

/* What all sentences of one direction come to. */
struct sum {
	int best, more; /* the best request, and how many others */
	int against;
	int statements;
	bool request, strong;
	bool waiting;
	size_t best_at, against_at, statement_at; /* plus 1, 0: none */
};

/* "Name right, in time? If so, please review us" asks for a review. */
static void forget_requests(struct sum *sum)
{
	sum->best = 0;
	sum->best_at = 0;
	sum->more = 0;
	sum->request = false;
	sum->strong = false;
}

static void add_sentence(const struct trial *trial, size_t i, struct sum *sum)
{
	const struct judged_sentence *s = &trial->judgement->sentences[i];

	sum->waiting |= trial->views[i].strength[KIND_WAITING] == FULL;
	switch (s->role) {
	case SENTENCE_REQUEST:
	case SENTENCE_CHOICE:
	case SENTENCE_OBJECT:
	case SENTENCE_WANTED:
		if (s->points <= 0)
			break;
		sum->request = true;
		sum->strong |= s->points >= trial->rules->object;
		sum->more += sum->best > 0;
		if (s->points > sum->best) {
			sum->best = s->points;
			sum->best_at = i + 1;
		}
		break;
	case SENTENCE_AGAINST:
		if (trial->views[i].strength[KIND_CONDITION] == FULL)
			forget_requests(sum);
		if (s->points < sum->against) {
			sum->against = s->points;
			sum->against_at = i + 1;
		}
		break;
	case SENTENCE_STATEMENT:
		sum->statements += s->points;
		if (sum->statement_at == 0)
			sum->statement_at = i + 1;
		break;
	default:
		break;
	}
}

/* Marks the sentence at (plus 1) and its phrases as those that decided. */
static void mark_decided(struct judgement *j, size_t at)
{
	struct judged_sentence *s;

	if (at == 0)
		return;
	s = &j->sentences[at - 1];
	s->decided = true;
	for (size_t i = 0; i < j->phrase_count; i++) {
		struct judged_phrase *p = &j->phrases[i];
		enum role role = kind_role(p->kind);
		bool carries = kind_category(p->kind) == s->category ||
			       (s->points > 0 && (role == ROLE_ASKS ||
							 role == ROLE_CHOOSES));

		p->decided |=
			p->sentence == at - 1 && carries && role < ROLE_OFFERS;
	}
}

/* How much a kind in a sentence says of the category of the whole. */
static int category_weight(
	const struct trial *trial, const struct judged_sentence *s, int kind)
{
	enum role role = kind_role(kind);
	bool wanted = trial->rules->critical[kind_category(kind)];

	if (trial->judgement->critical) {
		if (role != ROLE_OBJECT || !wanted ||
			s->role == SENTENCE_AGAINST ||
			s->role == SENTENCE_STATEMENT)
			return 0;
		return s->role == SENTENCE_OBJECT ? 2 : 1;
	}
	if (role == ROLE_AGAINST)
		return s->role == SENTENCE_AGAINST ? 4 : 2;
	if (role == ROLE_OBJECT)
		return s->role == SENTENCE_AGAINST && !wanted ? 4 : 0;
	return role == ROLE_STATES ? 2 : role == ROLE_OFFERS;
}

static enum category find_category(
	const struct trial *trial, const struct sum *sum)
{
	const struct judgement *j = trial->judgement;
	int weights[CATEGORY_COUNT] = { 0 };
	enum category best = CATEGORY_OTHER;
	const struct judged_sentence *decisive;

	for (size_t i = 0; i < j->sentence_count; i++)
		for (int kind = 0; kind < KIND_COUNT; kind++)
			weights[kind_category(kind)] +=
				trial->views[i].sum[kind] *
				category_weight(trial, &j->sentences[i], kind);
	if (sum->best_at != 0) {
		decisive = &j->sentences[sum->best_at - 1];
		weights[decisive->category] += j->critical;
		if (decisive->role == SENTENCE_WANTED)
			return decisive->category;
	}
	weights[CATEGORY_OTHER] = 0;
	for (int i = 0; i < CATEGORY_COUNT; i++)
		if (weights[i] > weights[best])
			best = i;
	return best;
}

/*
 * Words alone do not refuse a plain question, "Which name shall we engrave?",
 * beside which nothing speaks against the message.
 */
static int bound_wording(
	const struct trial *trial, const struct sum *sum, int wording)
{
	const struct judgement *j = trial->judgement;
	int most = sum->best - trial->rules->threshold;

	if (wording >= 0 || most < 0)
		return wording;
	if (!sum->strong || sum->against < 0 || sum->statements < 0)
		return wording;
	for (size_t i = 0; i < j->sentence_count; i++)
		if (j->sentences[i].role == SENTENCE_OFFER ||
			trial_has_full(trial, i, KIND_RHETORICAL))
			return wording;
	return wording < -most ? -most : wording;
}

static void conclude(const struct trial *trial, const struct sum *sum)
{
	const struct judge_rules *rules = trial->rules;
	struct judgement *j = trial->judgement;

	j->request = sum->best;
	j->requests = sum->more > 2 ? 2 : sum->more;
	j->waiting = sum->waiting && sum->request ? rules->waiting : 0;
	j->against = sum->strong ? 0 : sum->against;
	j->statements = sum->statements < -rules->statements
				? -rules->statements
				: sum->statements;
	j->wording = bound_wording(trial, sum, j->wording);
	j->score = j->request + j->requests + j->waiting + j->against +
		   j->statements + j->wording;
	j->critical = sum->request && j->score >= rules->threshold;
	j->mixed = j->critical && sum->against < 0;
	mark_decided(j, sum->best_at);
	if (j->against != 0)
		mark_decided(j, sum->against_at);
	if (!j->critical)
		mark_decided(j, sum->statement_at);
	j->category = find_category(trial, sum);
}

/* --- From phrases to views ---------------------------------------------- */

static bool counts_in(const struct view *view, const struct finding *f)
{
	return !view->has_offer || f->start < view->offer_at ||
	       f->phrase->kind == KIND_OFFER;
}

/* An offer counts only where nothing was asked for before it. */
static void see_offers(struct trial *trial, const struct evidences *evidences)
{
	for (size_t i = 0; i < evidences->count; i++) {
		const struct finding *f = &evidences->items[i].finding;
		struct view *view = &trial->views[f->sentence];

		if (f->phrase->kind == KIND_OFFER &&
			f->phrase->weight == FULL && !view->has_offer) {
			view->has_offer = true;
			view->offer_at = f->start;
		}
	}
}

/* "deliver*" and "delivery" on one word are one hint, not two. */
static bool is_covered(const struct view *view, const struct finding *f)
{
	return f->phrase->weight < FULL &&
	       f->start < view->ends[f->phrase->kind];
}

static void see_phrases(struct trial *trial, const struct evidences *evidences)
{
	for (size_t i = 0; i < evidences->count; i++) {
		const struct finding *f = &evidences->items[i].finding;
		struct view *view = &trial->views[f->sentence];
		int *strength = &view->strength[f->phrase->kind];

		if (!counts_in(view, f) || is_covered(view, f))
			continue;
		if (f->end > view->ends[f->phrase->kind])
			view->ends[f->phrase->kind] = f->end;
		view->sum[f->phrase->kind] += f->phrase->weight;
		/* "How is the" is no more of a choice than "how". */
		if (f->phrase->kind == KIND_CHOICE)
			*strength = f->phrase->weight > *strength
					    ? f->phrase->weight
					    : *strength;
		else
			*strength += f->phrase->weight;
		if (*strength > FULL)
			*strength = FULL;
	}
}

/* What stands before an offer counts where it is a request by itself. */
static void end_offers(struct trial *trial)
{
	for (size_t i = 0; i < trial->judgement->sentence_count; i++) {
		struct view *view = &trial->views[i];
		enum kind kind;

		if (!view->has_offer)
			continue;
		view->question = false;
		if (view->strength[KIND_ASK] == FULL &&
			trial_strongest(trial, view, ROLE_OBJECT, true, &kind) >
				0)
			view->has_offer = false;
	}
}

static int note_phrases(struct judgement *j, const struct evidences *evidences)
{
	j->phrases = calloc(evidences->count + 1, sizeof(*j->phrases));
	if (j->phrases == NULL)
		return -1;
	j->phrase_count = evidences->count;
	for (size_t i = 0; i < evidences->count; i++) {
		const struct evidence *e = &evidences->items[i];

		j->phrases[i] = (struct judged_phrase){
			.text = e->finding.phrase->text,
			.language = pack_language(e->pack),
			.kind = e->finding.phrase->kind,
			.sentence = e->finding.sentence,
		};
	}
	return 0;
}

static enum judge_result judge_views(const struct judge_rules *rules,
	const struct sentences *sentences, const struct evidences *evidences,
	struct judgement *j)
{
	struct trial trial = { .rules = rules, .judgement = j };
	struct sum sum = { 0 };

	trial.views = calloc(sentences->count + 1, sizeof(*trial.views));
	j->sentences = calloc(sentences->count + 1, sizeof(*j->sentences));
	if (!trial.views || !j->sentences || note_phrases(j, evidences) < 0) {
		free(trial.views);
		return JUDGE_NO_MEMORY;
	}
	j->language = evidences->language;
	j->sentence_count = sentences->count;
	for (size_t i = 0; i < sentences->count; i++) {
		j->sentences[i].start = sentences->items[i].start;
		j->sentences[i].end = sentences->items[i].end;
		trial.views[i].question = sentences->items[i].question;
		trial.views[i].introduces = sentences->items[i].introduces;
	}
	see_offers(&trial, evidences);
	see_phrases(&trial, evidences);
	end_offers(&trial);
	for (size_t i = 0; i < sentences->count; i++)
		sentence_judge(&trial, &trial.views[i], &j->sentences[i]);
	sentences_relate(&trial);
	for (size_t i = 0; i < sentences->count; i++)
		add_sentence(&trial, i, &sum);
	conclude(&trial, &sum);
	free(trial.views);
	return JUDGE_OK;
}

/* A balance of 1 is worth a few points. */
#define WORDING_POINTS 2.9

/* The words were learned with these categories, no more and no less. */
static bool is_learned_for(const struct judge_rules *rules)
{
	for (int i = 0; i < CATEGORY_COUNT; i++) {
		bool wanted = i == CATEGORY_CUSTOMIZATION ||
			      i == CATEGORY_DELIVERY_SCHEDULING ||
			      i == CATEGORY_SHIPPING_ADDRESS;

		if (rules->critical[i] != wanted)
			return false;
	}
	return true;
}

static int weigh_words(const struct judge_rules *rules,
	const struct phrasebook *book, const struct phrase_text *text,
	struct judgement *j)
{
	const struct wording *wording = phrasebook_wording(book);

	if (wording == NULL || rules->wording == 0 || !is_learned_for(rules))
		return 0;
	if (wording_weigh(wording, &text->spaced, &j->words) < 0)
		return -1;
	j->wording = (int)lround(j->words.balance * WORDING_POINTS);
	if (j->wording > rules->wording)
		j->wording = rules->wording;
	if (j->wording < -rules->wording)
		j->wording = -rules->wording;
	return 0;
}

static enum judge_result judge_sentences(const struct judge_rules *rules,
	const struct phrasebook *book, const char *text,
	const struct sentences *sentences, struct judgement *judgement_r)
{
	struct phrase_text phrase_text;
	struct evidences evidences = { 0 };
	enum judge_result result = JUDGE_NO_MEMORY;

	if (phrase_text_init(&phrase_text, text, sentences,
		    phrasebook_has(book, false) ||
			    phrasebook_wording(book) != NULL,
		    phrasebook_has(book, true)) == 0 &&
		weigh_words(rules, book, &phrase_text, judgement_r) == 0)
		switch (evidences_find(book, &phrase_text, &evidences)) {
		case FIND_OK:
			result = judge_views(
				rules, sentences, &evidences, judgement_r);
			break;
		case FIND_TOO_COMPLEX:
			result = JUDGE_TOO_COMPLEX;
			break;
		case FIND_NO_MEMORY:
			break;
		}
	evidences_fini(&evidences);
	phrase_text_fini(&phrase_text);
	return result;
}

enum judge_result judge_text(const struct judge_rules *rules,
	const struct phrasebook *book, const char *text, size_t length,
	struct judgement *judgement_r)
{
	struct sentences sentences;
	enum judge_result result = JUDGE_NO_MEMORY;

	*judgement_r = (struct judgement){ .language = "" };
	if (length > JUDGE_TEXT_MAX)
		return JUDGE_TOO_COMPLEX;
	switch (sentences_split(
		text, length, JUDGE_SENTENCES_MAX, &sentences)) {
	case SENTENCES_OK:
		result = judge_sentences(
			rules, book, text, &sentences, judgement_r);
		break;
	case SENTENCES_TOO_MANY:
		result = JUDGE_TOO_COMPLEX;
		break;
	case SENTENCES_NO_MEMORY:
		break;
	}
	sentences_fini(&sentences);
	return result;
}

void judgement_fini(struct judgement *judgement)
{
	free(judgement->sentences);
	free(judgement->phrases);
	*judgement = (struct judgement){ .language = "" };
}
