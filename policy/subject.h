/* SPDX-License-Identifier: BSD-2-Clause */
/* The critical subject: a claim that a message is critical. Pure. */
#ifndef POLICY_SUBJECT_H
#define POLICY_SUBJECT_H

#include <stdbool.h>
#include "policy/order.h"

/*
 * The form in which subjects are compared: normalized, case folded, order IDs
 * blanked. decoded is UTF-8. The caller frees it. NULL: out of memory.
 */
char *subject_fold(const struct order_pattern *orders, const char *decoded);

/*
 * Whether folded is critical (both from subject_fold()). Only the word
 * "order", blanks, brackets and punctuation may stand around it; anything
 * around one in square brackets.
 */
bool subject_claims(const char *folded, const char *critical);

/*
 * The form in which the beginnings of subjects are compared: normalized, case
 * folded, blanks at both ends dropped. The caller frees. NULL: out of memory.
 */
char *subject_fold_prefix(const char *decoded);

/* Whether folded begins with prefix and a colon: "re:", "re[2]:", "re :". */
bool subject_has_prefix(const char *folded, const char *prefix);

#endif
