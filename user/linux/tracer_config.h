/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs are told of the options before the first record. */
#ifndef REUSETRACE_LINUX_TRACER_CONFIG_H
#define REUSETRACE_LINUX_TRACER_CONFIG_H

#include "linux/tracer.h"

struct rt_config;
struct trace_bpf;

/* Constants, before the programs are loaded: fills a zeroed config. */
void tracer_config(const struct tracer_options *options, struct rt_config *config);

/* Maps, once they are loaded: ports, cgroup, free slots for attempts.  0 or a negative errno. */
int tracer_config_maps(const struct tracer_options *options, const struct trace_bpf *trace);

#endif
