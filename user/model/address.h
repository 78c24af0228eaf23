/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses as text (RFC 5952) and what kind they are; no libc resolver, so
 * that every system builds it.
 */
#ifndef REUSETRACE_MODEL_ADDRESS_H
#define REUSETRACE_MODEL_ADDRESS_H

#include "model/event.h"

#define ADDRESS_TEXT_LEN 80

/* ::ffff:a.b.c.d, an IPv4 address in an IPv6 socket */
bool address_is_mapped(const struct address *address);

/* 0.0.0.0, :: or ::ffff:0.0.0.0 */
bool address_is_wildcard(const struct address *address);

/* Link-local, as multicast too, or multicast of this host: Linux's __ipv6_addr_needs_scope_id() */
bool address_needs_scope(const struct address *address);

bool address_equal(const struct address *one, const struct address *two);

/*
 * "127.0.0.1", "::1", "fe80::1%2", "::ffff:127.0.0.1", "-" without an address.
 * Always terminated; the return value is what the text needs, as snprintf's.
 */
size_t address_format_host(char *text, size_t size, const struct address *address);

/*
 * Such a text back, with a number as the scope: 0 or -EINVAL.  An IPv6 address
 * may be in any notation of RFC 4291.
 */
int address_parse_host(const char *text, struct address *ret_address);

/* "127.0.0.1:8080", "[::1]:8080", "[fe80::1%2]:8080" */
size_t address_format(char *text, size_t size, const struct address *address, uint16_t port);

#endif
