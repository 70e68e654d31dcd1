/* SPDX-License-Identifier: BSD-2-Clause */
/* A buyer's message and the replies to it, through the daemon's code path. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "cache/writer.h"
#include "milter/expiry.h"
#include "milter/thread_ids.h"
#include "milter/thread_token.h"
#include "tests/play.h"
#include "tests/run.h"

#define BUYER "<ann@" PLAY_DOMAIN ">"
#define OTHER_BUYER "<bob@" PLAY_DOMAIN ">"
#define SHOP "<shop@one.example>"
#define OTHER_SHOP "<shop@two.example>"
#define WORDS "The kettle whistles an octave too low, is that on purpose?"
#define ORIGINAL                                                               \
	"From: ann@" PLAY_DOMAIN "\nSubject: Kettle 002-1234567-1234567\n"     \
	"Message-ID: <k1@phone.example>\n\n" WORDS "\n"
#define REPLY                                                                  \
	"Subject: Re: Kettle\nIn-Reply-To: <k1@phone.example>\n\n"             \
	"It is.\n\n> " WORDS "\n"

static struct play play;

static void setup(void)
{
	play_init(&play, "", "");
	play_opt_out(&play, "ann@" PLAY_DOMAIN);
	play_opt_out(&play, "bob@" PLAY_DOMAIN);
}

static void setup_with(const char *policy, const char *conf)
{
	play_fini(&play);
	play_init(&play, policy, conf);
	play_opt_out(&play, "ann@" PLAY_DOMAIN);
}

static void teardown(void)
{
	play_fini(&play);
}

static enum reason from_buyer(const char *text)
{
	return play_mail(&play, &(struct play_mail){ .client = PLAY_TRUSTED,
					.sender = BUYER,
					.rcpts = SHOP,
					.text = text });
}

static enum reason from_shop(const char *text)
{
	return play_mail(
		&play, &(struct play_mail){
			       .sender = SHOP, .rcpts = BUYER, .text = text });
}

static const struct {
	const char *name;
	struct play_mail mail;
	enum reason reason;
} rows[] = {
	{ "the reply", { .sender = SHOP, .rcpts = BUYER, .text = REPLY },
		REASON_REPLY_IN_THREAD },
	{ "another seller",
		{ .sender = OTHER_SHOP, .rcpts = BUYER, .text = REPLY },
		REASON_THREAD_UNKNOWN },
	{ "another buyer",
		{ .sender = SHOP, .rcpts = OTHER_BUYER, .text = REPLY },
		REASON_THREAD_UNKNOWN },
	{ "one buyer more",
		{ .sender = SHOP,
			.rcpts = BUYER "," OTHER_BUYER,
			.text = REPLY },
		REASON_THREAD_UNKNOWN },
	{ "somebody else as well",
		{ .sender = SHOP,
			.rcpts = BUYER ",<x@elsewhere.example>",
			.text = REPLY },
		REASON_REPLY_IN_THREAD },
	{ "by a login that is the address",
		{ .sender = "<bounces@mailer.example>",
			.login = "Shop@one.example",
			.rcpts = BUYER,
			.text = REPLY },
		REASON_REPLY_IN_THREAD },
	{ "by another's login",
		{ .sender = SHOP,
			.login = "shop@two.example",
			.rcpts = BUYER,
			.text = REPLY },
		REASON_THREAD_UNKNOWN },
	{ "by a login that is no address",
		{ .sender = SHOP,
			.login = "shop7",
			.rcpts = BUYER,
			.text = REPLY },
		REASON_REPLY_IN_THREAD },
	{ "References only",
		{ .sender = SHOP,
			.rcpts = BUYER,
			.text = "References: <a@b>\n <k1@phone.example>\n"
				"\t<c@d>\n\n" WORDS "\n" },
		REASON_REPLY_IN_THREAD },
	{ "no ids",
		{ .sender = SHOP,
			.rcpts = BUYER,
			.text = "Subject: Re: Kettle\n\n" WORDS "\n" },
		REASON_THREAD_UNKNOWN },
	{ "no claim",
		{ .sender = SHOP,
			.rcpts = BUYER,
			.text = "Subject: Kettle\n\n" WORDS "\n" },
		REASON_OPTED_OUT },
	{ "no words",
		{ .sender = SHOP,
			.rcpts = BUYER,
			.text = "In-Reply-To: <k1@phone.example>\n\nBuy!\n" },
		REASON_ORIGINAL_MISSING },
	{ "no body",
		{ .sender = SHOP,
			.rcpts = BUYER,
			.text = "In-Reply-To: <k1@phone.example>\n\n" },
		REASON_ORIGINAL_MISSING },
	{ "an id in another case",
		{ .sender = SHOP,
			.rcpts = BUYER,
			.text = "In-Reply-To: <K1@phone.example>\n\n" WORDS },
		REASON_THREAD_UNKNOWN },
	{ "critical before a missing original",
		{ .sender = SHOP,
			.rcpts = BUYER,
			.text = "Subject: Additional Information Required\n"
				"In-Reply-To: <k1@phone.example>\n\n"
				"Which colour shall we engrave the name "
				"in?\n" },
		REASON_CRITICAL },
};

START_TEST(row)
{
	enum reason reason;

	ck_assert_int_eq(from_buyer(ORIGINAL), REASON_BUYER_MESSAGE);
	reason = play_mail(&play, &rows[_i].mail);
	ck_assert_msg(reason == rows[_i].reason, "%s: %s", rows[_i].name,
		reason_name(reason));
}
END_TEST

START_TEST(restart)
{
	from_buyer(ORIGINAL);
	play_restart(&play);
	ck_assert_int_eq(from_shop(REPLY), REASON_REPLY_IN_THREAD);
}
END_TEST

/* Only a trusted client speaks for the buyer. */
START_TEST(spoofed)
{
	const struct play_mail forged = {
		.sender = BUYER, .rcpts = SHOP, .text = ORIGINAL
	};

	ck_assert_int_eq(play_mail(&play, &forged), REASON_NOT_GOVERNED);
	ck_assert_int_eq(from_shop(REPLY), REASON_THREAD_UNKNOWN);
}
END_TEST

START_TEST(budget)
{
	setup_with("replies: { budget = 3; };", "");
	from_buyer(ORIGINAL);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(from_shop(REPLY), REASON_REPLY_IN_THREAD);
	ck_assert_int_eq(from_shop(REPLY), REASON_THREAD_UNKNOWN);
	/* A message that comes again is no new one. */
	from_buyer(ORIGINAL);
	ck_assert_int_eq(from_shop(REPLY), REASON_THREAD_UNKNOWN);
	play_restart(&play);
	ck_assert_int_eq(from_shop(REPLY), REASON_THREAD_UNKNOWN);
}
END_TEST

START_TEST(share)
{
	setup_with("replies: { share = 50; };", "");
	from_buyer(ORIGINAL);
	ck_assert_int_eq(from_shop("In-Reply-To: <k1@phone.example>\n\n"
				   "is that on purpose?\n"),
		REASON_ORIGINAL_MISSING);
	ck_assert_int_eq(
		from_shop("In-Reply-To: <k1@phone.example>\n\n"
			  "> The kettle whistles an octave too low, is "
			  "that on\n"),
		REASON_REPLY_IN_THREAD);
}
END_TEST

/* Each id of a message finds it; the budget is that of the message. */
START_TEST(several_ids)
{
	setup_with("replies: { budget = 2; };", "");
	from_buyer("Message-ID: <k1@phone.example>\n"
		   "X-Microsoft-Original-Message-ID: <k2@phone.example>\n"
		   "Message-ID: <k1@phone.example>\n"
		   "Resent-Message-ID: <k3@relay.example>\n\n" WORDS "\n");
	ck_assert_int_eq(
		from_shop("References: <k2@phone.example>\n\n" WORDS "\n"),
		REASON_REPLY_IN_THREAD);
	ck_assert_int_eq(from_shop("References: <k3@relay.example> "
				   "<k2@phone.example>\n\n" WORDS "\n"),
		REASON_REPLY_IN_THREAD);
	ck_assert_int_eq(from_shop(REPLY), REASON_THREAD_UNKNOWN);
}
END_TEST

/* The MTA may add the id at the end. */
START_TEST(id_of_the_mta)
{
	struct verdict refused;
	struct txn *txn;

	txn_end(play.player.session);
	from_buyer("Subject: x\n\nx\n"); /* sets the client */
	txn_begin(play.player.session, BUYER, NULL, false);
	txn = play.player.session->txn;
	txn_add_rcpt(txn, SHOP, NULL, &refused);
	ck_assert(txn_wants_body(txn));
	txn_add_body(txn, WORDS, strlen(WORDS));
	txn_add_message_id(txn, "<k1@phone.example>");
	ck_assert_int_eq(txn_decide(txn)->reason, REASON_BUYER_MESSAGE);
	ck_assert_int_eq(from_shop(REPLY), REASON_REPLY_IN_THREAD);
}
END_TEST

/* A buyer's message that cannot be remembered must come again. */
START_TEST(cannot_commit)
{
	char path[128];

	snprintf(path, sizeof(path), "%.100s/data.mdb", play.player.directory);
	rename(path, "/tmp/optout-play-away.mdb");
	ck_assert_int_eq(from_buyer(ORIGINAL), REASON_CACHE_UNAVAILABLE);
	ck_assert_int_eq(from_shop(REPLY), REASON_CACHE_UNAVAILABLE);
	rename("/tmp/optout-play-away.mdb", path);
	sleep(1);
	ck_assert_int_eq(from_buyer(ORIGINAL), REASON_BUYER_MESSAGE);
	ck_assert_int_eq(from_shop(REPLY), REASON_REPLY_IN_THREAD);
}
END_TEST

/* Without leave to write nothing is remembered or used up: explain. */
START_TEST(read_only)
{
	struct snapshot *snapshot;
	struct cache *cache;

	from_buyer(ORIGINAL);
	session_free(&play.player.session);
	snapshot = service_snapshot(play.player.service);
	service_free(&play.player.service);
	cache = cache_open(&play.player.options, play.player.ring, NULL);
	play.player.service = service_new(snapshot, cache, play.player.ring);
	play.player.session = session_new(play.player.service);
	for (int i = 0; i < 30; i++)
		ck_assert_int_eq(from_shop(REPLY), REASON_REPLY_IN_THREAD);
	ck_assert_int_eq(from_buyer("Message-ID: <k9@phone.example>\n\nx\n"),
		REASON_BUYER_MESSAGE);
	ck_assert_int_eq(from_shop("In-Reply-To: <k9@phone.example>\n\nx\n"),
		REASON_THREAD_UNKNOWN);
}
END_TEST

static uint64_t count_threads(void)
{
	struct cache_read *read = service_read(play.player.service, NULL);
	struct cache_counts counts;

	ck_assert_int_eq(cache_count(read, &counts), 0);
	cache_read_end(&read);
	return counts.threads;
}

/* Old threads are not seen, and go step by step. */
START_TEST(expiry)
{
	enum {
		COUNT = 450,
		OLD = 350
	};
	static struct change changes[COUNT];
	struct cache_sweep sweep = { .key_size = 0 };
	int64_t now = (int64_t)time(NULL);
	struct error error;
	int removed = 0, steps = 0;

	for (int i = 0; i < COUNT; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%d@phone.example", i);
		changes[i].kind = CHANGE_PUT_THREAD;
		identity_make(play.player.ring, IDENTITY_BUYER, name,
			&changes[i].thread.buyer);
		identity_make(play.player.ring, IDENTITY_THREAD, name,
			&changes[i].thread.id);
		changes[i].thread.created =
			i < OLD ? now - 91 * 86400 : now - 89 * 86400;
	}
	ck_assert_int_eq(
		service_apply(play.player.service, changes, COUNT, &error), 0);
	from_buyer(ORIGINAL);
	ck_assert_uint_eq(count_threads(), COUNT + 1);
	while (steps++ < 20)
		removed += expiry_step(play.player.service, &sweep, now);
	ck_assert_int_eq(removed, OLD);
	ck_assert_uint_eq(count_threads(), COUNT - OLD + 1);
	ck_assert_int_eq(from_shop(REPLY), REASON_REPLY_IN_THREAD);
}
END_TEST

START_TEST(window)
{
	struct change change = { .kind = CHANGE_PUT_THREAD };
	struct identity seller;
	struct error error;

	identity_make(play.player.ring, IDENTITY_BUYER, "ann@" PLAY_DOMAIN,
		&change.thread.buyer);
	identity_make(
		play.player.ring, IDENTITY_SELLER, "shop@one.example", &seller);
	identity_make_thread(play.player.ring, &seller, "k1@phone.example",
		&change.thread.id);
	for (int days = 89; days <= 91; days += 2) {
		change.thread.created = (int64_t)time(NULL) - days * 86400;
		ck_assert_int_eq(
			service_apply(play.player.service, &change, 1, &error),
			0);
		ck_assert_int_eq(
			from_shop(REPLY), days < 90 ? REASON_REPLY_IN_THREAD
						    : REASON_THREAD_UNKNOWN);
	}
}
END_TEST

/* The alias may become known between the message and the reply. */
START_TEST(alias_later)
{
	struct change change = { .kind = CHANGE_PUT_ALIAS };
	struct error error;

	from_buyer(ORIGINAL);
	identity_make(play.player.ring, IDENTITY_ALIAS, "ann@" PLAY_DOMAIN,
		&change.alias.alias);
	identity_make(play.player.ring, IDENTITY_BUYER, "ann.real@mail.example",
		&change.alias.buyer);
	ck_assert_int_eq(
		service_apply(play.player.service, &change, 1, &error), 0);
	ck_assert_int_eq(from_shop(REPLY), REASON_REPLY_IN_THREAD);
	from_buyer("Message-ID: <k2@phone.example>\n\n" WORDS "\n");
	ck_assert_int_eq(
		from_shop("In-Reply-To: <k2@phone.example>\n\n" WORDS "\n"),
		REASON_REPLY_IN_THREAD);
}
END_TEST

/* A reply on a thread is known by its text only if the buyer opted out. */
START_TEST(not_opted_out)
{
	const struct play_mail mail = {
		.sender = SHOP, .rcpts = "<eve@" PLAY_DOMAIN ">", .text = REPLY
	};

	ck_assert_int_eq(play_mail(&play, &mail), REASON_NOT_OPTED_OUT);
}
END_TEST

static const struct {
	const char *value, *first, *last;
	size_t count;
} id_rows[] = {
	{ "<a@b>", "a@b", "a@b", 1 },
	{ " <a@b>\n\t<c@d> ", "a@b", "c@d", 2 },
	{ "<a@b><a@b>", "a@b", "a@b", 1 },
	{ "Your message of today <a@b>", "a@b", "a@b", 1 },
	{ "<a@\n b>", "a@b", "a@b", 1 },
	{ "a@b", "a@b", "a@b", 1 },
	{ "<a@b", NULL, NULL, 0 },
	{ "<<a@b>", "a@b", "a@b", 1 },
	{ "<>", NULL, NULL, 0 },
	{ "nothing", NULL, NULL, 0 },
	{ "", NULL, NULL, 0 },
};

START_TEST(id_row)
{
	struct thread_ids ids = { 0 };
	size_t count = id_rows[_i].count;

	ck_assert_int_eq(thread_ids_add(&ids, id_rows[_i].value), 0);
	ck_assert_uint_eq(thread_ids_count(&ids), count);
	if (count > 0) {
		ck_assert_str_eq(ids.ids[0], id_rows[_i].first);
		ck_assert_str_eq(ids.ids[count - 1], id_rows[_i].last);
	}
	thread_ids_fini(&ids);
}
END_TEST

#define TOKEN "omt1abcdefghijklmnopqrstuvwxyz234567abcdefghijkl"

START_TEST(tokens_in_text)
{
	char token[TOKEN_SIZE], value[256];

	ck_assert_uint_eq(sizeof(TOKEN), TOKEN_SIZE);
	ck_assert(thread_token_of_id(TOKEN "@x.example", token));
	ck_assert_str_eq(token, TOKEN);
	ck_assert(!thread_token_of_id(TOKEN, token));
	ck_assert(!thread_token_of_id(TOKEN "m@x.example", token));
	ck_assert(!thread_token_of_id("x" TOKEN "@x.example", token));
	ck_assert(!thread_token_of_id("omt1@x.example", token));
	ck_assert(
		thread_token_of_path("<a+b+" TOKEN "@x.example>", '+', token));
	ck_assert(!thread_token_of_path("<a+" TOKEN "@x>", '-', token));
	ck_assert(!thread_token_of_path("<a+" TOKEN "@x>", '\0', token));
	ck_assert(!thread_token_of_path("<" TOKEN "@x>", '+', token));
	ck_assert_int_eq(thread_token_references(TOKEN, "a@x.example",
				 " <b@c>\n", value, sizeof(value)),
		0);
	ck_assert_str_eq(value, " <b@c>\n\t<" TOKEN "@x.example>");
	ck_assert_int_eq(
		thread_token_references(TOKEN, "a@x", "", value, 50), -1);
	ck_assert_int_eq(thread_token_address(TOKEN, "a@x.example", '+', value,
				 sizeof(value)),
		0);
	ck_assert_str_eq(value, "a+" TOKEN "@x.example");
	ck_assert_int_eq(
		thread_token_address(TOKEN, "a@x", '+', value, 50), -1);
}
END_TEST

START_TEST(many_ids)
{
	struct thread_ids ids = { 0 };
	char value[32], longest[700];
	bool first = false, last = false, middle = false;

	for (int i = 0; i < 500; i++) {
		snprintf(value, sizeof(value), "<%d@x>", i);
		ck_assert_int_eq(thread_ids_add(&ids, value), 0);
	}
	ck_assert_uint_eq(thread_ids_count(&ids), THREAD_IDS_MAX);
	for (size_t i = 0; i < THREAD_IDS_MAX; i++) {
		first |= strcmp(ids.ids[i], "9@x") == 0;
		last |= strcmp(ids.ids[i], "450@x") == 0;
		middle |= strcmp(ids.ids[i], "449@x") == 0;
	}
	ck_assert(first && last && !middle);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[0] = '<';
	longest[sizeof(longest) - 2] = '>';
	longest[sizeof(longest) - 1] = '\0';
	ck_assert_int_eq(thread_ids_add(&ids, longest), 0);
	ck_assert_uint_eq(ids.seen, 500);
	thread_ids_fini(&ids);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *suite = suite_create("threads");
	TCase *tcase = tcase_create("threads");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, row, 0, ROWS(rows));
	tcase_add_test(tcase, restart);
	tcase_add_test(tcase, spoofed);
	tcase_add_test(tcase, budget);
	tcase_add_test(tcase, share);
	tcase_add_test(tcase, several_ids);
	tcase_add_test(tcase, id_of_the_mta);
	tcase_add_test(tcase, cannot_commit);
	tcase_add_test(tcase, read_only);
	tcase_add_test(tcase, expiry);
	tcase_add_test(tcase, window);
	tcase_add_test(tcase, alias_later);
	tcase_add_test(tcase, not_opted_out);
	tcase_add_loop_test(tcase, id_row, 0, ROWS(id_rows));
	tcase_add_test(tcase, many_ids);
	tcase_add_test(tcase, tokens_in_text);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
