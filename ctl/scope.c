/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include "ctl/scope.h"

#define APPLY_TIMEOUT_MS 60000 /* an import may hold the lock for long */

int scope_check(
	struct ctl *ctl, const struct scope_options *options, int buyers)
{
	if (buyers == 1 && !(options->seller && options->order))
		return 1;
	ctl->status = buyers != 1
			      ? ctl_usage(ctl, "give one buyer address")
			      : ctl_usage(ctl, "--seller and --order exclude "
					       "each other");
	return CTL_STOP;
}

static int resolve_scope(const struct ctl *ctl,
	const struct scope_options *options, struct optout *optout,
	struct error *error)
{
	if (options->seller) {
		optout->scope = SCOPE_SELLER;
		return names_seller(
			ctl, options->seller, &optout->scope_id, error);
	}
	if (options->order) {
		optout->scope = SCOPE_ORDER;
		return names_order(
			ctl, options->order, NULL, &optout->scope_id, error);
	}
	optout->scope = SCOPE_ALL;
	return 0;
}

int scope_resolve(const struct ctl *ctl, const char *address,
	const struct scope_options *options, struct buyer *buyer_r,
	struct optout *optout_r)
{
	struct cache_read *read;
	struct error error;
	int rc;

	*optout_r = (struct optout){ 0 };
	if (options->order && ctl->policy_error.text[0])
		return ctl_fail(EX_CONFIG, "%s", ctl->policy_error.text);
	if (names_address(ctl, address, IDENTITY_BUYER, &optout_r->buyer,
		    &error) < 0 ||
		resolve_scope(ctl, options, optout_r, &error) < 0)
		return ctl_fail(EX_DATAERR, "%s", error.text);
	read = cache_read_begin(ctl->cache, &error);
	if (!read)
		return ctl_fail(EX_UNAVAILABLE, "%s", error.text);
	rc = names_find_buyer(ctl, read, address, buyer_r, &error);
	cache_read_end(&read);
	if (rc < 0)
		return ctl_fail(EX_UNAVAILABLE, "%s", error.text);
	optout_r->buyer = buyer_r->id;
	return 0;
}

int scope_apply(const struct ctl *ctl, struct change *changes, size_t count)
{
	struct error error;
	struct writer *writer = writer_start(ctl->cache, &error);
	int rc;

	if (!writer)
		return ctl_fail(EX_UNAVAILABLE, "%s", error.text);
	rc = writer_apply(writer, changes, count, APPLY_TIMEOUT_MS, &error);
	writer_stop(&writer);
	if (rc < 0)
		return ctl_fail(EX_TEMPFAIL, "%s", error.text);
	return 0;
}

void scope_print(const struct scope_options *options)
{
	if (options->seller) {
		printf(", seller ");
		ctl_print_text(stdout, options->seller);
	} else if (options->order) {
		printf(", order ");
		ctl_print_text(stdout, options->order);
	} else {
		printf(", all sellers");
	}
}
