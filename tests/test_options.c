/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of options, and the samples and manuals made from it. */
#include <syslog.h>
#include "conf/conf.h"
#include "conf/conf_private.h"
#include "tests/conf_scratch.h"

static struct conf *load_good(const char *text)
{
	struct error error = { 0 };
	struct conf *conf;

	scratch_write(text, strlen(text));
	conf = conf_load(scratch_file, &error);
	ck_assert_msg(conf != NULL, "%s", error.text);
	return conf;
}

START_TEST(test_table_defaults)
{
	const struct option *option = NULL;
	struct error error = { 0 };
	struct reader *reader;
	struct value value;
	union {
		struct conf conf;
		struct policy_spec spec;
	} base = { 0 };

	while ((option = option_next(_i, option)) != NULL) {
		if (option->initial == NULL) {
			ck_assert_ptr_nonnull(option->sample);
			continue;
		}
		reader = option_default(option, &error);
		ck_assert_msg(reader != NULL, "%s", error.text);
		ck_assert(reader_find(reader, "value", &value));
		ck_assert_msg(
			value_store(reader, option, &value, &base, &error) == 0,
			"%s", error.text);
		value_fini(option, &base);
		reader_close(&reader);
	}
}
END_TEST

START_TEST(test_table_help)
{
	const struct option *option = NULL;
	const char *p;

	while ((option = option_next(_i, option)) != NULL) {
		p = option->help + strlen(option->help) - 1;
		ck_assert_msg(*p == '.', "%s: no sentence", option->key);
		for (p = option->help; *p != '\0'; p++)
			ck_assert_msg(*p >= ' ' && *p <= '~', "%s: not ASCII",
				option->key);
		ck_assert_msg((option->type == TYPE_CHOICE) ==
				      (option->choices != NULL),
			"%s: choices", option->key);
	}
}
END_TEST

static char *printed(void (*print)(FILE *, enum conf_file), enum conf_file file)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(out);
	print(out, file);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

/* Reads a file of the source tree. The caller frees it. */
static char *read_source(const char *name)
{
	const char *top = getenv("srcdir");
	char path[4096], *text = calloc(1, 1 << 20);
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", top ? top : ".", name);
	in = fopen(path, "rb");
	ck_assert_msg(in != NULL, "cannot open %s", path);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_gt(fread(text, 1, (1 << 20) - 1, in), 0);
	fclose(in);
	return text;
}

START_TEST(test_sample_is_current)
{
	static const char *const names[] = {
		[CONF_FILE_DAEMON] = "conf/optout-milter.conf",
		[CONF_FILE_POLICY] = "conf/policy.conf",
	};
	char *installed = read_source(names[_i]);
	char *sample = printed(conf_print_sample, _i);

	ck_assert_msg(strcmp(installed, sample) == 0,
		"%s is not what conf_print_sample() prints", names[_i]);
	free(installed);
	free(sample);
}
END_TEST

START_TEST(test_manual_is_current)
{
	static const char *const names[] = {
		[CONF_FILE_DAEMON] = "doc/optout-milter.conf.5",
		[CONF_FILE_POLICY] = "doc/optout-policy.conf.5",
	};
	static const char begin[] = ".\\\" begin options\n";
	char *page = read_source(names[_i]), *list, *end;
	char *manual = printed(conf_print_manual, _i);

	list = strstr(page, begin);
	ck_assert_ptr_nonnull(list);
	list += strlen(begin);
	end = strstr(list, ".\\\" end options\n");
	ck_assert_ptr_nonnull(end);
	*end = '\0';
	ck_assert_msg(strcmp(list, manual) == 0,
		"%s does not have what conf_print_manual() prints", names[_i]);
	free(page);
	free(manual);
}
END_TEST

START_TEST(test_sample_loads)
{
	char *text = printed(conf_print_sample, CONF_FILE_DAEMON);
	struct conf *conf = load_good(text);

	ck_assert_str_eq(conf->policy, "/etc/optout-milter/policy.conf");
	ck_assert_str_eq(conf->socket_group, "postfix");
	ck_assert_int_eq(conf->drain_timeout, 20);
	conf_free(&conf);
	free(text);
}
END_TEST

/* With every line of the sample active nothing changes. */
START_TEST(test_sample_has_all)
{
	char *text = printed(conf_print_sample, CONF_FILE_DAEMON);
	const struct option *option = NULL;
	struct reader *reader;
	struct value value;
	struct conf *conf;

	uncomment(text);
	conf = load_good(text);
	ck_assert_int_eq(conf->cache.size_max, 16LL << 30);
	ck_assert_int_eq(conf->log.facility, LOG_MAIL);
	ck_assert_str_eq(conf->addresses.tag_separator, "");
	conf_free(&conf);
	reader = reader_parse("t", text, strlen(text), NULL);
	while ((option = option_next(CONF_FILE_DAEMON, option)) != NULL)
		ck_assert_msg(reader_find(reader, option->key, &value),
			"%s is not in the sample", option->key);
	reader_close(&reader);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("options");
	TCase *tc = tcase_create("options");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, scratch_set_up, scratch_tear_down);
	tcase_add_loop_test(tc, test_table_defaults, 0, 2);
	tcase_add_loop_test(tc, test_table_help, 0, 2);
	tcase_add_loop_test(tc, test_sample_is_current, 0, 2);
	tcase_add_loop_test(tc, test_manual_is_current, 0, 2);
	tcase_add_test(tc, test_sample_loads);
	tcase_add_test(tc, test_sample_has_all);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
