/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each member of the objects that -j prints, schema reusetrace/1. */
#include "generator.h"

#include <stddef.h>

/* clang-format off */
#define DEVICE(at) \
	{at "device", "object|null", "The interface that the socket is bound to; null: none."}, \
	{at "device.ifindex", "integer", "Its number."}, \
	{at "device.name", "string|null", "Its name."}
#define PEER(at) \
	{at "peer", "object|null", "The other end of a connection."}, \
	{at "peer.address", "string|null", "Its address."}, \
	{at "peer.port", "integer", "Its port."}
#define OPTIONS(at) \
	{at "options", "object|null", "The reuse flags; null where the kernel does not tell them to this user."}, \
	{at "options.reuseaddr", "boolean", "SO_REUSEADDR."}, \
	{at "options.reuseport", "boolean", "SO_REUSEPORT."}, \
	{at "options.force_reuse", "boolean", "Forced reuse (TCP_REPAIR)."}, \
	{at "options.v6only", "boolean|null", "IPV6_V6ONLY; null in an explanation: the system's default."}, \
	{at "options.freebind", "boolean", "IP_FREEBIND, IPV6_FREEBIND."}, \
	{at "options.transparent", "boolean", "IP_TRANSPARENT, IPV6_TRANSPARENT."}, \
	{at "options.bind_address_no_port", "boolean", "IP_BIND_ADDRESS_NO_PORT."}
#define WINSOCK(at) \
	{at "winsock_options", "object", "On Windows: options that only Winsock has."}, \
	{at "winsock_options.exclusive", "boolean", "SO_EXCLUSIVEADDRUSE."}, \
	{at "winsock_options.randomize_port", "boolean", "SO_RANDOMIZE_PORT."}, \
	{at "winsock_options.port_scalability", "boolean", "SO_PORT_SCALABILITY."}, \
	{at "winsock_options.reuse_unicastport", "boolean", "SO_REUSE_UNICASTPORT."}, \
	{at "winsock_options.reuse_multicastport", "boolean", "SO_REUSE_MULTICASTPORT."}, \
	{at "provenance", "object", "On Windows: how the facts that were not observed became known: queried, inferred or assumed."}, \
	{at "provenance.protocol", "string", "Of the protocol."}, \
	{at "provenance.address", "string", "Of the address."}, \
	{at "provenance.options", "string", "Of SO_REUSEADDR and the options of Winsock."}, \
	{at "provenance.v6only", "string", "Of IPV6_V6ONLY."}, \
	{at "provenance.user", "string", "Of the user."}, \
	{at "provenance.process", "string", "Of the process."}
#define SOCK_FACTS(at) \
	{at "port_chosen", "boolean", "The kernel chose the port (SOCK_BINDPORT_LOCK is not set)."}, \
	{at "connect_bound", "boolean", "connect() chose it (SOCK_CONNECT_BIND)."}, \
	{at "accepted", "boolean", "The socket came from a listener's accept queue."}, \
	{at "orphan", "boolean", "No process has it any more."}, \
	{at "unaccepted", "boolean", "It waits in an accept queue."}, \
	{at "kernel", "boolean", "It is a socket of the kernel's own."}, \
	{at "subflow", "boolean", "It is a subflow of an MPTCP connection."}, \
	{at "minisock", "boolean", "It is a TIME_WAIT or a request socket."}, \
	{at "fin_wait2", "boolean", "It is the remnant of a connection in FIN_WAIT2."}, \
	{at "group_own", "boolean", "It is in a SO_REUSEPORT group."}, \
	{at "group_program", "boolean", "... whose members a BPF program selects."}, \
	{at "group_closed", "boolean", "... which has closed members."}, \
	{at "group_id", "integer|null", "Which group."}, \
	{at "group_size", "integer", "How many members the group has."}, \
	{at "vrf", "integer|null", "The VRF of the socket's device."}
#define PLACE(at) \
	{at "unit", "string|null", "Its systemd unit."}, \
	{at "container", "string|null", "The id of its container."}, \
	{at "container_name", "string", "The container's name (--containers)."}, \
	{at "serves", "string", "Of a container runtime's helper: the container that it serves."}, \
	{at "target", "string", "... and the address to which it forwards."}, \
	{at "passed_as", "string", "The name under which systemd passed it the descriptor."}
#define POLICY(at) \
	{at, "object|null", "What this kernel decides differently from others, found by feature."}, \
	{at ".orphan_uid", "string", "root or kept: whose a connection without a process is."}, \
	{at ".closed_group_ok", "boolean", "A SO_REUSEPORT group with closed members does not block (5.14)."}, \
	{at ".fast_cache_live", "boolean", "The kernel answers from its cache of a port (until 6.7)."}, \
	{at ".bhash2_native", "boolean", "The hash of addresses is keyed by family (6.1 to 6.7)."}, \
	{at ".udp_slot_blind", "boolean", "A crowded UDP slot hides addresses (before 6.19)."}, \
	{at ".connect_bind_flag", "boolean", "Ports chosen by connect() are marked (6.17.8)."}
#define OWNER(at) \
	{at ".pid", "integer|null", "Its pid."}, \
	{at ".comm", "string|null", "Its name."}, \
	{at ".exe", "string|null", "Its executable."}, \
	{at ".fd", "integer|null", "The descriptor; of via other than descriptor, the one that leads to the socket."}, \
	{at ".nspid", "integer|null", "Its pid in its own pid namespace."}, \
	{at ".via", "string", "descriptor, io_uring (a fixed file), unix-queue (in flight) or accept-queue."}, \
	{at ".index", "integer|null", "The number of a fixed file of io_uring."}, \
	{at ".cloexec", "boolean|null", "The descriptor is closed by exec."}, \
	{at ".got", "string|null", "How it came to the socket: bound, inherited or passed."}, \
	{at ".relation", "string|null", "What it is to the process that asks: self, parent, child or sibling."}, \
	PLACE(at ".")
#define CLAIM(at) \
	{at ".multicast", "boolean", "explain: the socket is a member of a multicast group."}, \
	{at ".options.exclusive", "boolean", "explain: SO_EXCLUSIVEADDRUSE, SO_EXCLBIND."}
#define CLAIM_ALL(at) \
	{at, "object", "One of the two sockets of a cell."}, \
	{at ".protocol", "string", "tcp or udp."}, \
	{at ".family", "string", "ipv4 or ipv6."}, \
	{at ".address", "string", "Its address."}, \
	{at ".port", "integer", "Its port."}, \
	{at ".state", "string", "bound, listen, established or time-wait."}, \
	{at ".uid", "integer", "Its user."}, \
	{at ".device", "string|null", "The interface that it is bound to."}, \
	{at ".options", "object", "What it sets."}, \
	{at ".options.reuseaddr", "boolean", "SO_REUSEADDR."}, \
	{at ".options.reuseport", "boolean", "SO_REUSEPORT."}, \
	{at ".options.v6only", "boolean|null", "IPV6_V6ONLY; null: the system's default."}, \
	CLAIM(at)
#define VERDICT(at) \
	{at ".rule", "string|null", "The rule, see RULES."}, \
	{at ".text", "string|null", "One sentence: why."}, \
	{at ".fix", "array", "What would let the attempt pass, each true for this pair of sockets."}, \
	{at ".fix[]", "string", "One remedy."}, \
	{at ".delivery", "string|null", "Of a shared port: who gets connections or datagrams."}

const struct field_row field_rows[] = {
	{"Every object", NULL, "stdout has one object a line. More types and members may be added; the meaning of one that is there changes only with the schema's version."},
	{"schema", "string", "reusetrace/1."},
	{"type", "string", "start, holder (a socket that was there before), socket, option, bind, listen, autobind (a port chosen by connect(), sendto() or listen()), connect, accept, delivery, close, release, gap, finding, why, lost or end; explain, advice and matrix of reusetrace explain; commit of reusetrace record."},
	{"time", "string", "RFC 3339 with nanoseconds, UTC."},
	{"time_unix_nano", "string", "The same as nanoseconds since 1970."},
	{"seq", "integer", "Counts the objects of a recording; of commit, the last one that is on disk."},

	{"start", NULL, "The first object says what was traced, where and how."},
	{"version", "string|null", "Of reusetrace."},
	{"host", "string|null", "The machine's name."},
	{"kernel", "string|null", "Its release."},
	{"boot_unix_nano", "string", "When the machine started, as nanoseconds since 1970."},
	POLICY("policy"),
	{"probes", "array", "The functions of the kernel that are looked at."},
	{"probes[]", "object", "One of them."},
	{"probes[].name", "string", "The function or tracepoint."},
	{"probes[].how", "string", "How it is attached: fentry, fexit, kprobe and others, or missing."},
	{"probes[].fired", "boolean", "The self-test on loopback saw it run."},
	{"filters", "array", "The filters of the command line."},
	{"filters[]", "string", "One of them, such as port=8080."},

	{"process", NULL, "Who made the call."},
	{"process", "object|null", "The process."},
	{"process.pid", "integer|null", "Its pid as the tracer counts."},
	{"process.tid", "integer|null", "The thread."},
	{"process.ppid", "integer|null", "The parent's pid."},
	{"process.nspid", "integer|null", "The pid in the process's own pid namespace."},
	{"process.comm", "string|null", "Its name."},
	{"process.exe", "string|null", "Its executable."},
	{"process.uid", "integer|null", "The real uid."},
	{"process.cgroup", "string|null", "The path below the root of the cgroup tree."},
	PLACE("process."),

	{"socket", NULL, "The socket of the call."},
	{"socket", "object|null", "The socket."},
	{"socket.id", "string|null", "A number of this recording, the same in holders[]."},
	{"socket.inode", "integer|null", "As in /proc/PID/fd and ss -e."},
	{"socket.protocol", "string|null", "tcp, udp, mptcp, sctp, ping, raw or unix."},
	{"socket.family", "string|null", "ipv4, ipv6 or unix."},
	{"socket.netns", "integer|null", "The inode of its network namespace."},
	DEVICE("socket."),
	{"socket.vrf", "integer|null", "The VRF of its device."},
	{"socket.uid", "integer|null", "Its user."},
	{"socket.path", "string|null", "Of a unix socket; an abstract name with @ for each NUL."},
	{"socket.type", "string|null", "Of a unix socket: stream, dgram or seqpacket."},
	{"socket.requested", "object|null", "What the call asked for."},
	{"socket.requested.address", "string|null", "The address."},
	{"socket.requested.port", "integer", "The port; 0: any."},
	{"socket.address", "string|null", "What the socket has now, or what it was refused."},
	{"socket.port", "integer|null", "The port."},
	PEER("socket."),
	{"socket.state", "string|null", "bound, listen, established, time-wait and so on."},
	OPTIONS("socket."),
	WINSOCK("socket."),
	CLAIM("socket"),
	{"fd", "integer|null", "The descriptor of the call."},

	{"result", NULL, "What the kernel answered."},
	{"result", "object", "The answer."},
	{"result.ok", "boolean|null", "Accepted; null where it is not known."},
	{"result.errno", "string|null", "EADDRINUSE and so on, WSAEADDRINUSE on Windows."},
	{"result.code", "integer|null", "Its number."},
	{"result.stage", "string|null", "How far a refused attempt got: syscall, seccomp, lsm, cgroup, address, privilege, state, port, post-bind or listen."},
	{"given", "boolean", "why: this is the bind with the options that were given."},
	{"result.call", "string|null", "explain: the call that fails, bind or listen."},
	{"took_ns", "integer|null", "How long the call took."},

	{"verdict", NULL, "Why it answered so."},
	{"verdict", "object|null", "The explanation."},
	VERDICT("verdict"),
	{"verdict.agrees", "boolean|null", "The prediction from the rules is what the kernel answered; null: nothing is predicted."},
	{"verdict.lacks", "string|null", "Which socket lacks which option."},
	{"verdict.note", "string|null", "explain: what else is known of this answer."},
	{"verdict.source", "string|null", "explain: where the answer is written."},

	{"holders", NULL, "The other sockets of the port, the one in the way first."},
	{"holders", "array", "The contenders."},
	{"holders_total", "integer", "How many there are."},
	{"truncated", "boolean", "Not all of them could be listed."},
	{"holders[]", "object", "One of them."},
	{"holders[].id", "string|null", "Its id, see socket.id."},
	{"holders[].culprit", "boolean", "It is the one in the way."},
	{"holders[].reason", "string|null", "The rule by which it conflicts, or does not."},
	{"holders[].kind", "string|null", "process, time-wait, orphan, kernel, in-flight (in a unix socket's receive queue), gone (closed before it could be looked up) or unknown."},
	{"holders[].state", "string|null", "See socket.state."},
	{"holders[].protocol", "string|null", "See socket.protocol."},
	{"holders[].family", "string|null", "See socket.family."},
	{"holders[].type", "string|null", "See socket.type."},
	{"holders[].address", "string|null", "Its address."},
	{"holders[].port", "integer|null", "Its port."},
	PEER("holders[]."),
	{"holders[].inode", "integer|null", "See socket.inode."},
	{"holders[].netns", "integer|null", "See socket.netns."},
	DEVICE("holders[]."),
	{"holders[].uid", "integer|null", "Its user."},
	PLACE("holders[]."),
	OPTIONS("holders[]."),
	WINSOCK("holders[]."),
	{"holders[].since", "string|null", "When it was bound; null: before the trace began."},
	{"holders[].older", "boolean", "It was bound before the trace began."},
	{"holders[].expires_s", "number|null", "Of TIME_WAIT: seconds left."},
	{"holders[].released_after_ns", "integer|null", "Of gone: how long after the attempt it let the port go."},
	{"holders[].bound_by", "object|null", "Who bound it."},
	{"holders[].bound_by.pid", "integer", "Its pid."},
	{"holders[].bound_by.comm", "string|null", "Its name."},
	{"holders[].bound_by.exe", "string|null", "Its executable."},
	{"holders[].bound_by.ended", "boolean", "It is no process any more."},
	PLACE("holders[].bound_by."),
	{"holders[].processes", "array", "Who has it now."},
	{"holders[].processes[]", "object", "One process, once for each descriptor."},
	OWNER("holders[].processes[]"),
	{"holders[].receivers", "array", "Who will get it: it is in flight to them."},
	{"holders[].receivers[]", "object", "One process."},
	OWNER("holders[].receivers[]"),
	{"holders[].outside", "boolean", "A process has it that the tracer's pid namespace does not show."},
	{"holders[].kernel", "object|null", "Of kind kernel: what it is for."},
	{"holders[].kernel.function", "string|null", "The function that gets its packets."},
	{"holders[].kernel.module", "string|null", "The module of that function."},
	{"holders[].kernel.devices", "array", "The interfaces whose traffic goes through it."},
	{"holders[].kernel.devices[]", "object", "One of them."},
	{"holders[].kernel.devices[].ifindex", "integer", "Its number."},
	{"holders[].kernel.devices[].name", "string|null", "Its name."},
	{"holders[].differs", "array", "Of a shared port: in what its owner is another one."},
	{"holders[].differs[]", "string", "executable, uid or unit."},
	{"holders[].facts", "object", "What else the rules were given of it."},
	{"holders[].facts.compared", "boolean", "The kernel compared it last before it answered."},
	{"holders[].facts.place", "integer", "Its place in the kernel's order."},
	SOCK_FACTS("holders[].facts."),

	{"facts", NULL, "Everything else that the rules were given, so that replay can judge again."},
	{"facts", "object", "The facts."},
	{"facts.socket", "object", "Of the socket."},
	SOCK_FACTS("facts.socket."),
	{"facts.bucket", "object", "What the kernel's entry for the port said before the attempt."},
	{"facts.bucket.present", "boolean", "There is one."},
	{"facts.bucket.fastreuse", "integer|null", "tb->fastreuse."},
	{"facts.bucket.fastreuseport", "integer|null", "tb->fastreuseport."},
	{"facts.bucket.l3mdev", "integer|null", "tb->l3mdev."},
	{"facts.bucket.fastuid", "integer|null", "tb->fastuid."},
	{"facts.bucket.fast_address", "string|null", "tb->fast_rcv_saddr."},
	{"facts.bucket.fast_v6only", "boolean|null", "tb->fast_ipv6_only."},
	{"facts.bucket.slot_count", "integer|null", "UDP: sockets in the slot of the port."},
	POLICY("facts.policy"),
	{"facts.explicit_port", "boolean", "A port was asked for by number."},
	{"facts.listening", "boolean", "The attempt is a listen()."},
	{"facts.asked", "boolean", "The attempt came as far as the port."},
	{"facts.autobind_reuse", "boolean", "net.ipv4.ip_autobind_reuse."},
	{"facts.l3mdev_accept", "boolean", "net.ipv4.tcp_l3mdev_accept and its kin."},
	{"facts.address_tentative", "boolean", "The IPv6 address is tentative."},
	{"facts.kernel_call", "boolean", "The kernel itself called, not a process."},
	{"facts.by_connect", "boolean", "connect() chose the port."},
	{"facts.range", "array|null", "ip_local_port_range: the first and the last port."},
	{"facts.range[]", "integer", "One of the two."},
	{"facts.unprivileged_start", "integer", "net.ipv4.ip_unprivileged_port_start."},
	{"facts.entry_port", "integer|null", "The port that the socket had before the call."},
	{"facts.unix", "object", "Of a unix socket."},
	{"facts.unix.abstract", "boolean", "The name is an abstract one."},
	{"facts.unix.bound", "boolean", "The socket had a name before the call."},
	{"facts.unix.overrides", "boolean", "The caller has CAP_DAC_OVERRIDE in the initial user namespace: no mode keeps it out."},
	{"facts.unix.replaced", "boolean", "What has the path or the name now took it after the refusal."},
	{"facts.unix.hidden", "boolean", "A socket may have the path that could not be seen: another pid namespace's, or on a file system that shows other device numbers."},
	{"facts.unix.at_path", "string|null", "What was at the path after a refusal: none, socket, file, directory, symlink or other."},
	{"facts.unix.fault", "string|null", "What is wrong with the directory: missing, not-directory, search, write or read-only."},
	{"facts.unix.directory", "string|null", "The directory at fault, or the last one on the path."},
	{"facts.unix.directory_mode", "integer", "Of search and write: its permission bits."},
	{"facts.unix.directory_uid", "integer", "... and its owner."},
	{"facts.unix.fsuid", "integer", "The user whose rights on files the caller has."},
	{"facts.refusal", "object|null", "Of an attempt that something other than a socket refused."},
	{"facts.refusal.addrlen", "integer|null", "The length of the address that was passed."},
	{"facts.refusal.sa_family", "integer", "Its family, as a number."},
	{"facts.refusal.lsm", "object", "Security modules."},
	{"facts.refusal.lsm.module", "string|null", "The one that refused."},
	{"facts.refusal.lsm.label", "string|null", "The process's label or profile there."},
	{"facts.refusal.lsm.active", "array|null", "All that are active."},
	{"facts.refusal.lsm.active[]", "string", "One of them."},
	{"facts.refusal.programs", "array", "The BPF programs in effect for the process's cgroup."},
	{"facts.refusal.programs[]", "object", "One of them."},
	{"facts.refusal.programs[].id", "integer|null", "Its id, as in bpftool prog."},
	{"facts.refusal.programs[].name", "string|null", "Its name."},
	{"facts.refusal.programs[].cgroup", "string|null", "Where it is attached."},
	{"facts.refusal.rewritten", "object|null", "A program changed the address to this one."},
	{"facts.refusal.rewritten.address", "string", "The address."},
	{"facts.refusal.rewritten.port", "integer", "The port."},
	{"facts.refusal.user_ns", "integer|null", "The caller's user namespace."},
	{"facts.refusal.net_user_ns", "integer|null", "The user namespace that owns the network namespace."},
	{"facts.refusal.capable", "boolean", "The caller has CAP_NET_BIND_SERVICE in its own."},
	{"facts.refusal.nonlocal_bind", "boolean", "ip_nonlocal_bind."},
	{"facts.refusal.keeps_port", "boolean", "Refused after it was bound, the socket has the port all the same."},
	{"facts.refusal.address_on", "object|null", "Where the address was looked for afterwards."},
	{"facts.refusal.address_on.here", "string|null", "The interface of this namespace that has it."},
	{"facts.refusal.address_on.duplicate", "boolean", "Duplicate address detection found another host."},
	{"facts.refusal.address_on.down", "boolean", "No interface has it because it is loopback's, and lo is down."},
	{"facts.refusal.address_on.other_device", "boolean", "... but not for this socket: it is another than the socket's, or in another VRF."},
	{"facts.refusal.address_on.others", "integer", "How many other namespaces were looked at."},
	{"facts.refusal.address_on.there", "object|null", "Another namespace that has it."},
	{"facts.refusal.address_on.there.netns", "integer", "Its inode."},
	{"facts.refusal.address_on.there.name", "string|null", "Its name."},
	{"facts.refusal.address_on.there.device", "string|null", "The interface there."},
	{"facts.refusal.address_on.there.pid", "integer|null", "A process in it."},
	{"facts.refusal.address_on.there.comm", "string|null", "The name of that process."},
	{"facts.refusal.own_range", "array|null", "The socket's own IP_LOCAL_PORT_RANGE: the first and the last port; 0: that of the network namespace."},
	{"facts.refusal.own_range[]", "integer", "One of the two."},
	{"facts.refusal.ports", "object|null", "Where no port is free: how the range is used."},
	{"facts.refusal.ports.taken", "integer", "Ports of it that sockets have."},
	{"facts.refusal.ports.time_wait", "integer", "Ports of it that only TIME_WAIT remnants have."},
	{"facts.refusal.ports.reserved", "integer", "Ports of it in ip_local_reserved_ports."},
	{"facts.refusal.ports.most", "array", "Who has most of them."},
	{"facts.refusal.ports.most[]", "object", "One process."},
	{"facts.refusal.ports.most[].pid", "integer", "Its pid."},
	{"facts.refusal.ports.most[].comm", "string|null", "Its name."},
	{"facts.refusal.ports.most[].ports", "integer", "How many it has."},
	{"facts.windows", "object", "On Windows."},
	{"facts.windows.result", "string|null", "How the result became known."},
	{"facts.windows.other_result", "string|null", "The application may have got this instead."},
	{"facts.windows.ntstatus", "string|null", "The status of AFD or TCPIP."},
	{"facts.windows.cause", "string|null", "What said how it went: complete, resolution, port or inspection."},
	{"facts.windows.unconfirmed", "boolean", "Only the process said so."},
	{"facts.windows.lossy", "boolean", "Events were lost before this one."},
	{"facts.windows.reserved", "object|null", "The reservation that the port is in."},
	{"facts.windows.reserved.first", "integer", "Its first port."},
	{"facts.windows.reserved.last", "integer", "Its last port."},
	{"facts.windows.reserved.by_admin", "boolean", "An administrator made it."},
	{"facts.windows.reserved.provenance", "string|null", "How it became known."},

	{"option", NULL, "Of an object of type option."},
	{"option", "object", "The change."},
	{"option.name", "string|null", "SO_REUSEADDR and so on."},
	{"option.value", "integer", "What it was set to."},
	{"option.time", "string|null", "When."},

	{"release", NULL, "Of an object of type release."},
	{"released", "string|null", "port (it is free), time-wait-begin or time-wait-end."},
	{"after_attempt", "integer|null", "The seq of the refused attempt that it came too late for."},
	{"delta_ns", "integer|null", "How much too late."},

	{"gap", NULL, "Of an object of type gap: a port changed hands."},
	{"gap", "object", "What happened."},
	{"gap.text", "string|null", "One sentence."},
	{"gap.takeover", "string|null", "reuseport or inherited: without a gap; null: with one."},
	{"gap.gap_ns", "integer", "How long nobody served the port."},
	{"gap.overlap_ns", "integer", "How long both did."},
	{"gap.released", "string|null", "When the old socket let it go."},
	{"gap.bound", "string|null", "When the new one was bound."},
	{"gap.serving", "string|null", "Since when it serves."},
	{"gap.before", "object|null", "Who had it before."},
	{"gap.before.pid", "integer", "Its pid."},
	{"gap.before.comm", "string|null", "Its name."},
	{"gap.before.exe", "string|null", "Its executable."},

	{"delivery", NULL, "Of an object of type delivery, and deliveries of end (--deliveries)."},
	{"delivery", "object", "A connection or a datagram that a member of a shared port got."},
	{"delivery.to", "object|null", "Where it was sent."},
	{"delivery.to.address", "string|null", "The address."},
	{"delivery.to.port", "integer", "The port."},
	{"delivery.number", "integer", "The how manieth of this member."},
	{"deliveries", "array", "Totals by port and member."},
	{"deliveries[]", "object", "One member."},
	{"deliveries[].id", "string|null", "Its id, see socket.id."},
	{"deliveries[].protocol", "string|null", "Its protocol."},
	{"deliveries[].netns", "integer|null", "Its network namespace."},
	{"deliveries[].address", "string|null", "Its address."},
	{"deliveries[].port", "integer", "Its port."},
	{"deliveries[].inode", "integer|null", "Its inode."},
	{"deliveries[].pid", "integer|null", "A process that has it."},
	{"deliveries[].comm", "string|null", "The name of that process."},
	{"deliveries[].exe", "string|null", "Its executable."},
	{"deliveries[].count", "integer", "How many it got."},

	{"finding", NULL, "Of an object of type finding: what nobody asked about and somebody should know."},
	{"finding", "object", "The finding."},
	{"finding.kind", "string|null", "shared-port (an accepted bind shares its port with a stranger) or lives-on (refused, alive and without a listener)."},
	{"finding.text", "string|null", "One sentence."},
	{"finding.attempt", "integer|null", "The seq of the attempt, the last one if there were several."},
	{"finding.attempts", "integer", "How many there were."},
	{"finding.because", "string|null", "The sentence of that attempt's verdict."},
	{"finding.delivery", "string|null", "Who gets connections or datagrams."},
	{"finding.differs", "array", "In what the parties differ."},
	{"finding.differs[]", "string", "executable, uid or unit."},

	{"compare", NULL, "With --compare: what another system would have answered."},
	{"compare", "object", "Its answer."},
	{"compare.system", "string", "The system."},
	{"compare.result", "object", "See result."},
	{"compare.result.ok", "boolean|null", "Accepted; null: undocumented."},
	{"compare.result.errno", "string|null", "The error."},
	{"compare.result.code", "integer|null", "Its number there."},
	{"compare.verdict", "object", "See verdict."},
	{"compare.verdict.rule", "string|null", "The rule."},
	{"compare.verdict.text", "string|null", "One sentence."},
	{"compare.verdict.delivery", "string|null", "Who gets connections or datagrams there."},
	{"compare.verdict.source", "string|null", "Where that is written."},
	{"compare.holder", "string|null", "The id of the socket that decides there."},
	{"compare.ignored", "array", "Options that mean nothing there."},
	{"compare.ignored[]", "string", "One of them."},
	{"compare.provenance", "object", "What had to be assumed."},
	{"compare.provenance.protocol", "string", "The protocol."},
	{"compare.provenance.address", "string", "The address."},
	{"compare.provenance.exclusive", "string", "SO_EXCLUSIVEADDRUSE."},
	{"compare.provenance.v6only", "string", "IPV6_V6ONLY."},
	{"compare.provenance.user", "string", "The user."},
	{"compare.provenance.process", "string", "The process."},

	{"explain", NULL, "Of objects of types explain, advice and matrix."},
	{"system", "string", "The operating system that answers."},
	{"number", "integer", "Of the socket, from 1."},
	{"holder", "integer|null", "The number of the socket that decides."},
	{"ignored", "array", "Options of this socket that mean nothing there."},
	{"ignored[]", "string", "One of them."},
	{"portable", "array", "What to do so that all systems answer alike."},
	{"portable[]", "string", "One sentence."},
	CLAIM_ALL("first"),
	CLAIM_ALL("second"),

	{"end", NULL, "Of objects of types lost and end: totals so far."},
	{"records", "object", "Records of the kernel's side."},
	{"records.reserved", "integer", "That were to be sent."},
	{"records.sent", "integer", "That were sent."},
	{"records.printed", "integer", "Events that were printed."},
	{"records.bytes", "integer", "Their size."},
	{"lost", "object", "What is missing, by reason."},
	{"lost.ring", "integer", "The ring buffer was full."},
	{"lost.map", "integer", "There was no room for an attempt."},
	{"lost.recursion", "integer", "The kernel skipped a program: one was running on that CPU, or a bpf() on a map."},
	{"lost.missed", "integer", "The kernel missed a kprobe."},
	{"lost.exits", "integer", "Attempts whose end was not seen."},
	{"lost.options", "integer", "Sockets whose changes of options were pushed out."},
	{"lost.decode", "integer", "Records that could not be decoded."},

	{"commit", NULL, "Of an object of type commit: what no crash can take away."},
	{"run", "integer", "The number of this run of the recorder."},
	{"dropped", "integer", "Events that were given up because the disk was full."},
	{NULL, NULL, NULL},
};
/* clang-format on */
