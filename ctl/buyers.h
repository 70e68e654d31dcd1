/* SPDX-License-Identifier: BSD-2-Clause */
/* Which buyers have opted out while a policy is tested. */
#ifndef CTL_BUYERS_H
#define CTL_BUYERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ctl/manifest.h"
#include "policy/address.h"
#include "policy/policy.h"

struct buyers_entry {
	char *address; /* canonical */
	uint64_t line;
	bool opted_out;
};

struct buyers {
	const struct address_form *form;
	struct buyers_entry *entries;
	size_t count;
};

/*
 * Reads a file with the columns alias and opted_out. form must outlive buyers.
 * Free with buyers_fini() in any case. Returns 0, or an exit code with error
 * set: a buyer that has opted out in one row and not in another is one, too.
 */
int buyers_load(struct buyers *buyers, const char *path,
	const struct address_form *form, struct error *error);

/* The same from the column buyer_opted_out of a manifest. */
int buyers_of_manifest(struct buyers *buyers, const struct manifest *manifest,
	const struct policy *policy, struct error *error);

void buyers_fini(struct buyers *buyers);

/* How many opted out that are no buyers by the policy. */
size_t buyers_count_strangers(
	const struct buyers *buyers, const struct policy *policy);

#endif
