/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/unix_path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "linux/decode.h"
#include "linux/process.h"

/* Bits of a mode, as for others. */
enum { MAY_SEARCH = 1, MAY_WRITE = 2 };

/* Where a path begins, as an open directory of this process's. */
struct origin {
	int fd;
	bool is_root;		/* of the process: links lead nowhere above it */
	char base[EXE_LEN + 1]; /* the way on from there, "" or with a '/' behind it */
};

static bool same_mounts(const struct rt_unix *record)
{
	struct stat own;

	return !stat("/proc/self/ns/mnt", &own) && own.st_ino == record->mntns;
}

/* In /proc as this process sees it: in another pid namespace its number is somebody else's. */
static bool asker_lives(const struct rt_unix *record)
{
	return process_lives(record->header.process.tgid, record->header.process.start_ns);
}

static int open_link(const struct rt_unix *record, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/%s", record->header.process.tgid, name);
	return asker_lives(record) ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
}

static int open_directory(const struct origin *origin, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = origin->is_root ? RESOLVE_IN_ROOT : RESOLVE_BENEATH,
	};
	char full[sizeof(origin->base) + UNIX_PATH_LEN];

	snprintf(full, sizeof(full), "%s%s", origin->base, path);
	return (int)syscall(SYS_openat2, origin->fd, full, &how, sizeof(how));
}

/* From the root of the process, which need not be that of its mount namespace. */
static bool find_cwd(const struct rt_unix *record, char cwd[EXE_LEN])
{
	char link[64], root[EXE_LEN];
	ssize_t length;

	decode_exe(record->cwd, cwd, EXE_LEN);
	if (cwd[0] != '/')
		return false;
	snprintf(link, sizeof(link), "/proc/%u/root", record->header.process.tgid);
	length = asker_lives(record) ? readlink(link, root, sizeof(root)) : -1;
	if (length > 1 && length < EXE_LEN && !strncmp(cwd, root, (size_t)length) &&
	    (cwd[length] == '/' || !cwd[length]))
		memmove(cwd, cwd + length, strlen(cwd + length) + 1);
	return true;
}

/* A relative path begins at the root, too, so that no link leads out of that. */
static bool open_origin(const struct rt_unix *record, bool absolute, struct origin *ret_origin)
{
	char cwd[EXE_LEN];
	int fd = -1;

	*ret_origin = (struct origin){.fd = open_link(record, "root"), .is_root = true};
	if (ret_origin->fd < 0 && same_mounts(record))
		ret_origin->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (absolute || ret_origin->fd < 0)
		return ret_origin->fd >= 0;
	if (find_cwd(record, cwd)) {
		snprintf(ret_origin->base, sizeof(ret_origin->base), "%s/", cwd);
		fd = open_directory(ret_origin, "");
	}
	if (fd >= 0) {
		close(fd);
		return true;
	}
	close(ret_origin->fd);
	*ret_origin = (struct origin){.fd = open_link(record, "cwd")};
	return ret_origin->fd >= 0;
}

static enum obstacle obstacle_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFSOCK:
		return OBSTACLE_SOCKET;
	case S_IFREG:
		return OBSTACLE_FILE;
	case S_IFDIR:
		return OBSTACLE_DIRECTORY;
	case S_IFLNK:
		return OBSTACLE_LINK;
	}
	return OBSTACLE_OTHER;
}

/* "Gid:" real, effective, saved, on files; "Groups:" of any number. */
static bool line_has_group(const char *line, gid_t group)
{
	size_t ignored = strncmp(line, "Gid:", 4) ? 0 : 3;
	const char *at;
	char *end;

	if (!ignored && strncmp(line, "Groups:", 7))
		return false;
	at = strchr(line, ':') + 1;
	for (size_t i = 0;; i++, at = end) {
		unsigned long id = strtoul(at, &end, 10);

		if (end == at)
			return false;
		if (i >= ignored && id == group)
			return true;
	}
}

/* in_group_p(), of a process that lives. */
static bool in_group(const struct rt_unix *record, gid_t group)
{
	char path[64], *line = NULL;
	bool found = false;
	size_t room = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/task/%u/status", record->header.process.tgid,
		 record->header.process.tid);
	file = asker_lives(record) ? fopen(path, "re") : NULL;
	while (file && !found && getline(&line, &room, file) >= 0)
		found = line_has_group(line, group);
	free(line);
	if (file)
		fclose(file);
	return found;
}

/* The user namespace of a process that lives has this number of the initial one. */
static bool is_mapped(const struct rt_unix *record, const char *name, unsigned int id)
{
	unsigned int inside, outside, count;
	char path[64], line[128];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/%s", record->header.process.tgid, name);
	file = asker_lives(record) ? fopen(path, "re") : NULL;
	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%u %u %u", &inside, &outside, &count) == 3 && id >= outside &&
			id - outside < count;
	if (file)
		fclose(file);
	return found;
}

/* capable_wrt_inode_uidgid() */
static bool overrides(const struct rt_unix *record, const struct stat *file)
{
	return record->overrides == RT_OVERRIDES_ALL ||
	       (record->overrides == RT_OVERRIDES_MAPPED && is_mapped(record, "uid_map", file->st_uid) &&
		is_mapped(record, "gid_map", file->st_gid));
}

/* Whether the mode alone keeps the process out. */
static bool lacks(const struct rt_unix *record, const struct stat *directory, mode_t bits)
{
	if (overrides(record, directory))
		return false;
	if (record->fsuid == directory->st_uid)
		return !(directory->st_mode >> 6 & bits);
	if (in_group(record, directory->st_gid))
		return !(directory->st_mode >> 3 & bits);
	return !(directory->st_mode & bits);
}

/* How a directory is told: a relative path begins at one that has a name. */
static void blame(const struct rt_unix *record, const char *path, struct unix_facts *facts)
{
	snprintf(facts->directory, sizeof(facts->directory), "%s", path);
	if (!strcmp(path, "."))
		decode_exe(record->cwd, facts->directory, sizeof(facts->directory));
}

static void blame_mode(enum path_fault fault, const struct stat *directory, struct unix_facts *facts)
{
	facts->fault = fault;
	facts->directory_mode = directory->st_mode & 07777;
	facts->directory_uid = directory->st_uid;
}

/* One directory on the way, open; -1 if no path leads through it. */
static int enter(const struct rt_unix *record, const struct origin *origin, const char *path,
		 struct unix_facts *facts)
{
	int fd = open_directory(origin, path);
	struct stat directory;

	blame(record, path, facts);
	if (fd < 0 && errno == ENOENT)
		facts->fault = FAULT_MISSING;
	else if (fd < 0 && errno == ENOTDIR)
		facts->fault = FAULT_NOT_DIRECTORY;
	if (fd < 0 || fstat(fd, &directory) || !lacks(record, &directory, MAY_SEARCH))
		return fd;
	blame_mode(FAULT_SEARCH, &directory, facts);
	close(fd);
	return -1;
}

/* The directory that the file was to be in, open; -1 if the way to it ends before. */
static int walk(const struct rt_unix *record, const struct origin *origin, struct unix_facts *facts)
{
	char prefix[UNIX_PATH_LEN];
	const char *path = facts->path;
	int fd = enter(record, origin, path[0] == '/' ? "/" : ".", facts);

	for (size_t i = 1; i < sizeof(prefix) && path[i] && fd >= 0; i++) {
		if (path[i] != '/' || path[i - 1] == '/')
			continue;
		memcpy(prefix, path, i);
		prefix[i] = '\0';
		close(fd);
		fd = enter(record, origin, prefix, facts);
	}
	return fd;
}

static void look_at_parent(const struct rt_unix *record, int parent, struct unix_facts *facts)
{
	struct stat directory;
	struct statvfs system;

	if (!fstatvfs(parent, &system) && system.f_flag & ST_RDONLY)
		facts->fault = FAULT_READ_ONLY;
	else if (!fstat(parent, &directory) && lacks(record, &directory, MAY_WRITE))
		blame_mode(FAULT_WRITE, &directory, facts);
}

/* stat() shows a device of a subvolume's or layer's own; false: see errno. */
static bool look_at_file(int parent, const char *name, struct path_file *ret_file)
{
	int fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct path_file file;
	struct statfs system;
	bool found;

	if (fd < 0)
		return false;
	found = !fstat(fd, &file.stat) && !fstatfs(fd, &system);
	file.other_device =
		found && (system.f_type == BTRFS_SUPER_MAGIC || system.f_type == OVERLAYFS_SUPER_MAGIC);
	if (found)
		*ret_file = file;
	close(fd);
	return found;
}

/* bind() does not follow a link in the last component, so neither does this. */
void unix_path_look(const struct rt_unix *record, struct unix_facts *facts, struct path_file *ret_file)
{
	const char *last = strrchr(facts->path, '/');
	struct origin origin;
	int parent;

	facts->obstacle = OBSTACLE_UNKNOWN;
	if (!facts->path[0] || !open_origin(record, facts->path[0] == '/', &origin))
		return;
	parent = walk(record, &origin, facts);
	close(origin.fd);
	if (parent < 0) {
		if (facts->fault == FAULT_MISSING || facts->fault == FAULT_NOT_DIRECTORY)
			facts->obstacle = OBSTACLE_NONE;
		return;
	}
	last = last ? last + 1 : facts->path;
	if (look_at_file(parent, last, ret_file))
		facts->obstacle = obstacle_of(ret_file->stat.st_mode);
	else if (errno == ENOENT || errno == ENOTDIR)
		facts->obstacle = OBSTACLE_NONE;
	look_at_parent(record, parent, facts);
	close(parent);
}
