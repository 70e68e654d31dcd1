/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <strings.h>
#include "milter/trust.h"
#include "policy/authres.h"
#include "policy/mailbox.h"

void trust_begin(struct txn *txn, const char *login)
{
	const struct policy *policy = txn->snapshot->policy;
	const struct sockaddr *client =
		(const struct sockaddr *)&txn->session->client;

	if (txn->session->vouched) {
		txn->trust = TRUST_NETWORK;
		return;
	}
	if (login != NULL && login[0] != '\0') {
		/* Who logs in is a client, not a server that checks mail. */
		txn->trust =
			policy_trusts_login(policy) ? TRUST_LOGIN : TRUST_NONE;
		return;
	}
	if (client->sa_family != AF_UNSPEC &&
		policy_trusts_network(policy, client))
		txn->trust = TRUST_NETWORK;
	else if (txn->sender_is_buyer && policy_authservs(policy)->count > 0)
		txn->trust = TRUST_OPEN;
}

/* Whether a From value is the envelope sender, and nobody else. */
static bool is_sender(const struct txn *txn, const char *value)
{
	const struct address_form *form =
		policy_address_form(txn->snapshot->policy);
	char address[ADDRESS_SIZE];
	char canonical[ADDRESS_SIZE];

	return mailbox_address(value, address) &&
	       address_canonical(address, form, canonical) == ADDRESS_OK &&
	       strcmp(canonical, txn->sender) == 0;
}

void trust_add_field(struct txn *txn, const char *name, const char *value)
{
	const struct strlist *servers = policy_authservs(txn->snapshot->policy);

	if (txn->trust != TRUST_OPEN)
		return;
	if (strcasecmp(name, "From") == 0)
		txn->from_is_sender = is_sender(txn, value);
	/* The topmost field is the server's own; any below can be forged. */
	if (strcasecmp(name, "Authentication-Results") == 0 &&
		txn->authres == AUTHRES_FOREIGN)
		txn->authres = authres_read(value, servers);
}

void trust_settle(struct txn *txn)
{
	if (txn->trust != TRUST_OPEN)
		return;
	/* With a fault, others may read other fields than we did. */
	txn->trust = txn->facts.fault == REASON_NONE && txn->from_fields == 1 &&
				     txn->from_is_sender &&
				     txn->authres == AUTHRES_PASSED
			     ? TRUST_AUTHSERV
			     : TRUST_NONE;
}

const char *trust_name(enum trust trust)
{
	switch (trust) {
	case TRUST_NETWORK:
		return "network";
	case TRUST_LOGIN:
		return "login";
	case TRUST_AUTHSERV:
		return "authserv";
	default:
		return "";
	}
}
