/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Judges whether a text asks for something that an order needs, sentence by
 * sentence, by phrases and points. Pure; any thread.
 */
#ifndef POLICY_JUDGE_H
#define POLICY_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/kind.h"
#include "policy/phrases.h"

/* The settings critical.* of the policy. */
struct judge_rules {
	bool critical[CATEGORY_COUNT];
	int threshold;	/* that a critical text must reach */
	int object;	/* for a request about a critical object */
	int choice;	/* for a question for a choice */
	int request;	/* for any other request */
	int waiting;	/* where the order waits for the answer */
	int against;	/* off for a request that is never critical */
	int statement;	/* off for a statement that is not critical */
	int statements; /* the most off for all statements */
	int wording; /* the most that the wording of the text adds or takes */
};

/* What a sentence is, by its phrases. */
enum sentence_role {
	SENTENCE_PLAIN,	    /* counts for nothing */
	SENTENCE_STATEMENT, /* counts weakly against */
	SENTENCE_OFFER,
	SENTENCE_REQUEST, /* of an object unknown */
	SENTENCE_CHOICE,
	SENTENCE_OBJECT,  /* a request about a critical object */
	SENTENCE_AGAINST, /* a request that is never critical */
	SENTENCE_WANTED,  /* a statement of a critical category */
};

struct judged_sentence {
	size_t start, end; /* octets of the text */
	enum sentence_role role;
	enum category category;
	int points;   /* before caps */
	bool decided; /* its points are in the score */
};

struct judged_phrase {
	const char *text; /* as in the pack; the phrasebook's */
	const char *language;
	enum kind kind;
	uint32_t sentence;
	bool decided; /* its sentence's points come from it */
};

struct judgement {
	bool critical;
	bool mixed; /* critical, with a request that never is beside it */
	enum category category;
	int score;
	/* of the score: */
	int request;	/* for the best request */
	int requests;	/* for the further ones */
	int waiting;	/* as the order waits for the answer */
	int against;	/* off for a request that is never critical */
	int statements; /* off for statements */
	int wording;	/* for what the words taken together are */
	struct wording_result words;
	const char *language; /* that most phrases are of, "" for none */
	struct judged_sentence *sentences;
	size_t sentence_count;
	struct judged_phrase *phrases; /* in order of their sentences */
	size_t phrase_count;
};

enum judge_result {
	JUDGE_OK,
	JUDGE_TOO_COMPLEX, /* over a limit: undecided */
	JUDGE_NO_MEMORY,
};

#define JUDGE_TEXT_MAX (64 << 10) /* octets */
#define JUDGE_SENTENCES_MAX 2000

/*
 * Judges UTF-8 text that a reader would see. Quoted older mail in it does not
 * count. Free the judgement with judgement_fini(), in any case.
 */
enum judge_result judge_text(const struct judge_rules *rules,
	const struct phrasebook *book, const char *text, size_t length,
	struct judgement *judgement_r);
void judgement_fini(struct judgement *judgement);

const char *sentence_role_name(enum sentence_role role);

#endif
