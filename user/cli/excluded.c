/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/excluded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/complaint.h"
#include "etw/netsh.h"

#define FILE_MOST (1U << 20)

static int add(void *context, const struct netsh_range *range)
{
	static const enum protocol both[] = {PROTO_TCP, PROTO_UDP};
	int err = 0;

	for (size_t i = 0; i < 2 && !err; i++)
		if (range->protocol == PROTO_NONE || range->protocol == both[i])
			err = recording_exclude(context, both[i], range->first, range->last, range->by_admin);
	return err;
}

static int read_file(const char *path, struct recording *recording)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(FILE_MOST);
	size_t size = 0;
	int err = file ? 0 : -errno;

	if (!text)
		err = -ENOMEM;
	if (!err) {
		size = fread(text, 1, FILE_MOST, file);
		err = ferror(file) ? -EIO : netsh_ranges(text, size, add, recording);
	}
	free(text);
	if (file)
		fclose(file);
	return err;
}

int excluded_read(const struct path_list *files, struct recording *recording)
{
	for (size_t i = 0; i < files->count; i++) {
		int err = read_file(files->paths[i], recording);

		if (err == -ENOTSUP) {
			complain("--excluded is for a capture (.etl): a recording has its ranges already");
			return EXIT_USAGE;
		}
		if (err == -EBADMSG)
			return complain("--excluded: not what `netsh int ipv4 show excludedportrange` wrote");
		if (err)
			return complain_errno(files->paths[i], err);
	}
	return 0;
}
