/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/decide.h"

struct ruling {
	enum reason reason;
	const char *rule;
};

/* What an order ID, where the policy demands one, says against a message. */
static struct ruling judge_order(
	const struct policy *policy, const struct facts *f)
{
	if (f->order == ORDER_NONE &&
		(policy_order_required(policy) || policy_order_known(policy)))
		return (struct ruling){ REASON_ORDER_MISSING,
			"order-demanded" };
	if (f->order == ORDER_SEVERAL)
		return (struct ruling){ REASON_ORDER_AMBIGUOUS,
			"order-single" };
	if (f->order_entry == ENTRY_ABSENT)
		return (struct ruling){ REASON_ORDER_UNKNOWN, "order-known" };
	if (f->order_entry == ENTRY_MISMATCH)
		return (struct ruling){ REASON_ORDER_MISMATCH, "order-known" };
	return (struct ruling){ REASON_NONE, "" };
}

/* What a reply lacks, when no exception let it pass. */
static struct ruling judge_thread(const struct facts *f)
{
	if (f->thread == THREAD_NO_ORIGINAL)
		return (struct ruling){ REASON_ORIGINAL_MISSING, "original" };
	if (f->thread == THREAD_SPENT)
		return (struct ruling){ REASON_THREAD_UNKNOWN, "reply-budget" };
	if (f->thread == THREAD_NOT_KNOWN)
		return (struct ruling){ REASON_THREAD_UNKNOWN, "thread" };
	return (struct ruling){ REASON_OPTED_OUT, "opted-out" };
}

static struct ruling judge(const struct policy *policy, const struct facts *f)
{
	struct ruling order;

	if (f->failure != REASON_NONE)
		return (struct ruling){ f->failure, "failure" };
	if (f->from_buyer && f->thread_unsaved)
		return (struct ruling){ REASON_CACHE_UNAVAILABLE, "remember" };
	if (f->from_buyer)
		return (struct ruling){ REASON_BUYER_MESSAGE, "from-buyer" };
	if (!f->to_buyer || !f->from_seller)
		return (struct ruling){ REASON_NOT_GOVERNED, "not-governed" };
	if (f->fault != REASON_NONE && f->opt_out == SOMEBODY_OPTED_OUT)
		return (struct ruling){ f->fault, "undecidable" };
	if (f->opt_out == OPT_OUT_UNKNOWN)
		return (struct ruling){ REASON_CACHE_UNAVAILABLE, "cache" };
	order = judge_order(policy, f);
	if (order.reason != REASON_NONE && !f->exempt)
		return order;
	if (f->thread == THREAD_REPLIED)
		return (struct ruling){ REASON_REPLY_IN_THREAD, "reply" };
	if (f->opt_out == NOBODY_OPTED_OUT)
		return (struct ruling){ REASON_NOT_OPTED_OUT, "not-opted-out" };
	if (f->exempt)
		return (struct ruling){ REASON_EXEMPT, "exempt" };
	if (f->critical_claim && f->content == CONTENT_CRITICAL)
		return (struct ruling){ REASON_CRITICAL, "critical-content" };
	if (f->critical_claim)
		return (struct ruling){ REASON_CRITICAL_MISUSED,
			"critical-subject" };
	return judge_thread(f);
}

struct verdict verdict_for(
	const struct policy *policy, enum reason reason, const char *rule)
{
	struct verdict verdict = {
		.reason = reason,
		.mode = policy_mode(policy, reason),
		.outcome = reason_info(reason)->outcome,
		.rule = rule,
	};

	if (verdict.mode == MODE_SHADOW)
		verdict.outcome = OUTCOME_ACCEPT;
	return verdict;
}

struct verdict decide(const struct policy *policy, const struct facts *facts)
{
	struct ruling ruling = judge(policy, facts);

	return verdict_for(policy, ruling.reason, ruling.rule);
}
