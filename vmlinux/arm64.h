/* SPDX-License-Identifier: GPL-2.0-only */
/* Of vmlinux.h, what only arm64 has. */
/* What a probe is given, the begin of struct pt_regs. */
struct user_pt_regs {
	__u64 regs[31];
};

struct pt_regs {
	__u64 regs[31];
	__u64 orig_x0;
	__s32 syscallno;
};
