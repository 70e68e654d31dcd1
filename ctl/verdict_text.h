/* SPDX-License-Identifier: BSD-2-Clause */
/* What was found in a text that was judged, as text or JSON. */
#ifndef CTL_VERDICT_TEXT_H
#define CTL_VERDICT_TEXT_H

#include "ctl/jsonout.h"
#include "milter/txn.h"

/* Prints nothing if no text was judged. */
void verdict_print_text(const struct txn_view *view);

/* null if no text was judged. NULL: out of memory. */
json_t *verdict_text_json(const struct txn_view *view);

#endif
