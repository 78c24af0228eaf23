/* SPDX-License-Identifier: GPL-2.0-only */
/* The life of one attempt: open, ask for the port, answer, close. */
#ifndef REUSETRACE_ATTEMPT_BPF_H
#define REUSETRACE_ATTEMPT_BPF_H

#include "filter.bpf.h"
#include "option.bpf.h"
#include "refuse.bpf.h"
#include "walk.bpf.h"

#define EADDRINUSE 98

/* How every address begins. */
struct request {
	u16 family;
	__be16 port;
	u32 addr; /* IPv4 */
};

static __always_inline void read_request(struct request *to, const void *address, int length)
{
	__builtin_memset(to, 0, sizeof(*to));
	if (length >= 8)
		bpf_probe_read_kernel(to, 8, address);
	else if (length >= 4)
		bpf_probe_read_kernel(to, 4, address);
	else if (length >= 2)
		bpf_probe_read_kernel(to, 2, address);
}

static __always_inline void record_request(struct rt_attempt *record, const struct request *request,
					   const void *address, int length)
{
	record->addrlen = length;
	record->requested_family = request->family;
	record->requested_port = swab16(request->port);
	if (request->family == AF_INET6 && length >= 24) {
		bpf_probe_read_kernel(record->requested_addr, 16, address + 8);
		if (length >= 28)
			bpf_probe_read_kernel(&record->requested_scope, 4, address + 24);
	} else {
		__builtin_memcpy(record->requested_addr, &request->addr, sizeof(request->addr));
	}
}

static __always_inline void record_sysctls(struct rt_attempt *record, struct net *net, bool typed, bool udp)
{
	compat_port_range(net, typed, &record->range_lo, &record->range_hi);
	record->unprivileged_start = NET_READ(typed, &net->ipv4.sysctl_ip_prot_sock);
	record->autobind_reuse = compat_sysctl(net, typed, sysctl_ip_autobind_reuse);
	if (udp)
		record->l3mdev_accept = compat_sysctl(net, typed, sysctl_udp_l3mdev_accept);
	else
		record->l3mdev_accept = compat_sysctl(net, typed, sysctl_tcp_l3mdev_accept);
}

static __always_inline void record_netns(struct rt_attempt *record, struct sock *sk, struct net *net)
{
	struct net *typed = compat_typed_net(net);
	bool udp = compat_sk_kind(sk, false).protocol == IPPROTO_UDP;
	u32 lo, hi, own = compat_sk_port_range(sk);

	if (typed)
		record_sysctls(record, typed, true, udp);
	else
		record_sysctls(record, net, false, udp);
	lo = record->range_lo;
	hi = record->range_hi;
	if ((own & 0xffff) > lo)
		lo = own & 0xffff;
	if ((own >> 16) && (own >> 16) < hi)
		hi = own >> 16;
	record->range_lo = lo;
	record->range_hi = hi;
}

/* The binder is described when its port is asked for, or else at the end. */
__noinline int record_begin(u32 slot, u64 sk, u32 type)
{
	struct rt_attempt *record = bpf_map_lookup_elem(&slots, &slot);
	struct common_copy copy;
	struct sock_common *common = copy_common(&copy, (struct sock *)sk);

	if (!record)
		return 0;
	__builtin_memset(&record->bucket, 0, sizeof(record->bucket));
	record_process(slot, type);
	record_netns(record, (struct sock *)sk, common->skc_net.net);
	record->binder.key = 0;
	record->took_ns = 0;
	record->result = 0;
	record->addrlen = -1;
	record->stage = config.lsm_seen ? RT_AT_ADDRESS : RT_AT_LSM;
	record->option_count = 0;
	record->contenders_total = 0;
	record->contender_count = 0;
	record->requested_family = 0;
	record->requested_port = 0;
	record->asked_port = 0;
	record->entry_port = common->skc_num;
	record->entry_state = common->skc_state;
	record->truncated = 0;
	record->kernel_call = 0;
	record->fd = RT_FD_NONE;
	record->shares = 0;

	record->requested_scope = 0;
	__builtin_memset(record->requested_addr, 0, RT_ADDR_LEN);
	__builtin_memset(&record->refusal, 0, sizeof(record->refusal));
	return 1;
}

/*
 * A port filter can be applied at once only if a port was asked for, and
 * then only for the record: the socket itself is followed in any case.
 */
static __always_inline u32 slot_for(enum rt_type type, struct sock *sk, u16 port)
{
	u32 slot;

	if (!live || !current_wanted() || !sock_wanted(sk) || (port && !port_wanted(port)))
		return NO_SLOT;
	slot = slot_take();
	return slot != NO_SLOT && record_begin(slot, (u64)sk, type) ? slot : NO_SLOT;
}

/* The loader takes back the slots of flights that never end: whoever deletes the flight gives its slot. */
static __always_inline void flight_end(u64 id, u32 slot)
{
	if (bpf_map_delete_elem(&flights, &id))
		return;
	__sync_fetch_and_add(&flying, -1);
	slot_give(slot);
}

/* Its exit was not seen. */
static __always_inline bool flight_replace(u64 id, const struct flight *fresh)
{
	struct flight *flight = flight_here();

	if (!flight)
		return false;
	count(RT_COUNT_NO_EXIT, 1);
	flight_end(id, flight->slot);
	return !bpf_map_update_elem(&flights, &id, fresh, BPF_NOEXIST);
}

static __always_inline bool flight_begin(const struct flight *fresh)
{
	u64 id = bpf_get_current_pid_tgid();

	__sync_fetch_and_add(&flying,
			     1); /* before it is there: who looks it up must not be told that none is */
	if (!bpf_map_update_elem(&flights, &id, fresh, BPF_NOEXIST) || flight_replace(id, fresh))
		return true;
	__sync_fetch_and_add(&flying, -1);
	count(RT_COUNT_NO_SLOT, 1);
	return false;
}

/* fresh: zero but for what its caller knows.  False if there is no room. */
static __always_inline bool attempt_open(struct flight *fresh, enum rt_type type, struct sock *sk, u16 port)
{
	fresh->sk = (u64)sk;
	fresh->type = type;
	fresh->requested = port;
	fresh->slot = fresh->quiet ? NO_SLOT : slot_for(type, sk, port);
	if (flight_begin(fresh))
		return true;
	slot_give(fresh->slot);
	return false;
}

static __always_inline struct flight *flight_of(u64 sk)
{
	struct flight *flight = flight_here();

	return flight && flight->sk == sk ? flight : NULL;
}

static __always_inline enum rt_type implicit_type(struct sock *sk, u16 port)
{
	if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_LISTEN)
		return RT_LISTEN; /* kernel_listen() */
	return port ? RT_BIND : RT_AUTOBIND;
}

/* Without a system call before it, it is an attempt of its own. */
static __always_inline u32 port_asked_alone(struct sock *sk, u16 port)
{
	/* Ordinary UDP clients come here: theirs is a record only if they fail. */
	struct flight fresh = {.port = port, .implicit = 1, .quiet = !port && !config.connects};

	if (!port_open(port) || !attempt_open(&fresh, implicit_type(sk, port), sk, port))
		return NO_SLOT;
	return fresh.slot;
}

/* get_port() begins.  The slot in which the caller describes the binder, or NO_SLOT. */
static __always_inline u32 port_asked(struct sock *sk, u16 port)
{
	struct flight *flight = flight_here();
	struct rt_attempt *record;
	u32 slot;

	if (flight) {
		flight->sk = (u64)sk;
		flight->port = port;
		if (port != flight->requested && port && flight->slot == NO_SLOT)
			flight->slot =
				slot_for(flight->type, sk, port); /* a cgroup program changed the port */
	}
	slot = flight ? flight->slot : port_asked_alone(sk, port);
	record = slot == NO_SLOT ? NULL : bpf_map_lookup_elem(&slots, &slot);
	if (!record)
		return NO_SLOT;
	record->stage = RT_AT_PORT;
	record->asked_port = port;
	if (!flight)
		record->kernel_call = BPF_CORE_READ_BITFIELD_PROBED(sk, sk_kern_sock);
	return slot;
}

static __always_inline int port_described(struct sock *sk, u16 port)
{
	return record_binder(port_asked(sk, port), (u64)sk);
}

/* A comparison that said "in the way"; the last one before a refusal made it. */
static __always_inline int pair_refused(u64 sk, u64 sk2, bool bind_conflict)
{
	struct flight *flight = flight_of(sk);

	if (!flight)
		return 0;
	if (bind_conflict) {
		flight->bc = sk2;
		flight->bc_seen = 1;
	} else {
		flight->eq = sk2;
	}
	return 0;
}

static __always_inline int bucket_refused(u64 sk, u64 tb)
{
	struct flight *flight = flight_of(sk);
	struct rt_attempt *record;

	if (!flight || !flight->port || flight->walked || !tb)
		return 0;
	record = slot_of(flight);
	if (!record)
		return 0;
	culprit_add(record, flight);
	walk_tcp(flight->slot, flight->sk, tb);
	flight->walked = 1;
	return 0;
}

static __always_inline int bucket_granted(u64 tb, u64 sk)
{
	struct flight *flight = flight_of(sk);
	struct rt_attempt *record = flight ? slot_of(flight) : NULL;

	if (!record || flight->walked)
		return 0;
	walk_tcp(flight->slot, flight->sk, tb);
	flight->walked = 1;
	return 0;
}

static __always_inline bool remembered(u64 key, u64 inode)
{
	struct rt_known *was = *mark_of(key) ? bpf_map_lookup_elem(&known, &key) : NULL;

	return was && was->inode == inode;
}

static __always_inline void remember(const struct flight *flight, const struct rt_attempt *record)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct sock *sk = (struct sock *)flight->sk;
	struct rt_known entry = {};
	u64 key = flight->sk;

	if (record && record->binder.key == key)
		entry.inode = record->binder.inode;
	else
		entry.inode = compat_sk_inode(sk, BPF_CORE_READ(sk, sk_socket));
	if (remembered(key, entry.inode)) /* listen() asks again */
		return;
	entry.bound_ns = bpf_ktime_get_boot_ns();
	entry.tgid = bpf_get_current_pid_tgid() >> 32;
	entry.reported = record && !(config.filters & RT_FILTER_FAILED) &&
			 port_wanted(BPF_CORE_READ(sk, __sk_common.skc_num));
	bpf_core_read(entry.comm, sizeof(entry.comm), &task->comm);
	if (marked_put(&known, key, &entry))
		count(RT_COUNT_NO_KNOWN, 1);
}

/* At the return of get_port() no lock is held any more: for what the hooks inside did not see. */
enum port_table { TABLE_TCP, TABLE_UDP, TABLE_PING, TABLE_UNKNOWN };

static __always_inline void walk_late(struct rt_attempt *record, struct flight *flight, enum port_table table,
				      int result)
{
	struct sock *sk = (struct sock *)flight->sk;
	u16 port = flight->port ? flight->port : BPF_CORE_READ(sk, __sk_common.skc_num);
	u64 tb;

	if (!port || flight->walked)
		return;
	if (result)
		culprit_add(record, flight);
	if (table == TABLE_UDP)
		walk_udp(flight->slot, flight->sk, port);
	else if (table == TABLE_PING)
		walk_ping(flight->slot, flight->sk, port);
	if (table != TABLE_TCP)
		return;
	tb = find_tcp_bucket(flight->sk, port, 0);
	if (tb)
		walk_tcp(flight->slot, flight->sk, tb);
}

static __always_inline bool result_wanted(const struct rt_attempt *record, int result)
{
	if ((config.filters & RT_FILTER_FAILED) && !result)
		return false;
	if (record->header.type >= RT_AUTOBIND && !result && !config.connects)
		return false;
	return port_wanted(record->binder.port) ||
	       (record->requested_port && port_wanted(record->requested_port)) ||
	       (record->asked_port && port_wanted(record->asked_port));
}

/*
 * What decided stays as it was when the port was asked for; what came of it is
 * added.  Without get_port() (IP_BIND_ADDRESS_NO_PORT, a second listen) there
 * is only the outcome.
 */
static __always_inline void record_success(struct rt_attempt *record, u32 slot, struct sock *sk)
{
	struct sock_reuseport *cb;

	if (!record->binder.key) {
		record_binder(slot, (u64)sk);
		return;
	}
	record->binder.port = BPF_CORE_READ(sk, __sk_common.skc_num);
	cb = BPF_CORE_READ(sk, sk_reuseport_cb);
	if (cb) {
		record->binder.group_id = BPF_CORE_READ(cb, reuseport_id);
		record->binder.group_size = BPF_CORE_READ(cb, num_socks);
	}
}

static __always_inline void record_failure(struct rt_attempt *record, u32 slot, u64 sk, int result)
{
	if (!record->binder.key)
		record_binder(slot, sk);
	record_refusal(slot, sk, result);
}

static __always_inline void attempt_end(u64 id, struct flight *flight, int result)
{
	struct rt_attempt *record = slot_of(flight);
	u32 slot = flight->slot;

	if (record) {
		record->result = result;
		record->took_ns = bpf_ktime_get_boot_ns() - record->header.time_ns;
		if (!result)
			record_success(record, slot, (struct sock *)flight->sk);
		else
			record_failure(record, slot, flight->sk, result);
		if (!result && config.deliveries && record->shares)
			port_share(record);
		if (result_wanted(record, result)) {
			options_take(record);
			send_attempt(record);
		}
	}
	flight_end(id, slot);
}

/* get_port() returned: 1 up to 5.15, a negative errno later.  Its port is the one it was asked for. */
static __always_inline int port_answered(int result, enum port_table table)
{
	u64 id = bpf_get_current_pid_tgid();
	struct flight *flight = flight_here();
	struct rt_attempt *record;

	if (!flight)
		return 0;
	if (result > 0)
		result = -EADDRINUSE;
	flight->port_result = result;
	record = slot_of(flight);
	if (!result)
		remember(flight, record);
	else if (flight->quiet)
		flight->slot = slot_for(flight->type, (struct sock *)flight->sk, 0);
	record = slot_of(flight);
	if (record) {
		if (!record->binder.key)
			record_binder(flight->slot, flight->sk);
		walk_late(record, flight, table, result);
		record->stage = result ? RT_AT_PORT : RT_AT_POST;
		if (result && flight->port)
			record->binder.port = flight->port;
	}
	if (flight->implicit)
		attempt_end(id, flight, result);
	return 0;
}

/* What the LSM lets pass is refused by what looks at address, privilege or state, or not at all. */
static __always_inline int security_answered(int result)
{
	struct flight *flight = result ? flight_here() : NULL;
	struct rt_attempt *record = flight ? slot_of(flight) : NULL;

	if (record)
		record->stage = RT_AT_LSM;
	return 0;
}

/* 1 if the call failed and nothing of it was seen before: it ended before its LSM hook. */
static __always_inline int attempt_close(enum rt_type type, int result)
{
	u64 id = bpf_get_current_pid_tgid();
	struct flight *flight = flight_here();
	u32 one = 1;

	if (config.calls)
		bpf_map_update_elem(&calls_run, &id, &one, BPF_ANY);
	if (flight && flight->type == type)
		attempt_end(id, flight, result);
	return !flight && result < 0;
}

/*
 * A program on a cgroup moves a bind from a port outside the filter, whose
 * attempt was not opened, to one of its: get_port() makes the record of it.
 * Only system calls have an end that closes it.
 */
static __always_inline int bind_moved(struct sock *sk, const void *address)
{
	struct flight fresh = {.sk = (u64)sk, .type = RT_BIND, .slot = NO_SLOT};
	struct request request;

	read_request(&request, address, sizeof(request));
	if (!request.port || !port_open(swab16(request.port)) || !sock_followed(sk) ||
	    BPF_CORE_READ_BITFIELD_PROBED(sk, sk_kern_sock))
		return 0;
	flight_begin(&fresh);
	return 0;
}

/* __cgroup_bpf_run_filter_sock_addr(): called only where such a program is loaded. */
__noinline int bind_filtered(u64 key, u64 address, u32 hook, int result)
{
	if (hook != compat_bind_hook(false, false) && hook != compat_bind_hook(true, false))
		return 0;
	if (flight_here())
		return address_filtered(key, address, result);
	if (result || !(config.filters & RT_FILTER_PORT))
		return 0;
	return bind_moved((struct sock *)key, (void *)address);
}

/* TCP connect() took a source port without get_port(), or found none. */
__noinline int connect_bound(u64 key, int result)
{
	struct sock *sk = (struct sock *)key;
	u16 port = result ? 0 : BPF_CORE_READ(sk, __sk_common.skc_num);
	struct flight flight = {.sk = key, .type = RT_CONNECT};
	struct rt_attempt *record;

	if (!port_open(port) || compat_sk_userlocks(sk, false) & SOCK_BINDPORT_LOCK)
		return 0;
	if (bpf_map_lookup_elem(&known, &key) || !sock_followed(sk)) /* known: bind(0) chose the port */
		return 0;
	flight.slot = slot_for(RT_CONNECT, sk, port);
	record = slot_of(&flight);
	if (record) {
		record_binder(flight.slot, key);
		record->result = result;
		record->entry_port = 0;
		record->stage = result ? RT_AT_PORT : RT_AT_POST;
		if (result)
			record_refusal(flight.slot, key, result);
	}
	if (record && result_wanted(record, result)) {
		if (!result)
			remember(&flight, record);
		options_take(record);
		send_attempt(record);
	} else if (!result) {
		options_forget(compat_sk_inode(sk, BPF_CORE_READ(sk, sk_socket)));
	}
	if (record)
		slot_give(flight.slot);
	return 0;
}

#endif
