/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cycles bind|connect|send COUNT PORT, cycles flood SECONDS PORT
 * COUNT times: make, set up, bind, listen and close a socket; or connect,
 * accept and close; or send and receive a byte.  Prints the middle one's CPU
 * time in ns, and the mean time that passed, with what others did meanwhile:
 * guest instructions under tools/vm --icount.  Or bind for that many seconds
 * as fast as it goes; prints how often that was.
 */
#include <netinet/tcp.h>
#include <time.h>

#include "stimulus.h"

struct work {
	struct sockaddr_in address;
	int listener, sender, receiver;
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec time;

	if (clock_gettime(clock, &time))
		die("clock_gettime");
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int tcp_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

static int listener(const struct sockaddr_in *address)
{
	const int one = 1;
	int fd = tcp_socket();

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		die("setsockopt");
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)))
		die("bind");
	if (listen(fd, 16))
		die("listen");
	return fd;
}

static int connection(const struct sockaddr_in *address)
{
	int fd = tcp_socket();

	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)))
		die("connect");
	return fd;
}

static int accepted(int fd)
{
	fd = accept(fd, NULL, NULL);
	if (fd < 0)
		die("accept");
	return fd;
}

static void once_bind(const struct work *work)
{
	close(listener(&work->address));
}

/* The child, which has its listener's SO_LINGER, ends with a reset: nothing stays for the next. */
static void once_connect(const struct work *work)
{
	int fd = connection(&work->address), child = accepted(work->listener);

	close(child);
	close(fd);
}

static void once_send(const struct work *work)
{
	char byte = 0;

	if (send(work->sender, &byte, 1, 0) != 1 || recv(work->receiver, &byte, 1, 0) != 1)
		die("send");
}

static void flood(const struct work *work, size_t seconds)
{
	const uint64_t end = now_ns(CLOCK_MONOTONIC) + seconds * 1000000000;
	uint64_t count = 0;

	for (; now_ns(CLOCK_MONOTONIC) < end; count++)
		once_bind(work);
	printf("flood %llu\n", (unsigned long long)count);
}

static const struct {
	const char *name;
	void (*once)(const struct work *work);
	int listens;
} kinds[] = {
	{"bind", once_bind, 0},
	{"connect", once_connect, 1},
	{"send", once_send, 1},
};

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void measure(size_t kind, struct work *work, size_t count)
{
	const struct linger now = {.l_onoff = 1};
	uint64_t *took = calloc(count, sizeof(*took)), began, passed;

	if (!took)
		die("calloc");
	if (kinds[kind].listens) {
		work->listener = listener(&work->address);
		if (setsockopt(work->listener, SOL_SOCKET, SO_LINGER, &now, sizeof(now)))
			die("setsockopt");
		work->sender = connection(&work->address);
		work->receiver = accepted(work->listener);
	}
	began = now_ns(CLOCK_MONOTONIC);
	for (size_t i = 0; i < count; i++) {
		uint64_t begin = now_ns(CLOCK_THREAD_CPUTIME_ID);

		kinds[kind].once(work);
		took[i] = now_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
	}
	passed = now_ns(CLOCK_MONOTONIC) - began;
	qsort(took, count, sizeof(*took), by_size);
	printf("%s %llu %llu\n", kinds[kind].name, (unsigned long long)took[count / 2],
	       (unsigned long long)(passed / count));
	free(took);
}

int main(int argc, char **argv)
{
	struct work work = {.address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
	size_t count;

	if (argc != 4) {
		fprintf(stderr, "usage: cycles bind|connect|send COUNT PORT | flood SECONDS PORT\n");
		return 2;
	}
	count = strtoul(argv[2], NULL, 10);
	work.address.sin_port = htons((uint16_t)strtoul(argv[3], NULL, 10));
	if (!strcmp(argv[1], "flood")) {
		flood(&work, count);
		return 0;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(argv[1], kinds[i].name) || !count)
			continue;
		measure(i, &work, count);
		return 0;
	}
	return 2;
}
