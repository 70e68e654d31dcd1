/* SPDX-License-Identifier: BSD-2-Clause */
/* The phrases of all packs in a text that count there. Pure. */
#ifndef POLICY_EVIDENCE_H
#define POLICY_EVIDENCE_H

#include "policy/phrases.h"

/* A finding that counts, and whose it is. */
struct evidence {
	struct finding finding;
	const struct pack *pack;
};

struct evidences {
	struct evidence *items; /* in order of sentences */
	size_t count;
	const char *language; /* that most phrases are of, "" for none */
};

/*
 * Looks for the phrases of English, of the language that the text is in, and
 * of any that comes near it. Free with evidences_fini() in any case.
 */
enum find_result evidences_find(const struct phrasebook *book,
	const struct phrase_text *text, struct evidences *evidences_r);
void evidences_fini(struct evidences *evidences);

#endif
