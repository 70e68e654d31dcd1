/* SPDX-License-Identifier: BSD-2-Clause */
/* A seller's reply: which remembered message it answers, and how well. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "milter/thread.h"
#include "milter/thread_ids.h"
#include "milter/thread_state.h"
#include "milter/thread_token.h"
#include "milter/txn_private.h"

/* As whom the seller may have got the buyer's message. */
struct seller_ids {
	struct identity ids[2];
	size_t count;
};

/*
 * A buyer writes to an address. A login that is none says nothing of it: then
 * the envelope sender does, which the mail server ties to the login.
 */
static void find_seller_ids(const struct txn *txn, struct seller_ids *ids_r)
{
	const struct keyring *ring = service_keyring(txn->session->service);

	ids_r->ids[0] = txn->seller_id;
	ids_r->count = 1;
	if (strchr(txn->seller, '@') || txn->sender[0] == '\0')
		return;
	identity_make(ring, IDENTITY_SELLER, txn->sender, &ids_r->ids[1]);
	ids_r->count = 2;
}

static void note_match(struct thread_recipient *found, struct thread *thread)
{
	for (size_t i = 0; i < found->count; i++)
		if (memcmp(&found->threads[i].id, &thread->id,
			    sizeof(thread->id)) == 0)
			return;
	if (found->count < THREAD_MATCHES_MAX)
		found->threads[found->count++] = *thread;
}

struct search {
	struct txn *txn;
	struct cache_read *read;
	struct seller_ids sellers;
	bool tokens;
	int64_t now;
	int64_t since;
	bool failed;
};

/* Looks for one id, of one way to know the buyer. */
static void search_id(struct search *s, const struct identity *buyer,
	const char *message_id, struct thread_recipient *found)
{
	const struct keyring *ring = service_keyring(s->txn->session->service);

	for (size_t i = 0; i < s->sellers.count; i++) {
		struct identity id;
		struct thread thread;
		int rc;

		identity_make_thread(ring, &s->sellers.ids[i], message_id, &id);
		rc = cache_find_thread(s->read, buyer, &id, s->since, &thread);
		if (rc > 0)
			note_match(found, &thread);
		s->failed |= rc < 0;
	}
}

/* Looks for the thread of a token, of one way to know the buyer. */
static void search_token(struct search *s, const struct identity *buyer,
	const char *token, struct thread_recipient *found)
{
	const struct keyring *ring = service_keyring(s->txn->session->service);
	struct token_thread wanted = { .buyer = *buyer };

	if (s->txn->order_place != PLACE_NONE)
		identity_make(
			ring, IDENTITY_ORDER, s->txn->order, &wanted.order);
	for (size_t i = 0; i < s->sellers.count; i++) {
		struct thread thread;
		int rc;

		wanted.seller = s->sellers.ids[i];
		if (!token_verify(ring, token, &wanted, s->now))
			continue;
		rc = cache_find_thread_prefix(
			s->read, buyer, wanted.thread, s->since, &thread);
		if (rc > 0)
			note_match(found, &thread);
		s->failed |= rc < 0;
	}
}

static void search_names(struct search *s, const struct recipient *r,
	const struct identity *buyer, struct thread_recipient *found)
{
	const struct thread_ids *ids = &s->txn->thread->ids;
	char token[TOKEN_SIZE];

	if (s->tokens && r->token[0] != '\0')
		search_token(s, buyer, r->token, found);
	/* The last ids are the nearest ones. */
	for (size_t i = thread_ids_count(ids); i-- > 0;) {
		search_id(s, buyer, ids->ids[i], found);
		if (s->tokens && thread_token_of_id(ids->ids[i], token))
			search_token(s, buyer, token, found);
	}
}

static void search_recipient(struct search *s, const struct recipient *r,
	struct thread_recipient *found)
{
	const struct keyring *ring = service_keyring(s->txn->session->service);
	struct identity self;

	if (r->unreadable)
		return;
	identity_make(ring, IDENTITY_BUYER, r->address, &self);
	search_names(s, r, &r->id, found);
	if (memcmp(&r->id, &self, sizeof(self)) != 0)
		search_names(s, r, &self, found);
}

/* Finds the threads of each buyer who opted out. Returns 0, or -1. */
static int search(struct txn *txn, struct thread_state *state)
{
	const struct reply_rules *rules = policy_replies(txn->snapshot->policy);
	int64_t start = txn_clock_us();
	struct error error = { "", "" };
	struct search s = {
		.txn = txn, .tokens = rules->token, .now = (int64_t)time(NULL)
	};

	s.since = s.now - rules->window;
	s.read = service_read(txn->session->service, &error);
	find_seller_ids(txn, &s.sellers);
	for (size_t i = 0; i < txn->recipient_count && s.read; i++) {
		const struct recipient *r = &txn->recipients[i];

		if (!r->is_buyer || r->opt_out != SOMEBODY_OPTED_OUT)
			continue;
		if (state->count == THREAD_RECIPIENTS_MAX) {
			state->too_many = true;
			break;
		}
		search_recipient(&s, r, &state->found[state->count++]);
	}
	if (!s.read || s.failed)
		thread_set_unknown(txn, &error);
	s.failed |= !s.read;
	cache_read_end(&s.read);
	txn->lookup_us += txn_clock_us() - start;
	return s.failed ? -1 : 0;
}

/* Chooses the thread that the reply to one buyer stands on. */
static enum thread_fact compare(
	struct txn *txn, struct thread_recipient *found, const char *text)
{
	const struct reply_rules *rules = policy_replies(txn->snapshot->policy);
	const struct keyring *ring = service_keyring(txn->session->service);
	enum thread_fact fact =
		found->count > 0 ? THREAD_NO_ORIGINAL : THREAD_NOT_KNOWN;

	for (size_t i = 0; i < found->count; i++) {
		struct thread *thread = &found->threads[i];
		unsigned char key[IDENTITY_KEY_SIZE];
		int share;

		identity_quote_key(ring, &thread->id, key);
		share = quote_share(
			key, &thread->quote, text, rules->share < 100);
		if (share < 0)
			txn_set_failure(txn, REASON_INTERNAL_ERROR);
		if (share > txn->thread->share)
			txn->thread->share = share;
		if (share < rules->share)
			continue;
		found->chosen = i;
		if (thread->replies < (unsigned)rules->budget)
			return THREAD_REPLIED;
		fact = THREAD_SPENT;
	}
	return fact;
}

/* The reply must be one to every buyer who opted out: the worst counts. */
static void compare_all(struct txn *txn, struct thread_state *state)
{
	char *text = thread_read_text(txn);

	if (!text)
		return;
	for (size_t i = 0; i < state->count; i++) {
		enum thread_fact fact = compare(txn, &state->found[i], text);

		if (i == 0 || fact < txn->facts.thread)
			txn->facts.thread = fact;
	}
	if (state->too_many)
		txn->facts.thread = THREAD_NOT_KNOWN;
	free(text);
}

void thread_judge(struct txn *txn)
{
	struct thread_state *state;

	if (txn->facts.opt_out != SOMEBODY_OPTED_OUT || txn->facts.exempt ||
		txn->facts.fault != REASON_NONE ||
		txn->facts.failure != REASON_NONE)
		return;
	thread_gather(txn);
	state = txn->thread;
	if (!state || (!state->claims && !thread_names_something(txn)))
		return;
	txn->facts.thread = THREAD_NOT_KNOWN;
	if (!thread_names_something(txn))
		return;
	state->found = calloc(THREAD_RECIPIENTS_MAX, sizeof(*state->found));
	if (!state->found)
		txn_set_failure(txn, REASON_INTERNAL_ERROR);
	else if (search(txn, state) == 0 && thread_has_match(state))
		compare_all(txn, state);
}

bool thread_spend(struct txn *txn)
{
	struct thread_state *state = txn->thread;
	struct error error = { "", "" };
	struct change *changes;
	int rc;

	if (txn->facts.thread != THREAD_REPLIED)
		return true;
	changes = calloc(state->count, sizeof(*changes));
	if (!changes) {
		txn_set_failure(txn, REASON_INTERNAL_ERROR);
		return false;
	}
	for (size_t i = 0; i < state->count; i++) {
		const struct thread_recipient *found = &state->found[i];

		changes[i].kind = CHANGE_USE_THREAD;
		changes[i].thread = found->threads[found->chosen];
		changes[i].thread.replies =
			(unsigned)policy_replies(txn->snapshot->policy)->budget;
	}
	rc = service_apply(
		txn->session->service, changes, state->count, &error);
	if (rc < 0)
		thread_set_unknown(txn, &error);
	for (size_t i = 0; i < state->count && rc == 0; i++)
		if (!changes[i].changed)
			txn->facts.thread = THREAD_SPENT;
	free(changes);
	return rc >= 0 && txn->facts.thread == THREAD_REPLIED;
}
