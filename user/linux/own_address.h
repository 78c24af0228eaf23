/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose address it is, as bind() asks it, of this process's network namespace. */
#ifndef REUSETRACE_LINUX_OWN_ADDRESS_H
#define REUSETRACE_LINUX_OWN_ADDRESS_H

#include "model/event.h"

/*
 * May a socket without IP_FREEBIND and IP_TRANSPARENT be bound to its address,
 * which is no wildcard?  inet_addr_valid_or_nonlocal() and ipv6_chk_addr().  True
 * where it cannot be asked.  *ret_tentative: it is there, and DAD has not ended.
 */
bool address_is_own(const struct sock_info *binder, bool *ret_tentative);

#endif
