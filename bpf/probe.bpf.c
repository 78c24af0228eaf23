/* SPDX-License-Identifier: GPL-2.0-only */
/* Empty programs: can this kernel attach this way at all? */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("fentry/security_socket_bind")
int try_fentry(void *ctx)
{
	(void)ctx;
	return 0;
}

SEC("kprobe.multi")
int try_multi(void *ctx)
{
	(void)ctx;
	return 0;
}
