/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A paragraph for each rule: what it means, when it decides, what follows from it. */
#include "generator.h"

#include <errno.h>
#include <string.h>

#include "rules/rules.h"

const struct rule_row rule_rows[] = {
	/* clang-format off */
	/* accepted */
	{"free", "Accepted: no other socket has the port, or the socket already had it itself (a listen() after its bind())."},
	{"auto-port", "Accepted: port 0 was asked for, or none at all, and the kernel chose one from ip_local_port_range."},
	{"deferred", "Accepted without a port: with IP_BIND_ADDRESS_NO_PORT the kernel chooses one when the socket connects."},
	{"other-address", "Accepted: the other socket has a different address of this port, and neither is a wildcard that covers the other."},
	{"other-family", "Accepted: one socket serves IPv4 only, the other IPv6 only (IPV6_V6ONLY)."},
	{"other-device", "Accepted: the two sockets are bound to different network interfaces (SO_BINDTODEVICE)."},
	{"other-vrf", "Accepted: the other socket is in another VRF, where TCP ports are counted apart."},
	{"other-netns", "Accepted: the other socket is in another network namespace, which has ports of its own."},
	{"reuseaddr-both", "Accepted: both sockets have SO_REUSEADDR and the other does not listen. The first of them to call listen() wins; the other's listen() gets EADDRINUSE (rule listener). On Windows both may even listen."},
	{"time-wait-reuse", "Accepted: only TIME_WAIT remnants have the port, and they share SO_REUSEADDR or SO_REUSEPORT with this socket."},
	{"reuseport-group", "Accepted: SO_REUSEPORT on both sockets, both of the same uid. Connections or datagrams are spread between all members, by a hash or by a BPF program."},
	{"udp-reuseaddr", "Accepted: SO_REUSEADDR on both lets UDP sockets share a port whatever their users are. Unicast datagrams go to the newest socket: it takes the port over silently."},
	{"force-reuse", "Accepted: TCP_REPAIR forces reuse, and the kernel does not look at the other socket."},
	{"ping-reuse", "Accepted: ping sockets have identifiers for ports and SO_REUSEADDR from the beginning, so they share."},
	{"no-port", "Accepted: raw sockets have no port, and any number of them may have an address."},
	/* refused by another socket */
	{"listener", "Refused: SO_REUSEADDR on both sides would be enough, but one of them listens. SO_REUSEPORT on both, as the same user, lets two sockets listen."},
	{"no-reuse", "Refused: no option is set on both sockets; the sentence names who lacks which. To share, both need the same one."},
	{"no-common-flag", "Refused: one socket has only SO_REUSEADDR, the other only SO_REUSEPORT. To share, both need the same one."},
	{"reuseport-uid", "Refused: SO_REUSEPORT on both sockets, but their users differ. Only sockets of one uid form a group."},
	{"reuseport-program", "Refused: SO_REUSEPORT on both sockets, but a BPF program was attached to this one before bind() or listen(). That made a group of its own, which cannot join the other."},
	{"time-wait", "Refused: the remnant of a closed connection has the port for up to a minute after the close. It lacks what would let it share, usually SO_REUSEADDR on the socket that listened before."},
	{"orphan", "Refused: no process has the connection any more, the kernel is still closing it. Before Linux 6.17 it counts as root's for SO_REUSEPORT."},
	{"accepted-connection", "Refused: an accepted connection keeps the port of its listener, also after the listener has gone, and lacks what would let it share."},
	{"outgoing-connection", "Refused: the kernel gave the port to an outgoing connection by chance. Reserve it in net.ipv4.ip_local_reserved_ports."},
	{"range-exhausted", "Refused: port 0 was asked for and no port of ip_local_port_range is free for this socket: how many are taken, how many of these by TIME_WAIT, and by whom most. A socket's own IP_LOCAL_PORT_RANGE and net.ipv4.ip_local_reserved_ports are named where they narrow it."},
	{"same-connection", "connect() refused: a connection between the same two addresses and ports exists already."},
	/* refused otherwise */
	{"address-not-local", "Refused: no interface of this network namespace has the address, or only one of another device or VRF; or it is loopback's, and lo is down. Where another namespace has it, it is named."},
	{"address-tentative", "Refused: the IPv6 address is there, but duplicate address detection has not ended, or found another host with it."},
	{"privileged-port", "Refused: the port is below net.ipv4.ip_unprivileged_port_start, and the process lacks CAP_NET_BIND_SERVICE in the user namespace that owns the network namespace."},
	{"already-bound", "Refused: this socket has a port already. A socket binds only once."},
	{"bad-address", "Refused: what was passed is no address, too short, or one that cannot be bound (multicast for a stream socket, link-local without an interface, IPv4 in IPv6 notation with IPV6_V6ONLY)."},
	{"wrong-family", "Refused: the family of the address is not the socket's."},
	{"no-device", "Refused: the interface that was named does not exist in this network namespace, or not any more."},
	{"lsm", "Refused by a security module (AppArmor, SELinux, Landlock, Smack, TOMOYO) before the port was looked at."},
	{"cgroup-bpf", "Refused by a BPF program on the process's cgroup (BPF_CGROUP_INET4_BIND, BPF_CGROUP_INET6_BIND) before the port was looked at; systemd's SocketBindDeny= is one."},
	{"post-bind-bpf", "Refused by a BPF program on the process's cgroup (BPF_CGROUP_INET4_POST_BIND, BPF_CGROUP_INET6_POST_BIND) after the port was found free. Before Linux 5.17 the socket keeps the port until it is closed."},
	{"seccomp", "Refused by a seccomp filter of the process: the system call never ran."},
	{"no-memory", "Refused: no other socket is in the way, the kernel could not allocate memory; or the port could be shared, but its SO_REUSEPORT group has no memory or no room for one more."},
	{"bad-descriptor", "Refused: the descriptor is not open, or not a socket."},
	{"wrong-state", "Refused: a socket of this type or in this state cannot do that."},
	/* unix sockets (--proto unix) */
	{"path-listener", "Refused: a file is at the path, and a process listens on it or, with datagrams, receives."},
	{"path-bound", "Refused: a file is at the path, and the socket that made it is bound, though it does not listen."},
	{"path-stale", "Refused: the file of a socket is at the path, but nobody listens on it any more. It stays until somebody removes it."},
	{"path-no-socket", "Refused: a file that is no socket's is at the path, or a directory or link. bind() makes a new file and replaces none."},
	{"path-socket", "Refused: the file of a socket is at the path. Whether somebody listens on it could not be found out (facts.unix.hidden)."},
	{"path-gone", "Refused: something was at the path, or a socket had the abstract name, and was gone or replaced (facts.unix.replaced) when it was looked at."},
	{"path-missing", "Refused: a directory on the way to the path does not exist."},
	{"path-no-directory", "Refused: something on the way to the path is no directory."},
	{"path-permission", "Refused: the process may not enter a directory on the way, or not make files in the last one. Where the modes allow it, an access list or a security module does not."},
	{"path-read-only", "Refused: the file system is read-only."},
	{"path-too-long", "Refused: an address of more than 110 bytes was passed, a path of more than 108."},
	{"path-refused", "Refused: the file system would not make the file, for the reason that the error names."},
	{"name-taken", "Refused: a socket of the same type has the abstract name in this network namespace."},
	/* known deviations */
	{"quirk-mapped-any", "Accepted although a socket should have been in the way: some kernels overlook an IPv4 wildcard in IPv6 notation (::ffff:0.0.0.0) or what it covers."},
	{"quirk-udp-slot", "Accepted although a socket should have been in the way: with more than ten sockets in the hash slot of its port, kernels before 6.19 overlook specific addresses when a UDP wildcard binds."},
	{"quirk-stale-reuseaddr", "Accepted although a socket should have been in the way: the kernel answered from its cache of the port (fastreuse), which no longer describes all of its sockets."},
	{"quirk-stale-reuseport", "The same from the cache of SO_REUSEPORT (fastreuseport)."},
	{"unexplained", "The rules known for this kernel predict another answer, or nothing was seen that explains it. verdict.agrees is then false or null. This is worth a report."},
	{"none", "No rule applies."},
	/* other systems */
	{"specific-beside-wildcard", "Another system: a specific address is bound beside a wildcard, and gets what is sent to it."},
	{"wildcard-beside-specific", "Another system: a wildcard is bound beside a specific address, and gets the rest."},
	{"dual-stack", "Another system: a dual-stack IPv6 socket and an IPv4 socket have the port together."},
	{"other-protocol", "Another system: the other socket is of another protocol, which has ports of its own."},
	{"time-wait-ignored", "Another system: TIME_WAIT remnants keep nobody from binding."},
	{"connection-ignored", "Another system: a connection keeps nobody from binding."},
	{"undocumented", "Another system: neither documentation nor source says what it answers."},
	{"exclusive", "Another system: the holder has the port exclusively (SO_EXCLUSIVEADDRUSE on Windows, SO_EXCLBIND on Solaris)."},
	{"both-options", "Windows: SO_REUSEADDR and SO_EXCLUSIVEADDRUSE on one socket exclude each other."},
	{"other-user", "Another system: the holder belongs to another user."},
	{"access", "Windows: WSAEACCES, where the rules say that a socket is in the way."},
	{"options-unseen", "Windows: the answer depends on options that were not seen."},
	{"excluded-range", "Windows: the port is in a reserved (excluded) range; netsh lists them."},
	{"wfp", "Windows: a filter of the Windows Filtering Platform, such as a firewall rule, refused it."},
	{"reuseaddr-new", "Another system: SO_REUSEADDR on the new socket alone lets it have the port."},
	{"reuseport-both", "Another system: SO_REUSEPORT on both sockets lets both have the address."},
	{"same-address", "Another system: the other socket has exactly this address."},
	{"multicast", "Another system: members of a multicast group share the port."},
	{NULL, NULL},
	/* clang-format on */
};

static bool is_told(const char *id)
{
	for (const struct rule_row *row = rule_rows; row->id; row++)
		if (!strcmp(row->id, id))
			return true;
	return false;
}

int rules_complete(void)
{
	int err = 0;

	for (int rule = RULE_NONE; rule < RULE_MAX; rule++) {
		const char *name = rule_name((enum rule_id)rule);

		if (is_told(name))
			continue;
		fprintf(stderr, "gen-docs: rule %s has no paragraph in rules.c\n", name);
		err = -EINVAL;
	}
	return err;
}
