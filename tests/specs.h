/* SPDX-License-Identifier: BSD-2-Clause */
/* A policy for tests: plain defaults, enforcing, @buyers.example. */
#ifndef TESTS_SPECS_H
#define TESTS_SPECS_H

#include <stdlib.h>
#include <string.h>
#include "policy/policy.h"

static const struct address_form test_form = { .fold_case = true };

/* Free with policy_spec_fini(). */
static inline struct policy_spec test_spec(void)
{
	struct policy_spec spec = { 0 };

	spec.profile = strdup("test");
	spec.version = 3;
	strlist_add(&spec.order_id.headers, "X-Order-ID");
	strlist_add(&spec.order_id.headers, "X-*-Order-ID");
	spec.order_id.subject = true;
	spec.order_id.body = true;
	spec.order_id.pattern = strdup("[0-9]{3}-[0-9]{7}-[0-9]{7}");
	strlist_add(&spec.buyers.addresses, "@buyers.example");
	strlist_add(&spec.buyers.trusted, "192.0.2.0/24");
	strlist_add(&spec.buyers.trusted, "login");
	strlist_add(&spec.sellers.identity, "login");
	strlist_add(&spec.sellers.identity, "envelope");
	strlist_add(&spec.sellers.exempt, "service@exempt.example");
	strlist_add(&spec.critical.subjects, "Additional Information Required");
	spec.replies.window = 90 * 86400;
	spec.replies.share = 90;
	spec.replies.budget = 20;
	strlist_add(&spec.replies.subjects, "Re");
	strlist_add(&spec.critical.categories, "customization");
	strlist_add(&spec.critical.categories, "delivery-scheduling");
	strlist_add(&spec.critical.categories, "shipping-address");
	spec.critical.threshold = 3;
	spec.critical.object = 6;
	spec.critical.choice = 5;
	spec.critical.request = 2;
	spec.critical.waiting = 2;
	spec.critical.against = 6;
	spec.critical.statement = 1;
	spec.critical.statements = 3;
	spec.mode_default = MODE_ENFORCE;
	for (int i = 0; i < REASON_COUNT; i++)
		spec.modes[i] = MODE_DEFAULT;
	spec.help_url = strdup("");
	return spec;
}

#endif
