/* SPDX-License-Identifier: BSD-2-Clause */
/* What judge.c, judge_sentence.c and judge_context.c share. */
#ifndef POLICY_JUDGE_PRIVATE_H
#define POLICY_JUDGE_PRIVATE_H

#include "policy/judge.h"

#define FULL PHRASE_WEIGHT_MAX

/* How strongly each kind of phrase stands in a sentence: 0 to FULL. */
struct view {
	int strength[KIND_COUNT];
	int sum[KIND_COUNT];	   /* the same without a bound */
	size_t ends[KIND_COUNT];   /* of the phrases seen, in the folded text */
	bool question, introduces; /* as in struct sentence */
	size_t offer_at; /* where the offer begins in the folded text */
	bool has_offer;
};

struct trial {
	const struct judge_rules *rules;
	struct judgement *judgement;
	struct view *views; /* one a sentence */
};

/*
 * The strongest kind of a role, whose category is critical or is not: 0 to
 * FULL. Of 0, *kind_r stays.
 */
int trial_strongest(const struct trial *trial, const struct view *view,
	enum role role, bool critical, enum kind *kind_r);

/* Whether a kind stands in full in sentence i; there may be none such. */
bool trial_has_full(const struct trial *trial, size_t i, enum kind kind);

void sentence_set(struct judged_sentence *s, enum sentence_role role,
	enum kind kind, int points);

/* Judges a sentence by itself. */
void sentence_judge(const struct trial *trial, const struct view *view,
	struct judged_sentence *s);

/*
 * Changes what sentences are by those beside them: where a request finds its
 * object, which questions want no answer.
 */
void sentences_relate(const struct trial *trial);

#endif
