/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that hold one socket each. */
#include "keeper.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "oracle.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

static int nursery; /* a process that forks keepers */

static bool send_descriptor(int channel, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {0}, byte = 0;
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	return sendmsg(channel, &message, 0) == 1;
}

static int receive_descriptor(int channel)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *header;
	int fd = -1;

	if (recvmsg(channel, &message, 0) != 1)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

static void nurse(int channel)
{
	pid_t pid;
	int fd;

	signal(SIGCHLD, SIG_IGN); /* nobody waits for them */
	while ((fd = receive_descriptor(channel)) >= 0) {
		pid = fork();
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(channel);
			for (;;)
				pause();
		}
		close(fd);
		if (write(channel, &pid, sizeof(pid)) != sizeof(pid))
			break;
	}
	_exit(0);
}

void keepers_prepare(void)
{
	int channel[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel))
		die("socketpair");
	if (!fork()) {
		close(channel[0]);
		nurse(channel[1]);
	}
	close(channel[1]);
	nursery = channel[0];
}

pid_t keeper_take(int fd)
{
	pid_t pid = -1;

	if (!send_descriptor(nursery, fd) || read(nursery, &pid, sizeof(pid)) != sizeof(pid) || pid <= 0)
		die("keeper");
	close(fd);
	return pid;
}

void keeper_kill(pid_t pid)
{
	struct pollfd gone = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};

	if (gone.fd < 0 || kill(pid, SIGKILL) || poll(&gone, 1, -1) != 1)
		die("end of a keeper");
	close(gone.fd);
}
