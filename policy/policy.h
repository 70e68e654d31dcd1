/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The compiled policy. policy_spec is the policy file as plain data, policy
 * what decisions use: immutable, shared by threads, freed by its owner.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include "policy/address.h"
#include "policy/error.h"
#include "policy/judge.h"
#include "policy/order.h"
#include "policy/reason.h"
#include "policy/strlist.h"

enum mode {
	MODE_ENFORCE,
	MODE_SHADOW,
	MODE_DEFAULT, /* in modes[]: as mode_default says */
};

enum several_orders {
	SEVERAL_FIRST,
	SEVERAL_REFUSE,
};

enum several_recipients {
	RECIPIENTS_SPLIT,
	RECIPIENTS_STRICTEST,
};

struct policy_spec {
	char *profile;
	int64_t version;
	struct {
		struct strlist headers; /* globs of field names */
		bool subject;
		bool body;
		char *pattern;
		int several; /* enum several_orders */
		bool required;
		bool known; /* demand an entry in the order directory */
	} order_id;
	struct {
		struct strlist addresses; /* address_set patterns */
		struct strlist trusted; /* networks, "login", "authserv:NAME" */
		int several_recipients; /* enum several_recipients */
	} buyers;
	struct {
		struct strlist identity; /* "login", "envelope" */
		struct strlist exempt;	 /* address_set patterns */
	} sellers;
	struct {
		bool custom_orders; /* exempt orders marked custom made */
	} exempt;
	struct {
		struct strlist subjects;
		struct strlist categories;
		int64_t threshold;
		int64_t object; /* points, see struct judge_rules */
		int64_t choice;
		int64_t request;
		int64_t waiting;
		int64_t against;
		int64_t statement;
		int64_t statements;
		int64_t wording;
	} critical;
	struct {
		int64_t window; /* seconds */
		int64_t share;	/* percent of the original */
		int64_t budget; /* replies to one message of a buyer */
		struct strlist subjects;
		bool token;
		bool reply_to;
	} replies;
	struct strlist hints[CATEGORY_COUNT];
	int mode_default;	 /* enum mode */
	int modes[REASON_COUNT]; /* enum mode */
	char *help_url;		 /* "" for none */
	struct strlist notices[REASON_COUNT];
};

/* Frees what spec owns and zeroes it. */
void policy_spec_fini(struct policy_spec *spec);

struct policy;

/*
 * Compiles spec, which stays the caller's and is copied where needed. form is
 * that of the cache. Returns NULL and sets error; error->key is the dotted
 * name of the setting, for lists with its index: "notices.OPTED_OUT[1]".
 */
struct policy *policy_new(const struct policy_spec *spec,
	const struct address_form *form, struct error *error);
void policy_free(struct policy **policy);

const char *policy_profile(const struct policy *policy);
int64_t policy_version(const struct policy *policy);
const struct address_form *policy_address_form(const struct policy *policy);

bool policy_is_buyer(const struct policy *policy, const char *canonical);
bool policy_is_exempt_sender(
	const struct policy *policy, const char *canonical);

/* Whether the policy trusts buyers' mail from this client. */
bool policy_trusts_network(
	const struct policy *policy, const struct sockaddr *address);
bool policy_trusts_login(const struct policy *policy);

/* Names of mail servers whose Authentication-Results count. */
const struct strlist *policy_authservs(const struct policy *policy);

bool policy_seller_by_login(const struct policy *policy);
bool policy_seller_by_envelope(const struct policy *policy);

/*
 * Position (from 0) of the first glob of order_id.headers that matches the
 * field name, or -1.
 */
int policy_order_header(const struct policy *policy, const char *field);
bool policy_order_in_subject(const struct policy *policy);
bool policy_order_in_body(const struct policy *policy);
bool policy_order_required(const struct policy *policy);
bool policy_order_known(const struct policy *policy);
bool policy_refuses_several_orders(const struct policy *policy);
const struct order_pattern *policy_order_pattern(const struct policy *policy);

bool policy_exempts_custom_orders(const struct policy *policy);
bool policy_splits_recipients(const struct policy *policy);

/* Whether a decoded Subject claims that the message is critical: 1, 0, or -1
 * when out of memory. */
int policy_claims_critical(const struct policy *policy, const char *decoded);

/* How a seller may reply to a buyer who opted out. */
struct reply_rules {
	int64_t window; /* seconds in which a message can be answered */
	int share;	/* percent of the original that must be included */
	int budget;	/* replies to one message of a buyer */
	bool token;	/* messages of buyers get a thread token */
	bool reply_to;	/* in Reply-To, too */
};
const struct reply_rules *policy_replies(const struct policy *policy);

/* Whether a decoded Subject claims to be a reply: 1, 0, or -1: no memory. */
int policy_claims_reply(const struct policy *policy, const char *decoded);

/* How the text of such a message is judged. */
const struct judge_rules *policy_judge_rules(const struct policy *policy);

/* Lines for the reply to a text of this category that is not critical. */
const struct strlist *policy_hints(
	const struct policy *policy, enum category category);

/* MODE_ENFORCE or MODE_SHADOW. */
enum mode policy_mode(const struct policy *policy, enum reason reason);

/*
 * Lines of the notice for a refusal, at least one: the cause, then the advice.
 * From the policy file, else from reason.def.
 */
const struct strlist *policy_notice(
	const struct policy *policy, enum reason reason);
const char *policy_help_url(const struct policy *policy); /* "" for none */

#endif
