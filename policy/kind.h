/* SPDX-License-Identifier: BSD-2-Clause */
/* Kinds of phrases and categories of texts, made from their tables. */
#ifndef POLICY_KIND_H
#define POLICY_KIND_H

#include <stdbool.h>

enum category {
#define CATEGORY(name, ...) CATEGORY_##name,
#include "policy/category.def"
#undef CATEGORY
	CATEGORY_COUNT
};

enum kind {
#define KIND(name, ...) KIND_##name,
#include "policy/kind.def"
#undef KIND
	KIND_COUNT
};

enum role {
	ROLE_ASKS,	      /* makes a sentence a request */
	ROLE_CHOOSES,	      /* makes a request one for a choice */
	ROLE_WAITS,	      /* says that the order waits for the answer */
	ROLE_WANTS_NO_ANSWER, /* makes a question one that wants none */
	ROLE_CONDITIONS,      /* makes what was asked before a condition */
	ROLE_OBJECT,	      /* what a request is about */
	ROLE_AGAINST,	      /* what no critical request asks for */
	ROLE_STATES,	      /* a statement */
	ROLE_OFFERS,	      /* an offer, which is no request */
	ROLE_NOTHING,
	ROLE_MASKS,	/* what counts against is not looked for here */
	ROLE_MASKS_ALL, /* nothing is looked for here */
};

const char *category_name(enum category category);

/* Returns whether there is such a category. */
bool category_find(const char *name, enum category *category_r);

const char *kind_name(enum kind kind);
enum role kind_role(enum kind kind);
enum category kind_category(enum kind kind);
bool kind_find(const char *name, enum kind *kind_r);

#endif
