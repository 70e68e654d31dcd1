/* SPDX-License-Identifier: BSD-2-Clause */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "milter/session.h"
#include "milter/txn.h"

struct session *session_new(struct service *service)
{
	struct session *session = calloc(1, sizeof(*session));

	if (session != NULL) {
		session->service = service;
		session->sees_body = true;
	}
	return session;
}

void session_free(struct session **session)
{
	if (*session == NULL)
		return;
	txn_end(*session);
	free(*session);
	*session = NULL;
}

void session_set_client(struct session *session, const struct sockaddr *client)
{
	size_t size = 0;

	if (client != NULL && client->sa_family == AF_INET)
		size = sizeof(struct sockaddr_in);
	else if (client != NULL && client->sa_family == AF_INET6)
		size = sizeof(struct sockaddr_in6);
	memset(&session->client, 0, sizeof(session->client));
	if (size > 0)
		memcpy(&session->client, client, size);
}
