/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/looker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/command.h"
#include "linux/confine.h"
#include "linux/interfaces.h"
#include "linux/place.h"
#include "linux/process.h"
#include "linux/range_use.h"
#include "linux/unix_look.h"

#define PATIENCE_MS 10000
#define OWN_FD	    (STDERR_FILENO + 1)
#define NAME	    "reusetrace-look"

struct looker {
	pid_t pid;
	int pidfd; /* -1: this kernel has none */
	int fd;	   /* -1: it is gone */
	bool late; /* an answer is due yet */
	size_t room;
	void *shared;
};

struct look_row {
	int (*fn)(void *about);
	size_t size;
	int (*patiently)(struct unix_looks *looks, void *about); /* NULL: fn does not take long */
};

static int look_interfaces(void *about)
{
	interfaces_find(about);
	return 0;
}

static const struct look_row looks[LOOKS] = {
	[LOOK_VARIABLES] = {place_look_variables, sizeof(struct variables_look), NULL},
	[LOOK_INTERFACES] = {look_interfaces, sizeof(struct event), NULL},
	[LOOK_PORTS] = {range_use_look, sizeof(struct ports_look), NULL},
	[LOOK_PATH] = {unix_look, sizeof(struct path_look), unix_look_patiently},
	[LOOK_EXE] = {process_look_exe, sizeof(struct exe_look), NULL},
	[LOOK_CGROUP] = {place_look_cgroup, sizeof(struct cgroup_look), NULL},
	[LOOK_SIGNAL] = {command_look_signal, sizeof(struct signal_look), NULL},
};

static size_t largest(void)
{
	size_t size = 0;

	for (size_t i = 0; i < LOOKS; i++)
		size = looks[i].size > size ? looks[i].size : size;
	return size;
}

static int perform(uint8_t look, struct unix_looks *hanging, void *about)
{
	if (look >= LOOKS)
		return -EINVAL;
	return looks[look].patiently && hanging ? looks[look].patiently(hanging, about)
						: looks[look].fn(about);
}

/* One look at a time, until the tracer is gone. */
static void __attribute__((noreturn)) serve(int fd, void *shared)
{
	struct unix_looks *hanging = unix_looks_new();
	uint8_t look;
	int32_t result;

	while (read(fd, &look, sizeof(look)) == sizeof(look)) {
		result = perform(look, hanging, shared);
		if (write(fd, &result, sizeof(result)) != sizeof(result))
			break;
	}
	_exit(0);
}

/* Whoever waits for the end of a pipe of the tracer's does not wait for a look that hangs. */
static void close_others(int fd)
{
	int nowhere;

	if (dup2(fd, OWN_FD) < 0)
		_exit(1);
	nowhere = open("/dev/null", O_RDWR);
	if (nowhere >= 0) {
		(void)dup2(nowhere, STDIN_FILENO);
		(void)dup2(nowhere, STDOUT_FILENO);
#if !defined(__SANITIZE_ADDRESS__) /* which reports there */
		(void)dup2(nowhere, STDERR_FILENO);
#endif
	}
	(void)close_range(OWN_FD + 1, ~0U, 0);
}

/* Signals of the terminal are the tracer's, too. */
static void __attribute__((noreturn)) child(int fd, void *shared, unsigned int roles)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	(void)prctl(PR_SET_NAME, NAME);
	close_others(fd);
	(void)confine(roles, NULL, 0); /* it does not do more for being less confined */
	serve(OWN_FD, shared);
}

int looker_new(bool signals, struct looker **ret_looker)
{
	struct looker *looker = calloc(1, sizeof(*looker));
	int fds[2], err;

	if (!looker)
		return -ENOMEM;
	looker->pidfd = -1;
	looker->room = largest();
	looker->shared = mmap(NULL, looker->room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (looker->shared == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)) {
		err = -errno;
		if (looker->shared != MAP_FAILED)
			munmap(looker->shared, looker->room);
		free(looker);
		return err;
	}
	looker->pid = fork();
	if (!looker->pid) {
		close(fds[0]);
		child(fds[1], looker->shared, ROLE_LOOKER | (signals ? ROLE_SIGNALS : 0));
	}
	err = -errno;
	close(fds[1]);
	looker->fd = fds[0];
	looker->pidfd = looker->pid > 0 ? (int)syscall(SYS_pidfd_open, looker->pid, 0) : -1;
	if (looker->pid < 0) {
		looker_free(looker);
		return err;
	}
	*ret_looker = looker;
	return 0;
}

static bool wait_until(int fd, int patience_ms)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	int n;

	do
		n = poll(&wait, 1, patience_ms);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

/* It ends with its socket, unless it hangs: then it ends later. */
static void let_go(struct looker *looker, int patience_ms)
{
	if (looker->fd < 0)
		return;
	close(looker->fd);
	looker->fd = -1;
	if (looker->pidfd >= 0 && wait_until(looker->pidfd, patience_ms))
		waitpid(looker->pid, NULL, WNOHANG);
}

void looker_free(struct looker *looker)
{
	if (!looker)
		return;
	let_go(looker, PATIENCE_MS);
	if (looker->pidfd >= 0)
		close(looker->pidfd);
	munmap(looker->shared, looker->room);
	free(looker);
}

bool looker_is_gone(const struct looker *looker)
{
	return looker && looker->fd < 0;
}

/* false: it is late, or it is gone. */
static bool answered(struct looker *looker, int patience_ms, int32_t *ret_result)
{
	if (!wait_until(looker->fd, patience_ms))
		return false;
	if (read(looker->fd, ret_result, sizeof(*ret_result)) == sizeof(*ret_result))
		return true;
	let_go(looker, PATIENCE_MS); /* its descriptors are closed: it ends now */
	return false;
}

int looker_look(struct looker *looker, enum look look, void *about)
{
	uint8_t which = look;
	int32_t result;

	if (!looker)
		return looks[look].fn(about);
	if (looker->late) /* what is in the memory is no answer to this */
		looker->late = !looker_is_gone(looker) && !answered(looker, 0, &result);
	if (looker_is_gone(looker) || looker->late)
		return -EPIPE;
	memcpy(looker->shared, about, looks[look].size);
	if (send(looker->fd, &which, sizeof(which), MSG_NOSIGNAL) != sizeof(which))
		let_go(looker, PATIENCE_MS);
	else if (answered(looker, PATIENCE_MS, &result))
		memcpy(about, looker->shared, looks[look].size);
	else
		looker->late = !looker_is_gone(looker);
	return looker_is_gone(looker) || looker->late ? -EPIPE : result;
}
