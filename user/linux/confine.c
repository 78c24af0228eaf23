/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux/allowed_calls.h"

/* The capabilities that a role keeps, if it had them. */
static const struct {
	unsigned int roles;
	int capability;
} kept[] = {
	{ROLE_LOOKER, CAP_SYS_PTRACE},	    /* /proc/PID/environ, exe, ns, root and cwd of others */
	{ROLE_LOOKER, CAP_SYS_ADMIN},	    /* setns() */
	{ROLE_LOOKER, CAP_DAC_READ_SEARCH}, /* cgroups by number, directories on the way to a unix socket */
	{ROLE_SIGNALS, CAP_KILL},	    /* COMMAND may be another user by then */
};

static int get_capabilities(uint64_t *ret_permitted)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capget, &header, data))
		return -errno;
	*ret_permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

/* None is inheritable: nothing is executed any more. */
static int set_capabilities(uint64_t permitted, uint64_t effective)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{.permitted = (uint32_t)permitted, .effective = (uint32_t)effective},
		{.permitted = (uint32_t)(permitted >> 32), .effective = (uint32_t)(effective >> 32)},
	};

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

static int drop_capabilities(unsigned int roles, const struct need *needs, size_t count)
{
	uint64_t permitted = 0, keep = 0;
	int err = get_capabilities(&permitted);

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (kept[i].roles & roles)
			keep |= permitted & 1ULL << kept[i].capability;
	for (size_t i = 0; i < count && !err; i++) {
		const uint64_t bit = permitted & 1ULL << needs[i].capability;

		err = bit ? set_capabilities(permitted, keep) : 0;
		if (bit && !err && !needs[i].works(needs[i].context))
			keep |= bit;
	}
	return err ? err : set_capabilities(keep, keep);
}

static int add_rule(scmp_filter_ctx filter, const struct allowed_call *call)
{
	const uint64_t value = call->value == OWN_PID ? (uint64_t)getpid() : call->value;

	if (!call->compared)
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call->number, 0);
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call->number, 1,
				SCMP_CMP64(call->compared - 1, SCMP_CMP_MASKED_EQ, call->mask, value));
}

static int add_rules(scmp_filter_ctx filter, unsigned int roles)
{
	int err = 0;

	for (size_t i = 0; i < allowed_call_count && !err; i++)
		if (allowed_calls[i].roles & roles)
			err = add_rule(filter, &allowed_calls[i]);
	return err;
}

/*
 * What the table lacks fails with ENOSYS and leaves a line in the kernel's log.
 * It is not killed for it: a newer C library may use a newer call, takes the
 * older one on ENOSYS, and the trace of a machine in trouble goes on.
 */
static int filter_calls(unsigned int roles)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int err = filter ? 0 : -ENOMEM;

	if (!err)
		err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
	if (!err)
		err = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
	if (!err)
		err = add_rules(filter, roles);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err == -EINVAL || err == -ENOSYS || err == -ECANCELED ? -EOPNOTSUPP : err;
}

int confine(unsigned int roles, const struct need *needs, size_t count)
{
	int err = drop_capabilities(roles, needs, count), failed;

	/* else the user's other processes, which it outranked before, could take it over and its descriptors
	 */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) && !err)
		err = -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !err)
		err = -errno;
	failed = filter_calls(roles);
	return err ? err : failed;
}
