/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A SOCKET as `explain` takes it:
 *
 *   [tcp|udp] ADDRESS [WORD]...        'tcp 127.0.0.1:8080 reuseaddr listen uid=1000'
 *
 * ADDRESS  8080, :8080 or *:8080 (0.0.0.0), 127.0.0.1:8080, [::1]:8080,
 *          [fe80::1]:8080%eth0; with /tcp or /udp behind it
 * WORD     an option: reuseaddr reuseport exclusive v6only dual device=NAME
 *          (v6only and dual: without either, the system's default)
 *          a state: bound (if none is given) listen connected accepted time-wait
 *          more: uid=NUMBER (1000), multicast (a member of a group)
 */
#ifndef REUSETRACE_CLI_SOCKET_WORDS_H
#define REUSETRACE_CLI_SOCKET_WORDS_H

#include "rules/pair.h"

#define SOCKET_WORDS_MAX   255 /* bytes of a SOCKET */
#define SOCKET_ERROR_LEN   160
#define SOCKET_DEFAULT_UID 1000 /* one user, where none is named */

/* 0 or -EINVAL with a sentence in error[], which may quote the text unescaped. */
int socket_words_parse(const char *text, struct claim *ret_claim, char error[SOCKET_ERROR_LEN]);

#endif
