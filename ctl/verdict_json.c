/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/jsonout.h"
#include "ctl/verdict.h"
#include "ctl/verdict_text.h"
#include "milter/log.h"
#include "milter/reply.h"

static json_t *recipients_json(const struct txn_view *view,
	const struct strlist *refused, const struct verdict *split)
{
	struct jsonout list, out;

	jsonout_begin_list(&list);
	for (size_t i = 0; i < view->recipient_count; i++) {
		const struct recipient *recipient = &view->recipients[i];

		jsonout_begin(&out);
		jsonout_string(&out, "address", recipient->address);
		jsonout_bool(&out, "buyer", recipient->is_buyer);
		jsonout_string(&out, "opt_out", verdict_opt_out(recipient));
		jsonout_bool(&out, "via_alias", recipient->has_alias);
		jsonout_string(&out, "refused", NULL);
		jsonout_item(&list, jsonout_take(&out));
	}
	for (size_t i = 0; i < refused->count; i++) {
		jsonout_begin(&out);
		jsonout_string(&out, "address", refused->items[i]);
		jsonout_string(&out, "refused", reason_name(split->reason));
		jsonout_item(&list, jsonout_take(&out));
	}
	return jsonout_take(&list);
}

static json_t *order_json(const struct txn_view *view)
{
	struct jsonout out;

	jsonout_begin(&out);
	jsonout_string(&out, "id", *view->order ? view->order : NULL);
	jsonout_string(&out, "state", verdict_order(view->facts));
	jsonout_string(&out, "place", verdict_place(view->order_place));
	jsonout_string(&out, "field",
		view->order_place == PLACE_HEADER ? view->order_field : NULL);
	jsonout_string(&out, "directory", verdict_order_entry(view->facts));
	return jsonout_take(&out);
}

/* NULL: out of memory. For an accepted message there is no reply. */
static json_t *reply_json(const struct txn_view *view)
{
	struct reply reply;
	struct jsonout lines, out;

	if (reason_info(view->verdict->reason)->outcome == OUTCOME_ACCEPT)
		return json_null();
	reply_build(view->snapshot->policy, view->verdict->reason, view->order,
		view->facts->category, &reply);
	jsonout_begin_list(&lines);
	for (size_t i = 0; i < reply.count; i++)
		jsonout_item(&lines, jsonout_text(reply.lines[i]));
	jsonout_begin(&out);
	jsonout_string(&out, "code", reply.code);
	jsonout_string(&out, "dsn", reply.dsn);
	jsonout_value(&out, "lines", jsonout_take(&lines));
	return jsonout_take(&out);
}

static void put_verdict(struct jsonout *out, const struct verdict *verdict)
{
	const struct reason_info *info = reason_info(verdict->reason);

	jsonout_string(out, "reason", info->name);
	jsonout_string(out, "rule", verdict->rule);
	jsonout_string(out, "mode", verdict_mode(verdict->mode));
	jsonout_string(out, "outcome", outcome_name(verdict->outcome));
	jsonout_string(out, "enforced", outcome_name(info->outcome));
}

int verdict_print_json(const struct txn_view *view,
	const struct strlist *refused, const struct verdict *split)
{
	const struct facts *facts = view->facts;
	char line[LOG_LINE_SIZE];
	struct jsonout out;

	log_format_verdict(view, line, sizeof(line));
	jsonout_begin(&out);
	jsonout_string(&out, "direction", verdict_direction(facts));
	jsonout_string(&out, "trusted_by",
		*view->trusted_by ? view->trusted_by : NULL);
	jsonout_string(&out, "sender", view->sender);
	jsonout_string(&out, "seller", *view->seller ? view->seller : NULL);
	jsonout_bool(&out, "seller_by_login", view->seller_by_login);
	jsonout_value(
		&out, "recipients", recipients_json(view, refused, split));
	jsonout_value(&out, "order", order_json(view));
	jsonout_string(&out, "subject", view->subject);
	jsonout_bool(&out, "critical_claim", facts->critical_claim);
	jsonout_string(&out, "thread", verdict_thread(facts));
	jsonout_integer(&out, "thread_share", view->thread_share);
	jsonout_bool(&out, "exempt", facts->exempt);
	jsonout_string(&out, "cache_error",
		*view->cache_error ? view->cache_error : NULL);
	jsonout_string(
		&out, "fault", *view->fault_text ? view->fault_text : NULL);
	jsonout_value(&out, "content", verdict_text_json(view));
	put_verdict(&out, view->verdict);
	jsonout_value(&out, "reply", reply_json(view));
	jsonout_string(&out, "log", line);
	return jsonout_end(&out);
}
