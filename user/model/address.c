/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/address.h"

#include <stdio.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

bool address_is_mapped(const struct address *address)
{
	return address->family == FAMILY_IPV6 &&
	       !memcmp(address->bytes, mapped_prefix, sizeof(mapped_prefix));
}

bool address_is_wildcard(const struct address *address)
{
	static const uint8_t zero[16];

	if (address->family == FAMILY_IPV4)
		return !memcmp(address->bytes, zero, 4);
	if (address->family != FAMILY_IPV6)
		return false;
	return !memcmp(address->bytes, zero, sizeof(zero)) ||
	       (address_is_mapped(address) && !memcmp(address->bytes + 12, zero, 4));
}

bool address_equal(const struct address *one, const struct address *two)
{
	size_t len = one->family == FAMILY_IPV4 ? 4 : 16;

	return one->family == two->family && one->scope == two->scope && !memcmp(one->bytes, two->bytes, len);
}

/* RFC 5952: the longest run of two or more zero groups becomes "::", the first of equals. */
static void longest_zero_run(const uint16_t *groups, int *ret_start, int *ret_len)
{
	int start = -1, len = 1, run = 0;

	for (int i = 0; i < 8; i++) {
		run = groups[i] ? 0 : run + 1;
		if (run > len) {
			len = run;
			start = i - run + 1;
		}
	}
	*ret_start = start;
	*ret_len = start < 0 ? 0 : len;
}

static void format_ipv6(char *text, size_t size, const uint8_t *bytes)
{
	uint16_t groups[8];
	int zero_start, zero_len;
	size_t used = 0;

	for (int i = 0; i < 8; i++)
		groups[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
	longest_zero_run(groups, &zero_start, &zero_len);

	for (int i = 0; i < 8; i++) {
		if (i == zero_start) {
			used += (size_t)snprintf(text + used, size - used, "::");
			i += zero_len - 1;
			continue;
		}
		if (i && i != zero_start + zero_len)
			used += (size_t)snprintf(text + used, size - used, ":");
		used += (size_t)snprintf(text + used, size - used, "%x", groups[i]);
	}
}

size_t address_format_host(char *text, size_t size, const struct address *address)
{
	const uint8_t *b = address->bytes;
	char host[48] = "-";
	int len;

	if (address->family == FAMILY_IPV4)
		snprintf(host, sizeof(host), "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
	else if (address_is_mapped(address))
		snprintf(host, sizeof(host), "::ffff:%u.%u.%u.%u", b[12], b[13], b[14], b[15]);
	else if (address->family == FAMILY_IPV6)
		format_ipv6(host, sizeof(host), b);

	if (address->family == FAMILY_IPV6 && address->scope)
		len = snprintf(text, size, "%s%%%lu", host, (unsigned long)address->scope);
	else
		len = snprintf(text, size, "%s", host);
	return (size_t)len;
}

size_t address_format(char *text, size_t size, const struct address *address, uint16_t port)
{
	char host[ADDRESS_TEXT_LEN];

	address_format_host(host, sizeof(host), address);
	if (address->family == FAMILY_IPV6)
		return (size_t)snprintf(text, size, "[%s]:%u", host, port);
	return (size_t)snprintf(text, size, "%s:%u", host, port);
}
