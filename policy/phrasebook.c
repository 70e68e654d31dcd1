/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include "policy/phrases.h"

struct phrasebook {
	struct pack **packs;
	size_t count;
	struct wording *wording; /* or NULL */
};

struct phrasebook *phrasebook_new(void)
{
	return calloc(1, sizeof(struct phrasebook));
}

void phrasebook_free(struct phrasebook **book)
{
	if (*book == NULL)
		return;
	for (size_t i = 0; i < (*book)->count; i++)
		pack_free(&(*book)->packs[i]);
	free((*book)->packs);
	wording_free(&(*book)->wording);
	free(*book);
	*book = NULL;
}

int phrasebook_add(struct phrasebook *book, struct pack *pack)
{
	struct pack **grown = reallocarray(
		book->packs, book->count + 1, sizeof(struct pack *));

	if (grown == NULL)
		return -1;
	book->packs = grown;
	grown[book->count++] = pack;
	return 0;
}

size_t phrasebook_count(const struct phrasebook *book)
{
	return book->count;
}

const struct pack *phrasebook_pack(const struct phrasebook *book, size_t index)
{
	return book->packs[index];
}

void phrasebook_set_wording(struct phrasebook *book, struct wording *wording)
{
	wording_free(&book->wording);
	book->wording = wording;
}

const struct wording *phrasebook_wording(const struct phrasebook *book)
{
	return book->wording;
}

bool phrasebook_has(const struct phrasebook *book, bool unspaced)
{
	for (size_t i = 0; i < book->count; i++)
		if (pack_is_unspaced(book->packs[i]) == unspaced)
			return true;
	return false;
}
