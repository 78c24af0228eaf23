/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/binder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/nsfs.h>
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
#include <sys/syscall.h>
#include <unistd.h>

#include "linux/own_address.h"
#include "linux/process.h"
#include "linux/rtnl.h"
#include "model/address.h"
#include "rules/linux_common.h"

#define UNPRIVILEGED_FILE "/proc/sys/net/ipv4/ip_unprivileged_port_start"
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

/* 1: some process is in it, and so is this one now; or a negative errno. */
static int enter_of_process(void *context, uint32_t pid)
{
	const uint32_t *inode = context;
	char path[64];
	struct stat ns;
	int err;

	snprintf(path, sizeof(path), "/proc/%u/ns/net", pid);
	if (stat(path, &ns) || ns.st_ino != *inode)
		return 0;
	err = enter(path);
	return err == -ENOENT ? 0 : err ? err : 1; /* it has just ended */
}

static int enter_inode(uint32_t inode)
{
	int entered = process_each(enter_of_process, &inode);

	return entered > 0 ? 0 : entered ? entered : -ESRCH;
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

bool ipv6_exists(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno != EAFNOSUPPORT;
	close(fd);
	return true;
}

uint32_t netns_own(void)
{
	struct stat ns;

	return stat("/proc/self/ns/net", &ns) ? 0 : ns.st_ino;
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
	struct rtnl_reply reply;

	if (rtnl_ask(&request.header, &reply) != RTM_NEWLINK)
		return 0;
	return rtnl_number(&reply, sizeof(request.info), IFLA_MASTER, 0);
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
	bool v6 = binder->family == FAMILY_IPV6, mapped = address_is_mapped(&binder->address);
	bool any = address_is_wildcard(&binder->address) && !mapped;

	binder->netns = netns_own();
	/* __inet6_bind(): the scope id of another address is not looked at */
	if (!binder->device[0] && !address_needs_scope(&binder->address))
		binder->ifindex = binder->address.scope = 0;
	if (!proc_number(L3MDEV_FILE)) /* inet_sk_bound_l3mdev() */
		binder->vrf = device_vrf(binder->ifindex);
	if (v6 && (any || mapped) && proc_number(V6ONLY_FILE))
		binder->options.v6only = true;
	/* __inet6_bind() sets it before get_port(), for that */
	if (v6 && !any && !mapped)
		binder->options.v6only = true;
}

static bool is_stream_multicast(const struct sock_info *binder, struct event *event)
{
	(void)event;
	return binder->address.bytes[0] == 0xff && sock_is_tcp(binder);
}

/*
 * ns_capable(net->user_ns, CAP_NET_BIND_SERVICE), if this process is root: what it has counts in its own
 * user namespace and in those below, which are the ones that ns_get_owner() lets it see.  Of root elsewhere
 * nothing is known.
 */
static bool root_may(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
	int netns, owner;
	bool may;

	if (geteuid() || syscall(SYS_capget, &header, sets))
		return true;
	if (!(sets[CAP_TO_INDEX(CAP_NET_BIND_SERVICE)].effective & CAP_TO_MASK(CAP_NET_BIND_SERVICE)))
		return false;
	netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	owner = netns < 0 ? -1 : ioctl(netns, NS_GET_USERNS);
	may = netns < 0 || owner >= 0 || errno != EPERM;
	if (owner >= 0)
		close(owner);
	if (netns >= 0)
		close(netns);
	return may;
}

static bool is_privileged(const struct sock_info *binder, struct event *event)
{
	return binder->port < event->unprivileged_start && (binder->uid || !root_may());
}

static bool is_excluded_ipv4(const struct sock_info *binder, struct event *event)
{
	(void)event;
	return address_is_mapped(&binder->address) && binder->options.v6only;
}

static bool is_unscoped(const struct sock_info *binder, struct event *event)
{
	(void)event;
	return address_needs_scope(&binder->address) && !binder->ifindex;
}

static bool is_nowhere(const struct sock_info *binder, struct event *event)
{
	char name[IF_NAMESIZE];

	(void)event;
	return binder->ifindex && !address_is_wildcard(&binder->address) &&
	       !if_indextoname(binder->ifindex, name) && errno == ENXIO;
}

static bool is_foreign(const struct sock_info *binder, struct event *event)
{
	return !address_is_wildcard(&binder->address) && !address_is_own(binder, &event->address_tentative);
}

struct step {
	bool (*refuses)(const struct sock_info *binder, struct event *event);
	int error;
	enum stage stage;
};

/* What stands before get_port(), in the kernel's order. */
static const struct step inet_bind[] = {
	{is_foreign, EADDRNOTAVAIL, STAGE_ADDRESS},
	{is_privileged, EACCES, STAGE_PRIVILEGE},
};

static const struct step inet6_bind[] = {
	{is_stream_multicast, EINVAL, STAGE_ADDRESS}, {is_privileged, EACCES, STAGE_PRIVILEGE},
	{is_excluded_ipv4, EINVAL, STAGE_ADDRESS},    {is_unscoped, EINVAL, STAGE_ADDRESS},
	{is_nowhere, ENODEV, STAGE_ADDRESS},	      {is_foreign, EADDRNOTAVAIL, STAGE_ADDRESS},
};

int binder_refusal(const struct sock_info *binder, struct event *ret_event)
{
	bool six = binder->family == FAMILY_IPV6;
	const struct step *steps = six ? inet6_bind : inet_bind;
	size_t count = six ? sizeof(inet6_bind) / sizeof(*steps) : sizeof(inet_bind) / sizeof(*steps);

	ret_event->unprivileged_start = proc_number(UNPRIVILEGED_FILE);
	for (size_t i = 0; i < count; i++) {
		if (!steps[i].refuses(binder, ret_event))
			continue;
		ret_event->stage = steps[i].stage;
		return -steps[i].error;
	}
	return 0;
}
