/* SPDX-License-Identifier: BSD-2-Clause */
/* What judge.c and judge_sentence.c share. */
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

void sentence_set(struct judged_sentence *s, enum sentence_role role,
	enum kind kind, int points);

/* Judges a sentence by itself. */
void sentence_judge(const struct trial *trial, const struct view *view,
	struct judged_sentence *s);

#endif
