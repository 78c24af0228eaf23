/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/runtimes.h"

#include <dirent.h>
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CGROUP_MOUNT   "/sys/fs/cgroup"
#define TEXT_MAX       (4 * 1024 * 1024)
#define CONTAINERS_MAX 4096
#define DEPTH_MAX      32
#define HOST_LEN       48
#define ROOT_LEN       48
#define ASK_TIMEOUT_S  1
#define REQUEST	       "GET /containers/json HTTP/1.0\r\nHost: localhost\r\n\r\n"

struct container {
	char id[CONTAINER_LEN];
	char name[CONTAINER_LEN];
	char host[HOST_LEN]; /* its address, "" unknown */
	char cgroup[CGROUP_LEN];
};

struct runtimes {
	char root[ROOT_LEN];
	struct container *containers;
	size_t count;
	time_t asked; /* CLOCK_MONOTONIC, seconds */
};

static const char *const api_sockets[] = {"/run/docker.sock", "/run/podman/podman.sock"};
static const char *const storage_lists[] = {"/var/lib/containers/storage/overlay-containers/containers.json"};
static const char *const state_dirs[] = {"/run/runc"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct runtimes *runtimes_new(const char *root)
{
	struct runtimes *runtimes = calloc(1, sizeof(*runtimes));

	if (!runtimes)
		return NULL;
	snprintf(runtimes->root, sizeof(runtimes->root), "%s", root);
	runtimes->containers = calloc(CONTAINERS_MAX, sizeof(*runtimes->containers));
	if (runtimes->containers)
		return runtimes;
	free(runtimes);
	return NULL;
}

void runtimes_free(struct runtimes *runtimes)
{
	if (runtimes)
		free(runtimes->containers);
	free(runtimes);
}

static struct json_object *parse(const char *text, size_t length)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *object;

	if (!tokener || length > TEXT_MAX) {
		json_tokener_free(tokener);
		return NULL;
	}
	object = json_tokener_parse_ex(tokener, text, (int)length);
	json_tokener_free(tokener);
	return object;
}

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(object, json_type_object))
		return NULL;
	(void)json_object_object_get_ex(object, name, &value);
	return value;
}

/* A string that fits as a whole; one with a NUL inside does not. */
static bool copy_string(struct json_object *value, char *to, size_t size)
{
	size_t length;

	if (!json_object_is_type(value, json_type_string))
		return false;
	length = (size_t)json_object_get_string_len(value);
	if (!length || length >= size || strlen(json_object_get_string(value)) != length)
		return false;
	memcpy(to, json_object_get_string(value), length + 1);
	return true;
}

static struct container *find(struct runtimes *runtimes, const char *id)
{
	for (size_t i = 0; i < runtimes->count; i++)
		if (!strcmp(runtimes->containers[i].id, id))
			return &runtimes->containers[i];
	return NULL;
}

static void add(struct runtimes *runtimes, const struct container *container)
{
	struct container *place = find(runtimes, container->id);

	if (!place && runtimes->count == CONTAINERS_MAX)
		return;
	if (!place)
		place = &runtimes->containers[runtimes->count++];
	*place = *container;
}

/* Docker's names begin with a slash, those of containers/storage do not. */
static void read_name(struct json_object *names, struct container *container)
{
	char name[CONTAINER_LEN];

	if (json_object_is_type(names, json_type_array) && json_object_array_length(names) &&
	    copy_string(json_object_array_get_idx(names, 0), name, sizeof(name)))
		snprintf(container->name, sizeof(container->name), "%s", name + (name[0] == '/'));
}

static void read_address(struct json_object *entry, struct container *container)
{
	struct json_object *networks = member(member(entry, "NetworkSettings"), "Networks");

	if (!json_object_is_type(networks, json_type_object))
		return;
	json_object_object_foreach(networks, name, network)
	{
		(void)name;
		if (copy_string(member(network, "IPAddress"), container->host, sizeof(container->host)))
			return;
	}
}

void runtimes_read_list(struct runtimes *runtimes, const char *text, size_t length)
{
	struct json_object *list = parse(text, length);
	size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);
		struct container container = {.id = ""};
		bool has_id = copy_string(member(entry, "Id"), container.id, sizeof(container.id)) ||
			      copy_string(member(entry, "id"), container.id, sizeof(container.id));

		if (!has_id)
			continue;
		read_name(member(entry, member(entry, "Names") ? "Names" : "names"), &container);
		read_address(entry, &container);
		add(runtimes, &container);
	}
	json_object_put(list);
}

void runtimes_read_state(struct runtimes *runtimes, const char *text, size_t length)
{
	struct json_object *state = parse(text, length);
	struct container container = {.id = ""};
	char path[CGROUP_LEN];

	if (copy_string(member(state, "id"), container.id, sizeof(container.id)) &&
	    copy_string(member(member(state, "cgroup_paths"), ""), path, sizeof(path)) &&
	    !strncmp(path, CGROUP_MOUNT "/", strlen(CGROUP_MOUNT "/"))) {
		snprintf(container.cgroup, sizeof(container.cgroup), "%s", path + strlen(CGROUP_MOUNT));
		if (!find(runtimes, container.id))
			add(runtimes, &container);
	}
	json_object_put(state);
}

/* All of it, up to a bound; the caller frees it. */
static char *read_all(int fd, size_t *ret_length)
{
	size_t length = 0;
	char *text = malloc(TEXT_MAX + 1);
	ssize_t n = 1;

	while (text && length < TEXT_MAX && n > 0) {
		n = read(fd, text + length, TEXT_MAX - length);
		if (n < 0 && errno == EINTR)
			n = 1;
		else
			length += n > 0 ? (size_t)n : 0;
	}
	if (text)
		text[length] = '\0';
	*ret_length = length;
	return text;
}

typedef void (*read_fn)(struct runtimes *runtimes, const char *text, size_t length);

static void read_file(struct runtimes *runtimes, const char *path, read_fn fn)
{
	FILE *file = fopen(path, "re");
	size_t length;
	char *text;

	if (!file)
		return;
	text = read_all(fileno(file), &length);
	if (text)
		fn(runtimes, text, length);
	free(text);
	fclose(file);
}

static void read_answer(struct runtimes *runtimes, int fd)
{
	size_t length;
	char *text = read_all(fd, &length), *body = text ? strstr(text, "\r\n\r\n") : NULL;

	if (body && length > 12 && !strncmp(text, "HTTP/1.", 7) && !strncmp(text + 8, " 200", 4))
		runtimes_read_list(runtimes, body + 4, length - (size_t)(body + 4 - text));
	free(text);
}

static void ask(struct runtimes *runtimes, const char *path)
{
	const struct timeval limit = {.tv_sec = ASK_TIMEOUT_S};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s%s", runtimes->root, path);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (!connect(fd, (const struct sockaddr *)&address, sizeof(address)) &&
	    send(fd, REQUEST, strlen(REQUEST), MSG_NOSIGNAL) == (ssize_t)strlen(REQUEST))
		read_answer(runtimes, fd);
	close(fd);
}

static void read_states(struct runtimes *runtimes, const char *directory)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s%s", runtimes->root, directory);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s%s/%s/state.json", runtimes->root, directory, entry->d_name);
		read_file(runtimes, path, runtimes_read_state);
	}
	closedir(dir);
}

static bool refresh(struct runtimes *runtimes)
{
	struct timespec now;
	char path[PATH_MAX];

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (runtimes->asked && now.tv_sec <= runtimes->asked)
		return false;
	runtimes->asked = now.tv_sec;
	runtimes->count = 0;
	for (size_t i = 0; i < COUNT(api_sockets); i++)
		ask(runtimes, api_sockets[i]);
	for (size_t i = 0; i < COUNT(storage_lists); i++) {
		snprintf(path, sizeof(path), "%s%s", runtimes->root, storage_lists[i]);
		read_file(runtimes, path, runtimes_read_list);
	}
	for (size_t i = 0; i < COUNT(state_dirs); i++)
		read_states(runtimes, state_dirs[i]);
	return true;
}

/* The cgroup itself or one below it. */
static bool is_in(const char *cgroup, const char *of_container)
{
	size_t length = strlen(of_container);

	return length > 1 && !strncmp(cgroup, of_container, length) &&
	       (!cgroup[length] || cgroup[length] == '/');
}

static bool forwards_to(const struct place *place, const char *host)
{
	size_t length = strlen(host);

	return length && place->target[0] && !strncmp(place->target, host, length) &&
	       place->target[length] == ':';
}

static bool name_known(struct runtimes *runtimes, const char *cgroup, struct place *place)
{
	for (size_t i = 0; i < runtimes->count; i++) {
		const struct container *container = &runtimes->containers[i];
		char *id = place->task || place->serves[0] ? place->serves : place->container;
		bool is_it = id[0] ? !strcmp(id, container->id)
				   : is_in(cgroup, container->cgroup) || forwards_to(place, container->host);

		if (!is_it)
			continue;
		memcpy(id, container->id, sizeof(container->id));
		memcpy(place->container_name, container->name, sizeof(container->name));
		return true;
	}
	return false;
}

/* What has a unit and no id is no container, nor is what is in no cgroup at all. */
static bool may_be_one(const char *cgroup, const struct place *place)
{
	return place->container[0] || place->serves[0] || place->target[0] ||
	       (!place->unit[0] && cgroup[0] && cgroup[1]);
}

void runtimes_name(struct runtimes *runtimes, const char *cgroup, struct place *place)
{
	if (!may_be_one(cgroup, place))
		return;
	if (!name_known(runtimes, cgroup, place) && refresh(runtimes))
		(void)name_known(runtimes, cgroup, place);
}
