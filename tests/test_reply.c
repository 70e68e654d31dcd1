/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include "milter/log.h"
#include "milter/reply.h"
#include "tests/run.h"
#include "tests/specs.h"

static struct policy_spec spec;
static struct policy *policy;
static struct error error;

static void setup(void)
{
	spec = test_spec();
	free(spec.help_url);
	spec.help_url = strdup("https://help.example/opt-out");
	policy = policy_new(&spec, &test_form, &error);
	ck_assert_msg(policy != NULL, "%s", error.text);
}

static void teardown(void)
{
	policy_free(&policy);
	policy_spec_fini(&spec);
}

START_TEST(opted_out)
{
	struct reply reply;

	reply_build(policy, REASON_OPTED_OUT, "002-1234567-1234567",
		CATEGORY_OTHER, &reply);
	ck_assert_str_eq(reply.code, "550");
	ck_assert_str_eq(reply.dsn, "5.7.1");
	ck_assert_str_eq(reply.lines[0],
		"[OPTED_OUT] Message for order 002-1234567-1234567 not "
		"delivered: the buyer has opted out of unsolicited messages "
		"from sellers");
	ck_assert_uint_gt(reply.count, 2);
	ck_assert_str_eq(
		reply.lines[reply.count - 1], "https://help.example/opt-out");
}
END_TEST

START_TEST(no_order)
{
	struct reply reply;

	reply_build(
		policy, REASON_CACHE_UNAVAILABLE, "", CATEGORY_OTHER, &reply);
	ck_assert_str_eq(reply.code, "451");
	ck_assert_str_eq(reply.lines[0],
		"[CACHE_UNAVAILABLE] Message not delivered: the opt-out cache "
		"is unavailable");
}
END_TEST

/* Every line of every refusal can be sent, whatever the order ID is. */
START_TEST(sendable)
{
	char order[ORDER_ID_SIZE];
	struct reply reply;

	if (reason_info(_i)->outcome == OUTCOME_ACCEPT)
		return;
	memset(order, '\xc3', sizeof(order) - 1);
	order[3] = '\n';
	order[sizeof(order) - 1] = '\0';
	reply_build(policy, _i, order, CATEGORY_OTHER, &reply);
	ck_assert_uint_ge(reply.count, 1);
	for (size_t i = 0; i < reply.count; i++)
		for (const char *p = reply.lines[i]; *p != '\0'; p++)
			ck_assert(*p >= ' ' && *p <= '~');
}
END_TEST

START_TEST(log_line)
{
	struct conf conf = { .log = { .addresses = LOG_ADDRESSES_HASHED } };
	struct snapshot snapshot = { .conf = &conf, .policy = policy };
	struct recipient recipients[] = {
		{ .is_buyer = false },
		{ .is_buyer = true,
			.opt_out = SOMEBODY_OPTED_OUT,
			.id.bytes = { 0x9f, 0x3a, 0x61, 0xc2, 0xff } },
	};
	struct verdict verdict =
		verdict_for(policy, REASON_OPTED_OUT, "opted-out");
	struct facts facts = { 0 };
	struct txn_view view = {
		.snapshot = &snapshot,
		.verdict = &verdict,
		.seller = "a b\"\n\\\x1b[2J@x",
		.recipients = recipients,
		.recipient_count = 2,
		.order = "002-1234567-1234567",
		.fault_text = "",
		.thread_share = -1,
		.lookup_us = 4,
		.total_us = 97,
	};
	char line[LOG_LINE_SIZE];

	log_format_verdict(&view, line, sizeof(line));
	ck_assert_str_eq(line,
		"outcome=reject reason=OPTED_OUT code=550 "
		"order=002-1234567-1234567 "
		"seller=a\\x20b\\x22\\x0a\\x5c\\x1b[2J@x buyer=#9f3a61c2 "
		"rcpts=2 rule=opted-out mode=enforce policy=test@3 "
		"lookup_us=4 total_us=97");
	verdict.outcome = OUTCOME_ACCEPT;
	verdict.mode = MODE_SHADOW;
	log_format_verdict(&view, line, sizeof(line));
	ck_assert_int_eq(strncmp(line, "outcome=accept would=reject ", 28), 0);
	/* a buyer's own address is not shown as that of a seller */
	view.sender_id = &recipients[1].id;
	view.sender = view.seller = "ann@buyers.example";
	view.facts = &facts;
	log_format_verdict(&view, line, sizeof(line));
	ck_assert_ptr_null(strstr(line, "ann"));
	ck_assert_ptr_nonnull(strstr(line, " seller=#9f3a61c2 "));
	facts.from_buyer = true;
	log_format_verdict(&view, line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, " seller=- buyer=#9f3a61c2 "));
	conf.log.addresses = LOG_ADDRESSES_PLAIN;
	log_format_verdict(&view, line, sizeof(line));
	ck_assert_ptr_nonnull(
		strstr(line, " seller=- buyer=ann@buyers.example "));
	/* what does not fit is left out, never cut in the middle of memory */
	log_format_verdict(&view, line, 40);
	ck_assert_uint_lt(strlen(line), 40);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reply");
	TCase *tcase = tcase_create("reply");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, opted_out);
	tcase_add_test(tcase, no_order);
	tcase_add_loop_test(tcase, sendable, 0, REASON_COUNT);
	tcase_add_test(tcase, log_line);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
