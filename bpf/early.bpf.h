/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls that ended before their LSM hook: a bad descriptor, address or length, or a seccomp filter. */
#ifndef REUSETRACE_EARLY_BPF_H
#define REUSETRACE_EARLY_BPF_H

#include "attempt.bpf.h"

#define SOCKADDR_IN_LEN	 16
#define SOCKADDR_IN6_LEN 28
#define SOCKADDR_IN6_OLD 24    /* without the scope id */
#define BY_SECCOMP	 0x100 /* with the type: the call never ran */

/* What is behind a descriptor of this process; *ret_open is false if nothing is. */
static __always_inline struct sock *sock_of_fd(u32 fd, bool *ret_open)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd), *file = NULL;

	if (fd < BPF_CORE_READ(table, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	*ret_open = file;
	return file ? sock_of_file(file) : NULL;
}

/* The address is still the process's: the kernel had no copy of it. */
static __always_inline void record_user_address(struct rt_attempt *record, u64 address, int length)
{
	void *from = (void *)address;
	u16 family = 0;
	__be16 port = 0;

	record->addrlen = length;
	if (length < 2 || bpf_probe_read_user(&family, sizeof(family), from))
		return;
	record->requested_family = family;
	if (length >= 4 && !bpf_probe_read_user(&port, sizeof(port), from + 2))
		record->requested_port = swab16(port);
	if (family == AF_INET && length >= 8)
		bpf_probe_read_user(record->requested_addr, 4, from + 4);
	else if (family == AF_INET6 && length >= SOCKADDR_IN6_OLD)
		bpf_probe_read_user(record->requested_addr, 16, from + 8);
	if (family == AF_INET6 && length >= SOCKADDR_IN6_LEN)
		bpf_probe_read_user(&record->requested_scope, 4, from + 24);
}

/* There is no socket whose filters could be asked. */
static __always_inline bool address_wanted(const struct rt_attempt *record)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u16 family = record->requested_family;

	if (family && family != AF_INET && family != AF_INET6)
		return false;
	if ((config.filters & RT_FILTER_IPV4) && family != AF_INET)
		return false;
	if ((config.filters & RT_FILTER_IPV6) && family != AF_INET6)
		return false;
	return !(config.filters & RT_FILTER_NETNS) ||
	       BPF_CORE_READ(task, nsproxy, net_ns, ns.inum) == config.netns;
}

static __always_inline void record_nobody(struct rt_attempt *record)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	__builtin_memset(&record->binder, 0, sizeof(record->binder));
	record->binder.uid = RT_UID_NONE;
	record->binder.netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
}

static __always_inline void early_send(u32 slot, u64 key, u32 type, int result)
{
	struct rt_attempt *record = bpf_map_lookup_elem(&slots, &slot);

	if (!record)
		return;
	record->stage = RT_AT_SYSCALL;
	record->result = result;
	if (key)
		record_failure(record, slot, key, result);
	else
		record_nobody(record);
	if (type & BY_SECCOMP)
		record->refusal.flags |= RT_REFUSED_SECCOMP;
	if (key || address_wanted(record)) {
		options_take(record);
		send_attempt(record);
	}
}

/* Whatever is refused outside the filter comes here, too: its attempt was not opened. */
static __always_inline bool call_open(u32 type, struct sock *sk, u64 address, u64 length)
{
	__be16 port = 0;

	if (type == RT_LISTEN)
		return port_wanted(sk ? BPF_CORE_READ(sk, __sk_common.skc_num) : 0);
	if (length >= 4)
		bpf_probe_read_user(&port, sizeof(port), (void *)address + 2);
	return port_wanted(swab16(port));
}

/*
 * The only errors before the LSM hook are those of sockfd_lookup_light() and
 * move_addr_to_kernel(); sockets of other kinds, whose calls are not followed,
 * come here with any error of theirs.
 */
__noinline int call_refused(u32 type, int result, u64 fd, u64 address, u64 length)
{
	bool open = false;
	struct sock *sk = sock_of_fd(fd, &open);
	struct rt_attempt *record;
	u32 slot;

	if (!live || (sk && !sock_followed(sk)))
		return 0;
	if (!sk && !(type & BY_SECCOMP) && result != -EBADF && result != -ENOTSOCK)
		return 0;
	if (!current_wanted() || (sk && !sock_wanted(sk)) ||
	    !call_open(type & ~BY_SECCOMP, sk, address, length))
		return 0;
	slot = slot_take();
	record = bpf_map_lookup_elem(&slots, &slot);
	if (!record)
		return 0;
	record_begin(slot, (u64)sk, type & ~BY_SECCOMP);
	record->fd = fd;
	if ((type & ~BY_SECCOMP) == RT_BIND)
		record_user_address(record, address, length);
	early_send(slot, (u64)sk, type, result);
	slot_give(slot);
	return 0;
}

/* A probe at the return has no arguments: those of the process are where it entered. */
__noinline int call_refused_here(u32 type, int result)
{
	struct call_args args = {};

	if (!compat_call_args(&args) || args.nr != (type == RT_BIND ? NR_BIND : NR_LISTEN))
		return 0;
	return call_refused(type, result, args.first, args.second, args.third);
}

/* The return of a bind() or listen() to its process, whether it ran or not. */
__noinline int call_returned(u64 regs, u32 type, int result)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u64 id = bpf_get_current_pid_tgid();
	struct call_args args = {};

	if (!bpf_map_delete_elem(&calls_run, &id) || result >= 0)
		return 0;
	if (BPF_CORE_READ(task, seccomp.mode) != SECCOMP_MODE_FILTER)
		return 0;
	compat_read_args((struct pt_regs *)regs, &args);
	return call_refused(type | BY_SECCOMP, result, args.first, args.second, args.third);
}

#endif
