/* SPDX-License-Identifier: BSD-2-Clause */
/* From header fields and body to the facts about order and subject. */
#ifndef MILTER_GATHER_H
#define MILTER_GATHER_H

struct message_content;
struct txn;

/* Once per message, when its header is complete; later calls do nothing. */
void gather_headers(struct txn *txn);

/* Looks for the order in the body, where the header names none. */
void gather_body(struct txn *txn);

/* The fields and octets of the content; they stay txn's. */
void gather_content(struct txn *txn, struct message_content *content_r);

#endif
