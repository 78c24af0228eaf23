/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/runtimes.h"

#include <dirent.h>
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/param.h>
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
#define ASK_LIMIT_MS   500 /* for one daemon: the tracer waits */
#define PAUSE_MS       1000
#define PAUSE_MAX_MS   60000
#define REQUEST	       "GET /containers/json HTTP/1.0\r\nHost: localhost\r\n\r\n"

struct container {
	char id[CONTAINER_LEN];
	char name[CONTAINER_LEN];
	char host[HOST_LEN]; /* its address, "" unknown */
	char cgroup[CGROUP_LEN];
	const char *source; /* of api_sockets and the like */
	unsigned int round;
};

struct runtimes {
	char root[ROOT_LEN];
	struct container *containers;
	size_t count;
	const char *source; /* that is asked now */
	unsigned int round; /* of asking them all */
	uint64_t next_ms;   /* CLOCK_MONOTONIC; before that they are not asked again */
	uint64_t pause_ms;  /* after the last round */
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
	place->source = runtimes->source;
	place->round = runtimes->round;
}

/* What this source no longer says; what it said before is kept where it does not answer. */
static void drop_old(struct runtimes *runtimes)
{
	size_t kept = 0;

	for (size_t i = 0; i < runtimes->count; i++) {
		const struct container *container = &runtimes->containers[i];

		if (container->source != runtimes->source || container->round == runtimes->round)
			runtimes->containers[kept++] = *container;
	}
	runtimes->count = kept;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
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

bool runtimes_read_list(struct runtimes *runtimes, const char *text, size_t length)
{
	struct json_object *list = parse(text, length);
	bool is_list = json_object_is_type(list, json_type_array);
	size_t count = is_list ? json_object_array_length(list) : 0;

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
	return is_list;
}

bool runtimes_read_state(struct runtimes *runtimes, const char *text, size_t length)
{
	struct json_object *state = parse(text, length);
	struct container container = {.id = ""};
	const struct container *known;
	char path[CGROUP_LEN];
	bool is_state = false;

	if (copy_string(member(state, "id"), container.id, sizeof(container.id)) &&
	    copy_string(member(member(state, "cgroup_paths"), ""), path, sizeof(path)) &&
	    !strncmp(path, CGROUP_MOUNT "/", strlen(CGROUP_MOUNT "/"))) {
		snprintf(container.cgroup, sizeof(container.cgroup), "%s", path + strlen(CGROUP_MOUNT));
		known = find(runtimes, container.id);
		if (!known || known->source == runtimes->source)
			add(runtimes, &container);
		is_state = true;
	}
	json_object_put(state);
	return is_state;
}

static bool can_read(int fd, uint64_t deadline_ms)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	uint64_t now = now_ms();

	return now < deadline_ms && poll(&pollfd, 1, (int)(deadline_ms - now)) > 0;
}

/* All of it, up to bounds of size and time; the caller frees it. */
static char *read_all(int fd, size_t *ret_length)
{
	uint64_t deadline_ms = now_ms() + ASK_LIMIT_MS;
	size_t length = 0;
	char *text = malloc(TEXT_MAX + 1);
	ssize_t n = 1;

	while (text && length < TEXT_MAX && n > 0 && can_read(fd, deadline_ms)) {
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

typedef bool (*read_fn)(struct runtimes *runtimes, const char *text, size_t length);

static bool read_file(struct runtimes *runtimes, const char *path, read_fn fn)
{
	FILE *file = fopen(path, "re");
	bool is_right;
	size_t length;
	char *text;

	if (!file)
		return false;
	text = read_all(fileno(file), &length);
	is_right = text && fn(runtimes, text, length);
	free(text);
	fclose(file);
	return is_right;
}

static bool read_answer(struct runtimes *runtimes, int fd)
{
	bool is_right = false;
	size_t length;
	char *text = read_all(fd, &length), *body = text ? strstr(text, "\r\n\r\n") : NULL;

	if (body && length > 12 && !strncmp(text, "HTTP/1.", 7) && !strncmp(text + 8, " 200", 4))
		is_right = runtimes_read_list(runtimes, body + 4, length - (size_t)(body + 4 - text));
	free(text);
	return is_right;
}

static bool ask(struct runtimes *runtimes, const char *path)
{
	const struct timeval limit = {.tv_usec = ASK_LIMIT_MS * 1000};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_right = false;

	if (fd < 0)
		return false;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s%s", runtimes->root, path);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (!connect(fd, (const struct sockaddr *)&address, sizeof(address)) &&
	    send(fd, REQUEST, strlen(REQUEST), MSG_NOSIGNAL) == (ssize_t)strlen(REQUEST))
		is_right = read_answer(runtimes, fd);
	close(fd);
	return is_right;
}

static bool read_states(struct runtimes *runtimes, const char *directory)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s%s", runtimes->root, directory);
	dir = opendir(path);
	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s%s/%s/state.json", runtimes->root, directory, entry->d_name);
		(void)read_file(runtimes, path, runtimes_read_state);
	}
	closedir(dir);
	return true;
}

static bool read_storage(struct runtimes *runtimes, const char *list)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", runtimes->root, list);
	return read_file(runtimes, path, runtimes_read_list);
}

static void ask_all(struct runtimes *runtimes, const char *const *sources, size_t count,
		    bool (*fn)(struct runtimes *runtimes, const char *source))
{
	for (size_t i = 0; i < count; i++) {
		runtimes->source = sources[i];
		if (fn(runtimes, sources[i]))
			drop_old(runtimes);
	}
}

/* Where a daemon hangs, the pauses get longer. */
static bool refresh(struct runtimes *runtimes)
{
	uint64_t began = now_ms(), ended;

	if (began < runtimes->next_ms)
		return false;
	runtimes->round++;
	ask_all(runtimes, api_sockets, COUNT(api_sockets), ask);
	ask_all(runtimes, storage_lists, COUNT(storage_lists), read_storage);
	ask_all(runtimes, state_dirs, COUNT(state_dirs), read_states);
	ended = now_ms();
	if (ended - began < ASK_LIMIT_MS)
		runtimes->pause_ms = PAUSE_MS;
	else
		runtimes->pause_ms = MIN(runtimes->pause_ms * 2 + PAUSE_MS, PAUSE_MAX_MS);
	runtimes->next_ms = ended + runtimes->pause_ms;
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

int runtimes_name(struct runtimes *runtimes, const char *cgroup, struct place *place)
{
	if (!may_be_one(cgroup, place) || name_known(runtimes, cgroup, place))
		return 0;
	if (!refresh(runtimes))
		return -EAGAIN;
	(void)name_known(runtimes, cgroup, place);
	return 0;
}
