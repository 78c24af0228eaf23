/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel as judge: real socket calls, whose answers this program knows,
 * against what reusetrace, attached and unaware, prints of them.
 */
#ifndef REUSETRACE_TESTS_ORACLE_H
#define REUSETRACE_TESTS_ORACLE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "rules/rules.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BIT(rule)    (UINT64_C(1) << (rule))

enum flag { FLAG_RA = 1, FLAG_RP = 2 };

enum state {
	AT_BOUND,
	AT_LISTENING,
	AT_SHUT,      /* a listener after shutdown() */
	AT_CLIENT,    /* connect() chose the port */
	AT_CONNECTED, /* bound by number, then connected */
	AT_ACCEPTED,  /* its listener is gone */
	AT_ORPHAN,    /* closed, in FIN_WAIT */
	AT_TIME_WAIT,
	AT_MAX
};

enum change { CHANGE_NONE, CHANGE_RA, CHANGE_RP };
enum spot {
	PLACE_HERE,
	PLACE_LO,
	PLACE_DUMMY,
	PLACE_DUMMY_TOO,
	PLACE_VRF,
	PLACE_VRF_TOO,
	PLACE_NETNS,
	PLACE_MAX
};
enum port_use { PORT_NUMBER, PORT_AUTO, PORT_LISTEN };

/* What a case has besides addresses, flags and state. */
struct twist {
	const char *name;
	uid_t holder_uid, binder_uid;
	enum spot holder_place, binder_place;
	enum change bound, stated,
		binder; /* options flipped after the holder's bind, its state, the binder's bind */
	enum port_use port;
	bool l3mdev_accept;
	bool kept; /* another process has the holder, and nothing else */
};

/* One side. */
struct socket_plan {
	int variant; /* of addresses, see axes.c */
	unsigned int flags;
	uid_t uid;
	enum spot place;
};

struct test_case {
	unsigned long index;
	bool udp, listens;
	enum state state;
	struct socket_plan holder, binder;
	const struct twist *twist;
};

struct variant {
	const char *text;
	int family;
	bool v6only;
};

#define VARIANTS 9
extern const struct variant variants[];
extern const struct twist twists[];
extern const size_t twist_count;

/* axes.c */
unsigned long case_count(void);
void case_at(unsigned long index, struct test_case *ret_case);
bool case_allowed(const struct test_case *one);
void case_print(FILE *file, const struct test_case *one);
/* Do the addresses of the two meet, once the holder is in its state? */
bool case_overlap(const struct test_case *one);
bool variant_mapped(int variant);
int variant_free(int variant);

/* net.c */
extern const struct test_case *current_case; /* for die() */
struct endpoint {
	struct sockaddr_storage address;
	socklen_t length;
};

void net_prepare(void);
struct endpoint endpoint_of(const char *host, int family, uint16_t port);
int open_socket(const struct socket_plan *plan, bool udp);
bool set_flag(int fd, enum flag flag, bool on);
void set_option(int fd, int level, int name, int value);
uint64_t inode_of(int fd);
void close_hard(int fd);
uint16_t next_port(bool chosen);
void limit_ports(uint16_t low, uint16_t high, bool elsewhere);
void limit_other_ends(bool elsewhere);
void unlimit_ports(void);
void write_sysctl(const char *name, const char *value);
const char *place_device(enum spot place); /* NULL: none */
int server_of(enum spot place);
void send_reset(const struct endpoint *from, const struct endpoint *to, uint32_t sequence, enum spot place);
int peer_socket(enum spot place, int family);
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);

/* hold.c: a socket that has a port, in every state */
struct held {
	int fd;	      /* -1: not here */
	int peer;     /* the other end, -1: none */
	pid_t keeper; /* the process that has it, 0: this one or none */
	uint64_t inode;
	bool connected, minisock;
	enum state state;
	enum spot place;
	struct endpoint local, remote;
	uint32_t sequence; /* that a reset of the other end has */
};

/* 0, or -1 where the kernel does not let a case have this holder; attempts are noted. */
int hold(const struct test_case *one, uint16_t *port, struct held *ret_held);
int hold_on(const struct test_case *one, uint16_t port, struct held *ret_held);
void let_go(struct held *held);

/* attempt.c: what was tried, and what came of it */
enum op { OP_BIND, OP_LISTEN };

struct attempt {
	enum op op;
	int result; /* the kernel's answer: 0 or an errno */
	pid_t tid;
	uint64_t inode;
	const struct test_case *of; /* NULL: nothing is constructed */
	bool tested;		    /* the binder's, not the holder's */
	const struct held *culprit; /* who it must be if it is refused, NULL: nobody or unknown */
	uint64_t rules;		    /* bits of the reasons that were constructed, 0: any */
	/* what reusetrace said */
	bool seen, bad;
	bool at_tail; /* of the kernel's list of UDP sockets */
	int rule;
	uint64_t culprit_inode;
	struct address culprit_local, culprit_peer;
	uint16_t culprit_port, culprit_peer_port;
	char fix[4][256];
	int fix_count;
};

struct attempt *attempt_note(enum op op, int fd, uint64_t inode, int result);
struct attempt *attempt_bind(int fd, const struct endpoint *endpoint);
struct attempt *attempt_listen(int fd);
/* Of those since attempts_clear(); NULL if it is none of them. */
const struct attempt *attempt_that_bound(uint64_t inode);
void attempts_await(void);
void attempts_clear(void);

/* expect.c */
uint64_t expected_rules(const struct test_case *one, enum op op, int result);

/* facts.c: an event as JSON has it, without the kernel's answer */
struct json_object;
int facts_read(struct json_object *object, struct event *ret_event, struct policy *ret_policy);

/* check.c */
struct tally {
	unsigned long cases, attempts, refused, open, agreed, quirks, culprits, forbidden, removed, remedies,
		sequences;
	unsigned long failures;
	unsigned long rules[RULE_MAX];
};

extern struct tally tally;
extern struct policy last_policy; /* what reusetrace says that this kernel is */
extern bool verbose, quiet;
void check_event(struct attempt *attempt, struct json_object *object);
__attribute__((format(printf, 2, 3))) void complain(struct attempt *attempt, const char *format, ...);

/* trace.c: reusetrace and its lines */
void trace_start(const char *program, const char *record);
/* The next bind or listen as JSON text, NULL if none came in time. */
char *trace_line(void);
/*
 * While it is paused, events wait in its ring buffer: it then looks once for
 * the owners of many sockets.  And what is closed meanwhile is gone at once:
 * an iterator that looks at a socket keeps it for that moment.
 */
void trace_pause(bool pause);
void trace_stop(void);

#endif
