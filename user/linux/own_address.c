/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/own_address.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "linux/binder.h"
#include "linux/process.h"
#include "linux/rtnl.h"
#include "model/address.h"

#define NONLOCAL4_FILE "/proc/sys/net/ipv4/ip_nonlocal_bind"
#define NONLOCAL6_FILE "/proc/sys/net/ipv6/ip_nonlocal_bind"
#define INET6_FILE     "/proc/net/if_inet6"

/* Kernel: include/net/ipv6.h, IFA_HOST and IFA_LINK of include/net/if_inet6.h */
#define SCOPE_HOST 0x10
#define SCOPE_LINK 0x20

struct route {
	unsigned char type; /* RTN_UNICAST: none, RTN_UNSPEC: it cannot be asked */
	uint32_t table;
};

/* fib_get_table(): there is no local table before the first address, and then every address may be bound. */
static bool has_local_table(void)
{
	struct {
		struct nlmsghdr header;
		struct rtmsg route;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = RTM_GETROUTE,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.route = {.rtm_family = AF_INET, .rtm_table = RT_TABLE_LOCAL},
	};
	struct rtnl_reply reply;

	return rtnl_ask(&request.header, &reply) != -ENOENT;
}

/* inet_addr_type_table() in the table of the VRF or the local one */
static struct route route_to(const uint8_t address[4], uint32_t vrf)
{
	struct {
		struct nlmsghdr header;
		struct rtmsg route;
		struct rtattr to_head;
		uint8_t to[4];
		struct rtattr oif_head;
		uint32_t oif;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = RTM_GETROUTE,
			   .nlmsg_flags = NLM_F_REQUEST},
		.route = {.rtm_family = AF_INET,
			  .rtm_dst_len = 32,
			  .rtm_flags = RTM_F_LOOKUP_TABLE | RTM_F_FIB_MATCH},
		.to_head = {.rta_len = RTA_LENGTH(4), .rta_type = RTA_DST},
		.oif_head = {.rta_len = RTA_LENGTH(4), .rta_type = RTA_OIF},
		.oif = vrf,
	};
	struct rtnl_reply reply;
	const struct rtmsg *route = NLMSG_DATA(&reply.header);
	int type;

	memcpy(request.to, address, 4);
	if (!vrf)
		request.header.nlmsg_len = offsetof(__typeof__(request), oif_head);
	type = rtnl_ask(&request.header, &reply);
	if (type == -EPERM || type == -ENOMEM || type == -EMFILE)
		return (struct route){.type = RTN_UNSPEC};
	if (type < 0)
		return (struct route){.type = has_local_table() ? RTN_UNICAST : RTN_BROADCAST};
	if (type != RTM_NEWROUTE || reply.header.nlmsg_len < NLMSG_LENGTH(sizeof(*route)))
		return (struct route){.type = RTN_UNICAST};
	return (struct route){.type = route->rtm_type,
			      .table = rtnl_number(&reply, sizeof(*route), RTA_TABLE, route->rtm_table)};
}

static bool is_own4(const struct sock_info *binder, const uint8_t address[4])
{
	uint32_t vrf = device_vrf(binder->ifindex);
	struct route route;

	if ((address[0] & 0xf0) == 0xe0 || !memcmp(address, "\xff\xff\xff\xff", 4))
		return true;
	route = route_to(address, vrf);
	if (route.type == RTN_UNSPEC)
		return true;
	if (vrf && route.table == RT_TABLE_LOCAL)
		return false;
	return route.type == RTN_LOCAL || route.type == RTN_MULTICAST || route.type == RTN_BROADCAST;
}

/* The same l3mdev; only addresses of a link or of the host are their device's alone. */
static bool is_for(const struct sock_info *binder, unsigned int ifindex, unsigned int scope)
{
	if (device_vrf(ifindex) != device_vrf(binder->ifindex))
		return false;
	return !binder->ifindex || binder->ifindex == ifindex || !(scope & (SCOPE_HOST | SCOPE_LINK));
}

static bool is_own6(const struct sock_info *binder, bool *ret_tentative)
{
	FILE *file = fopen(INET6_FILE, "re");
	unsigned int ifindex, scope, flags;
	char text[33], wanted[33];
	bool found = false;

	if (!file)
		return true;
	for (int i = 0; i < 16; i++)
		snprintf(wanted + i * 2, 3, "%02x", binder->address.bytes[i]);
	while (!found && fscanf(file, "%32s %x %*x %x %x %*s", text, &ifindex, &scope, &flags) == 4) {
		if (strcmp(text, wanted) || !is_for(binder, ifindex, scope))
			continue;
		*ret_tentative = flags & IFA_F_TENTATIVE && !(flags & IFA_F_OPTIMISTIC);
		found = !*ret_tentative;
	}
	fclose(file);
	return found;
}

bool address_is_own(const struct sock_info *binder, bool *ret_tentative)
{
	const struct address *address = &binder->address;
	bool six = binder->family == FAMILY_IPV6, mapped = address_is_mapped(address);

	*ret_tentative = false;
	if (proc_number(six && !mapped ? NONLOCAL6_FILE : NONLOCAL4_FILE))
		return true;
	if (!six || mapped)
		return is_own4(binder, address->bytes + (mapped ? 12 : 0));
	return address->bytes[0] == 0xff || is_own6(binder, ret_tentative);
}
