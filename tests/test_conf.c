/* SPDX-License-Identifier: BSD-2-Clause */
#include <fcntl.h>
#include <syslog.h>
#include "conf/conf.h"
#include "conf/conf_private.h"
#include "tests/conf_scratch.h"

#define POLICY "policy = \"/p\";\n"
#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static struct conf *load(const char *text, struct error *error)
{
	scratch_write(text, strlen(text));
	return conf_load(scratch_file, error);
}

static struct conf *load_good(const char *text)
{
	struct error error = { 0 };
	struct conf *conf = load(text, &error);

	ck_assert_msg(conf != NULL, "%s", error.text);
	return conf;
}

/* Refused files */

static const struct {
	const char *text;
	unsigned line;
	const char *what;
} bad_rows[] = {
	{ "", 1, "policy is missing; set it, for example to \"/etc" },
	{ "socket = \"/s\";", 1, "policy is missing" },
	{ POLICY "polcy = 1;", 2, "\"polcy\"; did you mean \"policy\"?" },
	{ POLICY "\ncache: { sizemax = 1; };", 3,
		"did you mean \"cache.size_max\"?" },
	{ POLICY "cahce: { size_max = 1; };", 2, "did you mean \"cache\"?" },
	{ POLICY "colour = 1;", 2, "unknown setting \"colour\"; see optout-m" },
	{ POLICY "x = 1;", 2, "unknown setting \"x\"; see" },
	{ POLICY "log: { a: { b = 1; }; };", 2, "\"log.a\"" },
	{ POLICY "log = \"mail\";", 2, "\"log\" is a group; write log: {" },
	{ POLICY "socket: { path = \"/x\"; };", 2, "socket.path" },
	{ "policy: { };", 1, "policy must be an absolute path" },
	{ POLICY POLICY, 2, "duplicate setting name" },
	{ POLICY "log: { level = \"info\";\n level = \"info\"; };", 3,
		"duplicate setting name" },
	{ POLICY "user =\n;", 3, "syntax error" },
	{ "policy = \"p.conf\";", 1, "policy must be an absolute path" },
	{ "policy = \"\";", 1, "must have 1 to 4095 characters" },
	{ "policy = 5;", 1, "must be an absolute path in quotes" },
	{ "policy = \"/a\\nb\";", 1, "control character" },
	{ "policy = \"/a\\x1b\";", 1, "control character" },
	{ "policy = \"/a\\x00b\";", 1, "holds \\x00" },
	{ "policy = \"/p;\nuser = \"x\";", 1, "not closed on its line" },
	{ "policy = \"/p", 1, "not closed on its line" },
	{ POLICY "/* log\nuser = \"\";", 2, "a comment is not closed" },
	{ POLICY "user = \"a b\";", 2, "\"USER\" or \"USER:GROUP\"" },
	{ POLICY "user = \":g\";", 2, "\"USER\" or \"USER:GROUP\"" },
	{ POLICY "user = \"u:\";", 2, "\"USER\" or \"USER:GROUP\"" },
	{ POLICY "user = \"u:g:h\";", 2, "\"USER\" or \"USER:GROUP\"" },
	{ POLICY "user = \"-u\";", 2, "\"USER\" or \"USER:GROUP\"" },
	{ POLICY "socket_group = \"a:b\";", 2, "a name of letters" },
	{ POLICY "socket_mode = \"0888\";", 2, "octal permissions" },
	{ POLICY "socket_mode = \"1777\";", 2, "socket_mode must be from" },
	{ POLICY "socket_mode = 0660;", 2, "octal permissions in quotes" },
	{ POLICY "socket_mode = \"\";", 2, "octal permissions" },
	{ POLICY "socket = \"inet:8891\";", 2, "socket: a host is missing" },
	{ POLICY "socket = \"unix:run/s\";", 2, "must be absolute" },
	{ POLICY "verdict_header = \"X Y\";", 2, "name of a header field" },
	{ POLICY "verdict_header = \"X:\";", 2, "name of a header field" },
	{ POLICY "verdict_header = \"X-\xc3\xa4\";", 2, "a header field" },
	{ POLICY "cache: { directory = \"lib\"; };", 2,
		"cache.directory must" },
	{ POLICY "cache: {\nsize_max = \"16X\"; };", 3, "a size such as" },
	{ POLICY "cache: { size_max = \"16GB\"; };", 2, "a size such as" },
	{ POLICY "cache: { size_max = \"-1G\"; };", 2, "a size such as" },
	{ POLICY "cache: { size_max = \"G\"; };", 2, "a size such as" },
	{ POLICY "cache: { size_max = \"\"; };", 2, "a size such as" },
	{ POLICY "cache: { size_max = 1.5; };", 2, "a size such as" },
	{ POLICY "cache: { size_max = true; };", 2, "a size such as" },
	{ POLICY "cache: { size_max = \"99999999999999999999\"; };", 2,
		"a size such as" },
	{ POLICY "cache: { size_max = \"9999999999T\"; };", 2,
		"a size such as" },
	{ POLICY "cache: { size_max = \"1023K\"; };", 2, "from 1M to 16T" },
	{ POLICY "cache: { size_max = \"17T\"; };", 2, "from 1M to 16T" },
	{ POLICY "cache: { size_max = 4294967296; };", 2, "is too large" },
	{ POLICY "cache: { size_max = 0x100000000; };", 2, "is too large" },
	{ POLICY "cache: { size_max = -4294967296; };", 2, "is too large" },
	{ POLICY "cache: { size_max = 99999999999999999999L; };", 2,
		"is too large" },
	{ POLICY "limits: { recipients = 0; };", 2, "from 1 to 100000" },
	{ POLICY "limits: { recipients = -1; };", 2, "from 1 to 100000" },
	{ POLICY "limits: { recipients = \"10\"; };", 2, "must be a number" },
	{ POLICY "limits: { recipients = [ 1 ]; };", 2, "must be a number" },
	{ POLICY "drain_timeout = \"20x\";", 2, "a duration such as" },
	{ POLICY "drain_timeout = \"2h\";", 2, "from 0 to 1h" },
	{ POLICY "addresses: { fold_case = 1; };", 2, "true or false" },
	{ POLICY "addresses: { fold_case = \"yes\"; };", 2, "true or false" },
	{ POLICY "addresses: { tag_separator = \"++\"; };", 2, "0 to 1" },
	{ POLICY "addresses: { tag_separator = \"a\"; };", 2, "one character" },
	{ POLICY "addresses: { tag_separator = \"@\"; };", 2, "one character" },
	{ POLICY "log: { level = \"loud\"; };", 2,
		"log.level must be \"error\", \"warning\", \"notice\", "
		"\"info\" or \"debug\"" },
	{ POLICY "log: { facility = \"spam\"; };", 2, "\"local7\"" },
	{ POLICY "log: { target = 1; };", 2, "\"syslog\" or \"stderr\"" },
	{ POLICY "@include \"/etc/shadow\"\n", 2, "@include is not supported" },
	{ "  \t@include \"/etc/shadow\"\n", 1, "@include is not supported" },
	{ POLICY "/* \" */ @include \"/etc/shadow\" # \"\n", 2, "@include" },
	{ POLICY "# \"\n@include \"/etc/shadow\"\n", 3, "@include" },
	{ "policy = \"/a\\\\\";\n@include \"/etc/shadow\"\n", 2, "@include" },
	{ "policy = \"/a\\\"\";\n@include \"/etc/shadow\"\n", 2, "@include" },
	{ POLICY "\r\n", 2, "CR LF" },
	{ "# dos\r\n" POLICY, 1, "CR LF" },
};

START_TEST(test_bad)
{
	struct error error = { 0 };
	struct conf *conf = load(bad_rows[_i].text, &error);

	ck_assert_msg(conf == NULL, "accepted: %s", bad_rows[_i].text);
	scratch_expect(&error, bad_rows[_i].line, bad_rows[_i].what);
}
END_TEST

START_TEST(test_nul)
{
	static const char text[] = POLICY "\n#\0\nuser = \"x\";";
	struct error error = { 0 };

	scratch_write(text, sizeof(text) - 1);
	ck_assert_ptr_null(conf_load(scratch_file, &error));
	scratch_expect(&error, 3, "NUL");
}
END_TEST

START_TEST(test_line_beyond_16_bits)
{
	struct error error = { 0 };
	char text[70000];

	memset(text, '\n', sizeof(text));
	memcpy(text, POLICY, strlen(POLICY));
	strcpy(text + sizeof(text) - 20, "\nfoo = 1;");
	ck_assert_ptr_null(load(text, &error));
	scratch_expect(&error, 69968, "unknown setting \"foo\"");
}
END_TEST

/* Fills a text with count times item, after start. */
static char *repeat(const char *start, const char *item, size_t count)
{
	size_t length = strlen(start) + count * strlen(item);
	char *text = malloc(length + 1), *at;

	ck_assert_ptr_nonnull(text);
	at = stpcpy(text, start);
	while (count-- > 0)
		at = stpcpy(at, item);
	return text;
}

START_TEST(test_nesting)
{
	static const char *const brackets[] = { "(", "[", "{", "(\n" };
	struct error error = { 0 };
	char *text = repeat(POLICY "user = ", brackets[_i], 100000);

	ck_assert_ptr_null(load(text, &error));
	scratch_expect(&error, _i == 3 ? 34 : 2, "nested too deep");
	free(text);
}
END_TEST

START_TEST(test_many_settings)
{
	struct error error = { 0 };
	char *text = repeat(POLICY, "a=1;", 100000);

	ck_assert_ptr_null(load(text, &error));
	scratch_expect(&error, 2, "too many settings");
	free(text);
}
END_TEST

START_TEST(test_size_limit)
{
	struct error error = { 0 };
	char *text = repeat(POLICY, "\n", (1 << 20) - strlen(POLICY));
	struct conf *conf = load_good(text);

	conf_free(&conf);
	free(text);
	text = repeat(POLICY, "\n", (1 << 20) - strlen(POLICY) + 1);
	ck_assert_ptr_null(load(text, &error));
	scratch_expect(&error, 1, "larger than 1 MiB");
	free(text);
}
END_TEST

/* Refused by what kind of file it is */

static void expect_refused(const char *what)
{
	struct error error = { 0 };

	ck_assert_ptr_null(conf_load(scratch_file, &error));
	scratch_expect(&error, 1, what);
}

START_TEST(test_absent)
{
	expect_refused("No such file");
	snprintf(scratch_file, sizeof(scratch_file), "%s/none/x", scratch);
	expect_refused("cannot open its directory; No such file");
}
END_TEST

START_TEST(test_symlink)
{
	char target[400];

	snprintf(target, sizeof(target), "%s/real.conf", scratch);
	scratch_write(POLICY, strlen(POLICY));
	ck_assert_int_eq(rename(scratch_file, target), 0);
	ck_assert_int_eq(symlink(target, scratch_file), 0);
	expect_refused("symbolic link");
}
END_TEST

START_TEST(test_fifo)
{
	ck_assert_int_eq(mkfifo(scratch_file, 0600), 0);
	expect_refused("not a regular file");
}
END_TEST

START_TEST(test_not_regular)
{
	static const char *const paths[] = { "/dev/zero", "/dev/null", "/usr" };

	strcpy(scratch_file, paths[_i]);
	expect_refused("not a regular file");
}
END_TEST

START_TEST(test_file_mode)
{
	static const mode_t modes[] = { 0664, 0646, 0620, 0602 };

	scratch_write(POLICY, strlen(POLICY));
	ck_assert_int_eq(chmod(scratch_file, modes[_i]), 0);
	expect_refused("is writable by group or others; chmod go-w the file");
}
END_TEST

START_TEST(test_directory_mode)
{
	static const mode_t modes[] = { 0770, 0707, 0777 };
	struct conf *conf;

	scratch_write(POLICY, strlen(POLICY));
	ck_assert_int_eq(chmod(scratch, modes[_i]), 0);
	expect_refused("its directory is writable by group or others");
	ck_assert_int_eq(chmod(scratch, modes[_i] | S_ISVTX), 0);
	conf = load_good(POLICY);
	conf_free(&conf);
}
END_TEST

START_TEST(test_owner)
{
	if (geteuid() != 0)
		return; /* only root can give files away */
	scratch_write(POLICY, strlen(POLICY));
	ck_assert_int_eq(chown(scratch_file, 4711, 4711), 0);
	expect_refused("belongs to another user");
	ck_assert_int_eq(chown(scratch_file, 0, 0), 0);
	ck_assert_int_eq(chown(scratch, 4711, 4711), 0);
	expect_refused("its directory belongs to another user");
}
END_TEST

START_TEST(test_relative_path)
{
	struct error error = { 0 };
	struct conf *conf;

	scratch_write(POLICY, strlen(POLICY));
	ck_assert_int_eq(chdir(scratch), 0);
	conf = conf_load("test.conf", &error);
	ck_assert_msg(conf != NULL, "%s", error.text);
	conf_free(&conf);
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

/* What arrives */

START_TEST(test_defaults)
{
	struct conf *conf = load_good(POLICY);
	struct address_form form = conf_address_form(conf);

	ck_assert_str_eq(conf->policy, "/p");
	ck_assert_str_eq(conf->socket, "unix:/run/optout-milter/milter.sock");
	ck_assert_int_eq(conf->socket_mode, 0660);
	ck_assert_str_eq(conf->socket_group, "");
	ck_assert_str_eq(conf->user, "optout-milter");
	ck_assert_str_eq(conf->verdict_header, "");
	ck_assert_int_eq(conf->drain_timeout, 20);
	ck_assert_str_eq(conf->cache.directory, "/var/lib/optout-milter");
	ck_assert_int_eq(conf->cache.size_max, 16LL << 30);
	ck_assert_str_eq(conf->cache.keys, "/etc/optout-milter/keys");
	ck_assert(form.fold_case && form.tag_separator == '\0');
	ck_assert_int_eq(conf->log.facility, LOG_MAIL);
	ck_assert_int_eq(conf->log.level, LOG_INFO);
	ck_assert_int_eq(conf->log.target, LOG_TARGET_SYSLOG);
	ck_assert_int_eq(conf->log.addresses, LOG_ADDRESSES_HASHED);
	ck_assert_int_eq(conf->limits.header_bytes, 256 << 10);
	ck_assert_int_eq(conf->limits.header_fields, 1000);
	ck_assert_int_eq(conf->limits.recipients, 1000);
	ck_assert_int_eq(conf->limits.body_bytes, 256 << 10);
	ck_assert_int_eq(conf->limits.mime_depth, 32);
	ck_assert_int_eq(conf->limits.mime_parts, 1000);
	conf_free(&conf);
	ck_assert_ptr_null(conf);
	conf_free(&conf);
}
END_TEST

static const char all_set[] =
	"policy = \"/a/policy\"; phrases = \"/a/phrases\";\n"
	"socket = \"inet:8891@127.0.0.1\";\n"
	"socket_mode = \"0600\"; socket_group = \"mail\";\n"
	"user = \"filter:mail\"; verdict_header = \"X-Verdict\";\n"
	"drain_timeout = 5;\n"
	"cache: { directory = \"/a/cache\"; size_max = \"2G\";\n"
	"	keys = \"/a/\" \"keys\"; };\n"
	"addresses: { fold_case = false; tag_separator = \"+\"; };\n"
	"log: { facility = \"local3\"; level = \"debug\";\n"
	"	target = \"stderr\"; addresses = \"plain\"; };\n"
	"limits: { header_bytes = 70000; header_fields = 11;\n"
	"	recipients = 12; body_bytes = \"1M\"; mime_depth = 13;\n"
	"	mime_parts = 0x0E; };\n";

START_TEST(test_all_set)
{
	struct conf *conf = load_good(all_set);
	struct address_form form = conf_address_form(conf);

	ck_assert_str_eq(conf->policy, "/a/policy");
	ck_assert_str_eq(conf->phrases, "/a/phrases");
	ck_assert_str_eq(conf->socket, "inet:8891@127.0.0.1");
	ck_assert_int_eq(conf->socket_mode, 0600);
	ck_assert_str_eq(conf->socket_group, "mail");
	ck_assert_str_eq(conf->user, "filter:mail");
	ck_assert_str_eq(conf->verdict_header, "X-Verdict");
	ck_assert_int_eq(conf->drain_timeout, 5);
	ck_assert_str_eq(conf->cache.directory, "/a/cache");
	ck_assert_int_eq(conf->cache.size_max, 2LL << 30);
	ck_assert_str_eq(conf->cache.keys, "/a/keys");
	ck_assert(!form.fold_case && form.tag_separator == '+');
	ck_assert_int_eq(conf->log.facility, LOG_LOCAL3);
	ck_assert_int_eq(conf->log.level, LOG_DEBUG);
	ck_assert_int_eq(conf->log.target, LOG_TARGET_STDERR);
	ck_assert_int_eq(conf->log.addresses, LOG_ADDRESSES_PLAIN);
	ck_assert_int_eq(conf->limits.header_bytes, 70000);
	ck_assert_int_eq(conf->limits.header_fields, 11);
	ck_assert_int_eq(conf->limits.recipients, 12);
	ck_assert_int_eq(conf->limits.body_bytes, 1 << 20);
	ck_assert_int_eq(conf->limits.mime_depth, 13);
	ck_assert_int_eq(conf->limits.mime_parts, 14);
	conf_free(&conf);
}
END_TEST

/* test_all_set must know every option. */
START_TEST(test_all_set_is_all)
{
	struct reader *reader =
		reader_parse("t", all_set, strlen(all_set), NULL);
	const struct option *option = NULL;
	struct value value;

	ck_assert_ptr_nonnull(reader);
	while ((option = option_next(CONF_FILE_DAEMON, option)) != NULL)
		ck_assert_msg(reader_find(reader, option->key, &value),
			"%s is not in all_set", option->key);
	reader_close(&reader);
}
END_TEST

static const struct {
	const char *text;
	int64_t size; /* of cache.size_max */
} size_rows[] = {
	{ "1048576", 1 << 20 },
	{ "\"1048576\"", 1 << 20 },
	{ "\"1024K\"", 1 << 20 },
	{ "\"3M\"", 3 << 20 },
	{ "\"5G\"", 5LL << 30 },
	{ "\"16T\"", 16LL << 40 },
	{ "5000000000L", 5000000000 },
	{ "2147483647", 2147483647 },
	{ "0x7fffffff", 2147483647 },
};

START_TEST(test_size)
{
	struct conf *conf;
	char text[100];

	snprintf(text, sizeof(text), POLICY "cache: { size_max = %s; };",
		size_rows[_i].text);
	conf = load_good(text);
	ck_assert_int_eq(conf->cache.size_max, size_rows[_i].size);
	conf_free(&conf);
}
END_TEST

static const struct {
	const char *text;
	int64_t seconds;
} duration_rows[] = {
	{ "0", 0 },
	{ "\"0s\"", 0 },
	{ "90", 90 },
	{ "\"90\"", 90 },
	{ "\"90s\"", 90 },
	{ "\"2m\"", 120 },
	{ "\"1h\"", 3600 },
};

START_TEST(test_duration)
{
	struct conf *conf;
	char text[100];

	snprintf(text, sizeof(text), POLICY "drain_timeout = %s;",
		duration_rows[_i].text);
	conf = load_good(text);
	ck_assert_int_eq(conf->drain_timeout, duration_rows[_i].seconds);
	conf_free(&conf);
}
END_TEST

START_TEST(test_long_duration)
{
	const struct option option = {
		.key = "value", .type = TYPE_DURATION, .max = INT64_MAX
	};
	static const char text[] = "value = \"90d\"; week = \"2w\";";
	struct reader *reader = reader_parse("t", text, strlen(text), NULL);
	struct value value;
	int64_t seconds;

	ck_assert(reader_find(reader, "value", &value));
	ck_assert_int_eq(
		value_store(reader, &option, &value, &seconds, NULL), 0);
	ck_assert_int_eq(seconds, 90 * 86400);
	ck_assert(reader_find(reader, "week", &value));
	ck_assert_int_eq(
		value_store(reader, &option, &value, &seconds, NULL), 0);
	ck_assert_int_eq(seconds, 14 * 86400);
	reader_close(&reader);
}
END_TEST

static TCase *refused_case(void)
{
	TCase *tc = tcase_create("refused");

	tcase_add_checked_fixture(tc, scratch_set_up, scratch_tear_down);
	tcase_add_loop_test(tc, test_bad, 0, COUNT(bad_rows));
	tcase_add_test(tc, test_nul);
	tcase_add_test(tc, test_line_beyond_16_bits);
	tcase_add_loop_test(tc, test_nesting, 0, 4);
	tcase_add_test(tc, test_many_settings);
	tcase_add_test(tc, test_size_limit);
	tcase_add_test(tc, test_absent);
	tcase_add_test(tc, test_symlink);
	tcase_add_test(tc, test_fifo);
	tcase_add_loop_test(tc, test_not_regular, 0, 3);
	tcase_add_loop_test(tc, test_file_mode, 0, 4);
	tcase_add_loop_test(tc, test_directory_mode, 0, 3);
	tcase_add_test(tc, test_owner);
	return tc;
}

static TCase *loaded_case(void)
{
	TCase *tc = tcase_create("loaded");

	tcase_add_checked_fixture(tc, scratch_set_up, scratch_tear_down);
	tcase_add_test(tc, test_relative_path);
	tcase_add_test(tc, test_defaults);
	tcase_add_test(tc, test_all_set);
	tcase_add_test(tc, test_all_set_is_all);
	tcase_add_loop_test(tc, test_size, 0, COUNT(size_rows));
	tcase_add_loop_test(tc, test_duration, 0, COUNT(duration_rows));
	tcase_add_test(tc, test_long_duration);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("conf");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, refused_case());
	suite_add_tcase(suite, loaded_case());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
