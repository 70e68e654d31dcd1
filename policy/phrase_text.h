/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes the text that phrase packs look at. Pure. */
#ifndef POLICY_PHRASE_TEXT_H
#define POLICY_PHRASE_TEXT_H

#include "policy/phrases.h"
#include "policy/sentence.h"

/* Returns 0, or -1 when out of memory. Free with phrase_text_fini() anyway. */
int phrase_text_init(struct phrase_text *text, const char *original,
	const struct sentences *sentences, bool spaced, bool unspaced);
void phrase_text_fini(struct phrase_text *text);

#endif
