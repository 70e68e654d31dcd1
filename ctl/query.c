/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/ctl.h"
#include "ctl/jsonout.h"
#include "ctl/optouts.h"
#include "ctl/names.h"
#include "ctl/times.h"

enum {
	EXIT_OPTED_OUT = 0,
	EXIT_NOT = 1,
	EXIT_ERROR = 2,
};

struct answer {
	const char *argument;
	const char *via; /* "alias", "order" or NULL */
	struct optout_list optouts;
};

static int ask_order(const struct ctl *ctl, struct cache_read *read,
	struct answer *answer, struct error *error)
{
	struct identity id;
	struct order order;
	struct optout optout;
	int found;

	answer->via = "order";
	if (names_order(ctl, answer->argument, NULL, &id, error) < 0)
		return -1;
	found = cache_find_order(read, &id, &order);
	if (found == 0)
		return error_set(error,
			"%s: no such order in the order directory; import it, "
			"or give the buyer's address",
			answer->argument);
	if (found > 0)
		found = cache_find_optout(read, &order.buyer, &order.seller,
			&id, times_now(), &optout);
	if (found < 0)
		return error_set(error,
			"%s: its record cannot be read; run optoutctl verify",
			answer->argument);
	if (found == 0)
		return 0;
	answer->optouts.items = malloc(sizeof(optout));
	if (!answer->optouts.items)
		return error_set(error, "out of memory");
	answer->optouts.items[0] = optout;
	answer->optouts.count = 1;
	return 0;
}

/* An alias may have opt-outs of its own; they hold as its buyer's do. */
static int ask_buyer(const struct ctl *ctl, struct cache_read *read,
	struct answer *answer, struct error *error)
{
	int64_t now = times_now();
	struct buyer buyer;

	if (names_find_buyer(ctl, read, answer->argument, &buyer, error) < 0 ||
		optouts_find(read, &buyer.id, now, &answer->optouts, error) < 0)
		return -1;
	if (!buyer.by_alias)
		return 0;
	answer->via = "alias";
	if (answer->optouts.count > 0)
		return 0;
	return optouts_find(read, &buyer.self, now, &answer->optouts, error);
}

static int ask(
	const struct ctl *ctl, struct answer *answer, struct error *error)
{
	struct cache_read *read;
	bool is_buyer = strchr(answer->argument, '@') != NULL;
	int rc;

	if (!is_buyer && ctl->policy_error.text[0])
		return error_set(error, "%s", ctl->policy_error.text);
	if (!is_buyer && !names_is_order(ctl, answer->argument))
		return error_set(error,
			"%s: neither a mail address nor an order ID",
			answer->argument);
	read = cache_read_begin(ctl->cache, error);
	if (!read)
		return -1;
	rc = is_buyer ? ask_buyer(ctl, read, answer, error)
		      : ask_order(ctl, read, answer, error);
	cache_read_end(&read);
	return rc;
}

static void print_text(const struct answer *answer)
{
	const struct optout_list *optouts = &answer->optouts;

	for (size_t i = 0; i < optouts->count; i++) {
		ctl_print_text(stdout, answer->argument);
		optouts_print(&optouts->items[i]);
		if (answer->via)
			printf(", via %s", answer->via);
		putchar('\n');
	}
	if (optouts->count == 0) {
		ctl_print_text(stdout, answer->argument);
		printf(": not opted out");
		if (answer->via)
			printf(", via %s", answer->via);
		putchar('\n');
	}
}

static int print_json(const struct answer *answer, const struct error *error)
{
	struct jsonout out, list;

	jsonout_begin_list(&list);
	for (size_t i = 0; i < answer->optouts.count; i++)
		jsonout_item(&list, optouts_json(&answer->optouts.items[i]));
	jsonout_begin(&out);
	jsonout_string(&out, "argument", answer->argument);
	if (error)
		jsonout_value(&out, "opted_out", json_null());
	else
		jsonout_bool(&out, "opted_out", answer->optouts.count > 0);
	jsonout_string(&out, "via", answer->via);
	jsonout_value(&out, "optouts", jsonout_take(&list));
	jsonout_string(&out, "error", error ? error->text : NULL);
	return jsonout_end(&out);
}

static int query_one(const struct ctl *ctl, const char *argument)
{
	struct answer answer = { .argument = argument };
	struct error error;
	int status = EXIT_OPTED_OUT;

	if (ask(ctl, &answer, &error) < 0)
		status = ctl_fail(EXIT_ERROR, "%s", error.text);
	else if (answer.optouts.count == 0)
		status = EXIT_NOT;
	if (ctl->json) {
		if (print_json(&answer, status == EXIT_ERROR ? &error : NULL) !=
			0)
			status = EXIT_ERROR;
	} else if (status != EXIT_ERROR) {
		print_text(&answer);
	}
	optouts_fini(&answer.optouts);
	return status;
}

/* Returns the line without blanks around. */
static char *trim(char *line)
{
	static const char blanks[] = " \t\r\n";
	size_t length;

	line += strspn(line, blanks);
	length = strlen(line);
	while (length > 0 && strchr(blanks, line[length - 1]))
		length--;
	line[length] = '\0';
	return line;
}

static int worse(int a, int b)
{
	return a > b ? a : b;
}

static int query_lines(const struct ctl *ctl)
{
	int status = EXIT_OPTED_OUT;
	char *line = NULL;
	size_t size = 0, count = 0;

	while (getline(&line, &size, stdin) >= 0) {
		char *argument = trim(line);

		if (!*argument)
			continue;
		status = worse(status, query_one(ctl, argument));
		count++;
	}
	free(line);
	if (ferror(stdin))
		return ctl_fail(EXIT_ERROR, "standard input: cannot read: %s",
			strerror(errno));
	if (count == 0)
		return ctl_fail(EXIT_ERROR,
			"standard input: empty; give one address or order ID "
			"a line");
	return status;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = { CTL_LONG_OPTIONS };
	int status;

	if (ctl_next_option(ctl, argc, argv, CTL_SHORT_OPTIONS, longs) != -1)
		return ctl->status;
	if (optind == argc)
		return ctl_usage(ctl, "give a buyer address or an order ID");
	if ((status = ctl_load_conf(ctl)) != 0)
		return status;
	ctl_load_policy(ctl);
	if ((status = ctl_become_user(ctl)) != 0 ||
		(status = ctl_open_cache(ctl)) != 0)
		return status;
	for (int i = optind; i < argc; i++) {
		if (!strcmp(argv[i], "-"))
			status = worse(status, query_lines(ctl));
		else
			status = worse(status, query_one(ctl, argv[i]));
	}
	return ctl_end_output(status);
}

const struct command command_query = {
	.name = "query",
	.arguments = "BUYER|ORDER...",
	.help = "Says whether buyers have opted out: of all sellers, or of "
		"what. An argument\nwithout \"@\" is an order ID and asks for "
		"the buyer and the seller of that order.\n\"-\" reads "
		"arguments "
		"from standard input, one a line.\n\n"
		"Exit codes: 0 all opted out, 1 some are not, 2 on any "
		"error.\n",
	.run = run,
	.error_status = EXIT_ERROR,
};
