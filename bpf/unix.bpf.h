/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AF_UNIX: bind() to a path or an abstract name, and every named socket.  Only
 * with --proto: these are hooks of their own, and a flight of theirs is in a
 * map of its own, with a slot that holds struct rt_unix.
 */
#ifndef REUSETRACE_UNIX_BPF_H
#define REUSETRACE_UNIX_BPF_H

#include "emit.bpf.h"
#include "filter.bpf.h"
#include "hooks.bpf.h"
#include "snapshot.bpf.h"

#define CAP_DAC_OVERRIDE 1
#define UNIX_BOUND	 16384
#define USER_NS_INITIAL	 0xeffffffdU /* PROC_USER_INIT_INO */

_Static_assert(sizeof(struct rt_unix) <= sizeof(struct rt_attempt), "it lives in a slot");

/* By pid_tgid. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SLOTS);
	__type(key, __u64);
	__type(value, struct flight);
} unix_flights SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rt_unix_holder);
} unix_scratch SEC(".maps");

/*
 * When the last bind() of a socket that had no name was called: of all
 * processes, by the address of the struct sock.  The iterator tells it of those
 * that have one.
 */
struct unix_begun {
	__u64 inode; /* guards against reuse of the address */
	__u64 time_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, UNIX_BOUND);
	__type(key, __u64);
	__type(value, struct unix_begun);
} unix_begun SEC(".maps");

static __always_inline bool is_unix(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX;
}

static __always_inline bool unix_wanted(struct sock *sk)
{
	if (!live || !(config.protocols & RT_PROTO_UNIX) ||
	    config.filters & (RT_FILTER_PORT | RT_FILTER_IPV4 | RT_FILTER_IPV6))
		return false;
	if ((config.filters & RT_FILTER_NETNS) &&
	    BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) != config.netns)
		return false;
	return current_wanted();
}

/* describe_sock() is for inet sockets: behind struct sock these have other members. */
static __always_inline void describe_unix(struct rt_sock *to, struct sock *sk)
{
	__builtin_memset(to, 0, sizeof(*to));
	to->key = (u64)sk;
	to->inode = compat_sk_inode(sk, BPF_CORE_READ(sk, sk_socket));
	to->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	to->uid = BPF_CORE_READ(sk, sk_uid.val);
	to->family = AF_UNIX;
	to->protocol = BPF_CORE_READ(sk, sk_type);
	to->state = BPF_CORE_READ(sk, __sk_common.skc_state);
}

static __always_inline void note_begun(struct sock *sk)
{
	struct unix_begun begun = {.time_ns = bpf_ktime_get_boot_ns()};
	u64 key = (u64)sk;

	if (!live || BPF_CORE_READ((struct unix_sock *)sk, addr))
		return;
	begun.inode = compat_sk_inode(sk, BPF_CORE_READ(sk, sk_socket));
	bpf_map_update_elem(&unix_begun, &key, &begun, BPF_ANY);
}

static __always_inline u64 begun_ns(const struct rt_sock *sock)
{
	u64 key = sock->key;
	struct unix_begun *begun = bpf_map_lookup_elem(&unix_begun, &key);

	return begun && begun->inode == sock->inode ? begun->time_ns : 0;
}

static __always_inline u16 read_name(char *to, const void *from, int length)
{
	u32 n = length;

	if (length <= 0)
		return 0;
	if (n > RT_UNIX_LEN)
		n = RT_UNIX_LEN;
	bpf_probe_read_kernel(to, n, from);
	return n;
}

/* Where a relative path begins. */
__noinline int record_cwd(u32 slot)
{
	struct rt_unix *record = bpf_map_lookup_elem(&slots, &slot);
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fs_struct *fs = BPF_CORE_READ(task, fs);

	if (record && fs)
		describe_path(record->cwd, &record->header, BPF_CORE_READ(fs, pwd.dentry),
			      BPF_CORE_READ(fs, pwd.mnt));
	return 0;
}

/* capable_wrt_inode_uidgid(): in a user namespace it is for the files of that one's users. */
static __always_inline enum rt_overrides overrides(const struct cred *cred)
{
	u32 capable = 0;

	bpf_core_read(&capable, sizeof(capable), &cred->cap_effective);
	if (!(capable >> CAP_DAC_OVERRIDE & 1))
		return RT_OVERRIDES_NONE;
	return BPF_CORE_READ(cred, user_ns, ns.inum) == USER_NS_INITIAL ? RT_OVERRIDES_ALL
									: RT_OVERRIDES_MAPPED;
}

__noinline int record_unix(u32 slot, u64 sk, u64 address, int length)
{
	struct slot *place = bpf_map_lookup_elem(&slots, &slot);
	struct rt_unix *record = (struct rt_unix *)place;
	struct task_struct *task = (void *)bpf_get_current_task();
	const struct cred *cred = BPF_CORE_READ(task, cred);

	if (!record)
		return 0;
	__builtin_memset(&place->exe, 0, sizeof(place->exe));
	fill_header(&record->header, RT_UNIX_BIND);
	describe_exe(record->exe, &record->header, task);
	describe_unix(&record->sock, (struct sock *)sk);
	record->cwd[0] = 0;
	record->result = 0;
	record->passed = 0;
	record->bound = BPF_CORE_READ((struct unix_sock *)sk, addr) != NULL;
	record->mntns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	record->fsuid = BPF_CORE_READ(cred, fsuid.val);
	record->overrides = overrides(cred);
	record->addrlen = length;
	record->lsm = RT_LSM_UNKNOWN;
	record->pad = 0;
	__builtin_memset(record->name, 0, sizeof(record->name));
	record->length = read_name(record->name, (void *)address + 2, length - 2);
	return 1;
}

/* A slot is given back once: by whoever takes the flight out, this or the tracer (reclaim.c). */
static __always_inline void unix_end(u64 id, u32 slot)
{
	if (!bpf_map_delete_elem(&unix_flights, &id))
		slot_give(slot);
}

/* The address is the kernel's own copy. */
__noinline int on_unix_bind(u64 sock, u64 address, u64 length)
{
	struct sock *sk = BPF_CORE_READ((struct socket *)sock, sk);
	struct flight fresh = {.sk = (u64)sk, .type = RT_UNIX_BIND}, *flight;
	u64 id = bpf_get_current_pid_tgid();

	if (!is_unix(sk))
		return 0;
	note_begun(sk);
	if (!unix_wanted(sk))
		return 0;
	flight = bpf_map_lookup_elem(&unix_flights, &id);
	if (flight) { /* its exit was not seen */
		count(RT_COUNT_NO_EXIT, 1);
		unix_end(id, flight->slot);
	}
	fresh.slot = slot_take();
	if (fresh.slot == NO_SLOT)
		return 0;
	record_unix(fresh.slot, (u64)sk, address, length);
	record_cwd(fresh.slot);
	if (bpf_map_update_elem(&unix_flights, &id, &fresh, BPF_NOEXIST)) {
		count(RT_COUNT_NO_SLOT, 1);
		slot_give(fresh.slot);
	}
	return 0;
}
ENTRY3(unix_bind, security_socket_bind)

static __always_inline struct rt_unix *unix_record(const struct flight *flight)
{
	u32 slot = flight->slot;

	return bpf_map_lookup_elem(&slots, &slot);
}

__noinline int on_unix_allowed(int result)
{
	u64 id = bpf_get_current_pid_tgid();
	struct flight *flight = bpf_map_lookup_elem(&unix_flights, &id);
	struct rt_unix *record = flight ? unix_record(flight) : NULL;

	if (record && !result)
		record->passed = 1;
	return 0;
}
EXIT(unix_allowed, on_unix_allowed, security_socket_bind, 3)

/* A security module's own hook refused: no other one is asked. */
static __always_inline void unix_refused_by(u32 lsm)
{
	u64 id = bpf_get_current_pid_tgid();
	struct flight *flight = bpf_map_lookup_elem(&unix_flights, &id);
	struct rt_unix *record = flight ? unix_record(flight) : NULL;

	if (record)
		record->lsm = lsm;
}

__noinline int on_unix_exit(int result)
{
	u64 id = bpf_get_current_pid_tgid();
	struct flight *flight = bpf_map_lookup_elem(&unix_flights, &id);
	struct rt_unix *record = flight ? unix_record(flight) : NULL;
	u32 slot;

	if (!flight)
		return 0;
	slot = flight->slot;
	if (record && (result || !(config.filters & RT_FILTER_FAILED))) {
		record->header.size = sizeof(*record);
		record->result = result;
		record->end_ns = bpf_ktime_get_boot_ns();
		send(record, sizeof(*record), true);
	}
	unix_end(id, slot);
	return 0;
}
EXIT(unix_exit, on_unix_exit, __sys_bind, 3)
EXIT(unix_ring, on_unix_exit, __sys_bind_socket, 3)

/* The file that a socket is bound to, and the name that it was bound by. */
static __always_inline void describe_name(struct rt_unix_holder *to, struct unix_sock *sk,
					  struct unix_address *address)
{
	struct dentry *dentry = BPF_CORE_READ(sk, path.dentry);
	void *path = (void *)address + bpf_core_field_offset(struct unix_address, name[0].sun_path);

	__builtin_memset(to->name, 0, sizeof(to->name));
	to->length = read_name(to->name, path, BPF_CORE_READ(address, len) - 2);
	to->file_inode = 0;
	to->file_device = 0;
	if (!dentry)
		return;
	to->file_inode = BPF_CORE_READ(dentry, d_inode, i_ino);
	to->file_device = BPF_CORE_READ(dentry, d_inode, i_sb, s_dev);
}

/* Every named unix socket behind a descriptor, as struct rt_unix_holder. */
SEC("iter/task_file")
int unix_sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct rt_unix_holder *holder;
	struct unix_address *address;
	struct sock *sk;
	u32 zero = 0;

	if (!task || !file)
		return 0;
	sk = sock_of_file(file);
	if (!sk || !is_unix(sk))
		return 0;
	address = BPF_CORE_READ((struct unix_sock *)sk, addr);
	holder = bpf_map_lookup_elem(&unix_scratch, &zero);
	if (!holder || !address)
		return 0;
	holder->header.size = sizeof(*holder);
	holder->header.type = RT_HOLDER;
	holder->header.time_ns = bpf_ktime_get_boot_ns();
	describe_process(&holder->header.process, task);
	describe_exe(holder->exe, &holder->header, task);
	describe_unix(&holder->sock, sk);
	holder->sock.bound_ns = begun_ns(&holder->sock);
	describe_name(holder, (struct unix_sock *)sk, address);
	holder->fd = ctx->fd;
	bpf_seq_write(ctx->meta->seq, holder, sizeof(*holder));
	return 0;
}

#endif
