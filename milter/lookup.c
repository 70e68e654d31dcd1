/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include "milter/log.h"
#include "milter/lookup.h"
#include "milter/txn_private.h"

/* One read transaction and what the questions of a message share. */
struct lookup {
	struct txn *txn;
	const struct keyring *ring;
	struct cache_read *read; /* NULL: unavailable */
	int64_t now;
	int64_t start_us;
	bool unavailable;
	bool failed; /* an answer was an error or a bad record */

	int order_found; /* 1, 0, -1 */
	struct order order;
};

static void begin(struct lookup *l, struct txn *txn)
{
	struct service *service = txn->session->service;
	struct error error = { 0 };

	*l = (struct lookup){
		.txn = txn,
		.ring = service_keyring(service),
		.now = (int64_t)time(NULL),
		.start_us = txn_clock_us(),
	};
	l->read = service_read(service, &error);
	if (l->read == NULL) {
		l->unavailable = l->failed = true;
		snprintf(txn->cache_error, sizeof(txn->cache_error), "%.250s",
			error.text);
	}
}

static void end(struct lookup *l)
{
	struct txn *txn = l->txn;
	struct service *service = txn->session->service;

	cache_read_end(&l->read);
	txn->lookup_us += txn_clock_us() - l->start_us;
	if (l->unavailable) {
		if (service_cache_changed(service, false))
			log_message(LOG_ERR, "opt-out cache unavailable: %s",
				txn->cache_error);
		return;
	}
	if (service_cache_changed(service, true))
		log_message(LOG_NOTICE, "opt-out cache available again");
	if (!l->failed)
		return;
	strcpy(txn->cache_error, "a record is damaged; run optoutctl verify");
	log_message(LOG_ERR, "opt-out cache: %s", txn->cache_error);
}

/* Notes an error as such and passes the answer on. */
static int answer(struct lookup *l, int found)
{
	if (found < 0)
		l->failed = true;
	return found;
}

static enum opt_out_fact worse(enum opt_out_fact a, enum opt_out_fact b)
{
	if (a == SOMEBODY_OPTED_OUT || b == SOMEBODY_OPTED_OUT)
		return SOMEBODY_OPTED_OUT;
	return a == OPT_OUT_UNKNOWN ? a : b;
}

static enum opt_out_fact ask_buyer(struct lookup *l,
	const struct identity *buyer, const struct identity *order)
{
	int found = answer(l, cache_find_optout(l->read, buyer,
				      &l->txn->seller_id, order, l->now, NULL));

	return found < 0 ? OPT_OUT_UNKNOWN
	       : found	 ? SOMEBODY_OPTED_OUT
			 : NOBODY_OPTED_OUT;
}

/*
 * The buyer is told by the alias; the address may be the buyer itself. An
 * address that no alias record knows may be known by the order.
 */
static void ask_recipient(
	struct lookup *l, struct recipient *r, const struct identity *order)
{
	struct identity alias;
	struct identity self;
	int found;

	if (r->unreadable)
		return;
	if (l->read == NULL) {
		r->opt_out = OPT_OUT_UNKNOWN;
		return;
	}
	identity_make(l->ring, IDENTITY_BUYER, r->address, &self);
	identity_make(l->ring, IDENTITY_ALIAS, r->address, &alias);
	r->id = self;
	r->opt_out = ask_buyer(l, &self, order);
	found = answer(l, cache_find_alias(l->read, &alias, &r->id));
	r->has_alias = found == 1;
	if (found < 0) {
		r->id = self;
		r->opt_out = worse(r->opt_out, OPT_OUT_UNKNOWN);
	} else if (found == 1) {
		r->opt_out = worse(r->opt_out, ask_buyer(l, &r->id, order));
	} else if (l->order_found == 1) {
		r->opt_out =
			worse(r->opt_out, ask_buyer(l, &l->order.buyer, order));
	} else if (l->order_found < 0) {
		r->opt_out = worse(r->opt_out, OPT_OUT_UNKNOWN);
	}
}

void lookup_class(struct txn *txn, struct recipient *recipient)
{
	struct lookup l;

	begin(&l, txn);
	ask_recipient(&l, recipient, NULL);
	end(&l);
}

static bool may_have_opted_out(struct lookup *l, const struct recipient *r)
{
	struct identity id;
	struct identity buyer;

	if (r->unreadable)
		return true;
	identity_make(l->ring, IDENTITY_BUYER, r->address, &id);
	if (answer(l, cache_has_optout(l->read, &id, l->now)) != 0)
		return true;
	identity_make(l->ring, IDENTITY_ALIAS, r->address, &id);
	if (answer(l, cache_find_alias(l->read, &id, &buyer)) == 0)
		return false;
	return l->failed ||
	       answer(l, cache_has_optout(l->read, &buyer, l->now)) != 0;
}

bool lookup_body_matters(struct txn *txn)
{
	const struct policy *policy = txn->snapshot->policy;
	struct cache_counts counts = { 0 };
	struct lookup l;
	bool matters;

	if (policy_order_required(policy) || policy_order_known(policy) ||
		policy_refuses_several_orders(policy))
		return true;
	begin(&l, txn);
	matters = l.read == NULL || cache_count(l.read, &counts) < 0 ||
		  counts.orders > 0;
	for (size_t i = 0; i < txn->recipient_count && !matters; i++)
		if (txn->recipients[i].is_buyer)
			matters = may_have_opted_out(&l, &txn->recipients[i]);
	end(&l);
	return matters;
}

static void ask_order(struct lookup *l, struct identity *order_r)
{
	struct txn *txn = l->txn;

	identity_make(l->ring, IDENTITY_ORDER, txn->order, order_r);
	l->order_found = l->read == NULL
				 ? -1
				 : answer(l, cache_find_order(l->read, order_r,
						     &l->order));
}

static bool same(const struct identity *a, const struct identity *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Whether the order is one of this seller and of every buyer addressed. */
static bool order_fits(const struct lookup *l)
{
	const struct txn *txn = l->txn;

	if (!same(&l->order.seller, &txn->seller_id) || txn->overlooked_buyer)
		return false;
	for (size_t i = 0; i < txn->recipient_count; i++)
		if (txn->recipients[i].is_buyer &&
			!same(&l->order.buyer, &txn->recipients[i].id))
			return false;
	return true;
}

/* What the order directory says, where the policy asks for it. */
static void judge_order(struct lookup *l)
{
	struct txn *txn = l->txn;
	const struct policy *policy = txn->snapshot->policy;
	bool fits = l->order_found == 1 && order_fits(l);

	if (fits && l->order.custom && policy_exempts_custom_orders(policy))
		txn->facts.exempt = true;
	if (!policy_order_known(policy))
		return;
	if (l->order_found < 0)
		txn->facts.opt_out = worse(txn->facts.opt_out, OPT_OUT_UNKNOWN);
	else if (l->order_found == 0)
		txn->facts.order_entry = ENTRY_ABSENT;
	else
		txn->facts.order_entry = fits ? ENTRY_MATCHES : ENTRY_MISMATCH;
}

void lookup_message(struct txn *txn)
{
	struct identity order;
	bool has_order = txn->order_place != PLACE_NONE;
	struct lookup l;

	begin(&l, txn);
	if (has_order)
		ask_order(&l, &order);
	txn->facts.opt_out =
		txn->overlooked_buyer ? SOMEBODY_OPTED_OUT : NOBODY_OPTED_OUT;
	for (size_t i = 0; i < txn->recipient_count; i++) {
		struct recipient *r = &txn->recipients[i];

		if (!r->is_buyer)
			continue;
		ask_recipient(&l, r, has_order ? &order : NULL);
		txn->facts.opt_out = worse(txn->facts.opt_out, r->opt_out);
	}
	if (has_order)
		judge_order(&l);
	end(&l);
}
