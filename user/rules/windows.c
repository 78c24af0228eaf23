/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Winsock's rules as tables.  The driver's table ("Sharing Transport
 * Addresses" of the WSK documentation) with its access check is the rule;
 * Learn's two tables for one and for two users follow from it in all cells
 * but one, where the two disagree on the error.
 */
#include "rules/windows.h"

#define LEARN	   "Learn: Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE"
#define WSK	   "WSK: Sharing Transport Addresses"
#define WINE	   "Wine's test_reuseaddr, which runs on Windows"
#define KB	   "KB307175; libuv#1360"
#define STACKS	   LEARN " (a dual-stack wildcard must pass in both stacks)"
#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

enum cell { OK, INUSE, ACCES, EITHER, UNKNOWN, CHECK /* one user passes, another is refused */ };

struct table_row {
	enum cell cells[WINDOWS_KINDS];
	const char *source;
};

/* rows: first bind; columns: second bind */
static const struct table_row server_2003[WINDOWS_KINDS] = {
	/*			Def W  Def S   Re W   Re S   Ex W   Ex S */
	[KIND_DEFAULT_ANY] = {{INUSE, CHECK, ACCES, CHECK, INUSE, CHECK}, WSK},
	[KIND_DEFAULT_ONE] = {{OK, INUSE, OK, ACCES, INUSE, INUSE}, WSK},
	[KIND_REUSE_ANY] = {{INUSE, CHECK, OK, OK, INUSE, CHECK}, WSK},
	[KIND_REUSE_ONE] = {{OK, EITHER, OK, OK, INUSE, INUSE}, WSK "; " LEARN},
	[KIND_EXCLUSIVE_ANY] = {{INUSE, ACCES, ACCES, ACCES, INUSE, ACCES}, WSK},
	[KIND_EXCLUSIVE_ONE] = {{OK, INUSE, OK, ACCES, INUSE, INUSE}, WSK},
};

static const struct table_row xp[WINDOWS_KINDS] = {
	[KIND_DEFAULT_ANY] = {{INUSE, INUSE, OK, OK, INUSE, INUSE}, LEARN},
	[KIND_DEFAULT_ONE] = {{INUSE, INUSE, OK, OK, INUSE, INUSE}, LEARN},
	[KIND_REUSE_ANY] = {{INUSE, INUSE, OK, OK, INUSE, INUSE}, LEARN},
	[KIND_REUSE_ONE] = {{INUSE, INUSE, OK, OK, INUSE, INUSE}, LEARN},
	[KIND_EXCLUSIVE_ANY] = {{INUSE, INUSE, ACCES, ACCES, INUSE, INUSE}, LEARN},
	[KIND_EXCLUSIVE_ONE] = {{INUSE, INUSE, ACCES, ACCES, INUSE, INUSE}, LEARN},
};

/* first: a dual-stack wildcard; second: an IPv4 socket */
static const struct table_row dual_first[WINDOWS_KINDS] = {
	[KIND_DEFAULT_ANY] = {{OK, CHECK, UNKNOWN, CHECK, OK, CHECK}, WINE "; " STACKS},
	[KIND_REUSE_ANY] = {{UNKNOWN, CHECK, OK, OK, UNKNOWN, CHECK}, STACKS},
	[KIND_EXCLUSIVE_ANY] = {{ACCES, ACCES, ACCES, ACCES, EITHER, ACCES}, WINE "; " STACKS},
};

/* first: an IPv4 socket; second: a dual-stack wildcard, so only the columns W are used */
static const struct table_row dual_second[WINDOWS_KINDS] = {
	[KIND_DEFAULT_ANY] = {{UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN}, STACKS},
	[KIND_DEFAULT_ONE] = {{OK, UNKNOWN, OK, UNKNOWN, EITHER, UNKNOWN}, STACKS "; " WINE},
	[KIND_REUSE_ANY] = {{UNKNOWN, UNKNOWN, OK, UNKNOWN, UNKNOWN, UNKNOWN}, STACKS},
	[KIND_REUSE_ONE] = {{OK, UNKNOWN, OK, UNKNOWN, EITHER, UNKNOWN}, STACKS},
	[KIND_EXCLUSIVE_ANY] = {{EITHER, UNKNOWN, ACCES, UNKNOWN, EITHER, UNKNOWN}, STACKS},
	[KIND_EXCLUSIVE_ONE] = {{OK, UNKNOWN, OK, UNKNOWN, EITHER, UNKNOWN}, STACKS},
};

/* [cell][two users] */
static const enum reply replies[][2] = {
	[OK] = {REPLY_ACCEPTED, REPLY_ACCEPTED},
	[INUSE] = {REPLY_INUSE, REPLY_INUSE},
	[ACCES] = {REPLY_ACCESS, REPLY_ACCESS},
	[EITHER] = {REPLY_REFUSED, REPLY_REFUSED},
	[UNKNOWN] = {REPLY_UNDOCUMENTED, REPLY_UNDOCUMENTED},
	[CHECK] = {REPLY_ACCEPTED, REPLY_ACCESS},
};

/* [SO_EXCLUSIVEADDRUSE][SO_REUSEADDR][wildcard] */
static const enum windows_kind kinds[2][2][2] = {
	{{KIND_DEFAULT_ONE, KIND_DEFAULT_ANY}, {KIND_REUSE_ONE, KIND_REUSE_ANY}},
	{{KIND_EXCLUSIVE_ONE, KIND_EXCLUSIVE_ANY}, {KIND_EXCLUSIVE_ONE, KIND_EXCLUSIVE_ANY}},
};

#define UNDEFINED_TCP                                                                                        \
	"undefined by the documentation; in practice usually the socket that listened first, the other "     \
	"one when it closes"
#define UNDEFINED_UDP "undefined by the documentation for unicast"
#define ALL_MEMBERS   "multicast reaches every member, unicast is undefined"
#define NEW_SPECIFIC  "this socket gets what is sent to its address, the holder the rest"
#define OLD_SPECIFIC  "the holder gets what is sent to its address, this socket the rest"

#define REMNANT                                                                                              \
	{                                                                                                    \
		P_TIME_WAIT, 0, REPLY_ACCEPTED, "time-wait-ignored",                                         \
			"Windows does not look at TIME_WAIT remnants, SO_REUSEADDR is not needed", NULL, KB  \
	}
#define CONNECTION                                                                                           \
	{                                                                                                    \
		P_TCP | P_CONNECTED, 0, REPLY_ACCEPTED, "connection-ignored",                                \
			"Windows does not look at accepted connections, only at sockets that could answer",  \
			NULL, KB                                                                             \
	}

/* Before any table: what is left of connections. */
static const struct pair_row before[] = {
	REMNANT,
	{P_TCP | P_CONNECTED | P_OLD_EXCL, 0, REPLY_ACCEPTED, "connection-ignored",
	 "documented as refused while a connection of an exclusive socket is active, but measured on "
	 "Windows 10 the bind passes",
	 NULL, LEARN "; Trio's time-wait-windows-exclusiveaddruse.py"},
	CONNECTION,
};

static const struct pair_row before_xp[] = {
	REMNANT,
	{P_TCP | P_CONNECTED | P_OLD_EXCL, 0, REPLY_REFUSED, "exclusive",
	 "documented: refused while a connection of an exclusive socket is active; no source says with which "
	 "code",
	 NULL, LEARN},
	CONNECTION,
};

/* One socket alone. */
static const struct pair_row alone[] = {
	{P_NEW_ADDR | P_NEW_EXCL, 0, REPLY_INVALID, "both-options",
	 "SO_REUSEADDR and SO_EXCLUSIVEADDRUSE exclude each other: the second setsockopt() fails", NULL,
	 WINE "; libtorrent#1981"},
};

/* The words for an answer of a table: the row's reply must be that answer. */
static const struct pair_row words[] = {
	{P_MIXED | P_ANY, 0, REPLY_ACCEPTED, "dual-stack",
	 "an IPv4 wildcard and a dual-stack wildcard pass beside each other",
	 "undocumented; the IPv4 socket is the more specific one for IPv4", NULL},
	/* one address is shared only if both have SO_REUSEADDR */
	{P_SAME | P_GROUP, 0, REPLY_ACCEPTED, "reuseaddr-both",
	 "SO_REUSEADDR on both lets both have the address", ALL_MEMBERS, NULL},
	{P_SAME | P_TCP, P_LISTENS, REPLY_ACCEPTED, "reuseaddr-both",
	 "SO_REUSEADDR on both lets both have the address, and listen on it",
	 "whichever listens; undefined by the documentation if both do", NULL},
	{P_SAME | P_TCP, 0, REPLY_ACCEPTED, "reuseaddr-both",
	 "SO_REUSEADDR on both lets both have the address and listen on it", UNDEFINED_TCP, NULL},
	{P_SAME, 0, REPLY_ACCEPTED, "reuseaddr-both", "SO_REUSEADDR on both lets both have the address",
	 UNDEFINED_UDP, NULL},
	{P_OLD_WIDER | P_NEW_ADDR | P_OLD_ADDR, 0, REPLY_ACCEPTED, "reuseaddr-both",
	 "SO_REUSEADDR on both lets a specific address beside the wildcard, whoever the users are",
	 NEW_SPECIFIC, NULL},
	{P_OLD_WIDER, 0, REPLY_ACCEPTED, "specific-beside-wildcard",
	 "the holder's wildcard is not exclusive: the same user may take a specific address away from it, "
	 "no option is needed",
	 NEW_SPECIFIC, NULL},
	{0, 0, REPLY_ACCEPTED, "wildcard-beside-specific",
	 "the holder has one address only, and a wildcard is another one to Windows", OLD_SPECIFIC, NULL},

	{P_NEW_EXCL, 0, REPLY_INUSE, "exclusive",
	 "SO_EXCLUSIVEADDRUSE on this socket: nobody else may have the port on this address", NULL, NULL},
	{P_OLD_EXCL, 0, REPLY_INUSE, "exclusive", "the holder has the address with SO_EXCLUSIVEADDRUSE", NULL,
	 NULL},
	{P_OLD_ADDR, 0, REPLY_INUSE, "no-reuse", "the holder has SO_REUSEADDR, this socket lacks it", NULL,
	 NULL},
	{0, 0, REPLY_INUSE, "no-reuse", "neither socket has SO_REUSEADDR, and both want the same address",
	 NULL, NULL},

	{P_OLD_EXCL, 0, REPLY_ACCESS, "exclusive",
	 "the holder set SO_EXCLUSIVEADDRUSE: its port is not shared, whatever this socket sets", NULL, NULL},
	{P_OLD_WIDER, 0, REPLY_ACCESS, "other-user",
	 "only the same user may take a specific address away from the holder's wildcard", NULL, NULL},
	{0, 0, REPLY_ACCESS, "no-reuse",
	 "SO_REUSEADDR on this socket only: since Server 2003 the holder must have set it, too", NULL, NULL},

	{P_OLD_EXCL, 0, REPLY_REFUSED, "exclusive", "the holder is exclusive; sources disagree on the code",
	 NULL, NULL},
	{P_NEW_EXCL, 0, REPLY_REFUSED, "exclusive",
	 "SO_EXCLUSIVEADDRUSE on a dual-stack wildcard must pass in both stacks, and an IPv4 socket is in "
	 "the "
	 "way; sources disagree on the code",
	 NULL, NULL},
	{0, 0, REPLY_REFUSED, "no-reuse",
	 "the holder has SO_REUSEADDR, this socket lacks it; sources disagree on the code", NULL, NULL},

	{0, 0, REPLY_UNDOCUMENTED, "undocumented",
	 "no source says what a dual-stack wildcard gets beside this IPv4 socket", NULL, NULL},
};

/* Windows XP: SO_REUSEADDR on the second socket alone is enough. */
static const struct pair_row words_xp[] = {
	{P_GROUP, 0, REPLY_ACCEPTED, "reuseaddr-new", "SO_REUSEADDR on this socket is enough", ALL_MEMBERS,
	 NULL},
	{0, 0, REPLY_ACCEPTED, "reuseaddr-new",
	 "SO_REUSEADDR on this socket is enough: before Server 2003 it took the port away from anybody who "
	 "was not exclusive",
	 "undefined by the documentation", NULL},
	{P_NEW_EXCL, 0, REPLY_INUSE, "exclusive",
	 "SO_EXCLUSIVEADDRUSE on this socket: nobody else may have the port", NULL, NULL},
	{0, 0, REPLY_INUSE, "no-reuse", "this socket lacks SO_REUSEADDR", NULL, NULL},
	{0, 0, REPLY_ACCESS, "exclusive", "the holder set SO_EXCLUSIVEADDRUSE", NULL, NULL},
};

enum windows_kind windows_kind(bool exclusive, bool reuse, bool any)
{
	return kinds[exclusive][reuse][any];
}

static const struct table_row *table_of(enum windows_version version, uint32_t bits)
{
	if (version == WINDOWS_XP)
		return xp;
	if (!(bits & P_MIXED))
		return server_2003;
	return bits & P_NEW_DUAL ? dual_second : dual_first;
}

static const struct pair_row *words_for(const struct pair_row *rows, size_t count, uint32_t bits,
					enum reply reply)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].reply == reply && pair_find(&rows[i], 1, bits))
			return &rows[i];
	return NULL;
}

void windows_pair(enum windows_version version, uint32_t bits, struct pair_row *ret_row)
{
	const struct pair_row *row = pair_find(ROWS(alone), bits);
	const struct table_row *first;
	enum reply reply;
	enum cell cell;

	if (!row)
		row = pair_apart(bits);
	if (!row)
		row = version == WINDOWS_XP ? pair_find(ROWS(before_xp), bits)
					    : pair_find(ROWS(before), bits);
	if (row) {
		*ret_row = *row;
		return;
	}

	first = &table_of(version,
			  bits)[windows_kind(bits & P_OLD_EXCL, bits & P_OLD_ADDR, bits & P_OLD_ANY)];
	cell = first->cells[windows_kind(bits & P_NEW_EXCL, bits & P_NEW_ADDR, bits & P_NEW_ANY)];
	reply = replies[cell][!!(bits & P_USERS)];
	row = version == WINDOWS_XP ? words_for(ROWS(words_xp), bits, reply)
				    : words_for(ROWS(words), bits, reply);
	*ret_row = *row;
	if (!ret_row->source)
		ret_row->source = first->source;
}

const struct pair_row *windows_alone(uint32_t bits)
{
	return pair_find(ROWS(alone), bits);
}
