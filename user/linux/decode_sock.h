/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A socket as the BPF programs found it in the kernel (struct rt_sock) into struct sock_info and struct
 * holder. */
#ifndef REUSETRACE_LINUX_DECODE_SOCK_H
#define REUSETRACE_LINUX_DECODE_SOCK_H

#include "event.h"
#include "model/event.h"

/* bytes has 16, of which IPv4 takes the first four. */
void decode_address(uint16_t family, const uint8_t *bytes, uint32_t scope, struct address *ret_address);

void decode_sock(const struct rt_sock *sock, struct sock_info *ret_info);
void decode_bucket(const struct rt_bucket *bucket, struct bucket_facts *ret_facts);

/* A zeroed holder; its kind is UNKNOWN unless the state alone tells it. */
void decode_holder(const struct rt_sock *sock, struct holder *holder);

/* Whose child a connection is, or whether connect() chose its port, as far as its socket and bucket tell. */
void decode_origin(const struct rt_sock *from, const struct rt_bucket *bucket, uint32_t range_lo,
		   uint32_t range_hi, const struct policy *policy, struct sock_info *sock);

#endif
