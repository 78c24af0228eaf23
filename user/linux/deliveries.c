/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/deliveries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/address.h"
#include "rules/rules.h"

#define MEMBERS_MAX 65536
#define HEADS	    4096

/* Its total is what is shown of it. */
struct member {
	uint64_t key;
	uint32_t next; /* of its hash: index + 1, 0: none */
	bool looked_up;
	struct delivery_total total;
};

struct deliveries {
	struct member *members;
	size_t count, capacity;
	uint32_t heads[HEADS]; /* as member.next */
	struct delivery_total *totals;
};

struct deliveries *deliveries_new(void)
{
	return calloc(1, sizeof(struct deliveries));
}

void deliveries_free(struct deliveries *deliveries)
{
	if (!deliveries)
		return;
	free(deliveries->members);
	free(deliveries->totals);
	free(deliveries);
}

static size_t hash(uint64_t key, uint64_t inode)
{
	return ((key ^ inode * 0x9e3779b97f4a7c15ULL) * 0xff51afd7ed558ccdULL >> 32) % HEADS;
}

static struct member *find(const struct deliveries *deliveries, uint64_t key, uint64_t inode)
{
	uint32_t at = deliveries->heads[hash(key, inode)];

	while (at) {
		struct member *member = &deliveries->members[at - 1];

		if (member->key == key && member->total.sock.inode == inode)
			return member;
		at = member->next;
	}
	return NULL;
}

static void link_member(struct deliveries *deliveries, size_t i)
{
	struct member *member = &deliveries->members[i];
	uint32_t *head = &deliveries->heads[hash(member->key, member->total.sock.inode)];

	member->next = *head;
	*head = (uint32_t)i + 1;
}

/* The members have other places now. */
static void link_all(struct deliveries *deliveries)
{
	memset(deliveries->heads, 0, sizeof(deliveries->heads));
	for (size_t i = 0; i < deliveries->count; i++)
		link_member(deliveries, i);
}

static int add(struct deliveries *deliveries, uint64_t key, const struct sock_info *sock,
	       const struct owner *owner)
{
	if (find(deliveries, key, sock->inode) || deliveries->count == MEMBERS_MAX)
		return 0;
	if (deliveries->count == deliveries->capacity) {
		size_t capacity = deliveries->capacity ? deliveries->capacity * 2 : 64;
		struct member *members = realloc(deliveries->members, capacity * sizeof(*members));

		if (!members)
			return -ENOMEM;
		deliveries->members = members;
		deliveries->capacity = capacity;
	}
	deliveries->members[deliveries->count] = (struct member){
		.key = key, .looked_up = owner->fd >= 0, .total = {.sock = *sock, .owner = *owner}};
	link_member(deliveries, deliveries->count++);
	return 0;
}

/* Gets what is sent to its port: no connection, and of TCP only what listens. */
static bool is_server(const struct sock_info *sock)
{
	if (!sock->port || sock->peer.family != FAMILY_NONE)
		return false;
	return sock->protocol == PROTO_UDP || sock->state == STATE_LISTEN;
}

int deliveries_holder(struct deliveries *deliveries, uint64_t key, const struct sock_info *sock,
		      const struct owner *owner)
{
	return is_server(sock) ? add(deliveries, key, sock, owner) : 0;
}

static int compare_port(const struct sock_info *one, const struct sock_info *two)
{
	if (one->netns != two->netns)
		return one->netns < two->netns ? -1 : 1;
	if (one->protocol != two->protocol)
		return one->protocol < two->protocol ? -1 : 1;
	return (one->port > two->port) - (one->port < two->port);
}

static int compare_members(const void *left, const void *right)
{
	const struct delivery_total *one = &((const struct member *)left)->total;
	const struct delivery_total *two = &((const struct member *)right)->total;
	int order = compare_port(&one->sock, &two->sock);

	return order ? order : (one->sock.id > two->sock.id) - (one->sock.id < two->sock.id);
}

static void sort(struct deliveries *deliveries)
{
	if (deliveries->count)
		qsort(deliveries->members, deliveries->count, sizeof(*deliveries->members), compare_members);
}

/* Sorted: the others of its port are next to it. */
static bool is_shared(const struct deliveries *deliveries, size_t i)
{
	const struct sock_info *sock = &deliveries->members[i].total.sock;

	for (size_t j = i; j-- > 0 && !compare_port(sock, &deliveries->members[j].total.sock);)
		if (addr_overlap(sock, &deliveries->members[j].total.sock))
			return true;
	for (size_t j = i + 1;
	     j < deliveries->count && !compare_port(sock, &deliveries->members[j].total.sock); j++)
		if (addr_overlap(sock, &deliveries->members[j].total.sock))
			return true;
	return false;
}

int deliveries_settle(struct deliveries *deliveries, int (*fn)(void *context, const struct sock_info *sock),
		      void *context)
{
	size_t kept = 0;
	int err = 0;

	sort(deliveries);
	for (size_t i = 0; i < deliveries->count; i++)
		deliveries->members[i].total.shared = is_shared(deliveries, i);
	for (size_t i = 0; i < deliveries->count && !err; i++) {
		if (!deliveries->members[i].total.shared)
			continue;
		deliveries->members[kept++] = deliveries->members[i];
		err = fn(context, &deliveries->members[kept - 1].total.sock);
	}
	deliveries->count = kept;
	link_all(deliveries);
	return err;
}

int deliveries_attempt(struct deliveries *deliveries, const struct event *event, uint64_t key,
		       const uint64_t *keys)
{
	struct owner binder = {.pid = event->process.pid, .fd = -1};
	int err = 0;

	if (event->result < 0 || !rule_is_sharing((enum rule_id)event->verdict.rule))
		return 0;
	memcpy(binder.comm, event->process.comm, sizeof(binder.comm));
	memcpy(binder.exe, event->process.exe, sizeof(binder.exe));
	for (size_t i = 0; i < event->holder_count && !err; i++) {
		const struct holder *holder = &event->holders[i];
		enum rule_id reason = (enum rule_id)holder->reason;

		if (holder->sock.peer.family == FAMILY_NONE &&
		    (rule_is_sharing(reason) || rule_is_refusal(reason)))
			err = add(deliveries, keys[i], &holder->sock,
				  holder->owner_count ? &holder->owners[0] : &holder->bound_by);
	}
	return err ? err : add(deliveries, key, &event->sock, &binder);
}

bool deliveries_count(struct deliveries *deliveries, uint64_t key, struct event *event)
{
	struct member *member = find(deliveries, key, event->sock.inode);
	const struct owner *owner;

	if (!member)
		return false;
	owner = &member->total.owner;
	event->delivery.number = ++member->total.count;
	event->sock.id = member->total.sock.id;
	event->fd = owner->fd;
	event->process = (struct proc_info){.pid = owner->pid, .tid = owner->pid, .uid = UID_NONE};
	event->process.cgroup_id = owner->cgroup_id;
	memcpy(event->process.comm, owner->comm, sizeof(owner->comm));
	memcpy(event->process.exe, owner->exe, sizeof(owner->exe));
	return true;
}

bool deliveries_unknown(const struct deliveries *deliveries, uint64_t key, uint64_t inode)
{
	const struct member *member = find(deliveries, key, inode);

	return member && !member->looked_up;
}

void deliveries_owner(struct deliveries *deliveries, uint64_t key, uint64_t inode, const struct owner *owner)
{
	struct member *member = find(deliveries, key, inode);

	if (!member)
		return;
	member->looked_up = true;
	if (owner)
		member->total.owner = *owner;
}

const struct delivery_total *deliveries_totals(struct deliveries *deliveries, size_t *ret_count)
{
	*ret_count = 0;
	free(deliveries->totals);
	deliveries->totals = calloc(deliveries->count + 1, sizeof(*deliveries->totals));
	if (!deliveries->totals)
		return NULL;
	sort(deliveries);
	link_all(deliveries);
	for (size_t i = 0; i < deliveries->count; i++)
		deliveries->totals[i] = deliveries->members[i].total;
	*ret_count = deliveries->count;
	return deliveries->totals;
}
