/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who holds a socket to which no descriptor leads: found where it is, on
 * request only.  A descriptor on its way in SCM_RIGHTS is in the receive queue
 * of a unix socket, a fixed file in the table of its io_uring, and a socket of
 * the kernel's is told by what is called when data comes.
 */
#ifndef REUSETRACE_SEEK_BPF_H
#define REUSETRACE_SEEK_BPF_H

#include "facts.bpf.h"

#define SEEK_STEPS	1024 /* messages and descriptors of one unix socket, or files of one io_uring */
#define ROUND_SEEKS	32
#define SEEK_ROUNDS	256 /* each ends with what it has found, too */
#define NO_MORE		~0ULL
#define ROUND_DEVICES	16
#define DEVICE_ROUNDS	272
#define PRIVATE_SIZE	1024 /* bytes of a device's private data that are searched */
#define NETDEV_ALIGN	32
#define USER_DATA_FLAGS 7ULL /* SK_USER_DATA_NOCOPY and the like */

/*
 * Sockets whose holder is asked for, by ascending address; those that are none
 * come first.  The loader writes them to its memory: a bpf() that changes or
 * reads a map holds off all kprobes of its CPU, also of other tasks for which
 * it is preempted meanwhile.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, RT_SOUGHT_MAX);
	__type(key, __u32);
	__type(value, struct rt_sought);
} sought SEC(".maps");

/* Only one reader at a time: the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rt_found);
} found_scratch SEC(".maps");

struct private_data {
	__u64 words[PRIVATE_SIZE / 8];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct private_data);
} private_scratch SEC(".maps");

/* As a plain number: what is verified by itself takes no typed pointer (see TRACED). */
static __always_inline u64 number_of(const void *pointer)
{
	u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), pointer);
	return number;
}

static __always_inline struct rt_found *found_begin(enum rt_found_how how)
{
	u32 zero = 0;
	struct rt_found *found = bpf_map_lookup_elem(&found_scratch, &zero);

	if (!found)
		return NULL;
	found->how = how;
	found->header.size = sizeof(*found);
	return found;
}

static __always_inline struct rt_sought *sought_at(u32 at)
{
	return bpf_map_lookup_elem(&sought, &at);
}

/* One step of the search for an address; verified by itself, or else every way through the search would be.
 */
__noinline u32 sought_after(u32 at, u32 step, u64 key)
{
	struct rt_sought *entry = sought_at(at + step);

	return entry && entry->key <= key ? at + step : at;
}

static __always_inline struct rt_sought *sought_of(u64 key)
{
	struct rt_sought *entry;
	u32 at = 0;

	for (u32 step = RT_SOUGHT_MAX / 2; step; step /= 2)
		at = sought_after(at, step, key);
	entry = sought_at(at);
	return entry && entry->key == key ? entry : NULL;
}

/* Is this file a socket that is sought?  Its address then; in the scratch, who has what led to it. */
__noinline u64 seek_file(u64 file, u64 task)
{
	struct sock *sk = sock_of_file((struct file *)file), *first;
	struct rt_found *found = found_begin(RT_FOUND_QUEUE);
	struct rt_sought *wanted;
	u64 key;

	if (!sk || !found || !sock_followed(sk))
		return 0;
	if (protocol_bit(sk) == RT_PROTO_MPTCP) {
		first = compat_mptcp_first(sk);
		sk = first ? first : sk;
	}
	key = (u64)sk;
	wanted = sought_of(key);
	if (!wanted)
		return 0;
	found->key = key;
	found->inode = wanted->inode;
	describe_process(&found->header.process, (struct task_struct *)task);
	describe_exe(found->exe, &found->header, (struct task_struct *)task);
	return key;
}

/*
 * Where the search is: in a map, and stepped by functions of their own, so
 * that to the verifier every step of the loop is like the others.
 */
struct cursor {
	__u64 ring;    /* struct io_ring_ctx, or 0 */
	__u64 end;     /* of a unix socket: the queue's head */
	__u64 message; /* the next one */
	__u64 list;    /* struct scm_fp_list of this one */
	__u32 at, count;
	__u32 steps, pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cursor);
} cursor_scratch SEC(".maps");

static __always_inline u64 next_in_queue(struct cursor *cursor)
{
	struct sk_buff *message = (void *)cursor->message;
	struct scm_fp_list *list = (void *)cursor->list;
	struct unix_skb_parms *parms;
	u64 file = 0;

	if (cursor->at < cursor->count) {
		bpf_probe_read_kernel(&file, sizeof(file),
				      (void *)list + bpf_core_field_offset(struct scm_fp_list, fp) +
					      (u64)cursor->at * sizeof(file));
		cursor->at++;
		return file;
	}
	if (!message || (u64)message == cursor->end)
		return NO_MORE;
	parms = (void *)message + bpf_core_field_offset(struct sk_buff, cb);
	list = BPF_CORE_READ(parms, fp);
	cursor->message = (u64)BPF_CORE_READ(message, next);
	cursor->list = (u64)list;
	cursor->at = 0;
	cursor->count = list ? BPF_CORE_READ(list, count) : 0;
	return 0;
}

/* A file, 0 (a step without one) or NO_MORE. */
__noinline u64 next_file(u32 zero)
{
	struct cursor *cursor = bpf_map_lookup_elem(&cursor_scratch, &zero);

	if (!cursor)
		return NO_MORE;
	if (!cursor->ring)
		return next_in_queue(cursor);
	if (cursor->at >= cursor->count)
		return NO_MORE;
	return (u64)compat_fixed_file((void *)cursor->ring, cursor->at++);
}

static __always_inline bool is_ring(struct file *file)
{
	const unsigned char *name;
	u64 text = 0;

	if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != ANON_INODE_MAGIC)
		return false;
	name = BPF_CORE_READ(file, f_path.dentry, d_name.name);
	bpf_probe_read_kernel(&text, sizeof(text), name);
	return text == *(const u64 *)"[io_uring]";
}

/* What may hold descriptors: a unix socket or an io_uring. */
__noinline int cursor_begin(u64 address)
{
	struct file *file = (struct file *)address;
	u32 zero = 0;
	struct cursor *cursor = bpf_map_lookup_elem(&cursor_scratch, &zero);
	struct socket *socket;
	struct sock *sk;

	if (!cursor)
		return 0;
	__builtin_memset(cursor, 0, sizeof(*cursor));
	if (is_ring(file)) {
		cursor->ring = (u64)BPF_CORE_READ(file, private_data);
		cursor->count = compat_fixed_files((void *)cursor->ring);
		return cursor->count != 0;
	}
	if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != SOCKFS_MAGIC)
		return 0;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	if (!sk || BPF_CORE_READ(sk, __sk_common.skc_family) != AF_UNIX)
		return 0;
	cursor->end = (u64)sk + bpf_core_field_offset(struct sock, sk_receive_queue);
	cursor->message = (u64)BPF_CORE_READ(sk, sk_receive_queue.next);
	return 1;
}

/* Says in the scratch where it is. */
static __always_inline void found_place(struct rt_found *found, const struct cursor *cursor)
{
	found->index = cursor->at - 1;
	if (cursor->ring)
		found->how = RT_FOUND_RING;
}

/* Steps until it has found one: 1; at the end NO_MORE, and 0 after some steps. */
__noinline u64 seek_round(u64 task)
{
	u32 zero = 0;
	struct cursor *cursor = bpf_map_lookup_elem(&cursor_scratch, &zero);
	struct rt_found *found = bpf_map_lookup_elem(&found_scratch, &zero);

	for (int i = 0; i < ROUND_SEEKS && cursor && found; i++) {
		u64 file = cursor->steps++ < SEEK_STEPS ? next_file(0) : NO_MORE;

		if (file == NO_MORE)
			return NO_MORE;
		if (!file || !seek_file(file, task))
			continue;
		found_place(found, cursor);
		return 1;
	}
	return 0;
}

/*
 * From 6.2 on the verifier looks through the names of all types each time that
 * it comes to a load of a pointer through a typed one: so, never in a loop.
 */
SEC("iter/task_file")
int seek_files(struct bpf_iter__task_file *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	u32 zero = 0;
	struct rt_found *found = bpf_map_lookup_elem(&found_scratch, &zero);
	u64 task, how;

	if (!ctx->task || !ctx->file || !found)
		return 0;
	task = number_of(&ctx->task);
	if (!cursor_begin(number_of(&ctx->file)))
		return 0;
	found->fd = ctx->fd;
	for (int i = 0; i < SEEK_ROUNDS; i++) {
		how = seek_round(task);
		if (how == NO_MORE)
			break;
		if (how)
			bpf_seq_write(seq, found, sizeof(*found));
	}
	return 0;
}

/*
 * Does this device's private data begin at, or contain, this pointer?  wireguard's
 * sk_user_data is the private data; vxlan's and geneve's is a struct that the
 * private data points to.
 */
__noinline int device_has(u64 device, u64 data)
{
	u64 at = device +
		 ((bpf_core_type_size(struct net_device) + NETDEV_ALIGN - 1) & ~(NETDEV_ALIGN - 1ULL));
	u32 zero = 0;
	struct private_data *copy = bpf_map_lookup_elem(&private_scratch, &zero);

	if (at == data)
		return 1;
	if (!copy || bpf_probe_read_kernel(copy, sizeof(*copy), (void *)at))
		return 0;
	for (int i = 0; i < PRIVATE_SIZE / 8; i++)
		if (copy->words[i] == data)
			return 1;
	return 0;
}

/* Functions of their own, so that the verifier does not go through them with each device. */
__noinline u64 device_next(u64 node)
{
	return (u64)BPF_CORE_READ((struct list_head *)node, next);
}

static __always_inline u64 device_at(u64 node)
{
	return node - bpf_core_field_offset(struct net_device, dev_list);
}

/* From node on: where the first one is that has it, or as far as it came. */
__noinline u64 device_round(u64 node, u64 end, u64 data)
{
	for (int i = 0; i < ROUND_DEVICES && node && node != end; i++) {
		if (device_has(device_at(node), data))
			return node;
		node = device_next(node);
	}
	return node;
}

/* Says in the scratch which device. */
__noinline int found_device(u64 node)
{
	struct rt_found *found = found_begin(RT_FOUND_DEVICE);
	struct net_device *device = (struct net_device *)device_at(node);

	if (!found)
		return 0;
	found->ifindex = BPF_CORE_READ(device, ifindex);
	bpf_core_read(found->device, sizeof(found->device), &device->name);
	return 0;
}

static __always_inline void seek_devices(struct seq_file *seq, struct rt_found *found, struct sock *sk)
{
	struct net *net = BPF_CORE_READ(sk, __sk_common.skc_net.net);
	u64 data = (u64)BPF_CORE_READ(sk, sk_user_data) & ~USER_DATA_FLAGS;
	u64 end = (u64)net + bpf_core_field_offset(struct net, dev_base_head);
	u64 node = (u64)BPF_CORE_READ(net, dev_base_head.next);

	for (int i = 0; i < DEVICE_ROUNDS && data; i++) {
		node = device_round(node, end, data);
		if (!node || node == end)
			break;
		if (!device_has(device_at(node), data))
			continue;
		found_device(node);
		bpf_seq_write(seq, found, sizeof(*found));
		node = device_next(node);
	}
}

/* One sought socket a call.  Once freed, it is another's, or has no port. */
SEC("iter/bpf_map_elem")
int seek_sockets(struct bpf_iter__bpf_map_elem *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct rt_found *found = found_begin(RT_FOUND_ALIVE);
	struct rt_sought *wanted = ctx->value;
	struct sock *sk;
	u64 key;

	if (!found || !wanted || !wanted->key)
		return 0;
	key = wanted->key;
	sk = (struct sock *)key;
	if (BPF_CORE_READ(sk, __sk_common.skc_num) != wanted->port ||
	    compat_sk_inode(sk, BPF_CORE_READ(sk, sk_socket)) != wanted->inode)
		return 0;
	found->key = key;
	found->inode = wanted->inode;
	found->function = 0;
	if (BPF_CORE_READ(sk, sk_protocol) == IPPROTO_UDP)
		found->function = (u64)BPF_CORE_READ((struct udp_sock *)sk, encap_rcv);
	if (!found->function)
		found->function = (u64)BPF_CORE_READ(sk, sk_data_ready);
	bpf_seq_write(seq, found, sizeof(*found));
	seek_devices(seq, found, sk);
	return 0;
}

#endif
