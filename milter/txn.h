/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One message: collects what the MTA tells of it, asks the cache, decides.
 * Knows nothing of libmilter: optoutctl explain takes the same way.
 */
#ifndef MILTER_TXN_H
#define MILTER_TXN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cache/identity.h"
#include "cache/token.h"
#include "milter/session.h"
#include "policy/decide.h"
#include "policy/facts.h"
#include "policy/judge.h"
#include "policy/order.h"

enum order_place {
	PLACE_NONE,
	PLACE_HEADER,
	PLACE_SUBJECT,
	PLACE_BODY,
};

struct recipient {
	char *address;	    /* canonical, or as given when invalid */
	bool is_buyer;	    /* governed, if from a seller */
	struct identity id; /* of the buyer, as far as aliases tell */
	bool has_alias;	    /* an alias record told the buyer */
	bool unreadable;    /* the address is malformed: may be anybody's */
	enum opt_out_fact opt_out;
	char token[TOKEN_SIZE]; /* of a sub-address, not verified; "": none */
};

struct txn; /* fields in txn_private.h; readers use the functions below */

/* What was found, for the log line and for explain. Valid until txn_end(). */
struct txn_view {
	const struct snapshot *snapshot;
	const struct facts *facts;
	const struct verdict *verdict;
	const char *sender; /* canonical, "" for the null sender */
	const struct identity *sender_id; /* of a buyer as sender, or NULL */
	const char *trusted_by; /* why it is a buyer's message, or "" */
	const char *seller;	/* identity of the seller, "" if none */
	bool seller_by_login;
	const struct recipient *recipients;
	size_t recipient_count;
	const char *order; /* "" if none */
	enum order_place order_place;
	const char *order_field; /* name of the field, for PLACE_HEADER */
	const char *subject;	 /* decoded, "" if none */
	const char *text;	 /* that was judged, or NULL */
	const struct judgement *judgement; /* of it, or NULL */
	size_t forged_headers;	 /* fields named as our verdict header */
	const char *cache_error; /* why the cache cannot answer, or "" */
	const char *fault_text;	 /* why it is malformed or too complex, or "" */
	int thread_share;  /* percent of the original found; -1: not asked */
	const char *token; /* for a buyer's message, "" for none */
	const char *references; /* its raw References, "" for none */
	int64_t lookup_us;
	int64_t total_us;
};

/*
 * Begins a message; the session's former one ends first. sender is the path
 * of MAIL FROM, login the SASL login or NULL. local: not received by SMTP, so
 * never refused at RCPT. Returns 0, or -1: out of memory.
 */
int txn_begin(struct session *session, const char *sender, const char *login,
	bool local);

/*
 * Adds a recipient: the path of RCPT TO, and the address that the mail server
 * made of it, or NULL. Returns true when it is taken; false when it is refused
 * now: *verdict_r says why, and the recipient does not count.
 */
bool txn_add_rcpt(struct txn *txn, const char *path, const char *resolved,
	struct verdict *verdict_r);

/* A header field as the MTA passes it: value raw, folds as LF and blanks. */
void txn_add_header(struct txn *txn, const char *name, const char *value);

/*
 * At end of message: the Message-ID that the MTA tells, which may be one that
 * it gave itself; may be NULL.
 */
void txn_add_message_id(struct txn *txn, const char *id);

/* Whether the body can still matter; ask before each chunk. */
bool txn_wants_body(struct txn *txn);
void txn_add_body(struct txn *txn, const void *data, size_t length);

/* At end of message: gathers the facts and decides. */
const struct verdict *txn_decide(struct txn *txn);

void txn_view(const struct txn *txn, struct txn_view *view_r);

/* The only place where a message's state is freed. Idempotent. */
void txn_end(struct session *session);

#endif
