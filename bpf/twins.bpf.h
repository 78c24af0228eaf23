/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where neither fentry nor fexit attaches (arm64 before 6.4, no JIT), kprobes
 * stand in for the hooks that have no other program.  The lock that the caller
 * of a function holds is still held when its return probe runs, so what a twin
 * reads is as consistent.  What a return probe cannot read, the arguments, a
 * probe at the entry keeps for it: e_NAME for k_NAME.
 */
#ifndef REUSETRACE_TWINS_BPF_H
#define REUSETRACE_TWINS_BPF_H

#include "hooks.bpf.h"

/* Of functions that have not returned: in a thread, or in what interrupts it, they never nest in themselves.
 */
struct kept_key {
	u64 id; /* pid_tgid */
	u32 twin;
	u32 cpu; /* of an idle task: its number is the same on all */
};

struct kept {
	u64 args[4];
};

/* Least recently used ones go first: those of a thread that died inside, or whose return was missed. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FLIGHTS);
	__type(key, struct kept_key);
	__type(value, struct kept);
} kept SEC(".maps");

static __always_inline struct kept_key key_of(u32 twin)
{
	u64 id = bpf_get_current_pid_tgid();

	return (struct kept_key){.id = id, .twin = twin, .cpu = id ? 0 : bpf_get_smp_processor_id()};
}

static __always_inline int keep(u32 twin, struct pt_regs *ctx)
{
	struct kept_key key = key_of(twin);
	struct kept args = {{PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx), PT_REGS_PARM4(ctx)}};

	bpf_map_update_elem(&kept, &key, &args, BPF_ANY);
	return 0;
}

static __always_inline bool take_kept(u32 twin, struct kept *ret_args)
{
	struct kept_key key = key_of(twin);
	struct kept *found = bpf_map_lookup_elem(&kept, &key);

	if (!found)
		return false;
	*ret_args = *found;
	bpf_map_delete_elem(&kept, &key);
	return true;
}

#define TWIN_ENTRY(name, ...)                                                                                \
	SEC("kprobe")                                                                                        \
	int k_##name(struct pt_regs *ctx)                                                                    \
	{                                                                                                    \
		(void)ctx;                                                                                   \
		return __VA_ARGS__;                                                                          \
	}

#define TWIN_RESULT(name, ...)                                                                               \
	SEC("kretprobe")                                                                                     \
	int k_##name(struct pt_regs *ctx)                                                                    \
	{                                                                                                    \
		u64 result = PT_REGS_RC(ctx);                                                                \
                                                                                                             \
		return __VA_ARGS__;                                                                          \
	}

#define TWIN_EXIT(name, ...)                                                                                 \
	enum { twin_##name = __COUNTER__ };                                                                  \
	SEC("kprobe")                                                                                        \
	int e_##name(struct pt_regs *ctx)                                                                    \
	{                                                                                                    \
		return keep(twin_##name, ctx);                                                               \
	}                                                                                                    \
	SEC("kretprobe")                                                                                     \
	int k_##name(struct pt_regs *ctx)                                                                    \
	{                                                                                                    \
		u64 result = PT_REGS_RC(ctx);                                                                \
		struct kept of;                                                                              \
                                                                                                             \
		return take_kept(twin_##name, &of) ? __VA_ARGS__ : 0;                                        \
	}

/* What several twins do is in functions, not in each of them: all programs are in every binary. */

__noinline int twin_module_bind(u32 lsm, int result)
{
	return bind_answered(lsm, result);
}

__noinline int twin_module_listen(u32 lsm, int result)
{
	return module_answered(lsm, result);
}

#define TWIN_MODULE(module, number)                                                                          \
	TWIN_RESULT(module##_bind, twin_module_bind(number, (int)result))                                    \
	TWIN_RESULT(module##_listen, twin_module_listen(number, (int)result))

TWIN_MODULE(selinux, RT_LSM_SELINUX)
TWIN_MODULE(smack, RT_LSM_SMACK)
TWIN_MODULE(tomoyo, RT_LSM_TOMOYO)
TWIN_MODULE(apparmor, RT_LSM_APPARMOR)
TWIN_MODULE(hook, RT_LSM_LANDLOCK)
TWIN_MODULE(bpf_lsm, RT_LSM_BPF)

TWIN_EXIT(filtered4, bind_filtered(of.args[0], of.args[1], of.args[2], (int)result))
TWIN_EXIT(filtered5, bind_filtered(of.args[0], of.args[1], of.args[2], (int)result))
TWIN_EXIT(filtered6, bind_filtered(of.args[0], of.args[1], of.args[3], (int)result))

__noinline int twin_bucket_refused(u64 sk, u64 tb)
{
	return bucket_refused(sk, tb);
}

static __always_inline int bucket_conflict(const struct kept *of, u8 refused)
{
	FIRED(RT_HOOK_CONFLICT);
	return refused ? twin_bucket_refused(of->args[0], of->args[1]) : 0;
}

static __always_inline int any_conflict(const struct kept *of, u8 refused)
{
	FIRED(RT_HOOK_ANY_CONFLICT);
	if (!refused)
		return 0;
	return twin_bucket_refused(of->args[0], find_tcp_bucket(of->args[0], of->args[1], of->args[2]));
}

static __always_inline int pair_conflict(const struct kept *of, u8 conflict)
{
	FIRED(RT_HOOK_PAIR_CONFLICT);
	return conflict ? pair_refused(of->args[0], of->args[1], true) : 0;
}

static __always_inline int address_equal(const struct kept *of, u8 equal)
{
	FIRED(RT_HOOK_ADDRESS_EQUAL);
	return equal && (u8)of->args[2] ? pair_refused(of->args[0], of->args[1], false) : 0;
}

__noinline int twin_bucket_granted(u64 tb, u64 sk)
{
	FIRED(RT_HOOK_FASTREUSE);
	return bucket_granted(tb, sk);
}

TWIN_EXIT(conflict4, bucket_conflict(&of, (u8)result))
TWIN_EXIT(conflict5, bucket_conflict(&of, (u8)result))
TWIN_EXIT(any_conflict, any_conflict(&of, (u8)result))
TWIN_EXIT(pair_conflict, pair_conflict(&of, (u8)result))
TWIN_EXIT(address_equal, address_equal(&of, (u8)result))
TWIN_ENTRY(fastreuse, twin_bucket_granted(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx)))
TWIN_ENTRY(fastreuse3, twin_bucket_granted(PT_REGS_PARM2(ctx), PT_REGS_PARM1(ctx)))

TWIN_EXIT(connect4, connect_wanted((int)result) ? connect_bound(of.args[1], (int)result) : 0)
TWIN_EXIT(connect6, connect_wanted((int)result) ? connect_bound(of.args[1], (int)result) : 0)

static __always_inline int remnant_ends(u64 tw)
{
	FIRED(RT_HOOK_TW_END);
	return released(tw, NULL, RT_TW_END);
}

__noinline int twin_remnant_begins(u64 tw, u64 sk)
{
	FIRED(RT_HOOK_TW_BEGIN);
	return time_wait_begins(tw, sk);
}

TWIN_ENTRY(tw_begin, twin_remnant_begins(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx)))
TWIN_ENTRY(tw_begin_timed, twin_remnant_begins(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx)))
TWIN_ENTRY(tw_end, remnant_ends(PT_REGS_PARM1(ctx)))

TWIN_EXIT(queue_add, child_queued(of.args[0], result))
TWIN_ENTRY(hashdance_in, hashdance_begins())
TWIN_EXIT(hashdance, hashdance_ends(of.args[0], result))
TWIN_ENTRY(datagram_in, datagram_arrives(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx)))
TWIN_EXIT(datagram, datagram_taken(of.args[0], (int)result))

__noinline int twin_accepted(u64 sk)
{
	return accepted((struct sock *)sk);
}

TWIN_RESULT(accept4, twin_accepted(result))
TWIN_RESULT(accept2, twin_accepted(result))

#endif
