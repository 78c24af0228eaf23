/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A socket that has a port, in each of the states that such a socket can be in. */
#include "oracle.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include "keeper.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif
#define TCP_REPAIR_SEND_QUEUE 2
#define TCP_REPAIR_LEAVE      (-1)
#define TCP_INFO_CLOSED	      7
#define SERVER_PORT	      30999

/* Where a socket of this variant connects to, and where it is reached. */
static const struct {
	const char *remote, *reached;
	int reached_family;
} ways[] = {
	{"127.0.0.1", "127.0.0.1", AF_INET},
	{"127.0.0.1", "127.0.0.1", AF_INET},
	{"127.0.0.1", "127.0.0.2", AF_INET},
	{"::1", "::1", AF_INET6},
	{"::1", "::1", AF_INET6},
	{"::1", "::1", AF_INET6},
	{"::1", "::1", AF_INET6},
	{"::ffff:127.0.0.1", "127.0.0.1", AF_INET},
	{"::ffff:127.0.0.1", "127.0.0.1", AF_INET},
};

static void flip(int fd, enum change change)
{
	enum flag flag = change == CHANGE_RA ? FLAG_RA : FLAG_RP;
	int name = change == CHANGE_RA ? SO_REUSEADDR : SO_REUSEPORT, value = 0;
	socklen_t size = sizeof(value);

	if (change == CHANGE_NONE || fd < 0)
		return;
	getsockopt(fd, SOL_SOCKET, name, &value, &size);
	if (!set_flag(fd, flag, !value))
		die("late option");
}

static void names_of(int fd, struct endpoint *local, struct endpoint *remote)
{
	local->length = remote->length = sizeof(local->address);
	if (getsockname(fd, (struct sockaddr *)&local->address, &local->length) ||
	    getpeername(fd, (struct sockaddr *)&remote->address, &remote->length))
		die("names of a connection");
}

static int connect_to(int fd, const struct endpoint *endpoint)
{
	return connect(fd, (const struct sockaddr *)&endpoint->address, endpoint->length);
}

/* The child belongs to whoever accepts. */
static int accept_one(int listener, uid_t uid)
{
	int fd;

	setfsuid(uid);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	setfsuid(0);
	if (fd < 0)
		die("accept");
	return fd;
}

static int connect_out(const struct test_case *one, struct held *held)
{
	const char *host = ways[one->holder.variant].remote;
	struct endpoint server = endpoint_of(host, variants[one->holder.variant].family, SERVER_PORT);

	if (connect_to(held->fd, &server))
		return -1;
	if (!one->udp)
		held->peer = accept_one(server_of(one->holder.place), 0);
	names_of(held->fd, &held->local, &held->remote);
	held->connected = true;
	return 0;
}

/* connect() takes the only port that it may take. */
static int hold_client(const struct test_case *one, uint16_t port, struct held *held)
{
	const struct variant *variant = &variants[one->holder.variant];
	struct endpoint nowhere = endpoint_of(variant->text, variant->family, 0);
	bool elsewhere = one->holder.place == PLACE_NETNS;
	int err;

	set_option(held->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	if (attempt_bind(held->fd, &nowhere)->result)
		die("deferred bind");
	flip(held->fd, one->twist->bound);
	limit_ports(port, port, elsewhere);
	err = connect_out(one, held);
	unlimit_ports();
	return err;
}

/* Both are past the handshake; the child replaces its listener. */
static void accept_child(const struct test_case *one, uint16_t port, struct held *held)
{
	struct endpoint target = endpoint_of(ways[one->holder.variant].reached,
					     ways[one->holder.variant].reached_family, port);
	int listener = held->fd;

	held->peer = peer_socket(one->holder.place, ways[one->holder.variant].reached_family);
	set_option(held->peer, IPPROTO_TCP, TCP_SYNCNT, 1);
	limit_other_ends(one->holder.place == PLACE_NETNS);
	if (connect_to(held->peer, &target))
		die("connect to the holder");
	unlimit_ports();
	held->fd = accept_one(listener, one->holder.uid);
	close(listener);
	names_of(held->peer, &held->remote, &held->local);
	held->connected = true;
}

static void await_end(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 0)
		die("end of a connection");
}

/* What the other end sends next, and its FIN counts as one. */
static uint32_t sequence_of(int fd)
{
	uint32_t sequence = 0;
	socklen_t size = sizeof(sequence);

	set_option(fd, IPPROTO_TCP, TCP_REPAIR, 1);
	set_option(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_REPAIR_SEND_QUEUE);
	if (getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &sequence, &size))
		die("TCP_QUEUE_SEQ");
	set_option(fd, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_LEAVE);
	return sequence + 1;
}

/* The other end is closed only when the holder, in TIME_WAIT by then, has confirmed its FIN. */
static void finish_peer(int fd)
{
	struct tcp_info info;
	socklen_t size;

	shutdown(fd, SHUT_WR);
	do {
		size = sizeof(info);
		sched_yield();
		if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size))
			die("TCP_INFO");
	} while (info.tcpi_state != TCP_INFO_CLOSED);
	close(fd);
}

static void leave_connection(struct held *held, enum state state)
{
	close(held->fd);
	held->fd = -1;
	await_end(held->peer);
	if (state == AT_ORPHAN)
		return;
	held->sequence = sequence_of(held->peer);
	finish_peer(held->peer);
	held->peer = -1;
	held->minisock = true;
}

static int reach_state(const struct test_case *one, uint16_t port, struct held *held)
{
	if (one->state == AT_CONNECTED)
		return connect_out(one, held);
	if (one->state == AT_BOUND)
		return 0;
	if (attempt_listen(held->fd)->result)
		die("the holder's listen");
	if (one->state == AT_SHUT && shutdown(held->fd, SHUT_RDWR))
		die("shutdown");
	if (one->state >= AT_ACCEPTED)
		accept_child(one, port, held);
	return 0;
}

int hold(const struct test_case *one, uint16_t *port, struct held *held)
{
	*port = next_port(one->state == AT_CLIENT);
	return hold_on(one, *port, held);
}

int hold_on(const struct test_case *one, uint16_t port, struct held *held)
{
	const struct variant *variant = &variants[one->holder.variant];
	struct endpoint endpoint;
	int err;

	endpoint = endpoint_of(variant->text, variant->family, port);
	*held = (struct held){.fd = open_socket(&one->holder, one->udp),
			      .peer = -1,
			      .state = one->state,
			      .place = one->holder.place};
	if (one->state == AT_CLIENT) {
		err = hold_client(one, port, held);
	} else {
		err = attempt_bind(held->fd, &endpoint)->result;
		flip(held->fd, one->twist->bound);
		if (!err)
			err = reach_state(one, port, held);
	}
	if (err)
		return -1;
	held->inode = inode_of(held->fd);
	flip(held->fd, one->twist->stated);
	if (one->state == AT_ORPHAN || one->state == AT_TIME_WAIT)
		leave_connection(held, one->state);
	if (one->twist->kept) {
		held->keeper = keeper_take(held->fd);
		held->fd = -1;
	}
	return 0;
}

/* Nothing is left of it: connections are reset, by the other end where only that is left. */
void let_go(struct held *held)
{
	if (held->fd >= 0)
		close_hard(held->fd);
	if (held->keeper)
		keeper_kill(held->keeper);
	if (held->peer >= 0)
		close_hard(held->peer);
	if (held->minisock)
		send_reset(&held->remote, &held->local, held->sequence, held->place);
	held->fd = held->peer = -1;
	held->keeper = 0;
	held->minisock = false;
}
