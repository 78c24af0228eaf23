/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who holds a socket to which no descriptor leads: found where it is, on
 * request only.  A descriptor on its way in SCM_RIGHTS is in the receive queue
 * of a unix socket, a fixed file in the table of its io_uring, and a socket of
 * the kernel's is told by what is called when data comes.
 */
#ifndef REUSETRACE_SEEK_BPF_H
#define REUSETRACE_SEEK_BPF_H

#include "snapshot.bpf.h"

#define QUEUE_STEPS	256 /* messages and descriptors of one unix socket */
#define RING_FILES	256
#define DEVICES		256
#define PRIVATE_SIZE	1024 /* bytes of a device's private data that are searched */
#define NETDEV_ALIGN	32
#define USER_DATA_FLAGS 7ULL /* SK_USER_DATA_NOCOPY and the like */

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
static __always_inline u64 task_of(struct bpf_iter__task_file *ctx)
{
	u64 task = 0;

	bpf_probe_read_kernel(&task, sizeof(task), &ctx->task);
	return task;
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
	wanted = bpf_map_lookup_elem(&sought, &key);
	if (!wanted)
		return 0;
	found->key = key;
	found->inode = wanted->inode;
	describe_process(&found->header.process, (struct task_struct *)task);
	describe_exe(found->exe, &found->header, (struct task_struct *)task);
	return key;
}

/* A message of the queue, then its descriptors one by one. */
struct queue_cursor {
	u64 end; /* the queue's head */
	u64 message;
	u64 list;
	u32 at, count;
};

static __always_inline struct file *queue_step(struct queue_cursor *cursor)
{
	struct sk_buff *message = (void *)cursor->message;
	struct scm_fp_list *list = (void *)cursor->list;
	struct unix_skb_parms *parms;
	struct file *file = NULL;

	if (list && cursor->at < cursor->count) {
		bpf_probe_read_kernel(&file, sizeof(file),
				      (void *)list + bpf_core_field_offset(struct scm_fp_list, fp) +
					      (u64)cursor->at * sizeof(file));
		cursor->at++;
		return file;
	}
	parms = (void *)message + bpf_core_field_offset(struct sk_buff, cb);
	list = BPF_CORE_READ(parms, fp);
	cursor->message = (u64)BPF_CORE_READ(message, next);
	cursor->list = (u64)list;
	cursor->at = 0;
	cursor->count = list ? BPF_CORE_READ(list, count) : 0;
	return NULL;
}

static __always_inline bool queue_end(const struct queue_cursor *cursor)
{
	return cursor->at >= cursor->count && (!cursor->message || cursor->message == cursor->end);
}

static __always_inline void seek_queue(struct bpf_iter__task_file *ctx, struct sock *sk)
{
	struct queue_cursor cursor = {};
	struct rt_found *found;

	cursor.end = (u64)sk + bpf_core_field_offset(struct sock, sk_receive_queue);
	cursor.message = (u64)BPF_CORE_READ(sk, sk_receive_queue.next);
	for (int i = 0; i < QUEUE_STEPS && !queue_end(&cursor); i++) {
		struct file *file = queue_step(&cursor);

		if (!file || !seek_file((u64)file, task_of(ctx)))
			continue;
		found = found_begin(RT_FOUND_QUEUE);
		if (!found)
			return;
		found->fd = ctx->fd;
		bpf_seq_write(ctx->meta->seq, found, sizeof(*found));
	}
}

static __always_inline bool is_ring(struct file *file)
{
	const unsigned char *name = BPF_CORE_READ(file, f_path.dentry, d_name.name);
	char text[8] = {};

	if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != ANON_INODE_MAGIC)
		return false;
	bpf_probe_read_kernel(text, sizeof(text), name); /* "[io_uring]" */
	return text[1] == 'i' && text[2] == 'o' && text[3] == '_' && text[4] == 'u' && text[5] == 'r';
}

/* By itself: in a loop the compiler takes the choice of the kernel's shape apart. */
__noinline u64 seek_fixed_file(u64 ring, u32 index, u64 task)
{
	struct file *file = compat_fixed_file((void *)ring, index);

	return file ? seek_file((u64)file, task) : 0;
}

static __always_inline void seek_ring(struct bpf_iter__task_file *ctx, void *ring)
{
	u32 files = compat_fixed_files(ring);
	struct rt_found *found;

	for (u32 i = 0; i < RING_FILES && i < files; i++) {
		if (!seek_fixed_file((u64)ring, i, task_of(ctx)))
			continue;
		found = found_begin(RT_FOUND_RING);
		if (!found)
			return;
		found->fd = ctx->fd;
		found->index = i;
		bpf_seq_write(ctx->meta->seq, found, sizeof(*found));
	}
}

SEC("iter/task_file")
int seek_files(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct socket *socket;
	struct sock *sk;

	if (!ctx->task || !file)
		return 0;
	if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != SOCKFS_MAGIC) {
		if (is_ring(file))
			seek_ring(ctx, BPF_CORE_READ(file, private_data));
		return 0;
	}
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	if (sk && BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX)
		seek_queue(ctx, sk);
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

static __always_inline void seek_devices(struct bpf_iter__bpf_map_elem *ctx, struct rt_found *found,
					 struct sock *sk)
{
	struct net *net = BPF_CORE_READ(sk, __sk_common.skc_net.net);
	u64 data = (u64)BPF_CORE_READ(sk, sk_user_data) & ~USER_DATA_FLAGS;
	u64 end = (u64)net + bpf_core_field_offset(struct net, dev_base_head);
	u64 node = (u64)BPF_CORE_READ(net, dev_base_head.next);

	for (int i = 0; i < DEVICES && data && node && node != end; i++) {
		struct net_device *device = (void *)node - bpf_core_field_offset(struct net_device, dev_list);

		node = (u64)BPF_CORE_READ(device, dev_list.next);
		if (!device_has((u64)device, data))
			continue;
		found->how = RT_FOUND_DEVICE;
		found->ifindex = BPF_CORE_READ(device, ifindex);
		bpf_core_read(found->device, sizeof(found->device), &device->name);
		bpf_seq_write(ctx->meta->seq, found, sizeof(*found));
	}
}

/* One sought socket a call.  Once freed, it is another's, or has no port. */
SEC("iter/bpf_map_elem")
int seek_sockets(struct bpf_iter__bpf_map_elem *ctx)
{
	struct rt_found *found = found_begin(RT_FOUND_ALIVE);
	struct rt_sought *wanted = ctx->value;
	u64 *key = ctx->key;
	struct sock *sk;

	if (!found || !key || !wanted)
		return 0;
	sk = (struct sock *)*key;
	if (BPF_CORE_READ(sk, __sk_common.skc_num) != wanted->port ||
	    compat_sk_inode(sk, BPF_CORE_READ(sk, sk_socket)) != wanted->inode)
		return 0;
	found->key = *key;
	found->inode = wanted->inode;
	found->function = 0;
	if (BPF_CORE_READ(sk, sk_protocol) == IPPROTO_UDP)
		found->function = (u64)BPF_CORE_READ((struct udp_sock *)sk, encap_rcv);
	if (!found->function)
		found->function = (u64)BPF_CORE_READ(sk, sk_data_ready);
	bpf_seq_write(ctx->meta->seq, found, sizeof(*found));
	seek_devices(ctx, found, sk);
	return 0;
}

#endif
