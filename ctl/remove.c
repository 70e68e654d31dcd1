/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include "ctl/ctl.h"
#include "ctl/jsonout.h"
#include "ctl/optouts.h"
#include "ctl/scope.h"

#define EXIT_NONE 1 /* there was nothing to remove */

static int parse(
	struct ctl *ctl, struct scope_options *scope, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "seller", required_argument, NULL, 's' },
		{ "order", required_argument, NULL, 'o' },
		CTL_LONG_OPTIONS,
	};
	int c;

	while ((c = ctl_next_option(
			ctl, argc, argv, CTL_SHORT_OPTIONS, longs)) != -1) {
		if (c == CTL_STOP)
			return CTL_STOP;
		if (c == 's')
			scope->seller = optarg;
		else
			scope->order = optarg;
	}
	return scope_check(ctl, scope, argc - optind);
}

/* How many there are, of any scope, ended ones too. 0, or an exit code. */
static int count_optouts(
	const struct ctl *ctl, const struct identity *buyer, size_t *count_r)
{
	struct optout_list list;
	struct error error;
	struct cache_read *read = cache_read_begin(ctl->cache, &error);

	if (!read)
		return ctl_fail(EX_UNAVAILABLE, "%s", error.text);
	/* A bad record is no reason to keep it: count what can be read. */
	if (optouts_find_all(read, buyer, 0, &list, &error) < 0)
		ctl_fail(0, "%s", error.text);
	cache_read_end(&read);
	*count_r = list.count;
	optouts_fini(&list);
	return 0;
}

/*
 * An alias may have opt-outs of its own, made before it was known as one.
 * They hold as well, so they go with those of the buyer.
 */
static int apply(const struct ctl *ctl, const struct scope_options *scope,
	const struct buyer *buyer, const struct optout *optout,
	size_t *removed_r)
{
	bool all = !scope->seller && !scope->order;
	struct change changes[2];
	size_t counts[2] = { 1, 1 };
	size_t count = buyer->by_alias ? 2 : 1;
	int status;

	for (size_t i = 0; i < count; i++) {
		changes[i] = (struct change){
			.kind = all ? CHANGE_DELETE_BUYER
				    : CHANGE_DELETE_OPTOUT,
			.optout = *optout,
		};
		changes[i].optout.buyer = i == 0 ? buyer->id : buyer->self;
		if (all && (status = count_optouts(ctl,
				    &changes[i].optout.buyer, &counts[i])) != 0)
			return status;
	}
	status = scope_apply(ctl, changes, count);
	*removed_r = 0;
	for (size_t i = 0; i < count && status == 0; i++) {
		/* One that could not be read or counted is still one. */
		if (changes[i].changed)
			*removed_r += counts[i] > 0 ? counts[i] : 1;
	}
	return status;
}

static void print_text(const char *buyer, size_t count, bool by_alias)
{
	ctl_print_text(stdout, buyer);
	if (count == 0)
		printf(": there was no opt-out");
	else
		printf(": removed %zu opt-out%s", count, count == 1 ? "" : "s");
	if (by_alias)
		printf(" (an alias: those of its buyer)");
	putchar('\n');
}

static int print_json(const char *buyer, size_t count, bool by_alias)
{
	struct jsonout out;

	jsonout_begin(&out);
	jsonout_string(&out, "buyer", buyer);
	jsonout_bool(&out, "via_alias", by_alias);
	jsonout_integer(&out, "removed", (int64_t)count);
	return jsonout_end(&out);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct scope_options scope = { 0 };
	struct optout optout;
	struct buyer buyer;
	size_t count;
	int status;

	if (parse(ctl, &scope, argc, argv) == CTL_STOP)
		return ctl->status;
	if ((status = ctl_load_conf(ctl)) != 0)
		return status;
	ctl_load_policy(ctl);
	if ((status = ctl_become_user(ctl)) != 0 ||
		(status = ctl_open_cache(ctl)) != 0 ||
		(status = scope_resolve(
			 ctl, argv[optind], &scope, &buyer, &optout)) != 0 ||
		(status = apply(ctl, &scope, &buyer, &optout, &count)) != 0)
		return status;
	if (ctl->json)
		status = print_json(argv[optind], count, buyer.by_alias);
	else
		print_text(argv[optind], count, buyer.by_alias);
	if (status == 0 && count == 0)
		status = EXIT_NONE;
	return ctl_end_output(status);
}

const struct command command_remove = {
	.name = "remove",
	.arguments = "BUYER [--seller S | --order ID]",
	.help = "Removes opt-outs of a buyer: every one, or that for a seller "
		"or an order.\nFor an alias, those of its buyer.\n\n"
		"  --seller S   only the opt-out for this seller\n"
		"  --order ID   only the opt-out for this order\n\n"
		"Exit codes: 0 removed, 1 there was none, others as in "
		"sysexits.h.\n",
	.run = run,
};
