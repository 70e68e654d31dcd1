/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "policy/message.h"
#include "tests/hostile.h"

#define SIZE (256 << 10) /* of a hostile body */
#define ROWS(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct message_limits limits = {
	.depth = 4,
	.parts = 12,
	.text_bytes = 1 << 20,
};

#define NUMBER "002-1234567-1234567"
#define MIXED "multipart/mixed; boundary=b"
#define CHOICE "multipart/alternative; boundary=b"
#define PART "\r\n--b\r\nContent-Type: "
#define PLAIN PART "text/plain\r\n\r\n"
#define HTML PART "text/html\r\n\r\n"
#define CALENDAR PART "text/calendar\r\n\r\n"
#define IMAGE PART "image/png\r\n\r\n"
#define RELATED PART "multipart/related; boundary=d\r\n\r\n"
#define ALTERNATIVE PART "multipart/alternative; boundary=d\r\n\r\n"
#define INNER "\r\n--d\r\n"
#define INNER_HTML INNER "Content-Type: text/html\r\n\r\n"
#define DISPOSED(how) PART "text/plain\r\nContent-Disposition: " how "\r\n\r\n"
#define END "\r\n--b--\r\n"

static const struct row {
	const char *type, *encoding, *body, *expected;
	enum message_result result;
} rows[] = {
	/* One text. */
	{ NULL, NULL, "", "", MESSAGE_OK },
	{ NULL, NULL, ".", ".", MESSAGE_OK },
	{ NULL, NULL, "\r\n\r\n", "\n\n", MESSAGE_OK },
	{ NULL, NULL, "a\r\nb\tc\x1b", "a\nb c", MESSAGE_OK },
	{ NULL, NULL, "f\xfcr", "f\u00fcr", MESSAGE_OK },
	{ NULL, NULL, "f\xc3\xbcr", "f\u00fcr", MESSAGE_OK },
	{ "text/plain; charset=UTF-7", NULL, "f\xfcr", "f\u00fcr", MESSAGE_OK },
	{ "text/plain; charset=utf-8", "8bit", "f\xfcr", "f\ufffdr",
		MESSAGE_OK },
	{ "text/plain; charset=us-ascii", "7bit", "f\xfcr", "f\u00fcr",
		MESSAGE_OK },
	{ " Text/Plain;\r\n\tcharset=\"ISO-8859-15\"", "8bit", "\xa4", "\u20ac",
		MESSAGE_OK },
	{ "text/plain; charset=iso-2022-jp", "7bit",
		"\x1b$BCmJ8HV9f\x1b(B " NUMBER,
		"\u6ce8\u6587\u756a\u53f7 " NUMBER, MESSAGE_OK },
	{ "text", NULL, "a", "a", MESSAGE_OK },
	{ "", NULL, "a", "a", MESSAGE_OK },
	{ ";;=\x80", NULL, "a", "a", MESSAGE_OK },
	{ "image/png", NULL, "a", "", MESSAGE_OK },
	{ "text/csv", NULL, "a", "a", MESSAGE_OK },
	{ "text/html", NULL, "002-1234<b>5</b>67-&#49;234567", NUMBER "\n",
		MESSAGE_OK },
	{ "text/html; charset=windows-1252", NULL, "a<br>\x96", "a\n\u2013\n",
		MESSAGE_OK },
	/* Transfer encodings. */
	{ "text/plain; charset=iso-8859-1", "Quoted-Printable",
		"002-12345=\r\n67-=31234=\n567 f=FCr =zz =",
		NUMBER " f\u00fcr =zz ", MESSAGE_OK },
	{ NULL, "base64", "MDAyLTEyMzQ1\r\nNjctMTIzNDU2Nw==\r\n", NUMBER,
		MESSAGE_OK },
	{ NULL, "base64", "MDAyLTE", "002-1", MESSAGE_OK },
	{ NULL, "base64", "MDAy!-\x80\nLTE=\r\njunk", "002-1", MESSAGE_OK },
	{ "text/html; charset=euc-jp", "base64",
		"PGI+w+08L2I+yrg=", "\u6ce8\u6587\n", MESSAGE_OK },
	{ NULL, " 7bit (comment)", "a", "a", MESSAGE_OK },
	{ NULL, "binary", "a\r\nb", "a\nb", MESSAGE_OK },
	{ NULL, "x-uuencode", "begin 644 x\n#86)C\n", "", MESSAGE_OK },
	{ NULL, "junk", "a", "", MESSAGE_OK },
	/* Several parts. */
	{ MIXED, NULL, "x\r\n--b\r\n\r\na\r\n--b \t\r\n\r\nc\r\n--b--\r\ny",
		"a\nc", MESSAGE_OK },
	{ "multipart/mixed; boundary=\"b c\"", NULL, "--b c\n\na\n--b c--\n",
		"a", MESSAGE_OK },
	{ MIXED, NULL, "--b\n\na\n--bb\n--b-- x\n--b", "a\n--bb\n--b-- x",
		MESSAGE_OK },
	{ MIXED, NULL, "--b\n\na", "a", MESSAGE_OK },
	/* One boundary begins as the other does. */
	{ MIXED, NULL,
		"--b\nContent-Type: multipart/mixed; boundary=bb\n\n"
		"--bb\n\na\n--bb--\nx\n--b\n\nc\n--b--",
		"a\nc", MESSAGE_OK },
	{ "multipart/mixed; boundary=bb", NULL,
		"--bb\nContent-Type: multipart/mixed; boundary=b\n\n"
		"--b\n\na\n--b--\nx\n--bb\n\nc\n--bb--",
		"a\nc", MESSAGE_OK },
	{ MIXED, NULL, "--b\n\na\n--b\nContent-Ty", "a\nContent-Ty",
		MESSAGE_OK },
	{ MIXED, NULL, "--b\nno field\n\na\n--b--", "no field\n\na",
		MESSAGE_OK },
	{ MIXED, NULL, "--b\n--b\n--b--", "", MESSAGE_OK },
	{ MIXED, "base64", "--b\n\na\n--b--", "a", MESSAGE_OK },
	{ MIXED, NULL, HTML "<p>a" DISPOSED("attachment") "x" END, "a\n",
		MESSAGE_OK },
	{ MIXED, NULL, HTML "<p>a" DISPOSED("inline") "c" END, "a\nc",
		MESSAGE_OK },
	{ MIXED, NULL, DISPOSED("Attachment; x=y") "a" END, "", MESSAGE_OK },
	{ MIXED, NULL,
		"--b\nContent-type : text/plain;\n charset=koi8-r\n"
		"CONTENT-TRANSFER-ENCODING:base64\n\nwQ\n--b--",
		"\u0430", MESSAGE_OK },
	/* Alternatives. */
	{ CHOICE, NULL, PLAIN "a" HTML "c" END, "c\n", MESSAGE_OK },
	{ CHOICE, NULL, HTML "c" PLAIN "a" END, "c\n", MESSAGE_OK },
	{ CHOICE, NULL, PLAIN "a" CALENDAR "c" END, "a", MESSAGE_OK },
	{ CHOICE, NULL, PLAIN "a" PLAIN "c" END, "c", MESSAGE_OK },
	{ CHOICE, NULL, PLAIN "a" IMAGE "c" END, "a", MESSAGE_OK },
	{ CHOICE, NULL,
		PLAIN "a" RELATED INNER_HTML "c" INNER "\r\ne\r\n--d--" END,
		"c\ne", MESSAGE_OK },
	{ MIXED, NULL,
		PLAIN "x" ALTERNATIVE INNER "\r\na" INNER_HTML "c\r\n--d--" END,
		"x\nc\n", MESSAGE_OK },
	/* Messages in the message. */
	{ "message/rfc822", NULL,
		"Subject: s\r\nTo: x:y:;\r\nContent-Type: text/html\r\n\r\na",
		"a\n", MESSAGE_OK },
	{ "message/rfc822", "base64", "U3ViamVjdDogcwoKYQ==", "", MESSAGE_OK },
	{ "multipart/digest; boundary=b", NULL,
		"--b\n\nSubject: s\n\na\n--b\nContent-Type: text/plain\n\nc"
		"\n--b--",
		"a\nc", MESSAGE_OK },
	/* What readers understand differently. */
	{ "multipart/mixed", NULL, "a", "", MESSAGE_BEYOND_LIMITS },
	{ "multipart/mixed; boundary=\"\"", NULL, "--\n\na", "",
		MESSAGE_BEYOND_LIMITS },
	{ "multipart/mixed; boundary=b; boundary=c", NULL, "--c\n\na\n--c--",
		"a", MESSAGE_BEYOND_LIMITS },
	{ "multipart/mixed; boundary*0=b", NULL, "--b\n\na", "",
		MESSAGE_BEYOND_LIMITS },
	{ MIXED, NULL, "a", "", MESSAGE_BEYOND_LIMITS },
	{ MIXED, NULL, "--b--\n\na", "", MESSAGE_BEYOND_LIMITS },
	{ MIXED, NULL,
		"--b\nContent-Type: text/plain\nContent-Type: text/html\n\n"
		"<a>\n--b--",
		"<a>", MESSAGE_BEYOND_LIMITS },
	{ "message/partial; id=1", NULL, "a", "", MESSAGE_BEYOND_LIMITS },
	{ "message/external-body", NULL, "a", "", MESSAGE_BEYOND_LIMITS },
};

/* Reads a body of exactly that size, so that reading on is seen. */
static enum message_result read_body(const char *type, const char *encoding,
	const char *body, size_t length, const struct message_limits *with,
	char **text_r)
{
	struct message_content content = {
		.mime_version = "1.0",
		.content_type = type,
		.transfer_encoding = encoding,
		.length = length,
	};
	char *copy = NULL;
	enum message_result result;

	if (length) {
		copy = malloc(length);
		memcpy(copy, body, length);
	}
	content.body = copy;
	result = message_text(&content, with, text_r);
	free(copy);
	return result;
}

START_TEST(content_is_read)
{
	const struct row *row = &rows[_i];
	enum message_result result;
	char *text;

	result = read_body(row->type, row->encoding, row->body,
		strlen(row->body), &limits, &text);
	ck_assert_str_eq(text, row->expected);
	ck_assert_int_eq(result, row->result);
	free(text);
}
END_TEST

/* A body that ends anywhere is read without harm. */
START_TEST(cut_content_is_read)
{
	const struct row *row = &rows[_i];

	for (size_t length = strlen(row->body); length-- > 0;) {
		char *text;

		read_body(row->type, row->encoding, row->body, length, &limits,
			&text);
		ck_assert_ptr_nonnull(text);
		free(text);
	}
}
END_TEST

START_TEST(nul_is_dropped)
{
	char *text;

	ck_assert_int_eq(read_body(NULL, NULL,
				 "1\0"
				 "2",
				 3, &limits, &text),
		MESSAGE_OK);
	ck_assert_str_eq(text, "12");
	free(text);
}
END_TEST

START_TEST(depth_is_limited)
{
	const char *levels = "Content-Type: message/rfc822\n\n"
			     "Content-Type: message/rfc822\n\n"
			     "Content-Type: message/rfc822\n\n\na";
	struct message_limits with = limits;
	char *text;

	ck_assert_int_eq(read_body("message/rfc822", NULL, levels,
				 strlen(levels), &with, &text),
		MESSAGE_OK);
	ck_assert_str_eq(text, "a");
	free(text);
	with.depth = 3;
	ck_assert_int_eq(read_body("message/rfc822", NULL, levels,
				 strlen(levels), &with, &text),
		MESSAGE_BEYOND_LIMITS);
	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

START_TEST(parts_are_limited)
{
	const char *body = "--b\n\na\n--b\n\nc\n--b\n\ne\n--b--";
	struct message_limits with = limits;
	char *text;

	with.parts = 4; /* with the multipart itself */
	ck_assert_int_eq(read_body("multipart/x; boundary=b", NULL, body,
				 strlen(body), &with, &text),
		MESSAGE_OK);
	ck_assert_str_eq(text, "a\nc\ne");
	free(text);
	with.parts = 3;
	ck_assert_int_eq(read_body("multipart/x; boundary=b", NULL, body,
				 strlen(body), &with, &text),
		MESSAGE_BEYOND_LIMITS);
	ck_assert_str_eq(text, "a\nc");
	free(text);
}
END_TEST

/* The text that fits, never half a character. */
START_TEST(text_is_limited)
{
	static const char *const expected[] = { "", "a", "a\n", "a\u00fc",
		"a\u00fc\n", "a\u00fc\nb" };
	const char *body = "--b\n\na\xc3\xbc\n--b\n\nb\n--b--";
	struct message_limits with = limits;
	char *text;

	with.text_bytes = _i;
	ck_assert_int_eq(read_body("multipart/x; boundary=b", NULL, body,
				 strlen(body), &with, &text),
		_i < 5 ? MESSAGE_BEYOND_LIMITS : MESSAGE_OK);
	ck_assert_str_eq(text, expected[_i]);
	free(text);
}
END_TEST

struct job {
	int row;
	enum message_result result;
	char *text;
};

static void *run_job(void *argument)
{
	const struct message_limits wide = { 1000, 1000, 1 << 20, false };
	struct job *job = argument;
	const struct hostile *row = &hostile[job->row];
	size_t length;
	char *body = hostile_fill(row->unit, SIZE, &length);

	job->result = read_body(
		row->type, row->encoding, body, length, &wide, &job->text);
	free(body);
	return NULL;
}

/* On the small stack that an operator may give to threads. */
START_TEST(hostile_content_is_read)
{
	struct job job = { .row = _i };
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	ck_assert_int_eq(pthread_attr_setstacksize(&attributes, 256 << 10), 0);
	ck_assert_int_eq(
		pthread_create(&thread, &attributes, run_job, &job), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
	ck_assert_int_eq(job.result, hostile[_i].result);
	if (hostile[_i].expected)
		ck_assert_str_eq(job.text, hostile[_i].expected);
	free(job.text);
}
END_TEST

/* Header values that made parsers loop or grow. */
static const char *const long_types[] = {
	"\xc3\xbc",
	"a=b;",
	"a*999999*=%zz;",
	"=?utf-8?Q?a?=",
	"(",
	"\"",
	"\r\n ",
	"boundary=",
};

START_TEST(long_type_is_read)
{
	size_t length;
	char *unit = hostile_fill(long_types[_i], SIZE, &length);
	char *type = malloc(length + 64);
	char *text;

	strcpy(type, "text/plain; ");
	memcpy(type + strlen(type), unit, length);
	strcpy(type + strlen("text/plain; ") + length, "=x; charset=utf-8");
	ck_assert_int_ne(read_body(type, type, "a", 1, &limits, &text),
		MESSAGE_NO_MEMORY);
	ck_assert_str_eq(text, "");
	free(text);
	read_body(type, NULL, "a", 1, &limits, &text);
	ck_assert_str_eq(text, "a");
	free(text);
	free(type);
	free(unit);
}
END_TEST

/* One that is longer than we keep is none. */
START_TEST(long_boundary)
{
	static const size_t lengths[] = { 70, 127, 128, 10240 };
	static char boundary[10240 + 1];
	static char type[sizeof(boundary) + 64];
	static char body[2 * sizeof(boundary) + 64];
	size_t length = lengths[_i];
	char *text;

	memset(boundary, 'b', length);
	boundary[length] = '\0';
	snprintf(type, sizeof(type), "multipart/mixed; boundary=%s", boundary);
	snprintf(body, sizeof(body), "--%s\n\na\n--%s--\n", boundary, boundary);
	ck_assert_int_eq(
		read_body(type, NULL, body, strlen(body), &limits, &text),
		length < 128 ? MESSAGE_OK : MESSAGE_BEYOND_LIMITS);
	ck_assert_str_eq(text, length < 128 ? "a" : "");
	free(text);
}
END_TEST

static void *read_all_rows(void *failures)
{
	for (int i = 0; i < 20 * ROWS(rows); i++) {
		const struct row *row = &rows[i % ROWS(rows)];
		char *text;

		if (read_body(row->type, row->encoding, row->body,
			    strlen(row->body), &limits, &text) != row->result ||
			strcmp(text, row->expected) != 0)
			++*(int *)failures;
		free(text);
	}
	return NULL;
}

START_TEST(threads_do_not_disturb)
{
	pthread_t threads[8];
	int failures[8] = { 0 };

	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
					 read_all_rows, &failures[i]),
			0);
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(failures[i], 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("message");
	TCase *tcase = tcase_create("message");
	SRunner *runner;
	int failed;

	message_init();
	tcase_add_loop_test(tcase, content_is_read, 0, ROWS(rows));
	tcase_add_loop_test(tcase, cut_content_is_read, 0, ROWS(rows));
	tcase_add_test(tcase, nul_is_dropped);
	tcase_add_test(tcase, depth_is_limited);
	tcase_add_test(tcase, parts_are_limited);
	tcase_add_loop_test(tcase, text_is_limited, 0, 6);
	tcase_add_loop_test(tcase, hostile_content_is_read, 0, HOSTILE_COUNT);
	tcase_add_loop_test(tcase, long_type_is_read, 0, ROWS(long_types));
	tcase_add_loop_test(tcase, long_boundary, 0, 4);
	tcase_add_test(tcase, threads_do_not_disturb);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
