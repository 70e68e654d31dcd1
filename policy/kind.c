/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include "policy/kind.h"

static const char *const categories[CATEGORY_COUNT] = {
#define CATEGORY(name, text, hint) [CATEGORY_##name] = text,
#include "policy/category.def"
#undef CATEGORY
};

static const struct {
	const char *name;
	enum role role;
	enum category category;
} kinds[KIND_COUNT] = {
#define KIND(name, text, role, category)                                       \
	[KIND_##name] = { text, ROLE_##role, CATEGORY_##category },
#include "policy/kind.def"
#undef KIND
};

const char *category_name(enum category category)
{
	return categories[category];
}

bool category_find(const char *name, enum category *category_r)
{
	for (int i = 0; i < CATEGORY_COUNT; i++)
		if (strcmp(categories[i], name) == 0) {
			*category_r = i;
			return true;
		}
	return false;
}

const char *kind_name(enum kind kind)
{
	return kinds[kind].name;
}

enum role kind_role(enum kind kind)
{
	return kinds[kind].role;
}

enum category kind_category(enum kind kind)
{
	return kinds[kind].category;
}

bool kind_find(const char *name, enum kind *kind_r)
{
	for (int i = 0; i < KIND_COUNT; i++)
		if (strcmp(kinds[i].name, name) == 0) {
			*kind_r = i;
			return true;
		}
	return false;
}
