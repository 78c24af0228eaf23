/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One body, every way to attach it; the loader picks what the kernel takes:
 *
 *   f_  fentry/fexit    cheap, but the kernel skips it for other tasks of a
 *                       CPU while one is preempted inside it
 *   m_  kprobe.multi    never skipped that way: for preemptible code; but on a
 *                       CPU where anybody's bpf() reads or changes a map
 *   k_  kprobe          where nothing else attaches; twins.bpf.h has those
 *                       of hooks that have no m_
 *
 * The bodies of exits get the return value only, since that is all that a
 * kretprobe has: what they need of the call is in its flight.
 */
#ifndef REUSETRACE_HOOKS_BPF_H
#define REUSETRACE_HOOKS_BPF_H

#include "compat.bpf.h"
#include "maps.bpf.h"

/* Counted for the self-test only: later it would be a line that all CPUs write. */
#define FIRED(hook)                                                                                          \
	do {                                                                                                 \
		if (!live)                                                                                   \
			fired[hook]++;                                                                       \
	} while (0)

#define UNPACK(...) __VA_ARGS__

/*
 * An fentry argument as a plain number: 5.10 does not let a typed pointer
 * into a function that is verified by itself.
 */
#define TRACED(n) compat_argument(ctx, n)

/* The same of what is not an argument: a result, or what a tracepoint was given. */
#define TRACED_VALUE(n)                                                                                      \
	({                                                                                                   \
		u64 value_ = 0;                                                                              \
		bpf_probe_read_kernel(&value_, sizeof(value_), &ctx[n]);                                     \
		value_;                                                                                      \
	})

#define ENTRY_(name, function, traced, probed) ENTRY_IF_(name, function, true, traced, probed)

#define ENTRY_IF_(name, function, interest, traced, probed)                                                  \
	SEC("fentry/" #function)                                                                             \
	int f_##name(u64 *ctx)                                                                               \
	{                                                                                                    \
		(void)ctx;                                                                                   \
		return interest ? on_##name(UNPACK traced) : 0;                                              \
	}                                                                                                    \
	SEC("kprobe.multi")                                                                                  \
	int m_##name(struct pt_regs *ctx)                                                                    \
	{                                                                                                    \
		(void)ctx;                                                                                   \
		return on_##name(UNPACK probed);                                                             \
	}                                                                                                    \
	SEC("kprobe")                                                                                        \
	int k_##name(struct pt_regs *ctx)                                                                    \
	{                                                                                                    \
		(void)ctx;                                                                                   \
		return on_##name(UNPACK probed);                                                             \
	}

/* on_NAME() of the first 0 to 3 arguments at a function's entry. */
#define ENTRY0(name, function) ENTRY_(name, function, (), ())
#define ENTRY1(name, function) ENTRY_(name, function, (TRACED(0)), (PT_REGS_PARM1(ctx)))
#define ENTRY2(name, function)                                                                               \
	ENTRY_(name, function, (TRACED(0), TRACED(1)), (PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx)))
#define ENTRY3(name, function)                                                                               \
	ENTRY_(name, function, (TRACED(0), TRACED(1), TRACED(2)),                                            \
	       (PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx)))

/* The same where the arguments that fentry knows tell whether they are of interest. */
#define ENTRY1_IF(name, function, interest)                                                                  \
	ENTRY_IF_(name, function, interest, (TRACED(0)), (PT_REGS_PARM1(ctx)))
#define ENTRY3_IF(name, function, interest)                                                                  \
	ENTRY_IF_(name, function, interest, (TRACED(0), TRACED(1), TRACED(2)),                               \
		  (PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx)))

/* body(int) at the return of a function of nargs arguments. */
#define EXIT(name, body, function, nargs)                                                                    \
	SEC("fexit/" #function)                                                                              \
	int f_##name(u64 *ctx)                                                                               \
	{                                                                                                    \
		return body((int)ctx[nargs]);                                                                \
	}                                                                                                    \
	EXIT_PROBES(name, body)

/* Those of an exit whose f_ uses the arguments, too. */
#define EXIT_PROBES(name, body)                                                                              \
	SEC("kretprobe.multi")                                                                               \
	int m_##name(struct pt_regs *ctx)                                                                    \
	{                                                                                                    \
		return body((int)PT_REGS_RC(ctx));                                                           \
	}                                                                                                    \
	SEC("kretprobe")                                                                                     \
	int k_##name(struct pt_regs *ctx)                                                                    \
	{                                                                                                    \
		return body((int)PT_REGS_RC(ctx));                                                           \
	}

#endif
