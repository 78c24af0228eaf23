/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attach points.  An attempt is opened by the LSM hook of its system call (or
 * by get_port(), if there was none), filled in by what happens inside and
 * sent when the system call returns.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "compat.bpf.h"
#include "filter.bpf.h"
#include "hooks.bpf.h"
#include "attempt.bpf.h"
#include "delivery.bpf.h"
#include "early.bpf.h"
#include "life.bpf.h"
#include "option.bpf.h"
#include "other.bpf.h"
#include "seek.bpf.h"
#include "snapshot.bpf.h"
#include "tree.bpf.h"
#include "unix.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* bind(2), io_uring: the address is the kernel's own copy, before any layer saw it. */
__noinline int on_security_bind(u64 sock, u64 address, u64 length)
{
	struct flight fresh = {};
	struct rt_attempt *record;
	struct request request;
	struct sock *sk;

	FIRED(RT_HOOK_SECURITY_BIND);
	read_request(&request, (void *)address, length);
	if (!port_open(swab16(request.port)))
		return 0;
	sk = BPF_CORE_READ((struct socket *)sock, sk);
	if (!sock_followed(sk) || !attempt_open(&fresh, RT_BIND, sk, swab16(request.port)))
		return 0;
	record = slot_of(&fresh);
	if (record)
		record_request(record, &request, (void *)address, length);
	return 0;
}

/* What fentry can tell of the port that is asked for, byte by byte, since the verifier knows sa_data as
 * bytes. */
static __always_inline bool address_open(const volatile __u8 *address, int length)
{
	if (!live || !(config.filters & RT_FILTER_PORT) || length < 4)
		return true;
	return port_open(address[2] << 8 | address[3]);
}
ENTRY3_IF(security_bind, security_socket_bind, address_open((void *)ctx[1], ctx[2]))

__noinline int on_security_listen(u64 sock)
{
	struct sock *sk = BPF_CORE_READ((struct socket *)sock, sk);
	struct flight fresh = {};
	u16 port;

	FIRED(RT_HOOK_SECURITY_LISTEN);
	port = BPF_CORE_READ(sk, __sk_common.skc_num);
	if (port_open(port) && sock_followed(sk))
		attempt_open(&fresh, RT_LISTEN, sk, port);
	return 0;
}

static __always_inline bool holder_open(const struct socket *sock)
{
	return !live || !(config.filters & RT_FILTER_PORT) || port_open(sock->sk->__sk_common.skc_num);
}
ENTRY1_IF(security_listen, security_socket_listen, holder_open((void *)ctx[0]))

__noinline int on_security_exit(int result)
{
	FIRED(RT_HOOK_SECURITY_EXIT);
	return security_answered(result);
}
EXIT(bind_allowed, on_security_exit, security_socket_bind, 3)
EXIT(listen_allowed, on_security_exit, security_socket_listen, 2)

static __always_inline int bind_answered(u32 lsm, int result)
{
	if (result && (config.protocols & RT_PROTO_UNIX))
		unix_refused_by(lsm);
	return module_answered(lsm, result);
}

/* Whose hook it was that refused: only those of modules that are active are attached. */
#define MODULE(module, number)                                                                               \
	SEC("fexit/" #module "_socket_bind")                                                                 \
	int f_##module##_bind(u64 *ctx)                                                                      \
	{                                                                                                    \
		return bind_answered(number, (int)ctx[3]);                                                   \
	}                                                                                                    \
	SEC("fexit/" #module "_socket_listen")                                                               \
	int f_##module##_listen(u64 *ctx)                                                                    \
	{                                                                                                    \
		return module_answered(number, (int)ctx[2]);                                                 \
	}

MODULE(selinux, RT_LSM_SELINUX)
MODULE(smack, RT_LSM_SMACK)
MODULE(tomoyo, RT_LSM_TOMOYO)
MODULE(apparmor, RT_LSM_APPARMOR)
MODULE(hook, RT_LSM_LANDLOCK)
MODULE(bpf_lsm, RT_LSM_BPF)

/* __cgroup_bpf_run_filter_sock_addr(sk, uaddr, type, t_ctx), 5.10 */
SEC("fexit/__cgroup_bpf_run_filter_sock_addr")
int f_filtered4(u64 *ctx)
{
	return bind_filtered(TRACED(0), TRACED(1), ctx[2], (int)ctx[4]);
}

/* ... and flags, up to 6.6 */
SEC("fexit/__cgroup_bpf_run_filter_sock_addr")
int f_filtered5(u64 *ctx)
{
	return bind_filtered(TRACED(0), TRACED(1), ctx[2], (int)ctx[5]);
}

/* (sk, uaddr, uaddrlen, atype, t_ctx, flags) later */
SEC("fexit/__cgroup_bpf_run_filter_sock_addr")
int f_filtered6(u64 *ctx)
{
	return bind_filtered(TRACED(0), TRACED(1), ctx[3], (int)ctx[6]);
}

__noinline int on_bind_exit(int result)
{
	FIRED(RT_HOOK_BIND_EXIT);
	return attempt_close(RT_BIND, result);
}

SEC("fexit/__sys_bind")
int f_bind_exit(u64 *ctx)
{
	if (on_bind_exit((int)ctx[3]))
		call_refused(RT_BIND, (int)ctx[3], TRACED(0), TRACED(1), TRACED(2));
	return 0;
}

SEC("kretprobe.multi")
int m_bind_exit(struct pt_regs *ctx)
{
	return on_bind_exit((int)PT_REGS_RC(ctx)) ? call_refused_here(RT_BIND, (int)PT_REGS_RC(ctx)) : 0;
}

SEC("kretprobe")
int k_bind_exit(struct pt_regs *ctx)
{
	return on_bind_exit((int)PT_REGS_RC(ctx)) ? call_refused_here(RT_BIND, (int)PT_REGS_RC(ctx)) : 0;
}

EXIT(bind_ring, on_bind_exit, __sys_bind_socket, 3)

__noinline int on_listen_exit(int result)
{
	FIRED(RT_HOOK_LISTEN_EXIT);
	return attempt_close(RT_LISTEN, result);
}

SEC("fexit/__sys_listen")
int f_listen_exit(u64 *ctx)
{
	if (on_listen_exit((int)ctx[2]))
		call_refused(RT_LISTEN, (int)ctx[2], TRACED(0), 0, 0);
	return 0;
}

SEC("kretprobe.multi")
int m_listen_exit(struct pt_regs *ctx)
{
	return on_listen_exit((int)PT_REGS_RC(ctx)) ? call_refused_here(RT_LISTEN, (int)PT_REGS_RC(ctx)) : 0;
}

SEC("kretprobe")
int k_listen_exit(struct pt_regs *ctx)
{
	return on_listen_exit((int)PT_REGS_RC(ctx)) ? call_refused_here(RT_LISTEN, (int)PT_REGS_RC(ctx)) : 0;
}

/* With -v, -p or COMMAND only: every system call of the machine passes here. */
SEC("tp_btf/sys_exit")
int f_call_exit(u64 *ctx)
{
	u64 nr = compat_call_nr((struct pt_regs *)ctx[0]);

	if (nr != NR_BIND && nr != NR_LISTEN)
		return 0;
	return call_returned(TRACED_VALUE(0), nr == NR_BIND ? RT_BIND : RT_LISTEN, (int)ctx[1]);
}

EXIT(listen_ring, on_listen_exit, __sys_listen_socket, 2)

/* on_NAME() tells in which slot the binder is to be described. */
#define ENTRY_PORT(name, function)                                                                           \
	SEC("fentry/" #function)                                                                             \
	int f_##name(u64 *ctx)                                                                               \
	{                                                                                                    \
		if (live && !flying && !port_open(ctx[1]))                                                   \
			return 0;                                                                            \
		return typed_binder(on_##name(TRACED(0), TRACED(1)), (struct sock *)ctx[0], TRACED(0));      \
	}                                                                                                    \
	SEC("kprobe.multi")                                                                                  \
	int m_##name(struct pt_regs *ctx)                                                                    \
	{                                                                                                    \
		return record_binder(on_##name(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx)), PT_REGS_PARM1(ctx)); \
	}                                                                                                    \
	SEC("kprobe")                                                                                        \
	int k_##name(struct pt_regs *ctx)                                                                    \
	{                                                                                                    \
		return record_binder(on_##name(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx)), PT_REGS_PARM1(ctx)); \
	}

static __always_inline int typed_binder(u32 slot, struct sock *sk, u64 key)
{
	struct rt_attempt *record = bpf_map_lookup_elem(&slots, &slot);

	if (record)
		describe_typed(&record->binder, sk, key);
	return 0;
}

__noinline int on_tcp_port(u64 sk, u64 port)
{
	FIRED(RT_HOOK_TCP_GET_PORT);
	return port_asked((struct sock *)sk, port);
}
ENTRY_PORT(tcp_port, inet_csk_get_port)

__noinline int on_tcp_port_exit(int result)
{
	FIRED(RT_HOOK_TCP_GET_PORT_EXIT);
	return port_answered(result, TABLE_TCP);
}
EXIT(tcp_port_exit, on_tcp_port_exit, inet_csk_get_port, 2)

__noinline int on_udp_port(u64 sk, u64 port)
{
	FIRED(RT_HOOK_UDP_GET_PORT);
	return port_asked((struct sock *)sk, port);
}
ENTRY_PORT(udp_port, udp_lib_get_port)

__noinline int on_udp_port_exit(int result)
{
	FIRED(RT_HOOK_UDP_GET_PORT_EXIT);
	return port_answered(result, TABLE_UDP);
}
EXIT(udp_port_exit, on_udp_port_exit, udp_lib_get_port, 3)

/* The rest runs with BH off, mostly under the bucket lock: fentry and fexit are never skipped there. */

SEC("fexit/inet_csk_bind_conflict")
int f_conflict4(u64 *ctx)
{
	FIRED(RT_HOOK_CONFLICT);
	return (u8)ctx[4] ? bucket_refused(TRACED(0), TRACED(1)) : 0;
}

SEC("fexit/inet_csk_bind_conflict")
int f_conflict5(u64 *ctx)
{
	FIRED(RT_HOOK_CONFLICT);
	return (u8)ctx[5] ? bucket_refused(TRACED(0), TRACED(1)) : 0;
}

/* inet_bhash2_addr_any_conflict(sk, port, l3mdev, relax, reuseport_ok), 6.1 and later */
SEC("fexit/inet_bhash2_addr_any_conflict")
int f_any_conflict(u64 *ctx)
{
	u64 sk;

	FIRED(RT_HOOK_ANY_CONFLICT);
	if (!(u8)ctx[5])
		return 0;
	sk = TRACED(0);
	return bucket_refused(sk, find_tcp_bucket(sk, ctx[1], ctx[2]));
}

/* inet_bind_conflict(sk, sk2, uid, relax, reuseport_cb_ok, reuseport_ok), 6.1 and later */
SEC("fexit/inet_bind_conflict")
int f_pair_conflict(u64 *ctx)
{
	FIRED(RT_HOOK_PAIR_CONFLICT);
	return (u8)ctx[6] ? pair_refused(TRACED(0), TRACED(1), true) : 0;
}

SEC("fexit/inet_rcv_saddr_equal")
int f_address_equal(u64 *ctx)
{
	FIRED(RT_HOOK_ADDRESS_EQUAL);
	if (!(u8)ctx[3] || !(u8)ctx[2])
		return 0;
	return pair_refused(TRACED(0), TRACED(1), false);
}

/* Called once a port was granted, before the bucket's cache changes and before the binder joins. */
SEC("fentry/inet_csk_update_fastreuse")
int f_fastreuse(u64 *ctx)
{
	FIRED(RT_HOOK_FASTREUSE);
	return flying ? bucket_granted(TRACED(0), TRACED(1)) : 0;
}

SEC("fentry/inet_csk_update_fastreuse")
int f_fastreuse3(u64 *ctx)
{
	FIRED(RT_HOOK_FASTREUSE);
	return flying ? bucket_granted(TRACED(1), TRACED(0)) : 0;
}

__noinline int on_setsockopt(u64 sock, u64 level, u64 name)
{
	FIRED(RT_HOOK_SETSOCKOPT);
	return option_asked((struct socket *)sock, level, name);
}
ENTRY3_IF(setsockopt, security_socket_setsockopt, option_followed(ctx[1], ctx[2]))

__noinline int on_setsockopt_exit(int result)
{
	FIRED(RT_HOOK_SETSOCKOPT_EXIT);
	return option_answered(result);
}

/*
 * Of these two the arguments are at hand: nothing has to be noted before.  The first looks its descriptor up
 * again: where another thread put another socket there meanwhile, the change is noted of that one.
 */
SEC("fexit/__sys_setsockopt")
int f_setsockopt_exit(u64 *ctx)
{
	if (!option_followed(ctx[1], ctx[2]))
		return 0;
	FIRED(RT_HOOK_SETSOCKOPT_EXIT);
	return option_set((u64)own_sock(ctx[0]), ctx[1], ctx[2], (int)ctx[5]);
}
EXIT_PROBES(setsockopt_exit, on_setsockopt_exit)

/* (sock, compat, level, optname, sockptr_t, optlen): the fifth, by value, is two words. */
SEC("fexit/do_sock_setsockopt")
int f_setsockopt_done(u64 *ctx)
{
	if (!option_followed(ctx[2], ctx[3]))
		return 0;
	FIRED(RT_HOOK_SETSOCKOPT_EXIT);
	return option_set((u64)BPF_CORE_READ((struct socket *)TRACED(0), sk), ctx[2], ctx[3], (int)ctx[7]);
}
EXIT_PROBES(setsockopt_done, on_setsockopt_exit)

/* Ordinary connects pass here: nothing is done for those that got their port. */
static __always_inline bool connect_wanted(int result)
{
	FIRED(RT_HOOK_CONNECT);
	return result || config.connects;
}

static __always_inline int given_back(u64 sk, enum rt_hook hook)
{
	FIRED(hook);
	return *mark_of(sk) ? on_port_given_back(sk) : 0;
}

/* Functions of their own: what every closing socket comes to has no registers to save. */
static __noinline int port_given_back(u64 *ctx)
{
	return released(TRACED(0), (struct sock *)ctx[0], RT_RELEASE);
}

static __noinline int connect_ended(u64 *ctx)
{
	return connect_bound(TRACED(1), (int)ctx[2]);
}

SEC("fexit/inet_hash_connect")
int f_connect4(u64 *ctx)
{
	return connect_wanted((int)ctx[2]) ? connect_ended(ctx) : 0;
}

SEC("fexit/inet6_hash_connect")
int f_connect6(u64 *ctx)
{
	return connect_wanted((int)ctx[2]) ? connect_ended(ctx) : 0;
}

/* Not only under locks: a connection's end comes in BH, of a listener that chose no port in its close(). */
#define GIVEN_BACK(name, function, hook)                                                                     \
	SEC("fentry/" #function)                                                                             \
	int f_##name(u64 *ctx)                                                                               \
	{                                                                                                    \
		FIRED(hook);                                                                                 \
		return marked((void *)ctx[0]) ? port_given_back(ctx) : 0;                                    \
	}                                                                                                    \
	SEC("kprobe.multi")                                                                                  \
	int m_##name(struct pt_regs *ctx)                                                                    \
	{                                                                                                    \
		return given_back(PT_REGS_PARM1(ctx), hook);                                                 \
	}                                                                                                    \
	SEC("kprobe")                                                                                        \
	int k_##name(struct pt_regs *ctx)                                                                    \
	{                                                                                                    \
		return given_back(PT_REGS_PARM1(ctx), hook);                                                 \
	}

GIVEN_BACK(put_port, inet_put_port, RT_HOOK_PUT_PORT)
GIVEN_BACK(udp_unhash, udp_lib_unhash, RT_HOOK_UDP_UNHASH)

SEC("fentry/inet_twsk_hashdance")
int f_tw_begin(u64 *ctx)
{
	FIRED(RT_HOOK_TW_BEGIN);
	return marked((void *)ctx[1]) ? time_wait_begins(TRACED(0), TRACED(1)) : 0;
}

SEC("fentry/inet_twsk_hashdance_schedule")
int f_tw_begin_timed(u64 *ctx)
{
	FIRED(RT_HOOK_TW_BEGIN);
	return marked((void *)ctx[1]) ? time_wait_begins(TRACED(0), TRACED(1)) : 0;
}

SEC("fentry/inet_twsk_kill")
int f_tw_end(u64 *ctx)
{
	FIRED(RT_HOOK_TW_END);
	return marked((void *)ctx[0]) ? released(TRACED(0), NULL, RT_TW_END) : 0;
}

ENTRY1(new_task, wake_up_new_task)
ENTRY0(task_exit, exit_files)

/* The path of -c was made again, as a restarted unit's is. */
SEC("tp_btf/cgroup_mkdir")
int f_cgroup_made(u64 *ctx)
{
	return cgroup_made((struct cgroup *)ctx[0], (const char *)ctx[1]);
}

/* With -v only. */

SEC("fexit/inet_csk_accept")
int f_accept4(u64 *ctx)
{
	return accepted((struct sock *)TRACED_VALUE(4));
}

SEC("fexit/inet_csk_accept")
int f_accept2(u64 *ctx)
{
	return accepted((struct sock *)TRACED_VALUE(2));
}

__noinline int on_close(u64 sock)
{
	struct sock *sk = BPF_CORE_READ((struct socket *)sock, sk);

	if (sk && life_wanted(sk))
		life_report(RT_CLOSE, sk, 0, RT_FD_NONE);
	return 0;
}
ENTRY1(close, inet_release)

__noinline int on_socket(u64 sock, u64 family)
{
	struct sock *sk = BPF_CORE_READ((struct socket *)sock, sk);

	if ((family == AF_INET || family == AF_INET6) && sk &&
	    !BPF_CORE_READ_BITFIELD_PROBED(sk, sk_kern_sock))
		call_begins(sk, CALL_SOCKET);
	return 0;
}
ENTRY2(socket, security_socket_post_create)

__noinline int on_socket_exit(int fd)
{
	return call_ends(CALL_SOCKET, RT_SOCKET, fd);
}
EXIT(socket_exit, on_socket_exit, __sys_socket, 3)

__noinline int on_connect(u64 sock)
{
	return call_begins(BPF_CORE_READ((struct socket *)sock, sk), CALL_CONNECT);
}
ENTRY1(connect, security_socket_connect)

__noinline int on_connect_exit(int result)
{
	return call_ends(CALL_CONNECT, RT_CONNECTED, result);
}
EXIT(connect_exit, on_connect_exit, __sys_connect, 3)

#include "twins.bpf.h"
