// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/filter_text.h"

static void filter_add(struct filter_text *filters, const char *name, const char *value)
{
	if (!value || filters->count == FILTERS_MAX)
		return;
	snprintf(filters->text[filters->count], FILTER_LEN, "%s%s%s", name, *value ? "=" : "", value);
	filters->list[filters->count] = filters->text[filters->count];
	filters->count++;
}

/* "80,443,8000-8100" back from the bitmap. */
static void ports_text(const struct port_set *ports, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (unsigned int port = 1; port < 65536 && at < size - 16; port++) {
		unsigned int last = port;

		if (!port_set_has(ports, port))
			continue;
		while (last < 65535 && port_set_has(ports, last + 1))
			last++;
		at += snprintf(buf + at, size - at, last > port ? "%s%u-%u" : "%s%u", at ? "," : "", port,
			       last);
		port = last;
	}
}

void filter_text(const struct config *config, struct filter_text *filters)
{
	char ports[FILTER_LEN - 8], pids[FILTER_LEN - 8];
	size_t at = 0;

	ports_text(&config->ports, ports, sizeof(ports));
	pids[0] = '\0';
	for (size_t i = 0; i < config->pids.count && at < sizeof(pids) - 12; i++)
		at += snprintf(pids + at, sizeof(pids) - at, "%s%u", i ? "," : "", config->pids.pids[i]);
	filter_add(filters, "port", config->ports.count ? ports : NULL);
	filter_add(filters, "pid", config->pids.count ? pids : NULL);
	filter_add(filters, "comm", config->comm[0] ? config->comm : NULL);
	filter_add(filters, "user", config->user.name);
	filter_add(filters, "netns", config->netns);
	filter_add(filters, "cgroup", config->cgroup);
	filter_add(filters, "unit", config->unit);
	filter_add(filters, "family",
		   config->families == FAMILY_BIT_IPV4	 ? "ipv4"
		   : config->families == FAMILY_BIT_IPV6 ? "ipv6"
							 : NULL);
	filter_add(filters, "failed", config->failed ? "" : NULL);
	filter_add(filters, "command", config->command ? config->command[0] : NULL);
}
