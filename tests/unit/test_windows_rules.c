/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Winsock's rules against the published tables, cell by cell, and against what was seen on Windows. */
#include "claims.h"

#include <stdio.h>
#include <string.h>

#define LEARN "learn.microsoft.com: Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE"
#define WINE  "Wine's test_reuseaddr, run on Windows"

/* In the order of the tables: the options and the address of a bind. */
static const struct {
	const char *address, *options;
} kinds[6] = {
	{"0.0.0.0", ""},	  {"127.0.0.1", ""},
	{"0.0.0.0", "reuseaddr"}, {"127.0.0.1", "reuseaddr"},
	{"0.0.0.0", "exclusive"}, {"127.0.0.1", "exclusive"},
};

#define S REPLY_ACCEPTED
#define I REPLY_INUSE
#define A REPLY_ACCESS

/* rows: first bind, columns: second bind; as the page has them */
static const struct {
	enum system_id system;
	const char *source;
	const char *users[2];
	int cells[6][6];
} tables[] = {
	{SYSTEM_WINDOWS_XP,
	 LEARN ", Windows XP and earlier",
	 {"", ""},
	 {
		 {I, I, S, S, I, I},
		 {I, I, S, S, I, I},
		 {I, I, S, S, I, I},
		 {I, I, S, S, I, I},
		 {I, I, A, A, I, I},
		 {I, I, A, A, I, I},
	 }},
	{SYSTEM_WINDOWS,
	 LEARN ", Server 2003 and later, both binds by the same user",
	 {"", ""},
	 {
		 {I, S, A, S, I, S},
		 {S, I, S, A, I, I},
		 {I, S, S, S, I, S},
		 {S, I, S, S, I, I},
		 {I, A, A, A, I, A},
		 {S, I, S, A, I, I},
	 }},
	{SYSTEM_WINDOWS,
	 LEARN ", Server 2003 and later, different users",
	 {"uid=1", "uid=2"},
	 {
		 {I, A, A, A, I, A},
		 {S, I, S, A, I, I},
		 {I, A, S, S, I, A},
		 {S, I, S, S, I, I},
		 {I, A, A, A, I, A},
		 {S, I, S, A, I, I},
	 }},
};

/*
 * The one cell where the driver's documentation ("Sharing Transport Addresses":
 * STATUS_ACCESS_DENIED) and Learn (WSAEADDRINUSE) disagree.
 */
static bool is_disputed(enum system_id system, size_t first, size_t second)
{
	return system == SYSTEM_WINDOWS && first == 3 && second == 1;
}

static void check_cell(size_t t, size_t first, size_t second, const char *protocol)
{
	char old[80], new[80];
	struct pair_row row;

	snprintf(old, sizeof(old), "%s %s:80 %s %s", protocol, kinds[first].address, kinds[first].options,
		 tables[t].users[0]);
	snprintf(new, sizeof(new), "%s %s:80 %s %s", protocol, kinds[second].address, kinds[second].options,
		 tables[t].users[1]);
	row = answer_of(tables[t].system, old, new);
	if (is_disputed(tables[t].system, first, second)) {
		assert_int_equal(row.reply, REPLY_REFUSED);
		assert_int_equal(tables[t].cells[first][second], I);
		assert_non_null(strstr(row.source, "WSK"));
		assert_non_null(strstr(row.source, "Learn"));
	} else if ((int)row.reply != tables[t].cells[first][second]) {
		fail_msg("'%s', '%s': %d instead of %d (%s)", old, new, row.reply,
			 tables[t].cells[first][second], tables[t].source);
	}
	/* the two overlap: an accepted bind shares, and somebody must be told to answer */
	if (row.reply == REPLY_ACCEPTED)
		assert_non_null(row.delivery);
}

static void test_tables(void **state)
{
	size_t cells = 0;

	(void)state;
	for (size_t t = 0; t < COUNT(tables); t++)
		for (size_t first = 0; first < 6; first++)
			for (size_t second = 0; second < 6; second++, cells++) {
				check_cell(t, first, second, "tcp");
				check_cell(t, first, second, "udp");
			}
	assert_int_equal(cells, 3 * 36);
}

/* "S/S" of the tables is one specific address: two different ones never conflict. */
static void test_other_address(void **state)
{
	(void)state;
	for (size_t first = 1; first < 6; first += 2)
		for (size_t second = 1; second < 6; second += 2) {
			char old[80], new[80];

			snprintf(old, sizeof(old), "tcp 127.0.0.1:80 %s", kinds[first].options);
			snprintf(new, sizeof(new), "tcp 127.0.0.2:80 %s uid=7", kinds[second].options);
			assert_int_equal(answer_of(SYSTEM_WINDOWS, old, new).reply, REPLY_ACCEPTED);
			assert_string_equal(answer_of(SYSTEM_WINDOWS, old, new).rule, "other-address");
		}
}

#define ANY6 "tcp [::]:80 dual"
#define WIN  SYSTEM_WINDOWS

static const struct pair_case prose[] = {
	/* in one stack */
	{WIN, "tcp 127.0.0.1:80", "tcp 127.0.0.1:80 reuseaddr", A, "no-reuse", WINE},
	{WIN, "tcp 127.0.0.1:80 reuseaddr listen", "tcp 127.0.0.1:80 reuseaddr listen", S, "reuseaddr-both",
	 WINE},
	{WIN, "tcp 0.0.0.0:80 listen", "tcp 127.0.0.1:80 listen", S, "specific-beside-wildcard", WINE},
	{WIN, "tcp 0.0.0.0:80", "tcp 127.0.0.1:80 exclusive", S, "specific-beside-wildcard", WINE},
	{WIN, "tcp 0.0.0.0:80 exclusive", "tcp 127.0.0.1:80 exclusive", A, "exclusive", WINE},
	{WIN, "tcp 127.0.0.1:80 exclusive", "tcp 0.0.0.0:80", S, "wildcard-beside-specific", WINE},
	{WIN, "tcp 127.0.0.1:80", "tcp 0.0.0.0:80 exclusive", I, "exclusive", WINE},
	{WIN, "tcp 127.0.0.1:80 exclusive", "tcp 127.0.0.1:80", I, "exclusive", WINE},
	{WIN, "tcp 127.0.0.1:80", "tcp 127.0.0.1:80 exclusive", I, "exclusive", WINE},
	/* in two */
	{WIN, ANY6 " exclusive", "tcp 127.0.0.1:80", A, "exclusive", WINE},
	{WIN, ANY6 " exclusive", "tcp 0.0.0.0:80", A, "exclusive", WINE},
	{WIN, ANY6 " exclusive", "tcp 127.0.0.1:80 reuseaddr", A, "exclusive", WINE},
	{WIN, ANY6 " exclusive", "tcp 0.0.0.0:80 reuseaddr", A, "exclusive", WINE},
	{WIN, "tcp 127.0.0.1:80", ANY6 " exclusive", REPLY_REFUSED, "exclusive",
	 WINE " (10048) and " LEARN " (10013)"},
	{WIN, "tcp [::1]:80", "tcp 0.0.0.0:80 exclusive", S, "other-family", WINE},
	{WIN, "tcp [::ffff:127.0.0.1]:80", "tcp 0.0.0.0:80 exclusive", I, "exclusive", WINE},
	{WIN, ANY6, "tcp 0.0.0.0:80", S, "dual-stack", WINE},
	{WIN, ANY6, "tcp 0.0.0.0:80 exclusive", S, "dual-stack", WINE},
	{WIN, ANY6, "tcp [::ffff:0.0.0.0]:80", S, "dual-stack", "a mapped address is an IPv4 one; " WINE},
	{WIN, "tcp [::ffff:0.0.0.0]:80", ANY6, REPLY_UNDOCUMENTED, "undocumented", "none"},
	{WIN, "tcp [::ffff:0.0.0.0]:80", "tcp 0.0.0.0:80", I, "no-reuse", WINE},
	/* IPV6_V6ONLY is the default on Windows */
	{WIN, "tcp [::]:80 exclusive", "tcp 0.0.0.0:80 exclusive", S, "other-family", LEARN},
	{SYSTEM_WINDOWS_XP, ANY6, "tcp 0.0.0.0:80", S, "other-family", LEARN},
	/* a dual-stack wildcard must pass in both stacks */
	{WIN, ANY6 " uid=1", "tcp 127.0.0.1:80 uid=2", A, "other-user", LEARN},
	{WIN, ANY6, "tcp 127.0.0.1:80", S, "specific-beside-wildcard", LEARN},
	{WIN, ANY6 " reuseaddr", "tcp 0.0.0.0:80 reuseaddr", S, "dual-stack", LEARN},
	{WIN, "tcp 127.0.0.1:80", ANY6, S, "wildcard-beside-specific", LEARN},
	{WIN, "tcp 0.0.0.0:80 reuseaddr", ANY6 " reuseaddr", S, "dual-stack", LEARN},
	{WIN, "tcp 0.0.0.0:80 exclusive", ANY6 " reuseaddr", A, "exclusive", LEARN},
	{WIN, "tcp 0.0.0.0:80 exclusive", ANY6, REPLY_REFUSED, "exclusive", LEARN},
	{WIN, ANY6 " exclusive", "tcp 0.0.0.0:80 exclusive", REPLY_REFUSED, "exclusive", LEARN},
	{WIN, ANY6, "tcp 0.0.0.0:80 reuseaddr", REPLY_UNDOCUMENTED, "undocumented", "none"},
	{WIN, "tcp 0.0.0.0:80", ANY6, REPLY_UNDOCUMENTED, "undocumented", "none"},
	{WIN, ANY6, ANY6, I, "no-reuse", LEARN},
	{WIN, "tcp [::1]:80 listen", ANY6, S, "wildcard-beside-specific", LEARN},
	/* what is left of connections, option conflicts, options that do not exist */
	{WIN, "tcp 127.0.0.1:80 time-wait", "tcp 127.0.0.1:80", S, "time-wait-ignored",
	 "libuv#1360, KB307175"},
	{WIN, "tcp 127.0.0.1:80 accepted", "tcp 0.0.0.0:80", S, "connection-ignored", "KB307175"},
	{WIN, "tcp 127.0.0.1:80 accepted exclusive", "tcp 127.0.0.1:80 exclusive", S, "connection-ignored",
	 "Trio's time-wait-windows-exclusiveaddruse.py, Windows 10"},
	{WIN, "tcp 127.0.0.1:80", "tcp 127.0.0.2:80 reuseaddr exclusive", REPLY_INVALID, "both-options",
	 WINE ", libtorrent#1981"},
	{WIN, "tcp 0.0.0.0:80 reuseport", "tcp 0.0.0.0:80 reuseport", I, "no-reuse",
	 "Windows has no SO_REUSEPORT"},
	{WIN, "udp 0.0.0.0:53 reuseaddr multicast", "udp 0.0.0.0:53 reuseaddr multicast", S, "reuseaddr-both",
	 LEARN ": multicast reaches all"},
	{WIN, "tcp 0.0.0.0:53", "udp 0.0.0.0:53 exclusive", S, "other-protocol", "RFC 768"},
	/* before Server 2003 the second socket alone decided */
	{SYSTEM_WINDOWS_XP, "tcp 127.0.0.1:80 time-wait", "tcp 127.0.0.1:80", S, "time-wait-ignored",
	 "KB307175"},
	{SYSTEM_WINDOWS_XP, "tcp 127.0.0.1:80 accepted", "tcp 127.0.0.1:80", S, "connection-ignored",
	 "KB307175"},
	{SYSTEM_WINDOWS_XP, "tcp 127.0.0.1:80 accepted exclusive", "tcp 127.0.0.1:80", REPLY_REFUSED,
	 "exclusive", LEARN},
	{SYSTEM_WINDOWS_XP, "tcp 127.0.0.1:80", "tcp 127.0.0.1:80 reuseaddr uid=7", S, "reuseaddr-new",
	 LEARN},
};

static void test_prose(void **state)
{
	(void)state;
	check_pairs(prose, COUNT(prose));
	assert_non_null(strstr(
		answer_of(WIN, "udp 0.0.0.0:53 reuseaddr multicast", "udp 0.0.0.0:53 reuseaddr multicast")
			.delivery,
		"every member"));
	assert_non_null(
		strstr(answer_of(WIN, "tcp 127.0.0.1:80 reuseaddr", "tcp 127.0.0.1:80 reuseaddr").delivery,
		       "undefined"));
}

/* The sentence and who answers, for each kind of answer; the source is the table's. */
static const struct {
	enum system_id system;
	const char *first, *second;
	const char *rule, *because, *delivery; /* parts; NULL: nobody shares */
} sentences[] = {
	{WIN, ANY6, "tcp 0.0.0.0:80", "dual-stack", "an IPv4 wildcard and a dual-stack", "undocumented"},
	{WIN, "udp 0.0.0.0:53 reuseaddr multicast", "udp 0.0.0.0:53 reuseaddr multicast", "reuseaddr-both",
	 "SO_REUSEADDR on both", "every member"},
	{WIN, "udp 224.0.0.1:53 reuseaddr", "udp 224.0.0.1:53 reuseaddr", "reuseaddr-both",
	 "SO_REUSEADDR on both", "every member"},
	{WIN, "udp 0.0.0.0:53 reuseaddr multicast", "udp 0.0.0.0:53 reuseaddr", "reuseaddr-both",
	 "SO_REUSEADDR on both", "undefined by the documentation for unicast"},
	{WIN, "udp 0.0.0.0:53 multicast", "udp 127.0.0.1:53 multicast", "specific-beside-wildcard",
	 "no option is needed", "this socket gets what is sent to its address"},
	{WIN, "udp 127.0.0.1:53 multicast reuseaddr", "udp 0.0.0.0:53 multicast reuseaddr",
	 "wildcard-beside-specific", "another one to Windows", "the holder gets what is sent to its address"},
	{WIN, "tcp 127.0.0.1:80 reuseaddr", "tcp 127.0.0.1:80 reuseaddr listen", "reuseaddr-both",
	 "and listen on it", "whichever listens"},
	{WIN, "tcp 127.0.0.1:80 reuseaddr listen", "tcp 127.0.0.1:80 reuseaddr listen", "reuseaddr-both",
	 "and listen on it", "listened first"},
	{WIN, "tcp 0.0.0.0:80 reuseaddr listen", "tcp 127.0.0.1:80 reuseaddr uid=7", "reuseaddr-both",
	 "whoever the users are", "this socket gets what is sent to its address"},
	{WIN, "tcp 0.0.0.0:80 reuseaddr", "tcp 127.0.0.1:80", "specific-beside-wildcard",
	 "no option is needed", "this socket gets"},
	{WIN, "tcp 0.0.0.0:80", "tcp 127.0.0.1:80 reuseaddr", "specific-beside-wildcard",
	 "no option is needed", "this socket gets"},
	{WIN, "tcp 127.0.0.1:80 listen", "tcp 0.0.0.0:80", "wildcard-beside-specific",
	 "another one to Windows", "the holder gets"},
	{WIN, "tcp 127.0.0.1:80 reuseaddr", "tcp 127.0.0.1:80 exclusive", "exclusive", "on this socket",
	 NULL},
	{WIN, "tcp 0.0.0.0:80 exclusive", "tcp 0.0.0.0:80", "exclusive", "the holder has the address with",
	 NULL},
	{WIN, "tcp 0.0.0.0:80 reuseaddr", "tcp 0.0.0.0:80", "no-reuse", "the holder has SO_REUSEADDR", NULL},
	{WIN, "tcp 0.0.0.0:80", "tcp 0.0.0.0:80", "no-reuse", "neither socket", NULL},
	{WIN, "tcp 0.0.0.0:80 exclusive uid=1", "tcp 127.0.0.1:80 uid=2", "exclusive", "the holder set",
	 NULL},
	{WIN, "tcp 0.0.0.0:80 uid=1", "tcp 0.0.0.0:80 reuseaddr uid=2", "no-reuse", "must have set it, too",
	 NULL},
	{WIN, "tcp 127.0.0.1:80 uid=1", "tcp 127.0.0.1:80 reuseaddr uid=2", "no-reuse",
	 "must have set it, too", NULL},
	{WIN, "tcp 0.0.0.0:80 exclusive", ANY6, "exclusive", "the holder is exclusive", NULL},
	{WIN, "tcp 127.0.0.1:80", ANY6 " exclusive", "exclusive", "must pass in both stacks", NULL},
	{WIN, "tcp 127.0.0.1:80 reuseaddr", "tcp 127.0.0.1:80", "no-reuse", "sources disagree", NULL},
	{WIN, "tcp 127.0.0.1:80 accepted", "tcp 127.0.0.1:80", "connection-ignored", "only at sockets", NULL},
	{WIN, "tcp 127.0.0.1:80 accepted exclusive", "tcp 127.0.0.1:80", "connection-ignored",
	 "measured on Windows 10", NULL},
	/* a connected UDP socket has its port as a bound one */
	{WIN, "udp 127.0.0.1:53 connected", "udp 127.0.0.1:53", "no-reuse", "neither socket", NULL},
	{WIN, "udp 127.0.0.1:53 connected exclusive", "udp 127.0.0.1:53", "exclusive", "the holder has",
	 NULL},
	{SYSTEM_WINDOWS_XP, "udp 127.0.0.1:53 connected exclusive", "udp 127.0.0.1:53", "no-reuse",
	 "lacks SO_REUSEADDR", NULL},
	{SYSTEM_WINDOWS_XP, "udp 0.0.0.0:53 multicast", "udp 0.0.0.0:53 multicast reuseaddr", "reuseaddr-new",
	 "is enough", "every member"},
	{SYSTEM_WINDOWS_XP, "udp 0.0.0.0:53", "udp 0.0.0.0:53 multicast reuseaddr", "reuseaddr-new",
	 "took the port away", "undefined"},
	{SYSTEM_WINDOWS_XP, "tcp 0.0.0.0:80", "tcp 0.0.0.0:80 exclusive", "exclusive", "on this socket",
	 NULL},
	{SYSTEM_WINDOWS_XP, "tcp 0.0.0.0:80", "tcp 0.0.0.0:80", "no-reuse", "lacks SO_REUSEADDR", NULL},
	{SYSTEM_WINDOWS_XP, "tcp 0.0.0.0:80 exclusive", "tcp 0.0.0.0:80 reuseaddr", "exclusive",
	 "the holder set", NULL},
};

static void test_sentences(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sentences); i++) {
		struct pair_row row = answer_of(sentences[i].system, sentences[i].first, sentences[i].second);
		const char *delivery = sentences[i].delivery;

		if (strcmp(row.rule, sentences[i].rule) || !strstr(row.because, sentences[i].because))
			fail_msg("%s, %s: %s, %s", sentences[i].first, sentences[i].second, row.rule,
				 row.because);
		if (!row.delivery != !delivery || (delivery && !strstr(row.delivery, delivery)))
			fail_msg("%s, %s: %s", sentences[i].first, sentences[i].second,
				 row.delivery ? row.delivery : "nobody answers");
	}
}

/* Learn: Appendix C, Windows Sockets and DNS registry parameters; KB870562. */
static void test_remarks(void **state)
{
	struct claim plain = claim_of("tcp 0.0.0.0:80"), reuse = claim_of("tcp 0.0.0.0:80 reuseaddr"),
		     exclusive = claim_of("tcp 0.0.0.0:80 exclusive");

	(void)state;
	assert_non_null(strstr(system_remark(WIN, &reuse, &reuse), "DisableAddressSharing"));
	assert_null(system_remark(WIN, &plain, &reuse));
	assert_non_null(strstr(system_remark(SYSTEM_WINDOWS_XP, &plain, &exclusive), "KB870562"));
	assert_null(system_remark(WIN, &plain, &exclusive));
	assert_null(system_remark(SYSTEM_MACOS, &reuse, &reuse));
}

static void test_errors(void **state)
{
	(void)state;
	assert_string_equal(system_error(WIN, REPLY_INUSE), "WSAEADDRINUSE");
	assert_int_equal(system_error_code(WIN, REPLY_INUSE), 10048);
	assert_string_equal(system_error(WIN, REPLY_ACCESS), "WSAEACCES");
	assert_int_equal(system_error_code(WIN, REPLY_ACCESS), 10013);
	assert_string_equal(system_error(WIN, REPLY_REFUSED), "WSAEADDRINUSE or WSAEACCES");
	assert_int_equal(system_error_code(WIN, REPLY_REFUSED), 0);
	assert_int_equal(system_error_code(WIN, REPLY_INVALID), 10022);
	assert_null(system_error(WIN, REPLY_ACCEPTED));
	assert_null(system_error(WIN, REPLY_UNDOCUMENTED));
	assert_string_equal(system_error(SYSTEM_MACOS, REPLY_INUSE), "EADDRINUSE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),	cmocka_unit_test(test_other_address),
		cmocka_unit_test(test_prose),	cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_remarks), cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
