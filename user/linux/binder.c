/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/binder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux/process.h"
#include "model/address.h"

#define UNPRIVILEGED_FILE "/proc/sys/net/ipv4/ip_unprivileged_port_start"
#define NONLOCAL4_FILE	  "/proc/sys/net/ipv4/ip_nonlocal_bind"
#define NONLOCAL6_FILE	  "/proc/sys/net/ipv6/ip_nonlocal_bind"
#define L3MDEV_FILE	  "/proc/sys/net/ipv4/tcp_l3mdev_accept"
#define V6ONLY_FILE	  "/proc/sys/net/ipv6/bindv6only"

static int enter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = setns(fd, CLONE_NEWNET) ? -errno : 0;
	close(fd);
	return err;
}

/* Some process is in it. */
static int enter_inode(uint32_t inode)
{
	DIR *proc = opendir("/proc");
	int err = -ESRCH;
	struct dirent *entry;

	if (!proc)
		return -errno;
	while (err == -ESRCH && (entry = readdir(proc))) {
		char path[PATH_MAX];
		struct stat ns;

		snprintf(path, sizeof(path), "/proc/%s/ns/net", entry->d_name);
		if (!stat(path, &ns) && ns.st_ino == inode)
			err = enter(path);
	}
	closedir(proc);
	return err;
}

int netns_enter(const char *text)
{
	char path[PATH_MAX];
	uint32_t inode;
	int err = netns_inode(text, &inode);

	if (err || inode == netns_own())
		return err;
	if (text[0] == '/')
		return enter(text);
	snprintf(path, sizeof(path), "/run/netns/%s", text);
	return access(path, F_OK) ? enter_inode(inode) : enter(path);
}

uint32_t netns_own(void)
{
	struct stat ns;

	return stat("/proc/self/ns/net", &ns) ? 0 : ns.st_ino;
}

static uint32_t read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned int number = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%u", &number) != 1)
		number = 0;
	fclose(file);
	return number;
}

static bool is_vrf(const char *device)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq request = {.ifr_data = (void *)&info};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found;

	if (fd < 0)
		return false;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	found = !ioctl(fd, SIOCETHTOOL, &request) && !strcmp(info.driver, "vrf");
	close(fd);
	return found;
}

/* One request to the kernel's routing tables and its one answer; returns its length or a negative errno. */
static ssize_t ask(struct nlmsghdr *request, void *answer, size_t size)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = send(fd, request, request->nlmsg_len, 0);
	if (n >= 0)
		n = recv(fd, answer, size, 0);
	n = n < 0 ? -errno : n;
	close(fd);
	return n;
}

struct reply {
	union {
		struct nlmsghdr header;
		char room[8192];
	};
};

/* IFLA_MASTER of a device, 0: none. */
static uint32_t master_of(uint32_t ifindex)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = RTM_GETLINK,
			   .nlmsg_flags = NLM_F_REQUEST},
		.info = {.ifi_index = (int)ifindex},
	};
	struct reply reply;
	ssize_t n = ask(&request.header, &reply, sizeof(reply));
	struct rtattr *attr;
	int left;

	if (n < (ssize_t)NLMSG_LENGTH(sizeof(request.info)) || !NLMSG_OK(&reply.header, n) ||
	    reply.header.nlmsg_type != RTM_NEWLINK)
		return 0;
	attr = IFLA_RTA(NLMSG_DATA(&reply.header));
	left = (int)IFLA_PAYLOAD(&reply.header);
	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		if (attr->rta_type == IFLA_MASTER && RTA_PAYLOAD(attr) >= sizeof(uint32_t))
			return *(uint32_t *)RTA_DATA(attr);
	return 0;
}

uint32_t device_vrf(uint32_t ifindex)
{
	char name[IF_NAMESIZE];
	uint32_t master;

	if (!ifindex || !if_indextoname(ifindex, name))
		return 0;
	if (is_vrf(name))
		return ifindex;
	master = master_of(ifindex);
	return master && if_indextoname(master, name) && is_vrf(name) ? master : 0;
}

int device_find(struct sock_info *sock)
{
	if (!sock->device[0])
		return 0;
	sock->ifindex = if_nametoindex(sock->device);
	if (sock->address.family == FAMILY_IPV6)
		sock->address.scope = sock->ifindex;
	return sock->ifindex ? 0 : -ENODEV;
}

void binder_complete(struct sock_info *binder)
{
	bool v6 = binder->family == FAMILY_IPV6, any = address_is_wildcard(&binder->address);

	binder->netns = netns_own();
	if (!read_number(L3MDEV_FILE)) /* inet_sk_bound_l3mdev() */
		binder->vrf = device_vrf(binder->ifindex);
	if (v6 && any && !address_is_mapped(&binder->address) && read_number(V6ONLY_FILE))
		binder->options.v6only = true;
	/* __inet6_bind() sets it before get_port(), for that */
	if (v6 && !any && !address_is_mapped(&binder->address))
		binder->options.v6only = true;
}

/* inet_addr_type_table(): RTN_LOCAL and the like, RTN_UNSPEC if it cannot be asked. */
static unsigned char route_type(const uint8_t address[4], uint32_t ifindex)
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
		.route = {.rtm_family = AF_INET, .rtm_dst_len = 32},
		.to_head = {.rta_len = RTA_LENGTH(4), .rta_type = RTA_DST},
		.oif_head = {.rta_len = RTA_LENGTH(4), .rta_type = RTA_OIF},
		.oif = device_vrf(ifindex),
	};
	struct reply reply;
	ssize_t n;

	memcpy(request.to, address, 4);
	if (!request.oif)
		request.header.nlmsg_len = offsetof(__typeof__(request), oif_head);
	n = ask(&request.header, &reply, sizeof(reply));
	if (n < (ssize_t)NLMSG_LENGTH(sizeof(struct rtmsg)) || !NLMSG_OK(&reply.header, n))
		return RTN_UNSPEC;
	if (reply.header.nlmsg_type != RTM_NEWROUTE)
		return RTN_UNICAST; /* unreachable: not local, that is sure */
	return ((struct rtmsg *)NLMSG_DATA(&reply.header))->rtm_type;
}

/* inet_addr_valid_or_nonlocal() */
static bool has_address4(const struct sock_info *binder, const uint8_t address[4])
{
	unsigned char type = route_type(address, binder->ifindex);

	return type == RTN_LOCAL || type == RTN_MULTICAST || type == RTN_BROADCAST || type == RTN_UNSPEC;
}

/* ipv6_chk_addr() */
static bool has_address6(const struct sock_info *binder, bool *ret_tentative)
{
	FILE *file = fopen("/proc/net/if_inet6", "re");
	unsigned int ifindex, flags;
	char text[33], wanted[33];
	bool found = false;

	*ret_tentative = false;
	if (!file)
		return true;
	for (int i = 0; i < 16; i++)
		snprintf(wanted + i * 2, 3, "%02x", binder->address.bytes[i]);
	while (!found && fscanf(file, "%32s %x %*x %*x %x %*s", text, &ifindex, &flags) == 3) {
		if (strcmp(text, wanted) ||
		    (binder->ifindex && binder->ifindex != ifindex && device_vrf(ifindex) != binder->ifindex))
			continue;
		*ret_tentative = flags & IFA_F_TENTATIVE && !(flags & IFA_F_OPTIMISTIC);
		found = !*ret_tentative;
	}
	fclose(file);
	return found;
}

static bool has_address(const struct sock_info *binder, bool *ret_tentative)
{
	const struct address *address = &binder->address;
	bool v6 = binder->family == FAMILY_IPV6;

	*ret_tentative = false;
	if (address_is_wildcard(address) || read_number(v6 ? NONLOCAL6_FILE : NONLOCAL4_FILE))
		return true;
	if (!v6 || address_is_mapped(address))
		return has_address4(binder, address->bytes + (v6 ? 12 : 0));
	return address->bytes[0] == 0xff || has_address6(binder, ret_tentative);
}

int binder_refusal(const struct sock_info *binder, struct event *ret_event)
{
	ret_event->unprivileged_start = read_number(UNPRIVILEGED_FILE);
	if (!has_address(binder, &ret_event->address_tentative)) {
		ret_event->stage = STAGE_ADDRESS;
		return -EADDRNOTAVAIL;
	}
	if (binder->uid && binder->port < ret_event->unprivileged_start) {
		ret_event->stage = STAGE_PRIVILEGE;
		return -EACCES;
	}
	return 0;
}
