/* SPDX-License-Identifier: BSD-2-Clause */
/* A decoded text becomes sentences, without quoted older mail. Pure. */
#ifndef POLICY_SENTENCE_H
#define POLICY_SENTENCE_H

#include <stdbool.h>
#include <stddef.h>

/* Octets of the text; a line end in it is as good as a blank. */
struct sentence {
	size_t start, end;
	bool question;	 /* ends with a question mark */
	bool introduces; /* the question behind it, by a colon */
};

struct sentences {
	struct sentence *items;
	size_t count;
	size_t size;
};

enum sentence_result {
	SENTENCES_OK,
	SENTENCES_TOO_MANY,
	SENTENCES_NO_MEMORY,
};

/*
 * Splits UTF-8 text at the ends of sentences, at line ends that are no line
 * wraps, at a colon before a question, and before items of a list; items
 * after a colon belong to the sentence before. Lines that quote an older message are left out: marked by
 * ">", or after a separator such as "-----Original Message-----"; if nothing
 * else is there, they are taken. The caller frees with sentences_fini() in any
 * case.
 */
enum sentence_result sentences_split(const char *text, size_t length,
	size_t max, struct sentences *sentences_r);
void sentences_fini(struct sentences *sentences);

#endif
