/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/address.h"

#include <string.h>

#include "model/address.h"

/*
 * __inet6_bind() and tcp_v6_connect(): a specific IPv6 address has no IPv4
 * equivalent, so sk_rcv_saddr is LOOPBACK4_IPV6, 127.0.0.6.
 */
static const uint8_t loopback4_ipv6[4] = {127, 0, 0, 6};
static const uint8_t zero4[4];

struct side {
	enum family family;
	enum address_class class;
	const uint8_t *v4; /* sk_rcv_saddr */
	const uint8_t *v6; /* sk_v6_rcv_saddr, NULL in an IPv4 socket */
	bool v6only;
};

static struct side side_of(enum family family, const struct address *address, bool v6only)
{
	struct side side = {.family = family, .v6only = v6only};

	if (family != FAMILY_IPV6) {
		side.class = ADDRESS_MAPPED;
		side.v4 = address->bytes;
		side.v6only = false;
		return side;
	}
	side.v6 = address->bytes;
	if (address_is_mapped(address)) {
		side.class = ADDRESS_MAPPED;
		side.v4 = address->bytes + 12;
	} else if (address_is_wildcard(address) || address->family == FAMILY_NONE) {
		side.class = ADDRESS_ANY;
		side.v4 = zero4;
	} else {
		side.class = ADDRESS_OTHER;
		side.v4 = loopback4_ipv6;
	}
	return side;
}

static struct side side_of_sock(const struct sock_info *sock)
{
	return side_of(sock->family, &sock->address, sock->options.v6only);
}

static bool v4_is_any(const struct side *side)
{
	return !memcmp(side->v4, zero4, 4);
}

static bool ipv4_equal(const struct side *one, const struct side *two, bool match_two)
{
	if (two->v6only)
		return false;
	if (!memcmp(one->v4, two->v4, 4))
		return true;
	return v4_is_any(one) || (match_two && v4_is_any(two));
}

/* ipv6_rcv_saddr_equal() and ipv4_rcv_saddr_equal() with match_sk1_wildcard true */
static bool rcv_saddr_equal(const struct side *one, const struct side *two, bool match_two)
{
	if (one->family != FAMILY_IPV6)
		return ipv4_equal(one, two, match_two);
	if (one->class == ADDRESS_MAPPED && two->class == ADDRESS_MAPPED)
		return ipv4_equal(one, two, match_two);
	if (one->class == ADDRESS_ANY && two->class == ADDRESS_ANY)
		return true;
	if (two->class == ADDRESS_ANY && match_two && !(two->v6only && one->class == ADDRESS_MAPPED))
		return true;
	if (one->class == ADDRESS_ANY && !(one->v6only && two->class == ADDRESS_MAPPED))
		return true;
	return two->v6 && !memcmp(one->v6, two->v6, 16);
}

enum address_class address_class(const struct sock_info *sock)
{
	return side_of_sock(sock).class;
}

bool addr_overlap(const struct sock_info *binder, const struct sock_info *holder)
{
	struct side one = side_of_sock(binder), two = side_of_sock(holder);

	return rcv_saddr_equal(&one, &two, true);
}

bool addr_fast_covers(const struct bucket_facts *bucket, const struct sock_info *binder)
{
	struct side fast = side_of(bucket->fast_address.family, &bucket->fast_address, bucket->fast_v6only);
	struct side new = side_of_sock(binder);

	return rcv_saddr_equal(&fast, &new, false);
}

bool addr_same(const struct sock_info *one, const struct sock_info *two)
{
	struct side a = side_of_sock(one), b = side_of_sock(two);

	if ((a.family == FAMILY_IPV6) != (b.family == FAMILY_IPV6) || a.v6only != b.v6only)
		return false;
	return a.v6 ? !memcmp(a.v6, b.v6, 16) : !memcmp(a.v4, b.v4, 4);
}

bool addr_wildcard(const struct sock_info *sock)
{
	struct side side = side_of_sock(sock);

	return side.class != ADDRESS_OTHER && v4_is_any(&side);
}
