/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/text.h"

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

bool address_needs_scope(const struct address *address)
{
	const uint8_t *b = address->bytes;

	if (address->family != FAMILY_IPV6)
		return false;
	if (b[0] == 0xff)
		return (b[1] & 0x0f) == 1 || (b[1] & 0x0f) == 2;
	return b[0] == 0xfe && (b[1] & 0xc0) == 0x80;
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

/* As snprintf does: the length is what the text needs. */
static size_t copy_text(char *text, size_t size, const char *from, size_t length)
{
	size_t fits = length < size ? length : size ? size - 1 : 0;

	memcpy(text, from, fits);
	if (size)
		text[fits] = '\0';
	return length;
}

static size_t format_ipv4(char *host, const uint8_t *b)
{
	size_t used = 0;

	for (size_t i = 0; i < 4; i++) {
		if (i)
			host[used++] = '.';
		used += decimal_text(host + used, b[i]);
	}
	return used;
}

size_t address_format_host(char *text, size_t size, const struct address *address)
{
	const uint8_t *b = address->bytes;
	char host[48] = "-";
	int len;

	if (address->family == FAMILY_IPV4)
		return copy_text(text, size, host, format_ipv4(host, b));
	if (address_is_mapped(address))
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
	char host[ADDRESS_TEXT_LEN + 8];
	size_t length = address_format_host(host, ADDRESS_TEXT_LEN, address);

	if (address->family == FAMILY_IPV6)
		return (size_t)snprintf(text, size, "[%s]:%u", host, port);
	host[length++] = ':';
	length += decimal_text(host + length, port);
	return copy_text(text, size, host, length);
}

/* A number of at most most and at most digits digits at *text, which moves behind it; -1 if there is none. */
static int64_t take_number(const char **text, unsigned int base, size_t digits, int64_t most)
{
	static const char characters[] = "0123456789abcdef";
	int64_t number = 0;
	size_t length = 0;

	for (; length < digits && **text; length++, (*text)++) {
		char lower = **text >= 'A' && **text <= 'F' ? (char)(**text + 'a' - 'A') : **text;
		const char *digit = memchr(characters, lower, base);

		if (!digit)
			break;
		number = number * base + (digit - characters);
	}
	return length && number <= most ? number : -1;
}

static bool parse_ipv4(const char *text, uint8_t bytes[4])
{
	for (int i = 0; i < 4; i++) {
		int64_t number = take_number(&text, 10, 3, 255);

		if (number < 0 || *text != (i < 3 ? '.' : '\0'))
			return false;
		bytes[i] = (uint8_t)number;
		text++;
	}
	return true;
}

/* Groups until the end of text; at most 8.  *ret_gap is where "::" is, -1 nowhere. */
static int parse_groups(const char *text, uint16_t groups[8], int *ret_gap)
{
	int count = 0;

	*ret_gap = -1;
	if (!strncmp(text, "::", 2)) {
		*ret_gap = 0;
		text += 2;
	}
	while (*text) {
		const char *start = text;
		int64_t number = take_number(&text, 16, 4, 0xffff);
		uint8_t last[4];

		if (*text == '.' && count <= 6 && parse_ipv4(start, last)) {
			groups[count] = (uint16_t)(last[0] << 8 | last[1]);
			groups[count + 1] = (uint16_t)(last[2] << 8 | last[3]);
			return count + 2;
		}
		if (number < 0 || count == 8)
			return -EINVAL;
		groups[count++] = (uint16_t)number;
		if (!*text)
			break;
		if (*text++ != ':' || !*text)
			return -EINVAL;
		if (*text != ':')
			continue;
		if (*ret_gap >= 0)
			return -EINVAL;
		*ret_gap = count;
		text++;
	}
	return count;
}

static bool parse_ipv6(const char *text, uint8_t bytes[16])
{
	uint16_t groups[8] = {0};
	int gap, count = parse_groups(text, groups, &gap);

	if (count < 0 || (gap < 0 ? count != 8 : count > 7))
		return false;
	memset(bytes, 0, 16);
	for (int i = 0; i < count; i++) {
		int at = gap >= 0 && i >= gap ? 8 - count + i : i;

		bytes[2 * at] = (uint8_t)(groups[i] >> 8);
		bytes[2 * at + 1] = (uint8_t)groups[i];
	}
	return true;
}

int address_parse_host(const char *text, struct address *ret_address)
{
	struct address address = {.family = FAMILY_IPV4};
	const char *scope = strchr(text, '%');
	char host[48];
	int64_t number = 0;

	if (!strchr(text, ':')) {
		if (!parse_ipv4(text, address.bytes))
			return -EINVAL;
		*ret_address = address;
		return 0;
	}
	if (scope) {
		scope++;
		number = take_number(&scope, 10, 10, UINT32_MAX);
		if (number < 0 || *scope)
			return -EINVAL;
	}
	address.family = FAMILY_IPV6;
	address.scope = (uint32_t)number;
	snprintf(host, sizeof(host), "%.*s", (int)strcspn(text, "%"), text);
	if (strcspn(text, "%") >= sizeof(host) || !parse_ipv6(host, address.bytes))
		return -EINVAL;
	*ret_address = address;
	return 0;
}
