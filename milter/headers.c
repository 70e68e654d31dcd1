/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include "milter/headers.h"

/* libmilter takes names and values as char *, and only reads them. */
static char *unconst(const char *text)
{
	union {
		const char *in;
		char *out;
	} u = { text };

	return u.out;
}

int headers_mark(SMFICTX *ctx, const struct txn_view *view)
{
	const struct verdict *verdict = view->verdict;
	char *name = unconst(view->snapshot->conf->verdict_header);
	char value[256];
	int rc = 0;

	if (name[0] == '\0')
		return 0;
	/* From the last: a removal moves those that follow. */
	for (size_t i = view->forged_headers; i > 0; i--)
		if (smfi_chgheader(ctx, name, (int)i, NULL) != MI_SUCCESS)
			rc = -1;
	snprintf(value, sizeof(value), "%s; reason=%s; mode=%s",
		outcome_name(verdict->outcome), reason_name(verdict->reason),
		verdict->mode == MODE_SHADOW ? "shadow" : "enforce");
	if (smfi_addheader(ctx, name, value) != MI_SUCCESS)
		rc = -1;
	return rc;
}
