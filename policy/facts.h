/* SPDX-License-Identifier: BSD-2-Clause */
/* All that a decision may look at. Plain data, of one message. */
#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

#include <stdbool.h>
#include "policy/kind.h"
#include "policy/reason.h"

enum order_fact {
	ORDER_NONE,    /* no order ID in the message */
	ORDER_ONE,     /* one, or the first of several */
	ORDER_SEVERAL, /* several different ones, and the policy minds */
};

enum order_entry {
	ENTRY_NOT_ASKED, /* the policy does not demand a known order */
	ENTRY_MATCHES,
	ENTRY_ABSENT,
	ENTRY_MISMATCH, /* of another seller, or another buyer */
};

enum opt_out_fact {
	NOBODY_OPTED_OUT,
	SOMEBODY_OPTED_OUT,
	OPT_OUT_UNKNOWN, /* the cache could not answer */
};

/* What is known of the thread that a seller replies on. */
enum thread_fact {
	THREAD_NOT_CLAIMED, /* no reply, or it does not matter */
	THREAD_NOT_KNOWN,   /* claims to be a reply: on no thread we know */
	THREAD_SPENT,	    /* the buyer's message was answered too often */
	THREAD_NO_ORIGINAL, /* on the thread, without the buyer's words */
	THREAD_REPLIED,	    /* on the thread, with them */
};

enum content_fact {
	CONTENT_NOT_JUDGED, /* it could not change the verdict */
	CONTENT_CRITICAL,
	CONTENT_NOT_CRITICAL,
};

struct facts {
	enum reason failure; /* SHUTTING_DOWN, INTERNAL_ERROR or NONE */
	enum reason fault;   /* MESSAGE_MALFORMED, _TOO_COMPLEX or NONE */
	bool from_buyer;     /* by a trusted way, and to no buyer */
	bool to_buyer;	     /* a buyer address among the recipients */
	bool from_seller;
	enum opt_out_fact opt_out;
	enum order_fact order;
	enum order_entry order_entry;
	bool exempt;	     /* the sender or the order */
	bool critical_claim; /* sent under a critical subject */
	enum thread_fact thread;
	bool thread_unsaved; /* a buyer's message that cannot be remembered */
	enum content_fact content;
	enum category category; /* of a content that was judged */
};

#endif
