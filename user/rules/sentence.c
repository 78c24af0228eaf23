/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/sentence.h"

#include <errno.h>
#include <string.h>

#include "model/address.h"
#include "rules/address.h"
#include "rules/linux_common.h"
#include "rules/refusal.h"
#include "rules/unix.h"
#include "rules/table.h"
#include "rules/words.h"

#define LIST_MAX 4

static void add_noun(struct text *text, const struct holder *holder)
{
	const char *link;

	add_text(text, "%s", holder_noun(holder, &link));
	for (size_t i = 0; holder->kind == KIND_KERNEL && i < holder->kernel.device_count; i++) {
		add_text(text, i ? ", " : " for device ");
		add_escaped(text, holder->kernel.devices[i].name);
	}
	if (holder->sock.peer.family == FAMILY_NONE)
		return;
	add_text(text, " %s ", link);
	add_endpoint(text, &holder->sock.peer, holder->sock.peer_port);
}

static void slot_holder(const struct situation *s, struct text *text)
{
	const struct holder *holder = s->holder;

	if (holder && holder->owner_count && holder->kind == KIND_PROCESS)
		add_process(text, holder->owners[0].comm, holder->owners[0].pid);
	else if (holder && holder->bound_by.pid && holder->kind != KIND_KERNEL &&
		 holder->kind != KIND_IN_FLIGHT && !sock_is_connected(&holder->sock))
		add_process(text, holder->bound_by.comm, holder->bound_by.pid);
	else if (holder)
		add_noun(text, holder);
	else
		add_text(text, "another socket");
}

static void slot_old(const struct situation *s, struct text *text)
{
	if (s->holder)
		add_noun(text, s->holder);
	else
		add_text(text, "the holder");
}

static void slot_new_host(const struct situation *s, struct text *text)
{
	add_host(text, &s->event->sock);
}

static void slot_old_host(const struct situation *s, struct text *text)
{
	if (s->holder)
		add_host(text, &s->holder->sock);
}

static void slot_old_addr(const struct situation *s, struct text *text)
{
	if (s->holder)
		add_endpoint(text, &s->holder->sock.address, s->holder->sock.port);
}

static void slot_peer(const struct situation *s, struct text *text)
{
	if (s->holder)
		add_endpoint(text, &s->holder->sock.peer, s->holder->sock.peer_port);
}

/* In whole seconds, up. */
static void slot_left(const struct situation *s, struct text *text)
{
	if (s->holder)
		add_text(text, "%lld", (long long)(s->holder->expires_ms + 999) / 1000);
}

/* A timer of 60 s fires up to one slot of its level of the timer wheel late: 5.12 s with 100 ticks a second.
 */
#define TIMER_LATE_S 6

static void slot_wait(const struct situation *s, struct text *text)
{
	int64_t longest = 0;

	for (size_t i = 0; i < s->event->holder_count; i++) {
		const struct holder *holder = &s->event->holders[i];

		if (rule_is_refusal((enum rule_id)holder->reason) && holder->expires_ms > longest)
			longest = holder->expires_ms;
	}
	add_text(text, "%lld", (long long)(longest + 999) / 1000 + TIMER_LATE_S);
}

static void slot_new_uid(const struct situation *s, struct text *text)
{
	add_uid(text, s->event->sock.uid);
}

static void slot_old_uid(const struct situation *s, struct text *text)
{
	if (s->holder)
		add_uid(text, s->holder->sock.uid);
}

static void slot_lacks(const struct situation *s, struct text *text)
{
	add_text(text, "%s", s->lacks);
}

/* Why two different addresses meet; nothing to say about equal ones. */
static void slot_overlap(const struct situation *s, struct text *text)
{
	const struct sock_info *wide = &s->event->sock, *narrow;

	if (!s->holder || addr_same(wide, &s->holder->sock))
		return;
	narrow = &s->holder->sock;
	if (!addr_wildcard(wide) || (address_class(wide) == ADDRESS_MAPPED && addr_wildcard(narrow))) {
		narrow = &s->event->sock;
		wide = &s->holder->sock;
	}
	if (!addr_wildcard(wide))
		return;
	add_text(text, " (");
	add_host(text, wide);
	if (address_class(wide) == ADDRESS_ANY && address_class(narrow) == ADDRESS_MAPPED)
		add_text(text, " without IPV6_V6ONLY");
	add_text(text, " covers ");
	add_host(text, narrow);
	add_text(text, ")");
}

static void slot_port(const struct situation *s, struct text *text)
{
	uint16_t port = s->event->sock.port ? s->event->sock.port : s->event->requested_port;

	add_text(text, "%u", port);
}

static void slot_entry_port(const struct situation *s, struct text *text)
{
	add_text(text, "%u", s->event->entry_port);
}

static void slot_new_device(const struct situation *s, struct text *text)
{
	add_device(text, &s->event->sock);
}

static void slot_old_device(const struct situation *s, struct text *text)
{
	if (s->holder)
		add_device(text, &s->holder->sock);
}

static void slot_range(const struct situation *s, struct text *text)
{
	if (s->event->range_hi)
		add_text(text, "%lu-%lu", (unsigned long)s->event->range_lo,
			 (unsigned long)s->event->range_hi);
	else
		add_text(text, "net.ipv4.ip_local_port_range");
}

static void slot_start(const struct situation *s, struct text *text)
{
	add_text(text, "%lu",
		 (unsigned long)(s->event->unprivileged_start ? s->event->unprivileged_start : 1024));
}

static void slot_members(const struct situation *s, struct text *text)
{
	unsigned long size = 0;

	for (size_t i = 0; i < s->event->holder_count; i++)
		size += linux_same_group(&s->event->sock, &s->event->holders[i].sock) &&
			!sock_is_connected(&s->event->holders[i].sock);
	size++;
	if (s->holder && s->holder->sock.group_size >= size)
		size = s->holder->sock.group_size + 1;
	if (s->event->sock.group_size) /* it has joined, and the holder's count may be older or not */
		size = s->event->sock.group_size;
	add_text(text, "%lu", size);
}

static bool seen_before(const struct situation *s, size_t holder_index, size_t owner_index)
{
	uint32_t pid = s->event->holders[holder_index].owners[owner_index].pid;

	for (size_t i = 0; i <= holder_index; i++) {
		const struct holder *holder = &s->event->holders[i];
		size_t end = i == holder_index ? owner_index : holder->owner_count;

		if (!rule_is_refusal((enum rule_id)holder->reason))
			continue;
		for (size_t j = 0; j < end; j++)
			if (holder->owners[j].pid == pid)
				return true;
	}
	return false;
}

/* Every process that must end: all owners of all sockets in the way. */
static void slot_stop_list(const struct situation *s, struct text *text)
{
	size_t listed = 0, more = 0;

	for (size_t i = 0; i < s->event->holder_count; i++) {
		const struct holder *holder = &s->event->holders[i];

		if (!rule_is_refusal((enum rule_id)holder->reason))
			continue;
		for (size_t j = 0; j < holder->owner_count; j++) {
			if (seen_before(s, i, j))
				continue;
			if (listed == LIST_MAX) {
				more++;
				continue;
			}
			add_text(text, "%s%lu (", listed++ ? ", " : "", (unsigned long)holder->owners[j].pid);
			add_escaped(text, holder->owners[j].comm);
			add_text(text, ")");
		}
	}
	if (more)
		add_text(text, " and %lu more", (unsigned long)more);
}

/* The distinct addresses that are in the way. */
static void slot_taken(const struct situation *s, struct text *text)
{
	size_t listed = 0;

	for (size_t i = 0; i < s->event->holder_count; i++) {
		const struct holder *holder = &s->event->holders[i];
		bool seen = !rule_is_refusal((enum rule_id)holder->reason);

		for (size_t j = 0; j < i && !seen; j++)
			seen = rule_is_refusal((enum rule_id)s->event->holders[j].reason) &&
			       address_equal(&s->event->holders[j].sock.address, &holder->sock.address);
		if (seen)
			continue;
		if (listed == LIST_MAX) {
			add_text(text, " and the others");
			return;
		}
		add_text(text, "%s", listed++ ? ", " : "");
		add_host(text, &holder->sock);
	}
}

static void slot_fd(const struct situation *s, struct text *text)
{
	if (s->holder && s->holder->owner_count && s->holder->owners[0].fd >= 0)
		add_text(text, "fd %ld", (long)s->holder->owners[0].fd);
	else
		add_text(text, "its other socket");
}

static void slot_slot_count(const struct situation *s, struct text *text)
{
	add_text(text, "%lu", (unsigned long)s->event->bucket.slot_count);
}

static void slot_served(const struct situation *s, struct text *text)
{
	if (s->holder && s->holder->kernel.device_count)
		add_escaped(text, s->holder->kernel.devices[0].name);
}

static void slot_socket_unit(const struct situation *s, struct text *text)
{
	if (s->holder && s->holder->made_in)
		add_escaped(text, s->holder->made_in->unit);
}

static void slot_bound_by(const struct situation *s, struct text *text)
{
	if (s->holder)
		add_process(text, s->holder->bound_by.comm, s->holder->bound_by.pid);
}

static void slot_errno(const struct situation *s, struct text *text)
{
	static const struct {
		int code;
		const char *name;
	} names[] = {
		{EADDRINUSE, "EADDRINUSE"},
		{EADDRNOTAVAIL, "EADDRNOTAVAIL"},
		{EACCES, "EACCES"},
		{EPERM, "EPERM"},
		{EINVAL, "EINVAL"},
		{EAFNOSUPPORT, "EAFNOSUPPORT"},
		{ENODEV, "ENODEV"},
		{EAGAIN, "EAGAIN"},
		{EBUSY, "EBUSY"},
		{ENOMEM, "ENOMEM"},
		{EBADF, "EBADF"},
		{ENOTSOCK, "ENOTSOCK"},
		{EFAULT, "EFAULT"},
		{EOPNOTSUPP, "EOPNOTSUPP"},
		{ENOBUFS, "ENOBUFS"},
		{ENOENT, "ENOENT"},
		{ENOTDIR, "ENOTDIR"},
		{ELOOP, "ELOOP"},
		{ENAMETOOLONG, "ENAMETOOLONG"},
		{ENOSPC, "ENOSPC"},
		{EDQUOT, "EDQUOT"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].code == -s->event->result) {
			add_text(text, "%s", names[i].name);
			return;
		}
	}
	add_text(text, "%s", s->event->result ? "error " : "success");
	if (s->event->result)
		add_text(text, "%d", -s->event->result);
}

static void slot_binder(const struct situation *s, struct text *text)
{
	add_process(text, s->event->process.comm, s->event->process.pid);
}

static void slot_local(const struct situation *s, struct text *text)
{
	add_endpoint(text, &s->event->sock.address, s->event->sock.port);
}

/* As it was asked for: after a refusal the socket has no address. */
static void slot_asked(const struct situation *s, struct text *text)
{
	if (s->event->requested.family != FAMILY_NONE)
		add_endpoint(text, &s->event->requested, s->event->requested_port);
	else
		slot_local(s, text);
}

static void slot_server(const struct situation *s, struct text *text)
{
	add_text(text, sock_is_tcp(&s->event->sock) ? "listener" : "socket");
}

static void slot_times(const struct situation *s, struct text *text)
{
	if (s->event->finding.attempts > 1)
		add_text(text, ", refused %lu times", (unsigned long)s->event->finding.attempts);
}

static void slot_differs(const struct situation *s, struct text *text)
{
	if (s->event->verdict.differs)
		add_text(text, "%s", difference_words[s->event->verdict.differs]);
}

static void slot_reserved(const struct situation *s, struct text *text)
{
	add_text(text, "%u-%u", s->event->windows.reserved_lo, s->event->windows.reserved_hi);
}

static void slot_reserved_first(const struct situation *s, struct text *text)
{
	add_text(text, "%u", s->event->windows.reserved_lo);
}

static void slot_reserved_count(const struct situation *s, struct text *text)
{
	add_text(text, "%d", s->event->windows.reserved_hi - s->event->windows.reserved_lo + 1);
}

static void slot_protocol(const struct situation *s, struct text *text)
{
	add_text(text, "%s", s->event->sock.protocol == PROTO_UDP ? "udp" : "tcp");
}

static const struct slot slots[] = {
	{"holder", slot_holder},
	{"old", slot_old},
	{"new_host", slot_new_host},
	{"old_host", slot_old_host},
	{"old_addr", slot_old_addr},
	{"peer", slot_peer},
	{"left", slot_left},
	{"wait", slot_wait},
	{"new_uid", slot_new_uid},
	{"old_uid", slot_old_uid},
	{"lacks", slot_lacks},
	{"overlap", slot_overlap},
	{"port", slot_port},
	{"entry_port", slot_entry_port},
	{"new_device", slot_new_device},
	{"old_device", slot_old_device},
	{"range", slot_range},
	{"start", slot_start},
	{"members", slot_members},
	{"stop_list", slot_stop_list},
	{"taken", slot_taken},
	{"fd", slot_fd},
	{"slot_count", slot_slot_count},
	{"served", slot_served},
	{"binder", slot_binder},
	{"errno", slot_errno},
	{"bound_by", slot_bound_by},
	{"socket_unit", slot_socket_unit},
	{"local", slot_local},
	{"asked", slot_asked},
	{"server", slot_server},
	{"times", slot_times},
	{"differs", slot_differs},
	{"reserved", slot_reserved},
	{"reserved_first", slot_reserved_first},
	{"reserved_count", slot_reserved_count},
	{"protocol", slot_protocol},
};

static const struct slot *find_slot(const char *name, size_t len)
{
	const struct slot *slot;

	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
		if (strlen(slots[i].name) == len && !memcmp(slots[i].name, name, len))
			return &slots[i];
	slot = refusal_slot(name, len);
	return slot ? slot : unix_slot(name, len);
}

void sentence_expand(char *out, size_t size, const char *template, const struct situation *situation)
{
	struct text text = {.at = out, .size = size};

	if (!size)
		return;
	out[0] = '\0';
	while (*template) {
		const char *end = *template == '{' ? strchr(template, '}') : NULL;
		const struct slot *slot = end ? find_slot(template + 1, (size_t)(end - template - 1)) : NULL;

		if (slot) {
			slot->write(situation, &text);
			template = end + 1;
		} else {
			add_char(&text, *template ++);
		}
	}
}
