/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include "milter/gather.h"
#include "milter/txn_private.h"
#include "policy/message.h"
#include "policy/text.h"

/* Finds order IDs in text, to which it is normalized first. */
static void find_orders(
	struct txn *txn, const char *text, struct order_candidates *candidates)
{
	const struct policy *policy = txn->snapshot->policy;
	char *normal = text_normalize(text, strlen(text));

	if (normal == NULL) {
		txn_set_failure(txn, REASON_INTERNAL_ERROR);
		return;
	}
	order_find(policy_order_pattern(policy), normal, strlen(normal),
		candidates);
	if (candidates->undecided)
		txn_set_fault(txn, REASON_MESSAGE_TOO_COMPLEX,
			"order_id.pattern hit its match limit");
	free(normal);
}

/* Returns value without its folds, and without the blanks after them. */
static char *join_folds(const char *value)
{
	char *joined = malloc(strlen(value) + 1);
	char *out = joined;

	if (joined == NULL)
		return NULL;
	while (*value != '\0') {
		size_t fold = strspn(value, "\r\n");

		if (fold > 0)
			value += fold + strspn(value + fold, " \t");
		else
			*out++ = *value++;
	}
	*out = '\0';
	return joined;
}

/*
 * Finds order IDs in a header value whose decoded form is given. A fold may
 * split an ID, so that only the joined lines show it.
 */
static void find_in_value(struct txn *txn, const char *value,
	const char *decoded, struct order_candidates *candidates)
{
	char *joined;
	char *again;

	find_orders(txn, decoded, candidates);
	if (candidates->count > 0 || strpbrk(value, "\r\n") == NULL)
		return;
	joined = join_folds(value);
	again = joined != NULL ? text_decode_header(joined) : NULL;
	if (again != NULL)
		find_orders(txn, again, candidates);
	else
		txn_set_failure(txn, REASON_INTERNAL_ERROR);
	free(joined);
	free(again);
}

static void take_order(struct txn *txn, enum order_place place,
	const struct order_candidates *candidates)
{
	if (txn->order_place != PLACE_NONE || candidates->count == 0)
		return;
	strcpy(txn->order, candidates->ids[0]);
	txn->order_place = place;
	txn->facts.order = ORDER_ONE;
}

/* Adds the IDs of more to all. */
static void merge(
	struct order_candidates *all, const struct order_candidates *more)
{
	for (size_t i = 0; i < more->count; i++) {
		bool known = false;

		for (size_t j = 0; j < all->count; j++)
			if (strcmp(all->ids[j], more->ids[i]) == 0)
				known = true;
		if (!known && all->count < ORDER_CANDIDATES_MAX)
			strcpy(all->ids[all->count++], more->ids[i]);
	}
	all->overflow |= more->overflow;
}

static void mind_several(struct txn *txn, const struct order_candidates *all)
{
	if (policy_refuses_several_orders(txn->snapshot->policy) &&
		(all->count > 1 || all->overflow))
		txn->facts.order = ORDER_SEVERAL;
}

/* The field whose glob stands first wins, whatever the order of fields. */
static void gather_order_fields(struct txn *txn, struct order_candidates *all)
{
	struct order_candidates best = { 0 };
	int best_position = -1;

	for (size_t i = 0; i < txn->field_count; i++) {
		const struct field *f = &txn->fields[i];
		struct order_candidates found = { 0 };
		char *decoded;

		if (f->kind != FIELD_ORDER)
			continue;
		decoded = text_decode_header(f->value);
		if (decoded == NULL) {
			txn_set_failure(txn, REASON_INTERNAL_ERROR);
			return;
		}
		find_in_value(txn, f->value, decoded, &found);
		free(decoded);
		merge(all, &found);
		if (found.count > 0 &&
			(best_position < 0 || f->position < best_position)) {
			best = found;
			best_position = f->position;
			txn->order_field = f->name;
		}
	}
	take_order(txn, PLACE_HEADER, &best);
}

/* All Subject fields must claim: it is unknown which one a buyer sees. */
static void gather_claim(struct txn *txn, const char *decoded, bool first)
{
	int claims = policy_claims_critical(txn->snapshot->policy, decoded);

	if (claims < 0)
		txn_set_failure(txn, REASON_INTERNAL_ERROR);
	else if (first)
		txn->facts.critical_claim = claims == 1;
	else if (claims == 0)
		txn->facts.critical_claim = false;
}

static void gather_subjects(struct txn *txn, struct order_candidates *all)
{
	struct order_candidates found = { 0 };

	for (size_t i = 0; i < txn->field_count; i++) {
		char *decoded;

		if (txn->fields[i].kind != FIELD_SUBJECT)
			continue;
		decoded = text_decode_header(txn->fields[i].value);
		if (decoded == NULL) {
			txn_set_failure(txn, REASON_INTERNAL_ERROR);
			return;
		}
		gather_claim(txn, decoded, txn->subject == NULL);
		if (policy_order_in_subject(txn->snapshot->policy)) {
			struct order_candidates own = { 0 };

			find_in_value(txn, txn->fields[i].value, decoded, &own);
			if (txn->subject != NULL && found.count > 0 &&
				own.count > 0 &&
				strcmp(found.ids[0], own.ids[0]) != 0)
				txn_set_fault(txn, REASON_MESSAGE_MALFORMED,
					"Subject fields with different orders");
			merge(&found, &own);
		}
		if (txn->subject == NULL)
			txn->subject = decoded;
		else
			free(decoded);
	}
	merge(all, &found);
	take_order(txn, PLACE_SUBJECT, &found);
}

void gather_headers(struct txn *txn)
{
	struct order_candidates all = { 0 };

	if (txn->headers_gathered || !txn_is_read(txn))
		return;
	txn->headers_gathered = true;
	gather_order_fields(txn, &all);
	gather_subjects(txn, &all);
	mind_several(txn, &all);
}

/* The value of the only field of a kind; a second one contradicts it. */
static const char *content_field(struct txn *txn, enum field_kind kind)
{
	const char *value = NULL;

	for (size_t i = 0; i < txn->field_count; i++) {
		if (txn->fields[i].kind != kind)
			continue;
		if (value != NULL && kind != FIELD_MIME_VERSION)
			txn_set_fault(txn, REASON_MESSAGE_MALFORMED,
				"more than one Content-Type or "
				"Content-Transfer-Encoding field");
		value = value == NULL ? txn->fields[i].value : value;
	}
	return value;
}

static bool demands_order(const struct policy *policy)
{
	return policy_order_required(policy) || policy_order_known(policy);
}

static void find_orders_in_text(struct txn *txn, const char *text)
{
	struct order_candidates found = { 0 };

	find_orders(txn, text, &found);
	take_order(txn, PLACE_BODY, &found);
	mind_several(txn, &found);
}

void gather_content(struct txn *txn, struct message_content *content_r)
{
	*content_r = (struct message_content){
		.mime_version = content_field(txn, FIELD_MIME_VERSION),
		.content_type = content_field(txn, FIELD_CONTENT_TYPE),
		.transfer_encoding =
			content_field(txn, FIELD_TRANSFER_ENCODING),
		.body = txn->body,
		.length = txn->body_length,
	};
}

/* The text, or NULL after a failure was noted. */
static char *read_text(struct txn *txn)
{
	const struct conf *conf = txn->snapshot->conf;
	struct message_limits limits = {
		.depth = (int)conf->limits.mime_depth,
		.parts = (int)conf->limits.mime_parts,
		.text_bytes = (size_t)conf->limits.body_bytes,
	};
	struct message_content content;
	enum message_result result;
	char *text;

	gather_content(txn, &content);
	result = message_text(&content, &limits, &text);
	if (result == MESSAGE_NO_MEMORY)
		txn_set_failure(txn, REASON_INTERNAL_ERROR);
	txn->text_beyond = result == MESSAGE_BEYOND_LIMITS;
	return text;
}

void gather_body(struct txn *txn)
{
	const struct policy *policy = txn->snapshot->policy;
	bool order_wanted =
		txn->order_place == PLACE_NONE && policy_order_in_body(policy);
	char *text;

	if (order_wanted && !txn->session->sees_body && demands_order(policy))
		/* A reload asks for more than this connection was told of. */
		txn_set_failure(txn, REASON_INTERNAL_ERROR);
	if (txn->body_length == 0 ||
		(!order_wanted && !txn->facts.critical_claim))
		return;
	text = read_text(txn);
	if (text != NULL && order_wanted)
		find_orders_in_text(txn, text);
	if (txn->facts.critical_claim)
		txn->text = text;
	else
		free(text);
}
