/* SPDX-License-Identifier: BSD-2-Clause */
/* What a message asks the opt-out cache. */
#ifndef MILTER_LOOKUP_H
#define MILTER_LOOKUP_H

#include <stdbool.h>

struct txn;
struct recipient;

/* At RCPT: sets opt_out of a recipient, as far as no order is needed. */
void lookup_class(struct txn *txn, struct recipient *recipient);

/*
 * Before the body: whether an order ID in it can matter, because somebody may
 * have opted out, or the policy or an order directory asks for the order.
 */
bool lookup_body_matters(struct txn *txn);

/* At end of message: all facts that the cache has, in one read transaction. */
void lookup_message(struct txn *txn);

#endif
