/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protocols with a port table of their own, only with --proto.
 *
 * ping: ping_get_port() refuses an identifier that is in the same chain of
 * ping_table unless both sockets have SO_REUSEADDR; neither address nor
 * network namespace is compared.  SCTP is a module: its functions are static
 * or not in the kernel's BTF, so kprobes are the way that every kernel takes.
 */
#ifndef REUSETRACE_OTHER_BPF_H
#define REUSETRACE_OTHER_BPF_H

#include "attempt.bpf.h"
#include "hooks.bpf.h"
#include "life.bpf.h"

__noinline int on_ping_port(u64 sk, u64 identifier)
{
	return sock_followed((struct sock *)sk) ? port_described((struct sock *)sk, identifier) : 0;
}
ENTRY2(ping_port, ping_get_port)

__noinline int on_ping_port_exit(int result)
{
	return port_answered(result, TABLE_PING);
}
EXIT(ping_port_exit, on_ping_port_exit, ping_get_port, 2)

__noinline int on_port_given_back(u64 sk)
{
	return released(sk, NULL, RT_RELEASE);
}

SEC("kprobe")
int k_ping_unhash(struct pt_regs *ctx)
{
	return on_port_given_back(PT_REGS_PARM1(ctx));
}

/* sctp_get_port_local(sk, union sctp_addr *): the port is where every sockaddr has it. */
__noinline int on_sctp_port(u64 sk, u64 address)
{
	struct request request;

	if (!sock_followed((struct sock *)sk))
		return 0;
	read_request(&request, (void *)address, sizeof(u32));
	return port_described((struct sock *)sk, swab16(request.port));
}

SEC("kprobe")
int k_sctp_port(struct pt_regs *ctx)
{
	return on_sctp_port(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx));
}

__noinline int on_sctp_port_exit(int result)
{
	return port_answered(result, TABLE_UNKNOWN);
}

SEC("kretprobe")
int k_sctp_port_exit(struct pt_regs *ctx)
{
	return on_sctp_port_exit((int)PT_REGS_RC(ctx));
}

/*
 * sctp_bind_addr_conflict(bp, addr, bp_sp, addr_sp): struct sctp_sock begins
 * with the socket.  The walk ends at the first conflict, so the last socket
 * compared before a refusal made it.
 */
__noinline int on_sctp_compared(u64 sk)
{
	struct flight *flight = flight_here();

	if (flight)
		flight->eq = sk;
	return 0;
}

SEC("kprobe")
int k_sctp_compared(struct pt_regs *ctx)
{
	return on_sctp_compared(PT_REGS_PARM3(ctx));
}

SEC("kprobe")
int k_sctp_put_port(struct pt_regs *ctx)
{
	return on_port_given_back(PT_REGS_PARM1(ctx));
}

#endif
