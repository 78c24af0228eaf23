// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/handover.h"

#include <stdlib.h>
#include <string.h>

#include "model/address.h"

#define HEADS	     1024 /* of each hash */
#define BOUND_RECENT 4

struct serving { /* a socket */
	struct serving *same_hash;
	struct serving *later; /* of the same port */
	struct port *port;
	uint64_t from_ns, bound_ns;
	bool older; /* it was there before the recording */
	struct sock_info sock;
	struct proc_info process;
};

struct port {
	struct port *same_hash;
	uint64_t changed; /* a count */
	uint16_t number;
	enum protocol protocol;
	uint32_t netns;
	struct serving *serving; /* in the order in which they came */
	size_t count, peak;	 /* of sockets that serve, now and at most since it was taken over */
	bool blind;		 /* some socket could not be noted */
	struct {
		uint64_t at_ns; /* 0: nobody left it */
		struct proc_info process;
	} left;
	struct { /* bound and not listening yet, in a ring */
		uint64_t socket, at_ns;
	} bound[BOUND_RECENT];
	size_t bound_next;
};

struct handovers {
	struct serving *sockets[HEADS]; /* by id */
	struct port *ports[HEADS];	/* by number */
	size_t socket_count, port_count;
	uint64_t changes;
};

struct handovers *handovers_new(void)
{
	return calloc(1, sizeof(struct handovers));
}

/* Out of its port's list; it stays in its hash. */
static void leave_port(struct serving *serving)
{
	struct serving **link = &serving->port->serving;

	while (*link != serving)
		link = &(*link)->later;
	*link = serving->later;
	serving->port->count--;
}

static void drop_socket(struct handovers *handovers, struct serving *serving)
{
	struct serving **link = &handovers->sockets[serving->sock.id % HEADS];

	while (*link != serving)
		link = &(*link)->same_hash;
	*link = serving->same_hash;
	handovers->socket_count--;
	free(serving);
}

static void drop_port(struct handovers *handovers, struct port *port)
{
	struct port **link = &handovers->ports[port->number % HEADS];

	while (port->serving) {
		struct serving *serving = port->serving;

		leave_port(serving);
		drop_socket(handovers, serving);
	}
	while (*link != port)
		link = &(*link)->same_hash;
	*link = port->same_hash;
	handovers->port_count--;
	free(port);
}

void handovers_free(struct handovers *handovers)
{
	if (!handovers)
		return;
	for (size_t i = 0; i < HEADS; i++)
		while (handovers->ports[i])
			drop_port(handovers, handovers->ports[i]);
	free(handovers);
}

/* The port that is unchanged for longest makes room. */
static void drop_stalest(struct handovers *handovers)
{
	struct port *port, *stalest = NULL;

	for (size_t i = 0; i < HEADS; i++)
		for (port = handovers->ports[i]; port; port = port->same_hash)
			if (!stalest || port->changed < stalest->changed)
				stalest = port;
	if (stalest)
		drop_port(handovers, stalest);
}

static struct serving *find_socket(const struct handovers *handovers, uint64_t id)
{
	struct serving *serving = handovers->sockets[id % HEADS];

	while (serving && serving->sock.id != id)
		serving = serving->same_hash;
	return serving;
}

static struct port *find_port(const struct handovers *handovers, const struct sock_info *sock)
{
	struct port *port = handovers->ports[sock->port % HEADS];

	while (port &&
	       (port->number != sock->port || port->protocol != sock->protocol || port->netns != sock->netns))
		port = port->same_hash;
	return port;
}

static struct port *get_port(struct handovers *handovers, const struct sock_info *sock)
{
	struct port *port = find_port(handovers, sock);

	if (port)
		return port;
	if (handovers->port_count == HANDOVER_PORTS)
		drop_stalest(handovers);
	port = calloc(1, sizeof(*port));
	if (!port)
		return NULL;
	port->number = sock->port;
	port->protocol = sock->protocol;
	port->netns = sock->netns;
	port->same_hash = handovers->ports[sock->port % HEADS];
	handovers->ports[sock->port % HEADS] = port;
	handovers->port_count++;
	return port;
}

/* ---- what an event is */

static bool serves(const struct sock_info *sock)
{
	return sock->port && !sock->port_chosen &&
	       (sock->protocol == PROTO_UDP ? sock->peer.family == FAMILY_NONE : sock->state == STATE_LISTEN);
}

static bool begins(const struct event *event)
{
	bool is_udp = event->sock.protocol == PROTO_UDP;

	if (event->result < 0 || !event->sock.id || !event->sock.port || event->sock.port_chosen)
		return false;
	if (event->type == EVENT_HOLDER)
		return serves(&event->sock);
	return event->type == (is_udp ? EVENT_BIND : EVENT_LISTEN);
}

static bool ends(const struct event *event)
{
	return event->type == EVENT_RELEASE && event->release == RELEASE_PORT && event->sock.id;
}

/* Somebody serves it of whom no event came: the filters leave him out. */
static bool is_served_by_others(const struct handovers *handovers, const struct event *event)
{
	for (size_t i = 0; i < event->holder_count; i++) {
		const struct sock_info *sock = &event->holders[i].sock;

		if (serves(sock) && !find_socket(handovers, sock->id))
			return true;
	}
	return false;
}

/* ---- the two kinds of handover */

static void write_gap(const struct serving *after, uint64_t at_ns, const struct proc_info *before,
		      struct event *ret_gap)
{
	memset(ret_gap, 0, sizeof(*ret_gap));
	ret_gap->type = EVENT_GAP;
	ret_gap->time_ns = at_ns;
	ret_gap->process = after->process;
	ret_gap->sock = after->sock;
	ret_gap->sock.state = after->sock.protocol == PROTO_UDP ? STATE_BOUND : STATE_LISTEN;
	ret_gap->fd = -1;
	ret_gap->gap.before_pid = before->pid;
	memcpy(ret_gap->gap.before_comm, before->comm, sizeof(ret_gap->gap.before_comm));
	memcpy(ret_gap->gap.before_exe, before->exe, sizeof(ret_gap->gap.before_exe));
	ret_gap->gap.bound_ns = after->bound_ns;
	ret_gap->gap.served_ns = after->from_ns;
}

static bool end_gap(struct port *port, const struct serving *after, struct event *ret_gap)
{
	uint64_t left_ns = port->left.at_ns;
	bool is_other = port->left.process.pid != after->process.pid;
	bool is_gap = left_ns && is_other && !port->blind && !after->older && after->from_ns > left_ns;

	port->left.at_ns = 0;
	if (!is_gap)
		return false;
	write_gap(after, after->from_ns, &port->left.process, ret_gap);
	ret_gap->gap.released_ns = left_ns;
	ret_gap->gap.gap_ns = after->from_ns - left_ns;
	return true;
}

/* Could one have taken what was sent to the other? */
static bool is_at_same_address(const struct sock_info *one, const struct sock_info *other)
{
	bool same_family = one->family == other->family;

	if (same_family)
		return address_equal(&one->address, &other->address) || address_is_wildcard(&one->address) ||
		       address_is_wildcard(&other->address);
	return (one->family == FAMILY_IPV6 && address_is_wildcard(&one->address) && !one->options.v6only) ||
	       (other->family == FAMILY_IPV6 && address_is_wildcard(&other->address) &&
		!other->options.v6only);
}

/* Children of one process with one executable: workers, of whom another one is no new hand. */
static bool are_siblings(const struct proc_info *one, const struct proc_info *other)
{
	return one->ppid > 1 && one->ppid == other->ppid && !strncmp(one->exe, other->exe, EXE_LEN);
}

/*
 * The port goes on: taken over by the first of those who came later, if
 * nobody is left of those who were there before.  Of siblings that is said of
 * two only: of more of them, each would seem to be the heir of the one before.
 */
static bool take_over(const struct port *port, const struct serving *gone, uint64_t at_ns,
		      struct event *ret_gap)
{
	const struct serving *heir = port->serving;

	if (port->blind || heir->older || heir->from_ns < gone->from_ns ||
	    heir->process.pid == gone->process.pid || !heir->sock.options.reuseport ||
	    !is_at_same_address(&heir->sock, &gone->sock) ||
	    (are_siblings(&heir->process, &gone->process) && port->peak > 2))
		return false;
	write_gap(heir, at_ns, &gone->process, ret_gap);
	ret_gap->gap.takeover = TAKEOVER_REUSEPORT;
	ret_gap->gap.released_ns = at_ns;
	ret_gap->gap.overlap_ns = at_ns - heir->from_ns;
	return true;
}

/* listen() on a socket that another process listens on: a descriptor was inherited or passed. */
static bool inherit(struct serving *serving, const struct event *event, struct event *ret_gap)
{
	struct proc_info before = serving->process;
	bool is_other = event->process.pid && before.pid && event->process.pid != before.pid;

	if (!is_other || event->type != EVENT_LISTEN || serving->port->blind)
		return false;
	serving->process = event->process;
	write_gap(serving, event->time_ns, &before, ret_gap);
	ret_gap->gap.takeover = TAKEOVER_INHERITED;
	return true;
}

/* ---- in order */

/* What bound a served port, or one that was: when, for the time between that and its listen(). */
static void note_bound(struct handovers *handovers, const struct event *event)
{
	struct port *port = find_port(handovers, &event->sock);

	if (!port || event->result < 0 || !event->sock.id)
		return;
	port->bound[port->bound_next].socket = event->sock.id;
	port->bound[port->bound_next].at_ns = event->time_ns;
	port->bound_next = (port->bound_next + 1) % BOUND_RECENT;
}

static uint64_t bound_at(const struct port *port, const struct event *event)
{
	for (size_t i = 0; i < BOUND_RECENT; i++)
		if (port->bound[i].socket == event->sock.id)
			return port->bound[i].at_ns;
	return event->type == EVENT_HOLDER ? 0 : event->time_ns;
}

static struct serving *add_socket(struct handovers *handovers, struct port *port, const struct event *event)
{
	bool is_full = handovers->socket_count == HANDOVER_SOCKETS;
	struct serving *serving = is_full ? NULL : calloc(1, sizeof(*serving)), **last = &port->serving;

	if (!serving) {
		port->blind = true;
		return NULL;
	}
	serving->port = port;
	serving->from_ns = event->time_ns;
	serving->bound_ns = bound_at(port, event);
	serving->older = event->type == EVENT_HOLDER;
	serving->sock = event->sock;
	serving->process = event->process;
	serving->same_hash = handovers->sockets[event->sock.id % HEADS];
	handovers->sockets[event->sock.id % HEADS] = serving;
	while (*last)
		last = &(*last)->later;
	*last = serving;
	handovers->socket_count++;
	port->count++;
	port->peak = port->peak > port->count ? port->peak : port->count;
	return serving;
}

static void touch(struct handovers *handovers, struct port *port)
{
	port->changed = ++handovers->changes;
}

static bool begin(struct handovers *handovers, const struct event *event, struct event *ret_gap)
{
	struct serving *serving = find_socket(handovers, event->sock.id);
	struct port *port;

	if (serving)
		return inherit(serving, event, ret_gap);
	port = get_port(handovers, &event->sock);
	if (!port)
		return false;
	touch(handovers, port);
	if (is_served_by_others(handovers, event))
		port->left.at_ns = 0;
	serving = add_socket(handovers, port, event);
	return serving && port->count == 1 && end_gap(port, serving, ret_gap);
}

static bool end(struct handovers *handovers, const struct event *event, struct event *ret_gap)
{
	struct serving *gone = find_socket(handovers, event->sock.id);
	struct port *port = gone ? gone->port : NULL;
	bool is_first, is_over = false;

	if (!gone)
		return false;
	is_first = gone == port->serving;
	port->left.at_ns = event->time_ns;
	port->left.process = gone->process;
	leave_port(gone);
	if (port->serving && is_first)
		is_over = take_over(port, gone, event->time_ns, ret_gap);
	drop_socket(handovers, gone);
	if (is_over || !port->count)
		port->peak = port->count;
	touch(handovers, port);
	return is_over;
}

bool handover_note(struct handovers *handovers, const struct event *event, struct event *ret_gap)
{
	if (event->type == EVENT_BIND && event->sock.protocol != PROTO_UDP)
		note_bound(handovers, event);
	if (begins(event))
		return begin(handovers, event, ret_gap);
	return ends(event) && end(handovers, event, ret_gap);
}
