/* SPDX-License-Identifier: BSD-2-Clause */
#include "conf/conf.h"
#include "conf/conf_private.h"
#include "policy/policy.h"
#include "tests/conf_scratch.h"

#define NEEDED "profile = \"p\"; buyers: { addresses = [ \"@m.example\" ]; };\n"
#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct address_form form = { .fold_case = true };

static struct policy *load(const char *text, struct error *error)
{
	scratch_write(text, strlen(text));
	return conf_load_policy(scratch_file, &form, error);
}

static struct policy *load_good(const char *text)
{
	struct error error = { 0 };
	struct policy *policy = load(text, &error);

	ck_assert_msg(policy != NULL, "%s", error.text);
	return policy;
}

static const struct {
	const char *text;
	unsigned line;
	const char *what;
} bad_rows[] = {
	/* the file */
	{ "", 1, "profile is missing; set it, for example to \"amazon-2017\"" },
	{ "profile = \"p\";", 1,
		"buyers.addresses is missing; set it, for "
		"example to \"@marketplace.example\"" },
	{ "profile = \"p\";\n\nbuyers:\n{\n};", 3, "buyers.addresses is mis" },
	{ "profile = \"\";", 1, "profile must have 1 to 64 characters" },
	{ "profile = \"a b\";", 1, "profile must be a name of letters" },
	{ "profile = \"0123456789012345678901234567890123456789"
	  "0123456789012345678901234\";",
		1, "1 to 64" },
	{ NEEDED "version = 0;", 2, "version must be from 1 to 2147483647" },
	{ NEEDED "version = 2147483648;", 2, "a number is too large" },
	{ NEEDED "version = \"1\";", 2, "version must be a number" },
	{ NEEDED "policy = \"/p\";", 2, "unknown setting \"policy\"" },
	{ NEEDED "modus: { };", 2, "did you mean \"modes\"?" },
	{ NEEDED "order_id: { patern = \"1\"; };", 2, "\"order_id.pattern\"?" },
	{ NEEDED "order_id: { several = \"last\"; };", 2,
		"order_id.several must be \"first\" or \"refuse\"" },
	{ NEEDED "order_id: { headers = \"X-Order\"; };", 2,
		"must be a list of texts" },
	{ NEEDED "order_id: { headers = ( \"X\",\n 5 ); };", 3,
		"must be a list of texts" },
	{ NEEDED "order_id: { headers = [ 5 ]; };", 2, "a list of texts" },
	{ NEEDED "sellers: { identity = [ ]; };", 2, "1 to 2 items" },
	{ NEEDED "modes: { default = \"default\"; };", 2,
		"modes.default must be \"shadow\" or \"enforce\"" },
	{ NEEDED "modes: { OPTED_OUT = \"on\"; };", 2, "modes.OPTED_OUT must" },
	{ NEEDED "modes: { OPTED_UOT = \"shadow\"; };", 2,
		"unknown setting \"modes.OPTED_UOT\"; did you mean "
		"\"modes.OPTED_OUT\"?" },
	{ NEEDED "modes: { opted_out = \"shadow\"; };", 2, "unknown setting" },
	{ NEEDED "notices: { NOT_GOVERNED = [ \"x\" ]; };", 2,
		"unknown setting \"notices.NOT_GOVERNED\"" },
	{ NEEDED "critical: { categories = [ \"marketing\",\n\"sale\" ]; };", 3,
		"critical.categories[1]: " },
	{ NEEDED "critical: { threshold = 0; };", 2,
		"critical.threshold must be from 1 to 100" },
	{ NEEDED "hints: { other = [ \"gr\xc3\xbc\xc3\x9f\" ]; };", 2,
		"hints.other[0]: " },
	{ NEEDED "hints: { sales = [ ]; };", 2, "unknown setting" },
	{ NEEDED "answers: { share = 90; };", 2, "unknown setting \"answers" },
	{ NEEDED "exempt: { custom_orders = 1; };", 2, "true or false" },
	/* what the policy's compiler refuses */
	{ NEEDED "order_id:\n{\n\tpattern = \"[0-9\";\n};", 4,
		"order_id.pattern: " },
	{ NEEDED "order_id: { pattern = \"(?R)x\"; };", 2,
		"order_id.pattern: " },
	{ NEEDED "order_id: { pattern = \"x*\"; };", 2, "order_id.pattern: " },
	{ NEEDED "order_id: { pattern =\n\"x\\\\C\"; };", 3,
		"order_id.pattern: " },
	{ "profile = \"p\"; buyers: { addresses = [\n\"@m.example\",\n"
	  "\"m.example\"\n]; };",
		3, "buyers.addresses[1]: \"m.example\"" },
	{ "profile = \"p\"; buyers: { addresses = [ \"@m.example\",\n"
	  "# a comment\n\"@m.\" \"*.example\"\n,\"@n.example\"]; };",
		3, "buyers.addresses[1]: \"@m.*.example\"" },
	{ "profile = \"p\"; buyers: { addresses = [ \"@m.\"\n\"example\",\n"
	  "\"n.example\" ]; };",
		3, "buyers.addresses[1]: \"n.example\"" },
	{ NEEDED "sellers: {\nexempt = [ \"@*\" ];\n};", 3,
		"sellers.exempt[0]: " },
	{ NEEDED "sellers: {\nidentity = [ \"login\",\n\"from\" ];\n};", 4,
		"sellers.identity[1]: " },
	{ "profile = \"p\"; buyers: { addresses = [ ];\ntrusted = [\n\"::1\",\n"
	  "\"127.0.0.1/8\"\n]; };",
		4, "buyers.trusted[1]: " },
	{ "profile = \"p\"; buyers: { addresses = [ ];\ntrusted = [\n\"::1\",\n"
	  "\"::1\"\n\n,\"localhost\"\n]; };",
		6, "buyers.trusted[2]: " },
	{ NEEDED "critical: {\nsubjects = [ \"A\",\n\"\" ]; };", 4,
		"critical.subjects[1]: " },
	{ NEEDED "notices: {\nOPTED_OUT = [\n\"cause\",\n\"gr\xc3\xbc\xc3\x9f\""
		 "\n];\n};",
		5, "notices.OPTED_OUT[1]: " },
	{ NEEDED "notices: {\nCACHE_UNAVAILABLE = [\n\"t\\xe4\" ];\n};", 4,
		"notices.CACHE_UNAVAILABLE[0]: " },
	{ NEEDED "notices: {\nOPTED_OUT = [\n\"cause\",\n\"a\\r\\nb\"\n];\n};",
		5, "notices.OPTED_OUT holds a control character" },
	{ NEEDED "notices: {\nhelp_url = \"http://x/\xc3\xa4\";\n};", 3,
		"notices.help_url: " },
};

START_TEST(test_bad)
{
	struct error error = { 0 };
	struct policy *policy = load(bad_rows[_i].text, &error);

	ck_assert_msg(policy == NULL, "accepted: %s", bad_rows[_i].text);
	scratch_expect(&error, bad_rows[_i].line, bad_rows[_i].what);
}
END_TEST

/* A notice of count lines of length octets each. */
static char *make_notice(size_t count, size_t length)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs(NEEDED "notices: { OPTED_OUT = [ \"cause\"", out);
	while (count-- > 1)
		fprintf(out, ",\n\"%0*d\"", (int)length, 0);
	fputs("\n]; };", out);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

START_TEST(test_notice_limits)
{
	struct error error = { 0 };
	struct policy *policy;
	char *text = make_notice(14, 480);

	policy = load_good(text);
	policy_free(&policy);
	free(text);
	text = make_notice(3, 481);
	ck_assert_ptr_null(load(text, &error));
	scratch_expect(&error, 3, "notices.OPTED_OUT[1]");
	free(text);
	text = make_notice(100, 10);
	ck_assert_ptr_null(load(text, &error));
	scratch_expect(&error, 2, "notices.OPTED_OUT");
	free(text);
}
END_TEST

/* What arrives */

static void load_spec(const char *text, struct policy_spec *spec)
{
	struct error error = { 0 };
	struct reader *reader = reader_parse("t", text, strlen(text), &error);

	ck_assert_msg(reader != NULL, "%s", error.text);
	ck_assert_msg(options_load(CONF_FILE_POLICY, reader, spec, &error) == 0,
		"%s", error.text);
	reader_close(&reader);
}

static void expect_list(const struct strlist *list, const char *expected)
{
	char joined[400] = "";

	for (size_t i = 0; i < list->count; i++) {
		strcat(joined, list->items[i]);
		strcat(joined, "|");
	}
	ck_assert_str_eq(joined, expected);
}

START_TEST(test_defaults)
{
	struct policy_spec spec = { 0 };

	load_spec(NEEDED, &spec);
	ck_assert_str_eq(spec.profile, "p");
	ck_assert_int_eq(spec.version, 1);
	expect_list(&spec.order_id.headers, "X-Order-ID|X-*-Order-ID|");
	ck_assert(spec.order_id.subject && spec.order_id.body);
	ck_assert_str_eq(spec.order_id.pattern, "[0-9]{3}-[0-9]{7}-[0-9]{7}");
	ck_assert_int_eq(spec.order_id.several, SEVERAL_FIRST);
	ck_assert(!spec.order_id.required && !spec.order_id.known);
	expect_list(&spec.buyers.addresses, "@m.example|");
	expect_list(&spec.buyers.trusted, "127.0.0.0/8|::1|login|");
	ck_assert_int_eq(spec.buyers.several_recipients, RECIPIENTS_SPLIT);
	expect_list(&spec.sellers.identity, "login|envelope|");
	expect_list(&spec.sellers.exempt, "");
	ck_assert(!spec.exempt.custom_orders);
	expect_list(
		&spec.critical.subjects, "Additional Information Required|");
	ck_assert_int_eq(spec.mode_default, MODE_SHADOW);
	ck_assert_str_eq(spec.help_url, "");
	for (int i = 0; i < REASON_COUNT; i++) {
		ck_assert_int_eq(spec.modes[i], MODE_DEFAULT);
		ck_assert_uint_eq(spec.notices[i].count, 0);
	}
	policy_spec_fini(&spec);
}
END_TEST

static const char all_set[] =
	"profile = \"shop_1.a-b\"; version = 42;\n"
	"order_id: { headers = ( \"X-A\" ); subject = false; body = false;\n"
	"	pattern = \"[A-Z]\\d{9}\"; several = \"refuse\";\n"
	"	required = true; known = true; };\n"
	"buyers: { addresses = [ \"@*.a.example\", \"b@c.example\" ];\n"
	"	trusted = [ \"10.0.0.0/8\" ];\n"
	"	several_recipients = \"strictest\"; };\n"
	"sellers: { identity = [ \"envelope\" ];\n"
	"	exempt = [ \"@d.example\" ]; };\n"
	"exempt: { custom_orders = true; };\n"
	"critical: { subjects = [ \"Gr\xc3\xbc\xc3\x9f\x65\", \"B\" ];\n"
	"	categories = [ \"marketing\" ]; threshold = 11; object = 12;\n"
	"	choice = 13; request = 14; waiting = 15; against = 16;\n"
	"	statement = 17; statements = 18; wording = 9; };\n"
	"hints: { other = [ \"a\" ]; customization = [ ];\n"
	"	delivery-scheduling = [ ]; shipping-address = [ ];\n"
	"	feedback-request = [ \"b\", \"c\" ]; confirmation = [ ];\n"
	"	proactive-service = [ ]; stock-delay = [ ];\n"
	"	alternate-product = [ ]; marketing = [ ]; };\n"
	"replies: { window = \"7d\"; share = 80; budget = 3;\n"
	"	subjects = [ \"Re\" ]; token = true; reply_to = true; };\n";

START_TEST(test_all_set)
{
	struct policy_spec spec = { 0 };

	load_spec(all_set, &spec);
	ck_assert_str_eq(spec.profile, "shop_1.a-b");
	ck_assert_int_eq(spec.version, 42);
	expect_list(&spec.order_id.headers, "X-A|");
	ck_assert(!spec.order_id.subject && !spec.order_id.body);
	ck_assert_str_eq(spec.order_id.pattern, "[A-Z]\\d{9}");
	ck_assert_int_eq(spec.order_id.several, SEVERAL_REFUSE);
	ck_assert(spec.order_id.required && spec.order_id.known);
	expect_list(&spec.buyers.addresses, "@*.a.example|b@c.example|");
	expect_list(&spec.buyers.trusted, "10.0.0.0/8|");
	ck_assert_int_eq(spec.buyers.several_recipients, RECIPIENTS_STRICTEST);
	expect_list(&spec.sellers.identity, "envelope|");
	expect_list(&spec.sellers.exempt, "@d.example|");
	ck_assert_int_eq(spec.replies.window, 7 * 86400);
	ck_assert_int_eq(spec.replies.share, 80);
	ck_assert_int_eq(spec.replies.budget, 3);
	expect_list(&spec.replies.subjects, "Re|");
	ck_assert(spec.replies.token && spec.replies.reply_to);
	ck_assert(spec.exempt.custom_orders);
	expect_list(&spec.critical.subjects, "Gr\xc3\xbc\xc3\x9f\x65|B|");
	expect_list(&spec.critical.categories, "marketing|");
	ck_assert_int_eq(spec.critical.threshold, 11);
	ck_assert_int_eq(spec.critical.object, 12);
	ck_assert_int_eq(spec.critical.choice, 13);
	ck_assert_int_eq(spec.critical.request, 14);
	ck_assert_int_eq(spec.critical.waiting, 15);
	ck_assert_int_eq(spec.critical.against, 16);
	ck_assert_int_eq(spec.critical.statement, 17);
	ck_assert_int_eq(spec.critical.statements, 18);
	ck_assert_int_eq(spec.critical.wording, 9);
	expect_list(&spec.hints[CATEGORY_OTHER], "a|");
	expect_list(&spec.hints[CATEGORY_FEEDBACK_REQUEST], "b|c|");
	policy_spec_fini(&spec);
}
END_TEST

/* test_all_set must know every option that is not made from a reason. */
START_TEST(test_all_set_is_all)
{
	struct reader *reader =
		reader_parse("t", all_set, strlen(all_set), NULL);
	const struct option *option = NULL;
	struct value value;

	ck_assert_ptr_nonnull(reader);
	while ((option = option_next(CONF_FILE_POLICY, option)) != NULL)
		ck_assert_msg(
			option_reason(option) != REASON_NONE ||
				strcmp(option->key, "modes.default") == 0 ||
				strcmp(option->key, "notices.help_url") == 0 ||
				reader_find(reader, option->key, &value),
			"%s is not in all_set", option->key);
	reader_close(&reader);
}
END_TEST

START_TEST(test_modes)
{
	const char *name = reason_name(_i);
	struct policy_spec spec = { 0 };
	char text[300];

	snprintf(text, sizeof(text),
		NEEDED "modes: { default = \"enforce\"; %s = \"shadow\"; };",
		name);
	load_spec(text, &spec);
	ck_assert_int_eq(spec.mode_default, MODE_ENFORCE);
	for (int i = 0; i < REASON_COUNT; i++)
		ck_assert_int_eq(
			spec.modes[i], i == _i ? MODE_SHADOW : MODE_DEFAULT);
	policy_spec_fini(&spec);
}
END_TEST

START_TEST(test_notices)
{
	const struct reason_info *info = reason_info(_i);
	struct policy_spec spec = { 0 };
	struct error error = { 0 };
	char text[300];

	snprintf(text, sizeof(text),
		NEEDED "notices: { help_url = \"http://h\";\n"
		       "%s = [ \"cause\", \"do 100%% this\" ]; };",
		info->name);
	if (info->outcome == OUTCOME_ACCEPT) {
		ck_assert_ptr_null(load(text, &error));
		scratch_expect(&error, 3, "unknown setting");
		return;
	}
	load_spec(text, &spec);
	ck_assert_str_eq(spec.help_url, "http://h");
	for (int i = 0; i < REASON_COUNT; i++)
		expect_list(
			&spec.notices[i], i == _i ? "cause|do 100% this|" : "");
	policy_spec_fini(&spec);
}
END_TEST

START_TEST(test_no_buyers)
{
	struct policy *policy =
		load_good("profile = \"p\"; buyers: { addresses = [ ]; };");

	ck_assert(!policy_is_buyer(policy, "a@m.example"));
	policy_free(&policy);
}
END_TEST

/* The sample */

static char *sample(void)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(out);
	conf_print_sample(out, CONF_FILE_POLICY);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

START_TEST(test_sample_loads)
{
	char *text = sample();
	struct policy *policy = load_good(text);

	ck_assert_str_eq(policy_profile(policy), "amazon-2017");
	ck_assert_int_eq(policy_version(policy), 1);
	ck_assert(policy_is_buyer(policy, "x@marketplace.example"));
	for (int i = 0; i < REASON_COUNT; i++)
		ck_assert_int_eq(policy_mode(policy, i), MODE_SHADOW);
	policy_free(&policy);
	free(text);
}
END_TEST

START_TEST(test_sample_has_all)
{
	const struct option *option = NULL;
	struct policy_spec spec = { 0 };
	struct reader *reader;
	struct value value;
	char *text = sample();

	uncomment(text);
	load_spec(text, &spec);
	expect_list(&spec.order_id.headers, "X-Order-ID|X-*-Order-ID|");
	ck_assert_int_eq(spec.modes[REASON_OPTED_OUT], MODE_DEFAULT);
	policy_spec_fini(&spec);
	reader = reader_parse("t", text, strlen(text), NULL);
	while ((option = option_next(CONF_FILE_POLICY, option)) != NULL)
		ck_assert_msg(reader_find(reader, option->key, &value),
			"%s is not in the sample", option->key);
	reader_close(&reader);
	free(text);
}
END_TEST

/* The notices in the sample are the built-in ones. */
START_TEST(test_sample_notices)
{
	char expected[2000], *text = sample(), *p;
	const struct reason_info *info;
	struct policy_spec spec = { 0 };

	uncomment(text);
	load_spec(text, &spec);
	for (int i = 0; i < REASON_COUNT; i++) {
		info = reason_info(i);
		snprintf(expected, sizeof(expected), "%s\n%s\n", info->cause,
			info->advice);
		for (p = expected; *p != '\0'; p++)
			if (*p == '\n')
				*p = '|';
		expect_list(&spec.notices[i],
			info->outcome == OUTCOME_ACCEPT ? "" : expected);
	}
	policy_spec_fini(&spec);
	free(text);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("policy_file");
	TCase *tc = tcase_create("policy_file");

	tcase_add_checked_fixture(tc, scratch_set_up, scratch_tear_down);
	tcase_add_loop_test(tc, test_bad, 0, COUNT(bad_rows));
	tcase_add_test(tc, test_notice_limits);
	tcase_add_test(tc, test_defaults);
	tcase_add_test(tc, test_all_set);
	tcase_add_test(tc, test_all_set_is_all);
	tcase_add_loop_test(tc, test_modes, 0, REASON_COUNT);
	tcase_add_loop_test(tc, test_notices, 0, REASON_COUNT);
	tcase_add_test(tc, test_no_buyers);
	tcase_add_test(tc, test_sample_loads);
	tcase_add_test(tc, test_sample_has_all);
	tcase_add_test(tc, test_sample_notices);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(make_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
