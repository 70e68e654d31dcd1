/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A message lives from txn_begin() to txn_end(), which every way out calls:
 * end of message, abort, the next MAIL and close. libmilter tells of no abort
 * after an early verdict or after the end of message.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include "milter/gather.h"
#include "milter/lookup.h"
#include "milter/thread.h"
#include "milter/thread_token.h"
#include "milter/trust.h"
#include "milter/txn_private.h"
#include "policy/author.h"

int64_t txn_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void txn_set_fault(struct txn *txn, enum reason fault, const char *fault_text)
{
	if (txn->facts.fault != REASON_NONE)
		return;
	txn->facts.fault = fault;
	txn->fault_text = fault_text;
}

void txn_set_failure(struct txn *txn, enum reason failure)
{
	txn->facts.failure = failure;
}

bool txn_is_governed(const struct txn *txn)
{
	return txn->facts.to_buyer && txn->facts.from_seller;
}

bool txn_is_from_buyer(const struct txn *txn)
{
	return txn->trust != TRUST_OPEN && txn_may_be_from_buyer(txn);
}

bool txn_may_be_from_buyer(const struct txn *txn)
{
	return txn->sender_is_buyer && txn->trust != TRUST_NONE &&
	       !txn->facts.to_buyer;
}

bool txn_is_read(const struct txn *txn)
{
	return txn_is_governed(txn) || txn_is_from_buyer(txn) ||
	       txn->session->wants_order;
}

static void set_sender(struct txn *txn, const char *sender)
{
	const struct policy *policy = txn->snapshot->policy;
	const struct address_form *form = policy_address_form(policy);

	/* A sender that cannot be read is still somebody, not the null one. */
	if (address_canonical(sender, form, txn->sender) == ADDRESS_INVALID)
		address_canonical_seller(sender, form, txn->sender);
	txn->sender_is_buyer = policy_is_buyer(policy, txn->sender);
	if (txn->sender_is_buyer)
		identity_make(service_keyring(txn->session->service),
			IDENTITY_BUYER, txn->sender, &txn->sender_id);
}

static void set_seller(struct txn *txn, const char *login)
{
	const struct policy *policy = txn->snapshot->policy;

	if (login != NULL && login[0] != '\0' &&
		policy_seller_by_login(policy)) {
		address_canonical_seller(
			login, policy_address_form(policy), txn->seller);
		txn->seller_by_login = true;
	} else if (policy_seller_by_envelope(policy)) {
		strcpy(txn->seller, txn->sender);
	}
	txn->facts.from_seller = txn->seller[0] != '\0';
	/* Of the seller, not the sender: behind a login that is anybody's. */
	txn->facts.exempt = policy_is_exempt_sender(policy, txn->seller);
	identity_make(service_keyring(txn->session->service), IDENTITY_SELLER,
		txn->seller, &txn->seller_id);
}

int txn_begin(struct session *session, const char *sender, const char *login,
	bool local)
{
	struct txn *txn;

	txn_end(session);
	txn = calloc(1, sizeof(*txn));
	if (txn == NULL)
		return -1;
	session->txn = txn;
	txn->session = session;
	txn->snapshot = service_snapshot(session->service);
	txn->counted = service_begin(session->service);
	txn->local = local;
	txn->facts.fault = REASON_NONE;
	txn->facts.failure = txn->counted ? REASON_NONE : REASON_SHUTTING_DOWN;
	set_sender(txn, sender);
	set_seller(txn, login);
	trust_begin(txn, login);
	return 0;
}

/*
 * Whether an address leads to a buyer: it is one, or its local part is an
 * address that leads to one. address becomes the buyer's.
 */
static bool leads_to_buyer(const struct policy *policy, char *address)
{
	const struct address_form *form = policy_address_form(policy);
	char probe[ADDRESS_SIZE];
	char inner[ADDRESS_SIZE];

	strcpy(probe, address);
	while (!policy_is_buyer(policy, probe)) {
		/* Each inner address is shorter, so this ends. */
		if (!address_routed(probe, form, inner))
			return false;
		strcpy(probe, inner);
	}
	strcpy(address, probe);
	return true;
}

/*
 * Reads the recipient, as the client wrote it and as the mail server resolved
 * it (or NULL). Either reading can make it a buyer's.
 */
static int set_recipient(struct txn *txn, const char *path,
	const char *resolved, struct recipient *r)
{
	const struct policy *policy = txn->snapshot->policy;
	const struct address_form *form = policy_address_form(policy);
	char address[ADDRESS_SIZE];
	char other[ADDRESS_SIZE];
	bool readable = address_canonical(path, form, address) == ADDRESS_OK;

	*r = (struct recipient){ .opt_out = NOBODY_OPTED_OUT };
	thread_token_of_path(path, form->tag_separator, r->token);
	r->is_buyer = readable && leads_to_buyer(policy, address);
	if (!r->is_buyer && resolved != NULL &&
		address_canonical(resolved, form, other) == ADDRESS_OK) {
		strcpy(address, other);
		readable = true;
		r->is_buyer = leads_to_buyer(policy, address);
	}
	if (!readable && strpbrk(path, "@%!") != NULL) {
		/* It may be anybody's: judged as if a buyer had opted out. */
		r->is_buyer = true;
		r->unreadable = true;
		r->opt_out = SOMEBODY_OPTED_OUT;
	}
	r->address = strdup(readable ? address : path);
	return r->address != NULL ? 0 : -1;
}

/* Whether recipients of different opt-out classes are told apart at RCPT. */
static bool splits(const struct txn *txn)
{
	const struct policy *policy = txn->snapshot->policy;

	return txn->session->can_refuse_rcpt && !txn->local &&
	       txn->facts.from_seller && !txn->facts.exempt &&
	       txn->facts.failure == REASON_NONE &&
	       policy_splits_recipients(policy) &&
	       policy_mode(policy, REASON_OPTED_OUT) == MODE_ENFORCE &&
	       policy_mode(policy, REASON_SPLIT_RECIPIENTS) == MODE_ENFORCE;
}

/* Returns whether the recipient may go with those taken before. */
static bool fits_class(struct txn *txn, struct recipient *r)
{
	if (r->is_buyer)
		lookup_class(txn, r);
	if (r->opt_out == OPT_OUT_UNKNOWN)
		return true; /* the end of message will say */
	if (txn->has_class && txn->class != r->opt_out)
		return false;
	txn->has_class = true;
	txn->class = r->opt_out;
	return true;
}

/* Makes room for one recipient more, or returns NULL. */
static struct recipient *next_recipient(struct txn *txn)
{
	struct recipient *grown = reallocarray(
		txn->recipients, txn->recipient_count + 1, sizeof(*grown));

	if (grown == NULL)
		return NULL;
	txn->recipients = grown;
	return &grown[txn->recipient_count];
}

/* Beyond the limit a buyer is not looked up, and counts as opted out. */
static void overlook(struct txn *txn, const struct recipient *r)
{
	txn_set_fault(txn, REASON_MESSAGE_TOO_COMPLEX,
		"more recipients than limits.recipients");
	txn->overlooked_buyer |= r->is_buyer;
	free(r->address);
}

/* Whether a recipient is refused now, and why. */
static bool is_refused(
	struct txn *txn, struct recipient *r, struct verdict *verdict_r)
{
	bool may_refuse = txn->session->can_refuse_rcpt && !txn->local;

	if (may_refuse && txn->facts.failure == REASON_SHUTTING_DOWN)
		*verdict_r = verdict_for(
			txn->snapshot->policy, REASON_SHUTTING_DOWN, "failure");
	else if (splits(txn) && !fits_class(txn, r))
		*verdict_r = verdict_for(txn->snapshot->policy,
			REASON_SPLIT_RECIPIENTS, "split-recipients");
	else
		return false;
	return verdict_r->outcome != OUTCOME_ACCEPT;
}

static bool add_recipient(struct txn *txn, const char *path,
	const char *resolved, struct verdict *verdict_r)
{
	size_t limit = (size_t)txn->snapshot->conf->limits.recipients;
	struct recipient *r = next_recipient(txn);

	if (r == NULL || set_recipient(txn, path, resolved, r) < 0) {
		txn_set_failure(txn, REASON_INTERNAL_ERROR);
		return true;
	}
	if (is_refused(txn, r, verdict_r)) {
		free(r->address);
		return false;
	}
	if (r->unreadable)
		txn_set_fault(txn, REASON_MESSAGE_MALFORMED,
			"a recipient address cannot be read");
	txn->facts.to_buyer |= r->is_buyer;
	if (txn->recipient_count < limit)
		txn->recipient_count++;
	else
		overlook(txn, r);
	return true;
}

bool txn_add_rcpt(struct txn *txn, const char *path, const char *resolved,
	struct verdict *verdict_r)
{
	int64_t start = txn_clock_us();
	bool taken = add_recipient(txn, path, resolved, verdict_r);

	txn->total_us += txn_clock_us() - start;
	return taken;
}

/* A line end inside a value may only be a fold; a bare CR may not be at all. */
static bool folds_are_sane(const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\r' && value[1] != '\n')
			return false;
		if (*value == '\n' && value[1] != ' ' && value[1] != '\t' &&
			value[1] != '\0')
			return false;
	}
	return true;
}

static int kind_of_field(
	const struct txn *txn, const char *name, int *position_r)
{
	*position_r = policy_order_header(txn->snapshot->policy, name);
	if (*position_r >= 0)
		return FIELD_ORDER;
	if (strcasecmp(name, "Subject") == 0)
		return FIELD_SUBJECT;
	if (strcasecmp(name, "Content-Type") == 0)
		return FIELD_CONTENT_TYPE;
	if (strcasecmp(name, "Content-Transfer-Encoding") == 0)
		return FIELD_TRANSFER_ENCODING;
	if (strcasecmp(name, "MIME-Version") == 0)
		return FIELD_MIME_VERSION;
	if (thread_wants_field(name))
		return FIELD_THREAD;
	return -1;
}

static void keep_field(struct txn *txn, int kind, int position,
	const char *name, const char *value)
{
	struct field *grown =
		reallocarray(txn->fields, txn->field_count + 1, sizeof(*grown));
	struct field *f;

	if (grown == NULL) {
		txn_set_failure(txn, REASON_INTERNAL_ERROR);
		return;
	}
	txn->fields = grown;
	f = &grown[txn->field_count++];
	*f = (struct field){ kind, position, strdup(name), strdup(value) };
	if (f->name == NULL || f->value == NULL)
		txn_set_failure(txn, REASON_INTERNAL_ERROR);
}

/* Counts the field; false when the header is beyond its limits. */
static bool within_limits(struct txn *txn, const char *name, const char *value)
{
	const struct conf *conf = txn->snapshot->conf;

	txn->header_bytes += strlen(name) + strlen(value) + 3;
	txn->header_fields++;
	if (txn->header_bytes > (size_t)conf->limits.header_bytes) {
		txn_set_fault(txn, REASON_MESSAGE_TOO_COMPLEX,
			"header larger than limits.header_bytes");
		return false;
	}
	if (txn->header_fields > (size_t)conf->limits.header_fields) {
		txn_set_fault(txn, REASON_MESSAGE_TOO_COMPLEX,
			"more header fields than limits.header_fields");
		return false;
	}
	return true;
}

/* A seller is one sender, and mail programs must agree on which. */
static void mind_from(struct txn *txn, const char *value)
{
	static const char *const faults[] = {
		[AUTHOR_SEVERAL] = "From names senders of several domains",
		[AUTHOR_GROUP] = "From is a group",
		[AUTHOR_NONE] = "From has no address, or a malformed one",
		[AUTHOR_BROKEN] = "From has a quote, comment or bracket that "
				  "does not end",
	};
	enum author author;

	if (++txn->from_fields > 1)
		txn_set_fault(txn, REASON_MESSAGE_MALFORMED,
			"more than one From field");
	if (!txn_is_governed(txn))
		return;
	author = author_read(value, policy_address_form(txn->snapshot->policy));
	if (author != AUTHOR_CLEAR)
		txn_set_fault(txn, REASON_MESSAGE_MALFORMED, faults[author]);
}

void txn_add_header(struct txn *txn, const char *name, const char *value)
{
	const char *ours = txn->snapshot->conf->verdict_header;
	int position;
	int kind;

	if (ours[0] != '\0' && strcasecmp(name, ours) == 0)
		txn->forged_headers++;
	if (!within_limits(txn, name, value))
		return;
	if (!folds_are_sane(value))
		txn_set_fault(txn, REASON_MESSAGE_MALFORMED,
			"a bare carriage return or line feed in the header");
	if (strcasecmp(name, "From") == 0)
		mind_from(txn, value);
	trust_add_field(txn, name, value);
	if (!txn_is_read(txn) && !txn_may_be_from_buyer(txn))
		return;
	kind = kind_of_field(txn, name, &position);
	if (kind >= 0)
		keep_field(txn, kind, position, name, value);
}

void txn_add_message_id(struct txn *txn, const char *id)
{
	/* It comes again as a field, or it is the only one. */
	if (id != NULL && txn_may_be_from_buyer(txn))
		keep_field(txn, FIELD_THREAD, -1, "Message-ID", id);
}

static bool may_name_order(const struct txn *txn)
{
	return txn->order_place == PLACE_NONE &&
	       policy_order_in_body(txn->snapshot->policy);
}

/* For the order ID, or to judge a critical claim. */
static bool may_need_body(const struct txn *txn)
{
	return may_name_order(txn) ||
	       (txn->facts.critical_claim && !txn->facts.exempt);
}

bool txn_wants_body(struct txn *txn)
{
	int64_t start = txn_clock_us();

	if (txn->body_wish == BODY_NOT_ASKED) {
		trust_settle(txn);
		gather_headers(txn);
		txn->body_wish = BODY_UNWANTED;
		if (txn->session->wants_order && may_name_order(txn))
			txn->body_wish = BODY_WANTED;
		else if (txn_is_governed(txn) && may_need_body(txn) &&
			 lookup_body_matters(txn))
			txn->body_wish = BODY_WANTED;
		if (txn->body_wish == BODY_UNWANTED && thread_wants_body(txn))
			txn->body_wish = BODY_WANTED;
		txn->total_us += txn_clock_us() - start;
	}
	return txn->body_wish == BODY_WANTED &&
	       txn->body_length <
		       (size_t)txn->snapshot->conf->limits.body_bytes;
}

void txn_add_body(struct txn *txn, const void *data, size_t length)
{
	size_t max = (size_t)txn->snapshot->conf->limits.body_bytes;
	char *grown;

	if (!txn_wants_body(txn) || length == 0)
		return;
	if (length > max - txn->body_length)
		length = max - txn->body_length;
	grown = realloc(txn->body, txn->body_length + length);
	if (grown == NULL) {
		txn_set_failure(txn, REASON_INTERNAL_ERROR);
		return;
	}
	memcpy(grown + txn->body_length, data, length);
	txn->body = grown;
	txn->body_length += length;
}

/* What an accepted message changes is committed before it is accepted. */
static bool commit(struct txn *txn)
{
	if (txn->verdict.reason == REASON_BUYER_MESSAGE)
		return thread_remember(txn);
	if (txn->verdict.reason == REASON_REPLY_IN_THREAD)
		return thread_spend(txn);
	return true;
}

/* Judges the text where nothing else decides the verdict. */
static void judge_content(struct txn *txn)
{
	const struct snapshot *snapshot = txn->snapshot;
	struct facts *facts = &txn->facts;
	const char *text = txn->text != NULL ? txn->text : "";

	if (!facts->critical_claim || facts->exempt ||
		facts->thread == THREAD_REPLIED ||
		facts->opt_out != SOMEBODY_OPTED_OUT ||
		facts->fault != REASON_NONE || facts->failure != REASON_NONE)
		return;
	if (txn->text_beyond) {
		txn_set_fault(txn, REASON_MESSAGE_TOO_COMPLEX,
			"its parts are beyond a limit or contradict each "
			"other");
		return;
	}
	switch (judge_text(policy_judge_rules(snapshot->policy),
		snapshot->phrases, text, strlen(text), &txn->judgement)) {
	case JUDGE_OK:
		txn->judged = true;
		facts->content = txn->judgement.critical ? CONTENT_CRITICAL
							 : CONTENT_NOT_CRITICAL;
		facts->category = txn->judgement.category;
		break;
	case JUDGE_TOO_COMPLEX:
		txn_set_fault(txn, REASON_MESSAGE_TOO_COMPLEX,
			"its text is too long or too complex");
		break;
	case JUDGE_NO_MEMORY:
		txn_set_failure(txn, REASON_INTERNAL_ERROR);
		break;
	}
}

const struct verdict *txn_decide(struct txn *txn)
{
	int64_t start = txn_clock_us();

	trust_settle(txn);
	txn->facts.from_buyer = txn_is_from_buyer(txn);
	if (txn_is_read(txn)) {
		gather_headers(txn);
		gather_body(txn);
	}
	if (txn_is_governed(txn)) {
		lookup_message(txn);
		thread_judge(txn);
		judge_content(txn);
	}
	txn->verdict = decide(txn->snapshot->policy, &txn->facts);
	if (!commit(txn))
		txn->verdict = decide(txn->snapshot->policy, &txn->facts);
	txn->decided = true;
	txn->total_us += txn_clock_us() - start;
	return &txn->verdict;
}

void txn_view(const struct txn *txn, struct txn_view *view_r)
{
	*view_r = (struct txn_view){
		.snapshot = txn->snapshot,
		.facts = &txn->facts,
		.verdict = &txn->verdict,
		.sender = txn->sender,
		.sender_id = txn->sender_is_buyer ? &txn->sender_id : NULL,
		.trusted_by =
			txn_is_from_buyer(txn) ? trust_name(txn->trust) : "",
		.seller = txn->seller,
		.seller_by_login = txn->seller_by_login,
		.recipients = txn->recipients,
		.recipient_count = txn->recipient_count,
		.order = txn->order,
		.order_place = txn->order_place,
		.order_field = txn->order_field,
		.subject = txn->subject != NULL ? txn->subject : "",
		.text = txn->text,
		.judgement = txn->judged ? &txn->judgement : NULL,
		.forged_headers = txn->forged_headers,
		.cache_error = txn->cache_error,
		.fault_text = txn->fault_text != NULL ? txn->fault_text : "",
		.thread_share = thread_share(txn),
		.token = thread_token(txn),
		.references = thread_references(txn),
		.lookup_us = txn->lookup_us,
		.total_us = txn->total_us,
	};
}

void txn_end(struct session *session)
{
	struct txn *txn = session->txn;

	if (txn == NULL)
		return;
	session->txn = NULL;
	for (size_t i = 0; i < txn->recipient_count; i++)
		free(txn->recipients[i].address);
	free(txn->recipients);
	for (size_t i = 0; i < txn->field_count; i++) {
		free(txn->fields[i].name);
		free(txn->fields[i].value);
	}
	free(txn->fields);
	thread_end(txn);
	free(txn->body);
	free(txn->subject);
	free(txn->text);
	judgement_fini(&txn->judgement);
	if (txn->counted)
		service_end(session->service);
	snapshot_unref(&txn->snapshot);
	free(txn);
}
