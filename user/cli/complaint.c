// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/complaint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "model/text.h"

int complain(const char *text)
{
	fprintf(stderr, "reusetrace: %s\n", text);
	return EXIT_RUNTIME;
}

int complain_errno(const char *what, int err)
{
	struct strbuf line = {0};

	strbuf_puts(&line, "reusetrace: ");
	strbuf_escape(&line, what, strlen(what));
	strbuf_printf(&line, ": %s\n", strerror(-err));
	(void)strbuf_write(&line, stderr);
	strbuf_free(&line);
	return EXIT_RUNTIME;
}

int complain_usage(const char *where, const char *value, const char *why)
{
	struct strbuf line = {0};

	strbuf_printf(&line, "reusetrace: %s: '", where);
	strbuf_escape(&line, value, strlen(value));
	strbuf_puts(&line, "': ");
	strbuf_escape(&line, why, strlen(why));
	strbuf_puts(&line, "\n");
	(void)strbuf_write(&line, stderr);
	strbuf_free(&line);
	return EXIT_USAGE;
}

int ended_with(const char *what, int status, int err)
{
	if (!err || err == -EPIPE)
		return status;
	(void)complain_errno(what, err);
	return err == -EPERM ? EXIT_NOT_PERMITTED : EXIT_RUNTIME;
}
