/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include "ctl/names.h"
#include "policy/text.h"

static int canonical(const struct ctl *ctl, const char *address,
	char canonical_r[ADDRESS_SIZE], struct error *error)
{
	if (address_canonical(address, &ctl->form, canonical_r) == ADDRESS_OK)
		return 0;
	return error_set(error,
		"\"%.80s\" is not a mail address; give user@domain", address);
}

int names_address(const struct ctl *ctl, const char *address,
	enum identity_type type, struct identity *id_r, struct error *error)
{
	char text[ADDRESS_SIZE];

	if (canonical(ctl, address, text, error) < 0)
		return -1;
	identity_make(ctl->ring, type, text, id_r);
	return 0;
}

int names_seller(const struct ctl *ctl, const char *seller,
	struct identity *id_r, struct error *error)
{
	char text[ADDRESS_SIZE];

	address_canonical_seller(seller, &ctl->form, text);
	if (!*text)
		return error_set(error,
			"\"%.80s\" is not a seller; give its login or address",
			seller);
	identity_make(ctl->ring, IDENTITY_SELLER, text, id_r);
	return 0;
}

/* Normalizes as mail is normalized, without blanks around. */
static int normalize(const char *order, char text_r[ORDER_ID_SIZE])
{
	char *text = text_normalize(order, strlen(order));
	size_t start, length;

	if (!text)
		return -1;
	start = strspn(text, " ");
	length = strlen(text + start);
	while (length > 0 && text[start + length - 1] == ' ')
		length--;
	if (length >= ORDER_ID_SIZE)
		length = 0; /* longer than any: as good as none */
	memcpy(text_r, text + start, length);
	text_r[length] = '\0';
	free(text);
	return 0;
}

int names_order(const struct ctl *ctl, const char *order, char *text_r,
	struct identity *id_r, struct error *error)
{
	char text[ORDER_ID_SIZE];

	if (ctl->policy_error.text[0])
		return error_set(error, "%s", ctl->policy_error.text);
	if (normalize(order, text) < 0)
		return error_set(error, "out of memory");
	if (!*text ||
		(ctl->policy &&
			!order_is_id(policy_order_pattern(ctl->policy), text)))
		return error_set(error,
			"\"%.80s\" is not an order ID; see order_id.pattern "
			"of the policy file",
			order);
	if (text_r)
		memcpy(text_r, text, sizeof(text));
	identity_make(ctl->ring, IDENTITY_ORDER, text, id_r);
	return 0;
}

bool names_is_order(const struct ctl *ctl, const char *text)
{
	char normal[ORDER_ID_SIZE];

	return ctl->policy && normalize(text, normal) == 0 && *normal &&
	       order_is_id(policy_order_pattern(ctl->policy), normal);
}

int names_find_buyer(const struct ctl *ctl, struct cache_read *read,
	const char *address, struct buyer *buyer_r, struct error *error)
{
	struct identity alias;
	int found;

	*buyer_r = (struct buyer){ 0 };
	if (names_address(ctl, address, IDENTITY_BUYER, &buyer_r->self, error) <
			0 ||
		names_address(ctl, address, IDENTITY_ALIAS, &alias, error) < 0)
		return -1;
	buyer_r->id = buyer_r->self;
	found = cache_find_alias(read, &alias, &buyer_r->id);
	if (found < 0)
		return error_set(error,
			"%.80s: its alias record cannot be read; run "
			"optoutctl verify",
			address);
	buyer_r->by_alias = found == 1;
	return 0;
}
