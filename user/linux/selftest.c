/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/selftest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* A second socket on a held port; 0 if it was refused. */
static int contend(int type, const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	int refused;

	if (fd < 0)
		return -errno;
	refused = bind(fd, (const struct sockaddr *)address, sizeof(*address)) && errno == EADDRINUSE;
	close(fd);
	return refused ? 0 : -EPROTO;
}

static int hold(int type)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), off = 0, err = 0;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &off, sizeof(off)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    getsockname(fd, (struct sockaddr *)&address, &length) || (type == SOCK_STREAM && listen(fd, 1)))
		err = -errno;
	if (!err)
		err = contend(type, &address);
	close(fd);
	return err;
}

int selftest_run(void)
{
	int tcp = hold(SOCK_STREAM), udp = hold(SOCK_DGRAM);

	return tcp ? tcp : udp;
}
