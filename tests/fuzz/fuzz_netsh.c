/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a user saved of netsh. */
#include "etw/netsh.h"
#include "fuzz/fuzz.h"

static int check(void *context, const struct netsh_range *range)
{
	(void)context;
	if (!range->first || range->first > range->last || range->protocol > PROTO_UDP)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)netsh_ranges(data, size, check, NULL);
	return 0;
}
