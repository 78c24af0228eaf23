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

/* More than udp_lib_get_port() looks at one by one */
#define SLOT_SOCKETS 11

/* Sockets on one port, each on its own address; their number or, where one could not bind, less. */
static int fill_slot(int *sockets, struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);

	for (int i = 0; i < SLOT_SOCKETS; i++) {
		address->sin_addr.s_addr = htonl(0x7f000101 + (uint32_t)i);
		sockets[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (sockets[i] < 0)
			return i;
		if (bind(sockets[i], (struct sockaddr *)address, sizeof(*address)) ||
		    getsockname(sockets[i], (struct sockaddr *)address, &length)) {
			close(sockets[i]);
			return i;
		}
	}
	return SLOT_SOCKETS;
}

bool selftest_udp_slot_blind(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int sockets[SLOT_SOCKETS], count = fill_slot(sockets, &address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool blind;

	address.sin_addr.s_addr = htonl(INADDR_ANY);
	blind = count == SLOT_SOCKETS && fd >= 0 && !bind(fd, (struct sockaddr *)&address, sizeof(address));
	if (fd >= 0)
		close(fd);
	while (count)
		close(sockets[--count]);
	return blind;
}
