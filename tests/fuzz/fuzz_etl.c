/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole file: reader, expansion, decoders, correlation, verdicts. */
#include "etw/source.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct etw_source *source;
	struct event event;

	if (etw_source_open(data, size, &source))
		return 0;
	while (etw_source_next(source, &event) > 0) {
		(void)fuzz_sink(NULL, &event);
		etw_source_judged(source, &event);
		event_clear(&event);
	}
	etw_source_free(source);
	return 0;
}
