/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When two local addresses cover a common one, as Linux compares them. */
#ifndef REUSETRACE_RULES_ADDRESS_H
#define REUSETRACE_RULES_ADDRESS_H

#include "model/event.h"

enum address_class {		     /* ipv6_addr_type(), where an IPv4 socket counts as mapped */
		     ADDRESS_ANY,    /* :: */
		     ADDRESS_MAPPED, /* any IPv4 address, also 0.0.0.0 and ::ffff:0.0.0.0 */
		     ADDRESS_OTHER,  /* a specific IPv6 address */
};

enum address_class address_class(const struct sock_info *sock);

/* inet_rcv_saddr_equal(binder, holder, true); not symmetric in v6only */
bool addr_overlap(const struct sock_info *binder, const struct sock_info *holder);

/* sk_reuseport_match(): the cached address of a bucket stands for the binder's */
bool addr_fast_covers(const struct bucket_facts *bucket, const struct sock_info *binder);

/* Neither is wider: the same address and family, as inet_reuseport_add_sock() wants it. */
bool addr_same(const struct sock_info *one, const struct sock_info *two);

/* 0.0.0.0, :: or ::ffff:0.0.0.0 */
bool addr_wildcard(const struct sock_info *sock);

#endif
