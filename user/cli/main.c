/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "cli/options.h"
#include "cli/trace.h"

#ifndef REUSETRACE_VERSION
#define REUSETRACE_VERSION "unknown"
#endif

static int show_help(void)
{
	struct strbuf help = {0};
	int err;

	options_help(&help);
	err = strbuf_write(&help, stdout);
	strbuf_free(&help);
	return err ? EXIT_RUNTIME : EXIT_OK;
}

int main(int argc, char **argv)
{
	static struct config config;
	char error[OPTIONS_ERROR_LEN];

	if (options_parse(argc, argv, &config, error, sizeof(error))) {
		fprintf(stderr, "reusetrace: %s\n", error);
		return EXIT_USAGE;
	}
	if (config.help)
		return show_help();
	if (config.version) {
		printf("reusetrace %s\n", REUSETRACE_VERSION);
		return EXIT_OK;
	}
	return trace_run(&config);
}
