/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rule a refusal falls under by stage and errno, and what else is the case. */
#include "rules/refusal.h"

#include <errno.h>
#include <string.h>

#include "model/address.h"
#include "rules/linux_common.h"

#define SOCKADDR_IN_LEN	 16
#define SOCKADDR_IN6_MIN 24 /* SIN6_LEN_RFC2133: without the scope id */
#define SOCKADDR_MAX	 128
#define GROUP_MAX	 32768 /* members of a group of SO_REUSEPORT */

#define AT(stage)	 (1u << (stage))
#define AT_ANY		 (~0u)
#define AT_INET		 (AT(STAGE_ADDRESS) | AT(STAGE_PRIVILEGE) | AT(STAGE_STATE))
#define AT_PORT		 (AT(STAGE_PORT) | AT(STAGE_LISTEN))
#define ANY_ERRNO	 0

enum refusal_need {
	NEED_NOTHING,
	NEED_BOUND,
	NEED_LISTEN,
	NEED_TENTATIVE,
	NEED_BOUND_CONNECT,
	NEED_FAMILY,
	NEED_LENGTH,
	NEED_MULTICAST,
};

static const struct {
	unsigned int stages;
	int code;
	enum refusal_need need;
	enum rule_id rule;
} refusals[] = {
	{AT(STAGE_SECCOMP), ANY_ERRNO, NEED_NOTHING, RULE_SECCOMP},
	{AT(STAGE_LSM), ANY_ERRNO, NEED_NOTHING, RULE_LSM},
	{AT(STAGE_CGROUP), ANY_ERRNO, NEED_NOTHING, RULE_CGROUP_BPF},
	{AT(STAGE_POST_BIND), ANY_ERRNO, NEED_NOTHING, RULE_POST_BIND_BPF},
	{AT_ANY, EBADF, NEED_NOTHING, RULE_BAD_DESCRIPTOR},
	{AT_ANY, ENOTSOCK, NEED_NOTHING, RULE_BAD_DESCRIPTOR},
	{AT_ANY, EFAULT, NEED_NOTHING, RULE_BAD_ADDRESS},
	{AT_ANY, ENOMEM, NEED_NOTHING, RULE_NO_MEMORY},
	{AT_ANY, ENOBUFS, NEED_NOTHING, RULE_NO_MEMORY},
	{AT_ANY, EAFNOSUPPORT, NEED_NOTHING, RULE_WRONG_FAMILY},
	{AT_ANY, ENODEV, NEED_NOTHING, RULE_NO_DEVICE},
	{AT_ANY, EOPNOTSUPP, NEED_NOTHING, RULE_WRONG_STATE},
	{AT_ANY, EINVAL, NEED_LISTEN, RULE_WRONG_STATE},
	/* inet_bind(), __inet6_bind(): in this order */
	{AT_ANY, EINVAL, NEED_FAMILY, RULE_WRONG_FAMILY},
	{AT_ANY, EINVAL, NEED_LENGTH, RULE_BAD_ADDRESS},
	{AT_ANY, EINVAL, NEED_MULTICAST, RULE_BAD_ADDRESS},
	{AT_ANY, EINVAL, NEED_BOUND, RULE_ALREADY_BOUND},
	{AT(STAGE_SYSCALL) | AT_INET, EINVAL, NEED_NOTHING, RULE_BAD_ADDRESS},
	{AT_INET, EACCES, NEED_NOTHING, RULE_PRIVILEGED_PORT},
	{AT_INET, EADDRNOTAVAIL, NEED_TENTATIVE, RULE_ADDRESS_TENTATIVE},
	{AT_INET, EADDRNOTAVAIL, NEED_NOTHING, RULE_ADDRESS_NOT_LOCAL},
	{AT_PORT, EADDRNOTAVAIL, NEED_BOUND_CONNECT, RULE_SAME_CONNECTION},
	{AT(STAGE_LISTEN), EBUSY, NEED_NOTHING, RULE_NO_MEMORY},
};

static bool other_family(const struct event *event)
{
	return event->requested.family != FAMILY_NONE && event->sock.family != FAMILY_NONE &&
	       event->requested.family != event->sock.family;
}

/* What move_addr_to_kernel(), inet_bind() and inet6_bind() refuse for its length. */
static bool bad_length(const struct event *event)
{
	int32_t length = event->refusal.addrlen;

	if (!event->refusal.present || event->type != EVENT_BIND)
		return false;
	if (event->stage == STAGE_SYSCALL && (length < 0 || length > SOCKADDR_MAX))
		return true;
	return length >= 0 &&
	       length < (event->sock.family == FAMILY_IPV6 ? SOCKADDR_IN6_MIN : SOCKADDR_IN_LEN);
}

/* __inet6_bind(): a stream has no multicast address; IPv4 lets it bind. */
static bool stream_multicast(const struct event *event)
{
	return event->requested.family == FAMILY_IPV6 && event->requested.bytes[0] == 0xff &&
	       sock_is_tcp(&event->sock);
}

static bool refusal_needs(enum refusal_need need, const struct event *event)
{
	switch (need) {
	case NEED_BOUND:
		return event->entry_port != 0;
	case NEED_LISTEN:
		return event->listening;
	case NEED_TENTATIVE:
		return event->address_tentative;
	case NEED_BOUND_CONNECT:
		return event->type == EVENT_CONNECT && event->entry_port;
	case NEED_FAMILY:
		return other_family(event);
	case NEED_LENGTH:
		return bad_length(event);
	case NEED_MULTICAST:
		return stream_multicast(event);
	default:
		return true;
	}
}

enum rule_id refusal_rule(const struct event *event)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if ((refusals[i].stages & AT(event->stage)) &&
		    (refusals[i].code == ANY_ERRNO || refusals[i].code == -event->result) &&
		    refusal_needs(refusals[i].need, event))
			return refusals[i].rule;
	return RULE_NONE;
}

static uint64_t module_bits(const struct refusal_facts *facts)
{
	static const struct {
		const char *name;
		uint64_t bit;
	} modules[] = {
		{"apparmor", R_APPARMOR},
		{"selinux", R_SELINUX},
		{"landlock", R_LANDLOCK},
		{"bpf", R_BPF_MODULE},
	};
	uint64_t bits = facts->lsm[0] ? R_MODULE : 0;

	if (facts->lsm_active[0])
		bits |= R_MODULES;
	if (facts->lsm_label[0])
		bits |= R_LABEL;
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		if (!strcmp(facts->lsm, modules[i].name))
			bits |= modules[i].bit;
	return bits;
}

static uint64_t program_bits(const struct refusal_facts *facts)
{
	uint64_t bits = 0;

	if (facts->rewritten)
		bits |= R_REWRITTEN;
	if (facts->keeps_port)
		bits |= R_KEEPS_PORT;
	if (!facts->program_count)
		return bits;
	bits |= R_PROGRAM;
	if (facts->program_count > 1)
		bits |= R_PROGRAMS;
	if (!strncmp(facts->programs[0].name, "sd_bind", strlen("sd_bind")))
		bits |= R_SYSTEMD;
	return bits;
}

static bool is_taken(const struct event *event)
{
	for (size_t i = 0; i < event->holder_count; i++)
		if (rule_is_refusal((enum rule_id)event->holders[i].reason))
			return true;
	return false;
}

/* reuseport_grow(): twice that many does not fit 16 bits. */
static uint64_t group_bits(const struct event *event)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < event->holder_count; i++) {
		if (event->holders[i].reason != RULE_REUSEPORT_GROUP)
			continue;
		bits |= R_GROUP;
		if (event->holders[i].sock.group_size >= GROUP_MAX)
			bits |= R_FULL;
	}
	return bits;
}

/* What the attempt says by itself, without facts. */
static uint64_t attempt_bits(const struct event *event)
{
	uint64_t bits = group_bits(event);

	if (stream_multicast(event))
		bits |= R_MULTICAST;
	if (event->sock.protocol == PROTO_UNIX)
		bits |= R_UNIX;
	if (event->sock.options.v6only && address_is_mapped(&event->requested))
		bits |= R_V6ONLY;
	if (address_needs_scope(&event->requested) && !event->requested.scope && !event->sock.ifindex)
		bits |= R_UNSCOPED;
	if (!event->process.pid)
		bits |= event->process.uid ? R_QUESTION : R_QUESTION | R_ROOT;
	if (!event->process.pid && is_taken(event))
		bits |= R_TAKEN;
	return bits;
}

static uint64_t address_bits(const struct event *event)
{
	const struct refusal_facts *facts = &event->refusal;
	uint64_t bits = 0;

	if (bad_length(event))
		bits |= R_LENGTH;
	if (event->result == -EFAULT)
		bits |= R_UNREADABLE;
	if (other_family(event))
		bits |= R_FAMILY;
	if (facts->interfaces_listed)
		bits |= R_LISTED;
	if (facts->here_device[0])
		bits |= R_HERE;
	if (facts->here_failed)
		bits |= R_FAILED;
	if (facts->here_down)
		bits |= R_DOWN;
	if (facts->here_other_device)
		bits |= R_OTHER_DEVICE;
	if (facts->others_listed)
		bits |= R_OTHERS;
	if (facts->there.netns)
		bits |= R_THERE;
	return bits;
}

uint64_t refusal_bits(const struct event *event)
{
	const struct refusal_facts *facts = &event->refusal;
	uint64_t bits = attempt_bits(event);

	if (!facts->present)
		return bits;
	bits |= module_bits(facts) | program_bits(facts) | address_bits(event);
	if (facts->capable)
		bits |= R_CAPABLE;
	if (facts->user_ns && facts->net_user_ns && facts->user_ns != facts->net_user_ns)
		bits |= R_OTHER_NS;
	if (facts->nonlocal_bind || event->sock.options.freebind || event->sock.options.transparent)
		bits |= R_NONLOCAL;
	if (facts->own_lo || facts->own_hi)
		bits |= R_OWN_RANGE;
	if (facts->ports.reserved)
		bits |= R_RESERVED;
	if (event->result == -EBADF)
		bits |= R_NO_FD;
	if (event->fd >= 0)
		bits |= R_FD;
	if (event->sock.state == STATE_LISTEN)
		bits |= R_LISTENS;
	if (sock_is_connected(&event->sock))
		bits |= R_CONNECTED;
	return bits;
}
