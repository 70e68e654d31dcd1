/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include "ctl/ctl.h"
#include "ctl/jsonout.h"
#include "ctl/scope.h"
#include "ctl/times.h"

struct add {
	const char *buyer;
	struct scope_options scope;
	int64_t created;
	int64_t until;
	enum optout_source source;
};

static int parse_option(
	struct ctl *ctl, struct add *add, int option, const char *value)
{
	switch (option) {
	case 's':
		add->scope.seller = value;
		return 0;
	case 'o':
		add->scope.order = value;
		return 0;
	case 'u':
		if (times_parse(value, add->created, &add->until) < 0)
			return ctl_usage(ctl,
				"--until: \"%s\" is no time; give 2030-01-31, "
				"2030-01-31T12:00:00Z or 90d",
				value);
		if (add->until <= add->created)
			return ctl_usage(
				ctl, "--until: %s is in the past", value);
		return 0;
	default:
		if (optout_source_from_name(value, &add->source) < 0)
			return ctl_usage(ctl,
				"--source: \"%s\" is none of preferences, "
				"unsubscribe, import, operator",
				value);
		return 0;
	}
}

static int parse(struct ctl *ctl, struct add *add, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "seller", required_argument, NULL, 's' },
		{ "order", required_argument, NULL, 'o' },
		{ "until", required_argument, NULL, 'u' },
		{ "source", required_argument, NULL, 'S' },
		CTL_LONG_OPTIONS,
	};
	int c;

	while ((c = ctl_next_option(
			ctl, argc, argv, CTL_SHORT_OPTIONS, longs)) != -1) {
		if (c == CTL_STOP)
			return CTL_STOP;
		ctl->status = parse_option(ctl, add, c, optarg);
		if (ctl->status != 0)
			return CTL_STOP;
	}
	add->buyer = argv[optind];
	return scope_check(ctl, &add->scope, argc - optind);
}

static void print_text(const struct add *add, bool by_alias)
{
	char until[TIMES_SIZE];

	ctl_print_text(stdout, add->buyer);
	printf(": opted out");
	scope_print(&add->scope);
	if (add->until != 0) {
		times_format(add->until, until);
		printf(", until %s", until);
	}
	printf(", source %s", optout_source_name(add->source));
	if (by_alias)
		printf(" (an alias: the opt-out is its buyer's)");
	putchar('\n');
}

static int print_json(const struct add *add, bool by_alias)
{
	struct jsonout out;

	jsonout_begin(&out);
	jsonout_string(&out, "buyer", add->buyer);
	jsonout_bool(&out, "via_alias", by_alias);
	jsonout_string(&out, "seller", add->scope.seller);
	jsonout_string(&out, "order", add->scope.order);
	jsonout_time(&out, "since", add->created);
	jsonout_time(&out, "until", add->until);
	jsonout_string(&out, "source", optout_source_name(add->source));
	return jsonout_end(&out);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct add add = {
		.created = times_now(),
		.source = SOURCE_OPERATOR,
	};
	struct change change = { .kind = CHANGE_PUT_OPTOUT };
	struct buyer buyer;
	int status;

	if (parse(ctl, &add, argc, argv) == CTL_STOP)
		return ctl->status;
	if ((status = ctl_load_conf(ctl)) != 0)
		return status;
	ctl_load_policy(ctl);
	if ((status = ctl_become_user(ctl)) != 0 ||
		(status = ctl_open_cache(ctl)) != 0 ||
		(status = scope_resolve(ctl, add.buyer, &add.scope, &buyer,
			 &change.optout)) != 0)
		return status;
	change.optout.created = add.created;
	change.optout.until = add.until;
	change.optout.source = add.source;
	if ((status = scope_apply(ctl, &change, 1)) != 0)
		return status;
	if (ctl->json)
		status = print_json(&add, buyer.by_alias);
	else
		print_text(&add, buyer.by_alias);
	return ctl_end_output(status);
}

const struct command command_add = {
	.name = "add",
	.arguments = "BUYER [--seller S | --order ID] [--until T] [--source X]",
	.help = "Opts a buyer out: of messages of all sellers, of one seller, "
		"or about one\norder. The opt-out of an alias is put on its "
		"buyer. An opt-out that is there\nis replaced.\n\n"
		"  --seller S   of this seller only: login or address\n"
		"  --order ID   of messages about this order only\n"
		"  --until T    ends then: 2030-01-31, 2030-01-31T12:00:00Z "
		"(UTC without a\n"
		"               zone), or from now on: 90d, 12h, 2w\n"
		"  --source X   operator (default), preferences, unsubscribe, "
		"import\n\n"
		"Exit codes: 0 done, others as in sysexits.h.\n",
	.run = run,
};
