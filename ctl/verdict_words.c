/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/verdict.h"

const char *verdict_direction(const struct facts *facts)
{
	if (facts->to_buyer && facts->from_seller)
		return "seller to buyer";
	if (facts->from_buyer)
		return "buyer to seller";
	return "neither";
}

const char *verdict_opt_out(const struct recipient *recipient)
{
	if (!recipient->is_buyer)
		return "no buyer";
	if (recipient->unreadable)
		return "unreadable address";
	switch (recipient->opt_out) {
	case SOMEBODY_OPTED_OUT:
		return "opted out";
	case OPT_OUT_UNKNOWN:
		return "unknown";
	default:
		return "not opted out";
	}
}

const char *verdict_order(const struct facts *facts)
{
	switch (facts->order) {
	case ORDER_ONE:
		return "found";
	case ORDER_SEVERAL:
		return "several different ones";
	default:
		return "none";
	}
}

const char *verdict_order_entry(const struct facts *facts)
{
	switch (facts->order_entry) {
	case ENTRY_MATCHES:
		return "known, of this seller and buyer";
	case ENTRY_ABSENT:
		return "unknown order";
	case ENTRY_MISMATCH:
		return "of another seller or buyer";
	default:
		return "not asked";
	}
}

const char *verdict_thread(const struct facts *facts)
{
	switch (facts->thread) {
	case THREAD_NOT_KNOWN:
		return "claims to be a reply, on no known thread";
	case THREAD_SPENT:
		return "known, but answered too often";
	case THREAD_NO_ORIGINAL:
		return "known, without the original";
	case THREAD_REPLIED:
		return "known, with the original";
	default:
		return "not asked";
	}
}

const char *verdict_place(enum order_place place)
{
	switch (place) {
	case PLACE_HEADER:
		return "header";
	case PLACE_SUBJECT:
		return "subject";
	case PLACE_BODY:
		return "text";
	default:
		return "none";
	}
}

const char *verdict_mode(enum mode mode)
{
	return mode == MODE_SHADOW ? "shadow" : "enforce";
}
