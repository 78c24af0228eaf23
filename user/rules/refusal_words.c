/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why something other than a socket refused, what to do about it, and the slots of these sentences. */
#include "rules/refusal.h"

#include <string.h>

#include "model/address.h"

#define ROWS(array)                                                                                          \
	{                                                                                                    \
		.rows = (array), .count = sizeof(array) / sizeof((array)[0]), .refusals = true               \
	}

static const struct phrase because[] = {
	{RULE_RANGE_EXHAUSTED, 0, 0,
	 "{errno}: no port of {range} is free for this socket{own_range}{range_use}"},

	{RULE_ADDRESS_NOT_LOCAL, R_DOWN, 0,
	 "no interface of this network namespace has this address: lo is down"},
	{RULE_ADDRESS_NOT_LOCAL, R_HERE | R_OTHER_DEVICE, 0,
	 "{here} of this network namespace has this address, but not for a socket on {scope}"},
	{RULE_ADDRESS_NOT_LOCAL, R_HERE, 0,
	 "{here} of this network namespace has this address now, but did not, or not as a valid one, when "
	 "bind() was called"},
	{RULE_ADDRESS_NOT_LOCAL, R_THERE, R_NONLOCAL,
	 "no interface of this network namespace has this address, but {there} has; neither {freebind} nor "
	 "{nonlocal} is set"},
	{RULE_ADDRESS_NOT_LOCAL, R_THERE, 0,
	 "no interface of this network namespace has this address, but {there} has"},
	{RULE_ADDRESS_NOT_LOCAL, R_OTHERS, R_NONLOCAL,
	 "no interface of this network namespace has this address, nor of any other that was looked at "
	 "({others}); neither {freebind} nor {nonlocal} is set"},
	{RULE_ADDRESS_NOT_LOCAL, R_LISTED, R_NONLOCAL,
	 "no interface of this network namespace has this address; neither {freebind} nor {nonlocal} is set"},
	{RULE_ADDRESS_NOT_LOCAL, R_LISTED, 0, "no interface of this network namespace has this address"},
	{RULE_ADDRESS_NOT_LOCAL, R_QUESTION, 0, "no interface of this network namespace has this address"},
	{RULE_ADDRESS_NOT_LOCAL, 0, 0,
	 "{errno}: the address is none of this network namespace's, or not a valid one there (its interfaces "
	 "were not looked at)"},
	{RULE_ADDRESS_TENTATIVE, R_FAILED, 0,
	 "{here} has the address, but IPv6 duplicate address detection failed: another host has it too"},
	{RULE_ADDRESS_TENTATIVE, R_HERE, 0,
	 "{here} has the address, but it is tentative: IPv6 duplicate address detection has not ended"},
	{RULE_ADDRESS_TENTATIVE, 0, 0,
	 "the address is there but tentative: IPv6 duplicate address detection has not ended"},
	{RULE_PRIVILEGED_PORT, R_CAPABLE | R_OTHER_NS, 0,
	 "port {bind_port} is below {start}, and the process has CAP_NET_BIND_SERVICE only in its own user "
	 "namespace {user_ns}: the network namespace belongs to {net_user_ns}"},
	{RULE_PRIVILEGED_PORT, R_QUESTION | R_ROOT, 0,
	 "port {bind_port} is below {start} (net.ipv4.ip_unprivileged_port_start of network namespace "
	 "{netns}) "
	 "and this root lacks CAP_NET_BIND_SERVICE in the user namespace that owns that"},
	{RULE_PRIVILEGED_PORT, R_QUESTION, 0,
	 "port {bind_port} is below {start} (net.ipv4.ip_unprivileged_port_start of network namespace "
	 "{netns}) "
	 "and uid {new_uid} is asked about, without CAP_NET_BIND_SERVICE (--as root asks about root)"},
	{RULE_PRIVILEGED_PORT, 0, 0,
	 "port {bind_port} is below {start} (net.ipv4.ip_unprivileged_port_start of network namespace "
	 "{netns}) "
	 "and the process lacks CAP_NET_BIND_SERVICE"},
	{RULE_ALREADY_BOUND, R_LISTENS, 0,
	 "this socket listens on port {entry_port} already: a socket binds only once"},
	{RULE_ALREADY_BOUND, R_CONNECTED, 0,
	 "this socket is connected from port {entry_port} already: a socket binds only once"},
	{RULE_ALREADY_BOUND, 0, 0,
	 "this socket is bound to port {entry_port} already: a socket binds only once"},
	{RULE_BAD_ADDRESS, R_UNREADABLE, 0,
	 "{errno}: what was passed as the address is not in the process's memory"},
	{RULE_BAD_ADDRESS, R_LENGTH, 0,
	 "{errno}: an address of {length} bytes was passed, and {new_family} needs {need}"},
	{RULE_BAD_ADDRESS, R_MULTICAST, 0, "{errno}: a stream socket cannot have a multicast address"},
	{RULE_BAD_ADDRESS, R_V6ONLY, 0,
	 "{errno}: the address is IPv4 in IPv6 notation, which IPV6_V6ONLY on this socket excludes"},
	{RULE_BAD_ADDRESS, R_UNSCOPED, 0,
	 "{errno}: a link-local address is meant for one interface, and none was named (no scope id, no "
	 "bound "
	 "device)"},
	{RULE_BAD_ADDRESS, 0, 0, "{errno}: the address that was passed is malformed or cannot be bound"},
	{RULE_WRONG_FAMILY, R_FAMILY, 0,
	 "{errno}: the address that was passed is {asked_family}, the socket is {new_family}"},
	{RULE_WRONG_FAMILY, 0, 0, "the address family that was passed is not the socket's"},
	{RULE_NO_DEVICE, 0, 0, "{scope} does not exist in this network namespace, or not any more"},
	{RULE_LSM, R_MODULE | R_LABEL, 0,
	 "{errno} by the security module {module} (the process's label there is {label}) before the {sought} "
	 "was looked at"},
	{RULE_LSM, R_MODULE, 0, "{errno} by the security module {module} before the {sought} was looked at"},
	{RULE_LSM, R_MODULES, 0,
	 "{errno} by one of the security modules {modules} before the {sought} was looked at"},
	{RULE_LSM, 0, 0, "{errno} by a security module before the {sought} was looked at"},
	{RULE_CGROUP_BPF, R_PROGRAMS, 0,
	 "{errno} by one of the BPF programs {programs}, before the port was looked at"},
	{RULE_CGROUP_BPF, R_PROGRAM, 0, "{errno} by BPF program {programs}, before the port was looked at"},
	{RULE_CGROUP_BPF, 0, 0,
	 "{errno} by a BPF program on the process's cgroup, before the port was looked at"},
	{RULE_POST_BIND_BPF, R_PROGRAMS, 0,
	 "{errno} by one of the BPF programs {programs}, after the port was found free"},
	{RULE_POST_BIND_BPF, R_PROGRAM, 0,
	 "{errno} by BPF program {programs}, after the port was found free"},
	{RULE_POST_BIND_BPF, 0, 0,
	 "{errno} by a BPF program on the process's cgroup, after the port was found free"},
	{RULE_SECCOMP, 0, 0, "{errno} by a seccomp filter of the process: the system call never ran"},
	{RULE_NO_MEMORY, R_FULL, 0,
	 "the port could be shared, but the SO_REUSEPORT group that has it is full: 32768 sockets"},
	{RULE_NO_MEMORY, R_GROUP, 0,
	 "the port could be shared, but the kernel could not allocate memory for the SO_REUSEPORT group that "
	 "has it"},
	{RULE_NO_MEMORY, 0, 0,
	 "{errno}, but no other socket is in the way: the kernel could not allocate memory"},
	{RULE_BAD_DESCRIPTOR, R_NO_FD | R_FD, 0, "{errno}: descriptor {own_fd} is not open"},
	{RULE_BAD_DESCRIPTOR, R_FD, 0, "{errno}: descriptor {own_fd} is open, but no socket"},
	{RULE_BAD_DESCRIPTOR, 0, 0, "{errno}: the descriptor is not an open socket"},
	{RULE_WRONG_STATE, 0, 0, "{errno}: a socket of this type or in this state cannot do that"},
	{RULE_SAME_CONNECTION, 0, 0, "a connection between the same two addresses and ports exists already"},
};

static const struct phrase remedies[] = {
	{RULE_RANGE_EXHAUSTED, R_OWN_RANGE, 0, "widen the socket's IP_LOCAL_PORT_RANGE"},
	{RULE_NO_MEMORY, R_FULL, 0, "close sockets of the group before more are bound"},
	{RULE_RANGE_EXHAUSTED, R_RESERVED, 0, "take ports out of net.ipv4.ip_local_reserved_ports"},
	{RULE_PRIVILEGED_PORT, 0, 0, "use port {start} or higher"},
	{RULE_PRIVILEGED_PORT, R_CAPABLE | R_OTHER_NS, 0,
	 "run it in a network namespace of its own user namespace"},
	{RULE_PRIVILEGED_PORT, 0, R_CAPABLE, "grant CAP_NET_BIND_SERVICE"},
	{RULE_PRIVILEGED_PORT, 0, 0, "lower net.ipv4.ip_unprivileged_port_start to {bind_port}"},
	{RULE_ADDRESS_NOT_LOCAL, R_THERE, 0, "run it in that network namespace"},
	{RULE_ADDRESS_NOT_LOCAL, R_DOWN, 0, "ip link set lo up"},
	{RULE_ADDRESS_NOT_LOCAL, R_HERE, R_OTHER_DEVICE, "bind again, or set {freebind}"},
	{RULE_ADDRESS_NOT_LOCAL, 0, R_HERE | R_DOWN,
	 "add the address to an interface, or set {freebind} to bind before it is there"},
	{RULE_ADDRESS_TENTATIVE, R_FAILED, 0, "choose an address that no other host has"},
	{RULE_ADDRESS_TENTATIVE, 0, R_FAILED, "wait for the address to become valid, or set {freebind}"},
	{RULE_ADDRESS_TENTATIVE, R_HERE, R_FAILED,
	 "add the address with nodad, or as optimistic while net.ipv6.conf.{here}.optimistic_dad is 1"},
	{RULE_ALREADY_BOUND, 0, 0, "make a new socket for the second bind()"},
	{RULE_SAME_CONNECTION, 0, 0,
	 "connect from another source port, or wait for the old connection to end"},
	{RULE_BAD_ADDRESS, R_UNSCOPED, R_MULTICAST,
	 "name the interface: [{asked_host}%eth0], or SO_BINDTODEVICE"},
	{RULE_BAD_ADDRESS, R_V6ONLY, R_UNSCOPED | R_LENGTH, "clear IPV6_V6ONLY, or use an IPv4 socket"},
	{RULE_LSM, R_LANDLOCK, R_UNIX,
	 "allow the port in the Landlock ruleset that the process or its parent put on itself"},
	{RULE_LSM, R_APPARMOR, 0, "allow it in the AppArmor profile: network {inet} {sock_type},"},
	{RULE_LSM, R_SELINUX, R_UNIX,
	 "label the port for this domain: semanage port -a -t TYPE -p {proto} {bind_port}"},
	{RULE_LSM, R_BPF_MODULE, 0, "look at the BPF programs of type lsm: bpftool prog list"},
	{RULE_CGROUP_BPF, R_SYSTEMD, 0,
	 "allow the port in the unit: SocketBindAllow=, SocketBindDeny=, see systemctl show {unit}"},
	{RULE_CGROUP_BPF, R_PROGRAM, R_SYSTEMD, "ask whoever attached it: bpftool cgroup tree shows where"},
	{RULE_POST_BIND_BPF, R_KEEPS_PORT, 0,
	 "close the refused socket: until then port {bind_port} is in use"},
	{RULE_POST_BIND_BPF, R_PROGRAM, R_SYSTEMD,
	 "ask whoever attached it: bpftool cgroup tree shows where"},
};

static const struct phrase notes[] = {
	{RULE_PRIVILEGED_PORT, R_TAKEN, 0, "; and the port is taken"},
	{RULE_POST_BIND_BPF, R_KEEPS_PORT, 0,
	 "; this kernel does not take the port back: the refused socket has {bind_port} on all addresses "
	 "until it is closed"},
	{RULE_NONE, R_REWRITTEN | R_PROGRAMS, 0,
	 "; one of the BPF programs {programs} changed {asked} to {changed}"},
	{RULE_NONE, R_REWRITTEN | R_PROGRAM, 0, "; BPF program {programs} changed {asked} to {changed}"},
	{RULE_NONE, R_REWRITTEN, 0, "; a BPF program on the cgroup changed {asked} to {changed}"},
};

const struct phrase_table table_refusals = ROWS(because);
const struct phrase_table table_refusal_remedies = ROWS(remedies);
const struct phrase_table table_notes = ROWS(notes);

/* The port that the last layer saw. */
static void slot_bind_port(const struct situation *s, struct text *text)
{
	const struct event *event = s->event;
	uint16_t port = event->sock.port ? event->sock.port : event->requested_port;

	add_text(text, "%u", event->refusal.rewritten ? event->refusal.new_port : port);
}

static void slot_netns(const struct situation *s, struct text *text)
{
	add_text(text, "%lu", (unsigned long)s->event->sock.netns);
}

static void slot_user_ns(const struct situation *s, struct text *text)
{
	add_text(text, "%lu", (unsigned long)s->event->refusal.user_ns);
}

static void slot_net_user_ns(const struct situation *s, struct text *text)
{
	add_text(text, "%lu", (unsigned long)s->event->refusal.net_user_ns);
}

static void slot_module(const struct situation *s, struct text *text)
{
	add_escaped(text, s->event->refusal.lsm);
}

static void slot_modules(const struct situation *s, struct text *text)
{
	add_escaped(text, s->event->refusal.lsm_active);
}

static void slot_label(const struct situation *s, struct text *text)
{
	add_escaped(text, s->event->refusal.lsm_label);
}

/* "12 (sd_bind4) on cgroup /system.slice/x.service, 13 (other) on cgroup /" */
static void slot_programs(const struct situation *s, struct text *text)
{
	const struct refusal_facts *facts = &s->event->refusal;

	for (uint32_t i = 0; i < facts->program_count; i++) {
		const struct cgroup_program *program = &facts->programs[i];

		add_text(text, "%s%lu", i ? ", " : "", (unsigned long)program->id);
		if (program->name[0]) {
			add_text(text, " (");
			add_escaped(text, program->name);
			add_text(text, ")");
		}
		if (program->cgroup[0]) {
			add_text(text, " on cgroup ");
			add_escaped(text, program->cgroup);
		}
	}
}

static void slot_changed(const struct situation *s, struct text *text)
{
	add_endpoint(text, &s->event->refusal.new_address, s->event->refusal.new_port);
}

static void slot_asked_host(const struct situation *s, struct text *text)
{
	char host[ADDRESS_TEXT_LEN];

	address_format_host(host, sizeof(host), &s->event->requested);
	add_text(text, "%s", host);
}

static const char *family_word(enum family family)
{
	return family == FAMILY_IPV6 ? "IPv6" : family == FAMILY_IPV4 ? "IPv4" : NULL;
}

static void slot_new_family(const struct situation *s, struct text *text)
{
	const char *word = family_word(s->event->sock.family);

	add_text(text, "%s", word ? word : "the socket");
}

static void slot_asked_family(const struct situation *s, struct text *text)
{
	const char *word = family_word(s->event->requested.family);

	if (word)
		add_text(text, "%s", word);
	else
		add_text(text, "of family %u", s->event->refusal.sa_family);
}

static void slot_length(const struct situation *s, struct text *text)
{
	add_text(text, "%ld", (long)s->event->refusal.addrlen);
}

static void slot_need(const struct situation *s, struct text *text)
{
	add_text(text, "%s", s->event->sock.family == FAMILY_IPV6 ? "28" : "16");
}

/* The interface that the address is for: its scope id, else the bound device. */
static void slot_scope(const struct situation *s, struct text *text)
{
	if (s->event->requested.scope)
		add_text(text, "interface %lu", (unsigned long)s->event->requested.scope);
	else
		add_device(text, &s->event->sock);
}

static void slot_here(const struct situation *s, struct text *text)
{
	add_escaped(text, s->event->refusal.here_device);
}

static void slot_there(const struct situation *s, struct text *text)
{
	const struct refusal_facts *facts = &s->event->refusal;

	add_escaped(text, facts->there.device);
	add_text(text, " of network namespace ");
	if (facts->there.name[0])
		add_escaped(text, facts->there.name);
	else
		add_text(text, "%lu", (unsigned long)facts->there.netns);
	if (facts->there.pid) {
		add_text(text, " (that of ");
		add_process(text, facts->there.comm, facts->there.pid);
		add_text(text, ")");
	}
}

static void slot_others(const struct situation *s, struct text *text)
{
	add_text(text, "%lu", (unsigned long)s->event->refusal.others_listed);
}

static void slot_freebind(const struct situation *s, struct text *text)
{
	add_text(text, "%s", s->event->sock.family == FAMILY_IPV6 ? "IPV6_FREEBIND" : "IP_FREEBIND");
}

static void slot_nonlocal(const struct situation *s, struct text *text)
{
	bool v6 = s->event->sock.family == FAMILY_IPV6 && !address_is_mapped(&s->event->requested);

	add_text(text, "net.%s.ip_nonlocal_bind", v6 ? "ipv6" : "ipv4");
}

static void slot_own_fd(const struct situation *s, struct text *text)
{
	add_text(text, "%ld", (long)s->event->fd);
}

/* What the kernel would have looked at next. */
static void slot_sought(const struct situation *s, struct text *text)
{
	bool is_unix = s->event->sock.protocol == PROTO_UNIX;

	add_text(text, "%s", !is_unix ? "port" : s->event->unix_facts.abstract ? "name" : "path");
}

/* As apparmor.d(5) writes it. */
static void slot_inet(const struct situation *s, struct text *text)
{
	bool is_unix = s->event->sock.protocol == PROTO_UNIX;

	add_text(text, "%s", is_unix ? "unix" : s->event->sock.family == FAMILY_IPV6 ? "inet6" : "inet");
}

static void slot_sock_type(const struct situation *s, struct text *text)
{
	static const char *const types[UNIX_TYPE_MAX] = {
		[UNIX_DATAGRAM] = "dgram", [UNIX_SEQPACKET] = "seqpacket"};
	const char *type = types[s->event->sock.unix_type];

	add_text(text, "%s", type ? type : s->event->sock.protocol == PROTO_UDP ? "dgram" : "stream");
}

static void slot_proto(const struct situation *s, struct text *text)
{
	add_text(text, "%s", s->event->sock.protocol == PROTO_UDP ? "udp" : "tcp");
}

static void slot_unit(const struct situation *s, struct text *text)
{
	add_escaped(text, s->event->process.place.unit[0] ? s->event->process.place.unit : "UNIT");
}

/* A bound that is not set is the network namespace's. */
static void slot_own_range(const struct situation *s, struct text *text)
{
	const struct refusal_facts *facts = &s->event->refusal;

	if (facts->own_lo || facts->own_hi)
		add_text(text, " (its IP_LOCAL_PORT_RANGE is %lu-%lu)",
			 facts->own_lo ? (unsigned long)facts->own_lo : (unsigned long)s->event->range_lo,
			 facts->own_hi ? (unsigned long)facts->own_hi : (unsigned long)s->event->range_hi);
}

/* ": 27 of 30 are taken (4 by TIME_WAIT), most by python3[4100] (20) and x[7] (3); 3 are reserved" */
static void slot_range_use(const struct situation *s, struct text *text)
{
	const struct range_use *use = &s->event->refusal.ports;

	if (!use->counted)
		return;
	add_text(text, ": %lu of %lu are taken", (unsigned long)use->taken,
		 (unsigned long)(s->event->range_hi - s->event->range_lo + 1));
	if (use->time_wait)
		add_text(text, " (%lu by TIME_WAIT)", (unsigned long)use->time_wait);
	for (size_t i = 0; i < PORT_USERS_MAX && use->most[i].ports; i++) {
		add_text(text, i ? ", " : ", most by ");
		add_process(text, use->most[i].comm, use->most[i].pid);
		add_text(text, " (%lu)", (unsigned long)use->most[i].ports);
	}
	if (use->reserved)
		add_text(text, "; %lu are in net.ipv4.ip_local_reserved_ports", (unsigned long)use->reserved);
}

static const struct slot slots[] = {
	{"own_range", slot_own_range},
	{"range_use", slot_range_use},
	{"bind_port", slot_bind_port},
	{"netns", slot_netns},
	{"user_ns", slot_user_ns},
	{"net_user_ns", slot_net_user_ns},
	{"module", slot_module},
	{"modules", slot_modules},
	{"label", slot_label},
	{"programs", slot_programs},
	{"changed", slot_changed},
	{"asked_host", slot_asked_host},
	{"new_family", slot_new_family},
	{"asked_family", slot_asked_family},
	{"length", slot_length},
	{"need", slot_need},
	{"scope", slot_scope},
	{"here", slot_here},
	{"there", slot_there},
	{"others", slot_others},
	{"freebind", slot_freebind},
	{"nonlocal", slot_nonlocal},
	{"own_fd", slot_own_fd},
	{"sought", slot_sought},
	{"inet", slot_inet},
	{"sock_type", slot_sock_type},
	{"proto", slot_proto},
	{"unit", slot_unit},
};

const struct slot *refusal_slot(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
		if (strlen(slots[i].name) == len && !memcmp(slots[i].name, name, len))
			return &slots[i];
	return NULL;
}
