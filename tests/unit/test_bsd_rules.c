/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of the BSDs, macOS and Solaris: each row is asked for by name, and no row is left out. */
#include "claims.h"

#include <stdio.h>
#include <string.h>

#include "rules/bsd.h"

#define BSD_TABLE "Stack Overflow 14388706, table of BSD"

#define S	  REPLY_ACCEPTED
#define I	  REPLY_INUSE

static const struct {
	enum system_id system;
	const struct pair_table *table;
	const char *source;
} systems[] = {
	{SYSTEM_MACOS, &table_macos, "xnu: in_pcbbind(), in6_pcbbind()"},
	{SYSTEM_FREEBSD, &table_freebsd, "FreeBSD: in_pcbbind_setup(), in6_pcbbind()"},
	{SYSTEM_OPENBSD, &table_openbsd, "OpenBSD: in_pcbbind(), in_pcbaddrisavail()"},
	{SYSTEM_NETBSD, &table_netbsd, "NetBSD: inpcb_bind_port()"},
};

/* The same on all four. */
static const struct {
	const char *first, *second;
	enum reply reply;
	const char *rule, *source;
} alike[] = {
	{"tcp 192.168.0.1:21", "tcp 192.168.0.1:21", I, "no-reuse", BSD_TABLE},
	{"tcp 192.168.0.1:21", "tcp 192.168.0.1:21 reuseaddr", I, "same-address", BSD_TABLE},
	{"tcp 192.168.0.1:21 reuseaddr listen", "tcp 192.168.0.1:21 reuseaddr listen", I, "same-address",
	 BSD_TABLE},
	{"tcp 192.168.0.1:21", "tcp 10.0.0.1:21", S, "other-address", BSD_TABLE},
	{"tcp 10.0.0.1:21", "tcp 192.168.0.1:21 reuseaddr", S, "other-address", BSD_TABLE},
	{"tcp 0.0.0.0:21", "tcp 192.168.1.1:21", I, "no-reuse", BSD_TABLE},
	{"tcp 192.168.1.1:21", "tcp 0.0.0.0:21", I, "no-reuse", BSD_TABLE},
	{"tcp 0.0.0.0:21", "tcp 192.168.1.1:21 reuseaddr", S, "specific-beside-wildcard", BSD_TABLE},
	{"tcp 192.168.1.1:21", "tcp 0.0.0.0:21 reuseaddr", S, "wildcard-beside-specific", BSD_TABLE},
	{"tcp 0.0.0.0:21", "tcp 0.0.0.0:21", I, "no-reuse", BSD_TABLE},
	{"tcp 0.0.0.0:21 reuseaddr", "tcp 0.0.0.0:21 reuseaddr", I, "same-address", BSD_TABLE},
	{"tcp 0.0.0.0:21 reuseport", "tcp 0.0.0.0:21 reuseport", S, "reuseport-both", "getsockopt(2)"},
	{"tcp 0.0.0.0:21 reuseport", "tcp 127.0.0.1:21 reuseport", S, "specific-beside-wildcard",
	 "in_pcblookup_local()"},
	{"tcp 127.0.0.1:21 reuseport", "tcp 0.0.0.0:21 reuseport", S, "wildcard-beside-specific",
	 "in_pcblookup_local()"},
	{"tcp 127.0.0.1:21 reuseport accepted", "tcp 127.0.0.1:21 reuseport", S, "connection-ignored",
	 "in_pcblookup_local()"},
	{"tcp 127.0.0.1:21 reuseport time-wait", "tcp 127.0.0.1:21 reuseport", S, "time-wait-reuse",
	 "in_pcblookup_local()"},
	{"udp 224.0.0.1:21 reuseaddr connected", "udp 224.0.0.1:21 reuseaddr reuseport", S,
	 "connection-ignored", "in_pcblookup_local()"},
	{"tcp 0.0.0.0:21", "tcp 0.0.0.0:21 reuseport", I, "same-address", "getsockopt(2): all must set it"},
	{"tcp 127.0.0.1:21 time-wait", "tcp 127.0.0.1:21", I, "time-wait", "in_pcblookup_local()"},
	{"tcp 127.0.0.1:21 time-wait", "tcp 127.0.0.1:21 reuseaddr", S, "time-wait-reuse",
	 "in_pcblookup_local()"},
	{"tcp 127.0.0.1:21 accepted", "tcp 0.0.0.0:21 reuseaddr", S, "connection-ignored",
	 "in_pcblookup_local()"},
	{"tcp 127.0.0.1:21 accepted", "tcp 0.0.0.0:21", I, "no-reuse", "in_pcblookup_local()"},
	{"udp 0.0.0.0:53 reuseaddr", "udp 0.0.0.0:53 reuseaddr", I, "same-address", "in_pcbbind()"},
	{"udp 0.0.0.0:53 reuseport multicast", "udp 0.0.0.0:53 reuseport multicast", S, "reuseport-both",
	 "getsockopt(2)"},
	{"udp 224.0.0.1:53 reuseaddr", "udp 224.0.0.1:53 reuseaddr", S, "multicast",
	 "in_pcbbind(): SO_REUSEADDR as SO_REUSEPORT for multicast"},
	{"udp 224.0.0.1:53 reuseport", "udp 224.0.0.1:53 reuseaddr", S, "multicast", "in_pcbbind()"},
	{"tcp [::]:80 v6only", "tcp 0.0.0.0:80", S, "other-family", "RFC 3493"},
	{"tcp 0.0.0.0:80", "udp 0.0.0.0:80", S, "other-protocol", "RFC 768"},
	{"tcp 0.0.0.0:80", "tcp 0.0.0.0:81", S, "free", "RFC 9293"},
	{"tcp 127.0.0.1:80 uid=1 reuseport", "tcp 127.0.0.1:80 uid=2 reuseport", I, "other-user",
	 "the uid check before the options"},
	{"tcp 127.0.0.1:80 uid=1 reuseport", "tcp 127.0.0.1:80 uid=0 reuseport", S, "reuseport-both",
	 "root is exempt from it"},
};

#define MAC	 SYSTEM_MACOS
#define FREE	 SYSTEM_FREEBSD
#define OPEN	 SYSTEM_OPENBSD
#define NET	 SYSTEM_NETBSD
#define SUN	 SYSTEM_SOLARIS
#define ANY6	 "tcp [::]:80 dual"
#define XNU	 "xnu: in_pcbbind()"
#define XNU6	 "xnu: in6_pcbbind()"
#define SETUP	 "FreeBSD: in_pcbbind_setup()"
#define BIND6	 "FreeBSD: in6_pcbbind()"
#define TCP_BIND "illumos: tcp_bindi()"
#define UDP_BIND "illumos: udp_do_bind()"

static const struct pair_case differing[] = {
	/* whose port may be bound over */
	{MAC, "tcp 0.0.0.0:80 uid=1 reuseport", "tcp 0.0.0.0:80 uid=2 reuseport", S, "reuseport-both", XNU},
	{MAC, "tcp 0.0.0.0:80 uid=1", "tcp 127.0.0.1:80 uid=2 reuseaddr", I, "other-user", XNU},
	{MAC, ANY6 " uid=1", "tcp 127.0.0.1:80 uid=2 reuseaddr", I, "other-user", XNU},
	{MAC, "tcp 127.0.0.1:80 uid=1", ANY6 " uid=2 reuseaddr", I, "other-user", XNU6},
	{MAC, "tcp 127.0.0.1:80 uid=1 reuseport", ANY6 " uid=2 reuseport", S, "wildcard-beside-specific",
	 XNU6},
	{MAC, "tcp [::]:80 uid=1", "tcp [::]:80 uid=2 reuseport", I, "other-user", XNU6},
	{MAC, "tcp [::]:80 uid=1 reuseport", "tcp [::]:80 uid=2 reuseport", S, "reuseport-both", XNU6},
	{MAC, "tcp 0.0.0.0:80 uid=1", "tcp 0.0.0.0:80 uid=2 reuseaddr", I, "same-address", XNU},
	{MAC, "udp [::]:80 dual uid=1", "udp 224.0.0.1:80 uid=2 reuseaddr", S, "specific-beside-wildcard",
	 XNU},
	{FREE, "udp 0.0.0.0:53 reuseaddr", "udp 224.0.0.1:53 reuseport", S, "specific-beside-wildcard",
	 SETUP},
	{MAC, "udp 224.0.0.1:53 uid=1 reuseaddr", "udp 224.0.0.1:53 uid=2 reuseaddr", S, "multicast", XNU},
	{FREE, "tcp 0.0.0.0:80 uid=1 reuseport", "tcp 0.0.0.0:80 uid=2 reuseport", I, "other-user", SETUP},
	{FREE, "tcp 127.0.0.1:80 uid=1 time-wait", "tcp 127.0.0.1:80 uid=2 reuseaddr", S, "time-wait-reuse",
	 SETUP},
	{FREE, "tcp 127.0.0.1:80 uid=1 accepted", "tcp 127.0.0.1:80 uid=2 reuseaddr", S, "connection-ignored",
	 SETUP},
	{FREE, "udp 127.0.0.1:53 uid=1 connected", "udp 127.0.0.1:53 uid=2 reuseaddr", I, "other-user",
	 SETUP},
	{FREE, "udp 224.0.0.1:53 uid=1 reuseaddr", "udp 224.0.0.1:53 uid=2 reuseaddr", S, "multicast", SETUP},
	{OPEN, "udp 224.0.0.1:53 uid=1 reuseaddr", "udp 224.0.0.1:53 uid=2 reuseaddr", I, "other-user",
	 "OpenBSD: in_pcbaddrisavail() makes no exception for multicast"},
	{OPEN, "tcp 127.0.0.1:80 uid=1 time-wait", "tcp 127.0.0.1:80 uid=2 reuseaddr", I, "other-user",
	 "OpenBSD: in_pcbaddrisavail()"},
	{NET, "tcp 0.0.0.0:80 uid=1 reuseport", "tcp 0.0.0.0:80 uid=2 reuseport", S, "reuseport-both",
	 "NetBSD: inpcb_bind_port()"},
	{NET, "tcp 0.0.0.0:80 uid=1", "tcp 0.0.0.0:80 uid=2 reuseport", I, "other-user",
	 "NetBSD: inpcb_bind_port()"},
	/* multicast: what SO_REUSEPORT alone on the second socket meets */
	{FREE, "udp 224.0.0.1:53 reuseaddr", "udp 224.0.0.1:53 reuseport", S, "multicast", SETUP},
	{MAC, "udp 224.0.0.1:53 reuseaddr", "udp 224.0.0.1:53 reuseport", I, "same-address", XNU},
	/* the dual stack */
	{MAC, "tcp [::]:80", "tcp 0.0.0.0:80", I, "no-reuse", "dual stack is macOS's default; " XNU},
	{MAC, "tcp 0.0.0.0:80", "tcp [::]:80", S, "dual-stack", XNU6},
	{MAC, "tcp [::]:80", "tcp [::ffff:0.0.0.0]:80", I, "no-reuse", XNU},
	{MAC, "tcp 127.0.0.1:80", "tcp [::]:80", I, "no-reuse", XNU6},
	{FREE, "tcp [::]:80", "tcp 0.0.0.0:80", S, "other-family", "net.inet6.ip6.v6only is 1"},
	{FREE, ANY6, "tcp 0.0.0.0:80", I, "no-reuse", SETUP},
	{FREE, "tcp 0.0.0.0:80", ANY6, S, "dual-stack", BIND6},
	{FREE, ANY6 " reuseport", "tcp 0.0.0.0:80 reuseport", S, "reuseport-both", SETUP},
	{OPEN, ANY6, "tcp 0.0.0.0:80", S, "other-family", "OpenBSD: ip6(4)"},
	{NET, "tcp [::]:80", "tcp 0.0.0.0:80", S, "other-family", "NetBSD: ip6(4), v6only is 1"},
	{NET, ANY6, "tcp 0.0.0.0:80", I, "no-reuse", "NetBSD: inpcb_bind_port() looks up the mapped address"},
	{NET, ANY6, "tcp 0.0.0.0:80 reuseaddr", REPLY_UNDOCUMENTED, "undocumented", "none"},
	{NET, "tcp 0.0.0.0:80", ANY6, REPLY_UNDOCUMENTED, "undocumented", "none"},
	/* SO_EXCLUSIVEADDRUSE is nothing here */
	{FREE, "tcp 0.0.0.0:80 exclusive", "tcp 127.0.0.1:80 reuseaddr", S, "specific-beside-wildcard",
	 "no such option"},

	/* Solaris: the chart of SO_EXCLBIND in tcp_bindi() */
	{SUN, "tcp 0.0.0.0:80 exclusive", "tcp 0.0.0.0:80 reuseaddr", I, "exclusive", TCP_BIND},
	{SUN, "tcp 0.0.0.0:80 exclusive", "tcp 127.0.0.1:80 reuseaddr", I, "exclusive", TCP_BIND},
	{SUN, "tcp 127.0.0.1:80 exclusive", "tcp 0.0.0.0:80 reuseaddr", I, "exclusive", TCP_BIND},
	{SUN, "tcp 127.0.0.1:80 exclusive", "tcp 127.0.0.2:80", S, "other-address", TCP_BIND},
	{SUN, "tcp 127.0.0.1:80", "tcp 0.0.0.0:80 exclusive reuseaddr", I, "exclusive", TCP_BIND},
	{SUN, "udp 0.0.0.0:80 reuseaddr", "udp 0.0.0.0:80 exclusive reuseaddr", I, "exclusive", UDP_BIND},
	{SUN, "tcp 127.0.0.1:80 time-wait exclusive", "tcp 127.0.0.1:80 reuseaddr", S, "time-wait-reuse",
	 "illumos: SET_TIME_WAIT() clears it"},
	{SUN, "tcp [::]:80 v6only exclusive", "tcp 127.0.0.1:80", I, "exclusive", TCP_BIND},
	{SUN, "tcp [::1]:80 exclusive", "tcp 0.0.0.0:80", I, "exclusive", TCP_BIND},
	{SUN, "tcp [::]:80 v6only", "tcp 127.0.0.1:80 exclusive", I, "exclusive", TCP_BIND},
	{SUN, "tcp [::1]:80", "tcp 0.0.0.0:80 exclusive", I, "exclusive", TCP_BIND},
	{SUN, "tcp [::1]:80 exclusive", "tcp 127.0.0.1:80", S, "other-family", TCP_BIND},
	{SUN, "tcp [::]:80", "tcp 0.0.0.0:80", S, "other-family", TCP_BIND},
	/* ... and the rest of it */
	{SUN, "tcp 127.0.0.1:80", "tcp 127.0.0.1:80", I, "no-reuse", TCP_BIND},
	{SUN, "tcp 127.0.0.1:80 listen", "tcp 127.0.0.1:80 reuseaddr", I, "same-address", TCP_BIND},
	{SUN, "tcp 0.0.0.0:80 listen", "tcp 127.0.0.1:80 reuseaddr", S, "specific-beside-wildcard", TCP_BIND},
	{SUN, "tcp 127.0.0.1:80 listen", "tcp 0.0.0.0:80 reuseaddr", S, "wildcard-beside-specific", TCP_BIND},
	{SUN, "tcp 127.0.0.1:80 time-wait", "tcp 127.0.0.1:80", I, "time-wait", TCP_BIND},
	{SUN, "tcp 127.0.0.1:80 accepted", "tcp 127.0.0.1:80 reuseaddr", S, "connection-ignored", TCP_BIND},
	{SUN, "tcp 127.0.0.1:80 accepted", "tcp 127.0.0.1:80", I, "no-reuse", TCP_BIND},
	{SUN, "tcp 127.0.0.1:80 reuseport", "tcp 127.0.0.1:80 reuseport", S, "reuseport-both",
	 "illumos: SO_REUSEPORT"},
	{SUN, "tcp 127.0.0.1:80 reuseport uid=1", "tcp 127.0.0.1:80 reuseport uid=2", I, "no-reuse",
	 "illumos: SO_REUSEPORT, same uid"},
	{SUN, "udp 0.0.0.0:53", "udp 0.0.0.0:53 reuseaddr", S, "udp-reuseaddr", UDP_BIND},
	{SUN, "tcp 127.0.0.1:80 reuseaddr", "tcp 127.0.0.1:80 reuseport", I, "no-reuse", TCP_BIND},
	{SUN, "tcp 127.0.0.1:80 reuseport reuseaddr", "tcp 127.0.0.1:80 reuseaddr", I, "same-address",
	 TCP_BIND},
	{SUN, "udp 0.0.0.0:53 multicast", "udp 0.0.0.0:53 reuseaddr multicast", S, "udp-reuseaddr", UDP_BIND},
	{SUN, "udp 0.0.0.0:53 reuseaddr", "udp 0.0.0.0:53", I, "no-reuse", UDP_BIND},
	{SUN, "tcp 0.0.0.0:80", "udp 0.0.0.0:80", S, "other-protocol", "RFC 768"},
	{SUN, "tcp 0.0.0.0:80 exclusive", "tcp 127.0.0.1:81", S, "free", "RFC 9293"},
	{SUN, "tcp 127.0.0.1:80 exclusive", "tcp 0.0.0.0:81", S, "free", "RFC 9293"},
	{SUN, "tcp 0.0.0.0:80", "udp 127.0.0.1:80 exclusive", S, "other-protocol", "RFC 768"},
	{SUN, "tcp 127.0.0.1:80", "udp 0.0.0.0:80 exclusive", S, "other-protocol", "RFC 768"},
};

static void test_alike(void **state)
{
	(void)state;
	for (size_t s = 0; s < COUNT(systems); s++)
		for (size_t i = 0; i < COUNT(alike); i++) {
			const struct pair_case one = {systems[s].system, alike[i].first, alike[i].second,
						      alike[i].reply,	 alike[i].rule,	 alike[i].source};

			check_pairs(&one, 1);
		}
}

static void test_differing(void **state)
{
	(void)state;
	check_pairs(differing, COUNT(differing));
}

/* Who answers, where two rows differ in nothing else. */
static void test_delivery(void **state)
{
	static const struct {
		enum system_id system;
		const char *first, *second, *delivery;
	} cases[] = {
		{SUN, "udp 0.0.0.0:53 multicast", "udp 0.0.0.0:53 reuseaddr multicast", "every member"},
		{SUN, "udp 0.0.0.0:53", "udp 0.0.0.0:53 reuseaddr", "undocumented for unicast"},
		{MAC, "udp 0.0.0.0:53 reuseport", "udp 0.0.0.0:53 reuseport", "no balance"},
		{MAC, "udp 0.0.0.0:53 reuseport multicast", "udp 0.0.0.0:53 reuseport multicast",
		 "every socket"},
		{FREE, "tcp 0.0.0.0:80 reuseport", "tcp 0.0.0.0:80 reuseport", "SO_REUSEPORT_LB"},
		{FREE, "udp 0.0.0.0:80 reuseport multicast", "udp 0.0.0.0:80 reuseport multicast",
		 "every socket"},
		{OPEN, "tcp 0.0.0.0:80 reuseport", "tcp 0.0.0.0:80 reuseport", "no balance"},
		{OPEN, "udp 0.0.0.0:80 reuseport multicast", "udp 0.0.0.0:80 reuseport multicast",
		 "every socket"},
		{NET, "tcp 0.0.0.0:80 reuseport", "tcp 0.0.0.0:80 reuseport", "no balance"},
		{NET, "udp 0.0.0.0:80 reuseport multicast", "udp 0.0.0.0:80 reuseport multicast",
		 "every socket"},
		{FREE, "tcp 0.0.0.0:80", ANY6, "the IPv4 socket gets IPv4"},
		{MAC, "tcp 0.0.0.0:80", "tcp 127.0.0.1:80 reuseaddr", "this socket gets"},
		{MAC, "tcp 127.0.0.1:80", "tcp 0.0.0.0:80 reuseaddr", "the holder gets"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pair_row row = answer_of(cases[i].system, cases[i].first, cases[i].second);

		if (!row.delivery || !strstr(row.delivery, cases[i].delivery))
			fail_msg("%s: %s, %s: %s", system_name(cases[i].system), cases[i].first,
				 cases[i].second, row.delivery ? row.delivery : "nobody answers");
	}
}

struct coverage {
	const struct pair_rows *rows;
	bool hit[32];
};

/* Asks as table_pair() does, and marks the row that answered. */
static void mark(struct coverage parts[3], uint32_t bits)
{
	for (size_t p = 0; p < 3; p++) {
		const struct pair_row *row = pair_find(parts[p].rows->rows, parts[p].rows->count, bits);

		if (p == 1 && pair_apart(bits))
			return;
		if (row) {
			parts[p].hit[row - parts[p].rows->rows] = true;
			return;
		}
	}
}

static void mark_case(struct coverage parts[3], enum system_id system, const char *first, const char *second)
{
	struct claim old = claim_of(first), new = claim_of(second);

	mark(parts, pair_bits(&old, &new, system_traits(system)));
}

static void check_coverage(enum system_id system, const struct pair_table *table, bool has_alike)
{
	struct coverage parts[3] = {
		{.rows = &table->before}, {.rows = &table->own}, {.rows = &table->shared}};

	for (size_t i = 0; i < COUNT(alike) && has_alike; i++)
		mark_case(parts, system, alike[i].first, alike[i].second);
	for (size_t i = 0; i < COUNT(differing); i++)
		if (differing[i].system == system)
			mark_case(parts, system, differing[i].first, differing[i].second);
	for (size_t p = 0; p < 3; p++)
		for (size_t i = 0; i < parts[p].rows->count; i++)
			if (!parts[p].hit[i])
				fail_msg("%s: no case asks for row %zu of part %zu (%s)", system_name(system),
					 i, p, parts[p].rows->rows[i].rule);
}

static void test_every_row(void **state)
{
	(void)state;
	for (size_t s = 0; s < COUNT(systems); s++)
		check_coverage(systems[s].system, systems[s].table, true);
	check_coverage(SYSTEM_SOLARIS, &table_solaris, false);
}

/* All bits that could come together: an answer, and one with a source. */
static void test_always_an_answer(void **state)
{
	static const char *const addresses[] = {"0.0.0.0:80",	  "127.0.0.1:80", "[::]:80 dual",
						"[::]:80 v6only", "[::1]:80",	  "[::ffff:127.0.0.1]:80"};
	static const char *const options[] = {"",	   "reuseaddr",		  "reuseport",
					      "exclusive", "reuseaddr reuseport", "reuseport exclusive"};
	static const char *const states[] = {"uid=1", "uid=0 listen", "time-wait", "connected"};
	char old[160], new[160];

	(void)state;
	for (size_t n = 0; n < 6 * 6 * 6 * 6 * 4; n++) {
		snprintf(old, sizeof(old), "tcp %s %s %s", addresses[n % 6], options[n / 6 % 6],
			 states[n / 1296]);
		snprintf(new, sizeof(new), "tcp %s %s uid=2", addresses[n / 36 % 6], options[n / 216 % 6]);
		for (enum system_id system = SYSTEM_WINDOWS; system < SYSTEM_MAX; system++)
			answer_of(system, old, new);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alike),
		cmocka_unit_test(test_differing),
		cmocka_unit_test(test_delivery),
		cmocka_unit_test(test_every_row),
		cmocka_unit_test(test_always_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
