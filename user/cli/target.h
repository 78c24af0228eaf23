/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ADDRESS as `why` and `ls` take it: 8080, 127.0.0.1:8080, [fe80::1]:8080%eth0, each with /tcp or /udp. */
#ifndef REUSETRACE_CLI_TARGET_H
#define REUSETRACE_CLI_TARGET_H

#include "cli/socket_words.h"

struct target {
	struct sock_info sock;
	bool any_address; /* a bare port */
	bool any_protocol;
};

/*
 * 0 or -EINVAL with a sentence in error[], which may quote the text unescaped.  A
 * device is known by its name only.
 */
int target_parse(const char *text, struct target *ret_target, char error[SOCKET_ERROR_LEN]);

/* Its address, whatever the scope: the device of a link-local one is a fact of its own. */
bool target_is_at(const struct target *target, const struct address *address);

/* It is one of those that were asked for. */
bool target_has(const struct target *target, const struct sock_info *sock);

#endif
