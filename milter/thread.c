/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <time.h>
#include "milter/gather.h"
#include "milter/log.h"
#include "milter/lookup.h"
#include "milter/thread_ids.h"
#include "milter/thread_state.h"
#include "milter/txn_private.h"
#include "policy/message.h"

static const char original_id[] = "Original-Message-ID";

/* Message-ID itself, or what a relay that set a new one left of it. */
static bool is_message_id(const char *name)
{
	size_t length = strlen(name), tail = sizeof(original_id) - 1;

	return strcasecmp(name, "Message-ID") == 0 ||
	       strcasecmp(name, "Resent-Message-ID") == 0 ||
	       (length >= tail &&
		       strcasecmp(name + length - tail, original_id) == 0);
}

static bool is_reference(const char *name)
{
	return strcasecmp(name, "In-Reply-To") == 0 ||
	       strcasecmp(name, "References") == 0;
}

bool thread_wants_field(const char *name)
{
	return is_message_id(name) || is_reference(name);
}

static struct thread_state *state_of(struct txn *txn)
{
	if (!txn->thread) {
		txn->thread = calloc(1, sizeof(*txn->thread));
		if (txn->thread)
			txn->thread->share = -1;
		else
			txn_set_failure(txn, REASON_INTERNAL_ERROR);
	}
	return txn->thread;
}

static void gather_subject(struct txn *txn, struct thread_state *state)
{
	int claims;

	if (!txn->subject)
		return;
	claims = policy_claims_reply(txn->snapshot->policy, txn->subject);
	if (claims < 0)
		txn_set_failure(txn, REASON_INTERNAL_ERROR);
	state->claims |= claims == 1;
}

void thread_gather(struct txn *txn)
{
	struct thread_state *state = state_of(txn);
	bool own = txn_is_from_buyer(txn);

	if (!state || state->gathered)
		return;
	state->gathered = true;
	for (size_t i = 0; i < txn->field_count; i++) {
		const struct field *f = &txn->fields[i];

		if (f->kind != FIELD_THREAD || is_message_id(f->name) != own)
			continue;
		if (thread_ids_add(&state->ids, f->value) < 0)
			txn_set_failure(txn, REASON_INTERNAL_ERROR);
		state->claims |= !own;
	}
	gather_subject(txn, state);
}

bool thread_wants_body(struct txn *txn)
{
	if (txn_is_from_buyer(txn))
		return true;
	if (!txn_is_governed(txn))
		return false;
	thread_gather(txn);
	return txn->thread && thread_ids_count(&txn->thread->ids) > 0 &&
	       lookup_body_matters(txn);
}

/* The whole text, quotes and attached messages included. */
static char *read_text(struct txn *txn)
{
	const struct conf *conf = txn->snapshot->conf;
	struct message_limits limits = {
		.depth = (int)conf->limits.mime_depth,
		.parts = (int)conf->limits.mime_parts,
		.text_bytes = (size_t)conf->limits.body_bytes,
		.attached = true,
	};
	struct message_content content;
	char *text = NULL;

	gather_content(txn, &content);
	if (message_text(&content, &limits, &text) == MESSAGE_NO_MEMORY)
		txn_set_failure(txn, REASON_INTERNAL_ERROR);
	return text;
}

static void set_unknown(struct txn *txn, const struct error *error)
{
	txn->facts.opt_out = OPT_OUT_UNKNOWN;
	if (txn->cache_error[0] == '\0')
		snprintf(txn->cache_error, sizeof(txn->cache_error), "%.250s",
			error->text[0] != '\0'
				? error->text
				: "a record is damaged; run optoutctl verify");
	if (service_cache_changed(txn->session->service, false))
		log_message(LOG_ERR, "opt-out cache unavailable: %s",
			txn->cache_error);
}

/* --- A seller's reply ------------------------------------------------------ */

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

static void search_recipient(struct search *s, const struct recipient *r,
	struct thread_recipient *found)
{
	const struct keyring *ring = service_keyring(s->txn->session->service);
	const struct thread_ids *ids = &s->txn->thread->ids;
	struct identity self;

	if (r->unreadable)
		return;
	identity_make(ring, IDENTITY_BUYER, r->address, &self);
	/* The last ids are the nearest ones. */
	for (size_t i = thread_ids_count(ids); i-- > 0;) {
		search_id(s, &r->id, ids->ids[i], found);
		if (memcmp(&r->id, &self, sizeof(self)) != 0)
			search_id(s, &self, ids->ids[i], found);
	}
}

/* Finds the threads of each buyer who opted out. Returns 0, or -1. */
static int search(struct txn *txn, struct thread_state *state)
{
	int64_t window = policy_replies(txn->snapshot->policy)->window;
	int64_t start = txn_clock_us();
	struct error error = { "", "" };
	struct search s = { .txn = txn, .since = (int64_t)time(NULL) - window };

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
		set_unknown(txn, &error);
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
	char *text = read_text(txn);

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
	if (!state || !state->claims)
		return;
	txn->facts.thread = THREAD_NOT_KNOWN;
	if (thread_ids_count(&state->ids) == 0)
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
		set_unknown(txn, &error);
	for (size_t i = 0; i < state->count && rc == 0; i++)
		if (!changes[i].changed)
			txn->facts.thread = THREAD_SPENT;
	free(changes);
	return rc >= 0 && txn->facts.thread == THREAD_REPLIED;
}

/* --- A buyer's message ----------------------------------------------------- */

/* The buyer as the alias says, else the address. Returns 0, or -1. */
static int find_buyer(
	struct txn *txn, struct identity *buyer_r, struct error *error)
{
	struct service *service = txn->session->service;
	const struct keyring *ring = service_keyring(service);
	struct cache_read *read = service_read(service, error);
	struct identity alias;
	int found;

	if (!read)
		return -1;
	identity_make(ring, IDENTITY_BUYER, txn->sender, buyer_r);
	identity_make(ring, IDENTITY_ALIAS, txn->sender, &alias);
	found = cache_find_alias(read, &alias, buyer_r);
	cache_read_end(&read);
	return found < 0 ? -1 : 0;
}

/* The changes for one seller: the thread, and a reference for each more id. */
static int add_thread(struct txn *txn, const struct thread *common,
	const char *seller, const char *text, struct change *changes)
{
	const struct keyring *ring = service_keyring(txn->session->service);
	const struct thread_ids *ids = &txn->thread->ids;
	unsigned char key[IDENTITY_KEY_SIZE];
	struct identity seller_id;
	size_t count = thread_ids_count(ids);

	identity_make(ring, IDENTITY_SELLER, seller, &seller_id);
	for (size_t i = 0; i < count && i < THREAD_OWN_IDS_MAX; i++) {
		struct thread *thread = &changes[i].thread;

		changes[i].kind = CHANGE_PUT_THREAD;
		*thread = *common;
		identity_make_thread(
			ring, &seller_id, ids->ids[i], &thread->id);
		if (i == 0) {
			identity_quote_key(ring, &thread->id, key);
			if (quote_make(key, text, &thread->quote) < 0)
				return -1;
		} else {
			thread->is_reference = true;
			thread->target = changes[0].thread.id;
		}
	}
	return 0;
}

/* Makes all changes. Returns their number, or -1: out of memory. */
static int make_changes(struct txn *txn, const struct thread *common,
	const char *text, struct change *changes)
{
	size_t ids = thread_ids_count(&txn->thread->ids);
	int count = 0;

	if (ids > THREAD_OWN_IDS_MAX)
		ids = THREAD_OWN_IDS_MAX;
	for (size_t i = 0;
		i < txn->recipient_count && i < THREAD_RECIPIENTS_MAX; i++) {
		if (add_thread(txn, common, txn->recipients[i].address, text,
			    changes + count) < 0)
			return -1;
		count += (int)ids;
	}
	return count;
}

/* Returns 0, or -1 with error set or, out of memory, without. */
static int remember(struct txn *txn, struct error *error)
{
	struct service *service = txn->session->service;
	struct thread common = { .created = (int64_t)time(NULL) };
	struct change *changes;
	char *text;
	int count = -1;

	if (find_buyer(txn, &common.buyer, error) < 0)
		return -1;
	if (txn->order_place != PLACE_NONE)
		identity_make(service_keyring(service), IDENTITY_ORDER,
			txn->order, &common.order);
	changes = calloc((size_t)THREAD_OWN_IDS_MAX * THREAD_RECIPIENTS_MAX,
		sizeof(*changes));
	text = read_text(txn);
	if (changes && text)
		count = make_changes(txn, &common, text, changes);
	if (count < 0)
		error_set(error, "out of memory");
	else
		count = service_apply(service, changes, (size_t)count, error);
	free(changes);
	free(text);
	return count < 0 ? -1 : 0;
}

bool thread_remember(struct txn *txn)
{
	struct error error = { "", "" };
	int64_t start = txn_clock_us();
	int rc;

	thread_gather(txn);
	if (!txn->thread || thread_ids_count(&txn->thread->ids) == 0)
		return true; /* no id: nobody can name it */
	rc = remember(txn, &error);
	txn->lookup_us += txn_clock_us() - start;
	if (rc == 0) {
		if (service_cache_changed(txn->session->service, true))
			log_message(
				LOG_NOTICE, "opt-out cache available again");
		return true;
	}
	set_unknown(txn, &error);
	txn->facts.thread_unsaved = true;
	return false;
}

int thread_share(const struct txn *txn)
{
	return txn->thread ? txn->thread->share : -1;
}

void thread_end(struct txn *txn)
{
	if (!txn->thread)
		return;
	thread_ids_fini(&txn->thread->ids);
	free(txn->thread->found);
	free(txn->thread);
	txn->thread = NULL;
}
