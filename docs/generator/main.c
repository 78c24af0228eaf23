/* SPDX-License-Identifier: GPL-2.0-or-later */
/* usage: gen-docs man FRAME | bash | zsh | fish | schema */
#include <string.h>

#include "generator.h"

static const struct {
	const char *name;
	int (*write)(FILE *out);
} documents[] = {
	{"bash", write_bash},
	{"zsh", write_zsh},
	{"fish", write_fish},
	{"schema", write_schema},
};

static int man(const char *path)
{
	FILE *frame = fopen(path, "r");
	int err;

	if (!frame) {
		perror(path);
		return 1;
	}
	err = write_man(stdout, frame);
	fclose(frame);
	return err;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "man"))
		return man(argv[2]) || fflush(stdout) ? EXIT_RUNTIME : EXIT_OK;
	for (size_t i = 0; argc == 2 && i < ARRAY_SIZE(documents); i++)
		if (!strcmp(argv[1], documents[i].name))
			return documents[i].write(stdout) || fflush(stdout) ? EXIT_RUNTIME : EXIT_OK;
	fputs("usage: gen-docs man FRAME | bash | zsh | fish | schema\n", stderr);
	return EXIT_USAGE;
}
