/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of optoutctl test: cases, buyers, and how verdicts compare. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "ctl/score.h"
#include "tests/run.h"

#define HEADER "file\tenvelope_from\trcpt\tverdict\treason\torder_id"
#define MAIL "a.eml\ts@x.example\tb@y.example\t"

static char directory[64];
static char table[128];

static void write_file(const char *name, const char *text, size_t length)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, length, file), length);
	fclose(file);
}

static void remove_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	unlink(path);
}

static void setup(void)
{
	strcpy(directory, "/tmp/optout-manifest.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(table, sizeof(table), "%s/t.tsv", directory);
	write_file("a.eml", "\n", 1);
}

static void teardown(void)
{
	remove_file("a.eml");
	remove_file("t.tsv");
	rmdir(directory);
}

static int load(struct manifest *manifest, const char *text, char *error_r)
{
	struct error error = { "", "" };
	int status;

	write_file("t.tsv", text, strlen(text));
	status = manifest_load(manifest, table, &error);
	strcpy(error_r, error.text);
	return status;
}

static const struct {
	const char *text;
	const char *error; /* how it ends; NULL: it is good */
} rows[] = {
	{ HEADER "\n" MAIL "accept\tCRITICAL\t-\n", NULL },
	{ HEADER "\r\n\r\n" MAIL "reject\t\t\r\n", NULL },
	{ "\xef\xbb\xbf" HEADER "\n" MAIL "tempfail\t.\t.", NULL },
	{ "extra\tverdict\trcpt\tenvelope_from\tfile\n"
	  "\"\taccept\tb@y.example\t<>\ta.eml\n",
		NULL },
	{ HEADER "\tambiguous\n" MAIL "accept\t-\t-\tyes\n", NULL },
	{ HEADER "\tthread_original\n" MAIL "accept\t-\t-\ta.eml, a.eml\n",
		NULL },
	{ "", ":1: is empty; the first line must name the columns" },
	{ "file\tfile\n", ":1: column \"file\" appears twice" },
	{ "file,rcpt\n",
		":1: no column \"file\"; the first line must name the columns, "
		"between tabs" },
	{ "file\trcpt\tverdict\n",
		":1: no column \"envelope_from\"; the first line must name the "
		"columns, between tabs" },
	{ HEADER "\n\n" MAIL "accept\n", ":3: 4 fields instead of 6" },
	{ HEADER "\n" MAIL "pass\t-\t-\n",
		":2: verdict: \"pass\" is none of accept, reject, tempfail" },
	{ HEADER "\n" MAIL "accept\tNICE\t-\n",
		":2: reason: \"NICE\" is no reason; optout-milter(8) lists "
		"them" },
	{ HEADER "\n" MAIL "accept\tOPTED_OUT\t-\n",
		":2: verdict: is accept, but OPTED_OUT is always reject" },
	{ HEADER "\n-\ts@x.example\tb@y.example\taccept\t\t\n",
		":2: file: is empty" },
	{ HEADER "\na.eml\t\tb@y.example\taccept\t\t\n",
		":2: envelope_from: is empty" },
	{ HEADER "\na.eml\ts@x.example\t.\taccept\t\t\n",
		":2: rcpt: is empty" },
	{ HEADER "\nb.eml\ts@x.example\tb@y.example\taccept\t\t\n",
		":2: b.eml: cannot open: No such file or directory" },
	{ HEADER "\n/\ts@x.example\tb@y.example\taccept\t\t\n",
		":2: /: is no regular file" },
	{ HEADER "\tthread_original\n" MAIL "accept\t\t\tb.eml\n",
		":2: b.eml: cannot open: No such file or directory" },
	{ HEADER "\tambiguous\n" MAIL "accept\t\t\tmaybe\n",
		":2: ambiguous: \"maybe\" is neither yes nor no" },
	{ HEADER "\tbuyer_opted_out\n" MAIL "accept\t\t\tjes\n",
		":2: buyer_opted_out: \"jes\" is neither yes nor no" },
};

START_TEST(row)
{
	struct manifest manifest;
	char error[512];
	int status = load(&manifest, rows[_i].text, error);
	const char *wanted = rows[_i].error ? rows[_i].error : "";
	size_t length = strlen(error), end = strlen(wanted);

	ck_assert_msg(length >= end &&
			      strcmp(error + length - end, wanted) == 0 &&
			      (end > 0) == (length > 0),
		"%s", error);
	ck_assert_int_eq(status, rows[_i].error ? EX_DATAERR : 0);
	if (status == 0)
		ck_assert_uint_eq(manifest.count, 1);
	manifest_fini(&manifest);
}
END_TEST

START_TEST(row_with_nul)
{
	static const char text[] = HEADER "\n" MAIL "accept\tA\0B\t-\n";
	struct error error = { "", "" };
	struct manifest manifest;

	write_file("t.tsv", text, sizeof(text) - 1);
	ck_assert_int_eq(manifest_load(&manifest, table, &error), EX_DATAERR);
	ck_assert_ptr_nonnull(strstr(error.text, ":2: holds a NUL"));
	manifest_fini(&manifest);
}
END_TEST

START_TEST(no_file)
{
	struct error error = { "", "" };
	struct manifest manifest;

	ck_assert_int_eq(manifest_load(&manifest, table, &error), EX_NOINPUT);
	ck_assert_ptr_nonnull(strstr(error.text, "t.tsv: cannot open"));
	ck_assert_int_eq(
		manifest_load(&manifest, directory, &error), EX_NOINPUT);
	ck_assert_ptr_nonnull(strstr(error.text, "is a directory"));
	manifest_fini(&manifest);
}
END_TEST

START_TEST(fields)
{
	static const char text[] = "rcpt\tgroup\tlanguage\tthread_original\t"
				   "buyer_opted_out\tverdict\tfile\t"
				   "envelope_from\n"
				   "b@y.example,c@y.example\tthread-original\t"
				   ".\t-\tyes\tAccept\ta.eml\t<>\n";
	char good[sizeof(text)], error[512];
	const struct manifest_row *first;
	struct manifest manifest;
	char *path;

	ck_assert_int_eq(load(&manifest, text, error), EX_DATAERR);
	manifest_fini(&manifest);
	strcpy(good, text);
	*strchr(good, 'A') = 'a';
	ck_assert_int_eq(load(&manifest, good, error), 0);
	first = manifest_find(&manifest, "a.eml");
	ck_assert_ptr_eq(first, manifest.rows);
	ck_assert_ptr_null(manifest_find(&manifest, "b.eml"));
	ck_assert_uint_eq(first->line, 2);
	ck_assert_uint_eq(first->rcpts.count, 2);
	ck_assert_str_eq(first->rcpts.items[1], "c@y.example");
	ck_assert_uint_eq(first->originals.count, 0);
	ck_assert(first->from_buyer && first->opted_out && !first->ambiguous);
	ck_assert_int_eq(first->outcome, OUTCOME_ACCEPT);
	ck_assert_int_eq(first->reason, REASON_NONE);
	ck_assert_str_eq(manifest_name(first, MANIFEST_LANGUAGE), "-");
	ck_assert_ptr_null(manifest_order(first));
	ck_assert(manifest.has[MANIFEST_GROUP]);
	ck_assert(!manifest.has[MANIFEST_REASON]);
	path = manifest_resolve(&manifest, "a.eml");
	ck_assert_int_eq(access(path, R_OK), 0);
	free(path);
	path = manifest_resolve(&manifest, "/a.eml");
	ck_assert_str_eq(path, "/a.eml");
	free(path);
	manifest_fini(&manifest);
}
END_TEST

static const struct {
	const char *wanted, *also, *found;
	bool right;
} orders[] = {
	{ "1-2", ".", "1-2", true },
	{ "1-2", ".", "", false },
	{ "1-2", ".", "1-3", false },
	{ "1-2", "-", "", true },
	{ "1-2", "1-3,1-4", "1-4", true },
	{ "1-2", "1-3, 1-4", "1-5", false },
	{ "1-2", "1-34", "1-3", false },
	{ "1-2", ",,1-3,-,", "", true },
	{ "-", ".", "", true },
	{ "-", ".", "1-2", false },
	{ "-", "1-2", "1-2", true },
	{ "", "", "1-2", true },
	{ ".", "", "1-2", true },
};

START_TEST(order)
{
	struct manifest_row case_row = { .fields = { NULL } };

	case_row.fields[MANIFEST_ORDER] = (char *)orders[_i].wanted;
	case_row.fields[MANIFEST_ORDER_ALSO] = (char *)orders[_i].also;
	ck_assert_int_eq(manifest_order_is_right(&case_row, orders[_i].found),
		orders[_i].right);
}
END_TEST

static const struct {
	const char *text;
	const char *error;
	size_t count;
} buyers_rows[] = {
	{ "alias\topted_out\nb@y.example\tyes\nc@y.example\tno\n", NULL, 2 },
	{ "opted_out\tsince\talias\nyes\t1\tB@Y.example\n", NULL, 1 },
	{ "alias\topted_out\nb@y.example\tyes\nb@Y.EXAMPLE\tyes\n", NULL, 2 },
	{ "alias\topted_out\nb@y.example\tyes\nc@y.example\tno\n"
	  "b@Y.EXAMPLE\tno\n",
		":4: b@y.example has not opted out here, but has in line 2",
		0 },
	{ "alias\topted_out\nb@y.example\tno\nb@y.example\tyes\n",
		":3: b@y.example has opted out here, but has not in line 2",
		0 },
	{ "alias\topted_out\nb\tyes\n",
		":2: alias: \"b\" is not a mail address; give user@domain", 0 },
	{ "alias\topted_out\nb@y.example\t\n",
		":2: opted_out: \"\" is neither yes nor no", 0 },
	{ "alias\nb@y.example\n",
		":1: no column \"opted_out\"; the first line must name the "
		"columns, between tabs",
		0 },
};

START_TEST(buyers_row)
{
	struct address_form form = { .fold_case = true };
	const char *wanted = buyers_rows[_i].error;
	struct error error = { "", "" };
	struct buyers buyers;
	int status;

	write_file("t.tsv", buyers_rows[_i].text, strlen(buyers_rows[_i].text));
	status = buyers_load(&buyers, table, &form, &error);
	ck_assert_int_eq(status, wanted ? EX_DATAERR : 0);
	if (wanted)
		ck_assert_str_eq(error.text + strlen(table), wanted);
	else
		ck_assert_uint_eq(buyers.count, buyers_rows[_i].count);
	buyers_fini(&buyers);
}
END_TEST

START_TEST(scores)
{
	static const char text[] =
		HEADER "\tgroup\tambiguous\n" MAIL
		       "accept\tCRITICAL\t1-2\tx\tno\n" MAIL
		       "accept\tCRITICAL\t1-2\ty\tno\n" MAIL
		       "reject\tOPTED_OUT\t-\tx\tno\n" MAIL
		       "reject\tOPTED_OUT\t\tx\tno\n" MAIL
		       "accept\tNOT_OPTED_OUT\t-\tx\tno\n" MAIL
		       "reject\tOPTED_OUT\t-\tx\tyes\n";
	struct replay_result results[] = {
		{ REASON_CRITICAL, "1-2", REASON_NONE },
		{ REASON_CRITICAL_MISUSED, "1-2", REASON_NONE },
		{ REASON_THREAD_UNKNOWN, "", REASON_NONE },
		{ REASON_CRITICAL, "1-3", REASON_NONE },
		{ REASON_NOT_OPTED_OUT, "1-2", REASON_NONE },
		{ REASON_CRITICAL, "", REASON_NONE },
	};
	static const unsigned differs[] = { 0, DIFFERS_VERDICT | DIFFERS_REASON,
		DIFFERS_REASON, DIFFERS_VERDICT | DIFFERS_REASON, DIFFERS_ORDER,
		DIFFERS_VERDICT | DIFFERS_REASON };
	struct manifest manifest;
	struct score *by, all;
	char error[512];

	ck_assert_int_eq(load(&manifest, text, error), 0);
	for (size_t i = 0; i < manifest.count; i++)
		ck_assert_uint_eq(
			replay_compare(&manifest.rows[i], &results[i]),
			differs[i]);
	all = score_all(&manifest, results);
	ck_assert_uint_eq(all.messages, 5);
	ck_assert_uint_eq(all.right, 1);
	ck_assert_uint_eq(all.ambiguous, 1);
	ck_assert_uint_eq(all.to_pass, 2);
	ck_assert_uint_eq(all.blocked, 1);
	ck_assert_uint_eq(all.to_stop, 2);
	ck_assert_uint_eq(all.passed, 1);
	ck_assert_int_eq(score_by(&manifest, results, MANIFEST_GROUP, &by), 2);
	ck_assert_str_eq(by[0].name, "x");
	ck_assert_uint_eq(by[0].messages, 4);
	ck_assert_uint_eq(by[1].blocked, 1);
	free(by);
	manifest_fini(&manifest);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manifest");
	TCase *tcase = tcase_create("manifest");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(
		tcase, row, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tcase, row_with_nul);
	tcase_add_test(tcase, no_file);
	tcase_add_test(tcase, fields);
	tcase_add_loop_test(
		tcase, order, 0, (int)(sizeof(orders) / sizeof(orders[0])));
	tcase_add_loop_test(tcase, buyers_row, 0,
		(int)(sizeof(buyers_rows) / sizeof(buyers_rows[0])));
	tcase_add_test(tcase, scores);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
