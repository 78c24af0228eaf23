/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct event: what every source becomes and every view is given.
 *
 * Sources fill facts; rules fill the verdict; views read.  Nothing in here
 * is specific to one operating system.  Absent is said, never guessed:
 * uid NONE, port 0, empty strings, null pointers.
 *
 * Ownership: an event owns its holders array and each holder its owners and
 * places arrays; event_clear() frees them.  Strings are inline and bounded.
 */
#ifndef REUSETRACE_MODEL_EVENT_H
#define REUSETRACE_MODEL_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/attempt_facts.h"
#include "model/holder.h"
#include "model/verdict.h"

enum event_type {
	EVENT_HOLDER,
	EVENT_SOCKET,
	EVENT_OPTION,
	EVENT_BIND,
	EVENT_LISTEN,
	EVENT_AUTOBIND,
	EVENT_CONNECT,
	EVENT_ACCEPT,
	EVENT_CLOSE,
	EVENT_RELEASE,
	EVENT_DELIVERY, /* of a connection or a datagram to a member of a shared port */
	EVENT_WHY,	/* what a bind would get that nobody makes */
	EVENT_FINDING,	/* something that nobody asked about and somebody should know */
	EVENT_GAP,	/* a port changed hands */
	EVENT_TYPE_MAX
};

/* What became of a port that a socket had. */
enum release { RELEASE_PORT, RELEASE_TIME_WAIT_BEGIN, RELEASE_TIME_WAIT_END, RELEASE_MAX };

enum stage { /* result.stage of a refusal: how far it got */
	     STAGE_NONE,
	     STAGE_SYSCALL,
	     STAGE_SECCOMP,
	     STAGE_LSM,
	     STAGE_CGROUP,
	     STAGE_ADDRESS,
	     STAGE_PRIVILEGE,
	     STAGE_STATE,
	     STAGE_PORT,
	     STAGE_POST_BIND,
	     STAGE_LISTEN,
	     STAGE_MAX
};

/* EVENT_DELIVERY: the socket of the event is the member that got it, its peer is the sender. */
struct delivery {
	struct address to; /* as it was sent to */
	uint16_t to_port;
	uint64_t number; /* of those that this member got */
};

struct delivery_total {
	struct sock_info sock; /* the member */
	struct owner owner;    /* a process that has it, pid 0: unknown */
	uint64_t count;
	bool shared;
};

struct option_change {
	char name[40]; /* "SO_REUSEADDR" */
	int64_t value;
	int result; /* 0 or a negative errno */
	uint64_t time_ns;
};

struct event {
	enum event_type type;
	uint64_t seq;
	uint64_t time_ns; /* CLOCK_BOOTTIME */
	uint64_t took_ns;
	struct proc_info process;
	struct sock_info sock;	  /* address and port are the effective ones */
	struct address requested; /* family NONE: no address was given */
	uint16_t requested_port;
	int result;		  /* 0 or a negative errno */
	enum stage stage;	  /* of a refusal */
	int fd;			  /* -1 unknown */
	bool explicit_port;	  /* the attempt asked for a port by number */
	bool listening;		  /* the attempt is a listen() */
	bool by_connect;	  /* EVENT_AUTOBIND: a TCP connect() chose the port */
	enum undecided undecided; /* EVENT_WHY */
	bool given;		  /* EVENT_WHY: with the options that were asked about */
	bool asked;		  /* the port table was asked: there is something to predict */
	struct bucket_facts bucket;
	uint32_t range_lo, range_hi;
	uint32_t unprivileged_start;
	uint16_t entry_port; /* already bound to this before the call */
	bool autobind_reuse;
	bool l3mdev_accept;
	bool address_tentative; /* the IPv6 address exists but duplicate detection has not ended well */
	bool kernel_call;
	struct windows_facts windows;
	struct refusal_facts refusal;
	struct unix_facts unix_facts;
	struct option_change option;  /* EVENT_OPTION */
	struct delivery delivery;     /* EVENT_DELIVERY */
	struct event_finding finding; /* EVENT_FINDING */
	struct event_gap gap;	      /* EVENT_GAP */
	enum release release;	      /* EVENT_RELEASE */
	uint64_t after_attempt;	      /* EVENT_RELEASE: seq of the refusal it came too late for, 0 none */
	int64_t delta_ns;
	struct {	      /* ... and whose it was */
		uint32_t pid; /* 0: unknown */
		char comm[COMM_LEN];
	} refused;
	struct verdict verdict;
	bool has_verdict;
	struct comparison comparison;
	struct holder *holders; /* the culprit first */
	size_t holder_count;
	uint32_t holders_total;
	bool truncated;
};

/* Frees what it owns, which it has no more of then; the rest stays. */
void event_clear(struct event *event);

/* Of two rows of count answers, some pair is not alike: what bind() says, or that it is undecided. */
bool answers_differ(const struct event *one, const struct event *other, size_t count);

/* Asks for a port and is judged: what became of a connect() is EVENT_CONNECT, and is not. */
static inline bool event_is_attempt(const struct event *event)
{
	return event->type == EVENT_BIND || event->type == EVENT_LISTEN || event->type == EVENT_AUTOBIND;
}

#endif
