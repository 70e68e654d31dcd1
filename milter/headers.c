/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include "milter/headers.h"
#include "milter/thread_token.h"

#define VALUE_SIZE 8192 /* longer References are left as they are */

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

int headers_put_token(SMFICTX *ctx, const struct txn_view *view)
{
	static char references[] = "References", reply_to[] = "Reply-To";
	const struct policy *policy = view->snapshot->policy;
	char separator = policy_address_form(policy)->tag_separator;
	char value[VALUE_SIZE];
	int rc = 0;

	if (view->token[0] == '\0')
		return 0;
	/* Without a field of the name, a new one is added. */
	if (thread_token_references(view->token, view->sender, view->references,
		    value, sizeof(value)) == 0 &&
		smfi_chgheader(ctx, references, 1, value) != MI_SUCCESS)
		rc = -1;
	if (policy_replies(policy)->reply_to &&
		thread_token_address(view->token, view->sender, separator,
			value, sizeof(value)) == 0 &&
		smfi_chgheader(ctx, reply_to, 1, value) != MI_SUCCESS)
		rc = -1;
	return rc;
}
