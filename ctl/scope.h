/* SPDX-License-Identifier: BSD-2-Clause */
/* Which opt-out a command line means: buyer, and a seller or an order. */
#ifndef CTL_SCOPE_H
#define CTL_SCOPE_H

#include "cache/writer.h"
#include "ctl/ctl.h"
#include "ctl/names.h"

struct scope_options {
	const char *seller; /* NULL: not given */
	const char *order;
};

/*
 * Whether the command line names one buyer and one scope. Returns 1, or
 * CTL_STOP after a message.
 */
int scope_check(
	struct ctl *ctl, const struct scope_options *options, int buyers);

/*
 * Finds the buyer, and fills buyer, scope and scope_id of *optout_r.
 * Returns 0, or an exit code after a message.
 */
int scope_resolve(const struct ctl *ctl, const char *address,
	const struct scope_options *options, struct buyer *buyer_r,
	struct optout *optout_r);

/* Applies changes as one, waiting for the commit. 0, or an exit code. */
int scope_apply(const struct ctl *ctl, struct change *changes, size_t count);

/* ", all sellers" and so on, for the output. */
void scope_print(const struct scope_options *options);

#endif
