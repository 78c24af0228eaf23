/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etw/endpoints.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "etw/index.h"
#include "model/address.h"

#define PAGE	    256	 /* ports; their lists are made as they are used */
#define HOLDERS_MAX 64	 /* described in one event */
#define LOOKED_MAX  4096 /* sockets of one port that are looked at */

struct endpoints {
	struct processes *processes;
	struct index by_id, by_handle, by_afd, by_tcpip;
	struct endpoint **ports[65536 / PAGE];
	uint64_t last_id;
};

struct endpoints *endpoints_new(struct processes *processes)
{
	struct endpoints *endpoints = calloc(1, sizeof(*endpoints));

	if (endpoints)
		endpoints->processes = processes;
	return endpoints;
}

void endpoints_free(struct endpoints *endpoints)
{
	if (!endpoints)
		return;
	for (size_t i = 0; i < endpoints->by_id.room; i++)
		free(endpoints->by_id.entries[i].value);
	for (size_t i = 0; i < 65536 / PAGE; i++)
		free(endpoints->ports[i]);
	index_free(&endpoints->by_id);
	index_free(&endpoints->by_handle);
	index_free(&endpoints->by_afd);
	index_free(&endpoints->by_tcpip);
	free(endpoints);
}

/* ---- names */

static uint32_t generation_of(const struct endpoints *endpoints, uint32_t pid)
{
	const struct process *process = process_get(endpoints->processes, pid);

	return process ? process->generation : 0;
}

/* Windows gives a pid to another process at once. */
static uint64_t handle_space(uint32_t pid, uint32_t generation)
{
	return (uint64_t)generation << 32 | pid;
}

struct endpoint *endpoint_by_id(const struct endpoints *endpoints, uint64_t id)
{
	return index_get(&endpoints->by_id, id, 0);
}

struct endpoint *endpoint_by_handle(const struct endpoints *endpoints, uint32_t pid, uint64_t handle)
{
	return index_get(&endpoints->by_handle, handle_space(pid, generation_of(endpoints, pid)), handle);
}

struct endpoint *endpoint_by_afd(const struct endpoints *endpoints, uint64_t pointer)
{
	return index_get(&endpoints->by_afd, pointer, 0);
}

struct endpoint *endpoint_by_tcpip(const struct endpoints *endpoints, uint64_t pointer)
{
	return index_get(&endpoints->by_tcpip, pointer, 0);
}

void endpoint_forget_handle(struct endpoints *endpoints, struct endpoint *endpoint)
{
	uint64_t space = handle_space(endpoint->pid, endpoint->generation);

	if (endpoint->handle && index_get(&endpoints->by_handle, space, endpoint->handle) == endpoint)
		(void)index_take(&endpoints->by_handle, space, endpoint->handle);
	endpoint->handle = 0;
}

static void forget_afd(struct endpoints *endpoints, struct endpoint *endpoint)
{
	if (endpoint->afd)
		(void)index_take(&endpoints->by_afd, endpoint->afd, 0);
	endpoint->afd = 0;
}

void endpoint_forget_tcpip(struct endpoints *endpoints, struct endpoint *endpoint)
{
	if (endpoint->tcpip)
		(void)index_take(&endpoints->by_tcpip, endpoint->tcpip, 0);
	endpoint->tcpip = 0;
}

int endpoint_name_handle(struct endpoints *endpoints, struct endpoint *endpoint, uint64_t handle)
{
	struct endpoint *other = endpoint_by_handle(endpoints, endpoint->pid, handle);

	if (!handle || other == endpoint)
		return 0;
	if (other)
		other->handle = 0;
	endpoint_forget_handle(endpoints, endpoint);
	endpoint->generation = generation_of(endpoints, endpoint->pid);
	endpoint->handle = handle;
	return index_put(&endpoints->by_handle, handle_space(endpoint->pid, endpoint->generation), handle,
			 endpoint);
}

int endpoint_name_afd(struct endpoints *endpoints, struct endpoint *endpoint, uint64_t pointer)
{
	struct endpoint *other = endpoint_by_afd(endpoints, pointer);

	if (!pointer || other == endpoint)
		return 0;
	if (other)
		other->afd = 0;
	forget_afd(endpoints, endpoint);
	endpoint->afd = pointer;
	return index_put(&endpoints->by_afd, pointer, 0, endpoint);
}

int endpoint_name_tcpip(struct endpoints *endpoints, struct endpoint *endpoint, uint64_t pointer)
{
	struct endpoint *other = endpoint_by_tcpip(endpoints, pointer);

	if (!pointer || other == endpoint)
		return 0;
	if (other)
		other->tcpip = 0;
	endpoint_forget_tcpip(endpoints, endpoint);
	endpoint->tcpip = pointer;
	return index_put(&endpoints->by_tcpip, pointer, 0, endpoint);
}

/* ---- life */

struct endpoint *endpoint_add(struct endpoints *endpoints, uint32_t pid)
{
	struct endpoint *endpoint = calloc(1, sizeof(*endpoint));

	if (!endpoint || index_put(&endpoints->by_id, endpoints->last_id + 1, 0, endpoint)) {
		free(endpoint);
		return NULL;
	}
	endpoint->pid = pid;
	endpoint->generation = generation_of(endpoints, pid);
	endpoint->sock = (struct sock_info){
		.id = ++endpoints->last_id,
		.uid = UID_NONE,
		.winsock = true,
		.kernel = pid == WINDOWS_SYSTEM_PID,
		.options = {.v6only = true},
		.from = {[FACT_OPTIONS] = FROM_ASSUMED, [FACT_V6ONLY] = FROM_ASSUMED},
	};
	return endpoint;
}

static struct endpoint *first_on(const struct endpoints *endpoints, uint16_t port)
{
	struct endpoint *const *page = endpoints->ports[port / PAGE];

	return page ? page[port % PAGE] : NULL;
}

static void leave_port(struct endpoint *endpoint)
{
	if (!endpoint->has_port)
		return;
	*endpoint->link_on_port = endpoint->next_on_port;
	if (endpoint->next_on_port)
		endpoint->next_on_port->link_on_port = endpoint->link_on_port;
	endpoint->has_port = false;
}

void endpoint_remove(struct endpoints *endpoints, struct endpoint *endpoint)
{
	leave_port(endpoint);
	endpoint_forget_handle(endpoints, endpoint);
	forget_afd(endpoints, endpoint);
	endpoint_forget_tcpip(endpoints, endpoint);
	(void)index_take(&endpoints->by_id, endpoint->sock.id, 0);
	free(endpoint);
}

void endpoint_accept(struct endpoint *endpoint, const struct endpoint *listener, const struct address *peer,
		     uint16_t peer_port)
{
	leave_port(endpoint);
	endpoint->sock.protocol = listener->sock.protocol;
	endpoint->sock.family = listener->sock.family;
	endpoint->sock.address = listener->sock.address;
	endpoint->sock.port = listener->sock.port;
	endpoint->sock.accepted = true;
	endpoint->sock.state = STATE_ESTABLISHED;
	endpoint->sock.peer = *peer;
	endpoint->sock.peer_port = peer_port;
}

int endpoint_bind(struct endpoints *endpoints, struct endpoint *endpoint, const struct address *address,
		  uint16_t port, uint64_t time_ns)
{
	struct endpoint ***page = &endpoints->ports[port / PAGE], **head;

	leave_port(endpoint);
	endpoint->sock.address = *address;
	endpoint->sock.port = port;
	endpoint->sock.state = STATE_BOUND;
	endpoint->bound_ns = time_ns;
	if (!port)
		return 0;
	if (!*page)
		*page = calloc(PAGE, sizeof(**page));
	if (!*page)
		return -ENOMEM;
	head = &(*page)[port % PAGE];
	endpoint->next_on_port = *head;
	if (*head)
		(*head)->link_on_port = &endpoint->next_on_port;
	*head = endpoint;
	endpoint->link_on_port = head;
	endpoint->has_port = true;
	return 0;
}

static void merge_options(struct sock_info *into, const struct sock_info *from)
{
	if (from->from[FACT_OPTIONS] < into->from[FACT_OPTIONS]) {
		into->options.reuseaddr = from->options.reuseaddr;
		into->winsock_options = from->winsock_options;
		into->from[FACT_OPTIONS] = from->from[FACT_OPTIONS];
	}
	if (from->from[FACT_V6ONLY] < into->from[FACT_V6ONLY]) {
		into->options.v6only = from->options.v6only;
		into->from[FACT_V6ONLY] = from->from[FACT_V6ONLY];
	}
	if (into->family == FAMILY_NONE)
		into->family = from->family;
	if (into->protocol == PROTO_NONE)
		into->protocol = from->protocol;
}

int endpoint_merge(struct endpoints *endpoints, struct endpoint *into, struct endpoint *from)
{
	uint64_t handle = from->handle, tcpip = from->tcpip, afd = from->afd;
	int err = 0;

	merge_options(&into->sock, &from->sock);
	if (!into->has_port && from->has_port)
		err = endpoint_bind(endpoints, into, &from->sock.address, from->sock.port, from->bound_ns);
	endpoint_remove(endpoints, from);
	if (!err && !into->handle)
		err = endpoint_name_handle(endpoints, into, handle);
	if (!err && !into->tcpip)
		err = endpoint_name_tcpip(endpoints, into, tcpip);
	if (!err && !into->afd)
		err = endpoint_name_afd(endpoints, into, afd);
	return err;
}

int endpoint_renumber(struct endpoints *endpoints, struct endpoint *endpoint, uint64_t id)
{
	int err = index_put(&endpoints->by_id, id, 0, endpoint);

	if (err)
		return err;
	(void)index_take(&endpoints->by_id, endpoint->sock.id, 0);
	endpoint->sock.id = id;
	return 0;
}

struct sock_info endpoint_sock(const struct endpoint *endpoint, uint32_t uid)
{
	struct sock_info sock = endpoint->sock;

	sock.uid = uid;
	if (sock.family == FAMILY_NONE)
		sock.family = sock.address.family;
	if (sock.family != FAMILY_IPV6) {
		sock.options.v6only = false;
		sock.from[FACT_V6ONLY] = FROM_OBSERVED;
	}
	return sock;
}

/* ---- who has a port */

/* Its process has ended, and nobody but its process told of it. */
static bool is_stale(const struct endpoints *endpoints, const struct endpoint *endpoint)
{
	return !endpoint->afd && !endpoint->tcpip && !endpoint->queried &&
	       endpoint->generation != generation_of(endpoints, endpoint->pid);
}

static bool is_companion(const struct endpoints *endpoints, const struct endpoint *one,
			 const struct endpoint *other)
{
	return one != other && one->sock.protocol == other->sock.protocol && !is_stale(endpoints, other);
}

static int describe(const struct endpoints *endpoints, const struct endpoint *endpoint, struct holder *holder)
{
	struct process *process = process_get(endpoints->processes, endpoint->pid);
	struct owner owner = {
		.pid = endpoint->pid,
		.fd = endpoint->handle && endpoint->handle <= INT32_MAX ? (int32_t)endpoint->handle : -1,
	};
	bool is_same;

	if (!process)
		return -ENOMEM;
	is_same = process->generation == endpoint->generation;
	if (is_same) {
		memcpy(owner.comm, process->name, COMM_LEN - 1);
		memcpy(owner.exe, process->name, EXE_LEN);
	}
	*holder = (struct holder){
		.sock = endpoint_sock(endpoint, is_same ? process->uid : UID_NONE),
		.kind = endpoint->sock.kernel ? KIND_KERNEL : KIND_PROCESS,
		.since_ns = endpoint->bound_ns,
		.expires_ms = -1,
		.released_after_ns = -1,
		.bound_by = owner,
		.owners = malloc(sizeof(owner)),
		.owner_count = 1,
	};
	if (!holder->owners)
		return -ENOMEM;
	holder->owners[0] = owner;
	return 0;
}

int endpoint_holders(const struct endpoints *endpoints, const struct endpoint *binder, uint16_t port,
		     struct event *event)
{
	size_t total = 0, looked = 0;
	const struct endpoint *at;

	for (at = first_on(endpoints, port); at && looked < LOOKED_MAX; at = at->next_on_port, looked++)
		total += is_companion(endpoints, binder, at);
	event->holders_total = (uint32_t)total;
	event->truncated = total > HOLDERS_MAX || looked == LOOKED_MAX;
	total = total < HOLDERS_MAX ? total : HOLDERS_MAX;
	if (!total)
		return 0;
	event->holders = calloc(total, sizeof(*event->holders));
	if (!event->holders)
		return -ENOMEM;
	for (at = first_on(endpoints, port); at && event->holder_count < total; at = at->next_on_port) {
		if (!is_companion(endpoints, binder, at))
			continue;
		if (describe(endpoints, at, &event->holders[event->holder_count]))
			return -ENOMEM;
		event->holder_count++;
	}
	return 0;
}

struct endpoint *endpoint_on_port(const struct endpoints *endpoints, uint32_t pid,
				  const struct address *address, uint16_t port)
{
	struct endpoint *at = first_on(endpoints, port);
	size_t looked = 0;

	while (at && looked++ < LOOKED_MAX && (at->pid != pid || !address_equal(&at->sock.address, address)))
		at = at->next_on_port;
	return looked <= LOOKED_MAX ? at : NULL;
}

static bool is_multicast(const struct address *address)
{
	return address->family == FAMILY_IPV4 ? (address->bytes[0] & 0xf0) == 0xe0
					      : address->bytes[0] == 0xff;
}

static bool is_known_without(const struct sock_info *sock)
{
	return sock->from[FACT_OPTIONS] == FROM_OBSERVED && !sock->options.reuseaddr;
}

static void infer_reuse(struct sock_info *sock)
{
	if (sock->from[FACT_OPTIONS] != FROM_ASSUMED)
		return;
	sock->options.reuseaddr = true;
	sock->from[FACT_OPTIONS] = FROM_INFERRED;
}

void endpoint_infer_sharing(struct endpoints *endpoints, struct endpoint *endpoint)
{
	struct sock_info *sock = &endpoint->sock;
	size_t looked = 0;

	if (!endpoint->has_port || is_multicast(&sock->address))
		return;
	for (struct endpoint *at = first_on(endpoints, sock->port); at && looked < LOOKED_MAX;
	     at = at->next_on_port, looked++) {
		if (!is_companion(endpoints, endpoint, at) ||
		    !address_equal(&at->sock.address, &sock->address) || is_known_without(sock) ||
		    is_known_without(&at->sock) || at->sock.winsock_options.port_scalability ||
		    sock->winsock_options.port_scalability)
			continue;
		infer_reuse(&at->sock);
		infer_reuse(sock);
	}
}
