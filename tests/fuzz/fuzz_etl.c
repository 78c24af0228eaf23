/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole file: reader, expansion, decoders, correlation. */
#include <stdint.h>
#include <stdlib.h>

#include "etw/source.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct etw_summary summary;

	(void)etw_read(data, size, NULL, 0, fuzz_sink, NULL, &summary);
	return 0;
}
