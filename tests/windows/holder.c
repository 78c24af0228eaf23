/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * holder [tcp|udp]...: binds (and listens on) a free port of 127.0.0.1 for each
 * word, prints the ports in one line, and holds them until its input ends.
 */
#include <stdio.h>
#include <string.h>
#include <winsock2.h>

static unsigned int hold(const char *protocol)
{
	BOOL udp = !strcmp(protocol, "udp");
	SOCKET sock = socket(AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM, 0);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int size = sizeof(address);

	if (bind(sock, (struct sockaddr *)&address, size) || (!udp && listen(sock, 1)) ||
	    getsockname(sock, (struct sockaddr *)&address, &size))
		return 0;
	return ntohs(address.sin_port);
}

int main(int argc, char **argv)
{
	WSADATA data;

	if (WSAStartup(MAKEWORD(2, 2), &data))
		return 1;
	for (int i = 1; i < argc; i++)
		printf("%u ", hold(argv[i]));
	printf("\n");
	fflush(stdout);
	while (getchar() != EOF)
		continue;
	return 0;
}
