/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/trace_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/complaint.h"
#include "linux/kernel.h"
#include "linux/place.h"
#include "linux/process.h"

static void fill(const struct config *config, struct tracer_options *options)
{
	unsigned int protocols = config->protocols;

	*options = (struct tracer_options){
		.ports = config->ports.count ? config->ports.bits : NULL,
		.comm = config->comm[0] ? config->comm : NULL,
		.uid = config->user.name ? config->user.uid : UID_NONE,
		.tree = config->pids.count || config->command,
		.command = config->command != NULL,
		.failed = config->failed,
		.connects = config->verbose || config->ports.count || config->pids.count || config->command,
		.only_ipv4 = config->families == FAMILY_BIT_IPV4,
		.only_ipv6 = config->families == FAMILY_BIT_IPV6,
		.tcp = !protocols || protocols & 1U << PROTO_TCP,
		.udp = !protocols || protocols & 1U << PROTO_UDP,
		.mptcp = !protocols || protocols & 1U << PROTO_MPTCP,
		.sctp = protocols & 1U << PROTO_SCTP,
		.ping = protocols & 1U << PROTO_PING,
		.raw = protocols & 1U << PROTO_RAW,
		.unix_sockets = protocols & 1U << PROTO_UNIX,
		.deliveries = config->deliveries,
		.verbose = config->verbose,
	};
}

static int resolve_unit(const struct config *config, struct trace_options *options)
{
	const char *unit = config->unit;
	int err = unit_resolve(unit, options->cgroup, sizeof(options->cgroup), &options->tracer.cgroup_id);

	if (err)
		return complain_usage("--unit", unit,
				      err == -EINVAL	 ? "no name of a unit"
				      : err == -ENOTUNIQ ? "a unit of several users: give its path with -c"
							 : strerror(-err));
	options->tracer.cgroup = options->cgroup;
	if (!options->tracer.cgroup_id)
		fprintf(stderr, "reusetrace: --unit: not running, waiting for %s\n", options->cgroup);
	return EXIT_OK;
}

/* What only the machine can say of the options: do they name something that is there? */
static int resolve_names(const struct config *config, struct trace_options *options)
{
	char pid[16];
	int err;

	if (config->netns) {
		err = netns_inode(config->netns, &options->tracer.netns);
		if (err)
			return complain_usage("-N", config->netns,
					      "no network namespace (a name, pid, path or inode)");
	}
	if (config->cgroup) {
		err = cgroup_resolve(config->cgroup, options->cgroup, sizeof(options->cgroup),
				     &options->tracer.cgroup_id);
		if (err)
			return complain_usage("-c", config->cgroup, strerror(-err));
		options->tracer.cgroup = options->cgroup;
	}
	if (config->unit) {
		err = resolve_unit(config, options);
		if (err)
			return err;
	}
	if (options->tracer.sctp && !kernel_has_symbol("sctp_get_port_local"))
		return complain_usage("--proto", "sctp", "not loaded: modprobe sctp, then trace");
	for (size_t i = 0; i < config->pids.count; i++) {
		if (process_exists(config->pids.pids[i]))
			continue;
		snprintf(pid, sizeof(pid), "%u", config->pids.pids[i]);
		return complain_usage("-p", pid, "not a running process");
	}
	return EXIT_OK;
}

int trace_options_fill(const struct config *config, struct trace_options *options)
{
	fill(config, &options->tracer);
	return resolve_names(config, options);
}
