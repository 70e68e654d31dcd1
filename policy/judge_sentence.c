/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/judge_private.h"

const char *sentence_role_name(enum sentence_role role)
{
	static const char *const names[] = {
		[SENTENCE_PLAIN] = "plain",
		[SENTENCE_STATEMENT] = "statement",
		[SENTENCE_OFFER] = "offer",
		[SENTENCE_REQUEST] = "request",
		[SENTENCE_CHOICE] = "question",
		[SENTENCE_OBJECT] = "critical request",
		[SENTENCE_AGAINST] = "request never critical",
		[SENTENCE_WANTED] = "critical statement",
	};

	return names[role];
}

int trial_strongest(const struct trial *trial, const struct view *view,
	enum role role, bool critical, enum kind *kind_r)
{
	int best = 0;

	for (int kind = 0; kind < KIND_COUNT; kind++)
		if (kind_role(kind) == role &&
			trial->rules->critical[kind_category(kind)] ==
				critical &&
			view->sum[kind] > best) {
			best = view->sum[kind];
			*kind_r = kind;
		}
	return best > FULL ? FULL : best;
}

static int scale(int points, int strength)
{
	return (points * strength + FULL - 1) / FULL;
}

void sentence_set(struct judged_sentence *s, enum sentence_role role,
	enum kind kind, int points)
{
	s->role = role;
	s->category = kind_category(kind);
	s->points = points;
}

/* A request: by asking words, or by a question mark. */
struct request {
	int ask, choice;
	bool question;
	bool is_explicit; /* not only a question to answer with yes or no */
};

static bool is_request(
	const struct view *view, int states, struct request *request_r)
{
	*request_r = (struct request){
		.ask = view->strength[KIND_ASK],
		.choice = view->strength[KIND_CHOICE],
		.question = view->question,
	};
	request_r->is_explicit = request_r->ask == FULL ||
				 (view->question && request_r->choice == FULL);
	if (view->question)
		return true;
	/* "No answer is needed" asks for nothing. */
	return request_r->ask == FULL || (request_r->ask > 0 && states < FULL);
}

/* "Did you know that we engrave?" asks for nothing. */
static bool is_shown_off(const struct view *view, const struct request *request)
{
	return view->strength[KIND_MARKETING] == FULL ||
	       (!request->is_explicit &&
		       view->strength[KIND_PROACTIVE_SERVICE] == FULL);
}

static int object_points(const struct judge_rules *rules,
	const struct request *request, int object, int states, bool markets)
{
	int points = scale(rules->object, object == FULL ? FULL : 1);

	if (object < FULL)
		points++; /* a hint is more than half */
	if (!request->is_explicit)
		points -= object == FULL ? 2 : 1;
	else if (states == FULL && !request->question)
		points -= 2;
	if (markets)
		points -= rules->object / 2;
	return points < 0 ? 0 : points;
}

static void judge_request(const struct trial *trial, const struct view *view,
	const struct request *request, int states, struct judged_sentence *s)
{
	const struct judge_rules *rules = trial->rules;
	enum kind object_kind = KIND_ASK, against_kind = KIND_ASK;
	enum kind other = KIND_ASK;
	int object =
		trial_strongest(trial, view, ROLE_OBJECT, true, &object_kind);
	int against = trial_strongest(
		trial, view, ROLE_AGAINST, false, &against_kind);
	int unwanted = trial_strongest(trial, view, ROLE_OBJECT, false, &other);

	if (unwanted > against && unwanted > object) {
		against = unwanted;
		against_kind = other;
	}
	/* Consent to another product is not about where to send it. */
	if (against_kind == KIND_CONSENT && object == FULL &&
		object_kind == KIND_SHIPPING_ADDRESS)
		against = 0;
	if (against > 0 && (against == FULL || object < FULL)) {
		sentence_set(s, SENTENCE_AGAINST, against_kind,
			-scale(rules->against, against));
		return;
	}
	if (object > 0) {
		sentence_set(s, SENTENCE_OBJECT, object_kind,
			object_points(rules, request, object, states,
				is_shown_off(view, request)));
		/* A hint of an object is no less than none. */
		if (object < FULL && states < FULL && request->question &&
			request->choice == FULL && s->points < rules->choice)
			s->points = rules->choice;
		return;
	}
	if (request->choice > 0 && rules->critical[CATEGORY_CUSTOMIZATION]) {
		sentence_set(s, SENTENCE_CHOICE, KIND_CHOICE,
			request->choice == FULL ? rules->choice
						: rules->request);
		if (states == FULL && request->ask < FULL)
			s->points /= 2;
		return;
	}
	sentence_set(s, SENTENCE_REQUEST, KIND_ASK,
		states == FULL
			? 0
			: scale(rules->request,
				  request->question ? FULL : request->ask));
}

static void judge_statement(const struct trial *trial, const struct view *view,
	int states, enum kind state_kind, struct judged_sentence *s)
{
	enum kind kind = state_kind;
	int against = trial_strongest(trial, view, ROLE_AGAINST, false, &kind);

	if (states >= against)
		kind = state_kind;
	else
		states = against;
	if (states > 0)
		sentence_set(s, SENTENCE_STATEMENT, kind,
			-scale(trial->rules->statement, states));
}

/*
 * "One word of feedback, please: left or right?" asks behind the colon, "Please
 * send the text to engrave: all right?" before it.
 */
static bool only_introduces(const struct trial *trial, const struct view *view)
{
	enum kind kind;

	return view->introduces && view->strength[KIND_CONDITION] < FULL &&
	       (trial_strongest(trial, view, ROLE_OBJECT, true, &kind) < FULL ||
		       trial_strongest(trial, view, ROLE_AGAINST, false,
			       &kind) == FULL);
}

/* "We cannot cut it without the width" asks without saying so. */
static bool waits_for_object(
	const struct trial *trial, const struct view *view, enum kind *object_r)
{
	enum kind against;

	return !view->has_offer && view->strength[KIND_WAITING] == FULL &&
	       trial_strongest(trial, view, ROLE_OBJECT, true, object_r) ==
		       FULL &&
	       trial_strongest(trial, view, ROLE_AGAINST, false, &against) <
		       FULL;
}

void sentence_judge(const struct trial *trial, const struct view *view,
	struct judged_sentence *s)
{
	const struct judge_rules *rules = trial->rules;
	enum kind state_kind = KIND_ASK, kind = KIND_ASK;
	int states =
		trial_strongest(trial, view, ROLE_STATES, false, &state_kind);
	int wanted = trial_strongest(trial, view, ROLE_STATES, true, &kind);
	struct request request;

	if (wanted == 0)
		wanted =
			trial_strongest(trial, view, ROLE_AGAINST, true, &kind);
	if (wanted == FULL) {
		sentence_set(s, SENTENCE_WANTED, kind, rules->object);
		return;
	}
	if (view->strength[KIND_RHETORICAL] == FULL ||
		only_introduces(trial, view)) {
		judge_statement(trial, view, states, state_kind, s);
		return;
	}
	if (is_request(view, states, &request) && !view->has_offer) {
		judge_request(trial, view, &request, states, s);
		return;
	}
	if (waits_for_object(trial, view, &kind) && states < FULL) {
		sentence_set(s, SENTENCE_OBJECT, kind, rules->object - 2);
		return;
	}
	/* "If so, five stars would make us happy." */
	if (view->strength[KIND_CONDITION] == FULL &&
		trial_strongest(trial, view, ROLE_AGAINST, false, &kind) ==
			FULL) {
		sentence_set(s, SENTENCE_AGAINST, kind, -rules->against);
		return;
	}
	if (view->has_offer)
		sentence_set(s, SENTENCE_OFFER, KIND_OFFER, 0);
	else
		judge_statement(trial, view, states, state_kind, s);
}
