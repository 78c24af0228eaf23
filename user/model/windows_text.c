/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/windows_text.h"

#include <errno.h>
#include <string.h>

static const char *const provenance_names[PROVENANCE_MAX] = {
	[FROM_OBSERVED] = "observed",
	[FROM_QUERIED] = "queried",
	[FROM_INFERRED] = "inferred",
	[FROM_ASSUMED] = "assumed",
};

static const char *const fact_names[FACT_MAX] = {
	[FACT_PROTOCOL] = "protocol", [FACT_ADDRESS] = "address", [FACT_OPTIONS] = "options",
	[FACT_V6ONLY] = "v6only",     [FACT_USER] = "user",	  [FACT_PROCESS] = "process",
};

static const char *const cause_names[CAUSE_MAX] = {
	[CAUSE_COMPLETE] = "complete",
	[CAUSE_RESOLUTION] = "resolution",
	[CAUSE_PORT] = "port",
	[CAUSE_INSPECTION] = "inspection",
};

static int find(const char *const names[], int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (names[i] && !strcmp(names[i], name))
			return i;
	return -EINVAL;
}

const char *provenance_name(unsigned int provenance)
{
	return provenance < PROVENANCE_MAX ? provenance_names[provenance] : NULL;
}

int provenance_from_name(const char *name)
{
	return find(provenance_names, PROVENANCE_MAX, name);
}

const char *fact_name(enum fact fact)
{
	return (unsigned int)fact < FACT_MAX ? fact_names[fact] : NULL;
}

const char *windows_cause_name(enum windows_cause cause)
{
	return (unsigned int)cause < CAUSE_MAX ? cause_names[cause] : NULL;
}

int windows_cause_from_name(const char *name)
{
	return find(cause_names, CAUSE_MAX, name);
}
