/* SPDX-License-Identifier: GPL-2.0-only */
/* Of vmlinux.h, what only x86-64 has. */
struct pt_regs {
	unsigned long di;
	unsigned long si;
	unsigned long dx;
	unsigned long cx;
	unsigned long ax;
	unsigned long orig_ax;
};
