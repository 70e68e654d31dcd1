/* SPDX-License-Identifier: BSD-2-Clause */
/* What the sentences beside it make of a sentence. */
#include "policy/judge_private.h"

#define BALANCE_LOUD 2.0 /* of the words of a text */

bool trial_has_full(const struct trial *trial, size_t i, enum kind kind)
{
	return i < trial->judgement->sentence_count &&
	       trial->views[i].strength[kind] == FULL;
}

/* "You bought it on sale, and no name came with it" may; not "It was sent". */
static bool may_name_object(const struct trial *trial, size_t i)
{
	switch (trial->judgement->sentences[i].role) {
	case SENTENCE_PLAIN:
		return true;
	case SENTENCE_STATEMENT:
		return !trial_has_full(trial, i, KIND_CONFIRMATION);
	default:
		return false;
	}
}

/*
 * A request may name its object in the sentence before it, or behind it where
 * more than a question mark asks: "Your zip code has four digits. What is the
 * fifth?"
 */
static void look_around(const struct trial *trial, size_t i)
{
	struct judgement *j = trial->judgement;
	struct judged_sentence *s = &j->sentences[i];
	bool asks = trial_has_full(trial, i, KIND_ASK);
	enum kind kind = KIND_ASK;
	int points, strength;

	if (s->role != SENTENCE_REQUEST && s->role != SENTENCE_CHOICE)
		return;
	for (int side = -1; side <= 1; side += 2) {
		size_t n = i + side;

		if ((side < 0 && i == 0) || n >= j->sentence_count ||
			!may_name_object(trial, n))
			continue;
		strength = trial_strongest(
			trial, &trial->views[n], ROLE_OBJECT, true, &kind);
		if (strength == 0 || (!asks && (side > 0 || strength < FULL)))
			continue;
		points = trial->rules->object - (strength == FULL ? 2 : 3);
		if (s->points == 0)
			return;
		if (points > s->points)
			s->points = points;
		s->role = SENTENCE_OBJECT;
		s->category = kind_category(kind);
		return;
	}
}

/* Whether sentence i advertises, or is about feedback. */
static bool is_promotion(const struct trial *trial, size_t i)
{
	const struct judgement *j = trial->judgement;

	return i < j->sentence_count && !trial->views[i].introduces &&
	       (j->sentences[i].role == SENTENCE_STATEMENT ||
		       j->sentences[i].role == SENTENCE_AGAINST ||
		       j->sentences[i].points == 0) &&
	       !trial_has_full(trial, i, KIND_COURTESY) &&
	       (trial_has_full(trial, i, KIND_MARKETING) ||
		       trial_has_full(trial, i, KIND_FEEDBACK_REQUEST));
}

/* Whether sentence i does nothing but advertise: it has two such phrases. */
static bool advertises(const struct trial *trial, size_t i)
{
	return is_promotion(trial, i) &&
	       trial->views[i].sum[KIND_MARKETING] >= 2 * FULL;
}

/* Whether sentence i tells what is not critical, and asks for nothing. */
static bool is_told(const struct trial *trial, size_t i)
{
	const struct judgement *j = trial->judgement;

	return i < j->sentence_count &&
	       (j->sentences[i].role == SENTENCE_STATEMENT ||
		       j->sentences[i].role == SENTENCE_OFFER) &&
	       (trial_has_full(trial, i, KIND_PROACTIVE_SERVICE) ||
		       trial_has_full(trial, i, KIND_CONFIRMATION) ||
		       trial_has_full(trial, i, KIND_STOCK_DELAY) ||
		       trial_has_full(trial, i, KIND_ALTERNATE_PRODUCT));
}

/*
 * Some questions want no answer: "Where does the filter go? The manual shows
 * it." "What colour suits your home? All half price." And "Would L do?" after
 * "We only have L left" is about another product.
 */
static void doubt_question(const struct trial *trial, size_t i)
{
	struct judged_sentence *s = &trial->judgement->sentences[i];
	bool is_open =
		s->role == SENTENCE_CHOICE || s->role == SENTENCE_REQUEST;

	if (!trial->views[i].question ||
		(!is_open && s->role != SENTENCE_OBJECT))
		return;
	if (is_open && i > 0 && !trial_has_full(trial, i, KIND_CHOICE) &&
		(trial_has_full(trial, i - 1, KIND_ALTERNATE_PRODUCT) ||
			trial_has_full(trial, i - 1, KIND_CONSENT))) {
		sentence_set(s, SENTENCE_AGAINST, KIND_CONSENT,
			-trial->rules->against);
		return;
	}
	if (trial_has_full(trial, i, KIND_ASK)) {
		if (advertises(trial, i + 1) ||
			(i > 0 && advertises(trial, i - 1)))
			s->points -= trial->rules->object / 2;
		return;
	}
	if (is_promotion(trial, i + 1) || (i > 0 && advertises(trial, i - 1)))
		s->points -= trial->rules->object / 2;
	else if ((is_open || i == 0) && is_told(trial, i + 1))
		s->points /= 2;
	if (s->points < 0)
		s->points = 0;
}

/* Whether something hints at asking where no sentence asks, or tells. */
static bool may_ask(const struct trial *trial)
{
	const struct judgement *j = trial->judgement;
	bool hint = false;

	for (size_t i = 0; i < j->sentence_count; i++) {
		const struct view *view = &trial->views[i];

		if (j->sentences[i].role != SENTENCE_PLAIN)
			return false;
		hint |= view->strength[KIND_ASK] > 0 ||
			view->strength[KIND_WAITING] > 0 ||
			view->strength[KIND_CHOICE] == FULL;
	}
	return hint;
}

/*
 * One may ask in words that no phrase has: "Only the house number, then it
 * leaves." Where all words speak loudly for the text, there is a hint of
 * asking, and nothing speaks against it, then a sentence about a critical
 * object is taken for a request.
 */
static void imply_request(const struct trial *trial)
{
	struct judgement *j = trial->judgement;
	enum kind kind = KIND_ASK;

	if (j->wording <= 0 || j->words.balance < BALANCE_LOUD ||
		!may_ask(trial))
		return;
	for (size_t i = 0; i < j->sentence_count; i++)
		if (trial_strongest(trial, &trial->views[i], ROLE_OBJECT, true,
			    &kind) == FULL) {
			sentence_set(&j->sentences[i], SENTENCE_OBJECT, kind,
				trial->rules->object / 2);
			return;
		}
}

static bool order_waits(const struct trial *trial)
{
	for (size_t i = 0; i < trial->judgement->sentence_count; i++)
		if (trial_has_full(trial, i, KIND_WAITING))
			return true;
	return false;
}

void sentences_relate(const struct trial *trial)
{
	size_t count = trial->judgement->sentence_count;

	for (size_t i = 0; i < count; i++)
		look_around(trial, i);
	if (!order_waits(trial))
		for (size_t i = 0; i < count; i++)
			doubt_question(trial, i);
	imply_request(trial);
}
