/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crowd PROCESSES DESCRIPTORS SOCKETS COMMAND [ARG...]
 * PROCESSES with DESCRIPTORS each; SOCKETS of them all are bound, TCP ones
 * that listen and UDP ones by turns, the rest are files.  Runs COMMAND when
 * all are there, and ends with its status.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>

#include "stimulus.h"

#define FIRST_PORT 2000
#define PORTS	   500 /* each with an address a socket */

static void open_socket(unsigned int number)
{
	bool udp = number & 1;
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(FIRST_PORT + number % PORTS),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + number / PORTS),
	};
	int fd = socket(AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)))
		die("bind");
	if (!udp && listen(fd, 1))
		die("listen");
}

static void __attribute__((noreturn))
live(unsigned int first, unsigned int sockets, unsigned int files, int ready)
{
	for (unsigned int i = 0; i < sockets; i++)
		open_socket(first + i);
	for (unsigned int i = 0; i < files; i++)
		if (open("/dev/null", O_RDONLY) < 0)
			die("open");
	if (write(ready, "", 1) != 1)
		die("write");
	close(ready);
	for (;;)
		pause();
}

/* All that this one has started: its process group. */
static void end_others(void)
{
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
}

int main(int argc, char **argv)
{
	unsigned int processes, descriptors, sockets, made = 0;
	const struct rlimit limit = {65536, 65536};
	int ready[2], status;
	pid_t command;
	char byte;

	if (argc < 5)
		return 2;
	processes = (unsigned int)atoi(argv[1]);
	descriptors = (unsigned int)atoi(argv[2]);
	sockets = (unsigned int)atoi(argv[3]);
	setrlimit(RLIMIT_NOFILE, &limit);
	setpgid(0, 0);
	if (pipe(ready))
		die("pipe");
	for (unsigned int i = 0; i < processes; i++) {
		unsigned int share = sockets * (i + 1) / processes - made;

		if (share > descriptors)
			return 2;
		if (!fork())
			live(made, share, descriptors - share, ready[1]);
		made += share;
	}
	close(ready[1]); /* else a process that fails is waited for */
	for (unsigned int i = 0; i < processes; i++) {
		if (read(ready[0], &byte, 1) == 1)
			continue;
		end_others();
		return 99;
	}
	command = fork();
	if (!command) {
		close(ready[0]);
		execvp(argv[4], argv + 4);
		die(argv[4]);
	}
	waitpid(command, &status, 0);
	end_others();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}
