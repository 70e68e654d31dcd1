/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One SMTP connection. Owns at most one message (txn). Used by one callback
 * at a time, on whichever thread libmilter chooses.
 */
#ifndef MILTER_SESSION_H
#define MILTER_SESSION_H

#include <stdbool.h>
#include <sys/socket.h>
#include "milter/service.h"

struct txn;

struct session {
	struct service *service;
	struct sockaddr_storage client; /* ss_family AF_UNSPEC: unknown */
	bool can_change_headers;	/* add and remove: the MTA offered it */
	bool can_refuse_rcpt;		/* it waits for our answer at RCPT */
	bool can_skip_body; /* it waits for our answer at the body */
	bool sees_body;	    /* it sends the body at all */
	bool vouched;	    /* its buyers are believed without the policy */
	bool wants_order;   /* even where no verdict depends on it */
	struct txn *txn;    /* the message under way, or NULL */
};

/* NULL: out of memory. */
struct session *session_new(struct service *service);

/* Ends the message under way, if any. NULL-safe, clears. */
void session_free(struct session **session);

/* client may be NULL: unknown, or not by network. */
void session_set_client(struct session *session, const struct sockaddr *client);

#endif
