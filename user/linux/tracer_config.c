/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/tracer_config.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../bpf/config.h"
#include "linux/kernel.h"
#include "trace.skel.h"

#define SLOT_COUNT 256

void tracer_config(const struct tracer_options *options, struct rt_config *config)
{
	const struct {
		bool on;
		uint32_t bit;
	} filters[] = {
		{options->ports, RT_FILTER_PORT},     {options->tree, RT_FILTER_TREE},
		{options->comm, RT_FILTER_COMM},      {options->uid != UID_NONE, RT_FILTER_USER},
		{options->netns, RT_FILTER_NETNS},    {options->cgroup, RT_FILTER_CGROUP},
		{options->failed, RT_FILTER_FAILED},  {options->only_ipv4, RT_FILTER_IPV4},
		{options->only_ipv6, RT_FILTER_IPV6},
	};
	struct stat ns = {0};

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		config->filters |= filters[i].on ? filters[i].bit : 0;
	config->protocols = (options->tcp ? RT_PROTO_TCP : 0) | (options->udp ? RT_PROTO_UDP : 0) |
			    (options->mptcp ? RT_PROTO_MPTCP : 0) | (options->sctp ? RT_PROTO_SCTP : 0) |
			    (options->ping ? RT_PROTO_PING : 0) | (options->raw ? RT_PROTO_RAW : 0) |
			    (options->unix_sockets ? RT_PROTO_UNIX : 0);
	config->ping_table = options->ping ? kernel_symbol("ping_table") : 0;
	config->uid = options->uid;
	config->netns = options->netns;
	config->connects = options->connects;
	config->command = options->command;
	config->calls = options->verbose || options->tree;
	config->verbose = options->verbose > 0;
	config->deliveries = options->deliveries;
	config->hz = kernel_hz();
	config->tracer = getpid();
	if (!stat("/proc/self/ns/pid", &ns)) {
		config->pidns_dev = ns.st_dev;
		config->pidns_ino = ns.st_ino;
	}
	if (options->comm)
		snprintf(config->comm, sizeof(config->comm), "%s", options->comm);
	if (options->cgroup) {
		snprintf(config->cgroup_path, sizeof(config->cgroup_path), "%s", options->cgroup);
		for (const char *at = options->cgroup; *at; at++)
			config->cgroup_level += *at == '/' && at[1];
	}
}

int tracer_config_maps(const struct tracer_options *options, const struct trace_bpf *trace)
{
	uint32_t zero = 0;
	int err = 0;

	for (uint32_t i = 0; i < SLOT_COUNT && !err; i++)
		err = bpf_map_update_elem(bpf_map__fd(trace->maps.free_slots), NULL, &i, BPF_ANY);
	for (uint32_t i = 0; options->ports && i < RT_PORT_WORDS && !err; i++) {
		uint64_t word = 0;

		for (uint32_t bit = 0; bit < 64; bit++)
			if (options->ports[i * 8 + bit / 8] >> bit % 8 & 1)
				word |= 1ULL << bit;
		err = bpf_map_update_elem(bpf_map__fd(trace->maps.ports), &i, &word, BPF_ANY);
	}
	if (!err && options->cgroup)
		err = bpf_map_update_elem(bpf_map__fd(trace->maps.cgroup_wanted), &zero, &options->cgroup_id,
					  BPF_ANY);
	return err;
}
