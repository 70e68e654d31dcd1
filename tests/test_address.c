/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include "policy/address.h"
#include "tests/run.h"

#define LABEL_63                                                               \
	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

static const struct address_form fold = { .fold_case = true };
static const struct address_form keep = { .fold_case = false };
static const struct address_form tags = { true, '+' };

static const struct {
	const char *path;
	const struct address_form *form;
	enum address_result result;
	const char *canonical;
} canonical_rows[] = {
	{ "<user@example.org>", &fold, ADDRESS_OK, "user@example.org" },
	{ "user@example.org", &fold, ADDRESS_OK, "user@example.org" },
	{ " <user@example.org> ", &fold, ADDRESS_OK, "user@example.org" },
	{ "<User@EXAMPLE.org>", &fold, ADDRESS_OK, "user@example.org" },
	{ "<User@EXAMPLE.org>", &keep, ADDRESS_OK, "User@example.org" },
	{ "<user+tag@example.org>", &fold, ADDRESS_OK, "user+tag@example.org" },
	{ "<user+tag@example.org>", &tags, ADDRESS_OK, "user@example.org" },
	{ "<+tag@example.org>", &tags, ADDRESS_OK, "+tag@example.org" },
	{ "<u.ser@example.org>", &tags, ADDRESS_OK, "u.ser@example.org" },
	{ "<>", &fold, ADDRESS_NULL, "" },
	{ "", &fold, ADDRESS_NULL, "" },
	/* quoting */
	{ "<\"user\"@example.org>", &fold, ADDRESS_OK, "user@example.org" },
	{ "<\"us\\er\"@example.org>", &fold, ADDRESS_OK, "user@example.org" },
	{ "<\"a b\"@example.org>", &fold, ADDRESS_OK, "\"a b\"@example.org" },
	{ "<\"a\\\"b\"@example.org>", &fold, ADDRESS_OK,
		"\"a\\\"b\"@example.org" },
	{ "<\"\"@example.org>", &fold, ADDRESS_INVALID, "" },
	{ "<\"a\\\"@example.org>", &fold, ADDRESS_INVALID, "" },
	{ "<\"a\"b@example.org>", &fold, ADDRESS_INVALID, "" },
	{ "<a b@example.org>", &fold, ADDRESS_INVALID, "" },
	/* routes */
	{ "<@a.example,@b.example:u@example.org>", &fold, ADDRESS_OK,
		"u@example.org" },
	{ "<u%v.example@example.org>", &fold, ADDRESS_OK,
		"u%v.example@example.org" },
	{ "<u%v.example>", &fold, ADDRESS_OK, "u@v.example" },
	{ "<v.example!u>", &fold, ADDRESS_OK, "u@v.example" },
	{ "<\"u@v.example\">", &fold, ADDRESS_OK, "u@v.example" },
	{ "<postmaster>", &fold, ADDRESS_INVALID, "" },
	/* domains */
	{ "<u@b\xc3\xbc"
	  "cher.example>",
		&fold, ADDRESS_OK, "u@xn--bcher-kva.example" },
	{ "<u@xn--BCHER-kva.example>", &fold, ADDRESS_OK,
		"u@xn--bcher-kva.example" },
	{ "<b\xc3\xbc@example.org>", &fold, ADDRESS_OK,
		"b\xc3\xbc@example.org" },
	{ "<B\xc3\x9c@example.org>", &fold, ADDRESS_OK,
		"b\xc3\xbc@example.org" },
	{ "<bu\xcc\x88@example.org>", &fold, ADDRESS_OK,
		"b\xc3\xbc@example.org" },
	{ "<b\xff@example.org>", &fold, ADDRESS_INVALID, "" },
	{ "<u@example.org.>", &fold, ADDRESS_OK, "u@example.org" },
	{ "<u@example..org>", &fold, ADDRESS_INVALID, "" },
	{ "<u@.example.org>", &fold, ADDRESS_INVALID, "" },
	{ "<u@>", &fold, ADDRESS_INVALID, "" },
	{ "<u@" LABEL_63 ".example>", &fold, ADDRESS_OK,
		"u@" LABEL_63 ".example" },
	{ "<u@" LABEL_63 "l.example>", &fold, ADDRESS_INVALID, "" },
	{ "<u@[192.0.2.1]>", &fold, ADDRESS_OK, "u@[192.0.2.1]" },
	{ "<u@[IPv6:2001:DB8::1]>", &fold, ADDRESS_OK, "u@[ipv6:2001:db8::1]" },
	{ "<u@[192.0.2.1>", &fold, ADDRESS_INVALID, "" },
	{ "<u@[Host.Example]>", &fold, ADDRESS_OK, "u@host.example" },
	{ "<u@[host.example.]>", &fold, ADDRESS_OK, "u@host.example" },
	{ "<u@[host..example]>", &fold, ADDRESS_INVALID, "" },
	{ "<u@[::1]>", &fold, ADDRESS_OK, "u@[::1]" },
	{ "<u@a@b>", &fold, ADDRESS_INVALID, "" },
	/* dots that are in use, against the letter of the RFC */
	{ "<u..v.@example.org>", &fold, ADDRESS_OK, "u..v.@example.org" },
	/* plain data */
	{ "<-x@y.example>", &fold, ADDRESS_OK, "-x@y.example" },
	{ "<|cmd@y.example>", &fold, ADDRESS_OK, "|cmd@y.example" },
	{ "<$(id)@y.example>", &fold, ADDRESS_INVALID, "" },
	{ "<../../etc@y.example>", &fold, ADDRESS_OK, "../../etc@y.example" },
	{ "<u\n@y.example>", &fold, ADDRESS_INVALID, "" },
	{ "<u@y\r\n.example>", &fold, ADDRESS_INVALID, "" },
};

/* On an exact-size heap block, so that a sanitizer sees one octet too many. */
static enum address_result canonical_of(
	const char *path, const struct address_form *form, char *canonical_r)
{
	char *copy = strdup(path);
	enum address_result result = address_canonical(copy, form, canonical_r);

	free(copy);
	return result;
}

START_TEST(canonical_row)
{
	char canonical[ADDRESS_SIZE];
	char again[ADDRESS_SIZE];

	ck_assert_int_eq(canonical_of(canonical_rows[_i].path,
				 canonical_rows[_i].form, canonical),
		canonical_rows[_i].result);
	ck_assert_str_eq(canonical, canonical_rows[_i].canonical);
	if (canonical_rows[_i].result != ADDRESS_OK)
		return;
	canonical_of(canonical, canonical_rows[_i].form, again);
	ck_assert_str_eq(again, canonical); /* idempotent */
}
END_TEST

START_TEST(long_parts)
{
	char canonical[ADDRESS_SIZE];
	char path[1024];

	memset(path, 'a', sizeof(path));
	strcpy(path + 255, "@example.org");
	ck_assert_int_eq(canonical_of(path, &fold, canonical), ADDRESS_OK);
	memset(path, 'a', sizeof(path));
	strcpy(path + 256, "@example.org");
	ck_assert_int_eq(canonical_of(path, &fold, canonical), ADDRESS_INVALID);
	memset(path, 'a', sizeof(path));
	memcpy(path, "u@", 2);
	strcpy(path + 900, ".example");
	ck_assert_int_eq(canonical_of(path, &fold, canonical), ADDRESS_INVALID);
	/* escapes must not push a quoted local part over its buffer */
	memset(path, '"', sizeof(path));
	for (int i = 1; i < 401; i += 2)
		path[i] = '\\';
	strcpy(path + 401, "\"@example.org");
	ck_assert_int_eq(canonical_of(path, &fold, canonical), ADDRESS_INVALID);
}
END_TEST

static const struct {
	const char *address;
	const char *inner; /* NULL: routes nowhere */
} routed_rows[] = {
	{ "u%v.example@relay.example", "u@v.example" },
	{ "v.example!u@relay.example", "u@v.example" },
	{ "\"u@v.example\"@relay.example", "u@v.example" },
	{ "\"U@V.example\"@relay.example", "u@v.example" },
	{ "u@relay.example", NULL },
	{ "u%@relay.example", NULL },
};

START_TEST(routed_row)
{
	char inner[ADDRESS_SIZE];

	ck_assert_int_eq(address_routed(routed_rows[_i].address, &fold, inner),
		routed_rows[_i].inner != NULL);
	if (routed_rows[_i].inner != NULL)
		ck_assert_str_eq(inner, routed_rows[_i].inner);
}
END_TEST

START_TEST(seller_names)
{
	char canonical[ADDRESS_SIZE];
	char name[1000] = "";

	address_canonical_seller("Shop@X.example", &fold, canonical);
	ck_assert_str_eq(canonical, "shop@x.example");
	address_canonical_seller("Shop7", &fold, canonical);
	ck_assert_str_eq(canonical, "shop7");
	address_canonical_seller("Shop7", &keep, canonical);
	ck_assert_str_eq(canonical, "Shop7");
	memset(name, 'a', sizeof(name) - 1);
	address_canonical_seller(name, &fold, canonical);
	ck_assert_uint_eq(strlen(canonical), ADDRESS_SIZE - 1);
	address_canonical_seller("", &fold, canonical);
	ck_assert_str_eq(canonical, "");
}
END_TEST

static const struct {
	const char *address;
	bool has;
} set_rows[] = {
	{ "a@one.example", true },
	{ "b@one.example", false },
	{ "anybody@two.example", true },
	{ "anybody@sub.two.example", false },
	{ "anybody@three.example", false },
	{ "anybody@x.three.example", true },
	{ "anybody@y.x.three.example", true },
	{ "anybody@xthree.example", false },
	{ "", false },
};

START_TEST(set_row)
{
	char *items[] = { "A@One.example", "@TWO.example", "@*.three.example" };
	const struct strlist patterns = { items, 3 };
	struct error error;
	struct address_set *set = address_set_new(&patterns, &fold, &error);

	ck_assert_ptr_nonnull(set);
	ck_assert_int_eq(
		address_set_has(set, set_rows[_i].address), set_rows[_i].has);
	address_set_free(&set);
	ck_assert_ptr_null(set);
}
END_TEST

static char *refused[] = { "nonsense", "*@x.example", "@x.*.example", "@", "" };

START_TEST(set_refuses)
{
	char *items[] = { "@ok.example", refused[_i] };
	const struct strlist patterns = { items, 2 };
	struct error error;

	ck_assert_ptr_null(address_set_new(&patterns, &fold, &error));
	ck_assert_str_eq(error.key, "[1]");
	ck_assert_ptr_nonnull(strstr(error.text, refused[_i]));
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *suite = suite_create("address");
	TCase *tcase = tcase_create("address");

	tcase_add_loop_test(tcase, canonical_row, 0, ROWS(canonical_rows));
	tcase_add_test(tcase, long_parts);
	tcase_add_loop_test(tcase, routed_row, 0, ROWS(routed_rows));
	tcase_add_test(tcase, seller_names);
	tcase_add_loop_test(tcase, set_row, 0, ROWS(set_rows));
	tcase_add_loop_test(tcase, set_refuses, 0, ROWS(refused));
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
