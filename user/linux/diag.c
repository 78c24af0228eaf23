/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/diag.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linux/binder.h"
#include "linux/place.h"
#include "linux/process.h"

/* Kernel: include/net/tcp_states.h; BOUND_INACTIVE is of 6.8 and ignored before. */
enum {
	STATE_ESTABLISHED_NR = 1,
	STATE_SYN_RECV_NR = 3,
	STATE_FIN_WAIT2_NR = 5,
	STATE_TIME_WAIT_NR = 6,
	STATE_CLOSE_NR = 7,
	STATE_CLOSE_WAIT_NR = 8,
	STATE_BOUND_INACTIVE_NR = 13
};

#define ALL_STATES     ((1U << 14) - 2)
#define TIMER_TIMEWAIT 3 /* idiag_timer */
#define ANSWER_LEN     32768
#define NO_INODE       (1ULL << 63) /* keys of sockets without one */
#define PATH_LEN       300
#define L3MDEV_FILE    "/proc/sys/net/ipv4/tcp_l3mdev_accept"

struct reading {
	uint16_t port;
	uint32_t netns;
	uint64_t nameless; /* sockets without an inode so far */
	bool vrfs_apart;   /* not tcp_l3mdev_accept */
	int32_t ifindex;   /* the device that was looked up last, and its VRF */
	uint32_t vrf;
	record_fn on_socket, on_owner;
	void *context;
};

/* inet_sk_bound_l3mdev() */
static uint32_t vrf_of(struct reading *reading, int32_t ifindex)
{
	if (!ifindex || !reading->vrfs_apart)
		return 0;
	if (ifindex != reading->ifindex) {
		reading->vrf = device_vrf((uint32_t)ifindex);
		reading->ifindex = ifindex;
	}
	return reading->vrf;
}

static bool has_v6only(const struct nlmsghdr *message, const struct inet_diag_msg *diag)
{
	const struct rtattr *attr = (const struct rtattr *)(diag + 1);
	int left = (int)(message->nlmsg_len - NLMSG_LENGTH(sizeof(*diag)));

	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		if (attr->rta_type == INET_DIAG_SKV6ONLY && RTA_PAYLOAD(attr) >= 1)
			return *(const uint8_t *)RTA_DATA(attr);
	return false;
}

/* A TIME_WAIT shows the state that it stands for, and the timer tells it from a socket. */
static void read_state(const struct inet_diag_msg *diag, struct rt_sock *sock)
{
	bool remnant = diag->idiag_timer == TIMER_TIMEWAIT || diag->idiag_state == STATE_TIME_WAIT_NR;

	sock->state = diag->idiag_state;
	if (sock->state == STATE_BOUND_INACTIVE_NR)
		sock->state = STATE_CLOSE_NR;
	if (remnant) {
		sock->flags |= RT_SK_MINI;
		sock->substate = diag->idiag_state;
		sock->state = STATE_TIME_WAIT_NR;
		sock->left_ms = diag->idiag_expires;
		sock->uid = RT_UID_NONE;
	} else if (!diag->idiag_inode) {
		bool queued = diag->idiag_state == STATE_ESTABLISHED_NR ||
			      diag->idiag_state == STATE_SYN_RECV_NR ||
			      diag->idiag_state == STATE_CLOSE_WAIT_NR;

		sock->flags |= queued ? RT_SK_ORPHAN : RT_SK_ORPHAN | RT_SK_DEAD;
	}
}

static void read_socket(struct reading *reading, const struct nlmsghdr *message, uint8_t protocol,
			struct rt_listed *ret_listed)
{
	const struct inet_diag_msg *diag = NLMSG_DATA(message);
	struct rt_sock *sock = &ret_listed->sock;
	size_t size = diag->idiag_family == AF_INET6 ? 16 : 4;

	*ret_listed = (struct rt_listed){
		.sock =
			{
				.inode = diag->idiag_inode,
				.key = diag->idiag_inode ? diag->idiag_inode : NO_INODE | ++reading->nameless,
				.flags = RT_SK_BLIND,
				.netns = reading->netns,
				.uid = diag->idiag_uid,
				.ifindex = (int32_t)diag->id.idiag_if,
				.family = diag->idiag_family,
				.protocol = protocol,
				.port = ntohs(diag->id.idiag_sport),
				.peer_port = ntohs(diag->id.idiag_dport),
			},
	};
	memcpy(sock->addr, diag->id.idiag_src, size);
	memcpy(sock->peer, diag->id.idiag_dst, size);
	read_state(diag, sock);
	if (!sock->peer_port)
		sock->flags |= RT_SK_PORT_LOCK;
	if (has_v6only(message, diag))
		sock->flags |= RT_SK_V6ONLY;
}

/* netlink_dump(): a dump that fails ends with its errno. */
static int dump_error(const struct nlmsghdr *message)
{
	int err = 0;

	if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(err)))
		memcpy(&err, NLMSG_DATA(message), sizeof(err));
	return err < 0 ? err : 0;
}

/* What SYN_RECV has no inode is a request, and in no table of ports. */
static bool has_port(const struct reading *reading, const struct rt_sock *sock)
{
	if (!sock->port || (sock->state == STATE_SYN_RECV_NR && !sock->inode))
		return false;
	return !reading->port || sock->port == reading->port;
}

static int take_message(struct reading *reading, const struct nlmsghdr *message, uint8_t protocol,
			bool *ret_done)
{
	struct rt_listed listed;

	if (message->nlmsg_type == NLMSG_DONE) {
		*ret_done = true;
		return dump_error(message);
	}
	if (message->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *error = NLMSG_DATA(message);

		*ret_done = true;
		return message->nlmsg_len < NLMSG_LENGTH(sizeof(*error)) ? -EBADMSG : error->error;
	}
	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
		return -EBADMSG;
	read_socket(reading, message, protocol, &listed);
	if (!has_port(reading, &listed.sock))
		return 0;
	listed.bucket.l3mdev = protocol == IPPROTO_TCP ? vrf_of(reading, listed.sock.ifindex) : 0;
	return reading->on_socket(reading->context, &listed, sizeof(listed));
}

static int read_answer(struct reading *reading, int fd, uint8_t protocol)
{
	char *room = malloc(ANSWER_LEN);
	bool done = false;
	int err = 0;

	while (room && !err && !done) {
		ssize_t n = recv(fd, room, ANSWER_LEN, 0);
		struct nlmsghdr *message = (struct nlmsghdr *)room;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			err = n ? -errno : -EBADMSG;
		for (; !err && !done && NLMSG_OK(message, n); message = NLMSG_NEXT(message, n))
			err = take_message(reading, message, protocol, &done);
	}
	if (!room)
		err = -ENOMEM;
	free(room);
	return err;
}

static int read_sockets(struct reading *reading, uint8_t family, uint8_t protocol)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} ask = {
		.header = {.nlmsg_len = sizeof(ask),
			   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.request = {.sdiag_family = family,
			    .sdiag_protocol = protocol,
			    .idiag_ext = 0,
			    .idiag_states = ALL_STATES},
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), err;

	if (fd < 0)
		return -errno;
	err = send(fd, &ask, sizeof(ask), 0) < 0 ? -errno : read_answer(reading, fd, protocol);
	close(fd);
	return err;
}

/* "Uid:\t1000..." and the like: one number of /proc/PID/status. */
static void read_status(uint32_t pid, struct rt_owner *owner)
{
	char path[PATH_LEN], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	file = fopen(path, "re");
	owner->uid = RT_UID_NONE;
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "Name:", 5))
			sscanf(line, "Name: %15[^\n]", owner->comm);
		else if (!strncmp(line, "PPid:", 5))
			sscanf(line, "PPid: %u", &owner->ppid);
		else if (!strncmp(line, "Uid:", 4))
			sscanf(line, "Uid: %u", &owner->uid);
	}
	fclose(file);
}

/* false: the descriptor is gone */
static bool read_cloexec(uint32_t pid, const char *fd, uint32_t *ret_cloexec)
{
	char path[PATH_LEN], line[256];
	unsigned int flags;
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/fdinfo/%.20s", pid, fd);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "flags: %o", &flags) == 1;
	fclose(file);
	if (found)
		*ret_cloexec = !!(flags & O_CLOEXEC);
	return found;
}

static int read_process(void *context, uint32_t pid)
{
	const struct reading *reading = context;
	struct rt_owner owner = {.tgid = pid};
	char path[PATH_LEN], link[64];
	struct dirent *entry;
	DIR *descriptors;
	int err = 0;

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	descriptors = opendir(path);
	if (!descriptors)
		return 0; /* gone, or not ours to see */
	while (!err && (entry = readdir(descriptors))) {
		unsigned long long inode;
		ssize_t n = readlinkat(dirfd(descriptors), entry->d_name, link, sizeof(link) - 1);

		link[n > 0 ? n : 0] = '\0';
		if (sscanf(link, "socket:[%llu]", &inode) != 1 ||
		    !read_cloexec(pid, entry->d_name, &owner.cloexec))
			continue;
		if (!owner.comm[0]) {
			read_status(pid, &owner);
			owner.cgroup = cgroup_id_of_process(owner.tgid);
		}
		owner.key = owner.inode = inode;
		owner.fd = (int32_t)strtol(entry->d_name, NULL, 10);
		err = reading->on_owner(reading->context, &owner, sizeof(owner));
	}
	closedir(descriptors);
	return err;
}

int diag_read(uint16_t port, record_fn on_socket, record_fn on_owner, void *context,
	      struct diag_unread *ret_unread)
{
	static const struct {
		uint8_t family, protocol;
	} tables[] = {{AF_INET, IPPROTO_TCP},
		      {AF_INET6, IPPROTO_TCP},
		      {AF_INET, IPPROTO_UDP},
		      {AF_INET6, IPPROTO_UDP}};
	struct reading reading = {.port = port,
				  .netns = netns_own(),
				  .vrfs_apart = !proc_number(L3MDEV_FILE),
				  .on_socket = on_socket,
				  .on_owner = on_owner,
				  .context = context};
	struct diag_unread unread = {.tcp = 0};
	int err;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		err = read_sockets(&reading, tables[i].family, tables[i].protocol);
		if (err == -ENOMEM)
			return err;
		if (err)
			*(tables[i].protocol == IPPROTO_TCP ? &unread.tcp : &unread.udp) = err;
	}
	err = on_owner ? process_each(read_process, &reading) : 0;
	if (!err)
		*ret_unread = unread;
	return err;
}
