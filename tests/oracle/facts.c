/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An event back from its JSON: every input of the rules and nothing that the
 * kernel answered.  result, stage, culprit, reason and verdict stay empty.
 */
#include "oracle.h"

#include <arpa/inet.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "model/event_names.h"

struct member {
	const char *name;
	size_t offset;
};

static const struct member option_members[] = {
	{"reuseaddr", offsetof(struct sock_info, options.reuseaddr)},
	{"reuseport", offsetof(struct sock_info, options.reuseport)},
	{"force_reuse", offsetof(struct sock_info, options.force_reuse)},
	{"v6only", offsetof(struct sock_info, options.v6only)},
	{"freebind", offsetof(struct sock_info, options.freebind)},
	{"transparent", offsetof(struct sock_info, options.transparent)},
	{"bind_address_no_port", offsetof(struct sock_info, options.bind_address_no_port)},
};

static const struct member fact_members[] = {
	{"port_chosen", offsetof(struct sock_info, port_chosen)},
	{"connect_bound", offsetof(struct sock_info, connect_bound)},
	{"accepted", offsetof(struct sock_info, accepted)},
	{"orphan", offsetof(struct sock_info, orphan)},
	{"unaccepted", offsetof(struct sock_info, unaccepted)},
	{"kernel", offsetof(struct sock_info, kernel)},
	{"minisock", offsetof(struct sock_info, minisock)},
	{"group_own", offsetof(struct sock_info, group_own)},
	{"group_program", offsetof(struct sock_info, group_program)},
	{"group_closed", offsetof(struct sock_info, group_closed)},
};

static const struct member policy_members[] = {
	{"closed_group_ok", offsetof(struct policy, closed_group_ok)},
	{"fast_cache_live", offsetof(struct policy, fast_cache_live)},
	{"bhash2_native", offsetof(struct policy, bhash2_native)},
	{"udp_slot_blind", offsetof(struct policy, udp_slot_blind)},
	{"connect_bind_flag", offsetof(struct policy, connect_bind_flag)},
};

static const struct member event_members[] = {
	{"explicit_port", offsetof(struct event, explicit_port)},
	{"listening", offsetof(struct event, listening)},
	{"autobind_reuse", offsetof(struct event, autobind_reuse)},
	{"l3mdev_accept", offsetof(struct event, l3mdev_accept)},
	{"kernel_call", offsetof(struct event, kernel_call)},
	{"by_connect", offsetof(struct event, by_connect)},
};

static struct json_object *get(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	return object && json_object_object_get_ex(object, name, &value) ? value : NULL;
}

static void read_bools(struct json_object *object, const struct member *members, size_t count, void *base)
{
	for (size_t i = 0; i < count; i++)
		*(bool *)((char *)base + members[i].offset) =
			json_object_get_boolean(get(object, members[i].name));
}

static uint64_t number(struct json_object *object, const char *name, uint64_t absent)
{
	struct json_object *value = get(object, name);

	return value ? (uint64_t)json_object_get_int64(value) : absent;
}

static const char *text(struct json_object *object, const char *name)
{
	struct json_object *value = get(object, name);

	return value ? json_object_get_string(value) : "";
}

static void read_text(struct json_object *object, const char *name, char *out, size_t size)
{
	snprintf(out, size, "%s", text(object, name));
}

#define READ_TEXT(object, name, array) read_text(object, name, array, sizeof(array))

/* An enum's value by the name that JSON has; 0 where there is none. */
static int value_of(const char *name, int (*from_name)(const char *name))
{
	int value = name[0] ? from_name(name) : 0;

	return value < 0 ? 0 : value;
}

static void read_address(const char *host, struct address *address)
{
	if (!host[0])
		return;
	address->family = strchr(host, ':') ? FAMILY_IPV6 : FAMILY_IPV4;
	inet_pton(address->family == FAMILY_IPV6 ? AF_INET6 : AF_INET, host, address->bytes);
}

/* What sockets and holders have in common; their facts are in different objects. */
static void read_sock(struct json_object *object, struct json_object *facts, struct sock_info *sock)
{
	struct json_object *peer = get(object, "peer"), *device = get(object, "device");

	sock->inode = number(object, "inode", 0);
	sock->netns = number(object, "netns", 0);
	sock->uid = number(object, "uid", UID_NONE);
	sock->protocol = value_of(text(object, "protocol"), protocol_from_name);
	sock->family = value_of(text(object, "family"), family_from_name);
	sock->state = value_of(text(object, "state"), state_from_name);
	sock->port = number(object, "port", 0);
	read_address(text(object, "address"), &sock->address);
	read_address(text(peer, "address"), &sock->peer);
	sock->peer_port = number(peer, "port", 0);
	sock->ifindex = number(device, "ifindex", 0);
	READ_TEXT(device, "name", sock->device);
	read_bools(get(object, "options"), option_members, COUNT(option_members), sock);
	read_bools(facts, fact_members, COUNT(fact_members), sock);
	sock->group_id = number(facts, "group_id", 0);
	sock->group_size = number(facts, "group_size", 0);
	sock->vrf = number(facts, "vrf", 0);
}

static void read_owner(struct json_object *object, struct owner *owner)
{
	owner->pid = number(object, "pid", 0);
	owner->fd = (int32_t)number(object, "fd", (uint64_t)-1);
	READ_TEXT(object, "comm", owner->comm);
	READ_TEXT(object, "exe", owner->exe);
}

static void read_holder(struct json_object *object, struct holder *holder)
{
	struct json_object *processes = get(object, "processes"), *expires = get(object, "expires_s");

	read_sock(object, get(object, "facts"), &holder->sock);
	holder->kind = value_of(text(object, "kind"), kind_from_name);
	holder->expires_ms = expires ? (int64_t)(json_object_get_double(expires) * 1000 + 0.5) : -1;
	holder->released_after_ns = (int64_t)number(object, "released_after_ns", (uint64_t)-1);
	read_owner(get(object, "bound_by"), &holder->bound_by);
	holder->owner_count = processes ? json_object_array_length(processes) : 0;
	holder->owners = calloc(holder->owner_count + 1, sizeof(*holder->owners));
	for (size_t i = 0; holder->owners && i < holder->owner_count; i++)
		read_owner(json_object_array_get_idx(processes, i), &holder->owners[i]);
}

static void read_bucket(struct json_object *object, struct bucket_facts *bucket)
{
	bucket->present = json_object_get_boolean(get(object, "present"));
	bucket->fastreuse = (int)number(object, "fastreuse", 0);
	bucket->fastreuseport = (int)number(object, "fastreuseport", 0);
	bucket->l3mdev = number(object, "l3mdev", 0);
	bucket->fastuid = number(object, "fastuid", UID_NONE);
	read_address(text(object, "fast_address"), &bucket->fast_address);
	bucket->fast_v6only = json_object_get_boolean(get(object, "fast_v6only"));
	bucket->slot_count = number(object, "slot_count", 0);
}

static void read_process(struct json_object *object, struct proc_info *process)
{
	process->pid = number(object, "pid", 0);
	process->tid = number(object, "tid", 0);
	process->uid = number(object, "uid", UID_NONE);
	READ_TEXT(object, "comm", process->comm);
	READ_TEXT(object, "exe", process->exe);
}

static void read_facts(struct json_object *facts, struct event *event, struct policy *policy)
{
	struct json_object *range = get(facts, "range"), *rules = get(facts, "policy");

	read_bucket(get(facts, "bucket"), &event->bucket);
	read_bools(facts, event_members, COUNT(event_members), event);
	event->unprivileged_start = number(facts, "unprivileged_start", 0);
	event->entry_port = number(facts, "entry_port", 0);
	if (range) {
		event->range_lo = json_object_get_int(json_object_array_get_idx(range, 0));
		event->range_hi = json_object_get_int(json_object_array_get_idx(range, 1));
	}
	read_bools(rules, policy_members, COUNT(policy_members), policy);
	policy->orphan_uid_root = !strcmp(text(rules, "orphan_uid"), "root");
}

int facts_read(struct json_object *object, struct event *event, struct policy *policy)
{
	struct json_object *socket = get(object, "socket"), *facts = get(object, "facts");
	struct json_object *holders = get(object, "holders"), *requested = get(socket, "requested");

	*event = (struct event){.type = event_type_from_name(text(object, "type")), .fd = -1};
	*policy = (struct policy){.orphan_uid_root = false};
	event->seq = number(object, "seq", 0);
	read_process(get(object, "process"), &event->process);
	read_sock(socket, get(facts, "socket"), &event->sock);
	read_address(text(requested, "address"), &event->requested);
	event->requested_port = number(requested, "port", 0);
	read_facts(facts, event, policy);
	event->holders_total = number(object, "holders_total", 0);
	event->truncated = json_object_get_boolean(get(object, "truncated"));
	event->holder_count = holders ? json_object_array_length(holders) : 0;
	event->holders = calloc(event->holder_count + 1, sizeof(*event->holders));
	if (!event->holders)
		return -1;
	for (size_t i = 0; i < event->holder_count; i++)
		read_holder(json_object_array_get_idx(holders, i), &event->holders[i]);
	return 0;
}
