/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PIDNS_INITIAL 0xeffffffcU /* PROC_PID_INIT_INO */
#define MAX_PID	      4194304	  /* PID_MAX_LIMIT */

static bool is_netns(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == NSFS_MAGIC && ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET;
}

static int netns_of_file(const char *path, uint32_t *ret_inode)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), err = 0;
	struct stat file;

	if (fd < 0)
		return -errno;
	if (!is_netns(fd))
		err = -EINVAL;
	else if (fstat(fd, &file))
		err = -errno;
	else
		*ret_inode = file.st_ino;
	close(fd);
	return err;
}

/* A number is an inode if it cannot be a pid. */
int netns_inode(const char *text, uint32_t *ret_inode)
{
	char path[PATH_MAX], *end;
	unsigned long number;

	if (text[0] == '/')
		return netns_of_file(text, ret_inode);
	errno = 0;
	number = strtoul(text, &end, 10);
	if (isdigit((unsigned char)text[0]) && !*end && !errno && number <= UINT32_MAX) {
		snprintf(path, sizeof(path), "/proc/%lu/ns/net", number);
		if (!netns_of_file(path, ret_inode))
			return 0;
		if (number <= MAX_PID)
			return -ESRCH;
		*ret_inode = number;
		return 0;
	}
	if (strchr(text, '/'))
		return -EINVAL;
	snprintf(path, sizeof(path), "/run/netns/%s", text);
	return netns_of_file(path, ret_inode);
}

uint32_t proc_number(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned int number = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%u", &number) != 1)
		number = 0;
	fclose(file);
	return number;
}

bool process_exists(uint32_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u", pid);
	return !access(path, F_OK);
}

/* Field 3 is the state, field 22 the start in clock ticks since the boot. */
bool process_lives(uint32_t pid, uint64_t start_ns)
{
	const uint64_t tick_ns = 1000000000ULL / sysconf(_SC_CLK_TCK);
	char path[64], line[1024], state = 'Z';
	unsigned long long start = 0;
	const char *end = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fgets(line, sizeof(line), file))
		end = strrchr(line, ')');
	fclose(file);
	if (!end || sscanf(end + 1,
			   " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
			   &state, &start) != 2)
		return false;
	return state != 'Z' && state != 'X' && start == start_ns / tick_ns;
}

int process_look_exe(void *about)
{
	struct exe_look *look = about;
	char link[64], exe[EXE_LEN];
	ssize_t length, fits;

	snprintf(link, sizeof(link), "/proc/%u/exe", look->pid);
	length = readlink(link, exe, sizeof(exe));
	fits = length < 0 ? 0 : length < (ssize_t)sizeof(exe) ? length : (ssize_t)sizeof(exe) - 1;
	memcpy(look->exe, exe, (size_t)fits);
	look->exe[fits] = '\0';
	return length < 0 ? -errno : (int)length;
}

bool process_sees_all(void)
{
	struct stat ns;

	return !stat("/proc/self/ns/pid", &ns) && ns.st_ino == PIDNS_INITIAL;
}

bool process_shows_all(void)
{
	return process_sees_all() && !access("/proc/1/status", R_OK);
}

uint32_t process_parent(uint32_t pid)
{
	char path[PATH_MAX], line[512], *end;
	uint32_t parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fgets(line, sizeof(line), file)) {
		end = strrchr(line, ')');
		if (end)
			sscanf(end + 1, " %*c %u", &parent);
	}
	fclose(file);
	return parent;
}

int process_each(int (*fn)(void *context, uint32_t pid), void *context)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int err = 0;

	if (!proc)
		return -errno;
	while (!err && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			err = fn(context, (uint32_t)strtoul(entry->d_name, NULL, 10));
	closedir(proc);
	return err;
}

struct parent {
	uint32_t pid;
	int (*fn)(void *context, uint32_t child);
	void *context;
};

static int visit_child(void *context, uint32_t pid)
{
	const struct parent *parent = context;

	return process_parent(pid) == parent->pid ? parent->fn(parent->context, pid) : 0;
}

int process_children(uint32_t pid, int (*fn)(void *context, uint32_t child), void *context)
{
	struct parent parent = {.pid = pid, .fn = fn, .context = context};

	return process_each(visit_child, &parent);
}

struct child {
	uint32_t parent, pid;
};

struct children {
	struct child *list;
	size_t count, capacity;
};

static int by_parent(const void *one, const void *two)
{
	const struct child *a = one, *b = two;

	return (a->parent > b->parent) - (a->parent < b->parent);
}

static int add_child(void *context, uint32_t pid)
{
	struct children *children = context;
	struct child *grown;

	if (children->count == children->capacity) {
		children->capacity = children->capacity ? children->capacity * 2 : 256;
		grown = realloc(children->list, children->capacity * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		children->list = grown;
	}
	children->list[children->count++] = (struct child){.parent = process_parent(pid), .pid = pid};
	return 0;
}

/* A parent is left of what it appends: the families are looked at one after the other. */
static int walk_tree(const struct child *children, size_t count, uint32_t *queue,
		     int (*fn)(void *context, uint32_t pid), void *context)
{
	int err = 0;

	for (size_t at = 0, end = 1; at < end && !err; at++) {
		size_t low = 0, high = count;

		while (low < high) {
			size_t middle = (low + high) / 2;

			if (children[middle].parent < queue[at])
				low = middle + 1;
			else
				high = middle;
		}
		for (; low < count && children[low].parent == queue[at] && end <= count && !err; low++) {
			queue[end++] = children[low].pid;
			err = fn(context, children[low].pid);
		}
	}
	return err;
}

int process_descendants(uint32_t pid, int (*fn)(void *context, uint32_t pid), void *context)
{
	struct children children = {.list = NULL};
	uint32_t *queue = NULL;
	int err = process_each(add_child, &children);

	if (!err) {
		queue = calloc(children.count + 1, sizeof(*queue));
		err = queue ? 0 : -ENOMEM;
	}
	if (children.count)
		qsort(children.list, children.count, sizeof(*children.list), by_parent);
	if (!err) {
		queue[0] = pid;
		err = walk_tree(children.list, children.count, queue, fn, context);
	}
	free(children.list);
	free(queue);
	return err;
}
