/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shapes PORT SHAPE...     a first bind by a process of each shape, on PORT, PORT + 1, ...
 * shapes --bind PORT       one bind
 * shapes --storm N PORT    N children, each of which binds at once, on PORT, PORT + 1, ...
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "stimulus.h"

#define SELF  "/proc/self/exe"
#define MOVED "/sys/fs/cgroup/moved"

extern char **environ;

static int alive[2]; /* ends when the main process has ended */

static void __attribute__((noreturn)) bind_and_exit(unsigned int port)
{
	_exit(bind_once(port) ? 1 : 0);
}

static char **bind_command(unsigned int port)
{
	static char text[16], *argv[] = {"shapes", "--bind", text, NULL};

	snprintf(text, sizeof(text), "%u", port);
	return argv;
}

static void shape_fork(unsigned int port)
{
	if (!fork())
		bind_and_exit(port);
}

static void shape_vfork(unsigned int port)
{
	char **argv = bind_command(port);

	if (!vfork()) {
		execv(SELF, argv);
		_exit(1);
	}
}

static void shape_spawn(unsigned int port)
{
	pid_t pid;

	if (posix_spawn(&pid, SELF, NULL, NULL, bind_command(port), environ))
		die("posix_spawn");
}

/* A sibling: its parent is whoever started this process. */
static void shape_sibling(unsigned int port)
{
	if (!syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, 0))
		bind_and_exit(port);
}

static void *bind_in_thread(void *port)
{
	bind_once((uintptr_t)port);
	return NULL;
}

static void *exec_in_thread(void *port)
{
	execv(SELF, bind_command((uintptr_t)port));
	_exit(1);
}

static void run_thread(void *(*body)(void *), unsigned int port)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, body, (void *)(uintptr_t)port))
		die("pthread_create");
	pthread_join(thread, NULL);
}

static void shape_thread(unsigned int port)
{
	if (fork())
		return;
	run_thread(bind_in_thread, port);
	_exit(0);
}

static void shape_thread_exec(unsigned int port)
{
	if (fork())
		return;
	run_thread(exec_in_thread, port);
	_exit(1);
}

/* Binds when the main process is gone. */
static void shape_daemon(unsigned int port)
{
	char byte;

	if (fork())
		return;
	setsid();
	if (fork())
		_exit(0);
	close(alive[1]);
	while (read(alive[0], &byte, 1) < 0)
		;
	bind_and_exit(port);
}

static void shape_cgroup(unsigned int port)
{
	int fd;

	if (fork())
		return;
	if (mkdir(MOVED, 0755) && errno != EEXIST)
		die("mkdir");
	fd = open(MOVED "/cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		die("cgroup.procs");
	close(fd);
	if (!fork())
		bind_and_exit(port);
	_exit(0);
}

static void shape_pidns(unsigned int port)
{
	if (fork())
		return;
	if (unshare(CLONE_NEWPID))
		die("unshare");
	if (!fork())
		bind_and_exit(port);
	_exit(0);
}

static const struct {
	const char *name;
	void (*run)(unsigned int port);
} shapes[] = {
	{"fork", shape_fork},	    {"vfork-exec", shape_vfork},    {"posix-spawn", shape_spawn},
	{"sibling", shape_sibling}, {"thread", shape_thread},	    {"thread-exec", shape_thread_exec},
	{"daemon", shape_daemon},   {"moves-cgroup", shape_cgroup}, {"pid-namespace", shape_pidns},
};

static void run_shape(const char *name, unsigned int port)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (!strcmp(shapes[i].name, name)) {
			shapes[i].run(port);
			return;
		}
	}
	errno = EINVAL;
	die(name);
}

static int storm(unsigned int children, unsigned int port)
{
	unsigned int bound = 0;
	int status;

	for (unsigned int i = 0; i < children; i++)
		shape_fork(port + i);
	while (wait(&status) > 0)
		bound += WIFEXITED(status) && !WEXITSTATUS(status);
	return bound == children ? 0 : 1;
}

/* The end of a pid namespace's first process is the end of all. */
static void outlive_others(void)
{
	pid_t pid = fork();

	if (!pid)
		return;
	while (wait(NULL) > 0)
		;
	_exit(0);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	if (!strcmp(argv[1], "--bind"))
		return bind_once(atoi(argv[2])) ? 1 : 0;
	if (!strcmp(argv[1], "--storm") && argc == 4)
		return storm(atoi(argv[2]), atoi(argv[3]));
	if (getpid() == 1)
		outlive_others();
	if (pipe2(alive, O_CLOEXEC))
		die("pipe");
	for (int i = 2; i < argc; i++)
		run_shape(argv[i], atoi(argv[1]) + i - 2);
	return 0;
}
