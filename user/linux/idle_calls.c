/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/idle_calls.h"

#include <stdio.h>

#include "linux/kernel_names.h"

/* The stub for 32-bit callers, where there is one: native programs never enter it. */
#if defined(__x86_64__)
#define CALL_PREFIX "__ia32_sys_"
#elif defined(__aarch64__)
#define CALL_PREFIX "__arm64_sys_"
#else
#define CALL_PREFIX "__se_sys_"
#endif

static const char *const rare_calls[] = {
	"acct",
	"add_key",
	"adjtimex",
	"capset",
	"chroot",
	"clock_adjtime",
	"delete_module",
	"fanotify_init",
	"fanotify_mark",
	"finit_module",
	"fsconfig",
	"fsmount",
	"fsopen",
	"fspick",
	"init_module",
	"io_cancel",
	"io_destroy",
	"io_setup",
	"ioprio_get",
	"ioprio_set",
	"kcmp",
	"kexec_file_load",
	"kexec_load",
	"keyctl",
	"landlock_add_rule",
	"landlock_create_ruleset",
	"landlock_restrict_self",
	"mbind",
	"migrate_pages",
	"mlockall",
	"mount_setattr",
	"move_mount",
	"move_pages",
	"mq_notify",
	"mq_open",
	"mq_unlink",
	"munlockall",
	"name_to_handle_at",
	"open_tree",
	"personality",
	"pivot_root",
	"pkey_alloc",
	"pkey_free",
	"pkey_mprotect",
	"process_madvise",
	"process_mrelease",
	"quotactl",
	"quotactl_fd",
	"readahead",
	"reboot",
	"remap_file_pages",
	"request_key",
	"sched_getattr",
	"sched_setattr",
	"set_mempolicy",
	"setdomainname",
	"sethostname",
	"setns",
	"settimeofday",
	"swapoff",
	"swapon",
	"syslog",
	"tee",
	"umount",
	"userfaultfd",
	"vmsplice",
};

_Static_assert(sizeof(rare_calls) / sizeof(rare_calls[0]) <= IDLE_CALLS_MAX, "IDLE_CALLS_MAX");

void idle_calls_find(const struct kernel_names *names, struct idle_calls *ret_calls)
{
	ret_calls->count = 0;
	if (!kernel_type_has_member(names, "fprobe", "rethook"))
		return;
	for (size_t i = 0; i < sizeof(rare_calls) / sizeof(rare_calls[0]); i++) {
		char *name = ret_calls->names[ret_calls->count];

		snprintf(name, IDLE_NAME_LEN, CALL_PREFIX "%s", rare_calls[i]);
		if (kernel_function_args(names, name) >= 0)
			ret_calls->count++;
	}
}
