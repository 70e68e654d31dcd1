/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Authentication-Results (RFC 8601): what a mail server found when it checked
 * a message. Pure: any thread.
 */
#ifndef POLICY_AUTHRES_H
#define POLICY_AUTHRES_H

#include <stdbool.h>
#include "policy/strlist.h"

#define AUTHRES_ID_MAX 255     /* octets of the name of a server */
#define AUTHRES_VALUE_MAX 8192 /* octets; longer fields tell nothing */

enum authres {
	AUTHRES_FOREIGN, /* of none of the servers */
	AUTHRES_PASSED,	 /* DMARC passed */
	AUTHRES_NOTHING, /* DMARC did not, or the field cannot be read */
};

/*
 * Reads one field value, folds and all. servers: the names that count, of any
 * case. With several results of DMARC, all must be a pass.
 */
enum authres authres_read(const char *value, const struct strlist *servers);

/* Whether a field can name its server so. */
bool authres_is_id(const char *name);

#endif
