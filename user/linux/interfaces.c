/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/interfaces.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linux/netns.h"
#include "model/address.h"

#define REPLY_LEN 32768 /* what the kernel fills at most with one part of a dump */

/* One that has the address, and what keeps a socket from having it, too. */
struct found {
	uint32_t ifindex; /* 0: none has it */
	uint32_t flags;	  /* IFA_F_* */
	char device[DEVICE_LEN];
	bool lo_down;	   /* none has it, for it is lo's, which is down */
	bool other_device; /* not for sockets on the asked device: another link or VRF */
};

struct search {
	struct address address; /* a mapped one as IPv4 */
	uint32_t device;	/* that the socket is for, 0: any */
	int fd;			/* inside the network namespace */
	struct found found;
};

static bool is_link_local(const struct address *address)
{
	return address->family == FAMILY_IPV6 && address->bytes[0] == 0xfe &&
	       (address->bytes[1] & 0xc0) == 0x80;
}

static bool same_prefix(const uint8_t *one, const uint8_t *two, unsigned int bits)
{
	unsigned int whole = bits / 8, rest = bits % 8;

	return !memcmp(one, two, whole) && (!rest || !((one[whole] ^ two[whole]) >> (8 - rest)));
}

static bool is_loopback(const struct address *address)
{
	static const uint8_t one[16] = {[15] = 1};

	return address->family == FAMILY_IPV6 ? !memcmp(address->bytes, one, sizeof(one))
					      : address->bytes[0] == 127;
}

static short link_flags(int fd, uint32_t ifindex, char *ret_name)
{
	struct ifreq request = {.ifr_flags = 0};

	if (!if_indextoname(ifindex, request.ifr_name))
		return 0;
	snprintf(ret_name, DEVICE_LEN, "%s", request.ifr_name);
	return ioctl(fd, SIOCGIFFLAGS, &request) ? 0 : request.ifr_flags;
}

static bool is_down(int fd, const char *name)
{
	struct ifreq request = {.ifr_flags = 0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return !ioctl(fd, SIOCGIFFLAGS, &request) && !(request.ifr_flags & IFF_UP);
}

/* fib_add_ifaddr(): of a loopback device every address of the prefix is local. */
static bool has_address(const struct search *search, const struct ifaddrmsg *message, const uint8_t *bytes)
{
	char name[IF_NAMESIZE];

	if (search->address.family == FAMILY_IPV6)
		return !memcmp(bytes, search->address.bytes, 16);
	if (!memcmp(bytes, search->address.bytes, 4))
		return true;
	return message->ifa_prefixlen <= 32 &&
	       same_prefix(bytes, search->address.bytes, message->ifa_prefixlen) &&
	       link_flags(search->fd, message->ifa_index, name) & IFF_LOOPBACK;
}

static void look_at_address(struct search *search, const struct nlmsghdr *header)
{
	const struct ifaddrmsg *message = NLMSG_DATA(header);
	const struct rtattr *attribute = IFA_RTA(message);
	const uint8_t *bytes = NULL, *local = NULL;
	size_t size = search->address.family == FAMILY_IPV6 ? 16 : 4;
	uint32_t flags = message->ifa_flags;
	int left = (int)IFA_PAYLOAD(header);

	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
		if (attribute->rta_type == IFA_ADDRESS && RTA_PAYLOAD(attribute) >= size)
			bytes = RTA_DATA(attribute);
		else if (attribute->rta_type == IFA_LOCAL && RTA_PAYLOAD(attribute) >= size)
			local = RTA_DATA(attribute);
		else if (attribute->rta_type == IFA_FLAGS && RTA_PAYLOAD(attribute) >= sizeof(flags))
			memcpy(&flags, RTA_DATA(attribute), sizeof(flags));
	}
	bytes = local ? local : bytes; /* of a point-to-point link the other is the peer's */
	if (!bytes || !has_address(search, message, bytes) ||
	    (search->found.ifindex && message->ifa_index != search->device))
		return;
	search->found.ifindex = message->ifa_index;
	search->found.flags = flags;
}

struct link {
	uint32_t master;
	bool vrf; /* it is one */
};

static bool is_vrf(const struct rtattr *info)
{
	const struct rtattr *attribute = RTA_DATA(info);
	int left = (int)RTA_PAYLOAD(info);

	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
		if (attribute->rta_type == IFLA_INFO_KIND && RTA_PAYLOAD(attribute) >= sizeof("vrf"))
			return !strncmp(RTA_DATA(attribute), "vrf", sizeof("vrf"));
	return false;
}

static void look_at_link(struct link *link, const struct nlmsghdr *header)
{
	const struct rtattr *attribute = IFLA_RTA(NLMSG_DATA(header));
	int left = (int)IFLA_PAYLOAD(header);

	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
		if (attribute->rta_type == IFLA_MASTER && RTA_PAYLOAD(attribute) >= sizeof(link->master))
			memcpy(&link->master, RTA_DATA(attribute), sizeof(link->master));
		else if (attribute->rta_type == (IFLA_LINKINFO & NLA_TYPE_MASK))
			link->vrf = is_vrf(attribute);
	}
}

/* Messages of one answer; 1 at its end, 0 if more follows, or a negative errno. */
static int read_reply(int fd, uint16_t type, void *context,
		      void (*look)(void *context, const struct nlmsghdr *header))
{
	_Alignas(struct nlmsghdr) char reply[REPLY_LEN];
	ssize_t n = recv(fd, reply, sizeof(reply), 0);
	const struct nlmsghdr *header = (const void *)reply;
	int end = 1, left = (int)n;

	if (n < 0)
		return -errno;
	for (; NLMSG_OK(header, (unsigned int)left); header = NLMSG_NEXT(header, left)) {
		if (header->nlmsg_type == NLMSG_ERROR)
			return -EIO;
		if (header->nlmsg_type == type)
			look(context, header);
		end = !(header->nlmsg_flags & NLM_F_MULTI) || header->nlmsg_type == NLMSG_DONE;
	}
	return end;
}

static void on_address(void *context, const struct nlmsghdr *header)
{
	if (header->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifaddrmsg)))
		look_at_address(context, header);
}

static void on_link(void *context, const struct nlmsghdr *header)
{
	if (header->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifinfomsg)))
		look_at_link(context, header);
}

static int ask_addresses(struct search *search)
{
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg message;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = RTM_GETADDR,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.message.ifa_family = search->address.family == FAMILY_IPV6 ? AF_INET6 : AF_INET,
	};
	int end = 0;

	if (send(search->fd, &request, sizeof(request), 0) < 0)
		return -errno;
	while (!end)
		end = read_reply(search->fd, RTM_NEWADDR, search, on_address);
	return end < 0 ? end : 0;
}

static struct link ask_link(int fd, uint32_t ifindex)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg message;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = RTM_GETLINK,
			   .nlmsg_flags = NLM_F_REQUEST},
		.message.ifi_index = (int)ifindex,
	};
	struct link link = {.master = 0};
	int end = 0;

	if (ifindex && send(fd, &request, sizeof(request), 0) > 0)
		while (!end)
			end = read_reply(fd, RTM_NEWLINK, &link, on_link);
	return link;
}

/* The VRF that a device is or belongs to, 0: none.  A bridge or bond is a master, too. */
static uint32_t vrf_of(int fd, uint32_t ifindex)
{
	struct link link = ask_link(fd, ifindex);

	if (link.vrf)
		return ifindex;
	return link.master && ask_link(fd, link.master).vrf ? link.master : 0;
}

/* ipv6_chk_addr_and_flags(): on a device, addresses of its link and of the host itself are that device's. */
static bool is_of_one_device(const struct search *search)
{
	return is_link_local(&search->address) ||
	       (search->address.family == FAMILY_IPV6 && search->device && is_loopback(&search->address));
}

static int search_here(void *context)
{
	struct search *search = context;
	struct found *found = &search->found;
	int err;

	search->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (search->fd < 0)
		return -errno;
	err = ask_addresses(search);
	if (!err && found->ifindex) {
		(void)link_flags(search->fd, found->ifindex, found->device);
		found->other_device =
			vrf_of(search->fd, found->ifindex) != vrf_of(search->fd, search->device) ||
			(is_of_one_device(search) && found->ifindex != search->device);
	} else if (!err && is_loopback(&search->address)) {
		found->lo_down = is_down(search->fd, "lo");
	}
	close(search->fd);
	return err;
}

void interfaces_sought(const struct event *event, struct sought_address *ret_sought)
{
	struct address address = event->refusal.rewritten ? event->refusal.new_address : event->requested;

	if (address_is_mapped(&address)) {
		address.family = FAMILY_IPV4;
		memmove(address.bytes, address.bytes + 12, 4);
	}
	*ret_sought = (struct sought_address){
		.address = address,
		.netns = event->sock.netns,
		.device = event->requested.scope ? event->requested.scope : event->sock.ifindex,
	};
}

static void note_here(struct event *event, const struct found *found)
{
	struct refusal_facts *facts = &event->refusal;

	memcpy(facts->here_device, found->device, sizeof(facts->here_device));
	facts->here_failed = found->flags & IFA_F_DADFAILED;
	facts->here_other_device = found->other_device;
	event->address_tentative = !found->other_device && !(found->flags & IFA_F_OPTIMISTIC) &&
				   found->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED) &&
				   event->requested.family == FAMILY_IPV6;
}

static void note_there(struct refusal_facts *facts, const struct netns *netns, const struct found *found)
{
	facts->there.netns = netns->inode;
	facts->there.pid = netns->pid;
	memcpy(facts->there.comm, netns->comm, sizeof(facts->there.comm));
	memcpy(facts->there.name, netns->name, sizeof(facts->there.name));
	memcpy(facts->there.device, found->device, sizeof(facts->there.device));
}

static void find_elsewhere(struct event *event, const struct search *wanted, const struct netns *list,
			   int count)
{
	struct refusal_facts *facts = &event->refusal;

	for (int i = 0; i < count && !facts->there.netns; i++) {
		struct search search = *wanted;

		if (list[i].inode == event->sock.netns || netns_inside(&list[i], search_here, &search))
			continue;
		facts->others_listed++;
		if (search.found.ifindex)
			note_there(facts, &list[i], &search.found);
	}
}

static bool find_here(struct event *event, const struct netns *netns, const struct search *wanted,
		      struct found *ret_found)
{
	struct search search = *wanted;

	if (netns->inode != event->sock.netns || netns_inside(netns, search_here, &search))
		return false;
	event->refusal.interfaces_listed = true;
	*ret_found = search.found;
	return true;
}

void interfaces_find(struct event *event)
{
	struct sought_address sought;
	struct netns list[NETNS_MAX], own;
	struct found found = {.ifindex = 0};
	struct search wanted;
	int count = 0;

	interfaces_sought(event, &sought);
	wanted = (struct search){.address = sought.address, .device = sought.device};
	if (!netns_of_process(sought.netns, event->process.pid, &own) ||
	    !find_here(event, &own, &wanted, &found)) {
		count = netns_list(list);
		for (int i = 0; i < count && !find_here(event, &list[i], &wanted, &found); i++)
			continue;
	}
	if (!event->refusal.interfaces_listed)
		return;
	event->refusal.here_down = found.lo_down;
	if (found.ifindex) {
		note_here(event, &found);
	} else if (!found.lo_down) { /* every other network namespace may have it */
		count = count ? count : netns_list(list);
		find_elsewhere(event, &wanted, list, count);
	}
}
