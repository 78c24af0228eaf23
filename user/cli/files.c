// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/files.h"

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
