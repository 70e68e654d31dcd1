/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A message through the daemon's own code path, with a real cache and real
 * configuration files in a temporary directory, without libmilter.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cache/writer.h"
#include "milter/service.h"
#include "milter/session.h"
#include "milter/txn.h"
#include "policy/message.h"
#include "tests/run.h"

#define CLAIM "Subject", "Additional Information Required"
#define ENGRAVE "Please tell us which name to engrave."
#define ORDER "002-1234567-1234567"
#define OTHER_ORDER "114-7654321-0000001"
#define OUT "<out@buyers.example>"	   /* opted out */
#define IN "<in@buyers.example>"	   /* not */
#define ALIAS "<alias@buyers.example>"	   /* of out@ */
#define SCOPED "<scoped@buyers.example>"   /* from shop@one.example only */
#define ORDERED "<ordered@buyers.example>" /* for ORDER only */

static char directory[64];
static struct keyring *ring;
static struct service *service;
static struct session *session;
static struct error error;

static void write_file(const char *name, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void write_file(const char *name, const char *format, ...)
{
	char path[128];
	va_list ap;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	va_start(ap, format);
	vfprintf(file, format, ap);
	va_end(ap);
	fclose(file);
	chmod(path, 0644);
}

static void put_optout(struct writer *writer, const char *buyer,
	enum optout_scope scope, const char *scope_of)
{
	struct change change = { .kind = CHANGE_PUT_OPTOUT };

	identity_make(ring, IDENTITY_BUYER, buyer, &change.optout.buyer);
	change.optout.scope = scope;
	if (scope != SCOPE_ALL)
		identity_make(ring,
			scope == SCOPE_SELLER ? IDENTITY_SELLER
					      : IDENTITY_ORDER,
			scope_of, &change.optout.scope_id);
	change.optout.source = SOURCE_OPERATOR;
	change.optout.created = 1;
	ck_assert_int_eq(writer_apply(writer, &change, 1, 10000, &error), 0);
}

static void put_order(struct writer *writer, const char *id, const char *buyer,
	const char *seller, bool custom)
{
	struct change change = { .kind = CHANGE_PUT_ORDER };

	identity_make(ring, IDENTITY_ORDER, id, &change.order.order);
	identity_make(ring, IDENTITY_BUYER, buyer, &change.order.buyer);
	identity_make(ring, IDENTITY_SELLER, seller, &change.order.seller);
	change.order.custom = custom;
	ck_assert_int_eq(writer_apply(writer, &change, 1, 10000, &error), 0);
}

static void fill(struct cache *cache)
{
	struct writer *writer = writer_start(cache, &error);
	struct change alias = { .kind = CHANGE_PUT_ALIAS };

	ck_assert_ptr_nonnull(writer);
	put_optout(writer, "out@buyers.example", SCOPE_ALL, NULL);
	put_optout(writer, "scoped@buyers.example", SCOPE_SELLER,
		"shop@one.example");
	put_optout(writer, "ordered@buyers.example", SCOPE_ORDER, ORDER);
	identity_make(ring, IDENTITY_ALIAS, "alias@buyers.example",
		&alias.alias.alias);
	identity_make(
		ring, IDENTITY_BUYER, "out@buyers.example", &alias.alias.buyer);
	ck_assert_int_eq(writer_apply(writer, &alias, 1, 10000, &error), 0);
	writer_stop(&writer);
}

static const char pack[] =
	"language = \"en\"; common = [ \"the\" ]; phrases = (\n"
	"{ kind = \"ask\"; words = [ \"please tell\" ]; },\n"
	"{ kind = \"choice\"; words = [ \"which\" ]; },\n"
	"{ kind = \"customization\"; words = [ \"engrav*\" ]; },\n"
	"{ kind = \"feedback-request\"; words = [ \"review\" ]; },\n"
	"{ kind = \"stock-delay\"; words = [ \"out of stock\" ]; });\n";

/* policy: what the policy file says beside profile and buyers. */
static void start(const char *policy, const char *conf, bool orders)
{
	char path[128];
	struct snapshot *snapshot;
	struct cache_options options;
	struct cache *cache;

	write_file("policy.conf",
		"profile = \"test\";\nversion = 3;\nbuyers: { addresses = "
		"[ \"@buyers.example\" ]; trusted = [ \"192.0.2.0/24\", "
		"\"authserv:mx.buyers.example\" ]; };\n"
		"modes: { default = \"enforce\"; };\n%s\n",
		policy);
	snprintf(path, sizeof(path), "%s/phrases", directory);
	mkdir(path, 0755);
	write_file("phrases/en.conf", "%s", pack);
	write_file("optout-milter.conf",
		"policy = \"%s/policy.conf\";\nphrases = "
		"\"%s/phrases\";\ncache: { directory = \"%s/cache"
		"\"; keys = \"%s/keys\"; size_max = \"16M\"; };\n%s\n",
		directory, directory, directory, directory, conf);
	snprintf(path, sizeof(path), "%s/optout-milter.conf", directory);
	snapshot = snapshot_load(path, &error);
	ck_assert_msg(snapshot != NULL, "%s", error.text);
	options = service_cache_options(snapshot->conf);
	cache = cache_open(&options, ring, &error);
	ck_assert_msg(cache != NULL, "%s", error.text);
	fill(cache);
	if (orders) {
		struct writer *writer = writer_start(cache, &error);

		put_order(writer, ORDER, "out@buyers.example",
			"shop@one.example", true);
		put_order(writer, OTHER_ORDER, "in@buyers.example",
			"shop@two.example", false);
		writer_stop(&writer);
	}
	service = service_new(snapshot, cache, ring);
	session = session_new(service);
	ck_assert_ptr_nonnull(session);
}

static void setup(void)
{
	struct cache_options options = { .size_max = 16 << 20,
		.form = { .fold_case = true } };
	char path[128];

	message_init();
	strcpy(directory, "/tmp/optout-txn.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/keys", directory);
	ck_assert_int_eq(keyring_create(path, &error), 0);
	ring = keyring_load(path, &error);
	ck_assert_msg(ring != NULL, "%s", error.text);
	snprintf(path, sizeof(path), "%s/cache", directory);
	mkdir(path, 0700);
	options.directory = path;
	ck_assert_int_eq(cache_create(&options, ring, &error), 0);
}

static void remove_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (unlink(path) < 0)
		rmdir(path);
}

static void teardown(void)
{
	static const char *const names[] = { "cache/data.mdb", "cache/lock.mdb",
		"cache", "keys", "policy.conf", "optout-milter.conf",
		"phrases/en.conf", "phrases", "" };

	session_free(&session);
	service_free(&service);
	keyring_free(&ring);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove_file(names[i]);
}

struct mail {
	const char *sender;
	const char *login;
	const char *client; /* IPv4 */
	const char *rcpts[4];
	const char *resolved;	/* by the mail server, for each recipient */
	const char *headers[8]; /* name, value, ... */
	const char *body;
};

static void from_client(const char *address)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	inet_pton(AF_INET, address, &v4.sin_addr);
	session_set_client(session, (struct sockaddr *)&v4);
}

/* Returns the verdict; *view_r is valid until txn_end(). */
static enum reason judge(const struct mail *mail, struct txn_view *view_r)
{
	struct verdict refused;
	const struct verdict *verdict;

	from_client(mail->client != NULL ? mail->client : "198.51.100.1");
	ck_assert_int_eq(txn_begin(session,
				 mail->sender != NULL ? mail->sender
						      : "<shop@one.example>",
				 mail->login, false),
		0);
	for (size_t i = 0; i < 4 && mail->rcpts[i] != NULL; i++)
		ck_assert(txn_add_rcpt(session->txn, mail->rcpts[i],
			mail->resolved, &refused));
	for (size_t i = 0; i < 8 && mail->headers[i] != NULL; i += 2)
		txn_add_header(
			session->txn, mail->headers[i], mail->headers[i + 1]);
	if (mail->body != NULL && txn_wants_body(session->txn))
		txn_add_body(session->txn, mail->body, strlen(mail->body));
	verdict = txn_decide(session->txn);
	txn_view(session->txn, view_r);
	return verdict->reason;
}

static const struct {
	struct mail mail;
	enum reason reason;
	const char *order;
} rows[] = {
	{ { .rcpts = { OUT } }, REASON_OPTED_OUT, "" },
	{ { .rcpts = { IN } }, REASON_NOT_OPTED_OUT, "" },
	{ { .rcpts = { "<OUT@Buyers.EXAMPLE>" } }, REASON_OPTED_OUT, "" },
	{ { .rcpts = { ALIAS } }, REASON_OPTED_OUT, "" },
	{ { .rcpts = { "<out%buyers.example@relay.example>" } },
		REASON_OPTED_OUT, "" },
	{ { .rcpts = { "<\"out@buyers.example\"@relay.example>" } },
		REASON_OPTED_OUT, "" },
	{ { .rcpts = { "<@a.example:out@buyers.example>" } }, REASON_OPTED_OUT,
		"" },
	{ { .rcpts = { IN, OUT } }, REASON_OPTED_OUT, "" },
	{ { .rcpts = { "<x@elsewhere.example>" } }, REASON_NOT_GOVERNED, "" },
	{ { .rcpts = { "<x@elsewhere.example>", OUT } }, REASON_OPTED_OUT, "" },
	{ { .rcpts = { "<bad address@buyers.example>" } },
		REASON_MESSAGE_MALFORMED, "" },
	{ { .rcpts = { "<postmaster>" } }, REASON_NOT_GOVERNED, "" },
	/* readings of a mail server that routes */
	{ { .rcpts = { "<out%buyers.example%localhost@localhost>" } },
		REASON_OPTED_OUT, "" },
	{ { .rcpts = { "<localhost!buyers.example!out@localhost>" } },
		REASON_OPTED_OUT, "" },
	{ { .rcpts = { "<localhost!out%buyers.example@localhost>" } },
		REASON_OPTED_OUT, "" },
	{ { .rcpts = { "<ou\\t%buyers.example>" } }, REASON_MESSAGE_MALFORMED,
		"" },
	{ { .rcpts = { "<ou\\t%buyers.example>" },
		  .resolved = "out@buyers.example" },
		REASON_OPTED_OUT, "" },
	{ { .rcpts = { "<out>" }, .resolved = "out@buyers.example" },
		REASON_OPTED_OUT, "" },
	{ { .rcpts = { "<a b@x>" }, .resolved = "c@elsewhere.example" },
		REASON_NOT_GOVERNED, "" },
	{ { .rcpts = { OUT }, .resolved = "c@elsewhere.example" },
		REASON_OPTED_OUT, "" },
	{ { .sender = "<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		      "aaaaaaaaa aaaaaaaaaaaaaaa@x>",
		  .rcpts = { OUT } },
		REASON_OPTED_OUT, "" },
	/* scopes */
	{ { .rcpts = { SCOPED } }, REASON_OPTED_OUT, "" },
	{ { .sender = "<shop@two.example>", .rcpts = { SCOPED } },
		REASON_NOT_OPTED_OUT, "" },
	{ { .sender = "<shop@two.example>",
		  .login = "shop@one.example",
		  .rcpts = { SCOPED } },
		REASON_OPTED_OUT, "" },
	{ { .rcpts = { ORDERED }, .headers = { "X-Order-ID", ORDER } },
		REASON_OPTED_OUT, ORDER },
	{ { .rcpts = { ORDERED }, .headers = { "X-Order-ID", OTHER_ORDER } },
		REASON_NOT_OPTED_OUT, OTHER_ORDER },
	{ { .rcpts = { ORDERED }, .body = "About " ORDER "." },
		REASON_OPTED_OUT, ORDER },
	/* directions */
	{ { .sender = "<>", .rcpts = { OUT } }, REASON_NOT_GOVERNED, "" },
	{ { .sender = "<in@buyers.example>",
		  .client = "192.0.2.7",
		  .rcpts = { "<shop@one.example>" } },
		REASON_BUYER_MESSAGE, "" },
	{ { .sender = "<in@buyers.example>",
		  .rcpts = { "<shop@one.example>" } },
		REASON_NOT_GOVERNED, "" },
	{ { .sender = "<in@buyers.example>",
		  .client = "192.0.2.7",
		  .rcpts = { OUT } },
		REASON_OPTED_OUT, "" },
	{ { .sender = "<in@buyers.example>",
		  .client = "192.0.2.7",
		  .login = "shop",
		  .rcpts = { "<shop@one.example>" } },
		REASON_NOT_GOVERNED, "" }, /* "login" is not trusted here */
	/* the order, and where it stands */
	{ { .rcpts = { OUT }, .headers = { "Subject", "Order " ORDER } },
		REASON_OPTED_OUT, ORDER },
	{ { .rcpts = { OUT },
		  .headers = { "Subject", "Parcel for order\n " ORDER } },
		REASON_OPTED_OUT, ORDER },
	{ { .rcpts = { OUT },
		  .headers = { "Subject", "=?utf-8?B?b3JkZXIgMTE0LTc2NTQ=?=\n "
					  "=?utf-8?B?MzIxLTAwMDAwMDE=?=" } },
		REASON_OPTED_OUT, OTHER_ORDER },
	{ { .rcpts = { OUT },
		  .headers = { "Subject", OTHER_ORDER, "X-Order-ID", ORDER } },
		REASON_OPTED_OUT, ORDER },
	{ { .rcpts = { OUT },
		  .headers = { "X-Shop-Order-ID", OTHER_ORDER, "x-order-id",
			  ORDER } },
		REASON_OPTED_OUT, ORDER },
	{ { .rcpts = { OUT }, .headers = { "=?utf-8?Q?Subject?=", ORDER } },
		REASON_OPTED_OUT, "" },
	{ { .rcpts = { OUT }, .body = "Your order " ORDER }, REASON_OPTED_OUT,
		ORDER },
	{ { .rcpts = { OUT },
		  .headers = { "Content-Type", "text/html; charset=utf-8" },
		  .body = "<p>002-1234<b>567</b>-&#49;234567</p>" },
		REASON_OPTED_OUT, ORDER },
	{ { .rcpts = { OUT },
		  .headers = { "Content-Type", "text/plain",
			  "Content-Transfer-Encoding", "base64" },
		  .body = "MDAyLTEyMzQ1NjctMTIzNDU2Nwo=" },
		REASON_OPTED_OUT, ORDER },
	{ { .rcpts = { OUT },
		  .headers = { "Subject", "1002-1234567-1234567" } },
		REASON_OPTED_OUT, "" },
	/* the critical subject */
	{ { .rcpts = { OUT }, .headers = { CLAIM } }, REASON_CRITICAL_MISUSED,
		"" },
	{ { .rcpts = { OUT }, .headers = { CLAIM }, .body = ENGRAVE },
		REASON_CRITICAL, "" },
	{ { .rcpts = { OUT },
		  .headers = { CLAIM, "X-Order-ID", ORDER },
		  .body = ENGRAVE },
		REASON_CRITICAL, ORDER },
	{ { .rcpts = { OUT },
		  .headers = { "Subject",
			  "=?utf-8?Q?Additional_Information?=\n Required" },
		  .body = ENGRAVE },
		REASON_CRITICAL, "" },
	{ { .rcpts = { OUT },
		  .headers = { "Subject",
			  "Additional \xd0\x86nformation Required" },
		  .body = ENGRAVE },
		REASON_OPTED_OUT, "" },
	{ { .rcpts = { IN }, .headers = { CLAIM }, .body = "Leave a review!" },
		REASON_NOT_OPTED_OUT, "" },
	{ { .rcpts = { OUT }, .headers = { CLAIM }, .body = "Leave a review?" },
		REASON_CRITICAL_MISUSED, "" },
	{ { .rcpts = { OUT },
		  .headers = { CLAIM },
		  .body = "We are out of stock. " ORDER },
		REASON_CRITICAL_MISUSED, ORDER },
	/* what the buyer does not see does not help */
	{ { .rcpts = { OUT },
		  .headers = { CLAIM, "Content-Type", "text/html" },
		  .body = "<p style='display:none'>" ENGRAVE "</p><p>Buy</p>" },
		REASON_CRITICAL_MISUSED, "" },
	{ { .rcpts = { OUT },
		  .headers = { CLAIM, "Content-Type", "text/html" },
		  .body = "<blockquote>" ENGRAVE "</blockquote><p>Buy</p>" },
		REASON_CRITICAL_MISUSED, "" },
	{ { .rcpts = { OUT },
		  .headers = { CLAIM, "Content-Type",
			  "multipart/alternative; boundary=b" },
		  .body = "--b\r\n\r\n" ENGRAVE "\r\n--b\r\nContent-Type: "
			  "text/html\r\n\r\n<p>Buy</p>\r\n--b--\r\n" },
		REASON_CRITICAL_MISUSED, "" },
	/* a structure that readers take differently cannot be judged */
	{ { .rcpts = { OUT },
		  .headers = { CLAIM, "Content-Type", "multipart/mixed" },
		  .body = ENGRAVE },
		REASON_MESSAGE_TOO_COMPLEX, "" },
	{ { .sender = "<service@exempt.example>",
		  .rcpts = { OUT },
		  .headers = { CLAIM },
		  .body = "Leave a review!" },
		REASON_EXEMPT, "" },
	{ { .rcpts = { OUT },
		  .headers = { "Subject", "Additional Information Required",
			  "Subject", "Buy more" } },
		REASON_OPTED_OUT, "" },
	{ { .rcpts = { OUT },
		  .headers = { "Subject", "Buy more", "Subject",
			  "Additional Information Required" } },
		REASON_OPTED_OUT, "" },
	/* faults of the message count where a buyer opted out */
	{ { .rcpts = { OUT }, .headers = { "From", "a@x", "From", "b@x" } },
		REASON_MESSAGE_MALFORMED, "" },
	{ { .rcpts = { IN }, .headers = { "From", "a@x", "From", "b@x" } },
		REASON_NOT_OPTED_OUT, "" },
	{ { .rcpts = { OUT },
		  .headers = { "Content-Type", "text/plain", "Content-Type",
			  "text/html" },
		  .body = "x" },
		REASON_MESSAGE_MALFORMED, "" },
	{ { .rcpts = { OUT },
		  .headers = { "Content-Transfer-Encoding", "7bit",
			  "Content-Transfer-Encoding", "base64" },
		  .body = "x" },
		REASON_MESSAGE_MALFORMED, "" },
	{ { .rcpts = { IN },
		  .headers = { "Content-Type", "text/plain", "Content-Type",
			  "text/html" },
		  .body = "x" },
		REASON_NOT_OPTED_OUT, "" },
	{ { .rcpts = { OUT }, .headers = { "From", "a@x, b@y" } },
		REASON_MESSAGE_MALFORMED, "" },
	{ { .rcpts = { IN }, .headers = { "From", "a@x, b@y" } },
		REASON_NOT_OPTED_OUT, "" },
	{ { .rcpts = { "<x@elsewhere.example>" },
		  .headers = { "From", "a@x, b@y" } },
		REASON_NOT_GOVERNED, "" },
	{ { .rcpts = { OUT }, .headers = { "From", "a@x, b@x" } },
		REASON_OPTED_OUT, "" },
	{ { .rcpts = { OUT }, .headers = { "From", "a: b@x, c@x;" } },
		REASON_MESSAGE_MALFORMED, "" },
	{ { .rcpts = { OUT }, .headers = { "From", "" } },
		REASON_MESSAGE_MALFORMED, "" },
	{ { .rcpts = { OUT }, .headers = { "From", "Shop (<a@x>" } },
		REASON_MESSAGE_MALFORMED, "" },
	{ { .rcpts = { OUT },
		  .headers = { CLAIM, "From", "Shop, Inc. <a@x>" },
		  .body = ENGRAVE },
		REASON_CRITICAL, "" },
	{ { .rcpts = { OUT },
		  .headers = { CLAIM, "From", "a@x, b@y" },
		  .body = ENGRAVE },
		REASON_MESSAGE_MALFORMED, "" },
	{ { .rcpts = { OUT }, .headers = { "Subject", "a\rb" } },
		REASON_MESSAGE_MALFORMED, "" },
	{ { .rcpts = { OUT }, .headers = { "Subject", "a\nb" } },
		REASON_MESSAGE_MALFORMED, "" },
	{ { .rcpts = { OUT },
		  .headers = { "Subject", ORDER, "Subject", OTHER_ORDER } },
		REASON_MESSAGE_MALFORMED, ORDER },
	{ { .rcpts = { OUT },
		  .headers = { "Subject", ORDER, "Subject", ORDER } },
		REASON_OPTED_OUT, ORDER },
	{ { .sender = "<service@exempt.example>", .rcpts = { OUT } },
		REASON_EXEMPT, "" },
	{ { .sender = "<service@exempt.example>",
		  .login = "shop@one.example",
		  .rcpts = { OUT } },
		REASON_OPTED_OUT, "" },
	{ { .login = "service@exempt.example", .rcpts = { OUT } },
		REASON_EXEMPT, "" },
};

static void check_row(
	const struct mail *mail, enum reason reason, const char *order)
{
	struct txn_view view;
	enum reason found = judge(mail, &view);

	ck_assert_msg(found == reason, "%s, not %s (%s%s)", reason_name(found),
		reason_name(reason), view.fault_text, view.cache_error);
	ck_assert_str_eq(view.order, order);
}

START_TEST(row)
{
	start("sellers: { exempt = [ \"@exempt.example\" ]; };", "", false);
	check_row(&rows[_i].mail, rows[_i].reason, rows[_i].order);
	/* the same session, again: nothing is left of the first message */
	check_row(&rows[_i].mail, rows[_i].reason, rows[_i].order);
}
END_TEST

/* To look for the order where no verdict needs it changes no verdict. */
START_TEST(row_with_order)
{
	const char *order = rows[_i].order;
	struct txn_view view;

	start("sellers: { exempt = [ \"@exempt.example\" ]; };", "", false);
	session->wants_order = true;
	ck_assert_int_eq(judge(&rows[_i].mail, &view), rows[_i].reason);
	if (*order)
		ck_assert_str_eq(view.order, order);
}
END_TEST

START_TEST(order_of_any_message)
{
	static const char *const rcpts[] = { IN, "<x@elsewhere.example>" };
	struct txn_view view;

	start("", "", false);
	session->wants_order = true;
	for (size_t i = 0; i < 2; i++) {
		struct mail mail = { .rcpts = { rcpts[i] },
			.headers = { "Subject", "Parcel" },
			.body = "About " ORDER "." };

		judge(&mail, &view);
		ck_assert_str_eq(view.order, ORDER);
		mail.headers[1] = OTHER_ORDER;
		judge(&mail, &view);
		ck_assert_str_eq(view.order, OTHER_ORDER);
	}
}
END_TEST

START_TEST(vouched)
{
	const struct mail mail = { .sender = "<in@buyers.example>",
		.rcpts = { "<shop@one.example>" } };
	struct txn_view view;

	start("", "", false);
	ck_assert_int_eq(judge(&mail, &view), REASON_NOT_GOVERNED);
	session->vouched = true;
	ck_assert_int_eq(judge(&mail, &view), REASON_BUYER_MESSAGE);
}
END_TEST

static const struct {
	const char *policy;
	struct mail mail;
	enum reason reason;
	const char *order;
} directory_rows[] = {
	{ "order_id: { required = true; };", { .rcpts = { IN } },
		REASON_ORDER_MISSING, "" },
	{ "order_id: { several = \"refuse\"; };",
		{ .rcpts = { IN },
			.headers = { "Subject", ORDER, "X-Order-ID",
				OTHER_ORDER } },
		REASON_ORDER_AMBIGUOUS, OTHER_ORDER },
	{ "order_id: { several = \"first\"; };",
		{ .rcpts = { IN },
			.headers = { "Subject", OTHER_ORDER " " ORDER } },
		REASON_NOT_OPTED_OUT, OTHER_ORDER },
	{ "order_id: { subject = false; body = false; };",
		{ .rcpts = { IN },
			.headers = { "Subject", ORDER },
			.body = ORDER },
		REASON_NOT_OPTED_OUT, "" },
	{ "order_id: { known = true; };",
		{ .rcpts = { IN },
			.headers = { "Subject", "999-1234567-1234567" } },
		REASON_ORDER_UNKNOWN, "999-1234567-1234567" },
	{ "order_id: { known = true; };",
		{ .rcpts = { IN }, .headers = { "Subject", OTHER_ORDER } },
		REASON_ORDER_MISMATCH, OTHER_ORDER },
	{ "order_id: { known = true; };",
		{ .sender = "<shop@two.example>",
			.rcpts = { IN },
			.headers = { "Subject", OTHER_ORDER } },
		REASON_NOT_OPTED_OUT, OTHER_ORDER },
	{ "order_id: { known = true; };",
		{ .rcpts = { IN }, .headers = { "Subject", ORDER } },
		REASON_ORDER_MISMATCH, ORDER },
	{ "order_id: { known = true; };", { .rcpts = { IN } },
		REASON_ORDER_MISSING, "" },
	{ "exempt: { custom_orders = true; };",
		{ .sender = "<shop@two.example>",
			.rcpts = { OUT },
			.headers = { "Subject", ORDER } },
		REASON_OPTED_OUT, ORDER },
	{ "exempt: { custom_orders = true; };",
		{ .rcpts = { ALIAS }, .headers = { "Subject", ORDER } },
		REASON_EXEMPT, ORDER },
	{ "exempt: { custom_orders = true; };",
		{ .rcpts = { SCOPED }, .headers = { "Subject", ORDER } },
		REASON_OPTED_OUT, ORDER },
	{ "exempt: { custom_orders = true; };",
		{ .rcpts = { OUT }, .headers = { "Subject", ORDER } },
		REASON_EXEMPT, ORDER },
	/* an address that no alias knows is the buyer of the order */
	{ "", { .rcpts = { "<unheard@buyers.example>" }, .body = "Re " ORDER },
		REASON_OPTED_OUT, ORDER },
	{ "sellers: { identity = [ \"login\" ]; };", { .rcpts = { OUT } },
		REASON_NOT_GOVERNED, "" },
	{ "sellers: { identity = [ \"login\" ]; };",
		{ .login = "shop7", .rcpts = { OUT } }, REASON_OPTED_OUT, "" },
};

START_TEST(directory_row)
{
	start(directory_rows[_i].policy, "", true);
	check_row(&directory_rows[_i].mail, directory_rows[_i].reason,
		directory_rows[_i].order);
}
END_TEST

/* A fold anywhere in the subject: the order is found, and none is invented. */
START_TEST(folded_anywhere)
{
	static const char subject[] = "Parcel for order " ORDER " left";
	char folded[sizeof(subject) + 2];
	struct txn_view view;
	const struct mail mail = { .rcpts = { OUT },
		.headers = { "Subject", folded } };

	start("", "", false);
	for (size_t i = 1; i < sizeof(subject) - 1; i++) {
		snprintf(folded, sizeof(folded), "%.*s\n %s", (int)i, subject,
			subject + i);
		ck_assert_int_eq(judge(&mail, &view), REASON_OPTED_OUT);
		ck_assert_msg(strcmp(view.order, ORDER) == 0, "%s", folded);
	}
	snprintf(folded, sizeof(folded), "9\n " ORDER);
	judge(&mail, &view);
	ck_assert_str_eq(view.order, ORDER);
	snprintf(folded, sizeof(folded), "002-1234567-123456\n 78");
	judge(&mail, &view);
	ck_assert_str_eq(view.order, "");
}
END_TEST

/* Adds count header fields with values of length octets, then decides. */
static enum reason judge_header(const char *rcpt, int count, size_t length)
{
	char value[8192];
	struct verdict refused;

	memset(value, 'x', length);
	value[length] = '\0';
	txn_begin(session, "<shop@one.example>", NULL, false);
	txn_add_rcpt(session->txn, rcpt, NULL, &refused);
	for (int i = 0; i < count; i++)
		txn_add_header(session->txn, "X-Filler", value);
	return txn_decide(session->txn)->reason;
}

START_TEST(header_limits)
{
	start("", "limits: { header_bytes = \"8K\"; header_fields = 20; };",
		false);
	ck_assert_int_eq(judge_header(OUT, 20, 10), REASON_OPTED_OUT);
	ck_assert_int_eq(judge_header(OUT, 21, 10), REASON_MESSAGE_TOO_COMPLEX);
	ck_assert_int_eq(judge_header(IN, 21, 10), REASON_NOT_OPTED_OUT);
	ck_assert_int_eq(judge_header(OUT, 2, 4000), REASON_OPTED_OUT);
	ck_assert_int_eq(
		judge_header(OUT, 3, 4000), REASON_MESSAGE_TOO_COMPLEX);
}
END_TEST

#define AR "Authentication-Results"
#define PASS "mx.buyers.example; dmarc=pass header.from=buyers.example"
#define FAIL "mx.buyers.example; dmarc=fail header.from=buyers.example"
#define FOREIGN_PASS "mx.evil.example; dmarc=pass"
#define ANN "Ann <in@buyers.example>"

/* From a client that is not trusted: only its header can tell. */
static const struct {
	struct mail mail;
	enum reason reason;
} authserv_rows[] = {
	{ { .headers = { AR, PASS, "From", ANN } }, REASON_BUYER_MESSAGE },
	{ { .headers = { "From", ANN, AR, PASS } }, REASON_BUYER_MESSAGE },
	{ { .headers = { AR, PASS, "From", "IN@Buyers.Example" } },
		REASON_BUYER_MESSAGE },
	{ { .headers = { AR, PASS, "From", ANN }, .body = "Broken." },
		REASON_BUYER_MESSAGE },
	{ { .headers = { AR, FOREIGN_PASS, AR, PASS, "From", ANN } },
		REASON_BUYER_MESSAGE },
	{ { .headers = { AR, PASS, AR, FAIL, "From", ANN } },
		REASON_BUYER_MESSAGE },
	{ { .headers = { "From", ANN } }, REASON_NOT_GOVERNED },
	{ { .headers = { AR, FOREIGN_PASS, "From", ANN } },
		REASON_NOT_GOVERNED },
	{ { .headers = { AR, "mx.buyers.example.evil; dmarc=pass", "From",
		    ANN } },
		REASON_NOT_GOVERNED },
	{ { .headers = { AR, FAIL, "From", ANN } }, REASON_NOT_GOVERNED },
	{ { .headers = { AR, FAIL, AR, PASS, "From", ANN } },
		REASON_NOT_GOVERNED },
	{ { .headers = { AR, FAIL, AR, PASS, "From", ANN }, .body = "x" },
		REASON_NOT_GOVERNED },
	{ { .headers = { AR, PASS } }, REASON_NOT_GOVERNED },
	{ { .headers = { AR, PASS, "From", "out@buyers.example" } },
		REASON_NOT_GOVERNED },
	{ { .headers = { AR, PASS, "From", "x@evil.example (" ANN ")" } },
		REASON_NOT_GOVERNED },
	{ { .headers = { AR, PASS, "From", ANN, "From", ANN } },
		REASON_NOT_GOVERNED },
	{ { .headers = { AR, PASS, "From", "x@evil.example", "From", ANN } },
		REASON_NOT_GOVERNED },
	{ { .headers = { AR, PASS, "From", ANN ", x@evil.example" } },
		REASON_NOT_GOVERNED },
	{ { .headers = { AR, PASS, "From", ANN, "Subject", "a\rb" } },
		REASON_NOT_GOVERNED },
	{ { .headers = { "X-" AR, PASS, "From", ANN } }, REASON_NOT_GOVERNED },
	/* a login is not trusted here, whatever the header says */
	{ { .login = "shop", .headers = { AR, PASS, "From", ANN } },
		REASON_NOT_GOVERNED },
	/* no buyer sends, or one receives */
	{ { .sender = "<shop@one.example>",
		  .headers = { AR, PASS, "From", "shop@one.example" } },
		REASON_NOT_GOVERNED },
	{ { .rcpts = { OUT }, .headers = { AR, PASS, "From", ANN } },
		REASON_OPTED_OUT },
};

START_TEST(authserv_row)
{
	struct mail mail = authserv_rows[_i].mail;
	bool trusted = authserv_rows[_i].reason == REASON_BUYER_MESSAGE;
	struct txn_view view;

	if (mail.sender == NULL)
		mail.sender = "<in@buyers.example>";
	if (mail.rcpts[0] == NULL)
		mail.rcpts[0] = "<shop@one.example>";
	start("", "", false);
	/* again in the same session: nothing is left of the first message */
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(judge(&mail, &view), authserv_rows[_i].reason);
		ck_assert_str_eq(view.trusted_by, trusted ? "authserv" : "");
	}
}
END_TEST

/* A field beyond the limits of the header may contradict what was read. */
START_TEST(authserv_limits)
{
	struct verdict refused;

	start("", "limits: { header_fields = 20; };", false);
	for (int count = 18; count <= 19; count++) {
		from_client("198.51.100.1");
		txn_begin(session, "<in@buyers.example>", NULL, false);
		txn_add_rcpt(
			session->txn, "<shop@one.example>", NULL, &refused);
		txn_add_header(session->txn, AR, PASS);
		txn_add_header(session->txn, "From", ANN);
		for (int i = 0; i < count; i++)
			txn_add_header(session->txn, "X-Filler", "x");
		ck_assert_int_eq(txn_decide(session->txn)->reason,
			count == 18 ? REASON_BUYER_MESSAGE
				    : REASON_NOT_GOVERNED);
	}
}
END_TEST

/* Adds count recipients and then last, and decides. */
static enum reason judge_rcpts(int count, const char *last)
{
	struct verdict refused;

	txn_begin(session, "<shop@one.example>", NULL, false);
	for (int i = 0; i < count; i++)
		ck_assert(txn_add_rcpt(session->txn, IN, NULL, &refused));
	ck_assert(txn_add_rcpt(session->txn, last, NULL, &refused));
	return txn_decide(session->txn)->reason;
}

/* A buyer beyond the limit is not overlooked. */
START_TEST(recipient_limit)
{
	start("", "limits: { recipients = 10; };", false);
	ck_assert_int_eq(judge_rcpts(9, OUT), REASON_OPTED_OUT);
	ck_assert_int_eq(judge_rcpts(10, OUT), REASON_MESSAGE_TOO_COMPLEX);
	ck_assert_int_eq(
		judge_rcpts(10, "<x@elsewhere.example>"), REASON_NOT_OPTED_OUT);
}
END_TEST

START_TEST(body_beyond_limit)
{
	static char body[8192];
	struct txn_view view;
	struct mail mail = { .rcpts = { OUT }, .body = body };

	start("", "limits: { body_bytes = \"4K\"; };", false);
	memset(body, '.', sizeof(body) - 1);
	memcpy(body + 4096 - 10, ORDER, strlen(ORDER));
	ck_assert_int_eq(judge(&mail, &view), REASON_OPTED_OUT);
	ck_assert_str_eq(view.order, "");
	memcpy(body + 4096 - 25, ORDER, strlen(ORDER));
	body[4096 - 25 + strlen(ORDER)] = '.';
	ck_assert_int_eq(judge(&mail, &view), REASON_OPTED_OUT);
	ck_assert_str_eq(view.order, ORDER);
}
END_TEST

/* 100 MB: no more of it is asked for, or kept, than the limit says. */
START_TEST(endless_body)
{
	static char chunk[65535];
	struct verdict refused;
	struct txn_view view;
	int wanted = 0;

	start("", "limits: { body_bytes = \"256K\"; };", false);
	memset(chunk, 'x', sizeof(chunk));
	txn_begin(session, "<shop@one.example>", NULL, false);
	txn_add_rcpt(session->txn, OUT, NULL, &refused);
	txn_add_header(session->txn, CLAIM);
	for (int i = 0; i < 1600; i++) {
		wanted += txn_wants_body(session->txn);
		txn_add_body(session->txn, chunk, sizeof(chunk));
	}
	ck_assert_int_eq(wanted, 5);
	ck_assert_int_eq(
		txn_decide(session->txn)->reason, REASON_MESSAGE_TOO_COMPLEX);
	txn_view(session->txn, &view);
	ck_assert_uint_le(strlen(view.text), 256 << 10);
}
END_TEST

/* Not the same as no order: the message cannot be judged. */
START_TEST(pattern_at_its_limit)
{
	static char subject[4096];
	struct mail mail = { .rcpts = { OUT },
		.headers = { "Subject", subject } };

	start("order_id: { pattern = \"(a+)+$\"; };", "", false);
	memset(subject, 'a', sizeof(subject) - 1);
	subject[sizeof(subject) - 2] = '!';
	check_row(&mail, REASON_MESSAGE_TOO_COMPLEX, "");
	mail.rcpts[0] = IN;
	check_row(&mail, REASON_NOT_OPTED_OUT, "");
}
END_TEST

START_TEST(body_is_asked_for_when_it_matters)
{
	struct verdict refused;

	start("", "", false);
	txn_begin(session, "<shop@one.example>", NULL, false);
	txn_add_rcpt(session->txn, IN, NULL, &refused);
	ck_assert(!txn_wants_body(session->txn));
	txn_begin(session, "<shop@one.example>", NULL, false);
	txn_add_rcpt(session->txn, OUT, NULL, &refused);
	txn_add_header(session->txn, "Subject", ORDER);
	ck_assert(!txn_wants_body(session->txn));
	txn_begin(session, "<shop@one.example>", NULL, false);
	txn_add_rcpt(session->txn, OUT, NULL, &refused);
	ck_assert(txn_wants_body(session->txn));
	txn_begin(session, "<shop@one.example>", NULL, false);
	txn_add_rcpt(session->txn, "<x@elsewhere.example>", NULL, &refused);
	ck_assert(!txn_wants_body(session->txn));
}
END_TEST

START_TEST(split)
{
	struct verdict refused;

	start("", "", false);
	session->can_refuse_rcpt = true;
	txn_begin(session, "<shop@one.example>", NULL, false);
	ck_assert(txn_add_rcpt(session->txn, IN, NULL, &refused));
	ck_assert(!txn_add_rcpt(session->txn, OUT, NULL, &refused));
	ck_assert_int_eq(refused.reason, REASON_SPLIT_RECIPIENTS);
	ck_assert_int_eq(refused.outcome, OUTCOME_TEMPFAIL);
	ck_assert(txn_add_rcpt(
		session->txn, "<x@elsewhere.example>", NULL, &refused));
	ck_assert_int_eq(
		txn_decide(session->txn)->reason, REASON_NOT_OPTED_OUT);
	txn_begin(session, "<shop@one.example>", NULL, false);
	ck_assert(txn_add_rcpt(session->txn, OUT, NULL, &refused));
	ck_assert(!txn_add_rcpt(session->txn, IN, NULL, &refused));
	ck_assert(txn_add_rcpt(session->txn, ALIAS, NULL, &refused));
	ck_assert_int_eq(txn_decide(session->txn)->reason, REASON_OPTED_OUT);
	/* never for local mail */
	txn_begin(session, "<shop@one.example>", NULL, true);
	ck_assert(txn_add_rcpt(session->txn, IN, NULL, &refused));
	ck_assert(txn_add_rcpt(session->txn, OUT, NULL, &refused));
	ck_assert_int_eq(txn_decide(session->txn)->reason, REASON_OPTED_OUT);
}
END_TEST

START_TEST(no_split)
{
	static const char *const policies[] = {
		"buyers: { addresses = [ \"@buyers.example\" ]; "
		"several_recipients = \"strictest\"; };",
		"modes: { OPTED_OUT = \"shadow\"; default = \"enforce\"; };",
		"modes: { SPLIT_RECIPIENTS = \"shadow\"; default = "
		"\"enforce\"; "
		"};",
	};
	struct verdict refused;
	struct snapshot *snapshot;
	char path[128];

	start("", "", false);
	write_file("policy.conf", "profile = \"test\";\n%s\n%s\n",
		_i == 0 ? ""
			: "buyers: { addresses = [ \"@buyers.example\" ]; };",
		policies[_i]);
	snprintf(path, sizeof(path), "%s/optout-milter.conf", directory);
	snapshot = snapshot_load(path, &error);
	ck_assert_msg(snapshot != NULL, "%s", error.text);
	service_swap(service, snapshot);
	session->can_refuse_rcpt = true;
	txn_begin(session, "<shop@one.example>", NULL, false);
	ck_assert(txn_add_rcpt(session->txn, IN, NULL, &refused));
	ck_assert(txn_add_rcpt(session->txn, OUT, NULL, &refused));
	ck_assert_int_eq(txn_decide(session->txn)->reason, REASON_OPTED_OUT);
}
END_TEST

/* The message keeps the configuration that it began with. */
START_TEST(reload_in_between)
{
	struct verdict refused;
	struct txn_view view;
	char path[128];

	start("", "", false);
	txn_begin(session, "<shop@one.example>", NULL, false);
	write_file("policy.conf",
		"profile = \"test\"; version = 4;\n"
		"buyers: { addresses = [ \"@nobody.example\" ]; };\n");
	snprintf(path, sizeof(path), "%s/optout-milter.conf", directory);
	service_swap(service, snapshot_load(path, &error));
	txn_add_rcpt(session->txn, OUT, NULL, &refused);
	ck_assert_int_eq(txn_decide(session->txn)->reason, REASON_OPTED_OUT);
	txn_view(session->txn, &view);
	ck_assert_int_eq(policy_version(view.snapshot->policy), 3);
	txn_begin(session, "<shop@one.example>", NULL, false);
	txn_add_rcpt(session->txn, OUT, NULL, &refused);
	ck_assert_int_eq(txn_decide(session->txn)->reason, REASON_NOT_GOVERNED);
}
END_TEST

START_TEST(cache_gone)
{
	const struct mail opted_out = { .rcpts = { OUT } };
	const struct mail not = { .rcpts = { IN } };
	const struct mail critical = { .rcpts = { OUT },
		.headers = { "Subject", "Additional Information Required" } };
	const struct mail other = { .rcpts = { "<x@elsewhere.example>" } };

	start("", "", false);
	remove_file("cache/data.mdb");
	check_row(&opted_out, REASON_CACHE_UNAVAILABLE, "");
	check_row(&not, REASON_CACHE_UNAVAILABLE, "");
	check_row(&critical, REASON_CACHE_UNAVAILABLE, "");
	check_row(&other, REASON_NOT_GOVERNED, "");
}
END_TEST

START_TEST(drain)
{
	struct verdict refused;

	start("", "", false);
	txn_begin(session, "<shop@one.example>", NULL, false);
	ck_assert(!service_drain(service, 10)); /* one is under way */
	txn_add_rcpt(session->txn, IN, NULL, &refused);
	ck_assert_int_eq(
		txn_decide(session->txn)->reason, REASON_NOT_OPTED_OUT);
	txn_end(session);
	txn_end(session); /* idempotent */
	ck_assert(service_drain(service, 10));
	txn_begin(session, "<shop@one.example>", NULL, false);
	txn_add_rcpt(session->txn, IN, NULL, &refused);
	ck_assert_int_eq(
		txn_decide(session->txn)->reason, REASON_SHUTTING_DOWN);
	txn_end(session);
	ck_assert(service_drain(service, 10));
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *suite = suite_create("txn");
	TCase *tcase = tcase_create("txn");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, row, 0, ROWS(rows));
	tcase_add_loop_test(tcase, row_with_order, 0, ROWS(rows));
	tcase_add_test(tcase, order_of_any_message);
	tcase_add_test(tcase, vouched);
	tcase_add_loop_test(tcase, directory_row, 0, ROWS(directory_rows));
	tcase_add_test(tcase, folded_anywhere);
	tcase_add_test(tcase, header_limits);
	tcase_add_loop_test(tcase, authserv_row, 0, ROWS(authserv_rows));
	tcase_add_test(tcase, authserv_limits);
	tcase_add_test(tcase, recipient_limit);
	tcase_add_test(tcase, body_beyond_limit);
	tcase_add_test(tcase, endless_body);
	tcase_add_test(tcase, pattern_at_its_limit);
	tcase_add_test(tcase, body_is_asked_for_when_it_matters);
	tcase_add_test(tcase, split);
	tcase_add_loop_test(tcase, no_split, 0, 3);
	tcase_add_test(tcase, reload_in_between);
	tcase_add_test(tcase, cache_gone);
	tcase_add_test(tcase, drain);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
