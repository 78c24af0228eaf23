/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/fleet.h"

#include <errno.h>
#include <stddef.h>

#include "cli/command.h"
#include "cli/complaint.h"
#include "view/journal.h"
#include "view/metrics.h"
#include "view/tee.h"

static int add(struct view **view, struct view *more)
{
	*view = tee_view_new(*view, more);
	return *view ? EXIT_OK : complain_errno("output", -ENOMEM);
}

int fleet_view(const struct config *config, const struct view_config *view_config, struct view **view)
{
	struct view *more = NULL;
	int err, status = EXIT_OK;

	if (config->journal) {
		err = journal_view_new(view_config, &more);
		if (err == -ENOSYS)
			return complain("--journal: this program was linked without libsystemd");
		status = err ? complain_errno("--journal", err) : add(view, more);
	}
	if (!status && config->metrics_file) {
		err = metrics_view_new(config->metrics_file, &more);
		status = err ? complain_errno(config->metrics_file, err) : add(view, more);
	}
	return status;
}
