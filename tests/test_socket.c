/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <string.h>
#include "conf/conf.h"

#define LONGEST                                                                \
	"/567890123456789012345678901234567890123456789012345"                 \
	"6789012345678901234567890123456789012345678901234567890"
#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct {
	const char *text;
	int family;
	const char *path, *host;
	unsigned port;
	const char *postfix;
} good_rows[] = {
	{ "unix:/run/m.sock", SOCKET_UNIX, "/run/m.sock", "", 0,
		"unix:/run/m.sock" },
	{ "local:/run/m.sock", SOCKET_UNIX, "/run/m.sock", "", 0,
		"unix:/run/m.sock" },
	{ "/run/m.sock", SOCKET_UNIX, "/run/m.sock", "", 0,
		"unix:/run/m.sock" },
	{ "unix:" LONGEST, SOCKET_UNIX, LONGEST, "", 0, "unix:" LONGEST },
	{ "inet:8891@127.0.0.1", SOCKET_INET, "", "127.0.0.1", 8891,
		"inet:127.0.0.1:8891" },
	{ "inet:127.0.0.1:8891", SOCKET_INET, "", "127.0.0.1", 8891,
		"inet:127.0.0.1:8891" },
	{ "inet:localhost:1", SOCKET_INET, "", "localhost", 1,
		"inet:localhost:1" },
	{ "inet:65535@0.0.0.0", SOCKET_INET, "", "0.0.0.0", 65535,
		"inet:0.0.0.0:65535" },
	{ "inet6:8891@::1", SOCKET_INET6, "", "::1", 8891, "inet:[::1]:8891" },
	{ "inet6:8891@[::1]", SOCKET_INET6, "", "::1", 8891,
		"inet:[::1]:8891" },
	{ "inet:[::1]:8891", SOCKET_INET6, "", "::1", 8891, "inet:[::1]:8891" },
	{ "inet6:[::1]:8891", SOCKET_INET6, "", "::1", 8891,
		"inet:[::1]:8891" },
	{ "inet6:8891@localhost", SOCKET_INET6, "", "localhost", 8891,
		"inet:localhost:8891" },
};

START_TEST(test_good)
{
	struct socket_spec spec;
	struct error error = { 0 };
	char text[400];

	ck_assert_msg(conf_parse_socket(good_rows[_i].text, &spec, &error) == 0,
		"%s", error.text);
	ck_assert_int_eq((int)spec.family, good_rows[_i].family);
	ck_assert_str_eq(spec.path, good_rows[_i].path);
	ck_assert_str_eq(spec.host, good_rows[_i].host);
	ck_assert_uint_eq(spec.port, good_rows[_i].port);
	conf_socket_for_postfix(&spec, text, sizeof(text));
	ck_assert_str_eq(text, good_rows[_i].postfix);
}
END_TEST

static const struct {
	const char *text, *what;
} bad_rows[] = {
	{ "", "is no socket" },
	{ "run/m.sock", "is no socket; write unix:/path" },
	{ "tcp:8891@localhost", "is no socket" },
	{ "UNIX:/run/m.sock", "is no socket" },
	{ "unix:", "must be absolute" },
	{ "unix:run/m.sock", "must be absolute" },
	{ "unix:" LONGEST "1", "at most 107 octets" },
	{ "unix:/run/", "is a directory" },
	{ "/", "is a directory" },
	{ "unix:/run/a b", "blanks" },
	{ "unix:/run/a,b", "blanks, commas" },
	{ "inet:8891", "a host is missing; write inet:PORT@127.0.0.1" },
	{ "inet:", "a host is missing" },
	{ "inet:8891@", "a host is missing" },
	{ "inet::8891", "a host is missing" },
	{ "inet:0@localhost", "\"0\" is no port" },
	{ "inet:65536@localhost", "\"65536\" is no port" },
	{ "inet:localhost:99999999999999999999", "is no port" },
	{ "inet:-1@localhost", "is no port" },
	{ "inet:@localhost", "is no port" },
	{ "inet:localhost:", "is no port" },
	{ "inet:localhost:smtp", "\"smtp\" is no port" },
	{ "inet: 8891@localhost", "is no port" },
	{ "inet:8891@local host", "is no host" },
	{ "inet:8891@a@b", "is no host" },
	{ "inet:::1:8891", "write an IPv6 address as inet:[::1]:8891" },
	{ "inet:[::1:8891", "is no host" },
	{ "inet:[]:8891", "is no host" },
};

START_TEST(test_bad)
{
	struct socket_spec spec;
	struct error error = { 0 };

	ck_assert_int_eq(
		conf_parse_socket(bad_rows[_i].text, &spec, &error), -1);
	ck_assert_msg(strstr(error.text, bad_rows[_i].what) != NULL,
		"\"%s\" does not hold \"%s\"", error.text, bad_rows[_i].what);
}
END_TEST

START_TEST(test_long_host)
{
	struct socket_spec spec;
	char text[300] = "inet:1@";

	memset(text + 7, 'a', 255);
	ck_assert_int_eq(conf_parse_socket(text, &spec, NULL), 0);
	ck_assert_uint_eq(strlen(spec.host), 255);
	text[7 + 255] = 'a';
	ck_assert_int_eq(conf_parse_socket(text, &spec, NULL), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("socket");
	TCase *tc = tcase_create("socket");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, test_good, 0, COUNT(good_rows));
	tcase_add_loop_test(tc, test_bad, 0, COUNT(bad_rows));
	tcase_add_test(tc, test_long_host);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
