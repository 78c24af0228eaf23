/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/listing.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linux/clock.h"
#include "linux/decode.h"
#include "linux/diag.h"
#include "linux/kernel.h"
#include "linux/lister.h"
#include "linux/place_cache.h"
#include "linux/process.h"
#include "linux/seek.h"
#include "model/owner.h"
#include "model/sockets.h"

#define RT_STATE_LISTEN 10		      /* TCP_LISTEN */
#define TIME_WAIT_NS	UINT64_C(60000000000) /* TCP_TIMEWAIT_LEN */
#define FIRST_CAPACITY	65536		      /* untouched pages take no memory */
#define RANGE_FILE	"/proc/sys/net/ipv4/ip_local_port_range"

struct row {
	struct rt_listed listed;
	size_t place; /* in the order of the tables */
};

struct known_process {
	uint32_t pid, ppid, uid;
};

struct listing {
	struct listing_options options;
	struct lister *lister; /* NULL: BPF is refused */
	char blind[LISTING_REASON_LEN];
	bool dumps_bound; /* without BPF: sockets that are bound and do not listen, too */
	struct diag_unread unread;
	struct policy policy;
	uint32_t range_lo, range_hi;
	struct row *rows;
	size_t count, capacity;
	uint64_t now_ns;		 /* CLOCK_BOOTTIME before it was read */
	struct known_process *processes; /* by pid, once all are there */
	size_t process_count, process_capacity;
	struct sockets *sockets; /* their owners */
	struct place_cache *places;
	struct seek *seek;
};

static void read_range(struct listing *listing)
{
	FILE *file = fopen(RANGE_FILE, "re");

	if (!file)
		return;
	if (fscanf(file, "%u %u", &listing->range_lo, &listing->range_hi) != 2)
		listing->range_lo = listing->range_hi = 0;
	fclose(file);
}

int listing_new(const struct listing_options *options, struct listing **ret_listing)
{
	struct listing *listing = calloc(1, sizeof(*listing));
	int err;

	if (!listing)
		return -ENOMEM;
	listing->options = *options;
	listing->places = place_cache_new();
	listing->seek = seek_new();
	listing->sockets = sockets_new();
	if (!listing->places || !listing->seek || !listing->sockets) {
		listing_free(listing);
		return -ENOMEM;
	}
	read_range(listing);
	err = lister_new(options->port, options->show_log, &listing->lister, listing->blind,
			 sizeof(listing->blind));
	if (err == -ENOMEM) {
		listing_free(listing);
		return err;
	}
	if (err)
		kernel_policy_now(&listing->policy, &listing->dumps_bound);
	if (!err) {
		listing->policy = *lister_policy(listing->lister);
		listing->blind[0] = '\0';
	}
	*ret_listing = listing;
	return 0;
}

void listing_free(struct listing *listing)
{
	if (!listing)
		return;
	lister_free(listing->lister);
	sockets_free(listing->sockets);
	place_cache_free(listing->places);
	seek_free(listing->seek);
	free(listing->rows);
	free(listing->processes);
	free(listing);
}

static int grow(void **array, size_t *capacity, size_t count, size_t size)
{
	size_t wanted = *capacity ? *capacity * 2 : FIRST_CAPACITY;
	void *grown;

	if (count < *capacity)
		return 0;
	grown = realloc(*array, wanted * size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*capacity = wanted;
	return 0;
}

static int add_row(void *context, const void *record, size_t size)
{
	struct listing *listing = context;
	int err = grow((void **)&listing->rows, &listing->capacity, listing->count, sizeof(*listing->rows));

	if (err || size < sizeof(struct rt_listed))
		return err ? err : -EBADMSG;
	memcpy(&listing->rows[listing->count].listed, record, sizeof(struct rt_listed));
	listing->rows[listing->count].place = listing->count;
	listing->count++;
	return 0;
}

/* Owners come process by process. */
static int note_process(struct listing *listing, const struct rt_owner *record)
{
	size_t n = listing->process_count;
	int err;

	if (n && listing->processes[n - 1].pid == record->tgid)
		return 0;
	err = grow((void **)&listing->processes, &listing->process_capacity, n, sizeof(*listing->processes));
	if (!err)
		listing->processes[listing->process_count++] =
			(struct known_process){.pid = record->tgid, .ppid = record->ppid, .uid = record->uid};
	return err;
}

static int add_owner(void *context, const void *record, size_t size)
{
	struct listing *listing = context;
	const struct rt_owner *from = record;
	struct owner owner;
	int err;

	if (size < sizeof(*from))
		return -EBADMSG;
	owner = (struct owner){.pid = from->tgid,
			       .fd = from->fd,
			       .cgroup_id = from->cgroup,
			       .nspid = from->nspid,
			       .survives_exec = !from->cloexec,
			       .start_ns = from->start_ns};
	memcpy(owner.comm, from->comm, sizeof(owner.comm));
	owner.comm[sizeof(owner.comm) - 1] = '\0';
	err = note_process(listing, from);
	return err ? err : owners_add(listing->sockets, from->key, from->inode, &owner);
}

static int by_key(const void *one, const void *two)
{
	const struct row *a = one, *b = two;

	if (a->listed.sock.key != b->listed.sock.key)
		return a->listed.sock.key < b->listed.sock.key ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

static int by_place(const void *one, const void *two)
{
	const struct row *a = one, *b = two;

	return (a->place > b->place) - (a->place < b->place);
}

static bool same_socket(const struct rt_sock *one, const struct rt_sock *two)
{
	return one->key == two->key && one->inode == two->inode && one->port == two->port &&
	       one->peer_port == two->peer_port && one->netns == two->netns;
}

/* A bucket that changed while it was walked was begun again. */
static void drop_doubles(struct listing *listing)
{
	size_t kept = 0;

	qsort(listing->rows, listing->count, sizeof(*listing->rows), by_key);
	for (size_t i = 0; i < listing->count; i++)
		if (!kept ||
		    !same_socket(&listing->rows[kept - 1].listed.sock, &listing->rows[i].listed.sock))
			listing->rows[kept++] = listing->rows[i];
	listing->count = kept;
	qsort(listing->rows, listing->count, sizeof(*listing->rows), by_place);
}

static int by_pid(const void *one, const void *two)
{
	const struct known_process *a = one, *b = two;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

static bool has_connections(const struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		if (listing->rows[i].listed.sock.peer_port)
			return true;
	return false;
}

/* Whose a TIME_WAIT remnant was: of the only process that has the port now. */
static void note_ports(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		const struct rt_sock *sock = &listing->rows[i].listed.sock;
		struct holder holder = {.kind = KIND_UNKNOWN};

		if (sock->peer_port && sock->state != RT_STATE_LISTEN)
			continue;
		decode_sock(sock, &holder.sock);
		if (owners_of(listing->sockets, sock->key, sock->inode, &holder) > 0)
			sockets_note_port(listing->sockets, &holder.sock, &holder.owners[0],
					  sock->state == RT_STATE_LISTEN);
		free(holder.owners);
	}
}

/* Waits to be accepted, or has no descriptor by its nature. */
static bool may_be_hidden(const struct listing *listing, const struct rt_sock *sock)
{
	bool orphan = sock->flags & RT_SK_ORPHAN, subflow;

	if (!listing->lister || sock->flags & RT_SK_MINI || orphan ||
	    owners_has(listing->sockets, sock->key, sock->inode))
		return false;
	subflow = sock->flags & RT_SK_MPTCP && sock->protocol == IPPROTO_TCP;
	return !subflow || !owners_has_inode(listing->sockets, sock->inode);
}

static int seek_hidden(struct listing *listing)
{
	int err = 0;

	for (size_t i = 0; i < listing->count && !err; i++) {
		const struct rt_sock *sock = &listing->rows[i].listed.sock;
		struct sock_info info;

		if (!may_be_hidden(listing, sock))
			continue;
		decode_sock(sock, &info);
		err = seek_add(listing->seek, sock->key, &info);
	}
	return err ? err : seek_run(listing->seek, lister_seek, listing->lister, listing->sockets);
}

static void forget(struct listing *listing)
{
	listing->now_ns = boot_ns();
	listing->count = listing->process_count = 0;
	owners_clear(listing->sockets);
	place_cache_clear(listing->places);
	seek_clear(listing->seek);
}

static int read_sockets(struct listing *listing)
{
	int err = lister_sockets(listing->lister, add_row, listing);

	if (!err && lister_repeated(listing->lister))
		drop_doubles(listing);
	return err;
}

static int read_owners(struct listing *listing)
{
	int err = lister_owners(listing->lister, add_owner, listing);

	return err ? err : seek_hidden(listing);
}

int listing_read_sockets(struct listing *listing)
{
	forget(listing);
	return listing->lister ? read_sockets(listing)
			       : diag_read(listing->options.port, add_row, NULL, listing, &listing->unread);
}

int listing_read(struct listing *listing)
{
	int err;

	forget(listing);
	err = listing->lister
		      ? read_sockets(listing)
		      : diag_read(listing->options.port, add_row, add_owner, listing, &listing->unread);
	if (!err && listing->lister)
		err = read_owners(listing);
	if (err)
		return err;
	if (listing->process_count)
		qsort(listing->processes, listing->process_count, sizeof(*listing->processes), by_pid);
	if (has_connections(listing))
		note_ports(listing);
	return 0;
}

const char *listing_blind(const struct listing *listing)
{
	return listing->lister ? NULL : listing->blind;
}

int listing_unread(const struct listing *listing, enum protocol protocol)
{
	return protocol == PROTO_UDP ? listing->unread.udp : listing->unread.tcp;
}

bool listing_lacks_bound(const struct listing *listing)
{
	return !listing->lister && !listing->dumps_bound;
}

uint32_t listing_cut_short(const struct listing *listing)
{
	return listing->lister ? lister_cut_short(listing->lister) : 0;
}

const struct policy *listing_policy(const struct listing *listing)
{
	return &listing->policy;
}

size_t listing_count(const struct listing *listing)
{
	return listing->count;
}

const struct rt_listed *listing_row(const struct listing *listing, size_t index)
{
	return &listing->rows[index].listed;
}

static enum holder_kind hidden_kind(struct listing *listing, uint64_t key, struct holder *holder)
{
	if (!listing->lister || !seek_found(listing->seek, key, holder))
		return holder->kind;
	/* nfsd takes sockets over from processes: then it is called when data comes */
	if (holder->kernel.function[0] && strcmp(holder->kernel.function, "sock_def_readable"))
		return KIND_KERNEL;
	holder->outside = holder->kind == KIND_UNKNOWN && !process_sees_all();
	return holder->outside ? KIND_PROCESS : holder->kind;
}

static enum holder_kind owned_kind(const struct holder *holder)
{
	for (size_t i = 0; i < holder->owner_count; i++)
		if (holder->owners[i].how != OWNER_QUEUE)
			return KIND_PROCESS;
	return KIND_IN_FLIGHT;
}

/* What accept() has not taken yet belongs to whoever listens. */
static int listener_owners(struct listing *listing, struct holder *holder)
{
	const struct rt_sock *best = NULL;
	int fits = 0;

	for (size_t i = 0; i < listing->count && fits < 2; i++) {
		const struct rt_sock *sock = &listing->rows[i].listed.sock;
		struct sock_info listener;

		if (sock->state != RT_STATE_LISTEN || sock->port != holder->sock.port)
			continue;
		decode_sock(sock, &listener);
		if (listener_fits(&listener, &holder->sock) <= fits)
			continue;
		fits = listener_fits(&listener, &holder->sock);
		best = sock;
	}
	if (best && owners_of(listing->sockets, best->key, best->inode, holder) < 0)
		return -ENOMEM;
	for (size_t n = 0; n < holder->owner_count; n++)
		holder->owners[n].how = OWNER_LISTENER;
	return holder->owner_count;
}

/* Who has the port now had it then, too, if it is older than the remnant.  Orphans do not tell since when. */
static bool is_older(const struct listing *listing, const struct owner *owner, const struct rt_sock *sock)
{
	uint64_t left_ns = sock->left_ms * UINT64_C(1000000);

	return owner->start_ns && sock->left_ms && owner->start_ns + TIME_WAIT_NS < listing->now_ns + left_ns;
}

static int find_owners(struct listing *listing, const struct rt_sock *sock, struct holder *holder)
{
	const struct owner *last = sockets_last_owner(listing->sockets, &holder->sock);
	int owners;

	if (holder->kind == KIND_TIME_WAIT && last && is_older(listing, last, sock))
		holder->bound_by = *last;
	if (holder->kind != KIND_UNKNOWN && holder->kind != KIND_KERNEL)
		return 0;
	owners = holder->sock.unaccepted ? listener_owners(listing, holder)
					 : owners_of_holder(listing->sockets, sock->key, holder);
	if (owners < 0)
		return owners;
	if (owners > 0)
		holder->kind = owned_kind(holder);
	else if (!holder->sock.unaccepted)
		holder->kind = hidden_kind(listing, sock->key, holder);
	holder->sock.kernel = holder->kind == KIND_KERNEL;
	return 0;
}

static void complete_sock(const struct listing *listing, const struct rt_listed *listed,
			  struct sock_info *sock)
{
	sock->vrf = listed->bucket.l3mdev;
	decode_origin(&listed->sock, &listed->bucket, listing->range_lo, listing->range_hi, &listing->policy,
		      sock);
	if (sock->peer.family != FAMILY_NONE && sock->port_chosen && !sock->connect_bound &&
	    !sock->minisock && sock->protocol != PROTO_UDP && sockets_listened(listing->sockets, sock))
		sock->accepted = true; /* a port that listened has children */
}

void listing_sock(const struct listing *listing, size_t index, struct sock_info *ret_sock)
{
	const struct rt_listed *listed = listing_row(listing, index);

	decode_sock(&listed->sock, ret_sock);
	complete_sock(listing, listed, ret_sock);
}

/* The places stay the listing's. */
static void name_places(struct listing *listing, struct holder *holder)
{
	for (size_t i = 0; i < holder->owner_count; i++) {
		struct owner *owner = &holder->owners[i];

		owner->place = place_cache_owner(listing->places, owner);
		if (listing->options.exe && !owner->exe[0])
			snprintf(owner->exe, sizeof(owner->exe), "%s",
				 place_cache_exe(listing->places, owner));
	}
	if (holder->bound_by.pid)
		holder->bound_by.place = place_cache_cgroup(listing->places, holder->bound_by.cgroup_id);
	if (holder->sock.cgroup_id)
		holder->made_in = place_cache_cgroup(listing->places, holder->sock.cgroup_id);
}

int listing_holder(struct listing *listing, size_t index, struct holder *ret_holder)
{
	const struct rt_listed *listed = listing_row(listing, index);
	int err;

	decode_holder(&listed->sock, ret_holder);
	complete_sock(listing, listed, &ret_holder->sock);
	err = find_owners(listing, &listed->sock, ret_holder);
	if (!err)
		name_places(listing, ret_holder);
	return err;
}

void listing_process(struct listing *listing, const struct owner *owner, struct proc_info *ret_process)
{
	const struct known_process wanted = {.pid = owner->pid}, *found = NULL;

	if (listing->process_count)
		found = bsearch(&wanted, listing->processes, listing->process_count, sizeof(wanted), by_pid);
	*ret_process = (struct proc_info){
		.pid = owner->pid,
		.tid = owner->pid,
		.nspid = owner->nspid,
		.ppid = found ? found->ppid : 0,
		.uid = found ? found->uid : UID_NONE,
		.cgroup_id = owner->cgroup_id,
		.start_ns = owner->start_ns,
	};
	memcpy(ret_process->comm, owner->comm, sizeof(ret_process->comm));
	place_cache_process(listing->places, ret_process);
}
