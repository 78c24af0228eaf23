/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REUSETRACE_TESTS_ORACLE_KEEPER_H
#define REUSETRACE_TESTS_ORACLE_KEEPER_H

#include <sys/types.h>

/* Before anything else is opened: keepers have the sockets that they are given and no others. */
void keepers_prepare(void);

/* Hands a socket over to a process of its own, which does nothing else; fd is closed here. */
pid_t keeper_take(int fd);

/* As `kill -9` does; returns when the process and its socket are gone. */
void keeper_kill(pid_t pid);

#endif
