/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a target over files without a fuzzer: replay FILE... */
#include <stdio.h>

#include "fuzz/fuzz.h"

static int run(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	long size = -1;
	int err = 1;

	if (file && !fseek(file, 0, SEEK_END))
		size = ftell(file);
	if (size >= 0 && !fseek(file, 0, SEEK_SET))
		data = malloc((size_t)size + 1);
	if (data && fread(data, 1, (size_t)size, file) == (size_t)size)
		err = LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
	if (file)
		fclose(file);
	return err;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (run(argv[i])) {
			fprintf(stderr, "replay: cannot read %s\n", argv[i]);
			return 1;
		}
	}
	return 0;
}
