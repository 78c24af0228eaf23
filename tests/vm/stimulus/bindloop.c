/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bindloop CPU PROCESSES BINDS PORT [same|udp|listen]
 * PROCESSES on one CPU (-1: any) bind BINDS times each, every time to another
 * port from PORT on, or all to PORT itself; UDP sockets, or sockets that listen
 * (PORT 0 leaves the choice to the kernel).  Prints how many were accepted and
 * how many refused with EADDRINUSE.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include "stimulus.h"

struct way {
	const char *name;
	int type;
	bool same, listens;
};

static const struct way ways[] = {
	{"", SOCK_STREAM, false, false},
	{"same", SOCK_STREAM, true, false},
	{"udp", SOCK_DGRAM, false, false},
	{"listen", SOCK_STREAM, false, true},
};

struct totals {
	unsigned long accepted, refused;
};

static const struct way *way_of(const char *name)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(ways[i].name, name))
			return &ways[i];
	return NULL;
}

static void pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

/* The gate opens for all at once, when its last writer closes it. */
static void wait_at(const int gate[2])
{
	char byte;

	close(gate[1]);
	while (read(gate[0], &byte, 1) < 0)
		;
}

static void __attribute__((noreturn))
loop(unsigned int port, unsigned int binds, const struct way *way, int out)
{
	struct totals totals = {0};

	for (unsigned int i = 0; i < binds; i++) {
		int error = bind_of(way->type, port && !way->same ? port + i : port, way->listens);

		if (error && error != EADDRINUSE)
			_exit(1);
		totals.accepted += !error;
		totals.refused += error != 0;
	}
	if (write(out, &totals, sizeof(totals)) != sizeof(totals))
		die("write");
	_exit(0);
}

int main(int argc, char **argv)
{
	int cpu, gate[2], results[2];
	unsigned int processes, binds, port;
	struct totals sum = {0}, totals;
	const struct way *way = argc == 5 || argc == 6 ? way_of(argc == 6 ? argv[5] : "") : NULL;

	if (!way)
		return 2;
	cpu = atoi(argv[1]);
	processes = atoi(argv[2]);
	binds = atoi(argv[3]);
	port = atoi(argv[4]);
	if (pipe(gate) || pipe(results))
		die("pipe");
	for (unsigned int i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pin(cpu);
		wait_at(gate);
		loop(port && !way->same ? port + i * binds : port, binds, way, results[1]);
	}
	close(gate[1]);
	close(results[1]);
	for (unsigned int i = 0; i < processes; i++) {
		if (read(results[0], &totals, sizeof(totals)) != sizeof(totals))
			return 1;
		sum.accepted += totals.accepted;
		sum.refused += totals.refused;
	}
	printf("%lu %lu\n", sum.accepted, sum.refused);
	return 0;
}
