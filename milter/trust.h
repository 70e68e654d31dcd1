/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether mail with a buyer's sender address is believed to be the buyer's. */
#ifndef MILTER_TRUST_H
#define MILTER_TRUST_H

#include "milter/txn_private.h"

/* With the envelope sender known. login as in txn_begin(). */
void trust_begin(struct txn *txn, const char *login);

/* A header field within the limits; only some names matter. */
void trust_add_field(struct txn *txn, const char *name, const char *value);

/* After the header: what the fields said holds from now on. */
void trust_settle(struct txn *txn);

/* What the trust comes from, as in buyers.trusted; "" for none. */
const char *trust_name(enum trust trust);

#endif
