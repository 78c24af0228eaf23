/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux/process.h"
#include "linux/runtimes.h"
#include "model/cgroup.h"
#include "model/helper.h"
#include "model/passed.h"

#define CGROUP_ROOT   "/sys/fs/cgroup"
#define FILEID_KERNFS 0xfe
#define CACHED	      256
#define SEARCHED_MAX  262144 /* files below the mount point */
#define CMDLINE_LEN   4096
#define ENVIRON_LEN   32768
#define LINES_LEN     16384 /* of /proc/PID/cgroup: a path a hierarchy */

struct row {
	uint64_t id;
	bool is_gone; /* it is nowhere below the mount point, and never will be: no other gets its number */
	char cgroup[CGROUP_LEN];
	struct place place;
};

/* What a process's variables say of a descriptor: they stay until it executes something else. */
struct passed_row {
	uint32_t pid; /* 0: empty */
	int fd;
	uint64_t start_ns;
	char comm[COMM_LEN];
	char name[UNIT_LEN];
};

struct places {
	struct row rows[CACHED];	  /* by id, the last one wins */
	struct passed_row passed[CACHED]; /* by pid and descriptor, the last one wins */
	bool legacy;			  /* there are hierarchies besides the unified one */
	struct looker *looker;		  /* NULL: this process looks by itself */
	struct runtimes *runtimes;	  /* NULL: not to be asked */
};

static int copy_path(const char *path, char *ret_path, size_t size)
{
	size_t length = strlen(path);

	if (length >= size)
		return -ENAMETOOLONG;
	memcpy(ret_path, path, length + 1);
	return 0;
}

/* The id is its file handle. */
int place_look_cgroup(void *about)
{
	struct cgroup_look *look = about;
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(look->id)];
	} by_id = {.handle = {.handle_bytes = sizeof(look->id), .handle_type = FILEID_KERNFS}};
	char link[64], path[PATH_MAX];
	int root = open(CGROUP_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
	ssize_t n;

	if (root < 0)
		return -errno;
	memcpy(by_id.room + sizeof(struct file_handle), &look->id, sizeof(look->id));
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
	return copy_path(path[strlen(CGROUP_ROOT)] ? path + strlen(CGROUP_ROOT) : "/", look->path,
			 sizeof(look->path));
}

/* Whoever may not look is to search for it. */
static int cgroup_path(const struct places *places, uint64_t id, char *ret_path, size_t size)
{
	struct cgroup_look look = {.id = id};
	int err = looker_look(places->looker, LOOK_CGROUP, &look);

	if (err)
		return err == -EPIPE ? -EPERM : err;
	return copy_path(look.path, ret_path, size);
}

/* For those who may not open by handle, and for processes in hierarchies that have no id. */
static int cgroup_of_process(uint32_t pid, char *ret_path, size_t size)
{
	char name[64], *lines;
	FILE *file;
	int err = -ENOMEM;

	snprintf(name, sizeof(name), "/proc/%u/cgroup", pid);
	file = fopen(name, "re");
	if (!file)
		return -errno;
	lines = malloc(LINES_LEN);
	if (lines) {
		lines[fread(lines, 1, LINES_LEN - 1, file)] = '\0';
		err = cgroup_of_lines(lines, ret_path, size);
	}
	free(lines);
	fclose(file);
	return err;
}

/* The path of a process's cgroup is that of this one, unless it has moved or is another process by now. */
static bool is_cgroup(const char *path, uint64_t id)
{
	char name[PATH_MAX];
	struct stat dir;

	return snprintf(name, sizeof(name), CGROUP_ROOT "%s", path) < (int)sizeof(name) &&
	       !stat(name, &dir) && dir.st_ino == id;
}

/* Not below the root of this cgroup namespace. */
static bool is_outside(const char *path)
{
	return !strncmp(path, "/..", 3) && (!path[3] || path[3] == '/');
}

uint64_t cgroup_id_of_process(uint32_t pid)
{
	char path[PATH_MAX], name[PATH_MAX + sizeof(CGROUP_ROOT)];
	struct stat dir;

	if (cgroup_of_process(pid, path, sizeof(path)) || is_outside(path))
		return 0;
	snprintf(name, sizeof(name), CGROUP_ROOT "%s", path);
	return stat(name, &dir) && stat(CGROUP_ROOT, &dir) ? 0 : dir.st_ino;
}

/* Its number is its directory's: anybody may look for that. */
static bool search_below(char *path, size_t size, uint64_t id, int *left)
{
	size_t length = strlen(path);
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && *left > 0 && (entry = readdir(dir))) {
		--*left;
		path[length] = '\0';
		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    snprintf(path + length, size - length, "/%s", entry->d_name) >= (int)(size - length))
			continue;
		found = entry->d_ino == id || search_below(path, size, id, left);
	}
	if (dir)
		closedir(dir);
	return found;
}

static int cgroup_search(uint64_t id, char *ret_path, size_t size)
{
	char path[PATH_MAX] = CGROUP_ROOT;
	int left = SEARCHED_MAX;

	if (is_cgroup("", id))
		return copy_path("/", ret_path, size);
	if (!search_below(path, sizeof(path), id, &left))
		return -ENOENT;
	return copy_path(path + strlen(CGROUP_ROOT), ret_path, size);
}

static bool has_legacy(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	bool found = false;
	int digit;

	if (!file)
		return false;
	while (!found && (digit = fgetc(file)) != EOF) {
		found = digit != '0';
		while (digit != '\n' && digit != EOF)
			digit = fgetc(file);
	}
	fclose(file);
	return found;
}

struct places *places_new(struct looker *looker)
{
	struct places *places = calloc(1, sizeof(*places));

	if (!places)
		return NULL;
	places->looker = looker;
	places->legacy = has_legacy();
	return places;
}

int places_ask_runtimes(struct places *places)
{
	places->runtimes = runtimes_new("");
	return places->runtimes ? 0 : -ENOMEM;
}

void places_free(struct places *places)
{
	if (places)
		runtimes_free(places->runtimes);
	free(places);
}

void places_exe(const struct places *places, uint32_t pid, char ret_exe[EXE_LEN])
{
	struct exe_look look = {.pid = pid};

	if (looker_look(places->looker, LOOK_EXE, &look) < 0)
		look.exe[0] = '\0';
	memcpy(ret_exe, look.exe, EXE_LEN);
}

static void read_path(const char *path, struct row *row)
{
	struct cgroup_names names;

	cgroup_names(path, &names);
	memcpy(row->place.unit, names.unit, sizeof(row->place.unit));
	memcpy(row->place.container, names.container, sizeof(row->place.container));
	memcpy(row->place.serves, names.serves, sizeof(row->place.serves));
	if (copy_path(path, row->cgroup, sizeof(row->cgroup)))
		row->cgroup[0] = '\0';
}

/* With other hierarchies all processes may be in the root of the unified one: then it tells nothing. */
static bool tells_nothing(const struct places *places, const char *path)
{
	return places->legacy && !strcmp(path, "/");
}

/* By its number, by a process that is in it, or by searching for it: the first needs a right to all files. */
static int find_path(const struct places *places, uint64_t id, uint32_t pid, char *ret_path, size_t size)
{
	int err = cgroup_path(places, id, ret_path, size);

	if (places->legacy)
		return (err || tells_nothing(places, ret_path)) &&
				       (!pid || cgroup_of_process(pid, ret_path, size))
			       ? -ENOENT
			       : 0;
	if (!err)
		return 0;
	if (pid && !cgroup_of_process(pid, ret_path, size) &&
	    (err != -EPERM || is_outside(ret_path) || is_cgroup(ret_path, id)))
		return 0;
	return err == -EPERM ? cgroup_search(id, ret_path, size) : err;
}

static const struct row *find_row(struct places *places, uint64_t id, uint32_t pid)
{
	struct row *row = &places->rows[id % CACHED];
	char path[PATH_MAX];

	if (row->id == id && (row->cgroup[0] || row->is_gone))
		return row;
	path[0] = '\0';
	*row = (struct row){.id = 0};
	if (find_path(places, id, pid, path, sizeof(path))) {
		*row = (struct row){.id = id, .is_gone = !places->legacy};
		return row;
	}
	read_path(path, row);
	if (places->runtimes && runtimes_name(places->runtimes, row->cgroup, &row->place))
		return row;
	if (!places->legacy)
		row->id = id;
	return row;
}

void places_fill(struct places *places, struct proc_info *process)
{
	const struct row *row;

	if (!process->exe[0]) /* records of a socket's life come without: it is long, and mostly known */
		places_exe(places, process->pid, process->exe);
	if (!process->cgroup_id)
		return;
	row = find_row(places, process->cgroup_id, process->pid);
	memcpy(process->cgroup, row->cgroup, sizeof(process->cgroup));
	process->place = row->place;
}

static void read_cmdline(const struct owner *owner, struct place *place)
{
	char name[64], line[CMDLINE_LEN];
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%u/cmdline", owner->pid);
	file = fopen(name, "re");
	if (!file)
		return;
	helper_parse(owner, line, fread(line, 1, sizeof(line), file), place);
	fclose(file);
}

bool place_is_service(const struct place *place)
{
	const char *type = strrchr(place->unit, '.');

	return type && !strcmp(type, ".service");
}

/* The first of them at execve(): a process may have written over them since, as over its command line. */
int place_look_variables(void *about)
{
	struct variables_look *look = about;
	char name[64], *variables;
	FILE *file;

	look->passed_as[0] = '\0';
	snprintf(name, sizeof(name), "/proc/%u/environ", look->pid);
	file = fopen(name, "re");
	if (!file)
		return -errno;
	variables = malloc(ENVIRON_LEN);
	if (variables)
		passed_name(variables, fread(variables, 1, ENVIRON_LEN, file), look->nspid, look->fd,
			    look->passed_as, sizeof(look->passed_as));
	free(variables);
	fclose(file);
	return variables ? 0 : -ENOMEM;
}

static void find_passed(struct places *places, const struct owner *owner, struct place *place)
{
	struct passed_row *row = &places->passed[(owner->pid * 31 + (uint32_t)owner->fd) % CACHED];
	struct variables_look look = {.pid = owner->pid, .nspid = owner->nspid, .fd = owner->fd};

	if (!owner->start_ns || row->pid != owner->pid || row->fd != owner->fd ||
	    row->start_ns != owner->start_ns || strncmp(row->comm, owner->comm, sizeof(row->comm))) {
		*row = (struct passed_row){.pid = owner->pid, .fd = owner->fd, .start_ns = owner->start_ns};
		memcpy(row->comm, owner->comm, sizeof(row->comm));
		if (!looker_look(places->looker, LOOK_VARIABLES, &look))
			memcpy(row->name, look.passed_as, sizeof(row->name));
	}
	memcpy(place->passed_as, row->name, sizeof(place->passed_as));
}

void places_of_owner(struct places *places, const struct owner *owner, struct place *ret_place)
{
	if (owner->cgroup_id)
		*ret_place = find_row(places, owner->cgroup_id, owner->pid)->place;
	else
		*ret_place = (struct place){.unit = ""};
	if (owner->how == OWNER_DESCRIPTOR && owner->fd >= 0 && place_is_service(ret_place))
		find_passed(places, owner, ret_place);
	if (!helper_known(owner))
		return;
	read_cmdline(owner, ret_place);
	if (places->runtimes)
		(void)runtimes_name(places->runtimes, "", ret_place);
}

void places_of_cgroup(struct places *places, uint64_t cgroup_id, struct place *ret_place)
{
	if (cgroup_id)
		*ret_place = find_row(places, cgroup_id, 0)->place;
	else
		*ret_place = (struct place){.unit = ""};
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

static bool is_cgroup_of(const FTSENT *entry, const char *unit)
{
	struct cgroup_names names;
	const char *name = entry->fts_name[0] == '_' ? entry->fts_name + 1 : entry->fts_name;

	if (entry->fts_info != FTS_D || strcmp(name, unit))
		return false;
	cgroup_names(entry->fts_path + strlen(CGROUP_ROOT), &names);
	return !strcmp(names.unit, unit);
}

/* The cgroup that a unit has now; "" if none.  That of the system's manager ends the search. */
static int find_unit(const char *unit, char *ret_path, size_t size)
{
	char *roots[] = {CGROUP_ROOT, NULL};
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	size_t of_users = 0;
	bool of_system = false;
	FTSENT *entry;
	int err = 0;

	ret_path[0] = '\0';
	if (!tree)
		return -errno;
	while (!err && !of_system && (entry = fts_read(tree))) {
		if (!is_cgroup_of(entry, unit))
			continue;
		of_system = !strstr(entry->fts_path, "/user@");
		of_users += !of_system;
		err = copy_path(entry->fts_path + strlen(CGROUP_ROOT), ret_path, size);
	}
	fts_close(tree);
	return !err && !of_system && of_users > 1 ? -ENOTUNIQ : err;
}

int unit_resolve(const char *text, char *ret_path, size_t size, uint64_t *ret_id)
{
	char unit[UNIT_LEN], path[PATH_MAX];
	int err = unit_name(text, unit, sizeof(unit));

	if (!err)
		err = find_unit(unit, path, sizeof(path));
	if (!err && !path[0])
		err = unit_cgroup(unit, path, sizeof(path));
	return err ? err : cgroup_resolve(path, ret_path, size, ret_id);
}
