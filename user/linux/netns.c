/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux/process.h"

#define NAMES_DIR "/run/netns"
#define OWN	  "/proc/self/ns/net"

/* 0: it is no namespace, or not to be seen. */
static uint32_t inode_of(const char *path)
{
	struct stat file;

	return stat(path, &file) ? 0 : (uint32_t)file.st_ino;
}

static struct netns *find(struct netns *list, int count, uint32_t inode)
{
	for (int i = 0; i < count; i++)
		if (list[i].inode == inode)
			return &list[i];
	return NULL;
}

static struct netns *add(struct netns *list, int *count, uint32_t inode)
{
	struct netns *found = find(list, *count, inode);

	if (found || !inode || *count == NETNS_MAX)
		return found;
	list[*count] = (struct netns){.inode = inode};
	return &list[(*count)++];
}

static void add_named(struct netns *list, int *count)
{
	DIR *dir = opendir(NAMES_DIR);
	char path[PATH_MAX];
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		struct netns *netns = NULL;

		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= sizeof(netns->name))
			continue;
		snprintf(path, sizeof(path), NAMES_DIR "/%s", entry->d_name);
		netns = add(list, count, inode_of(path));
		if (netns && !netns->name[0])
			snprintf(netns->name, sizeof(netns->name), "%.*s", (int)sizeof(netns->name) - 1,
				 entry->d_name);
	}
	closedir(dir);
}

static void read_comm(struct netns *netns)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/comm", netns->pid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(netns->comm, sizeof(netns->comm), file))
		netns->comm[strcspn(netns->comm, "\n")] = '\0';
	fclose(file);
}

struct gathering {
	struct netns *list;
	int *count;
	int left; /* processes that may still be looked at */
};

static int add_of_process(void *context, uint32_t pid)
{
	struct gathering *gathering = context;
	struct netns *netns;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/ns/net", pid);
	netns = add(gathering->list, gathering->count, inode_of(path));
	if (netns && !netns->pid) {
		netns->pid = pid;
		read_comm(netns);
	}
	return !--gathering->left;
}

int netns_list(struct netns ret_list[NETNS_MAX])
{
	int count = 0;
	struct gathering gathering = {.list = ret_list, .count = &count, .left = NETNS_PROCESSES};

	if (!add(ret_list, &count, inode_of(OWN)))
		return -ENOENT;
	add_named(ret_list, &count);
	(void)process_each(add_of_process, &gathering);
	return count;
}

bool netns_of_process(uint32_t inode, uint32_t pid, struct netns *ret_netns)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/ns/net", pid);
	if (!inode || (inode != inode_of(OWN) && inode != inode_of(path)))
		return false;
	*ret_netns = (struct netns){.inode = inode, .pid = pid};
	return true;
}

struct visit {
	const struct netns *netns;
	netns_fn fn;
	void *context;
	int err;
};

/* By the name and else by the process, as long as that is in it still. */
static int open_netns(const struct netns *netns)
{
	char path[PATH_MAX];
	struct stat file;
	int fd;

	if (netns->name[0])
		snprintf(path, sizeof(path), NAMES_DIR "/%s", netns->name);
	else
		snprintf(path, sizeof(path), "/proc/%u/ns/net", netns->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &file) && (uint32_t)file.st_ino == netns->inode)
		return fd;
	close(fd);
	return -ENOENT;
}

static void *visit_thread(void *argument)
{
	struct visit *visit = argument;
	int fd;

	if (visit->netns->inode != inode_of(OWN)) {
		fd = open_netns(visit->netns);
		if (fd < 0) {
			visit->err = fd;
			return NULL;
		}
		visit->err = setns(fd, CLONE_NEWNET) ? -errno : 0;
		close(fd);
	}
	if (!visit->err)
		visit->err = visit->fn(visit->context);
	return NULL;
}

int netns_inside(const struct netns *netns, netns_fn fn, void *context)
{
	struct visit visit = {.netns = netns, .fn = fn, .context = context};
	sigset_t all, before;
	pthread_t thread;
	int err;

	/* signals are for the thread that waits for records */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&thread, NULL, visit_thread, &visit);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return -err;
	pthread_join(thread, NULL);
	return visit.err;
}
