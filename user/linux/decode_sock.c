/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/decode_sock.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define IPPROTO_MPTCP_NUMBER 262
#define TCP_FIN_WAIT2_NUMBER 5

static const enum sock_state states[] = {
	[1] = STATE_ESTABLISHED, [2] = STATE_SYN_SENT,	[3] = STATE_SYN_RECV, [4] = STATE_FIN_WAIT1,
	[5] = STATE_FIN_WAIT2,	 [6] = STATE_TIME_WAIT, [7] = STATE_BOUND,    [8] = STATE_CLOSE_WAIT,
	[9] = STATE_LAST_ACK,	 [10] = STATE_LISTEN,	[11] = STATE_CLOSING, [12] = STATE_SYN_RECV,
};

static enum family decode_family(uint16_t family)
{
	switch (family) {
	case 0:
		return FAMILY_NONE;
	case AF_INET:
		return FAMILY_IPV4;
	case AF_INET6:
		return FAMILY_IPV6;
	}
	return FAMILY_OTHER;
}

void decode_address(uint16_t family, const uint8_t *bytes, uint32_t scope, struct address *ret_address)
{
	*ret_address = (struct address){.family = decode_family(family), .scope = scope};
	memcpy(ret_address->bytes, bytes, family == AF_INET ? 4 : 16);
}

static enum protocol decode_protocol(const struct rt_sock *sock)
{
	if (sock->flags & RT_SK_MPTCP)
		return PROTO_MPTCP;
	if (!sock->key)
		return PROTO_NONE;
	if (sock->flags & RT_SK_RAW)
		return PROTO_RAW;
	switch (sock->protocol) {
	case IPPROTO_SCTP:
		return PROTO_SCTP;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return PROTO_PING;
	case IPPROTO_TCP:
		return PROTO_TCP;
	case IPPROTO_UDP:
		return PROTO_UDP;
	case IPPROTO_MPTCP_NUMBER:
		return PROTO_MPTCP;
	}
	return PROTO_OTHER;
}

static enum sock_state decode_state(const struct rt_sock *sock)
{
	if (sock->state >= sizeof(states) / sizeof(states[0]))
		return STATE_UNKNOWN;
	if (sock->state == 7 && (!sock->port || sock->flags & RT_SK_RAW))
		return STATE_UNKNOWN;
	return states[sock->state];
}

/* Names of devices are known for this process's own network namespace only. */
static void decode_device(const struct rt_sock *sock, struct sock_info *info)
{
	struct stat ns;
	char name[IF_NAMESIZE] = "";

	info->ifindex = sock->ifindex > 0 ? sock->ifindex : 0;
	if (!info->ifindex || stat("/proc/self/ns/net", &ns) || ns.st_ino != sock->netns)
		return;
	if (if_indextoname(info->ifindex, name))
		snprintf(info->device, sizeof(info->device), "%s", name);
}

void decode_sock(const struct rt_sock *sock, struct sock_info *ret_info)
{
	uint32_t flags = sock->flags;
	bool connected;

	*ret_info = (struct sock_info){
		.inode = sock->inode,
		.netns = sock->netns,
		.cgroup_id = sock->cgroup,
		.uid = sock->uid,
		.protocol = decode_protocol(sock),
		.family = decode_family(sock->family),
		.state = decode_state(sock),
		.port = flags & RT_SK_RAW ? 0 : sock->port,
		.subflow = flags & RT_SK_MPTCP && sock->protocol == IPPROTO_TCP,
		.options =
			{
				.reuseaddr = sock->reuse != 0,
				.reuseport = flags & RT_SK_REUSEPORT,
				.force_reuse = sock->reuse == 2,
				.v6only = flags & RT_SK_V6ONLY,
				.freebind = flags & RT_SK_FREEBIND,
				.transparent = flags & RT_SK_TRANSPARENT,
				.bind_address_no_port = flags & RT_SK_NO_PORT,
			},
		.blind = flags & RT_SK_BLIND,
		.orphan = flags & RT_SK_ORPHAN,
		.unaccepted = flags & RT_SK_ORPHAN && !(flags & RT_SK_DEAD),
		.kernel = flags & RT_SK_KERN,
		.minisock = flags & RT_SK_MINI,
		.fin_wait2 = flags & RT_SK_MINI && sock->substate == TCP_FIN_WAIT2_NUMBER,
		.port_chosen = !(flags & (RT_SK_PORT_LOCK | RT_SK_MINI)),
		.connect_bound = flags & RT_SK_CONNECT_BIND,
		.group_own = flags & RT_SK_CB,
		.group_program = flags & RT_SK_CB_PROG,
		.group_closed = flags & RT_SK_CB_CLOSED,
		.group_id = sock->group_id,
		.group_size = sock->group_size,
	};
	decode_address(sock->family, sock->addr, 0, &ret_info->address);
	connected = sock->peer_port && sock->state != 10;
	if (connected) {
		decode_address(sock->family, sock->peer, 0, &ret_info->peer);
		ret_info->peer_port = sock->peer_port;
	}
	decode_device(sock, ret_info);
}

static enum holder_kind decode_kind(const struct rt_sock *sock)
{
	if (sock->flags & RT_SK_MINI)
		return KIND_TIME_WAIT;
	if (sock->flags & RT_SK_ORPHAN && sock->flags & RT_SK_DEAD)
		return KIND_ORPHAN;
	return sock->flags & RT_SK_KERN ? KIND_KERNEL : KIND_UNKNOWN;
}

void decode_holder(const struct rt_sock *sock, struct holder *holder)
{
	decode_sock(sock, &holder->sock);
	holder->kind = decode_kind(sock);
	holder->compared = holder->culprit = sock->flags & RT_SK_CULPRIT;
	holder->since_ns = sock->bound_ns;
	holder->older = sock->flags & RT_SK_KNOWN && !sock->bound_ns;
	holder->expires_ms = sock->flags & RT_SK_MINI ? (int64_t)sock->left_ms : -1;
	holder->released_after_ns = -1;
	holder->bound_by.pid = sock->bound_tgid;
	holder->bound_by.fd = -1;
	memcpy(holder->bound_by.comm, sock->bound_comm, COMM_LEN);
	holder->bound_by.comm[COMM_LEN - 1] = '\0';
}

/*
 * Children of a listener and outgoing connections both have a port that was
 * not asked for.  From 6.17.8 on the kernel says which it is, but for a socket
 * that asked for any port before it connected: that one was seen binding, or is
 * one more subflow of an MPTCP client (__mptcp_subflow_connect()).  There and
 * earlier, -1/-1 in the bucket says that connect() chose for all of them, and a
 * port outside the automatic range is a listener's; the rest is told by the
 * port's history.
 */
void decode_origin(const struct rt_sock *from, const struct rt_bucket *bucket, uint32_t range_lo,
		   uint32_t range_hi, const struct policy *policy, struct sock_info *sock)
{
	bool connected = sock->peer.family != FAMILY_NONE && !sock->minisock;

	if (!connected || !sock->port_chosen || sock->protocol == PROTO_UDP)
		return;
	if (sock->unaccepted || from->flags & RT_SK_ACCEPTED)
		sock->accepted = true;
	else if (from->bound_tgid)
		return;
	else if (policy->connect_bind_flag && (sock->connect_bound || !sock->subflow))
		sock->accepted = !sock->connect_bound;
	else if (bucket->fastreuse < 0 && bucket->fastreuseport < 0)
		sock->connect_bound = true;
	else
		sock->accepted = sock->port < range_lo || sock->port > range_hi;
}

void decode_bucket(const struct rt_bucket *bucket, struct bucket_facts *ret_facts)
{
	*ret_facts = (struct bucket_facts){
		.present = bucket->present,
		.fastreuse = bucket->fastreuse,
		.fastreuseport = bucket->fastreuseport,
		.fastuid = bucket->fastuid,
		.fast_v6only = bucket->fast_v6only,
		.l3mdev = bucket->l3mdev,
		.slot_count = bucket->slot_count,
	};
	decode_address(bucket->fast_family, bucket->fast_addr, 0, &ret_facts->fast_address);
}
