/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the TCP and the UDP predicate have in common. */
#ifndef REUSETRACE_RULES_LINUX_COMMON_H
#define REUSETRACE_RULES_LINUX_COMMON_H

#include "rules/rules.h"

typedef enum rule_id (*pair_fn)(const struct attempt_facts *facts, const struct sock_info *contender,
				bool *ret_conflict);

struct scan {
	int conflict; /* first contender that conflicts, -1 none */
	enum rule_id conflict_rule;
	int best; /* the one with the most telling reason to let both live, -1 none */
	enum rule_id best_rule;
};

/* sk->sk_reuse, which TCP_REPAIR sets to SK_FORCE_REUSE */
bool sock_reuse(const struct sock_info *sock);
bool sock_is_time_wait(const struct sock_info *sock);
bool sock_is_connected(const struct sock_info *sock);
bool sock_is_tcp(const struct sock_info *sock);

/* The uid that the kernel compares: kernels with sock_i_uid() see an orphan as root's. */
uint32_t linux_uid(const struct policy *policy, const struct sock_info *sock);
bool linux_uid_same(const struct policy *policy, const struct sock_info *binder,
		    const struct sock_info *holder);

/* reuseport_cb_ok: may the binder share by SO_REUSEPORT at all? */
bool linux_tcp_group_ok(const struct policy *policy, const struct sock_info *binder);
bool linux_udp_group_ok(const struct sock_info *binder);

/* One group, not merely no conflict: the kernel spreads between the two. */
bool linux_same_group(const struct sock_info *one, const struct sock_info *two);

/* RULE_NONE if the two meet, else what keeps them apart. */
enum rule_id linux_apart(const struct attempt_facts *facts, const struct sock_info *contender,
			 bool vrf_apart);

/* Name a conflict: what kind of socket it is first, then the sole obstacle, then the missing option. */
enum rule_id linux_conflict_rule(const struct attempt_facts *facts, const struct sock_info *contender);

void linux_scan(const struct attempt_facts *facts, pair_fn pair, struct scan *ret_scan);

void linux_tcp_predict(const struct attempt_facts *facts, struct prediction *ret_prediction);
void linux_udp_predict(const struct attempt_facts *facts, struct prediction *ret_prediction);

/* SCTP, ping and raw sockets, in linux_other.c */
enum rule_id linux_sctp_pair(const struct attempt_facts *facts, const struct sock_info *contender,
			     bool *ret_conflict);
enum rule_id linux_ping_pair(const struct attempt_facts *facts, const struct sock_info *contender,
			     bool *ret_conflict);
void linux_other_predict(const struct attempt_facts *facts, struct prediction *ret_prediction);
bool sock_is_other(const struct sock_info *sock);

#endif
