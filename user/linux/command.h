/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The traced COMMAND: forked before, executed after the tracer is ready. */
#ifndef REUSETRACE_LINUX_COMMAND_H
#define REUSETRACE_LINUX_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

struct traced_command {
	pid_t pid;
	int go; /* write end: one byte lets it execute */
	bool ended;
	int status; /* as a shell would say it, valid once ended */
};

#define COMMAND_INIT                                                                                         \
	{                                                                                                    \
		.pid = -1, .go = -1                                                                          \
	}

/* Forks the child, which waits.  uid (unsigned)-1 keeps the user. */
int command_fork(struct traced_command *command, char *const argv[], uid_t uid);

void command_go(struct traced_command *command);

/* Looks, without waiting, whether it has ended. */
void command_reap(struct traced_command *command);

/* A signal for a child of the tracer. */
struct signal_look {
	pid_t pid;
	int number;
};

/* LOOK_SIGNAL, in a sister of that child; 0 or a negative errno. */
int command_look_signal(void *about);

/* A child that never got to execute is ended. */
void command_drop(struct traced_command *command);

#endif
