/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include "policy/message.h"
#include "policy/network.h"
#include "tests/run.h"
#include "tests/specs.h"

static struct policy_spec spec;
static struct policy *policy;
static struct error error;

static void setup(void)
{
	message_init();
	spec = test_spec();
	policy = policy_new(&spec, &test_form, &error);
	ck_assert_msg(policy != NULL, "%s: %s", error.key, error.text);
}

static void teardown(void)
{
	policy_free(&policy);
	policy_spec_fini(&spec);
}

static const struct {
	const char *subject;
	int claims;
} subject_rows[] = {
	{ "Additional Information Required", 1 },
	{ "additional information REQUIRED", 1 },
	{ "  Additional   Information\tRequired ", 1 },
	{ "Additional Information Required.", 1 },
	{ "[Additional Information Required]", 1 },
	{ "Additional Information Required 002-1234567-1234567", 1 },
	{ "Additional Information Required (order 002-1234567-1234567)", 1 },
	{ "Order #002-1234567-1234567: Additional Information Required", 1 },
	{ "\xef\xbc\xa1"
	  "dditional Information Required",
		1 }, /* fullwidth A */
	{ "Re: Additional Information Required", 0 },
	{ "Additional Information Requested", 0 },
	{ "Additional Information", 0 },
	{ "Additional Information Required for your review", 0 },
	{ "No Additional Information Required today", 0 },
	{ "\xd0\x90"
	  "dditional Information Required",
		0 }, /* Cyrillic A */
	{ "002-1234567-1234567", 0 },
	{ "", 0 },
};

START_TEST(subject_row)
{
	ck_assert_int_eq(
		policy_claims_critical(policy, subject_rows[_i].subject),
		subject_rows[_i].claims);
}
END_TEST

static const struct {
	const char *address;
	bool trusted;
} trust_rows[] = {
	{ "192.0.2.1", true },
	{ "192.0.2.255", true },
	{ "192.0.3.1", false },
	{ "::ffff:192.0.2.9", true },
	{ "::ffff:192.0.3.9", false },
	{ "2001:db8::1", false },
};

START_TEST(trust_row)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	const char *text = trust_rows[_i].address;
	const struct sockaddr *address = (struct sockaddr *)&v4;

	if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
		address = (struct sockaddr *)&v6;
	else
		inet_pton(AF_INET, text, &v4.sin_addr);
	ck_assert_int_eq(
		policy_trusts_network(policy, address), trust_rows[_i].trusted);
	ck_assert(policy_trusts_login(policy));
}
END_TEST

static const struct {
	const char *text;
	bool valid;
} network_rows[] = {
	{ "127.0.0.0/8", true },
	{ "::1", true },
	{ "2001:db8::/32", true },
	{ "0.0.0.0/0", true },
	{ "10.0.0.1/8", false },
	{ "10.0.0.0/33", false },
	{ "10.0.0.0/", false },
	{ "10.0.0.0/-1", false },
	{ "10.0.0", false },
	{ "localhost", false },
	{ "", false },
	{ "2001:db8::1/32", false },
};

START_TEST(network_row)
{
	struct network network;

	ck_assert_int_eq(network_parse(network_rows[_i].text, &network) == 0,
		network_rows[_i].valid);
}
END_TEST

START_TEST(order_headers)
{
	ck_assert_int_eq(policy_order_header(policy, "X-Order-ID"), 0);
	ck_assert_int_eq(policy_order_header(policy, "x-order-id"), 0);
	ck_assert_int_eq(policy_order_header(policy, "X-Shop-Order-ID"), 1);
	ck_assert_int_eq(policy_order_header(policy, "X-Order-IDs"), -1);
	ck_assert_int_eq(policy_order_header(policy, "Subject"), -1);
}
END_TEST

/* Each change makes the policy invalid, and the error names the setting. */
static void bad_pattern(void)
{
	free(spec.order_id.pattern);
	spec.order_id.pattern = strdup("[");
}

static void bad_buyer(void)
{
	strlist_add(&spec.buyers.addresses, "buyers");
}

static void bad_exempt(void)
{
	strlist_add(&spec.sellers.exempt, "@");
}

static void bad_trusted(void)
{
	strlist_add(&spec.buyers.trusted, "everybody");
}

static void bad_authserv(void)
{
	strlist_add(&spec.buyers.trusted, "authserv:mx.example");
	strlist_add(&spec.buyers.trusted, "authserv:");
}

static void bad_identity(void)
{
	strlist_add(&spec.sellers.identity, "from");
}

static void bad_subject(void)
{
	strlist_add(&spec.critical.subjects, " \t ");
}

static void bad_notice(void)
{
	strlist_add(&spec.notices[REASON_OPTED_OUT], "fine");
	strlist_add(&spec.notices[REASON_OPTED_OUT], "injected\r\n250 ok");
}

static void bad_cause(void)
{
	char line[400];

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	strlist_add(&spec.notices[REASON_OPTED_OUT], line);
}

static void bad_notice_count(void)
{
	for (int i = 0; i < 20; i++)
		strlist_add(&spec.notices[REASON_OPTED_OUT], "line");
}

static void bad_help_url(void)
{
	free(spec.help_url);
	spec.help_url = strdup("https://h\xc3\xa9lp.example/");
}

static const struct {
	void (*change)(void);
	const char *key;
} bad_rows[] = {
	{ bad_pattern, "order_id.pattern" },
	{ bad_buyer, "buyers.addresses[1]" },
	{ bad_exempt, "sellers.exempt[1]" },
	{ bad_trusted, "buyers.trusted[2]" },
	{ bad_authserv, "buyers.trusted[3]" },
	{ bad_identity, "sellers.identity[2]" },
	{ bad_subject, "critical.subjects[1]" },
	{ bad_notice, "notices.OPTED_OUT[1]" },
	{ bad_cause, "notices.OPTED_OUT[0]" },
	{ bad_notice_count, "notices.OPTED_OUT" },
	{ bad_help_url, "notices.help_url" },
};

START_TEST(bad_row)
{
	policy_free(&policy);
	bad_rows[_i].change();
	policy = policy_new(&spec, &test_form, &error);
	ck_assert_ptr_null(policy);
	ck_assert_str_eq(error.key, bad_rows[_i].key);
	ck_assert_uint_gt(strlen(error.text), 0);
}
END_TEST

START_TEST(notices)
{
	const struct strlist *lines = policy_notice(policy, REASON_OPTED_OUT);

	ck_assert_uint_gt(lines->count, 1);
	ck_assert_str_eq(lines->items[0], reason_info(REASON_OPTED_OUT)->cause);
	policy_free(&policy);
	strlist_add(&spec.notices[REASON_OPTED_OUT], "50% off is not critical");
	policy = policy_new(&spec, &test_form, &error);
	lines = policy_notice(policy, REASON_OPTED_OUT);
	ck_assert_uint_eq(lines->count, 1);
	ck_assert_str_eq(lines->items[0], "50% off is not critical");
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *suite = suite_create("policy");
	TCase *tcase = tcase_create("policy");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, subject_row, 0, ROWS(subject_rows));
	tcase_add_loop_test(tcase, trust_row, 0, ROWS(trust_rows));
	tcase_add_loop_test(tcase, network_row, 0, ROWS(network_rows));
	tcase_add_test(tcase, order_headers);
	tcase_add_loop_test(tcase, bad_row, 0, ROWS(bad_rows));
	tcase_add_test(tcase, notices);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
