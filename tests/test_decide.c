/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/decide.h"
#include "tests/run.h"
#include "tests/specs.h"

/* A governed message to a buyer who opted out: OPTED_OUT unless changed. */
#define GOVERNED .failure = REASON_NONE, .to_buyer = true, .from_seller = true
#define OPTED_OUT_MESSAGE                                                      \
	GOVERNED, .fault = REASON_NONE, .opt_out = SOMEBODY_OPTED_OUT,         \
		  .order = ORDER_ONE

static const struct {
	const char *name;
	struct facts facts;
	enum reason reason;
	bool demanding; /* the policy wants one known order */
} rows[] = {
	{ "opted out", { OPTED_OUT_MESSAGE }, REASON_OPTED_OUT, false },
	{ "critical",
		{ OPTED_OUT_MESSAGE, .critical_claim = true,
			.content = CONTENT_CRITICAL },
		REASON_CRITICAL, false },
	{ "misused",
		{ OPTED_OUT_MESSAGE, .critical_claim = true,
			.content = CONTENT_NOT_CRITICAL },
		REASON_CRITICAL_MISUSED, false },
	{ "not judged", { OPTED_OUT_MESSAGE, .critical_claim = true },
		REASON_CRITICAL_MISUSED, false },
	{ "critical without the subject",
		{ OPTED_OUT_MESSAGE, .content = CONTENT_CRITICAL },
		REASON_OPTED_OUT, false },
	{ "critical, nobody opted out",
		{ GOVERNED, .fault = REASON_NONE, .critical_claim = true,
			.content = CONTENT_NOT_CRITICAL },
		REASON_NOT_OPTED_OUT, false },
	{ "reply in thread", { OPTED_OUT_MESSAGE, .thread = THREAD_REPLIED },
		REASON_REPLY_IN_THREAD, false },
	{ "reply in thread, exempt",
		{ OPTED_OUT_MESSAGE, .thread = THREAD_REPLIED, .exempt = true },
		REASON_REPLY_IN_THREAD, false },
	{ "reply in thread, malformed",
		{ GOVERNED, .fault = REASON_MESSAGE_MALFORMED,
			.opt_out = SOMEBODY_OPTED_OUT,
			.thread = THREAD_REPLIED },
		REASON_MESSAGE_MALFORMED, false },
	{ "reply in thread, unknown",
		{ GOVERNED, .fault = REASON_NONE, .opt_out = OPT_OUT_UNKNOWN,
			.thread = THREAD_REPLIED },
		REASON_CACHE_UNAVAILABLE, false },
	{ "reply in thread, order demanded",
		{ GOVERNED, .fault = REASON_NONE, .opt_out = SOMEBODY_OPTED_OUT,
			.thread = THREAD_REPLIED },
		REASON_ORDER_MISSING, true },
	{ "no original", { OPTED_OUT_MESSAGE, .thread = THREAD_NO_ORIGINAL },
		REASON_ORIGINAL_MISSING, false },
	{ "critical, no original",
		{ OPTED_OUT_MESSAGE, .thread = THREAD_NO_ORIGINAL,
			.critical_claim = true, .content = CONTENT_CRITICAL },
		REASON_CRITICAL, false },
	{ "exempt, no original",
		{ OPTED_OUT_MESSAGE, .thread = THREAD_NO_ORIGINAL,
			.exempt = true },
		REASON_EXEMPT, false },
	{ "no thread", { OPTED_OUT_MESSAGE, .thread = THREAD_NOT_KNOWN },
		REASON_THREAD_UNKNOWN, false },
	{ "critical, no thread",
		{ OPTED_OUT_MESSAGE, .thread = THREAD_NOT_KNOWN,
			.critical_claim = true, .content = CONTENT_CRITICAL },
		REASON_CRITICAL, false },
	{ "no thread, nobody",
		{ GOVERNED, .fault = REASON_NONE, .thread = THREAD_NOT_KNOWN },
		REASON_NOT_OPTED_OUT, false },
	{ "answered too often", { OPTED_OUT_MESSAGE, .thread = THREAD_SPENT },
		REASON_THREAD_UNKNOWN, false },
	{ "from buyer, not remembered",
		{ .failure = REASON_NONE,
			.from_buyer = true,
			.thread_unsaved = true },
		REASON_CACHE_UNAVAILABLE, false },
	{ "exempt", { OPTED_OUT_MESSAGE, .exempt = true }, REASON_EXEMPT,
		false },
	{ "exempt before critical",
		{ OPTED_OUT_MESSAGE, .exempt = true, .critical_claim = true },
		REASON_EXEMPT, false },
	{ "nobody", { GOVERNED, .fault = REASON_NONE }, REASON_NOT_OPTED_OUT,
		false },
	{ "nobody, malformed", { GOVERNED, .fault = REASON_MESSAGE_MALFORMED },
		REASON_NOT_OPTED_OUT, false },
	{ "malformed",
		{ GOVERNED, .fault = REASON_MESSAGE_MALFORMED,
			.opt_out = SOMEBODY_OPTED_OUT, .critical_claim = true },
		REASON_MESSAGE_MALFORMED, false },
	{ "malformed, unknown",
		{ GOVERNED, .fault = REASON_MESSAGE_TOO_COMPLEX,
			.opt_out = OPT_OUT_UNKNOWN },
		REASON_CACHE_UNAVAILABLE, false },
	{ "unknown",
		{ GOVERNED, .fault = REASON_NONE, .opt_out = OPT_OUT_UNKNOWN },
		REASON_CACHE_UNAVAILABLE, false },
	{ "unknown, critical",
		{ GOVERNED, .fault = REASON_NONE, .opt_out = OPT_OUT_UNKNOWN,
			.critical_claim = true },
		REASON_CACHE_UNAVAILABLE, false },
	{ "shutting down", { .failure = REASON_SHUTTING_DOWN },
		REASON_SHUTTING_DOWN, false },
	{ "internal error", { .failure = REASON_INTERNAL_ERROR },
		REASON_INTERNAL_ERROR, false },
	{ "from buyer",
		{ .failure = REASON_NONE,
			.from_buyer = true,
			.opt_out = OPT_OUT_UNKNOWN },
		REASON_BUYER_MESSAGE, false },
	{ "to nobody", { .failure = REASON_NONE, .from_seller = true },
		REASON_NOT_GOVERNED, false },
	{ "from nobody", { .failure = REASON_NONE, .to_buyer = true },
		REASON_NOT_GOVERNED, false },
	{ "no order",
		{ GOVERNED, .fault = REASON_NONE, .opt_out = SOMEBODY_OPTED_OUT,
			.critical_claim = true },
		REASON_ORDER_MISSING, true },
	{ "no order, not demanded",
		{ GOVERNED, .fault = REASON_NONE,
			.opt_out = SOMEBODY_OPTED_OUT },
		REASON_OPTED_OUT, false },
	{ "no order, nobody", { GOVERNED, .fault = REASON_NONE },
		REASON_ORDER_MISSING, true },
	{ "no order, exempt",
		{ GOVERNED, .fault = REASON_NONE, .opt_out = SOMEBODY_OPTED_OUT,
			.exempt = true },
		REASON_EXEMPT, true },
	{ "several orders",
		{ GOVERNED, .fault = REASON_NONE, .order = ORDER_SEVERAL },
		REASON_ORDER_AMBIGUOUS, false },
	{ "no such order", { OPTED_OUT_MESSAGE, .order_entry = ENTRY_ABSENT },
		REASON_ORDER_UNKNOWN, true },
	{ "another's order",
		{ OPTED_OUT_MESSAGE, .order_entry = ENTRY_MISMATCH,
			.critical_claim = true },
		REASON_ORDER_MISMATCH, true },
	{ "known order", { OPTED_OUT_MESSAGE, .order_entry = ENTRY_MATCHES },
		REASON_OPTED_OUT, true },
};

START_TEST(row)
{
	struct policy_spec spec = test_spec();
	struct error error;
	struct policy *policy;
	struct verdict verdict;

	spec.order_id.required = rows[_i].demanding;
	spec.order_id.known = rows[_i].demanding;
	policy = policy_new(&spec, &test_form, &error);
	ck_assert_msg(policy != NULL, "%s: %s", error.key, error.text);
	verdict = decide(policy, &rows[_i].facts);
	ck_assert_msg(verdict.reason == rows[_i].reason, "%s: %s",
		rows[_i].name, reason_name(verdict.reason));
	ck_assert_int_eq(verdict.outcome, reason_info(verdict.reason)->outcome);
	ck_assert_int_eq(verdict.mode, MODE_ENFORCE);
	policy_free(&policy);
	policy_spec_fini(&spec);
}
END_TEST

/* Shadow mode of one reason, or of all: judged alike, and let through. */
START_TEST(shadow)
{
	const struct facts facts = { OPTED_OUT_MESSAGE };
	const struct facts unknown = { GOVERNED, .fault = REASON_NONE,
		.opt_out = OPT_OUT_UNKNOWN };
	struct policy_spec spec = test_spec();
	struct error error;
	struct policy *policy;
	struct verdict verdict;

	spec.modes[REASON_OPTED_OUT] = MODE_SHADOW;
	policy = policy_new(&spec, &test_form, &error);
	verdict = decide(policy, &facts);
	ck_assert_int_eq(verdict.reason, REASON_OPTED_OUT);
	ck_assert_int_eq(verdict.outcome, OUTCOME_ACCEPT);
	ck_assert_int_eq(verdict.mode, MODE_SHADOW);
	verdict = decide(policy, &unknown);
	ck_assert_int_eq(verdict.outcome, OUTCOME_TEMPFAIL);
	policy_free(&policy);

	spec.mode_default = MODE_SHADOW;
	spec.modes[REASON_OPTED_OUT] = MODE_ENFORCE;
	policy = policy_new(&spec, &test_form, &error);
	ck_assert_int_eq(decide(policy, &facts).outcome, OUTCOME_REJECT);
	ck_assert_int_eq(decide(policy, &unknown).outcome, OUTCOME_ACCEPT);
	policy_free(&policy);
	policy_spec_fini(&spec);
}
END_TEST

/* One reason, one outcome, and a reply code of its class. */
START_TEST(reason_row)
{
	const struct reason_info *info = reason_info(_i);
	const char class = info->outcome == OUTCOME_REJECT ? '5' : '4';

	ck_assert_int_eq(reason_from_name(info->name), _i);
	ck_assert_uint_gt(strlen(info->when), 0);
	if (info->outcome == OUTCOME_ACCEPT) {
		ck_assert_int_eq(info->code, 0);
		ck_assert_str_eq(info->dsn, "");
		return;
	}
	ck_assert_int_eq(info->code / 100, class - '0');
	ck_assert_int_eq(info->dsn[0], class);
	ck_assert_uint_gt(strlen(info->cause), 0);
	ck_assert_uint_gt(strlen(info->advice), 0);
}
END_TEST

START_TEST(reason_unknown)
{
	ck_assert_int_eq(reason_from_name("NO_SUCH"), REASON_NONE);
	ck_assert_int_eq(reason_from_name("opted_out"), REASON_NONE);
	ck_assert_str_eq(outcome_name(OUTCOME_TEMPFAIL), "tempfail");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("decide");
	TCase *tcase = tcase_create("decide");

	tcase_add_loop_test(tcase, row, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tcase, shadow);
	tcase_add_loop_test(tcase, reason_row, 0, REASON_COUNT);
	tcase_add_test(tcase, reason_unknown);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
