/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/range_use.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linux/decode.h"
#include "linux/netns.h"

#define SHARES_MAX   (4 * PORTS)
#define TIME_WAIT    6 /* as in /proc/net/tcp */
#define RESERVED     "/proc/sys/net/ipv4/ip_local_reserved_ports"
#define RESERVED_LEN (6 * PORTS / 2) /* "1,3,5,..." */

/* A process has a socket on a port. */
struct share {
	uint32_t pid;
	uint16_t port;
	char comm[COMM_LEN];
};

struct count {
	struct ports_look ports;
	struct share *shares;
	size_t share_count, room;
};

static bool is_udp(const struct sock_info *sock)
{
	return sock->protocol == PROTO_UDP;
}

static bool in_range(const struct ports_look *ports, unsigned long port)
{
	return port >= ports->lo && port <= ports->hi && port < PORTS;
}

static int add_share(struct count *count, const struct share *share)
{
	struct share *more;

	if (count->share_count == count->room) {
		size_t room = count->room ? 2 * count->room : 1024;

		if (room > SHARES_MAX)
			return 0;
		more = realloc(count->shares, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		count->shares = more;
		count->room = room;
	}
	count->shares[count->share_count++] = *share;
	return 0;
}

/* One socket of a snapshot. */
static int note_socket(void *context, const void *record, size_t size)
{
	struct count *count = context;
	const struct rt_holder *holder = record;
	struct share share = {.pid = 0};
	struct proc_info process;
	struct sock_info sock;

	if (size < sizeof(*holder))
		return -EBADMSG;
	decode_sock(&holder->life.sock, &sock);
	if (sock.netns != count->ports.netns || !in_range(&count->ports, sock.port) ||
	    is_udp(&sock) != count->ports.udp)
		return 0;
	decode_process(&holder->life.header.process, &process);
	count->ports.held[sock.port] = true;
	share.pid = process.pid;
	share.port = sock.port;
	memcpy(share.comm, process.comm, sizeof(share.comm));
	return add_share(count, &share);
}

/* "  sl  local_address rem_address   st ...": the local port and the state of each row. */
static void read_table(struct ports_look *ports, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[512];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		unsigned int port, state;

		if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x", &port, &state) != 2 ||
		    !in_range(ports, port))
			continue;
		if (state == TIME_WAIT && !ports->udp)
			ports->waits[port] = true;
		else
			ports->held[port] = true;
	}
	fclose(file);
}

/* "8080,9000-9010" */
static void note_reserved(struct ports_look *ports, char *at)
{
	while (*at) {
		unsigned long first = strtoul(at, &at, 10), last = first;

		if (*at == '-')
			last = strtoul(at + 1, &at, 10);
		for (; first <= last && first < PORTS; first++)
			ports->reserved[first] = in_range(ports, first);
		at += *at ? 1 : 0;
	}
}

/* proc_do_large_bitmap() answers the first read() only: it must have room for all. */
static void read_reserved(struct ports_look *ports)
{
	char *list = malloc(RESERVED_LEN + 1);
	int fd = list ? open(RESERVED, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t length = fd >= 0 ? read(fd, list, RESERVED_LEN) : -1;

	if (length > 0) {
		list[length] = '\0';
		note_reserved(ports, list);
	}
	if (fd >= 0)
		close(fd);
	free(list);
}

static int read_inside(void *context)
{
	struct ports_look *ports = context;

	read_table(ports, ports->udp ? "/proc/thread-self/net/udp" : "/proc/thread-self/net/tcp");
	read_table(ports, ports->udp ? "/proc/thread-self/net/udp6" : "/proc/thread-self/net/tcp6");
	read_reserved(ports);
	return 0;
}

int range_use_look(void *about)
{
	struct ports_look *ports = about;
	struct netns list[NETNS_MAX], own;
	int namespaces, err = -ENOENT;

	if (netns_of_process(ports->netns, ports->pid, &own))
		err = netns_inside(&own, read_inside, ports);
	if (!err)
		return 0;
	namespaces = netns_list(list);
	for (int i = 0; i < namespaces && err; i++)
		if (list[i].inode == ports->netns)
			err = netns_inside(&list[i], read_inside, ports);
	return err;
}

static int by_process(const void *one, const void *two)
{
	const struct share *a = one, *b = two;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return a->port < b->port ? -1 : a->port > b->port;
}

static void note_process(struct range_use *use, const struct share *share, uint32_t ports)
{
	size_t at = 0;

	while (at < PORT_USERS_MAX && use->most[at].ports >= ports)
		at++;
	if (at == PORT_USERS_MAX)
		return;
	memmove(&use->most[at + 1], &use->most[at], (PORT_USERS_MAX - 1 - at) * sizeof(use->most[0]));
	use->most[at].pid = share->pid;
	use->most[at].ports = ports;
	memcpy(use->most[at].comm, share->comm, sizeof(use->most[at].comm));
}

/* Sockets of one process on one port count once: children of a listener, members of a group. */
static void find_most(struct count *count, struct range_use *use)
{
	uint32_t ports = 0;

	if (count->share_count)
		qsort(count->shares, count->share_count, sizeof(*count->shares), by_process);
	for (size_t i = 0; i < count->share_count; i++) {
		const struct share *share = &count->shares[i];
		bool last = i + 1 == count->share_count || share[1].pid != share->pid;

		ports += last || share[1].port != share->port;
		if (!last)
			continue;
		note_process(use, share, ports);
		ports = 0;
	}
}

static void sum_up(struct count *count, struct range_use *use)
{
	*use = (struct range_use){.counted = true};
	for (size_t port = 0; port < PORTS; port++) {
		use->taken += count->ports.held[port] || count->ports.waits[port];
		use->time_wait += count->ports.waits[port] && !count->ports.held[port];
		use->reserved += count->ports.reserved[port];
	}
	find_most(count, use);
}

int range_use_count(struct tracer *tracer, struct looker *looker, struct event *event)
{
	struct count *count = calloc(1, sizeof(*count));
	int err;

	if (!count)
		return -ENOMEM;
	count->ports.netns = event->sock.netns;
	count->ports.pid = event->process.pid;
	count->ports.lo = event->range_lo;
	count->ports.hi = event->range_hi;
	count->ports.udp = is_udp(&event->sock);
	err = looker_look(looker, LOOK_PORTS, &count->ports);
	if (!err)
		err = tracer_snapshot(tracer, false, note_socket, count);
	if (!err)
		sum_up(count, &event->refusal.ports);
	free(count->shares);
	free(count);
	return err;
}
