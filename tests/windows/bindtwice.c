/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bindtwice: a free port of 127.0.0.1 with SO_EXCLUSIVEADDRUSE, then the same
 * again with SO_REUSEADDR, which Windows refuses; prints the port.  Ends with 1
 * if it does not.
 */
#include <stdio.h>
#include <winsock2.h>

static int bind_with(int option, struct sockaddr_in *address, SOCKET *ret_sock)
{
	BOOL on = TRUE;

	*ret_sock = socket(AF_INET, SOCK_STREAM, 0);
	if (setsockopt(*ret_sock, SOL_SOCKET, option, (const char *)&on, sizeof(on)))
		return SOCKET_ERROR;
	return bind(*ret_sock, (struct sockaddr *)address, sizeof(*address));
}

/* A number that nobody has now: a bind to it by number is what is to be seen. */
static int free_port(struct sockaddr_in *address)
{
	SOCKET sock = socket(AF_INET, SOCK_STREAM, 0);
	int size = sizeof(*address);
	int failed = bind(sock, (struct sockaddr *)address, size) ||
		     getsockname(sock, (struct sockaddr *)address, &size);

	closesocket(sock);
	return failed;
}

int main(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	SOCKET first, second;
	WSADATA data;

	if (WSAStartup(MAKEWORD(2, 2), &data) || free_port(&address))
		return 1;
	if (bind_with(SO_EXCLUSIVEADDRUSE, &address, &first) || listen(first, 1) ||
	    !bind_with(SO_REUSEADDR, &address, &second))
		return 1;
	printf("%u\n", ntohs(address.sin_port));
	return 0;
}
