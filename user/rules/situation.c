/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/situation.h"

#include <string.h>

#include "rules/address.h"
#include "rules/linux_common.h"
#include "rules/refusal.h"

static bool group_ok(const struct situation *situation)
{
	const struct sock_info *binder = &situation->event->sock;

	return sock_is_tcp(binder) ? linux_tcp_group_ok(situation->policy, binder)
				   : linux_udp_group_ok(binder);
}

static uint64_t attempt_bits(const struct event *event)
{
	const struct sock_info *binder = &event->sock;
	uint64_t bits = 0;

	if (sock_is_tcp(binder))
		bits |= S_TCP | S_INET;
	if (binder->protocol == PROTO_UDP || sock_is_other(binder))
		bits |= S_INET;
	if (binder->protocol == PROTO_PING)
		bits |= S_PING;
	if (event->listening)
		bits |= S_LISTEN_CALL;
	if (event->type == EVENT_CONNECT || event->type == EVENT_AUTOBIND)
		bits |= S_CONNECT;
	if (event->truncated)
		bits |= S_TRUNCATED;
	if (event->refusal.own_lo || event->refusal.own_hi)
		bits |= S_OWN_RANGE;
	if (event->holder_count)
		bits |= S_HOLDERS;
	if (addr_wildcard(binder))
		bits |= S_NEW_ANY;
	return bits;
}

static uint64_t uid_bits(const struct situation *situation)
{
	const struct sock_info *binder = &situation->event->sock, *sock = &situation->holder->sock;
	static const struct policy kept; /* an orphan keeps its uid */

	if (sock_is_time_wait(sock) || linux_uid_same(situation->policy, binder, sock))
		return 0;
	return linux_uid_same(&kept, binder, sock) ? S_UID_DIFFERS | S_ROOT_ORPHAN : S_UID_DIFFERS;
}

static uint64_t holder_bits(const struct situation *situation)
{
	const struct holder *holder = situation->holder;
	const struct sock_info *binder = &situation->event->sock, *sock = &holder->sock;
	uint64_t bits = uid_bits(situation);

	if (sock->state == STATE_LISTEN)
		bits |= S_LISTENS;
	if (sock_is_connected(sock))
		bits |= S_CONNECTED;
	if (sock->peer.family != FAMILY_NONE)
		bits |= S_PEER;
	if (holder->expires_ms >= 0 && sock_is_time_wait(sock))
		bits |= S_LEFT;
	if (linux_same_group(binder, sock))
		bits |= S_ONE_GROUP;
	if (sock->group_program)
		bits |= S_PROGRAM;
	if (addr_wildcard(binder) && !addr_wildcard(sock))
		bits |= S_NEW_WIDER;
	if (!addr_wildcard(binder) && addr_wildcard(sock))
		bits |= S_OLD_WIDER;
	if (binder->family != sock->family)
		bits |= S_MIXED;
	if (binder->options.reuseport && sock->options.reuseport && !group_ok(situation) &&
	    !(bits & S_UID_DIFFERS))
		bits |= S_OWN_GROUP;
	return bits;
}

/* Somebody could set an option on it. */
static bool is_settable(const struct holder *holder)
{
	return !sock_is_time_wait(&holder->sock) && !holder->sock.orphan && !holder->sock.kernel &&
	       holder->kind != KIND_GONE && holder->kind != KIND_KERNEL;
}

/* Nothing but other processes keeps it. */
static bool is_stoppable(const struct situation *situation, const struct holder *holder)
{
	if (!holder->owner_count || holder->sock.kernel)
		return false;
	for (size_t i = 0; i < holder->owner_count; i++)
		if (holder->owners[i].pid <= 1 || holder->owners[i].pid == situation->event->process.pid)
			return false;
	return true;
}

static bool is_own(const struct situation *situation, const struct holder *holder)
{
	return holder->owner_count == 1 && holder->owners[0].pid &&
	       holder->owners[0].pid == situation->event->process.pid &&
	       !(sock_is_tcp(&situation->event->sock) && sock_is_connected(&holder->sock));
}

/* What holds for every socket in the way. */
struct tally {
	int count;
	bool stoppable, own;
	bool all_addr, all_port; /* they have the option */
	bool may_addr, may_port; /* ... or somebody can set it */
	bool settable, listens, uid_same, connected;
	bool specific, v4, v6_any;
	bool wait, inherit;
	bool down, heirs;
	uint32_t device;
};

/* The kernel keeps it for this one net device, 0: not so. */
static uint32_t served_device(const struct holder *holder)
{
	return holder->kind == KIND_KERNEL && holder->kernel.device_count == 1
		       ? holder->kernel.devices[0].ifindex
		       : 0;
}

/* All who have it inherited it, are other programs, and their descriptors survive exec. */
static bool is_left_open(const struct holder *holder)
{
	for (size_t i = 0; i < holder->owner_count; i++) {
		const struct owner *owner = &holder->owners[i];

		if (owner->how != OWNER_DESCRIPTOR || !owner->survives_exec || owner->got != GOT_INHERITED ||
		    !owner->exe[0] || !holder->bound_by.exe[0] || !strcmp(owner->exe, holder->bound_by.exe))
			return false;
	}
	return holder->owner_count && holder->bound_by.pid;
}

static void tally_holder(const struct situation *situation, const struct holder *holder, struct tally *tally)
{
	const struct sock_info *binder = &situation->event->sock, *sock = &holder->sock;
	bool settable = is_settable(holder) && !sock->blind, time_wait = sock_is_time_wait(sock);
	enum address_class class = address_class(sock);

	tally->count++;
	tally->stoppable &= is_stoppable(situation, holder);
	tally->own &= is_own(situation, holder);
	tally->all_addr &= sock_reuse(sock);
	tally->all_port &= sock->options.reuseport;
	tally->may_addr &= sock_reuse(sock) || settable;
	tally->may_port &= sock->options.reuseport || (settable && !sock_is_connected(sock));
	tally->settable &= settable;
	tally->listens |= sock->state == STATE_LISTEN;
	tally->uid_same &= time_wait || linux_uid_same(situation->policy, binder, sock);
	tally->connected |= sock_is_connected(sock);
	tally->specific &= !addr_wildcard(sock);
	tally->v4 &= class == ADDRESS_MAPPED;
	tally->v6_any &= class == ADDRESS_ANY && settable && !sock_is_connected(sock);
	tally->wait &= time_wait && holder->expires_ms >= 0;
	if (tally->count == 1)
		tally->device = served_device(holder);
	tally->down &= tally->device && served_device(holder) == tally->device;
	tally->heirs &= is_left_open(holder);
	tally->inherit &= !sock_reuse(sock) && (time_wait || sock->orphan || sock->accepted);
}

/* For TCP only while nobody listens: two bound sockets, or remnants. */
static uint64_t addr_fixes(const struct situation *situation, const struct tally *tally)
{
	bool new_addr = sock_reuse(&situation->event->sock);

	if (sock_is_tcp(&situation->event->sock) && tally->listens)
		return 0;
	if (tally->all_addr)
		return new_addr ? 0 : S_FIX_ADDR_NEW;
	if (!tally->may_addr)
		return 0;
	return new_addr ? S_FIX_ADDR_OLD : S_FIX_ADDR_BOTH;
}

static uint64_t port_fixes(const struct situation *situation, const struct tally *tally)
{
	bool new_port = situation->event->sock.options.reuseport;

	if (new_port && tally->all_port && tally->uid_same)
		return group_ok(situation) ? 0 : S_FIX_PROGRAM;
	if (!group_ok(situation) || !tally->may_port)
		return 0;
	if (!tally->uid_same) {
		if (!tally->settable || tally->connected)
			return 0;
		return new_port && tally->all_port ? S_FIX_UID : S_FIX_PORT_UID;
	}
	if (tally->all_port)
		return S_FIX_PORT_NEW;
	return new_port ? S_FIX_PORT_OLD : S_FIX_PORT_BOTH;
}

/* SCTP and ping: what is true of both without a look at addresses. */
static uint64_t other_fixes(const struct situation *situation, const struct tally *tally)
{
	uint64_t bits = tally->stoppable ? S_FIX_STOP : 0;

	if (tally->own && tally->count == 1)
		bits |= S_FIX_CLOSE_OWN;
	if (tally->all_addr && !tally->listens && !sock_reuse(&situation->event->sock))
		bits |= S_FIX_ADDR_NEW;
	return bits;
}

/* It is there to be passed on: the parent's, or a socket unit's of systemd.  Of one socket in the way. */
static uint64_t pass_fixes(const struct situation *situation)
{
	const struct holder *holder = situation->holder;
	const char *type = holder->made_in ? strrchr(holder->made_in->unit, '.') : NULL;

	if (!holder->owner_count || holder->kind != KIND_PROCESS || sock_is_connected(&holder->sock))
		return 0;
	if (type && !strcmp(type, ".socket"))
		return holder->owner_count == 1 ? S_FIX_UNIT | S_FIX_UNIT_STOP : S_FIX_UNIT;
	return holder->owners[0].relation == RELATION_PARENT ? S_FIX_PARENT : 0;
}

static uint64_t fix_bits(const struct situation *situation)
{
	const struct event *event = situation->event;
	struct tally tally = {.stoppable = true,
			      .own = true,
			      .all_addr = true,
			      .all_port = true,
			      .may_addr = true,
			      .may_port = true,
			      .settable = true,
			      .uid_same = true,
			      .specific = true,
			      .v4 = true,
			      .v6_any = true,
			      .wait = true,
			      .inherit = true,
			      .down = true,
			      .heirs = true};
	enum address_class class = address_class(&event->sock);
	uint64_t bits = 0;

	for (size_t i = 0; i < event->holder_count; i++)
		if (rule_is_refusal((enum rule_id)event->holders[i].reason))
			tally_holder(situation, &event->holders[i], &tally);
	if (!tally.count || event->truncated)
		return 0;

	if (sock_is_other(&event->sock))
		return other_fixes(situation, &tally);
	bits |= addr_fixes(situation, &tally) | port_fixes(situation, &tally);
	/* an established TCP connection leaves a TIME_WAIT behind */
	if (tally.stoppable)
		bits |= tally.connected && sock_is_tcp(&event->sock) ? S_FIX_STOP_WAIT : S_FIX_STOP;
	if (tally.own && tally.count == 1)
		bits |= S_FIX_CLOSE_OWN;
	if (class == ADDRESS_ANY && tally.v4)
		bits |= S_FIX_V6ONLY;
	if (class == ADDRESS_MAPPED && tally.v6_any)
		bits |= S_FIX_V6ONLY_OLD;
	if (tally.specific)
		bits |= S_FIX_ADDRESS;
	if (tally.wait)
		bits |= S_FIX_WAIT;
	if (tally.down)
		bits |= S_FIX_DOWN;
	if (tally.heirs)
		bits |= S_FIX_CLOEXEC;
	if (tally.inherit)
		bits |= S_FIX_INHERIT;
	if (tally.count == 1 && situation->holder)
		bits |= pass_fixes(situation);
	return bits;
}

void situation_init(struct situation *situation, const struct event *event, const struct policy *policy,
		    enum rule_id rule, const struct holder *holder)
{
	*situation = (struct situation){.event = event,
					.policy = policy,
					.holder = holder,
					.rule = rule,
					.lacks = event->verdict.lacks};
	situation->bits = attempt_bits(event);
	situation->refusal = refusal_bits(event);
	if (holder)
		situation->bits |= holder_bits(situation);
	if (rule_is_refusal(rule) && event->result < 0)
		situation->bits |= fix_bits(situation);
	if (rule == RULE_OUTGOING_CONNECTION)
		situation->bits |= S_OUTGOING;
	if (event->result >= 0)
		situation->bits |= S_ACCEPTED;
	if (event->verdict.lacks[0])
		situation->bits |= S_LACKS;
}
