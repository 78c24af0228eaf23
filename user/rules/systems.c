/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/systems.h"

#include <errno.h>
#include <string.h>

#include "rules/bsd.h"
#include "rules/windows.h"

static const struct {
	const char *name, *title;
	unsigned int traits;
	const struct pair_table *table; /* NULL: Linux and Windows */
	enum windows_version version;
} systems[SYSTEM_MAX] = {
	/* net.ipv6.bindv6only is 0 */
	[SYSTEM_LINUX] = {"linux", "Linux", TRAIT_REUSEPORT, NULL, 0},
	[SYSTEM_WINDOWS] = {"windows", "Windows (Server 2003, Vista and later)",
			    TRAIT_EXCLUSIVE | TRAIT_V6ONLY, NULL, WINDOWS_SERVER_2003},
	/* IPV6_V6ONLY came with Vista: before, the two stacks are apart */
	[SYSTEM_WINDOWS_XP] = {"windows-xp", "Windows XP and 2000", TRAIT_EXCLUSIVE | TRAIT_V6ONLY_FIXED,
			       NULL, WINDOWS_XP},
	[SYSTEM_MACOS] = {"macos", "macOS", TRAIT_REUSEPORT, &table_macos, 0},
	/* net.inet6.ip6.v6only is 1 */
	[SYSTEM_FREEBSD] = {"freebsd", "FreeBSD", TRAIT_REUSEPORT | TRAIT_V6ONLY, &table_freebsd, 0},
	/* ip6(4): IPv6 sockets never serve IPv4 */
	[SYSTEM_OPENBSD] = {"openbsd", "OpenBSD", TRAIT_REUSEPORT | TRAIT_V6ONLY_FIXED, &table_openbsd, 0},
	[SYSTEM_NETBSD] = {"netbsd", "NetBSD", TRAIT_REUSEPORT | TRAIT_V6ONLY, &table_netbsd, 0},
	[SYSTEM_SOLARIS] = {"solaris", "Solaris and illumos", TRAIT_REUSEPORT | TRAIT_EXCLUSIVE,
			    &table_solaris, 0},
};

static const struct {
	const char *unix_name, *winsock_name;
	int winsock_code;
} errors[REPLY_MAX] = {
	[REPLY_INUSE] = {"EADDRINUSE", "WSAEADDRINUSE", 10048},
	[REPLY_ACCESS] = {"EACCES", "WSAEACCES", 10013},
	[REPLY_REFUSED] = {"EADDRINUSE", "WSAEADDRINUSE or WSAEACCES", 0},
	[REPLY_INVALID] = {"EINVAL", "WSAEINVAL", 10022},
};

const char *system_name(enum system_id system)
{
	return systems[system].name;
}

const char *system_title(enum system_id system)
{
	return systems[system].title;
}

int system_from_name(const char *name, size_t length)
{
	for (int i = 0; i < SYSTEM_MAX; i++)
		if (strlen(systems[i].name) == length && !memcmp(systems[i].name, name, length))
			return i;
	return -EINVAL;
}

unsigned int system_traits(enum system_id system)
{
	return systems[system].traits;
}

void system_pair(enum system_id system, const struct claim *first, const struct claim *second,
		 struct pair_row *ret_row)
{
	uint32_t bits = pair_bits(first, second, systems[system].traits);

	if (systems[system].table)
		table_pair(systems[system].table, bits, ret_row);
	else
		windows_pair(systems[system].version, bits, ret_row);
}

static bool is_windows(enum system_id system)
{
	return system == SYSTEM_WINDOWS || system == SYSTEM_WINDOWS_XP;
}

const struct pair_row *system_alone(enum system_id system, const struct claim *claim)
{
	return is_windows(system) ? windows_alone(pair_bits(claim, claim, systems[system].traits)) : NULL;
}

const struct decision decision_free = {
	.row = {0, 0, REPLY_ACCEPTED, "free", "port was free", NULL, "RFC 9293, RFC 768"}, .holder = -1};

static int rank(const struct pair_row *row)
{
	if (reply_is_refusal(row->reply))
		return 4;
	if (row->reply == REPLY_UNDOCUMENTED)
		return 3;
	return row->delivery ? 2 : 1;
}

void decision_add(struct decision *decision, enum system_id system, const struct claim *first,
		  const struct claim *second, int holder)
{
	struct pair_row row;

	system_pair(system, first, second, &row);
	if (rank(&row) <= decision->rank)
		return;
	*decision = (struct decision){.row = row, .rank = rank(&row), .holder = holder};
}

bool reply_is_refusal(enum reply reply)
{
	return errors[reply].unix_name;
}

const char *system_error(enum system_id system, enum reply reply)
{
	return is_windows(system) ? errors[reply].winsock_name : errors[reply].unix_name;
}

int system_error_code(enum system_id system, enum reply reply)
{
	if (is_windows(system))
		return errors[reply].winsock_code;
	return 0; /* errno numbers of other Unix systems are not Linux's */
}

static const struct {
	enum system_id system;
	uint32_t need;
	const char *sentence;
} remarks[] = {
	{SYSTEM_WINDOWS, P_SAME | P_NEW_ADDR | P_OLD_ADDR,
	 "DisableAddressSharing=1 in the registry forbids it (documented for Server 2003 only)"},
	{SYSTEM_WINDOWS_XP, P_NEW_EXCL,
	 "SO_EXCLUSIVEADDRUSE needs an administrator before XP SP2 and 2000 SP4 (KB870562)"},
	{SYSTEM_SOLARIS, P_NEW_PORT | P_OLD_PORT, "before Solaris 11.4 there is no SO_REUSEPORT"},
};

const char *system_remark(enum system_id system, const struct claim *first, const struct claim *second)
{
	uint32_t bits = pair_bits(first, second, systems[system].traits);

	for (size_t i = 0; i < sizeof(remarks) / sizeof(remarks[0]); i++)
		if (remarks[i].system == system && (bits & remarks[i].need) == remarks[i].need)
			return remarks[i].sentence;
	return NULL;
}

enum ignored { IGNORED_REUSEPORT, IGNORED_EXCLUSIVE, IGNORED_DUAL, IGNORED_DEVICE, IGNORED_MAX };

static bool is_ignored(enum ignored what, enum system_id system, const struct claim *claim)
{
	const struct sock_info *sock = &claim->sock;
	unsigned int traits = systems[system].traits;

	switch (what) {
	case IGNORED_REUSEPORT:
		return sock->options.reuseport && !(traits & TRAIT_REUSEPORT);
	case IGNORED_EXCLUSIVE:
		return sock->winsock_options.exclusive && !(traits & TRAIT_EXCLUSIVE);
	case IGNORED_DUAL:
		return claim->v6 == V6_DUAL && traits & TRAIT_V6ONLY_FIXED;
	default:
		return (sock->ifindex || sock->device[0]) && system != SYSTEM_LINUX;
	}
}

const char *system_ignores(enum system_id system, const struct claim *claim, size_t index)
{
	static const char *const sentences[IGNORED_MAX] = {
		[IGNORED_REUSEPORT] = "SO_REUSEPORT does not exist there",
		[IGNORED_EXCLUSIVE] = "there is no option for an exclusive bind there",
		[IGNORED_DUAL] = "IPv6 sockets never serve IPv4 there",
		[IGNORED_DEVICE] = "the device is not looked at when ports are compared there",
	};

	for (int what = 0; what < IGNORED_MAX; what++)
		if (is_ignored((enum ignored)what, system, claim) && !index--)
			return sentences[what];
	return NULL;
}
