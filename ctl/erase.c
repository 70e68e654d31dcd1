/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "ctl/ctl.h"
#include "ctl/jsonout.h"
#include "ctl/scope.h"

#define EXIT_NONE 1 /* there was nothing to erase */
#define GROUP 256   /* changes in one commit */

/* What is known of a buyer beside opt-outs. */
struct erasure {
	const struct ctl *ctl;
	struct buyer buyer;
	bool opted_out; /* aliases and orders stay */
	struct change *changes;
	size_t count, size;
	size_t threads, aliases, orders;
	bool failed; /* out of memory */
};

static bool is_of(const struct erasure *e, const struct identity *id)
{
	return memcmp(id, &e->buyer.id, sizeof(*id)) == 0 ||
	       memcmp(id, &e->buyer.self, sizeof(*id)) == 0;
}

static struct change *add_change(struct erasure *e, enum change_kind kind)
{
	if (e->count == e->size) {
		size_t size = e->size ? 2 * e->size : 16;
		struct change *grown =
			reallocarray(e->changes, size, sizeof(*grown));

		if (!grown) {
			e->failed = true;
			return NULL;
		}
		e->changes = grown;
		e->size = size;
	}
	e->changes[e->count] = (struct change){ .kind = kind };
	return &e->changes[e->count++];
}

static int note_thread(const struct thread *thread, void *context)
{
	struct erasure *e = context;

	if (thread && is_of(e, &thread->buyer) && !thread->is_reference)
		e->threads++;
	return 0;
}

static int note_alias(const struct alias *alias, void *context)
{
	struct erasure *e = context;
	struct change *change;

	if (!alias || !is_of(e, &alias->buyer))
		return 0;
	e->aliases++;
	change = e->opted_out ? NULL : add_change(e, CHANGE_DELETE_ALIAS);
	if (change)
		change->alias = *alias;
	return 0;
}

static int note_order(const struct order *order, void *context)
{
	struct erasure *e = context;
	struct change *change;

	if (!order || !is_of(e, &order->buyer))
		return 0;
	e->orders++;
	change = e->opted_out ? NULL : add_change(e, CHANGE_DELETE_ORDER);
	if (change)
		change->order = *order;
	return 0;
}

/* Finds all that is to go. Returns 0, or an exit code. */
static int collect(struct erasure *e, const char *address)
{
	const int64_t now = (int64_t)time(NULL);
	struct error error = { "", "" };
	struct cache_read *read = cache_read_begin(e->ctl->cache, &error);
	struct change *change;
	int rc;

	if (!read)
		return ctl_fail(EX_UNAVAILABLE, "%s", error.text);
	rc = names_find_buyer(e->ctl, read, address, &e->buyer, &error);
	if (rc == 0) {
		/* What cannot be read may be an opt-out. */
		e->opted_out = cache_has_optout(read, &e->buyer.id, now) != 0 ||
			       cache_has_optout(read, &e->buyer.self, now) != 0;
		rc = cache_walk_threads(read, note_thread, e) ||
		     cache_walk_aliases(read, note_alias, e) ||
		     cache_walk_orders(read, note_order, e);
	}
	cache_read_end(&read);
	if (rc)
		return ctl_fail(EX_UNAVAILABLE, "%s",
			error.text[0] ? error.text
				      : "the database cannot be read");
	for (int i = 0; i < (e->buyer.by_alias ? 2 : 1); i++) {
		change = add_change(e, CHANGE_DELETE_THREADS);
		if (change)
			change->thread.buyer =
				i == 0 ? e->buyer.id : e->buyer.self;
	}
	return e->failed ? ctl_fail(EX_OSERR, "out of memory") : 0;
}

static int apply(struct erasure *e)
{
	int status = 0;

	for (size_t i = 0; i < e->count && status == 0; i += GROUP)
		status = scope_apply(e->ctl, e->changes + i,
			e->count - i < GROUP ? e->count - i : GROUP);
	return status;
}

static void print_text(const struct erasure *e, const char *buyer)
{
	ctl_print_text(stdout, buyer);
	printf(": erased %zu thread%s", e->threads, e->threads == 1 ? "" : "s");
	if (!e->opted_out)
		printf(", %zu alias%s, %zu order%s", e->aliases,
			e->aliases == 1 ? "" : "es", e->orders,
			e->orders == 1 ? "" : "s");
	else if (e->aliases + e->orders > 0)
		printf("; the opt-out needs %zu alias%s and %zu order%s, which "
		       "stay",
			e->aliases, e->aliases == 1 ? "" : "es", e->orders,
			e->orders == 1 ? "" : "s");
	putchar('\n');
}

static int print_json(const struct erasure *e, const char *buyer)
{
	size_t erased = e->opted_out ? 0 : 1;
	struct jsonout out;

	jsonout_begin(&out);
	jsonout_string(&out, "buyer", buyer);
	jsonout_bool(&out, "via_alias", e->buyer.by_alias);
	jsonout_bool(&out, "opted_out", e->opted_out);
	jsonout_integer(&out, "threads", (int64_t)e->threads);
	jsonout_integer(&out, "aliases", (int64_t)(erased * e->aliases));
	jsonout_integer(&out, "orders", (int64_t)(erased * e->orders));
	return jsonout_end(&out);
}

static int erase(struct ctl *ctl, const char *address)
{
	struct erasure e = { .ctl = ctl };
	int status = collect(&e, address);

	if (status == 0)
		status = apply(&e);
	if (status == 0 && ctl->json)
		status = print_json(&e, address);
	else if (status == 0)
		print_text(&e, address);
	if (status == 0 && e.threads == 0 &&
		(e.opted_out || e.aliases + e.orders == 0))
		status = EXIT_NONE;
	free(e.changes);
	return status;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = { CTL_LONG_OPTIONS };
	struct identity id;
	struct error error;
	int status;

	if (ctl_next_option(ctl, argc, argv, CTL_SHORT_OPTIONS, longs) != -1)
		return ctl->status;
	if (argc - optind != 1)
		return ctl_usage(ctl, "give one buyer address");
	if ((status = ctl_load_conf(ctl)) != 0 ||
		(status = ctl_become_user(ctl)) != 0 ||
		(status = ctl_open_cache(ctl)) != 0)
		return status;
	if (names_address(ctl, argv[optind], IDENTITY_BUYER, &id, &error) < 0)
		return ctl_fail(EX_DATAERR, "%s", error.text);
	return ctl_end_output(erase(ctl, argv[optind]));
}

const struct command command_erase = {
	.name = "erase",
	.arguments = "BUYER",
	.help = "Forgets a buyer's threads, and what else is known of the "
		"buyer, but no opt-out.\nAliases and orders stay while the "
		"buyer has an opt-out, which may need them.\n\n"
		"Exit codes: 0 erased, 1 there was nothing, others as in "
		"sysexits.h.\n",
	.run = run,
};
