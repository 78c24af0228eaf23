/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every socket that has a port, in all network namespaces, as struct
 * rt_listed: bound ones that do not listen, TIME_WAIT remnants and sockets of
 * the kernel's own included.  The tables are walked bucket by bucket; an
 * element of the map `turns` is a piece of the walk, and the place that it has
 * got to is kept in the map `walks`.  And who has a descriptor of them, as
 * struct rt_owner.
 *
 * No lock is held: what is read may be freed meanwhile.  Nothing is followed
 * from one turn to the next without a look whether it is still where it was;
 * else its bucket is begun again, and the loader drops what came twice.
 */
#include "seek.bpf.h"
#include "list.h"

char LICENSE[] SEC("license") = "GPL";

#define TURNS	      8192
#define TURN_STEPS    96 /* records of a turn: they fit into the 32 KiB of a seq_file */
#define EMPTY_BUCKETS 64 /* passed in one step */
#define RESTARTS      4	 /* of one bucket */

const volatile __u16 only_port = 0; /* 0: every port */
const volatile __s32 udp_fd = -1;   /* a UDP socket of the loader's: leads to the table */

volatile __u64 socket_ops = 0; /* f_op of a socket's file */
volatile __u32 done = 0;
volatile __u32 restarts = 0;  /* something may have come twice */
volatile __u32 cut_short = 0; /* buckets that changed too often */

enum table { TABLE_TCP, TABLE_UDP, TABLES };

struct walk {
	__u64 heads[TABLES]; /* of the bucket arrays */
	__u32 counts[TABLES];
	__u32 table, index; /* the next bucket */
	__u32 restarts;	    /* of the bucket before it */
	__u32 resumed;	    /* another turn has begun: look before following */
	__u64 chain;	    /* the next bind bucket, or UDP socket */
	__u64 bucket;	    /* whose owners are walked */
	struct owner_cursor owners;
};

/* The walk, and where it was when the turn began: a full buffer takes the turn back. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct walk);
} walks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TURNS);
	__type(key, __u32);
	__type(value, __u32);
} turns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rt_listed);
} listed_scratch SEC(".maps");

/* Whose descriptor came last: they come process by process. */
struct last_process {
	__u64 task; /* its address, 0: none yet */
	struct rt_process process;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct last_process);
} process_scratch SEC(".maps");

static __always_inline struct walk *walk_of(u32 slot)
{
	return bpf_map_lookup_elem(&walks, &slot);
}

static __always_inline struct file *own_file(s32 fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct file **table = BPF_CORE_READ(task, files, fdt, fd), *file = NULL;

	bpf_probe_read_kernel(&file, sizeof(file), table + fd);
	return file;
}

/* From the loader's network namespace: all of them have their sockets in the same tables. */
SEC("iter/bpf_map_elem")
int list_begin(struct bpf_iter__bpf_map_elem *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct net *net = BPF_CORE_READ(task, nsproxy, net_ns);
	struct inet_hashinfo *hashinfo = BPF_CORE_READ(net, ipv4.tcp_death_row.hashinfo);
	struct walk *walk = walk_of(0);
	struct file *file = own_file(udp_fd);
	u32 zero = 0;
	struct last_process *last = bpf_map_lookup_elem(&process_scratch, &zero);
	struct udp_table *udp;
	struct sock *sk;

	if (!ctx->key || !walk || !file || !last)
		return 0;
	last->task = 0;
	socket_ops = (u64)BPF_CORE_READ(file, f_op);
	sk = sock_of_file(file);
	udp = compat_udp_table(sk, net);
	__builtin_memset(walk, 0, sizeof(*walk));
	walk->heads[TABLE_TCP] = (u64)BPF_CORE_READ(hashinfo, bhash);
	walk->counts[TABLE_TCP] = BPF_CORE_READ(hashinfo, bhash_size);
	walk->heads[TABLE_UDP] = (u64)BPF_CORE_READ(udp, hash);
	walk->counts[TABLE_UDP] = udp ? BPF_CORE_READ(udp, mask) + 1 : 0;
	done = 0;
	restarts = 0;
	cut_short = 0;
	return 0;
}

static __always_inline u64 tcp_chain(u64 heads, u32 index)
{
	struct inet_bind_hashbucket *head =
		(void *)heads + (u64)index * bpf_core_type_size(struct inet_bind_hashbucket);

	return (u64)BPF_CORE_READ(head, chain.first);
}

static __always_inline u64 udp_chain(u64 heads, u32 index)
{
	struct udp_hslot *head = (void *)heads + (u64)index * bpf_core_type_size(struct udp_hslot);

	return (u64)BPF_CORE_READ(head, head.first);
}

/* Goes to the next bucket that is not empty; false behind the last one. */
static __always_inline bool next_chain(struct walk *walk)
{
	for (int i = 0; i < EMPTY_BUCKETS && !walk->chain; i++) {
		u32 table = walk->table, index = walk->index;

		if (table >= TABLES)
			return false;
		if (index >= walk->counts[table & 1]) {
			walk->table = table + 1;
			walk->index = 0;
			continue;
		}
		walk->chain = table == TABLE_TCP ? tcp_chain(walk->heads[TABLE_TCP], index)
						 : udp_chain(walk->heads[TABLE_UDP], index);
		walk->index = index + 1;
		walk->restarts = 0;
	}
	return true;
}

static __always_inline struct inet_bind_bucket *bucket_at(u64 node)
{
	return (void *)node - bpf_core_field_offset(struct inet_bind_bucket, node);
}

static __always_inline bool belongs(const struct walk *walk, struct net *net, u16 port)
{
	u32 mask = walk->counts[walk->table & 1] - 1;

	return ((port + BPF_CORE_READ(net, hash_mix)) & mask) == walk->index - 1;
}

static __always_inline bool bucket_belongs(const struct walk *walk, u64 bucket)
{
	struct inet_bind_bucket *tb = (void *)bucket;

	return belongs(walk, BPF_CORE_READ(tb, ib_net.net), BPF_CORE_READ(tb, port));
}

static __always_inline bool sock_belongs(const struct walk *walk, struct sock *sk)
{
	return belongs(walk, BPF_CORE_READ(sk, __sk_common.skc_net.net),
		       BPF_CORE_READ(sk, __sk_common.skc_num));
}

static __always_inline struct sock *sock_at_bind(struct hlist_node *node)
{
	return (void *)node - bpf_core_field_offset(struct sock_common, skc_bind_node);
}

static __always_inline struct sock *sock_at(u64 node)
{
	return (void *)node - bpf_core_field_offset(struct sock_common, skc_node);
}

/* Is what a turn before has left off at still in this bucket? */
static __always_inline bool is_intact(const struct walk *walk)
{
	if (walk->table == TABLE_UDP)
		return !walk->chain || sock_belongs(walk, sock_at(walk->chain));
	if (walk->chain && !bucket_belongs(walk, (u64)bucket_at(walk->chain)))
		return false;
	if (compat_owners_end(&walk->owners))
		return true;
	if (!bucket_belongs(walk, walk->bucket) ||
	    !compat_bucket2_belongs((void *)walk->bucket, &walk->owners))
		return false;
	return !walk->owners.owner || sock_belongs(walk, sock_at_bind(walk->owners.owner));
}

static __always_inline void begin_again(struct walk *walk)
{
	walk->owners.owner = NULL;
	walk->owners.bucket2 = NULL;
	walk->chain = 0;
	restarts++;
	if (walk->restarts < RESTARTS) {
		walk->restarts++;
		walk->index--;
		walk->chain = walk->table == TABLE_TCP ? tcp_chain(walk->heads[TABLE_TCP], walk->index)
						       : udp_chain(walk->heads[TABLE_UDP], walk->index);
		walk->index++;
	} else {
		cut_short++;
	}
}

static __always_inline u64 next_tcp(struct walk *walk)
{
	struct inet_bind_bucket *tb;

	if (!compat_owners_end(&walk->owners))
		return (u64)compat_owners_step(&walk->owners);
	tb = bucket_at(walk->chain);
	walk->chain = (u64)BPF_CORE_READ(tb, node.next);
	if (only_port && BPF_CORE_READ(tb, port) != only_port)
		return 0;
	walk->bucket = (u64)tb;
	compat_owners_begin(tb, &walk->owners);
	return 0;
}

static __always_inline u64 next_udp(struct walk *walk)
{
	struct hlist_node *node = (void *)walk->chain;
	struct sock *sk = sock_at(walk->chain);

	walk->chain = (u64)BPF_CORE_READ(node, next);
	return only_port && BPF_CORE_READ(sk, __sk_common.skc_num) != only_port ? 0 : (u64)sk;
}

/* A socket, 0 (a step without one) or NO_MORE. */
__noinline u64 list_next(u32 slot)
{
	struct walk *walk = walk_of(slot);

	if (!walk)
		return NO_MORE;
	if (walk->resumed) {
		walk->resumed = 0;
		if (!is_intact(walk))
			begin_again(walk);
	}
	if (!walk->chain && compat_owners_end(&walk->owners))
		return next_chain(walk) ? 0 : NO_MORE;
	return walk->table == TABLE_TCP ? next_tcp(walk) : next_udp(walk);
}

static __always_inline void describe_slot(struct rt_bucket *to, const struct walk *walk, struct sock *sk)
{
	struct udp_hslot *slot = (void *)walk->heads[TABLE_UDP] +
				 (u64)(walk->index - 1) * bpf_core_type_size(struct udp_hslot);

	__builtin_memset(to, 0, sizeof(*to));
	to->port = BPF_CORE_READ(sk, __sk_common.skc_num);
	to->slot_count = BPF_CORE_READ(slot, count);
}

/*
 * The state says whether it has more than sock_common, not the flags: a branch on
 * those would make each combination of them one of its own to the verifier.
 */
static __always_inline bool is_minisock(const struct rt_sock *sock)
{
	return sock->state == TCP_TIME_WAIT || sock->state == TCP_NEW_SYN_RECV;
}

__noinline int list_describe(u64 address)
{
	struct sock *sk = (struct sock *)address;
	struct walk *walk = walk_of(0);
	u32 zero = 0;
	struct rt_listed *listed = bpf_map_lookup_elem(&listed_scratch, &zero);

	if (!listed || !walk)
		return 0;
	describe_bare(&listed->sock, sk, false);
	if (!is_minisock(&listed->sock))
		listed->sock.cgroup = describe_cgroup(sk);
	if (walk->table == TABLE_TCP)
		describe_bucket(&listed->bucket, (struct inet_bind_bucket *)walk->bucket);
	else
		describe_slot(&listed->bucket, walk, sk);
	listed->bucket.present = 1;
	return listed->sock.port != 0;
}

/* Keeps or takes back. */
__noinline int list_copy(u32 from, u32 to)
{
	struct walk *source = walk_of(from), *target = walk_of(to);

	if (source && target) {
		*target = *source;
		target->resumed = 1;
	}
	return 0;
}

SEC("iter/bpf_map_elem")
int list_sockets(struct bpf_iter__bpf_map_elem *ctx)
{
	struct seq_file *seq = ctx->meta->seq; /* see seek_files() */
	u32 zero = 0;
	struct rt_listed *listed = bpf_map_lookup_elem(&listed_scratch, &zero);
	u64 sk;

	if (!ctx->key || !listed || done)
		return 0;
	list_copy(0, 1);
	for (int i = 0; i < TURN_STEPS; i++) {
		sk = list_next(0);
		if (sk == NO_MORE) {
			done = 1;
			break;
		}
		if (!sk || !list_describe(sk))
			continue;
		if (bpf_seq_write(seq, listed, sizeof(*listed)) < 0) {
			list_copy(1, 0);
			break;
		}
	}
	return 0;
}

/* A thread with the descriptors of its process is no other owner. */
static __always_inline bool is_known_thread(struct task_struct *task)
{
	return task->pid != task->tgid &&
	       BPF_CORE_READ(task, files) == BPF_CORE_READ(task, group_leader, files);
}

static __always_inline const struct rt_process *describe_last(struct last_process *last, u64 task)
{
	if (last->task != task)
		describe_process(&last->process, (struct task_struct *)task);
	last->task = task;
	return &last->process;
}

/* The verifier knows these types: only what a pointer to a number leads to takes a helper. */
static __always_inline u32 closes_on_exec(struct task_struct *task, u32 fd)
{
	struct files_struct *files = task->files;
	struct fdtable *table = files ? files->fdt : NULL;
	unsigned long *bits = table ? table->close_on_exec : NULL, word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), bits + fd / 64);
	return word >> fd % 64 & 1;
}

static __always_inline u64 file_inode(struct file *file)
{
	struct inode *inode = file->f_inode;

	return inode ? inode->i_ino : 0;
}

SEC("iter/task_file")
int list_owners(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	u32 zero = 0;
	struct last_process *last = bpf_map_lookup_elem(&process_scratch, &zero);
	const struct rt_process *process;
	struct rt_owner owner = {};
	struct socket *socket;
	struct sock *sk, *first;
	bool any_port = !only_port;
	u16 port;

	if (!last || !task || !file || (u64)file->f_op != socket_ops || is_known_thread(task))
		return 0;
	socket = file->private_data;
	sk = BPF_CORE_READ(socket, sk);
	if (!sk || !sock_followed(sk))
		return 0;
	owner.inode = file_inode(file);
	if (BPF_CORE_READ(sk, sk_protocol) == IPPROTO_MPTCP) {
		first = compat_mptcp_first(sk);
		sk = first ? first : sk;
		owner.inode = compat_sk_inode(sk, BPF_CORE_READ(sk, sk_socket));
		any_port = true; /* its other subflows have others, and its inode */
	}
	owner.key = (u64)sk;
	port = BPF_CORE_READ(sk, __sk_common.skc_num);
	if (!port || (!any_port && port != only_port))
		return 0;
	process = describe_last(last, number_of(&ctx->task));
	owner.start_ns = process->start_ns;
	owner.cgroup = process->cgroup;
	owner.tgid = process->tgid;
	owner.ppid = process->ppid;
	owner.nspid = process->nspid;
	owner.uid = process->uid;
	owner.fd = ctx->fd;
	owner.cloexec = closes_on_exec(task, ctx->fd);
	__builtin_memcpy(owner.comm, process->comm, RT_COMM_LEN);
	bpf_seq_write(ctx->meta->seq, &owner, sizeof(owner));
	return 0;
}
