/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include "ctl/ctl.h"
#include "ctl/jsonout.h"

#define EXIT_BAD 1

struct tally {
	const char *kind;
	uint64_t good;
	uint64_t bad;
	uint64_t counted; /* by the database */
};

enum {
	OPTOUTS,
	ALIASES,
	ORDERS,
	THREADS,
	KINDS
};

/* All visitors do the same: a record is good, or it is NULL. */
static int count_record(const void *record, void *context)
{
	struct tally *tally = context;

	if (record)
		tally->good++;
	else
		tally->bad++;
	return 0;
}

static int count_optout(const struct optout *optout, void *context)
{
	return count_record(optout, context);
}

static int count_alias(const struct alias *alias, void *context)
{
	return count_record(alias, context);
}

static int count_order(const struct order *order, void *context)
{
	return count_record(order, context);
}

static int count_thread(const struct thread *thread, void *context)
{
	return count_record(thread, context);
}

/* Fills the tallies. Returns 0, or -1 when the cache failed. */
static int count_all(
	struct cache_read *read, struct tally tallies[KINDS], uint64_t *bytes_r)
{
	struct cache_counts counts;

	if (cache_count(read, &counts) < 0 ||
		cache_walk_optouts(read, count_optout, &tallies[OPTOUTS]) < 0 ||
		cache_walk_aliases(read, count_alias, &tallies[ALIASES]) < 0 ||
		cache_walk_orders(read, count_order, &tallies[ORDERS]) < 0 ||
		cache_walk_threads(read, count_thread, &tallies[THREADS]) < 0)
		return -1;
	tallies[OPTOUTS].counted = counts.optouts;
	tallies[ALIASES].counted = counts.aliases;
	tallies[ORDERS].counted = counts.orders;
	tallies[THREADS].counted = counts.threads;
	*bytes_r = counts.bytes;
	return 0;
}

static bool is_sound(const struct tally *tally)
{
	return tally->bad == 0 && tally->good == tally->counted;
}

static void print_text(const struct tally tallies[KINDS], uint64_t bytes)
{
	for (int i = 0; i < KINDS; i++) {
		printf("%s: %" PRIu64 " records", tallies[i].kind,
			tallies[i].good);
		if (tallies[i].bad > 0)
			printf(", %" PRIu64 " bad", tallies[i].bad);
		if (tallies[i].good + tallies[i].bad != tallies[i].counted)
			printf(", but the database counts %" PRIu64,
				tallies[i].counted);
		putchar('\n');
	}
	printf("used: %.1f MiB\n", (double)bytes / (1024.0 * 1024.0));
}

static int print_json(
	const struct tally tallies[KINDS], uint64_t bytes, bool sound)
{
	struct jsonout out, kind;

	jsonout_begin(&out);
	jsonout_bool(&out, "sound", sound);
	for (int i = 0; i < KINDS; i++) {
		jsonout_begin(&kind);
		jsonout_integer(&kind, "good", (int64_t)tallies[i].good);
		jsonout_integer(&kind, "bad", (int64_t)tallies[i].bad);
		jsonout_integer(&kind, "counted", (int64_t)tallies[i].counted);
		jsonout_value(&out, tallies[i].kind, jsonout_take(&kind));
	}
	jsonout_integer(&out, "bytes", (int64_t)bytes);
	return jsonout_end(&out);
}

static int verify(const struct ctl *ctl)
{
	struct tally tallies[KINDS] = {
		[OPTOUTS] = { .kind = "optouts" },
		[ALIASES] = { .kind = "aliases" },
		[ORDERS] = { .kind = "orders" },
		[THREADS] = { .kind = "threads" },
	};
	struct error error;
	struct cache_read *read = cache_read_begin(ctl->cache, &error);
	uint64_t bytes;
	bool sound = true;
	int rc, status = 0;

	if (!read)
		return ctl_fail(EX_UNAVAILABLE, "%s", error.text);
	rc = count_all(read, tallies, &bytes);
	cache_read_end(&read);
	if (rc < 0)
		return ctl_fail(EXIT_BAD,
			"%s: the database is damaged; restore a backup",
			ctl->conf->cache.directory);
	for (int i = 0; i < KINDS; i++)
		sound = sound && is_sound(&tallies[i]);
	if (ctl->json)
		status = print_json(tallies, bytes, sound);
	else
		print_text(tallies, bytes);
	if (sound)
		return status;
	return ctl_fail(EXIT_BAD,
		"%s: has bad records; import them again, or restore a backup",
		ctl->conf->cache.directory);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = { CTL_LONG_OPTIONS };
	int status;

	if (ctl_next_option(ctl, argc, argv, CTL_SHORT_OPTIONS, longs) != -1)
		return ctl->status;
	if (optind != argc)
		return ctl_usage(ctl, "takes no arguments");
	if ((status = ctl_load_conf(ctl)) != 0 ||
		(status = ctl_become_user(ctl)) != 0 ||
		(status = ctl_open_cache(ctl)) != 0)
		return status;
	return ctl_end_output(verify(ctl));
}

const struct command command_verify = {
	.name = "verify",
	.arguments = "",
	.help = "Reads every record of the cache and checks it, while the "
		"daemon may run.\n\n"
		"Exit codes: 0 all is well, 1 bad records, others as in "
		"sysexits.h.\n",
	.run = run,
};
