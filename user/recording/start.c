// SPDX-License-Identifier: GPL-2.0-or-later
#include "recording/start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recording/decode.h"
#include "recording/recording.h"

#define PROBES_MOST 1024

static void read_probes(struct json_reader *reader, struct recorded_start *start)
{
	size_t count = jr_count(reader, "probes", PROBES_MOST);

	start->probes = calloc(count ? count : 1, sizeof(*start->probes));
	start->info.probes = start->probes;
	for (size_t i = 0; start->probes && i < count && jr_enter_element(reader, "probes", i); i++) {
		const char *name = jr_string(reader, "name"), *how = jr_string(reader, "how");

		start->probes[i] = (struct probe_info){
			.name = name ? name : "", .how = how ? how : "", .fired = jr_bool(reader, "fired")};
		start->info.probe_count = i + 1;
		jr_leave(reader);
	}
}

static void read_filters(struct json_reader *reader, struct recorded_start *start)
{
	size_t count = jr_count(reader, "filters", RECORDING_MAX_FILTERS);

	start->filters = calloc(count ? count : 1, sizeof(*start->filters));
	start->info.filters = start->filters;
	for (size_t i = 0; start->filters && i < count; i++) {
		const char *filter = jr_element_string(reader, "filters", i);

		start->filters[i] = filter ? filter : "";
		start->info.filter_count = i + 1;
	}
}

/* Its rules need no policy. */
static bool is_of_windows(const struct start_info *info)
{
	return info->kernel && !strncmp(info->kernel, "Windows ", 8);
}

int decode_json_start(struct json_reader *reader, struct recorded_start *start)
{
	struct start_info *info = &start->info;

	start->clock.boot_to_real_ns = jr_i64_string(reader, "boot_unix_nano", 0);
	decode_json_head(reader, &start->clock, &info->time_ns, &info->seq);
	info->version = jr_string(reader, "version");
	info->host = jr_string(reader, "host");
	info->kernel = jr_string(reader, "kernel");
	if (!is_of_windows(info)) {
		decode_json_policy(reader, &start->policy);
		info->policy = &start->policy;
	}
	read_probes(reader, start);
	read_filters(reader, start);
	return start->probes && start->filters ? 0 : -ENOMEM;
}

void recorded_start_free(struct recorded_start *start)
{
	free(start->probes);
	free(start->filters);
}
