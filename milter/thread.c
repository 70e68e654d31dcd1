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
#include "milter/thread_token.h"
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

bool thread_names_something(const struct txn *txn)
{
	if (thread_ids_count(&txn->thread->ids) > 0)
		return true;
	for (size_t i = 0; i < txn->recipient_count; i++)
		if (txn->recipients[i].token[0] != '\0')
			return true;
	return false;
}

bool thread_wants_body(struct txn *txn)
{
	if (txn_is_from_buyer(txn))
		return true;
	if (!txn_is_governed(txn))
		return false;
	thread_gather(txn);
	return txn->thread && thread_names_something(txn) &&
	       lookup_body_matters(txn);
}

char *thread_read_text(struct txn *txn)
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

void thread_set_unknown(struct txn *txn, const struct error *error)
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

/* A message to several sellers has none: it would tell one of another. */
static void make_token(struct txn *txn, const struct thread *thread)
{
	const struct reply_rules *rules = policy_replies(txn->snapshot->policy);
	const struct keyring *ring = service_keyring(txn->session->service);
	struct token_thread made = { .buyer = thread->buyer,
		.order = thread->order,
		.until = thread->created + rules->window };

	if (!rules->token || txn->recipient_count != 1)
		return;
	identity_make(ring, IDENTITY_SELLER, txn->recipients[0].address,
		&made.seller);
	memcpy(made.thread, thread->id.bytes, sizeof(made.thread));
	if (token_make(ring, &made, txn->thread->token) < 0)
		log_message(LOG_ERR,
			"replies.token: the key ring has no signing key");
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
	text = thread_read_text(txn);
	if (changes && text)
		count = make_changes(txn, &common, text, changes);
	if (count < 0)
		error_set(error, "out of memory");
	else
		count = service_apply(service, changes, (size_t)count, error);
	if (count == 0)
		make_token(txn, &changes[0].thread);
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
	thread_set_unknown(txn, &error);
	txn->facts.thread_unsaved = true;
	return false;
}

int thread_share(const struct txn *txn)
{
	return txn->thread ? txn->thread->share : -1;
}

const char *thread_token(const struct txn *txn)
{
	return txn->thread ? txn->thread->token : "";
}

const char *thread_references(const struct txn *txn)
{
	for (size_t i = 0; i < txn->field_count; i++)
		if (txn->fields[i].kind == FIELD_THREAD &&
			strcasecmp(txn->fields[i].name, "References") == 0)
			return txn->fields[i].value;
	return "";
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
