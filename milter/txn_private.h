/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of a message, for txn.c, gather.c and lookup.c. */
#ifndef MILTER_TXN_PRIVATE_H
#define MILTER_TXN_PRIVATE_H

#include "milter/txn.h"
#include "policy/address.h"
#include "policy/authres.h"

enum field_kind {
	FIELD_SUBJECT,
	FIELD_ORDER, /* named by order_id.headers */
	FIELD_CONTENT_TYPE,
	FIELD_TRANSFER_ENCODING,
	FIELD_MIME_VERSION,
	FIELD_THREAD, /* Message-ID, In-Reply-To, References and the like */
};

struct field {
	enum field_kind kind;
	int position; /* FIELD_ORDER: of its glob */
	char *name;
	char *value;
};

/* By what a sender that is a buyer is believed to be one. */
enum trust {
	TRUST_NONE,
	TRUST_OPEN, /* fields of the header will tell */
	TRUST_NETWORK,
	TRUST_LOGIN,
	TRUST_AUTHSERV, /* a server found that DMARC passes */
};

enum body_wish {
	BODY_NOT_ASKED,
	BODY_WANTED,
	BODY_UNWANTED,
};

struct txn {
	/* For the whole message. */
	struct session *session;
	struct snapshot *snapshot;
	bool counted; /* service_begin() took it */
	bool local;   /* never refused at RCPT */

	/* The envelope. */
	char sender[ADDRESS_SIZE];
	bool sender_is_buyer;
	struct identity sender_id; /* of a buyer as sender */
	enum trust trust;
	char seller[ADDRESS_SIZE];
	bool seller_by_login;
	struct identity seller_id;
	struct recipient *recipients;
	size_t recipient_count;
	bool overlooked_buyer; /* beyond limits.recipients */
	bool has_class;	       /* a recipient was taken, with this opt-out: */
	enum opt_out_fact class;

	/* Header and body, as far as they matter. */
	struct field *fields;
	size_t field_count;
	size_t header_fields;
	size_t header_bytes;
	int from_fields;
	bool from_is_sender;
	enum authres authres; /* the first that is not foreign */
	size_t forged_headers;
	char *body;
	size_t body_length;
	enum body_wish body_wish;

	/* What was made of them. */
	bool headers_gathered;
	char order[ORDER_ID_SIZE];
	enum order_place order_place;
	const char *order_field; /* name of a field above */
	char *subject;
	char *text;	  /* decoded, kept where a critical claim can matter */
	bool text_beyond; /* a limit cut it, or readers may see another */
	struct judgement judgement;
	bool judged;
	const char *fault_text;
	char cache_error[256];
	struct thread_state *thread; /* thread.c's, or NULL */
	struct facts facts;
	struct verdict verdict;
	bool decided;
	int64_t lookup_us;
	int64_t total_us;
};

/* Microseconds of the monotonic clock. */
int64_t txn_clock_us(void);

/* The first fault and the worst failure stay. fault_text must be static. */
void txn_set_fault(struct txn *txn, enum reason fault, const char *fault_text);
void txn_set_failure(struct txn *txn, enum reason failure);

/* Whether a seller sends to a buyer, as far as the envelope is known. */
bool txn_is_governed(const struct txn *txn);

/* Whether a buyer sends to sellers, by a trusted way. */
bool txn_is_from_buyer(const struct txn *txn);

/* Whether it is so, or the header may still tell. */
bool txn_may_be_from_buyer(const struct txn *txn);

/* Whether the header, once complete, is looked into. */
bool txn_is_read(const struct txn *txn);

#endif
