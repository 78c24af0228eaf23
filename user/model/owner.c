/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/owner.h"

#include <errno.h>
#include <string.h>

#include "model/address.h"

static const char *const hows[OWNER_HOW_MAX] = {
	[OWNER_DESCRIPTOR] = "descriptor",
	[OWNER_RING] = "io_uring",
	[OWNER_QUEUE] = "unix-queue",
	[OWNER_LISTENER] = "accept-queue",
};

static const char *const gots[GOT_MAX] = {
	[GOT_BOUND] = "bound",
	[GOT_INHERITED] = "inherited",
	[GOT_PASSED] = "passed",
};

static const char *const relations[RELATION_MAX] = {
	[RELATION_SELF] = "self",
	[RELATION_PARENT] = "parent",
	[RELATION_CHILD] = "child",
	[RELATION_SIBLING] = "sibling",
};

const char *owner_how_name(enum owner_how how)
{
	return hows[(size_t)how < OWNER_HOW_MAX ? how : OWNER_DESCRIPTOR];
}

const char *owner_got_name(enum owner_got got)
{
	return (size_t)got < GOT_MAX ? gots[got] : NULL;
}

const char *owner_relation_name(enum owner_relation relation)
{
	return (size_t)relation < RELATION_MAX ? relations[relation] : NULL;
}

static int find(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (names[i] && !strcmp(names[i], name))
			return (int)i;
	return -EINVAL;
}

int owner_how_from_name(const char *name)
{
	return find(hows, OWNER_HOW_MAX, name);
}

int owner_got_from_name(const char *name)
{
	return find(gots, GOT_MAX, name);
}

int owner_relation_from_name(const char *name)
{
	return find(relations, RELATION_MAX, name);
}

void owners_judge(struct holder *holder)
{
	for (size_t i = 0; i < holder->owner_count; i++) {
		struct owner *owner = &holder->owners[i];

		if (!holder->bound_by.pid || owner->how == OWNER_QUEUE || owner->how == OWNER_LISTENER)
			continue;
		if (owner->pid == holder->bound_by.pid)
			owner->got = GOT_BOUND;
		else if (owner->start_ns && holder->since_ns)
			owner->got = owner->start_ns > holder->since_ns ? GOT_INHERITED : GOT_PASSED;
	}
}

static enum owner_relation relation(const struct owner *owner, const struct proc_info *asking)
{
	if (!owner->pid || !asking->pid)
		return RELATION_NONE;
	if (owner->pid == asking->pid)
		return RELATION_SELF;
	if (owner->pid == asking->ppid)
		return owner->pid > 1 ? RELATION_PARENT : RELATION_NONE;
	if (owner->ppid == asking->pid)
		return RELATION_CHILD;
	return owner->ppid == asking->ppid && owner->ppid > 1 ? RELATION_SIBLING : RELATION_NONE;
}

void owners_relate(struct holder *holder, const struct proc_info *asking)
{
	for (size_t i = 0; i < holder->owner_count; i++)
		holder->owners[i].relation = relation(&holder->owners[i], asking);
}

int listener_fits(const struct sock_info *listener, const struct sock_info *connection)
{
	struct address address = listener->address;

	if (listener->state != STATE_LISTEN || listener->netns != connection->netns ||
	    listener->port != connection->port || listener->family != connection->family ||
	    (listener->ifindex && listener->ifindex != connection->ifindex))
		return 0;
	address.scope = connection->address.scope;
	if (address_equal(&address, &connection->address))
		return 2;
	return address_is_wildcard(&address) ? 1 : 0;
}
