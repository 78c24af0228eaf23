/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rule names, the sentences that say why, and who answers on a shared port. */
#include "rules/table.h"

#include <string.h>

#include "rules/linux_common.h"

#define ROWS(array)                                                                                          \
	{                                                                                                    \
		.rows = (array), .count = sizeof(array) / sizeof((array)[0])                                 \
	}

enum rule_class { CLASS_OTHER, CLASS_ACCEPTED, CLASS_SHARING, CLASS_REFUSED };

static const struct {
	const char *name;
	enum rule_class class;
} rules[RULE_MAX] = {
	[RULE_NONE] = {"none", CLASS_OTHER},
	[RULE_FREE] = {"free", CLASS_ACCEPTED},
	[RULE_AUTO_PORT] = {"auto-port", CLASS_ACCEPTED},
	[RULE_DEFERRED] = {"deferred", CLASS_ACCEPTED},
	[RULE_OTHER_ADDRESS] = {"other-address", CLASS_ACCEPTED},
	[RULE_OTHER_FAMILY] = {"other-family", CLASS_ACCEPTED},
	[RULE_OTHER_DEVICE] = {"other-device", CLASS_ACCEPTED},
	[RULE_OTHER_VRF] = {"other-vrf", CLASS_ACCEPTED},
	[RULE_OTHER_NETNS] = {"other-netns", CLASS_ACCEPTED},
	[RULE_REUSEADDR_BOTH] = {"reuseaddr-both", CLASS_SHARING},
	[RULE_TIME_WAIT_REUSE] = {"time-wait-reuse", CLASS_ACCEPTED},
	[RULE_REUSEPORT_GROUP] = {"reuseport-group", CLASS_SHARING},
	[RULE_UDP_REUSEADDR] = {"udp-reuseaddr", CLASS_SHARING},
	[RULE_FORCE_REUSE] = {"force-reuse", CLASS_SHARING},
	[RULE_PING_REUSE] = {"ping-reuse", CLASS_SHARING},
	[RULE_NO_PORT] = {"no-port", CLASS_ACCEPTED},
	[RULE_LISTENER] = {"listener", CLASS_REFUSED},
	[RULE_NO_REUSE] = {"no-reuse", CLASS_REFUSED},
	[RULE_NO_COMMON_FLAG] = {"no-common-flag", CLASS_REFUSED},
	[RULE_REUSEPORT_UID] = {"reuseport-uid", CLASS_REFUSED},
	[RULE_REUSEPORT_PROGRAM] = {"reuseport-program", CLASS_REFUSED},
	[RULE_TIME_WAIT] = {"time-wait", CLASS_REFUSED},
	[RULE_ORPHAN] = {"orphan", CLASS_REFUSED},
	[RULE_ACCEPTED_CONNECTION] = {"accepted-connection", CLASS_REFUSED},
	[RULE_OUTGOING_CONNECTION] = {"outgoing-connection", CLASS_REFUSED},
	[RULE_RANGE_EXHAUSTED] = {"range-exhausted", CLASS_REFUSED},
	[RULE_ADDRESS_NOT_LOCAL] = {"address-not-local", CLASS_REFUSED},
	[RULE_ADDRESS_TENTATIVE] = {"address-tentative", CLASS_REFUSED},
	[RULE_PRIVILEGED_PORT] = {"privileged-port", CLASS_REFUSED},
	[RULE_ALREADY_BOUND] = {"already-bound", CLASS_REFUSED},
	[RULE_BAD_ADDRESS] = {"bad-address", CLASS_REFUSED},
	[RULE_WRONG_FAMILY] = {"wrong-family", CLASS_REFUSED},
	[RULE_NO_DEVICE] = {"no-device", CLASS_REFUSED},
	[RULE_LSM] = {"lsm", CLASS_REFUSED},
	[RULE_CGROUP_BPF] = {"cgroup-bpf", CLASS_REFUSED},
	[RULE_POST_BIND_BPF] = {"post-bind-bpf", CLASS_REFUSED},
	[RULE_SECCOMP] = {"seccomp", CLASS_REFUSED},
	[RULE_NO_MEMORY] = {"no-memory", CLASS_REFUSED},
	[RULE_BAD_DESCRIPTOR] = {"bad-descriptor", CLASS_REFUSED},
	[RULE_WRONG_STATE] = {"wrong-state", CLASS_REFUSED},
	[RULE_SAME_CONNECTION] = {"same-connection", CLASS_REFUSED},
	[RULE_QUIRK_MAPPED_ANY] = {"quirk-mapped-any", CLASS_SHARING},
	[RULE_QUIRK_UDP_SLOT] = {"quirk-udp-slot", CLASS_SHARING},
	[RULE_QUIRK_STALE_REUSEADDR] = {"quirk-stale-reuseaddr", CLASS_SHARING},
	[RULE_QUIRK_STALE_REUSEPORT] = {"quirk-stale-reuseport", CLASS_SHARING},
	[RULE_UNEXPLAINED] = {"unexplained", CLASS_OTHER},
	[RULE_SPECIFIC_BESIDE_WILDCARD] = {"specific-beside-wildcard", CLASS_SHARING},
	[RULE_WILDCARD_BESIDE_SPECIFIC] = {"wildcard-beside-specific", CLASS_SHARING},
	[RULE_DUAL_STACK] = {"dual-stack", CLASS_SHARING},
	[RULE_OTHER_PROTOCOL] = {"other-protocol", CLASS_ACCEPTED},
	[RULE_TIME_WAIT_IGNORED] = {"time-wait-ignored", CLASS_ACCEPTED},
	[RULE_CONNECTION_IGNORED] = {"connection-ignored", CLASS_ACCEPTED},
	[RULE_UNDOCUMENTED] = {"undocumented", CLASS_OTHER},
	[RULE_EXCLUSIVE] = {"exclusive", CLASS_REFUSED},
	[RULE_BOTH_OPTIONS] = {"both-options", CLASS_REFUSED},
	[RULE_OTHER_USER] = {"other-user", CLASS_REFUSED},
	[RULE_ACCESS] = {"access", CLASS_REFUSED},
	[RULE_OPTIONS_UNSEEN] = {"options-unseen", CLASS_REFUSED},
	[RULE_PATH_LISTENER] = {"path-listener", CLASS_REFUSED},
	[RULE_PATH_BOUND] = {"path-bound", CLASS_REFUSED},
	[RULE_PATH_STALE] = {"path-stale", CLASS_REFUSED},
	[RULE_PATH_SOCKET] = {"path-socket", CLASS_REFUSED},
	[RULE_PATH_NO_SOCKET] = {"path-no-socket", CLASS_REFUSED},
	[RULE_PATH_GONE] = {"path-gone", CLASS_REFUSED},
	[RULE_PATH_MISSING] = {"path-missing", CLASS_REFUSED},
	[RULE_PATH_NO_DIRECTORY] = {"path-no-directory", CLASS_REFUSED},
	[RULE_PATH_PERMISSION] = {"path-permission", CLASS_REFUSED},
	[RULE_PATH_READ_ONLY] = {"path-read-only", CLASS_REFUSED},
	[RULE_PATH_TOO_LONG] = {"path-too-long", CLASS_REFUSED},
	[RULE_PATH_REFUSED] = {"path-refused", CLASS_REFUSED},
	[RULE_NAME_TAKEN] = {"name-taken", CLASS_REFUSED},
	[RULE_EXCLUDED_RANGE] = {"excluded-range", CLASS_REFUSED},
	[RULE_WFP] = {"wfp", CLASS_REFUSED},
};

const char *rule_name(enum rule_id rule)
{
	return rule >= RULE_NONE && rule < RULE_MAX ? rules[rule].name : "none";
}

enum rule_id rule_from_name(const char *name)
{
	for (int rule = RULE_NONE; rule < RULE_MAX; rule++)
		if (!strcmp(rules[rule].name, name))
			return (enum rule_id)rule;
	return RULE_NONE;
}

bool rule_is_refusal(enum rule_id rule)
{
	return rule >= RULE_NONE && rule < RULE_MAX && rules[rule].class == CLASS_REFUSED;
}

bool rule_is_sharing(enum rule_id rule)
{
	return rule >= RULE_NONE && rule < RULE_MAX && rules[rule].class == CLASS_SHARING;
}

#define OWN_GROUP                                                                                            \
	"SO_REUSEPORT on both, but this socket already has a reuseport group of its own (a BPF program was " \
	"attached), which {old} is not in{overlap}"

static const struct phrase because[] = {
	{RULE_FREE, S_CONNECT, 0, "the socket already had its port"},
	{RULE_FREE, S_PING, 0, "identifier was free"},
	{RULE_FREE, 0, 0, "port was free"},
	{RULE_AUTO_PORT, S_PING, 0, "the kernel chose identifier {port}"},
	{RULE_AUTO_PORT, S_LISTEN_CALL, 0,
	 "listen() without bind(): the kernel chose port {port} from {range}"},
	{RULE_AUTO_PORT, 0, 0, "the kernel chose port {port} from {range}"},
	{RULE_DEFERRED, 0, 0, "no port yet: with IP_BIND_ADDRESS_NO_PORT connect() will choose one"},
	{RULE_NO_PORT, 0, 0, "raw sockets have no port: any number may have this address"},
	{RULE_PING_REUSE, 0, 0,
	 "{holder} has identifier {port} too: ping sockets have SO_REUSEADDR unless it is taken from them"},
	{RULE_OTHER_ADDRESS, 0, 0, "{holder} has {old_addr}, another address, so the two never meet"},
	{RULE_OTHER_FAMILY, 0, 0,
	 "{holder} has {old_addr}: one socket serves IPv4 only, the other IPv6 only"},
	{RULE_OTHER_DEVICE, 0, 0,
	 "{holder} is bound to {old_device} and this socket to {new_device}, so the two never meet"},
	{RULE_OTHER_VRF, 0, 0, "{holder} is in another VRF, where TCP ports are counted apart"},
	{RULE_OTHER_NETNS, 0, 0, "{holder} is in another network namespace, which has its own ports"},
	{RULE_REUSEADDR_BOTH, S_CONNECTED, 0,
	 "{old} on {old_addr} is no listener and has SO_REUSEADDR, as this socket has"},
	{RULE_REUSEADDR_BOTH, 0, 0,
	 "{holder} has {old_addr} too, SO_REUSEADDR on both and {old} does not listen"},
	{RULE_TIME_WAIT_REUSE, S_PEER, 0,
	 "only TIME_WAIT remnants are left (a connection from {peer}) and share an option with this socket"},
	{RULE_TIME_WAIT_REUSE, 0, 0, "only TIME_WAIT remnants are left and share an option with this socket"},
	{RULE_REUSEPORT_GROUP, S_CONNECTED, 0,
	 "{old} on {old_addr} has SO_REUSEPORT and uid {old_uid}, as this socket has"},
	{RULE_REUSEPORT_GROUP, 0, 0,
	 "{holder} has {old_addr} too, SO_REUSEPORT on both, both with uid {new_uid}"},
	{RULE_UDP_REUSEADDR, 0, 0,
	 "{holder} has {old_addr} too, and SO_REUSEADDR on both lets UDP sockets share, whatever their uid"},
	{RULE_FORCE_REUSE, 0, 0, "TCP_REPAIR forces reuse: the kernel did not look at {old}"},

	{RULE_LISTENER, S_LISTEN_CALL, 0,
	 "SO_REUSEADDR on both sides let both bind, but only one may listen, and {holder} already "
	 "does{overlap}"},
	{RULE_LISTENER, 0, 0, "SO_REUSEADDR on both sides does not help while one of them listens{overlap}"},
	{RULE_NO_REUSE, S_PING, 0,
	 "{lacks}; ping sockets share identifier {port} only with SO_REUSEADDR on both, whatever their "
	 "addresses"},
	{RULE_NO_REUSE, S_TCP | S_LISTENS, 0,
	 "{lacks}; while one listens only SO_REUSEPORT on both would let them share{overlap}"},
	{RULE_NO_REUSE, 0, 0, "{lacks}; to share, both sockets need the same option{overlap}"},
	{RULE_OPTIONS_UNSEEN, 0, 0,
	 "{holder} is there; which options it has is not known, but no choice of them would let this "
	 "bind pass{overlap}"},
	{RULE_NO_COMMON_FLAG, 0, 0, "{lacks}; to share, both sockets need the same option{overlap}"},
	{RULE_REUSEPORT_UID, 0, 0,
	 "SO_REUSEPORT on both, but the uids differ: {holder} has {old_uid}, this socket {new_uid}{overlap}"},
	{RULE_REUSEPORT_PROGRAM, S_LISTEN_CALL, 0,
	 "SO_REUSEPORT on both, but a BPF program was attached to this socket before listen(): that made a "
	 "group of its own, which cannot join {holder}'s"},
	{RULE_REUSEPORT_PROGRAM, 0, 0,
	 "SO_REUSEPORT on both, but a BPF program was attached to this socket before bind(): that made a "
	 "group of its own, which cannot join {holder}'s"},
	{RULE_TIME_WAIT, S_LACKS | S_PEER | S_LEFT, 0, "{lacks}: {left} s left{overlap}"},
	{RULE_TIME_WAIT, S_LACKS, 0, "{lacks}{overlap}"},
	{RULE_TIME_WAIT, S_OWN_GROUP, 0, OWN_GROUP},
	{RULE_ORPHAN, S_LACKS, 0,
	 "{lacks}; no process has it any more, the kernel is still closing it{overlap}"},
	{RULE_ORPHAN, S_ROOT_ORPHAN, 0,
	 "{old} has no process any more, and this kernel counts it as root's: uid {new_uid} may not share by "
	 "SO_REUSEPORT{overlap}"},
	{RULE_ORPHAN, S_UID_DIFFERS, 0,
	 "{old} has no process any more and is uid {old_uid}'s: uid {new_uid} may not share by "
	 "SO_REUSEPORT{overlap}"},
	{RULE_ORPHAN, S_OWN_GROUP, 0, OWN_GROUP},
	{RULE_ACCEPTED_CONNECTION, S_LACKS, 0,
	 "{lacks}; an accepted connection keeps the port, with or without its listener{overlap}"},
	{RULE_ACCEPTED_CONNECTION, S_UID_DIFFERS, 0,
	 "{old} is uid {old_uid}'s: uid {new_uid} may not share by SO_REUSEPORT{overlap}"},
	{RULE_ACCEPTED_CONNECTION, S_OWN_GROUP, 0, OWN_GROUP},
	{RULE_OUTGOING_CONNECTION, S_LACKS, 0,
	 "the kernel gave {holder} this port by chance, and {lacks}{overlap}"},
	{RULE_OUTGOING_CONNECTION, S_UID_DIFFERS, 0,
	 "the kernel gave {holder} this port by chance, and uid {new_uid} may not share {old_uid}'s by "
	 "SO_REUSEPORT{overlap}"},
	{RULE_OUTGOING_CONNECTION, S_OWN_GROUP, 0, OWN_GROUP},

	{RULE_QUIRK_MAPPED_ANY, 0, 0,
	 "this kernel overlooks {old_host} when {new_host} binds: {holder} should have been in the way"},
	{RULE_QUIRK_UDP_SLOT, 0, 0,
	 "with {slot_count} sockets in its hash slot this kernel overlooks specific addresses when a "
	 "wildcard binds: "
	 "{holder} should have been in the way"},
	{RULE_QUIRK_STALE_REUSEADDR, 0, 0,
	 "the kernel answered from its cache (fastreuse): {holder} on {old_addr} should have been in the "
	 "way"},
	{RULE_QUIRK_STALE_REUSEPORT, 0, 0,
	 "the kernel answered from its cache (fastreuseport): {holder} on {old_addr} should have been in the "
	 "way"},
	{RULE_UNEXPLAINED, 0, S_INET, "{errno}: this protocol has its own port table, which is not judged"},
	{RULE_UNEXPLAINED, S_ACCEPTED | S_HOLDERS, 0,
	 "accepted, but by the rules known for this kernel {holder} should have been in the way{overlap}"},
	{RULE_UNEXPLAINED, S_TRUNCATED, 0, "{errno}, and not every socket on this port could be listed"},
	{RULE_UNEXPLAINED, S_HOLDERS, 0, "{errno}: the rules known for this kernel say otherwise"},
	{RULE_UNEXPLAINED, 0, 0, "{errno}, for a reason that was not seen"},
};

static const struct phrase delivery[] = {
	{RULE_REUSEPORT_GROUP, S_ONE_GROUP | S_PROGRAM, S_CONNECTED,
	 "the BPF program of the group chooses which of its {members} sockets answers"},
	{RULE_REUSEPORT_GROUP, S_ONE_GROUP | S_TCP | S_LISTEN_CALL, S_CONNECTED,
	 "new connections are spread between the {members} sockets by a hash of addresses and ports"},
	{RULE_REUSEPORT_GROUP, S_ONE_GROUP | S_TCP, S_CONNECTED,
	 "once they listen, new connections are spread between the {members} sockets by a hash of addresses "
	 "and ports"},
	{RULE_REUSEPORT_GROUP, S_ONE_GROUP, S_CONNECTED,
	 "datagrams are spread between the {members} sockets by a hash of addresses and ports"},
	{RULE_UDP_REUSEADDR, S_NEW_WIDER, 0,
	 "{holder} receives what is sent to {old_host}, the new socket what is sent to other addresses"},
	{RULE_UDP_REUSEADDR, S_OLD_WIDER, 0,
	 "the new socket receives what is sent to {new_host}, {holder} what is sent to other addresses"},
	{RULE_UDP_REUSEADDR, S_MIXED, 0, "IPv4 datagrams go to the IPv4 socket, IPv6 datagrams to the other"},
	{RULE_UDP_REUSEADDR, 0, S_CONNECTED,
	 "the newest socket receives unicast datagrams, all of them receive multicast and broadcast"},
	{RULE_UDP_REUSEADDR, 0, 0, "{holder} receives what {peer} sends, the new socket the rest"},
	{RULE_REUSEADDR_BOTH, S_LISTEN_CALL, S_CONNECTED,
	 "this socket answers; listen() on the other will get EADDRINUSE"},
	{RULE_REUSEADDR_BOTH, 0, S_CONNECTED,
	 "the first to listen wins; the other's listen() will get EADDRINUSE"},
	{RULE_REUSEPORT_GROUP, S_NEW_WIDER, S_CONNECTED,
	 "{holder} answers on {old_host}, the new socket on all other addresses"},
	{RULE_REUSEPORT_GROUP, S_OLD_WIDER, S_CONNECTED,
	 "the new socket answers on {new_host}, {holder} on all other addresses"},
	{RULE_REUSEPORT_GROUP, S_MIXED, S_CONNECTED, "the IPv4 socket answers IPv4, the other IPv6"},
	{RULE_REUSEPORT_GROUP, 0, S_CONNECTED,
	 "the kernel prefers the socket that matches address and device best"},
	{RULE_QUIRK_MAPPED_ANY, S_OLD_WIDER | S_LISTENS, 0,
	 "the new socket answers on {new_host}, {holder} on all other addresses"},
	{RULE_QUIRK_MAPPED_ANY, S_OLD_WIDER, S_CONNECTED,
	 "this socket may listen; listen() on the other will get EADDRINUSE"},
	{RULE_QUIRK_UDP_SLOT, S_NEW_WIDER, S_CONNECTED,
	 "{holder} receives what is sent to {old_host}, the new socket what is sent to other addresses"},
	{RULE_QUIRK_STALE_REUSEADDR, S_TCP, 0, "listen() will look again and may get EADDRINUSE"},
	{RULE_QUIRK_STALE_REUSEPORT, S_TCP, S_LISTEN_CALL, "listen() will look again and may get EADDRINUSE"},
};

const struct phrase_table table_because = ROWS(because);
const struct phrase_table table_delivery = ROWS(delivery);

const struct phrase *phrase_next(const struct phrase_table *table, const struct situation *situation,
				 size_t *position)
{
	uint64_t bits = table->refusals ? situation->refusal : situation->bits;

	while (*position < table->count) {
		const struct phrase *row = &table->rows[(*position)++];

		if ((row->rule == RULE_NONE || row->rule == situation->rule) &&
		    (bits & row->need) == row->need && !(bits & row->deny))
			return row;
	}
	return NULL;
}

/* [new has SO_REUSEADDR][new has SO_REUSEPORT][old ...][old ...] */
static const char *const lacks[2][2][2][2] = {
	[0][0][0][0] = "neither this socket nor {old} has SO_REUSEADDR or SO_REUSEPORT",
	[0][0][0][1] = "this socket lacks SO_REUSEPORT, which {old} has",
	[0][0][1][0] = "this socket lacks SO_REUSEADDR, which {old} has",
	[0][0][1][1] = "this socket lacks SO_REUSEADDR and SO_REUSEPORT, which {old} has",
	[0][1][0][0] = "{old} lacks SO_REUSEPORT, which this socket has",
	[0][1][1][0] = "this socket has only SO_REUSEPORT and {old} only SO_REUSEADDR",
	[1][0][0][0] = "{old} lacks SO_REUSEADDR, which this socket has",
	[1][0][0][1] = "this socket has only SO_REUSEADDR and {old} only SO_REUSEPORT",
	[1][0][1][0] = "neither this socket nor {old} has SO_REUSEPORT",
	[1][0][1][1] = "this socket lacks SO_REUSEPORT, which {old} has",
	[1][1][0][0] = "{old} lacks SO_REUSEADDR and SO_REUSEPORT, which this socket has",
	[1][1][1][0] = "{old} lacks SO_REUSEPORT, which this socket has",
};

const char *lacks_text(const struct sock_info *binder, const struct sock_info *holder)
{
	const char *text = lacks[sock_reuse(binder)][binder->options.reuseport][sock_reuse(holder)]
				[holder->options.reuseport];

	return text ? text : "";
}

const char *holder_noun(const struct holder *holder, const char **ret_link)
{
	static const struct {
		enum rule_id reason;
		const char *noun, *link;
	} nouns[] = {
		{RULE_TIME_WAIT, "the TIME_WAIT remnant of a connection", "with"},
		{RULE_ORPHAN, "the closed connection", "with"},
		{RULE_ACCEPTED_CONNECTION, "the accepted connection", "from"},
		{RULE_OUTGOING_CONNECTION, "the outgoing connection", "to"},
	};

	*ret_link = "with";
	if (holder->sock.fin_wait2)
		return "the FIN_WAIT2 remnant of a connection";
	for (size_t i = 0; i < sizeof(nouns) / sizeof(nouns[0]); i++) {
		if ((enum rule_id)holder->reason == nouns[i].reason) {
			*ret_link = nouns[i].link;
			return nouns[i].noun;
		}
	}
	if (holder->sock.kernel)
		return "a socket of the kernel itself";
	if (holder->kind == KIND_IN_FLIGHT)
		return "a socket whose descriptor is in flight";
	return sock_is_connected(&holder->sock) ? "the connection" : "the holder";
}
