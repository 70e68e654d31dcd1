/* SPDX-License-Identifier: BSD-2-Clause */
/* Shows a verdict with every step that led to it, as text or JSON. */
#ifndef CTL_VERDICT_H
#define CTL_VERDICT_H

#include "milter/txn.h"
#include "policy/strlist.h"

/*
 * refused are the recipients that were refused at RCPT, split their verdict.
 */
void verdict_print(const struct txn_view *view, const struct strlist *refused,
	const struct verdict *split);

/* Returns 0, or an exit code after a message. */
int verdict_print_json(const struct txn_view *view,
	const struct strlist *refused, const struct verdict *split);

/* Words for what was found, for both. */
const char *verdict_direction(const struct facts *facts);
const char *verdict_opt_out(const struct recipient *recipient);
const char *verdict_order(const struct facts *facts);
const char *verdict_order_entry(const struct facts *facts);
const char *verdict_thread(const struct facts *facts);
const char *verdict_place(enum order_place place);
const char *verdict_mode(enum mode mode);

#endif
