/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filters as the start object names them: "port=80,443". */
#ifndef REUSETRACE_CLI_FILTER_TEXT_H
#define REUSETRACE_CLI_FILTER_TEXT_H

#include "cli/options.h"

#define FILTERS_MAX 16
#define FILTER_LEN  128

struct filter_text {
	char text[FILTERS_MAX][FILTER_LEN];
	const char *list[FILTERS_MAX]; /* into text */
	size_t count;
};

/* Adds the filters of config. */
void filter_text(const struct config *config, struct filter_text *filters);

#endif
