/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What bind() would look at before it asks for the port: whose address it is,
 * who may have the port, which VRF a device is in.  All of it of this
 * process's network namespace.
 */
#ifndef REUSETRACE_LINUX_BINDER_H
#define REUSETRACE_LINUX_BINDER_H

#include "model/event.h"

/* NS as a name, pid, path or inode becomes this process's network namespace: 0 or a negative errno. */
int netns_enter(const char *text);

/* false on a kernel that was built or booted without IPv6: socket() says EAFNOSUPPORT. */
bool ipv6_exists(void);

/* Inode of this process's network namespace, 0 if unknown. */
uint32_t netns_own(void);

/* ifindex of the VRF that a device is in or is, 0: none. */
uint32_t device_vrf(uint32_t ifindex);

/* ifindex and scope of the device that sock names, if it does: 0 or -ENODEV. */
int device_find(struct sock_info *sock);

/* Fills what only the machine knows of a binder: netns, vrf, the effective v6only. */
void binder_complete(struct sock_info *binder);

/*
 * Would __inet_bind() or __inet6_bind() refuse it before they ask for the
 * port?  0, or -EADDRNOTAVAIL, -EACCES, -EINVAL or -ENODEV with its stage, of a
 * user without capabilities unless it is root.  *ret_event gets the facts for the reason.
 */
int binder_refusal(const struct sock_info *binder, struct event *ret_event);

#endif
