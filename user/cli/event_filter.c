// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/event_filter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model/cgroup.h"

#define PIDS_BYTES  (4194304 / 8) /* PID_MAX_LIMIT */
#define CGROUP_ROOT "/sys/fs/cgroup"

struct event_filter {
	const struct config *config;
	uint8_t *tree; /* a bit for each pid, NULL: all */
	uint32_t netns;
	char cgroup[CGROUP_LEN]; /* "" all; no slash at the end */
	char unit[UNIT_LEN];	 /* "" all */
};

void event_filter_add(struct event_filter *filter, uint32_t pid)
{
	if (pid / 8 < PIDS_BYTES)
		filter->tree[pid / 8] |= (uint8_t)(1 << pid % 8);
}

static bool in_tree(const struct event_filter *filter, uint32_t pid)
{
	return pid && pid / 8 < PIDS_BYTES && filter->tree[pid / 8] & 1 << pid % 8;
}

/* 4026531840 or net:[4026531840] */
static bool parse_netns(const char *text, uint32_t *ret_inode)
{
	char end = '\0', rest;

	if (!strncmp(text, "net:[", 5))
		return sscanf(text + 5, "%10" SCNu32 "%c%c", ret_inode, &end, &rest) == 2 && end == ']';
	return sscanf(text, "%10" SCNu32 "%c", ret_inode, &rest) == 1;
}

static bool take_cgroup(struct event_filter *filter, const char *path)
{
	size_t root = strlen(CGROUP_ROOT), length;

	if (!strncmp(path, CGROUP_ROOT, root) && (path[root] == '/' || !path[root]))
		path += root;
	length = strlen(path);
	while (length && path[length - 1] == '/')
		length--;
	if (length >= sizeof(filter->cgroup) || (length && path[0] != '/'))
		return false;
	memcpy(filter->cgroup, path, length);
	return true;
}

int event_filter_new(const struct config *config, struct event_filter **ret_filter, char *ret_error,
		     size_t error_size)
{
	struct event_filter *filter = calloc(1, sizeof(*filter));
	const char *mistake = NULL;

	if (!filter)
		return -ENOMEM;
	filter->config = config;
	if (config->netns && !parse_netns(config->netns, &filter->netns))
		mistake = "-N: of a recording only the inode of a namespace is known (like 4026531840)";
	if (config->cgroup && !take_cgroup(filter, config->cgroup))
		mistake = "-c: not a path of a cgroup (like /system.slice)";
	if (config->unit && unit_name(config->unit, filter->unit, sizeof(filter->unit)))
		mistake = "--unit: not a name of a unit (like nginx.service)";
	if (mistake) {
		snprintf(ret_error, error_size, "%s", mistake);
		event_filter_free(filter);
		return -EINVAL;
	}
	if (config->pids.count) {
		filter->tree = calloc(1, PIDS_BYTES);
		if (!filter->tree) {
			event_filter_free(filter);
			return -ENOMEM;
		}
		for (size_t i = 0; i < config->pids.count; i++)
			event_filter_add(filter, config->pids.pids[i]);
	}
	*ret_filter = filter;
	return 0;
}

void event_filter_free(struct event_filter *filter)
{
	if (!filter)
		return;
	free(filter->tree);
	free(filter);
}

static bool cgroup_wanted(const struct event_filter *filter, const char *path)
{
	size_t length = strlen(filter->cgroup);

	return !length || (!strncmp(path, filter->cgroup, length) && (path[length] == '/' || !path[length]));
}

static bool process_wanted(struct event_filter *filter, const struct proc_info *process)
{
	const struct config *config = filter->config;

	if (filter->tree && in_tree(filter, process->ppid))
		event_filter_add(filter, process->pid);
	if (filter->tree && !in_tree(filter, process->pid))
		return false;
	if (config->user.name && process->uid != config->user.uid)
		return false;
	if (config->comm[0] && strncmp(process->comm, config->comm, COMM_LEN))
		return false;
	if (filter->unit[0] && strncmp(process->place.unit, filter->unit, UNIT_LEN))
		return false;
	return cgroup_wanted(filter, process->cgroup);
}

static bool socket_wanted(const struct event_filter *filter, const struct sock_info *sock)
{
	const struct config *config = filter->config;

	if (config->families == FAMILY_BIT_IPV4 && sock->family != FAMILY_IPV4)
		return false;
	if (config->families == FAMILY_BIT_IPV6 && sock->family != FAMILY_IPV6)
		return false;
	if (config->netns && sock->netns != filter->netns)
		return false;
	return !config->protocols || config->protocols & 1U << sock->protocol;
}

static bool port_wanted(const struct event_filter *filter, const struct event *event)
{
	const struct port_set *ports = &filter->config->ports;

	return !ports->count || port_set_has(ports, event->sock.port) ||
	       ((event_is_attempt(event) || event->type == EVENT_FINDING) &&
		port_set_has(ports, event->requested_port));
}

bool event_wanted(struct event_filter *filter, const struct event *event)
{
	bool process = process_wanted(filter, &event->process);

	if (filter->config->failed && event->type != EVENT_FINDING &&
	    (!event_is_attempt(event) || event->result >= 0))
		return false;
	return process && socket_wanted(filter, &event->sock) && port_wanted(filter, event);
}
