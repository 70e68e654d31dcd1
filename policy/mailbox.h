/* SPDX-License-Identifier: BSD-2-Clause */
/* The address in a From field. Pure: any thread. */
#ifndef POLICY_MAILBOX_H
#define POLICY_MAILBOX_H

#include <stdbool.h>
#include "policy/address.h"

/*
 * Finds the address of a field value that is a single mailbox: an address, or
 * a name and an address in angle brackets; comments may stand around them.
 * False for anything else: several mailboxes, a group, a name that needs
 * quotes, a route, blanks or comments inside the address. address_r holds
 * ADDRESS_SIZE octets, and is the address as it was written.
 */
bool mailbox_address(const char *value, char *address_r);

#endif
