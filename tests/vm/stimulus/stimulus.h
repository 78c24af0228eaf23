/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the stimulus programs share: one bind, and the way out. */
#ifndef STIMULUS_H
#define STIMULUS_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static inline void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	_exit(99);
}

/* A new socket on loopback, closed again: 0 or an errno. */
static inline int bind_of(int type, unsigned int port, bool listens)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), error = 0;

	if (fd < 0)
		die("socket");
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) || (listens && listen(fd, 1)))
		error = errno;
	close(fd);
	return error;
}

static inline int bind_once(unsigned int port)
{
	return bind_of(SOCK_STREAM, port, false);
}

#endif
