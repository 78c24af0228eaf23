/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/process.h"
#include "model/users.h"

#define EXIT_CANNOT_RUN 126
#define EXIT_NOT_FOUND	127

static void __attribute__((noreturn)) child(int gate, char *const argv[], uid_t uid)
{
	char byte;
	int err;

	if (read(gate, &byte, 1) != 1)
		_exit(EXIT_CANNOT_RUN);
	close(gate);
	signal(SIGPIPE, SIG_DFL);
	err = uid == (uid_t)-1 ? 0 : user_become(uid);
	if (err) {
		dprintf(STDERR_FILENO, "reusetrace: cannot become user %u: %s\n", (unsigned int)uid,
			strerror(-err));
		_exit(EXIT_CANNOT_RUN);
	}
	execvp(argv[0], argv);
	err = errno;
	dprintf(STDERR_FILENO, "reusetrace: cannot run %s: %s\n", argv[0], strerror(err));
	_exit(err == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

int command_fork(struct traced_command *command, char *const argv[], uid_t uid)
{
	int gate[2];
	pid_t pid;

	if (pipe2(gate, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0) {
		int err = -errno;

		close(gate[0]);
		close(gate[1]);
		return err;
	}
	if (!pid) {
		close(gate[1]);
		child(gate[0], argv, uid);
	}
	close(gate[0]);
	*command = (struct traced_command){.pid = pid, .go = gate[1]};
	return 0;
}

void command_go(struct traced_command *command)
{
	ssize_t n = write(command->go, "", 1);

	(void)n; /* a child that is gone is reaped like any other */
	close(command->go);
	command->go = -1;
}

void command_reap(struct traced_command *command)
{
	int status;
	pid_t pid;

	if (command->pid <= 0 || command->ended)
		return;
	pid = waitpid(command->pid, &status, WNOHANG);
	if (!pid || (pid < 0 && errno == EINTR))
		return;
	if (pid < 0) /* somebody else reaped it */
		status = 0;
	command->ended = true;
	command->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int command_look_signal(void *about)
{
	const struct signal_look *look = about;

	if (look->pid <= 0 || process_parent(look->pid) != (uint32_t)getppid())
		return -ESRCH;
	return kill(look->pid, look->number) ? -errno : 0;
}

void command_drop(struct traced_command *command)
{
	if (command->go < 0)
		return;
	close(command->go);
	command->go = -1;
	waitpid(command->pid, NULL, 0);
	command->ended = true;
}
