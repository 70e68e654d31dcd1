/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "policy/address.h"

/* Patterns in canonical form, sorted. */
struct address_set {
	struct strlist patterns;
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool has(const struct address_set *set, const char *key)
{
	return set->patterns.count > 0 &&
	       bsearch(&key, set->patterns.items, set->patterns.count,
		       sizeof(*set->patterns.items), compare) != NULL;
}

/*
 * "@domain" and "@*.domain" become canonical by way of an address in that
 * domain, so that one function knows what a domain is.
 */
static int canonical_pattern(
	const char *pattern, const struct address_form *form, char *out)
{
	char address[ADDRESS_SIZE];
	char canonical[ADDRESS_SIZE];
	bool below = strncmp(pattern, "@*.", 3) == 0;
	bool domain = pattern[0] == '@';

	/* A star elsewhere is a letter, which nobody means by it. */
	if (strchr(pattern + (below ? 3 : 0), '*') != NULL)
		return -1;
	if (!domain)
		return address_canonical(pattern, form, out) == ADDRESS_OK ? 0
									   : -1;
	if ((size_t)snprintf(address, sizeof(address), "x@%s",
		    pattern + (below ? 3 : 1)) >= sizeof(address) ||
		address_canonical(address, form, canonical) != ADDRESS_OK)
		return -1;
	snprintf(out, ADDRESS_SIZE, "@%s%.*s", below ? "*." : "",
		ADDRESS_SIZE - 4, canonical + 2);
	return 0;
}

struct address_set *address_set_new(const struct strlist *patterns,
	const struct address_form *form, struct error *error)
{
	struct address_set *set = calloc(1, sizeof(*set));
	char canonical[ADDRESS_SIZE];

	if (set == NULL) {
		error_set(error, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < patterns->count; i++) {
		char index[24];

		if (canonical_pattern(patterns->items[i], form, canonical) <
			0) {
			snprintf(index, sizeof(index), "[%zu]", i);
			error_set_key(error, index,
				"\"%s\" is no address pattern; write "
				"\"user@domain\", \"@domain\" or \"@*.domain\"",
				patterns->items[i]);
			address_set_free(&set);
			return NULL;
		}
		if (strlist_add(&set->patterns, canonical) < 0) {
			error_set(error, "out of memory");
			address_set_free(&set);
			return NULL;
		}
	}
	if (set->patterns.count > 0)
		qsort(set->patterns.items, set->patterns.count,
			sizeof(*set->patterns.items), compare);
	return set;
}

void address_set_free(struct address_set **set)
{
	if (*set == NULL)
		return;
	strlist_fini(&(*set)->patterns);
	free(*set);
	*set = NULL;
}

bool address_set_has(const struct address_set *set, const char *canonical)
{
	const char *domain = strrchr(canonical, '@');
	char parent[ADDRESS_SIZE];

	if (domain == NULL)
		return false;
	if (has(set, canonical) || has(set, domain))
		return true;
	for (const char *dot = strchr(domain, '.'); dot != NULL;
		dot = strchr(dot + 1, '.')) {
		snprintf(parent, sizeof(parent), "@*%s", dot);
		if (has(set, parent))
			return true;
	}
	return false;
}
