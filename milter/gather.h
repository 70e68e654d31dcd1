/* SPDX-License-Identifier: BSD-2-Clause */
/* From header fields and body to the facts about order and subject. */
#ifndef MILTER_GATHER_H
#define MILTER_GATHER_H

struct txn;

/* Once per message, when its header is complete; later calls do nothing. */
void gather_headers(struct txn *txn);

/* Looks for the order in the body, where the header names none. */
void gather_body(struct txn *txn);

#endif
