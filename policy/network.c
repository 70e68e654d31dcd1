/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "policy/network.h"

static const unsigned char mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

static bool bit_is_set(const unsigned char *address, int bit)
{
	return (address[bit / 8] & (0x80 >> bit % 8)) != 0;
}

/* Returns the prefix length after slash, or -1. NULL: all bits. */
static int parse_prefix(const char *slash, int bits)
{
	char *end;
	long prefix;

	if (slash == NULL)
		return bits;
	if (!isdigit((unsigned char)slash[1]))
		return -1;
	prefix = strtol(slash + 1, &end, 10);
	return *end == '\0' && prefix <= bits ? (int)prefix : -1;
}

int network_parse(const char *text, struct network *network_r)
{
	const char *slash = strchr(text, '/');
	size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
	char address[INET6_ADDRSTRLEN];
	int bits;

	*network_r = (struct network){ 0 };
	if (length >= sizeof(address))
		return -1;
	memcpy(address, text, length);
	address[length] = '\0';
	network_r->family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
	bits = network_r->family == AF_INET6 ? 128 : 32;
	network_r->prefix = parse_prefix(slash, bits);
	if (network_r->prefix < 0 ||
		inet_pton(network_r->family, address, network_r->address) != 1)
		return -1;
	for (int bit = network_r->prefix; bit < bits; bit++)
		if (bit_is_set(network_r->address, bit))
			return -1;
	return 0;
}

bool network_has(const struct network *network, const struct sockaddr *address)
{
	const unsigned char *bytes;
	int family = address->sa_family;

	if (family == AF_INET) {
		bytes = (const void *)&(
			(const struct sockaddr_in *)(const void *)address)
				->sin_addr;
	} else if (family == AF_INET6) {
		bytes = ((const struct sockaddr_in6 *)(const void *)address)
				->sin6_addr.s6_addr;
		if (memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0) {
			bytes += sizeof(mapped_prefix);
			family = AF_INET;
		}
	} else {
		return false;
	}
	if (family != network->family)
		return false;
	for (int bit = 0; bit < network->prefix; bit++)
		if (bit_is_set(bytes, bit) != bit_is_set(network->address, bit))
			return false;
	return true;
}
