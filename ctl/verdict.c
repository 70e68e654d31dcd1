/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include "ctl/ctl.h"
#include "ctl/verdict.h"
#include "ctl/verdict_text.h"
#include "milter/log.h"
#include "milter/reply.h"

#define LABEL "%-17s "

static void print_field(const char *label, const char *text)
{
	printf(LABEL, label);
	ctl_print_text(stdout, *text ? text : "-");
	putchar('\n');
}

static void print_parties(const struct txn_view *view)
{
	printf(LABEL "%s", "direction:", verdict_direction(view->facts));
	if (*view->trusted_by)
		printf(" (trusted by %s)", view->trusted_by);
	putchar('\n');
	print_field("sender:", *view->sender ? view->sender : "<>");
	printf(LABEL, "seller:");
	ctl_print_text(stdout, *view->seller ? view->seller : "-");
	if (*view->seller)
		printf(" (by %s)",
			view->seller_by_login ? "login" : "envelope");
	putchar('\n');
	for (size_t i = 0; i < view->recipient_count; i++) {
		const struct recipient *recipient = &view->recipients[i];

		printf(LABEL, "recipient:");
		ctl_print_text(stdout, recipient->address);
		printf(": %s%s", recipient->is_buyer ? "buyer, " : "",
			verdict_opt_out(recipient));
		puts(recipient->has_alias ? ", known by an alias" : "");
	}
}

static void print_order(const struct txn_view *view)
{
	printf(LABEL, "order ID:");
	if (*view->order) {
		ctl_print_text(stdout, view->order);
		printf(" (in the %s", verdict_place(view->order_place));
		if (view->order_place == PLACE_HEADER) {
			putchar(' ');
			ctl_print_text(stdout, view->order_field);
		}
		putchar(')');
	} else {
		printf("none");
	}
	puts(view->facts->order == ORDER_SEVERAL ? ", and different ones" : "");
	print_field("order directory:", verdict_order_entry(view->facts));
}

static void print_facts(const struct txn_view *view)
{
	const struct facts *facts = view->facts;

	print_field("subject:", view->subject);
	print_field("critical claim:", facts->critical_claim ? "yes" : "no");
	printf(LABEL "%s", "thread:", verdict_thread(facts));
	if (view->thread_share >= 0)
		printf(" (%d percent)", view->thread_share);
	putchar('\n');
	print_field("exempt:", facts->exempt ? "yes" : "no");
	if (*view->cache_error)
		print_field("cache:", view->cache_error);
	if (*view->fault_text)
		print_field("fault:", view->fault_text);
}

/* The reply as a client sees it. */
static void print_reply(
	const struct txn_view *view, enum reason reason, const char *order)
{
	struct reply reply;

	reply_build(view->snapshot->policy, reason, order,
		view->facts->category, &reply);
	for (size_t i = 0; i < reply.count; i++)
		printf("  %s%c%s %s\n", reply.code,
			i + 1 < reply.count ? '-' : ' ', reply.dsn,
			reply.lines[i]);
}

static void print_refused(const struct txn_view *view,
	const struct strlist *refused, const struct verdict *split)
{
	for (size_t i = 0; i < refused->count; i++) {
		printf(LABEL, "recipient:");
		ctl_print_text(stdout, refused->items[i]);
		printf(": refused at RCPT, the client sends again; to see that "
		       "verdict give it alone with -r\n");
	}
	if (refused->count > 0)
		print_reply(view, split->reason, "");
}

static void print_verdict(const struct txn_view *view)
{
	const struct verdict *verdict = view->verdict;
	const struct reason_info *info = reason_info(verdict->reason);

	print_field("reason:", info->name);
	print_field("because:", info->when);
	print_field("rule:", verdict->rule);
	print_field("mode:", verdict_mode(verdict->mode));
	printf(LABEL "%s", "outcome:", outcome_name(verdict->outcome));
	if (verdict->outcome != info->outcome)
		printf(" (if enforced: %s)", outcome_name(info->outcome));
	putchar('\n');
}

void verdict_print(const struct txn_view *view, const struct strlist *refused,
	const struct verdict *split)
{
	const struct verdict *verdict = view->verdict;
	char line[LOG_LINE_SIZE];

	print_parties(view);
	print_refused(view, refused, split);
	print_order(view);
	print_facts(view);
	verdict_print_text(view);
	print_verdict(view);
	if (reason_info(verdict->reason)->outcome != OUTCOME_ACCEPT) {
		puts(verdict->outcome == OUTCOME_ACCEPT ? "reply if enforced:"
							: "reply:");
		print_reply(view, verdict->reason, view->order);
	}
	log_format_verdict(view, line, sizeof(line));
	printf("log line:\n  %s\n", line);
}
