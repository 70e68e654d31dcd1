/* SPDX-License-Identifier: BSD-2-Clause */
/* Networks as "192.0.2.0/24", "2001:db8::/32" or a single address. Pure. */
#ifndef POLICY_NETWORK_H
#define POLICY_NETWORK_H

#include <stdbool.h>
#include <sys/socket.h>

struct network {
	int family;		   /* AF_INET or AF_INET6 */
	unsigned char address[16]; /* network order */
	int prefix;		   /* bits */
};

/* Returns 0, or -1 when text is no network or has host bits set. */
int network_parse(const char *text, struct network *network_r);

/* An IPv4-mapped IPv6 address counts as IPv4. */
bool network_has(const struct network *network, const struct sockaddr *address);

#endif
