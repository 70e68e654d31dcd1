/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judgement of settings, without any file: lists of milters, sockets,
 * sendmail.cf, the table of findings. tests/e2e/test_doctor.py has the rest.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/doctor.h"
#include "ctl/milter_list.h"
#include "tests/run.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define QUEUE "/var/spool/postfix"
#define BELOW "unix:" QUEUE "/optout-milter/milter.sock"
#define ABOVE "unix:/run/optout-milter/milter.sock"

/* --- Sockets ------------------------------------------------------------ */

static const struct {
	const char *daemon, *item;
	bool chroot;
	enum milter_match wanted;
} matches[] = {
	{ BELOW, "unix:optout-milter/milter.sock", true, MILTER_OURS },
	{ BELOW, "unix:optout-milter/milter.sock", false, MILTER_OURS },
	{ BELOW, "local:optout-milter//./milter.sock", false, MILTER_OURS },
	{ BELOW, "unix:/optout-milter/milter.sock", true, MILTER_OURS },
	{ BELOW, "unix:/optout-milter/milter.sock", false, MILTER_CHROOT },
	{ BELOW, BELOW, false, MILTER_OURS },
	{ BELOW, BELOW, true, MILTER_CHROOT },
	{ BELOW, "unix:other/milter.sock", true, MILTER_OTHER },
	{ BELOW, "unix:/run/optout.sock", true, MILTER_SIMILAR },
	{ BELOW, "inet:localhost:8891", true, MILTER_OTHER },
	{ BELOW, "optout", true, MILTER_SIMILAR },
	{ ABOVE, ABOVE, false, MILTER_OURS },
	{ ABOVE, "unix:/var/run/optout-milter/milter.sock", false,
		MILTER_OURS },
	{ ABOVE, "unix:run/optout-milter/milter.sock", false, MILTER_SIMILAR },
	{ "unix:/srv/a/b.sock", "unix:/x/a/b.sock", false, MILTER_SIMILAR },
	{ "unix:/srv/a/b.sock", "unix:/x/c/b.sock", false, MILTER_OTHER },
	{ "inet:1@127.0.0.1", "inet:127.0.0.1:1", true, MILTER_OURS },
	{ "inet:1@127.0.0.1", "inet:localhost:1", true, MILTER_OURS },
	{ "inet:1@127.0.0.1", "inet:1", true, MILTER_OURS },
	{ "inet6:1@::1", "inet:[::1]:1", true, MILTER_OURS },
	{ "inet6:1@::1", "inet:127.0.0.1:1", true, MILTER_SIMILAR },
	{ "inet:1@0.0.0.0", "inet:mx.example:1", true, MILTER_OURS },
	{ "inet:1@a.example", "inet:A.Example:1", true, MILTER_OURS },
	{ "inet:1@a.example", "inet:b.example:1", true, MILTER_SIMILAR },
	{ "inet:1@127.0.0.1", "inet:127.0.0.1:2", true, MILTER_OTHER },
	{ "inet:1@127.0.0.1", ABOVE, true, MILTER_SIMILAR },
	{ "inet:1@127.0.0.1", "inet::", true, MILTER_OTHER },
	{ "inet:1@127.0.0.1", "inet:[]:1", true, MILTER_OURS },
};

START_TEST(test_match)
{
	struct milter_view view = { QUEUE "/", matches[_i].chroot };
	struct socket_spec spec;

	ck_assert_int_eq(conf_parse_socket(matches[_i].daemon, &spec, NULL), 0);
	ck_assert_msg(milter_match(matches[_i].item, &view, &spec) ==
			      matches[_i].wanted,
		"%s, %s", matches[_i].daemon, matches[_i].item);
}
END_TEST

START_TEST(test_spell)
{
	static const char *const rows[][2] = {
		{ BELOW, "unix:optout-milter/milter.sock" },
		{ ABOVE, ABOVE },
		{ "unix:" QUEUE "x/m.sock", "unix:" QUEUE "x/m.sock" },
		{ "inet:8891@127.0.0.1", "inet:127.0.0.1:8891" },
	};

	for (int i = 0; i < COUNT(rows); i++) {
		struct socket_spec spec;
		char text[400];

		ck_assert_int_eq(conf_parse_socket(rows[i][0], &spec, NULL), 0);
		milter_spell(&spec, QUEUE "/", text, sizeof(text));
		ck_assert_str_eq(text, rows[i][1]);
	}
}
END_TEST

START_TEST(test_list)
{
	static const char text[] =
		"inet:localhost:11332, { unix:optout-milter/milter.sock,\n"
		"\tconnect_timeout = 5s default_action=accept,\n"
		"{ command_timeout = 7 }, {protocol=3}, x } unix:y";
	struct milter_view view = { QUEUE, true };
	struct socket_spec spec;
	struct milter_item item;
	size_t before;

	ck_assert_int_eq(conf_parse_socket(BELOW, &spec, NULL), 0);
	ck_assert_int_eq(milter_list_find(text, &view, &spec, &item, &before),
		MILTER_OURS);
	ck_assert_uint_eq(before, 1);
	ck_assert_str_eq(item.default_action, "accept");
	ck_assert_str_eq(item.command_timeout, "7");
	ck_assert_str_eq(item.protocol, "3");
	ck_assert_str_eq(item.content_timeout, "");
}
END_TEST

/* --- Settings to findings ----------------------------------------------- */

#define MASTER                                                                 \
	"smtp inet n - y - - smtpd\npickup unix n - y 60 1 pickup\n"           \
	"cleanup unix n - y - 0 cleanup\n"
#define LISTED                                                                 \
	"smtpd_milters = unix:optout-milter/milter.sock\n"                     \
	"non_smtpd_milters = $smtpd_milters\n"
#define SAFE                                                                   \
	LISTED "message_strip_characters = \\000\n"                            \
	       "smtpd_forbid_bare_newline = reject\n"                          \
	       "smtpd_forbid_unauth_pipelining = yes\n"

static const struct {
	const char *main_cf, *master_cf;
	int wanted; /* enum finding_id, or -1 */
	const char *fix;
} settings[] = {
	{ SAFE, MASTER, -1, NULL },
	{ SAFE, "pickup unix n - n 60 1 pickup\n", FINDING_NO_SMTPD, "" },
	{ "non_smtpd_milters = unix:optout-milter/milter.sock\n", MASTER,
		FINDING_SMTPD_MILTERS_MISSING,
		"smtpd_milters = unix:optout-milter/milter.sock" },
	{ LISTED "smtpd_milters = inet:a:1\n", MASTER,
		FINDING_SMTPD_MILTERS_MISSING,
		"smtpd_milters = unix:optout-milter/milter.sock, inet:a:1" },
	{ SAFE, MASTER "x inet n - y - - smtpd -o smtpd_milters=inet:a:1\n",
		FINDING_SERVICE_UNFILTERED,
		"  -o { smtpd_milters = unix:optout-milter/milter.sock, "
		"inet:a:1 }" },
	{ SAFE, MASTER "x inet n - y - - smtpd -o smtpd_milters=DISABLE\n",
		FINDING_SERVICE_UNFILTERED,
		"  -o smtpd_milters=unix:optout-milter/milter.sock" },
	{ SAFE,
		MASTER "x inet n - y - - smtpd\n  -o receive_override_options"
		       "=no_address_mappings,no_milters\n",
		FINDING_SERVICE_NO_MILTERS,
		"  -o receive_override_options=no_address_mappings" },
	{ SAFE "milter_default_action = accept\n", MASTER,
		FINDING_DEFAULT_ACTION_ACCEPT,
		"milter_default_action = tempfail" },
	{ SAFE "message_strip_characters = \\\\000\n", MASTER,
		FINDING_NUL_HIDES_TEXT, "message_reject_characters = \\0" },
	{ SAFE "message_strip_characters = a\\n\\0b\n", MASTER, -1, NULL },
	{ SAFE "multi_instance_directories = /etc/postfix-out\n", MASTER,
		FINDING_MULTI_INSTANCE, "" },
};

START_TEST(test_settings)
{
	struct report report = { 0 };
	struct conf conf = { .socket = (char *)BELOW,
		.verdict_header = (char *)"" };
	struct doctor doctor = {
		.conf = &conf, .conf_path = "x.conf", .report = &report
	};
	struct doctor_postfix postfix = { "main.cf", "master.cf",
		postfix_conf_parse(settings[_i].main_cf,
			strlen(settings[_i].main_cf), settings[_i].master_cf,
			strlen(settings[_i].master_cf)),
		{ { 0 } } };

	conf.limits.header_bytes = 256 << 10;
	ck_assert_int_eq(conf_parse_socket(BELOW, &doctor.socket, NULL), 0);
	doctor_postfix_services(&doctor, &postfix);
	doctor_postfix_settings(&doctor, &postfix);
	if (settings[_i].wanted < 0) {
		ck_assert_uint_eq(report.count, 0);
	} else {
		ck_assert(report_has(&report, settings[_i].wanted));
		ck_assert_str_eq(report.findings[0].fix, settings[_i].fix);
	}
	postfix_conf_free(&postfix.conf);
	report_fini(&report);
}
END_TEST

/* --- sendmail.cf -------------------------------------------------------- */

START_TEST(test_sendmail_conf)
{
	static const char text[] =
		"# comment\n\tgoes on\nXa, S=local:/x,\n  F=T ,T=S:5s;R:2m\n"
		"Xb\nX c ,F=,S = inet:1@h\nO A=1\nO a = 2 \nOBx=3\nO C\n"
		"Cwone two\nC{w}three % no\nFw/etc/names\nFw-o /etc/more "
		"%[^#]\n"
		"Fw@ldap\nCEroot\nDZ8.18.1 \nD{x}y";
	struct sendmail_conf *conf = sendmail_conf_parse(text, strlen(text));
	static const char *const names[] = { "one", "two", "three",
		"/etc/names", "/etc/more" };

	ck_assert_ptr_nonnull(conf);
	ck_assert_uint_eq(conf->filter_count, 3);
	ck_assert_str_eq(conf->filters[0].name, "a");
	ck_assert_str_eq(conf->filters[0].socket, "local:/x");
	ck_assert_str_eq(conf->filters[0].flags, "T");
	ck_assert_int_eq(sendmail_timeout(conf->filters[0].timeouts, 'R'), 120);
	ck_assert_int_eq(sendmail_timeout(conf->filters[0].timeouts, 'E'), -1);
	ck_assert_uint_eq(conf->filters[0].line, 3);
	ck_assert_str_eq(conf->filters[1].flags, "");
	ck_assert_str_eq(conf->filters[2].socket, "inet:1@h");
	ck_assert_str_eq(sendmail_conf_option(conf, "A")->value, "2");
	ck_assert_ptr_null(sendmail_conf_option(conf, "C"));
	ck_assert_uint_eq(conf->name_count, COUNT(names));
	for (int i = 0; i < COUNT(names); i++)
		ck_assert_str_eq(conf->names[i].name, names[i]);
	ck_assert(conf->names[3].is_file);
	ck_assert_str_eq(conf->version, "8.18.1");
	sendmail_conf_free(&conf);
}
END_TEST

START_TEST(test_sendmail_values)
{
	const char *field;

	ck_assert(sendmail_list_has("a, b;c", "b"));
	ck_assert(sendmail_list_has("a, b;c", "c"));
	ck_assert(!sendmail_list_has("ab", "a"));
	ck_assert(!sendmail_list_has("", "a"));
	ck_assert_int_eq(sendmail_field("Name=x, I=a;b", 'I', &field), 3);
	ck_assert_int_eq(sendmail_field("Name=x,inputMail=", 'I', &field), 0);
	ck_assert_int_eq(sendmail_field("Name=i", 'I', &field), -1);
	ck_assert_int_eq(sendmail_field("", 'I', &field), -1);
}
END_TEST

/* --- The table ---------------------------------------------------------- */

START_TEST(test_table)
{
	for (int i = 0; i < FINDING_COUNT; i++) {
		const struct finding_info *info = finding_info(i);
		size_t length = strlen(info->when);

		ck_assert_uint_gt(strlen(info->name), 3);
		ck_assert_uint_eq(
			strspn(info->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"),
			strlen(info->name));
		ck_assert_msg(
			length > 10 && strchr(".?", info->when[length - 1]),
			"%s: no sentence", info->name);
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(info->name, finding_info(k)->name);
	}
}
END_TEST

START_TEST(test_report)
{
	struct report report = { 0 };
	struct place a = { "a", 1 }, b = { "b", 1 }, nowhere = { NULL, 0 };

	ck_assert(report_add(&report, FINDING_KEYS_OLD, a, "%d", 1));
	ck_assert(!report_add(&report, FINDING_KEYS_OLD, a, "%d", 2));
	ck_assert(report_add(&report, FINDING_KEYS_OLD, b, "%d", 3));
	ck_assert(report_add(&report, FINDING_CACHE_OLD, a, "%d", 4));
	ck_assert(report_add(&report, FINDING_CACHE_OWNER, nowhere, "x"));
	report_fix(&report, "chown %s", "y");
	ck_assert_uint_eq(report.count, 4);
	ck_assert_str_eq(report.findings[0].what, "1");
	ck_assert_str_eq(report.findings[3].file, "");
	ck_assert_str_eq(report.findings[3].fix, "chown y");
	ck_assert_uint_eq(report_count(&report, SEVERITY_ERROR), 1);
	ck_assert_uint_eq(report_count(&report, SEVERITY_WARNING), 1);
	ck_assert_uint_eq(report_count(&report, SEVERITY_NOTE), 2);
	report_fini(&report);
	ck_assert_uint_eq(report.count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("doctor");
	TCase *tc = tcase_create("doctor");

	tcase_add_loop_test(tc, test_match, 0, COUNT(matches));
	tcase_add_test(tc, test_spell);
	tcase_add_test(tc, test_list);
	tcase_add_loop_test(tc, test_settings, 0, COUNT(settings));
	tcase_add_test(tc, test_sendmail_conf);
	tcase_add_test(tc, test_sendmail_values);
	tcase_add_test(tc, test_table);
	tcase_add_test(tc, test_report);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
