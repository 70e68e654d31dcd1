/* SPDX-License-Identifier: BSD-2-Clause */
/* Authentication-Results, and the address in From. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "policy/authres.h"
#include "policy/mailbox.h"
#include "tests/run.h"

#define FIELD(results) "mx.example; " results
#define OPEN8 "(((((((("
#define SHUT8 "))))))))"

static const struct {
	const char *value;
	enum authres result;
} rows[] = {
	{ "mx.example; dmarc=pass", AUTHRES_PASSED },
	{ "MX.Example; DMARC=Pass", AUTHRES_PASSED },
	{ "other.example; dmarc=pass", AUTHRES_PASSED }, /* the second name */
	{ "mx.example 1; dmarc=pass", AUTHRES_PASSED },
	{ "\"mx.example\"; dmarc=pass", AUTHRES_PASSED },
	{ "\"mx\\.example\"; dmarc=pass", AUTHRES_PASSED },
	{ "mx.example;dmarc=pass", AUTHRES_PASSED },
	{ "\n\tmx.example;\n\tdmarc=pass (p=none)\n\t header.from=x.example",
		AUTHRES_PASSED },
	{ "(a (b) c) mx.example (d) 1 (e) ; (f) dmarc (g) = (h) pass (i)",
		AUTHRES_PASSED },
	{ FIELD("dmarc/1=pass"), AUTHRES_PASSED },
	{ FIELD("dmarc / 1 = pass header.from=x.example"), AUTHRES_PASSED },
	{ FIELD("spf=fail smtp.mailfrom=\"a;b\"@x.example; dkim=pass "
		"header.d=x.example header.b=\"a/b+=\"; dmarc=pass"),
		AUTHRES_PASSED },
	{ FIELD("dmarc=pass; dmarc=pass"), AUTHRES_PASSED },
	{ FIELD("dmarc=pass;"), AUTHRES_PASSED },
	{ FIELD("dmarc=pass reason=\"good \\\" ; dmarc=fail\""),
		AUTHRES_PASSED },
	{ FIELD("dmarc=pass (; dmarc=fail \\) )"), AUTHRES_PASSED },
	{ FIELD(OPEN8 OPEN8 SHUT8 SHUT8 " dmarc=pass"), AUTHRES_PASSED },
	/* no pass */
	{ FIELD("none"), AUTHRES_NOTHING },
	{ "mx.example", AUTHRES_NOTHING },
	{ "mx.example;", AUTHRES_NOTHING },
	{ FIELD("dmarc=fail"), AUTHRES_NOTHING },
	{ FIELD("dmarc=none"), AUTHRES_NOTHING },
	{ FIELD("dmarc=bestguesspass"), AUTHRES_NOTHING },
	{ FIELD("dmarc=passed"), AUTHRES_NOTHING },
	{ FIELD("dmarc=pas"), AUTHRES_NOTHING },
	{ FIELD("dmarc=pass.not"), AUTHRES_NOTHING },
	{ FIELD("dmarc=pass/2"), AUTHRES_NOTHING },
	{ FIELD("dmarc=pass=fail"), AUTHRES_NOTHING },
	{ FIELD("dmarc=pass\"\""), AUTHRES_NOTHING },
	{ FIELD("dmarc=\"pass\""), AUTHRES_NOTHING },
	{ FIELD("dmarc="), AUTHRES_NOTHING },
	{ FIELD("dmarc pass"), AUTHRES_NOTHING },
	{ FIELD("dmarc/2=pass"), AUTHRES_NOTHING },
	{ FIELD("dmarc.x=pass"), AUTHRES_NOTHING },
	{ FIELD("x-dmarc=pass"), AUTHRES_NOTHING },
	{ FIELD("spf=pass; dkim=pass"), AUTHRES_NOTHING },
	{ "mx.example 2; dmarc=pass", AUTHRES_NOTHING },
	{ "mx.example 11; dmarc=pass", AUTHRES_NOTHING },
	{ "mx.example x; dmarc=pass", AUTHRES_NOTHING },
	{ "mx.example dmarc=pass", AUTHRES_NOTHING },
	/* a pass that the sender put into something else */
	{ FIELD("dmarc=fail; dmarc=pass"), AUTHRES_NOTHING },
	{ FIELD("spf=pass smtp.helo=x;dmarc=pass; dmarc=fail"),
		AUTHRES_NOTHING },
	{ FIELD("spf=pass reason=\"; dmarc=pass\""), AUTHRES_NOTHING },
	{ FIELD("spf=pass reason=\"\\\"; dmarc=pass\""), AUTHRES_NOTHING },
	{ FIELD("spf=pass (; dmarc=pass)"), AUTHRES_NOTHING },
	{ FIELD("spf=pass (\\); dmarc=pass)"), AUTHRES_NOTHING },
	{ FIELD("spf=pass dmarc=pass"), AUTHRES_NOTHING },
	{ FIELD("(dmarc=pass)"), AUTHRES_NOTHING },
	/* broken */
	{ FIELD("dmarc=pass (not ended"), AUTHRES_NOTHING },
	{ FIELD("dmarc=pass reason=\"not ended"), AUTHRES_NOTHING },
	{ FIELD("dmarc=pass reason=\"not ended\\"), AUTHRES_NOTHING },
	{ FIELD("dmarc=pass (not ended\\"), AUTHRES_NOTHING },
	{ FIELD("spf=pass); dmarc=pass"), AUTHRES_NOTHING },
	{ FIELD("spf=a\\\"b; dmarc=pass; x=\""), AUTHRES_NOTHING },
	{ FIELD("\"dmarc\"=pass"), AUTHRES_NOTHING },
	{ FIELD("dmarc=pass x\001"), AUTHRES_NOTHING },
	{ FIELD("dmarc=pass (\001)"), AUTHRES_NOTHING },
	{ FIELD("(" OPEN8 OPEN8 SHUT8 SHUT8 ") dmarc=pass"), AUTHRES_NOTHING },
	/* of others */
	{ "", AUTHRES_FOREIGN },
	{ ";", AUTHRES_FOREIGN },
	{ "; dmarc=pass", AUTHRES_FOREIGN },
	{ "dmarc=pass", AUTHRES_FOREIGN },
	{ "mx.example.evil.example; dmarc=pass", AUTHRES_FOREIGN },
	{ "evil.mx.example; dmarc=pass", AUTHRES_FOREIGN },
	{ "mx.exampl; dmarc=pass", AUTHRES_FOREIGN },
	{ "mx.example.; dmarc=pass", AUTHRES_FOREIGN },
	{ "mx.example/1; dmarc=pass", AUTHRES_FOREIGN },
	{ "mx.example\"\"; dmarc=pass", AUTHRES_FOREIGN },
	{ "\"mx.example; dmarc=pass", AUTHRES_FOREIGN },
	{ "(mx.example; dmarc=pass", AUTHRES_FOREIGN },
	{ "(mx.example) evil.example; dmarc=pass", AUTHRES_FOREIGN },
	{ "evil.example; x=\"\n mx.example; dmarc=pass\"", AUTHRES_FOREIGN },
};

static struct strlist servers;

static void setup(void)
{
	strlist_add(&servers, "mx.example");
	strlist_add(&servers, "other.example");
}

static void teardown(void)
{
	strlist_fini(&servers);
}

START_TEST(row)
{
	ck_assert_msg(authres_read(rows[_i].value, &servers) == rows[_i].result,
		"%s", rows[_i].value);
}
END_TEST

START_TEST(nobody_counts)
{
	const struct strlist none = { 0 };

	ck_assert_int_eq(
		authres_read(FIELD("dmarc=pass"), &none), AUTHRES_FOREIGN);
}
END_TEST

/* Of the longest value, and one octet more; and much of one kind. */
START_TEST(caps)
{
	static const char start[] = FIELD("dmarc=pass ");
	static const char fillers[] = "x;(\" \\a";
	size_t size = 1 << 20;
	char *value = malloc(size + 1);

	ck_assert_ptr_nonnull(value);
	memset(value, ' ', AUTHRES_VALUE_MAX + 1);
	memcpy(value, start, strlen(start));
	value[AUTHRES_VALUE_MAX + 1] = '\0';
	ck_assert_int_eq(authres_read(value, &servers), AUTHRES_NOTHING);
	value[AUTHRES_VALUE_MAX] = '\0';
	ck_assert_int_eq(authres_read(value, &servers), AUTHRES_PASSED);
	for (const char *c = fillers; *c != '\0'; c++) {
		char address[ADDRESS_SIZE];

		memset(value, *c, size);
		value[size] = '\0';
		ck_assert_int_eq(
			authres_read(value, &servers), AUTHRES_FOREIGN);
		ck_assert(!mailbox_address(value, address));
	}
	free(value);
}
END_TEST

static const struct {
	const char *name;
	bool valid;
} id_rows[] = {
	{ "mx.example", true },
	{ "mx", true },
	{ "", false },
	{ "mx example", false },
	{ "mx;", false },
	{ "\"mx\"", false },
	{ "mx\n", false },
};

START_TEST(id_row)
{
	char name[AUTHRES_ID_MAX + 2];

	ck_assert_int_eq(authres_is_id(id_rows[_i].name), id_rows[_i].valid);
	memset(name, 'x', sizeof(name));
	name[AUTHRES_ID_MAX + 1] = '\0';
	ck_assert(!authres_is_id(name));
	name[AUTHRES_ID_MAX] = '\0';
	ck_assert(authres_is_id(name));
}
END_TEST

#define ANN "ann@buyers.example"

static const struct {
	const char *value;
	const char *address; /* "" for none */
} mailbox_rows[] = {
	{ ANN, ANN },
	{ "  " ANN " \n ", ANN },
	{ "<" ANN ">", ANN },
	{ "< " ANN " >", ANN },
	{ "Ann <" ANN ">", ANN },
	{ "Ann A. Smith\n <" ANN ">", ANN },
	{ "\"Smith, Ann\" <" ANN ">", ANN },
	{ "\"<x@evil.example>\" <" ANN ">", ANN },
	{ "\"a\\\"b\" <" ANN ">", ANN },
	{ "=?utf-8?Q?Ann?= <" ANN ">", ANN },
	{ "\xc3\x84nn <" ANN ">", ANN },
	{ ANN " (Ann <x@evil.example>)", ANN },
	{ "(Ann (her)) " ANN, ANN },
	{ "Ann (home) <" ANN "> (work)", ANN },
	{ "\"a b\"@buyers.example", "\"a b\"@buyers.example" },
	{ "<ann@[192.0.2.1]>", "ann@[192.0.2.1]" },
	{ "x@evil.example (" ANN ")", "x@evil.example" },
	{ "\"" ANN "\" <x@evil.example>", "x@evil.example" },
	{ "\"<" ANN ">, \"@evil.example", "\"<" ANN ">, \"@evil.example" },
	{ "", "" },
	{ "Ann", "" },
	{ "<>", "" },
	{ "ann", "" },
	{ "@buyers.example", "" },
	{ "ann@", "" },
	{ "<ann@>", "" },
	{ "<ann@[192.0.2.1>", "" },
	{ ANN ", x@evil.example", "" },
	{ ANN ",", "" },
	{ "Ann <" ANN ">, Eve <x@evil.example>", "" },
	{ "Ann <" ANN "> <x@evil.example>", "" },
	{ "<" ANN "> x", "" },
	{ "x@evil.example <" ANN ">", "" },
	{ ANN " <x@evil.example>", "" },
	{ ANN " x@evil.example", "" },
	{ "Buyers: " ANN ";", "" },
	{ "Buyers:;", "" },
	{ "<@evil.example:" ANN ">", "" },
	{ "<" ANN "@evil.example>", "" },
	{ "ann (x) @buyers.example", "" },
	{ "<ann@buyers.example(x)>", "" },
	{ "Smith, Ann <" ANN ">", "" },
	{ "Ann <" ANN, "" },
	{ "Ann (home <" ANN ">", "" },
	{ "\"Ann <" ANN ">", "" },
	{ "Ann\001 <" ANN ">", "" },
	{ "Ann <" ANN ">)", "" },
};

START_TEST(mailbox_row)
{
	const char *expected = mailbox_rows[_i].address;
	char address[ADDRESS_SIZE];
	bool found = mailbox_address(mailbox_rows[_i].value, address);

	ck_assert_msg(
		found == (expected[0] != '\0'), "%s", mailbox_rows[_i].value);
	ck_assert_str_eq(address, expected);
}
END_TEST

START_TEST(mailbox_too_long)
{
	char value[ADDRESS_SIZE + 1];
	char address[ADDRESS_SIZE];

	memset(value, 'x', sizeof(value));
	value[100] = '@';
	value[ADDRESS_SIZE] = '\0';
	ck_assert(!mailbox_address(value, address));
	ck_assert_str_eq(address, "");
	value[ADDRESS_SIZE - 1] = '\0';
	ck_assert(mailbox_address(value, address));
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *suite = suite_create("authres");
	TCase *tcase = tcase_create("authres");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, row, 0, ROWS(rows));
	tcase_add_test(tcase, nobody_counts);
	tcase_add_test(tcase, caps);
	tcase_add_loop_test(tcase, id_row, 0, ROWS(id_rows));
	tcase_add_loop_test(tcase, mailbox_row, 0, ROWS(mailbox_rows));
	tcase_add_test(tcase, mailbox_too_long);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
