/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of the BSDs, macOS and Solaris against the order in which their
 * kernels ask, written down a second time: every combination of addresses,
 * options, users and states.
 */
#include "claims.h"

#include <stdio.h>

struct spot {
	const char *address, *word; /* "[::]:80", "dual" */
	bool v4, v6, any;
	int host; /* of specific addresses: which one */
	bool multicast, udp_only;
};

static const struct spot places[] = {
	{"0.0.0.0:80", "", true, false, true, 0, false, false},
	{"127.0.0.1:80", "", true, false, false, 1, false, false},
	{"127.0.0.2:80", "", true, false, false, 2, false, false},
	{"[::]:80", "dual", true, true, true, 0, false, false},
	{"[::]:80", "v6only", false, true, true, 0, false, false},
	{"[::1]:80", "", false, true, false, 3, false, false},
	{"[::ffff:127.0.0.1]:80", "", true, false, false, 1, false, false},
	{"224.0.0.1:80", "", true, false, false, 4, true, true},
};

struct side {
	struct spot at;
	bool tcp, addr, port, excl, connected, time_wait;
	unsigned int uid;
};

/* OpenBSD has no dual stack. */
static struct spot seen_by(enum system_id system, struct spot at)
{
	if (system == SYSTEM_OPENBSD && at.v4 && at.v6)
		at.v4 = false;
	return at;
}

static bool meet(const struct side *old, const struct side *new)
{
	bool shared = (old->at.v4 && new->at.v4) || (old->at.v6 && new->at.v6);

	return shared && (old->at.any || new->at.any || old->at.host == new->at.host);
}

/* in_pcblookup_local() without INPLOOKUP_WILDCARD */
static bool is_exact(const struct side *old, const struct side *new)
{
	return meet(old, new) && old->at.any == new->at.any && !old->connected && !old->time_wait;
}

static bool is_dual(const struct side *side)
{
	return side->at.v4 && side->at.v6;
}

/* An IPv4 socket on the one side, a dual-stack wildcard on the other. */
static bool is_mixed(const struct side *old, const struct side *new)
{
	return (is_dual(old) && !new->at.v6) || (is_dual(new) && !old->at.v6);
}

static bool both_any(const struct side *old, const struct side *new)
{
	return old->at.any && new->at.any;
}

/* The first question of each: may this user bind over that user's socket? */
static bool user_refused(enum system_id system, const struct side *old, const struct side *new)
{
	if (!new->uid || new->uid == old->uid || !meet(old, new))
		return false;
	if (system == SYSTEM_OPENBSD)
		return true;
	if (new->at.multicast)
		return false;
	if (system == SYSTEM_FREEBSD)
		return !old->time_wait && !(old->tcp && old->connected);
	if (system == SYSTEM_NETBSD)
		return !both_any(old, new) || !old->port;
	/* macOS: in6_pcbbind() for IPv6, where it looks at IPv4 as well for a dual-stack wildcard */
	if (new->at.v6 && !old->at.v6)
		return !old->port && !old->at.any;
	if (new->at.v6)
		return !both_any(old, new) || !old->port;
	return !both_any(old, new);
}

/* The second: is there a socket that shares no SO_REUSEPORT with this one? */
static bool bsd_accepts(enum system_id system, const struct side *old, const struct side *new)
{
	bool wild = !new->addr && !new->port;
	bool as_port = new->at.multicast && (new->addr || (system == SYSTEM_FREEBSD && new->port));
	bool found = wild ? meet(old, new) : is_exact(old, new);

	if (user_refused(system, old, new))
		return false;
	if (!found || (new->port && old->port))
		return true;
	if (as_port && (old->addr || old->port))
		return true;
	/* a dual-stack wildcard beside an IPv4 wildcard */
	return is_dual(new) && !old->at.v6 && old->at.any;
}

static bool solaris_accepts(const struct side *old, const struct side *new)
{
	bool same_family = old->at.v6 == new->at.v6;
	bool same = same_family && old->at.any == new->at.any && old->at.host == new->at.host;

	if ((old->excl || new->excl) && !old->time_wait)
		return !old->at.any && !new->at.any && !same;
	if (!same_family || !meet(old, new))
		return true;
	if (new->port && old->port &&new->uid == old->uid)
		return true;
	if (!new->tcp)
		return new->addr;
	return new->addr && (!same || old->connected || old->time_wait);
}

static void print_side(char *text, size_t size, const struct side *side)
{
	snprintf(text, size, "%s %s %s %s %s %s %s uid=%u", side->tcp ? "tcp" : "udp", side->at.address,
		 side->at.word, side->addr ? "reuseaddr" : "", side->port ? "reuseport" : "",
		 side->excl ? "exclusive" : "",
		 side->time_wait   ? "time-wait"
		 : side->connected ? "connected"
				   : "",
		 side->uid);
}

static void check(enum system_id system, struct side old, struct side new)
{
	char first[160], second[160];
	struct pair_row row;
	bool want;

	print_side(first, sizeof(first), &old);
	print_side(second, sizeof(second), &new);
	old.at = seen_by(system, old.at);
	new.at = seen_by(system, new.at);
	row = answer_of(system, first, second);
	if (row.reply == REPLY_UNDOCUMENTED) {
		assert_true(system == SYSTEM_NETBSD && is_mixed(&old, &new));
		return;
	}
	want = system == SYSTEM_SOLARIS ? solaris_accepts(&old, &new) : bsd_accepts(system, &old, &new);
	if ((row.reply == REPLY_ACCEPTED) != want)
		fail_msg("%s: %s, %s: %s instead of %s (%s)", system_name(system), first, second,
			 want ? "refused" : "accepted", want ? "accepted" : "refused", row.rule);
}

static struct side side_of(size_t place, unsigned int options, bool tcp, unsigned int uid)
{
	return (struct side){.at = places[place],
			     .tcp = tcp,
			     .addr = options & 1,
			     .port = options & 2,
			     .excl = options & 4,
			     .uid = uid};
}

static void check_states(enum system_id system, size_t one, size_t two, unsigned int options, bool tcp)
{
	static const unsigned int users[][2] = {{1, 1}, {1, 2}, {1, 0}};

	for (size_t u = 0; u < COUNT(users); u++)
		for (int state = 0; state < (tcp ? 3 : 2); state++) {
			struct side old = side_of(one, options / 8, tcp, users[u][0]);

			old.connected = state == 1;
			old.time_wait = state == 2;
			check(system, old, side_of(two, options % 8, tcp, users[u][1]));
		}
}

static void check_system(enum system_id system)
{
	for (size_t pair = 0; pair < COUNT(places) * COUNT(places); pair++)
		for (unsigned int options = 0; options < 64; options++)
			for (int tcp = 0; tcp < 2; tcp++) {
				size_t one = pair / COUNT(places), two = pair % COUNT(places);

				if (!tcp || (!places[one].udp_only && !places[two].udp_only))
					check_states(system, one, two, options, tcp);
			}
}

static void test_macos(void **state)
{
	(void)state;
	check_system(SYSTEM_MACOS);
}

static void test_freebsd(void **state)
{
	(void)state;
	check_system(SYSTEM_FREEBSD);
}

static void test_openbsd(void **state)
{
	(void)state;
	check_system(SYSTEM_OPENBSD);
}

static void test_netbsd(void **state)
{
	(void)state;
	check_system(SYSTEM_NETBSD);
}

static void test_solaris(void **state)
{
	(void)state;
	check_system(SYSTEM_SOLARIS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_macos),  cmocka_unit_test(test_freebsd), cmocka_unit_test(test_openbsd),
		cmocka_unit_test(test_netbsd), cmocka_unit_test(test_solaris),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
