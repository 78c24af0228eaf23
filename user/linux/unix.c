/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/unix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "linux/decode.h"
#include "linux/decode_unix.h"
#include "linux/unix_path.h"

#define LISTENS_FLAG 0x10000 /* __SO_ACCEPTCON in /proc/net/unix */
#define MINOR_BITS   20	     /* of the kernel's dev_t */

struct unix_lookup {
	struct tracer *tracer;
	struct rt_unix_holder *sockets; /* of this batch */
	size_t count, capacity;
	bool loaded;
};

struct unix_lookup *unix_lookup_new(struct tracer *tracer)
{
	struct unix_lookup *lookup = calloc(1, sizeof(*lookup));

	if (lookup)
		lookup->tracer = tracer;
	return lookup;
}

void unix_lookup_free(struct unix_lookup *lookup)
{
	if (!lookup)
		return;
	free(lookup->sockets);
	free(lookup);
}

void unix_lookup_renew(struct unix_lookup *lookup)
{
	lookup->count = 0;
	lookup->loaded = false;
}

struct rt_unix *unix_record_copy(const void *record, size_t size)
{
	const struct rt_header *header = record;
	struct rt_unix *copy;

	if (size < sizeof(*copy) || header->type != RT_UNIX_BIND)
		return NULL;
	copy = malloc(sizeof(*copy));
	if (copy)
		*copy = *(const struct rt_unix *)record;
	return copy;
}

static int note_socket(void *context, const void *record, size_t size)
{
	struct unix_lookup *lookup = context;

	if (size < sizeof(*lookup->sockets))
		return -EBADMSG;
	if (lookup->count == lookup->capacity) {
		size_t capacity = lookup->capacity ? lookup->capacity * 2 : 64;
		struct rt_unix_holder *sockets = realloc(lookup->sockets, capacity * sizeof(*sockets));

		if (!sockets)
			return -ENOMEM;
		lookup->sockets = sockets;
		lookup->capacity = capacity;
	}
	lookup->sockets[lookup->count++] = *(const struct rt_unix_holder *)record;
	return 0;
}

/*
 * A file has one inode on one device; where a file system shows another device
 * than its own (btrfs, overlayfs), the name must do.
 */
static bool has_file(const struct rt_unix_holder *socket, const struct rt_unix *record,
		     const struct stat *file)
{
	uint32_t major_number = socket->file_device >> MINOR_BITS;
	uint32_t minor_number = socket->file_device & ((1U << MINOR_BITS) - 1);

	if (!socket->file_inode || socket->file_inode != file->st_ino)
		return false;
	if (major_number == major(file->st_dev) && minor_number == minor(file->st_dev))
		return true;
	return !strncmp(socket->name, record->name, sizeof(record->name));
}

/* unix_abstract_hash() counts the type in: two types never meet. */
static bool has_name(const struct rt_unix_holder *socket, const struct rt_unix *record)
{
	return !socket->file_inode && socket->sock.netns == record->sock.netns &&
	       socket->sock.protocol == record->sock.protocol && socket->length == record->length &&
	       !memcmp(socket->name, record->name, sizeof(record->name));
}

/* What serves comes first. */
static int rank(const struct sock_info *sock)
{
	return sock->state == STATE_LISTEN ? 0 : sock->state == STATE_ESTABLISHED ? 2 : 1;
}

static int compare_holders(const void *left, const void *right)
{
	const struct sock_info *one = &((const struct holder *)left)->sock;
	const struct sock_info *two = &((const struct holder *)right)->sock;

	if (rank(one) != rank(two))
		return rank(one) - rank(two);
	return (one->inode > two->inode) - (one->inode < two->inode);
}

static struct holder *holder_of(struct event *event, const struct holder *found)
{
	struct holder *holders;

	for (size_t i = 0; i < event->holder_count; i++)
		if (event->holders[i].sock.inode == found->sock.inode)
			return &event->holders[i];
	holders = realloc(event->holders, (event->holder_count + 1) * sizeof(*holders));
	if (!holders)
		return NULL;
	event->holders = holders;
	holders[event->holder_count] = *found;
	event->holders_total = (uint32_t)event->holder_count + 1;
	return &holders[event->holder_count++];
}

static int add_holder(struct event *event, const struct rt_unix_holder *socket)
{
	struct holder found, *holder;
	struct owner owner, *owners;

	decode_unix_holder(socket, &found, &owner);
	holder = holder_of(event, &found);
	if (!holder)
		return -ENOMEM;
	for (size_t i = 0; i < holder->owner_count; i++)
		if (holder->owners[i].pid == owner.pid && holder->owners[i].fd == owner.fd)
			return 0; /* of another thread */
	owners = realloc(holder->owners, (holder->owner_count + 1) * sizeof(*owners));
	if (!owners)
		return -ENOMEM;
	holder->owners = owners;
	owners[holder->owner_count++] = owner;
	return 0;
}

/* Then its file is known, too, and it is another one. */
static bool has_process(const struct unix_lookup *lookup, uint64_t inode)
{
	for (size_t i = 0; i < lookup->count; i++)
		if (lookup->sockets[i].sock.inode == inode)
			return true;
	return false;
}

/*
 * A listener that no process has a descriptor of: in flight, or a file of
 * io_uring.  It is in the table of its network namespace all the same.
 */
static int add_listener_without_process(const struct unix_lookup *lookup, const struct rt_unix *record,
					struct event *event)
{
	struct holder found = {.kind = KIND_UNKNOWN,
			       .expires_ms = -1,
			       .released_after_ns = -1,
			       .sock = {.protocol = PROTO_UNIX,
					.family = FAMILY_UNIX,
					.state = STATE_LISTEN,
					.netns = record->sock.netns,
					.uid = UID_NONE}};
	char path[64], line[512];
	unsigned long flags, inode;
	FILE *file;
	int at, err = 0;

	snprintf(path, sizeof(path), "/proc/%u/net/unix", record->header.process.tgid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (!err && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%*s %*x %*x %lx %*x %*x %lu %n", &flags, &inode, &at) != 2 ||
		    !(flags & LISTENS_FLAG) || strcmp(line + at, event->unix_facts.path) ||
		    has_process(lookup, inode))
			continue;
		found.sock.inode = inode;
		err = holder_of(event, &found) ? 0 : -ENOMEM;
	}
	fclose(file);
	return err;
}

static int load(struct unix_lookup *lookup)
{
	int err;

	if (lookup->loaded)
		return 0;
	err = tracer_unix_sockets(lookup->tracer, note_socket, lookup);
	lookup->loaded = !err;
	return err;
}

/* Who has the path or the name. */
static int find_holders(struct unix_lookup *lookup, const struct rt_unix *record, const struct stat *file,
			struct event *event)
{
	const struct unix_facts *facts = &event->unix_facts;
	int err = load(lookup);

	for (size_t i = 0; i < lookup->count && !err; i++) {
		const struct rt_unix_holder *socket = &lookup->sockets[i];

		if (facts->abstract ? has_name(socket, record) : has_file(socket, record, file))
			err = add_holder(event, socket);
	}
	if (!err && !facts->abstract && !event->holder_count)
		err = add_listener_without_process(lookup, record, event);
	if (event->holder_count)
		qsort(event->holders, event->holder_count, sizeof(*event->holders), compare_holders);
	return err;
}

int unix_complete(struct unix_lookup *lookup, const struct rt_unix *record, struct event *event)
{
	struct unix_facts *facts = &event->unix_facts;
	struct stat file = {0};
	int err;

	if (event->result >= 0 || event->stage == STAGE_LSM)
		return 0;
	if (!facts->abstract)
		unix_path_look(record, facts, &file);
	if (event->result != -EADDRINUSE || (!facts->abstract && facts->obstacle != OBSTACLE_SOCKET))
		return 0;
	err = find_holders(lookup, record, &file, event);
	if (err)
		facts->obstacle = OBSTACLE_UNKNOWN; /* that nobody was found means nothing */
	return err;
}
