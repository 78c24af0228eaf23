/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a listing of the machine's sockets lacks: `ls` and `why` say it on standard error, beside their
 * answer. */
#ifndef REUSETRACE_CLI_LIMITS_H
#define REUSETRACE_CLI_LIMITS_H

struct listing;

/* protocols: those of 1 << PROTO_TCP and 1 << PROTO_UDP that were asked for. */
void limits_tell(const char *command, const struct listing *listing, unsigned int protocols);

#endif
