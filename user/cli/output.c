/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/output.h"

#include <errno.h>

#include "view/mapping.h"

struct view *output_view(const struct config *config, FILE *out, const struct view_config *view_config)
{
	static const char *const names[JSON_FORMATS] = {
		[JSON_ECS] = "ecs", [JSON_OTEL] = "otel", [JSON_OCSF] = "ocsf"};
	const char *name = names[config->json];

	if (name)
		return mapped_view_new(out, view_config, mapping_find(name));
	return (config->json ? json_view_new : text_view_new)(out, view_config);
}

int output_close(const struct config *config, FILE *out, int err)
{
	if (config->output && out && fclose(out) && !err)
		err = -errno;
	return err;
}
