/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/pair.h"

#include <string.h>

#include "model/address.h"

/* The address families that a socket serves, and its address in them. */
struct reach {
	bool v4, v6, any;
	const uint8_t *bytes;
	size_t length;
};

static bool is_v6only(const struct claim *claim, unsigned int traits)
{
	if (traits & TRAIT_V6ONLY_FIXED)
		return true;
	return claim->v6 == V6_DEFAULT ? traits & TRAIT_V6ONLY : claim->v6 == V6_ONLY;
}

static struct reach reach_of(const struct claim *claim, unsigned int traits)
{
	const struct address *address = &claim->sock.address;
	struct reach reach = {.any = address_is_wildcard(address), .bytes = address->bytes};

	if (address->family == FAMILY_IPV6 && !address_is_mapped(address)) {
		reach.v6 = true;
		reach.v4 = reach.any && !is_v6only(claim, traits);
		reach.length = 16;
	} else {
		reach.v4 = true;
		reach.bytes += address->family == FAMILY_IPV6 ? 12 : 0;
		reach.length = 4;
	}
	return reach;
}

static bool is_multicast(const struct address *address)
{
	if (address->family == FAMILY_IPV4)
		return (address->bytes[0] & 0xf0) == 0xe0;
	return address->family == FAMILY_IPV6 && address->bytes[0] == 0xff;
}

static uint32_t place_bits(const struct claim *first, const struct claim *second, unsigned int traits)
{
	struct reach old = reach_of(first, traits), new = reach_of(second, traits);
	uint32_t mixed = old.length == new.length ? 0 : new.length == 16 ? P_MIXED | P_NEW_DUAL : P_MIXED;

	if (!(old.v4 && new.v4) && !(old.v6 && new.v6))
		return P_OTHER_FAMILY;
	if (old.any && new.any)
		return P_SAME | P_ANY | mixed;
	if (new.any)
		return P_NEW_WIDER | mixed;
	if (old.any)
		return P_OLD_WIDER | mixed;
	if (first->sock.address.scope != second->sock.address.scope ||
	    memcmp(old.bytes, new.bytes, old.length))
		return P_OTHER_ADDRESS;
	return P_SAME;
}

static uint32_t state_bits(const struct sock_info *sock)
{
	static const uint32_t bits[STATE_MAX] = {
		[STATE_LISTEN] = P_LISTENS,	 [STATE_SYN_SENT] = P_CONNECTED,
		[STATE_SYN_RECV] = P_CONNECTED,	 [STATE_ESTABLISHED] = P_CONNECTED,
		[STATE_FIN_WAIT1] = P_CONNECTED, [STATE_FIN_WAIT2] = P_CONNECTED,
		[STATE_TIME_WAIT] = P_TIME_WAIT, [STATE_CLOSE_WAIT] = P_CONNECTED,
		[STATE_LAST_ACK] = P_CONNECTED,	 [STATE_CLOSING] = P_CONNECTED,
	};

	return sock->minisock ? P_TIME_WAIT : bits[sock->state];
}

static uint32_t user_bits(const struct sock_info *first, const struct sock_info *second)
{
	uint32_t bits = 0;

	if (first->uid != UID_NONE && second->uid != UID_NONE && first->uid != second->uid)
		bits |= P_USERS;
	if (second->uid == 0)
		bits |= P_NEW_ROOT;
	if (first->uid == 0)
		bits |= P_OLD_ROOT;
	return bits;
}

/* MPTCP shares TCP's ports, and the other systems have no MPTCP. */
static bool is_tcp(const struct sock_info *sock)
{
	return sock->protocol == PROTO_TCP || sock->protocol == PROTO_MPTCP;
}

uint32_t pair_bits(const struct claim *first, const struct claim *second, unsigned int traits)
{
	const struct sock_info *old = &first->sock, *new = &second->sock;
	const struct {
		bool holds;
		uint32_t bit;
	} options[] = {
		{is_tcp(new), P_TCP},
		{address_is_wildcard(&new->address), P_NEW_ANY},
		{address_is_wildcard(&old->address), P_OLD_ANY},
		{new->address.family == FAMILY_IPV6, P_NEW_SIX},
		{old->address.family == FAMILY_IPV6, P_OLD_SIX},
		{is_multicast(&new->address), P_MULTICAST},
		{!is_tcp(new) && (second->multicast || is_multicast(&new->address)) &&
			 (first->multicast || is_multicast(&old->address)),
		 P_GROUP},
		{new->options.reuseaddr, P_NEW_ADDR},
		{old->options.reuseaddr, P_OLD_ADDR},
		{new->options.reuseport &&traits &TRAIT_REUSEPORT, P_NEW_PORT},
		{old->options.reuseport && traits & TRAIT_REUSEPORT, P_OLD_PORT},
		{new->winsock_options.exclusive &&traits &TRAIT_EXCLUSIVE, P_NEW_EXCL},
		{old->winsock_options.exclusive && traits & TRAIT_EXCLUSIVE, P_OLD_EXCL},
	};
	uint32_t bits = state_bits(old) | user_bits(old, new);

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].holds)
			bits |= options[i].bit;
	if (is_tcp(old) != is_tcp(new))
		return bits | P_OTHER_PROTOCOL;
	if (old->port != new->port)
		return bits | P_OTHER_PORT;
	return bits | place_bits(first, second, traits);
}

const struct pair_row *pair_find(const struct pair_row *rows, size_t count, uint32_t bits)
{
	for (size_t i = 0; i < count; i++)
		if ((bits & rows[i].need) == rows[i].need && !(bits & rows[i].deny))
			return &rows[i];
	return NULL;
}

static const struct pair_row apart[] = {
	{P_OTHER_PROTOCOL, 0, REPLY_ACCEPTED, "other-protocol", "TCP and UDP count their ports apart", NULL,
	 "RFC 9293, RFC 768"},
	{P_OTHER_PORT, 0, REPLY_ACCEPTED, "free", "the holder has another port", NULL, "RFC 9293, RFC 768"},
	{P_OTHER_FAMILY, 0, REPLY_ACCEPTED, "other-family",
	 "one socket serves IPv4 only, the other IPv6 only", NULL, "RFC 3493 section 5.3"},
	{P_OTHER_ADDRESS, 0, REPLY_ACCEPTED, "other-address",
	 "the holder has another address, so the two never meet", NULL, "RFC 9293, RFC 768"},
};

const struct pair_row *pair_apart(uint32_t bits)
{
	return pair_find(apart, sizeof(apart) / sizeof(apart[0]), bits);
}
