/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of sockets without BPF: sock_diag(7) for this network
 * namespace, /proc for who has them.  Reuse flags are in neither; a socket
 * that is bound and does not listen is told from 6.8 on.
 */
#ifndef REUSETRACE_LINUX_DIAG_H
#define REUSETRACE_LINUX_DIAG_H

#include <stdint.h>

#include "../bpf/list.h"
#include "linux/iterator.h"

/* Of one protocol: its sockets could not be read, with this negative errno. */
struct diag_unread {
	int tcp, udp;
};

/*
 * Each TCP and UDP socket with a port (0: any) as struct rt_listed with
 * RT_SK_BLIND, each descriptor of one as struct rt_owner unless on_owner is NULL.  0 or a negative
 * errno; the kernel may know the sockets of one protocol only.
 */
int diag_read(uint16_t port, record_fn on_socket, record_fn on_owner, void *context,
	      struct diag_unread *ret_unread);

#endif
