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

#define CGROUP_ROOT	 "/sys/fs/cgroup"
#define FILEID_KERNFS	 0xfe
#define CONTAINER_DIGITS 64
#define MAX_PID		 4194304 /* PID_MAX_LIMIT */
#define NAMES_CACHED	 256

static int copy_path(const char *path, char *ret_path, size_t size)
{
	size_t length = strlen(path);

	if (length >= size)
		return -ENAMETOOLONG;
	memcpy(ret_path, path, length + 1);
	return 0;
}

/* The path of a cgroup by its id: the id is its file handle. */
static int cgroup_path(uint64_t id, char *ret_path, size_t size)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(id)];
	} by_id = {.handle = {.handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS}};
	char link[64], path[PATH_MAX];
	int root = open(CGROUP_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
	ssize_t n;

	if (root < 0)
		return -errno;
	memcpy(by_id.room + sizeof(struct file_handle), &id, sizeof(id));
	fd = open_by_handle_at(root, &by_id.handle, O_RDONLY | O_CLOEXEC);
	close(root);
	if (fd < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	close(fd);
	if (n < 0)
		return -errno;
	path[n] = '\0';
	if (strncmp(path, CGROUP_ROOT, strlen(CGROUP_ROOT)))
		return -ENOENT;
	return copy_path(path[strlen(CGROUP_ROOT)] ? path + strlen(CGROUP_ROOT) : "/", ret_path, size);
}

/* For those who may not open by handle. */
static int cgroup_of_process(uint32_t pid, char *ret_path, size_t size)
{
	char name[64], line[PATH_MAX];
	FILE *file;
	int err = -ENOENT;

	snprintf(name, sizeof(name), "/proc/%u/cgroup", pid);
	file = fopen(name, "re");
	if (!file)
		return -errno;
	while (err && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "0::", 3))
			continue;
		line[strcspn(line, "\n")] = '\0';
		err = copy_path(line + 3, ret_path, size);
	}
	fclose(file);
	return err;
}

void cgroup_unit(const char *cgroup, char *ret_unit, size_t size)
{
	static const char *const endings[] = {".service", ".scope", ".socket"};
	const char *at = cgroup;

	ret_unit[0] = '\0';
	while (*at) {
		size_t length = strcspn(at, "/");

		for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
			size_t ending = strlen(endings[i]);

			if (length > ending && !strncmp(at + length - ending, endings[i], ending))
				snprintf(ret_unit, size, "%.*s", (int)length, at);
		}
		at += length;
		at += *at == '/';
	}
}

void cgroup_container(const char *cgroup, char *ret_container, size_t size)
{
	size_t run = 0;

	ret_container[0] = '\0';
	for (const char *at = cgroup; *at; at++) {
		run = isxdigit((unsigned char)*at) ? run + 1 : 0;
		if (run == CONTAINER_DIGITS && !isxdigit((unsigned char)at[1]))
			snprintf(ret_container, size, "%.*s", CONTAINER_DIGITS, at + 1 - CONTAINER_DIGITS);
	}
}

/* Records of a socket's life come without the path: it is long, and mostly known. */
static void read_exe(struct proc_info *process)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%u/exe", process->pid);
	n = readlink(link, process->exe, sizeof(process->exe) - 1);
	process->exe[n > 0 ? n : 0] = '\0';
}

struct cgroup_names {
	uint64_t id;
	char cgroup[NAME_LEN], unit[NAME_LEN], container[NAME_LEN];
};

struct process_names {
	struct cgroup_names rows[NAMES_CACHED]; /* by id, the last one wins */
};

struct process_names *process_names_new(void)
{
	return calloc(1, sizeof(struct process_names));
}

void process_names_free(struct process_names *names)
{
	free(names);
}

static const struct cgroup_names *names_of(struct process_names *names, const struct proc_info *process)
{
	struct cgroup_names *row = &names->rows[process->cgroup_id % NAMES_CACHED];

	if (row->id == process->cgroup_id && row->cgroup[0])
		return row;
	*row = (struct cgroup_names){.id = process->cgroup_id};
	if (cgroup_path(row->id, row->cgroup, sizeof(row->cgroup)))
		cgroup_of_process(process->pid, row->cgroup, sizeof(row->cgroup));
	cgroup_unit(row->cgroup, row->unit, sizeof(row->unit));
	cgroup_container(row->cgroup, row->container, sizeof(row->container));
	return row;
}

void process_names(struct process_names *names, struct proc_info *process)
{
	const struct cgroup_names *row;

	if (!process->exe[0])
		read_exe(process);
	if (!process->cgroup_id)
		return;
	row = names_of(names, process);
	memcpy(process->cgroup, row->cgroup, sizeof(process->cgroup));
	memcpy(process->unit, row->unit, sizeof(process->unit));
	memcpy(process->container, row->container, sizeof(process->container));
}

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

/* As the kernel writes the path of a cgroup: "/", "/a/b". */
static int cgroup_normal(const char *text, char *ret_path, size_t size)
{
	size_t length = 0;

	ret_path[0] = '\0';
	for (text += strspn(text, "/"); *text; text += strspn(text, "/")) {
		size_t part = strcspn(text, "/");

		if (part <= 2 && !strncmp(text, "..", part))
			return -EINVAL;
		length += snprintf(ret_path + length, size - length, "/%.*s", (int)part, text);
		if (length >= size)
			return -ENAMETOOLONG;
		text += part;
	}
	return length ? 0 : copy_path("/", ret_path, size);
}

int cgroup_resolve(const char *text, char *ret_path, size_t size, uint64_t *ret_id)
{
	size_t root = strlen(CGROUP_ROOT);
	char path[PATH_MAX];
	struct stat dir;
	int err;

	if (!strncmp(text, CGROUP_ROOT "/", root + 1))
		text += root;
	err = cgroup_normal(text, ret_path, size);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s%s", CGROUP_ROOT, ret_path);
	*ret_id = 0;
	if (stat(path, &dir))
		return errno == ENOENT ? 0 : -errno;
	*ret_id = dir.st_ino;
	return S_ISDIR(dir.st_mode) ? 0 : -ENOTDIR;
}

bool process_exists(uint32_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u", pid);
	return !access(path, F_OK);
}

static uint32_t parent_of(const char *pid)
{
	char path[PATH_MAX], line[512], *end;
	uint32_t parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
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

int process_children(uint32_t pid, int (*fn)(void *context, uint32_t child), void *context)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int err = 0;

	if (!proc)
		return -errno;
	while (!err && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) && parent_of(entry->d_name) == pid)
			err = fn(context, strtoul(entry->d_name, NULL, 10));
	closedir(proc);
	return err;
}
