/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom a From field names, as mail programs would show it. Pure: any thread. */
#ifndef POLICY_AUTHOR_H
#define POLICY_AUTHOR_H

#include "policy/address.h"

enum author {
	AUTHOR_CLEAR,	/* one address, or several of one domain */
	AUTHOR_SEVERAL, /* addresses of different domains */
	AUTHOR_GROUP,	/* "name: address, address;" */
	AUTHOR_NONE,	/* no address, or one that is malformed */
	AUTHOR_BROKEN,	/* a quote, comment or bracket is not closed */
};

/*
 * Reads a raw value, of any length, in linear time. Lenient where all readers
 * agree on the address: marks in a name that lacks its quotes do no harm.
 */
enum author author_read(const char *value, const struct address_form *form);

#endif
