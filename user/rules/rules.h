/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a kernel accepted or refused a bind: pure functions and tables.
 *
 * No I/O, no allocation, no clock.  The predictor sees only struct
 * attempt_facts, which holds no errno, culprit or stage; judge() compares
 * its answer with the kernel's.
 */
#ifndef REUSETRACE_RULES_H
#define REUSETRACE_RULES_H

#include "model/event.h"

enum rule_id {
	RULE_NONE,
	/* accepted */
	RULE_FREE,
	RULE_AUTO_PORT,
	RULE_DEFERRED,
	RULE_OTHER_ADDRESS,
	RULE_OTHER_FAMILY,
	RULE_OTHER_DEVICE,
	RULE_OTHER_VRF,
	RULE_OTHER_NETNS,
	RULE_REUSEADDR_BOTH,
	RULE_TIME_WAIT_REUSE,
	RULE_REUSEPORT_GROUP,
	RULE_UDP_REUSEADDR,
	RULE_FORCE_REUSE,
	RULE_PING_REUSE,
	RULE_NO_PORT,
	/* refused by another socket */
	RULE_LISTENER,
	RULE_NO_REUSE,
	RULE_NO_COMMON_FLAG,
	RULE_REUSEPORT_UID,
	RULE_REUSEPORT_PROGRAM,
	RULE_TIME_WAIT,
	RULE_ORPHAN,
	RULE_ACCEPTED_CONNECTION,
	RULE_OUTGOING_CONNECTION,
	RULE_RANGE_EXHAUSTED,
	/* refused otherwise */
	RULE_ADDRESS_NOT_LOCAL,
	RULE_ADDRESS_TENTATIVE,
	RULE_PRIVILEGED_PORT,
	RULE_ALREADY_BOUND,
	RULE_BAD_ADDRESS,
	RULE_WRONG_FAMILY,
	RULE_NO_DEVICE,
	RULE_LSM,
	RULE_CGROUP_BPF,
	RULE_POST_BIND_BPF,
	RULE_SECCOMP,
	RULE_NO_MEMORY,
	RULE_BAD_DESCRIPTOR,
	RULE_WRONG_STATE,
	RULE_SAME_CONNECTION,
	/* known deviations */
	RULE_QUIRK_MAPPED_ANY,
	RULE_QUIRK_UDP_SLOT,
	RULE_QUIRK_STALE_REUSEADDR,
	RULE_QUIRK_STALE_REUSEPORT,
	RULE_UNEXPLAINED,
	/* Windows: the rules of rules/windows.c, and what else refuses there */
	RULE_SPECIFIC_BESIDE_WILDCARD,
	RULE_WILDCARD_BESIDE_SPECIFIC,
	RULE_DUAL_STACK,
	RULE_OTHER_PROTOCOL,
	RULE_TIME_WAIT_IGNORED,
	RULE_CONNECTION_IGNORED,
	RULE_UNDOCUMENTED,
	RULE_EXCLUSIVE,
	RULE_BOTH_OPTIONS,
	RULE_OTHER_USER,
	RULE_ACCESS,
	RULE_OPTIONS_UNSEEN,
	RULE_EXCLUDED_RANGE,
	RULE_WFP,
	/* AF_UNIX */
	RULE_PATH_LISTENER,
	RULE_PATH_BOUND,
	RULE_PATH_STALE,
	RULE_PATH_SOCKET,
	RULE_PATH_NO_SOCKET,
	RULE_PATH_GONE,
	RULE_PATH_MISSING,
	RULE_PATH_NO_DIRECTORY,
	RULE_PATH_PERMISSION,
	RULE_PATH_READ_ONLY,
	RULE_PATH_TOO_LONG,
	RULE_PATH_REFUSED,
	RULE_NAME_TAKEN,
	RULE_MAX
};

/* Everything the predictor may know. */
struct attempt_facts {
	const struct policy *policy;
	const struct sock_info *binder;
	const struct bucket_facts *bucket;
	bool listening; /* a listen() re-check, binder already owns the port */
	bool explicit_port;
	bool deferred;	    /* port 0 with IP_BIND_ADDRESS_NO_PORT: get_port() is not called */
	bool by_connect;    /* TCP connect() chooses the port */
	bool l3mdev_accept; /* net.ipv4.tcp_l3mdev_accept: VRFs share one bucket */
	bool truncated;	    /* contenders[] is not all of them */
	size_t contender_count;
	const struct sock_info *(*contender)(const void *context, size_t index);
	const void *context;
};

enum answer {
	ANSWER_ACCEPT,
	ANSWER_REFUSE,
	ANSWER_OPEN /* cannot be known: e.g. which port a search finds */
};

struct prediction {
	enum answer answer;
	enum rule_id rule;
	int culprit; /* first contender that conflicts, -1 none */
};

/*
 * Does this one contender stand in the way?  Returns the rule that makes it
 * conflict or lets both live; *ret_conflict says which.
 */
enum rule_id linux_tcp_pair(const struct attempt_facts *facts, const struct sock_info *contender,
			    bool *ret_conflict);
enum rule_id linux_udp_pair(const struct attempt_facts *facts, const struct sock_info *contender,
			    bool *ret_conflict);

void linux_predict(const struct attempt_facts *facts, struct prediction *ret_prediction);

/* What of an event the predictor may see; the contenders are event->holders. */
void facts_of_event(const struct event *event, const struct policy *policy, struct attempt_facts *ret_facts);

/*
 * Fill event->verdict and every holders[].reason from the facts in the event
 * and compare the prediction with event->result.  Orders holders with the
 * culprit first.
 */
void judge(struct event *event, const struct policy *policy);

/*
 * For a bind that nobody made (`why`, `explain`): set result and stage to what
 * the prediction says and judge that.  verdict.agrees is -1.
 */
enum answer judge_hypothetical(struct event *event, const struct policy *policy);

/* The verdict on an AF_UNIX bind whose holders were looked up; false if it is not this layer that refused. */
bool judge_unix(struct event *event);

/* Set holders[].differs and verdict.differs of an accepted attempt that judge() has named the reasons of. */
void find_strangers(struct event *event);

/* "another executable and uid", by a set of enum difference; NULL for none. */
extern const char *const difference_words[DIFFERS_ALL + 1];

/* Write event->finding.text for its kind; a shared port's names the first stranger of the holders. */
void finding_write(struct event *event);

/* Write event->gap.text; "port 8080 had no listener for 3.2 s" alone. */
void gap_write(struct event *event);
void gap_headline(char *buf, size_t size, const struct event *event);

/* Table access: "listener"; RULE_NONE for an unknown name. */
const char *rule_name(enum rule_id rule);
enum rule_id rule_from_name(const char *name);
bool rule_is_refusal(enum rule_id rule);
/* Both sockets have the same port and address and live: who answers is a question. */
bool rule_is_sharing(enum rule_id rule);

#endif
