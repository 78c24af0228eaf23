/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/unix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "linux/decode.h"
#include "linux/decode_unix.h"
#include "linux/process.h"
#include "linux/unix_look.h"

#define LISTENS_FLAG 0x10000 /* __SO_ACCEPTCON in /proc/net/unix */
#define MINOR_BITS   20	     /* of the kernel's dev_t */

struct unix_lookup {
	struct tracer *tracer;
	struct looker *looker;
	struct rt_unix_holder *sockets; /* of this batch */
	size_t count, capacity;
	bool loaded;
};

struct unix_lookup *unix_lookup_new(struct tracer *tracer, struct looker *looker)
{
	struct unix_lookup *lookup = calloc(1, sizeof(*lookup));

	if (lookup)
		*lookup = (struct unix_lookup){.tracer = tracer, .looker = looker};
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

/* On its own device; what another one shows of it may be found by the name it was bound by. */
static bool has_file(const struct rt_unix_holder *socket, const struct rt_unix *record,
		     const struct path_file *file)
{
	uint32_t major_number = socket->file_device >> MINOR_BITS;
	uint32_t minor_number = socket->file_device & ((1U << MINOR_BITS) - 1);

	if (!socket->file_inode || socket->file_inode != file->stat.st_ino)
		return false;
	if (major_number == major(file->stat.st_dev) && minor_number == minor(file->stat.st_dev))
		return true;
	return file->other_device && !strncmp(socket->name, record->name, sizeof(record->name));
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Where numbers do not tell files apart, it may be this one that was bound by another spelling. */
static bool may_have_file(const struct rt_unix_holder *socket, const struct unix_facts *facts,
			  const struct path_file *file)
{
	char name[sizeof(socket->name) + 1] = "";

	if (!file->other_device || !socket->file_inode)
		return false;
	memcpy(name, socket->name, sizeof(socket->name));
	return socket->file_inode == file->stat.st_ino || !strcmp(last_part(name), last_part(facts->path));
}

/* unix_abstract_hash() counts the type in: two types never meet. */
static bool has_name(const struct rt_unix_holder *socket, const struct rt_unix *record)
{
	return !socket->file_inode && socket->sock.netns == record->sock.netns &&
	       socket->sock.protocol == record->sock.protocol && socket->length == record->length &&
	       !memcmp(socket->name, record->name, sizeof(record->name));
}

/* What serves comes first; TCP_LISTEN and TCP_ESTABLISHED are what unix sockets use, too. */
static int rank(const struct rt_unix_holder *socket)
{
	return socket->sock.state == 10 ? 0 : socket->sock.state == 1 ? 2 : 1;
}

static int compare(uint64_t one, uint64_t two)
{
	return (one > two) - (one < two);
}

static int compare_sockets(const void *left, const void *right)
{
	const struct rt_unix_holder *one = *(const struct rt_unix_holder *const *)left;
	const struct rt_unix_holder *two = *(const struct rt_unix_holder *const *)right;
	int order = rank(one) - rank(two);

	if (!order)
		order = compare(one->sock.inode, two->sock.inode);
	if (!order)
		order = compare(one->header.process.tgid, two->header.process.tgid);
	return order ? order : compare((uint32_t)one->fd, (uint32_t)two->fd);
}

/* NULL without memory, or if there are enough of them. */
static struct holder *new_holder(struct event *event, const struct holder *found)
{
	struct holder *holders;

	if (event->holder_count == RT_MAX_CONTENDERS)
		return NULL;
	holders = realloc(event->holders, (event->holder_count + 1) * sizeof(*holders));
	if (!holders)
		return NULL;
	event->holders = holders;
	holders[event->holder_count] = *found;
	return &holders[event->holder_count++];
}

static int add_owner(struct holder *holder, const struct owner *owner)
{
	const struct owner *last = holder->owner_count ? &holder->owners[holder->owner_count - 1] : NULL;
	struct owner *owners;

	if (last && last->pid == owner->pid && last->fd == owner->fd)
		return 0; /* of another thread */
	owners = realloc(holder->owners, (holder->owner_count + 1) * sizeof(*owners));
	if (!owners)
		return -ENOMEM;
	holder->owners = owners;
	owners[holder->owner_count++] = *owner;
	return 0;
}

/* Sorted: what belongs to one socket is together, and what serves is not left out. */
static int add_holders(struct event *event, const struct rt_unix_holder **sockets, size_t count)
{
	struct holder found, *holder = NULL;
	struct owner owner;
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		decode_unix_holder(sockets[i], &found, &owner);
		if (!i || sockets[i]->sock.inode != sockets[i - 1]->sock.inode) {
			event->holders_total++;
			holder = new_holder(event, &found);
			if (!holder && event->holder_count < RT_MAX_CONTENDERS)
				return -ENOMEM;
		}
		err = holder ? add_owner(holder, &owner) : 0;
	}
	event->truncated = event->holders_total > event->holder_count;
	return err;
}

/* Then its file is known, too, and it is another one. */
static bool has_process(const struct unix_lookup *lookup, uint64_t inode)
{
	for (size_t i = 0; i < lookup->count; i++)
		if (lookup->sockets[i].sock.inode == inode)
			return true;
	return false;
}

/* The table of the network namespace, by whichever process is in it; NULL: by none. */
static FILE *open_table(const struct rt_unix *record, const struct path_look *look)
{
	char path[64];
	uint32_t netns;

	if (look->netns == record->sock.netns) {
		snprintf(path, sizeof(path), "/proc/%u/net/unix", record->header.process.tgid);
		return fopen(path, "re");
	}
	if (!netns_inode("/proc/self/ns/net", &netns) && netns == record->sock.netns)
		return fopen("/proc/self/net/unix", "re");
	return NULL;
}

/*
 * A listener that no process has a descriptor of: in flight, or a file of
 * io_uring.  It is in the table of its network namespace all the same.
 */
static int add_listener_without_process(const struct unix_lookup *lookup, const struct rt_unix *record,
					const struct path_look *look, struct event *event)
{
	struct holder found = {.kind = KIND_UNKNOWN,
			       .expires_ms = -1,
			       .released_after_ns = -1,
			       .sock = {.protocol = PROTO_UNIX,
					.family = FAMILY_UNIX,
					.state = STATE_LISTEN,
					.netns = record->sock.netns,
					.uid = UID_NONE}};
	struct unix_facts *facts = &event->unix_facts;
	unsigned long flags, inode, type;
	char line[512];
	FILE *file = open_table(record, look);
	int at, err = 0;

	facts->hidden |= !file;
	while (file && !err && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%*s %*x %*x %lx %lx %*x %lu %n", &flags, &type, &inode, &at) != 3 ||
		    !(flags & LISTENS_FLAG) || has_process(lookup, inode) ||
		    (facts->abstract && type != record->sock.protocol))
			continue;
		if (strcmp(line + at, facts->path)) {
			facts->hidden |= !strcmp(last_part(line + at), last_part(facts->path));
			continue;
		}
		found.sock.inode = inode;
		event->holders_total++;
		err = new_holder(event, &found) ? 0 : -ENOMEM;
	}
	if (file)
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

/* Whoever has it now took it when the refusal was over, so who had it had let it go. */
static bool came_later(const struct rt_unix_holder *socket, const struct rt_unix *record)
{
	return socket->sock.bound_ns > record->end_ns;
}

/* Those of the batch that have the path or the name, sorted. */
static size_t choose(struct unix_lookup *lookup, const struct rt_unix *record, const struct path_file *file,
		     struct unix_facts *facts, const struct rt_unix_holder **chosen)
{
	size_t count = 0;

	for (size_t i = 0; i < lookup->count; i++) {
		const struct rt_unix_holder *socket = &lookup->sockets[i];

		if (facts->abstract ? has_name(socket, record) : has_file(socket, record, file)) {
			facts->replaced |= came_later(socket, record);
			chosen[count++] = socket;
		} else if (!facts->abstract && may_have_file(socket, facts, file)) {
			facts->hidden = true;
		}
	}
	qsort(chosen, count, sizeof(*chosen), compare_sockets);
	return facts->replaced ? 0 : count;
}

/* Who has the path or the name. */
static int find_holders(struct unix_lookup *lookup, const struct rt_unix *record,
			const struct path_look *look, struct event *event)
{
	struct unix_facts *facts = &event->unix_facts;
	const struct rt_unix_holder **chosen;
	int err = load(lookup);

	if (err)
		return err;
	chosen = calloc(lookup->count + 1, sizeof(*chosen));
	if (!chosen)
		return -ENOMEM;
	facts->hidden = !process_shows_all();
	err = add_holders(event, chosen, choose(lookup, record, &look->file, facts, chosen));
	free(chosen);
	if (!err && !facts->replaced && !event->holder_count)
		err = add_listener_without_process(lookup, record, look, event);
	return err;
}

int unix_complete(struct unix_lookup *lookup, const struct rt_unix *record, struct event *event)
{
	struct unix_facts *facts = &event->unix_facts;
	struct path_look look = {.record = *record, .facts = *facts};
	int err;

	if (event->result >= 0 || event->stage == STAGE_LSM)
		return 0;
	if (!looker_look(lookup->looker, LOOK_PATH, &look))
		*facts = look.facts;
	else if (!facts->abstract)
		facts->obstacle = OBSTACLE_UNKNOWN;
	if (event->result != -EADDRINUSE || (!facts->abstract && facts->obstacle != OBSTACLE_SOCKET))
		return 0;
	err = find_holders(lookup, record, &look, event);
	if (err)
		facts->hidden = true; /* that nobody was found means nothing */
	return err;
}
