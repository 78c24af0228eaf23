/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rules say: of an attempt, of what another system would have answered, of what happened since. */
#ifndef REUSETRACE_MODEL_VERDICT_H
#define REUSETRACE_MODEL_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/process.h"
#include "model/socket.h"

/* Semantic facts that differ between kernels, detected by feature. */
struct policy {
	bool orphan_uid_root;	/* <= 6.16 sock_i_uid(): an orphan counts as uid 0 */
	bool closed_group_ok;	/* >= 5.14: a group with closed members does not block */
	bool fast_cache_live;	/* <= 6.7: tb->fastreuse is maintained */
	bool bhash2_native;	/* 6.1 .. 6.7: bhash2 keyed by family and native address */
	bool udp_slot_blind;	/* before 6.19 and its backports: see linux_udp.c */
	bool connect_bind_flag; /* >= 6.17.8 SOCK_CONNECT_BIND tells ports chosen by connect() */
};

/* What the answer of EVENT_WHY depends on and is not known. */
enum undecided {
	DECIDED,
	BY_OPTIONS, /* of sockets that were listed without */
	BY_TABLE,   /* the sockets of the protocol could not be read */
	BY_BOUND,   /* sockets that are bound and do not listen are not listed */
	BY_UDP_SLOT /* whether this kernel overlooks sockets in a full slot: see linux_udp.c */
};

struct verdict {
	int rule;	/* enum rule_id */
	int agrees;	/* 1 yes, 0 no, -1 nothing was predicted */
	int culprit;	/* index into holders, -1 none */
	char text[512]; /* one sentence */
	char fix[4][256];
	size_t fix_count;
	char delivery[256];   /* who answers, for a shared port; "" otherwise */
	char lacks[128];      /* which side lacks what, "" if it does not apply */
	unsigned int differs; /* enum difference: an accepted attempt shares its port with a stranger */
};

enum finding_kind {
	FINDING_SHARED_PORT, /* an accepted bind shares its port with a stranger */
	FINDING_LIVES_ON,    /* refused, alive, and without a listener */
	FINDING_MAX
};

/* EVENT_FINDING; the process and socket of the event are those of the attempt it is about. */
struct event_finding {
	enum finding_kind kind;
	uint64_t attempt;  /* seq of the (last) attempt */
	uint32_t attempts; /* how many there were */
	char text[512];	   /* one sentence */
};

enum takeover { TAKEOVER_NONE, TAKEOVER_REUSEPORT, TAKEOVER_INHERITED, TAKEOVER_MAX };

/* EVENT_GAP; the process and socket of the event are the new hands. */
struct event_gap {
	enum takeover takeover; /* none: there was a gap */
	uint64_t released_ns;	/* by whoever had it before; 0: the socket is the same */
	uint64_t bound_ns;	/* the new socket; 0: before the trace began */
	uint64_t served_ns;	/* since when it listens; UDP: the same as bound_ns */
	uint64_t gap_ns;	/* nobody served the port */
	uint64_t overlap_ns;	/* both did */
	uint32_t before_pid;	/* who bound it before, 0: unknown */
	char before_comm[COMM_LEN];
	char before_exe[EXE_LEN];
	char text[256]; /* one sentence */
};

/* What another system would have answered to this attempt (--compare); strings are constants. */
struct comparison {
	const char *system; /* "windows"; NULL: nothing was compared */
	bool known;	    /* false: no source says */
	bool ok;
	const char *error; /* "WSAEADDRINUSE or WSAEACCES", NULL if accepted or unknown */
	int code;	   /* its number there, 0 if it has none or two */
	const char *rule, *text, *source;
	const char *delivery;	/* NULL: nobody shares */
	int holder;		/* index into holders, -1 none */
	uint8_t from[FACT_MAX]; /* enum provenance of this socket's facts, for that system */
	const char *ignored[4]; /* options that mean nothing there, up to a NULL */
};

#endif
