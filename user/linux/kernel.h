/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this kernel is and lets us do, found by looking and trying. */
#ifndef REUSETRACE_LINUX_KERNEL_H
#define REUSETRACE_LINUX_KERNEL_H

#include "model/event.h"

struct kernel_names;

/*
 * Whether tracing can work at all.  Returns 0, -EPERM (a right is missing) or
 * -ENOSYS (the kernel lacks something); ret_reason is one line that says what.
 */
int kernel_refusal(char *ret_reason, size_t size);

/* Why loading failed with this error; one line.  -ENXIO: there is no way to attach; -EAGAIN:
 * libbpf has a wrong idea of the kernel, which it keeps until the process ends. */
void kernel_load_reason(int error, char *ret_reason, size_t size);

/* Why kprobes, which stand in for fentry, were not permitted; one line. */
void kernel_kprobe_reason(char *ret_reason, size_t size);

/*
 * struct policy from the shapes of the kernel's own types.  They do not tell all of udp_slot_blind: true
 * without bhash2 (before 6.1), where the kernel certainly is; else false, and it may be, up to 6.18.
 */
void kernel_policy(const struct kernel_names *names, struct policy *ret_policy);

/*
 * The same of the running kernel, and whether sock_diag(7) tells of TCP sockets that are bound
 * and do not listen (6.8); all false where its types cannot be read.
 */
void kernel_policy_now(struct policy *ret_policy, bool *ret_dumps_bound);

/*
 * Whether fentry and kprobe.multi programs can be attached: by trying with
 * empty ones.  Where there are no kprobes either, the reason: -EPERM if the
 * kernel forbids it, -ENXIO if it has nothing to attach to.  -EAGAIN: as above.
 */
int kernel_attach_kinds(bool *ret_fentry, bool *ret_multi);

/* Ticks a second. */
unsigned int kernel_hz(void);

/* Address of a symbol that /proc/kallsyms lists; 0 if it does not, or hides addresses. */
uint64_t kernel_symbol(const char *name);
bool kernel_has_symbol(const char *name);

#endif
