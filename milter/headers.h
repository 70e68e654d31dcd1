/* SPDX-License-Identifier: BSD-2-Clause */
/* The verdict header: ours set once, forged ones removed. */
#ifndef MILTER_HEADERS_H
#define MILTER_HEADERS_H

#include <libmilter/mfapi.h>
#include "milter/txn.h"

/*
 * At end of message only, for a message that is let through. Returns 0, or -1
 * when the MTA refused a change.
 */
int headers_mark(SMFICTX *ctx, const struct txn_view *view);

/*
 * At end of message: puts the thread token of a buyer's message into its
 * References, and into Reply-To if the policy says so. As headers_mark().
 */
int headers_put_token(SMFICTX *ctx, const struct txn_view *view);

#endif
