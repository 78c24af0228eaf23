/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/limits.h"

#include <stdio.h>
#include <string.h>

#include "linux/listing.h"
#include "model/event_names.h"

static void tell_unread(const char *command, const struct listing *listing, enum protocol protocol)
{
	int err = listing_unread(listing, protocol);

	if (err)
		fprintf(stderr, "reusetrace: %s: the sockets of %s could not be read: %s\n", command,
			protocol_name(protocol), strerror(-err));
}

void limits_tell(const char *command, const struct listing *listing, unsigned int protocols)
{
	const char *blind = listing_blind(listing);
	uint32_t cut_short = listing_cut_short(listing);

	if (blind)
		fprintf(stderr,
			"reusetrace: %s: %s: reuse flags, groups, sockets of other network namespaces and "
			"sockets that are bound without listening may be missing\n",
			command, blind);
	if (protocols & 1U << PROTO_TCP)
		tell_unread(command, listing, PROTO_TCP);
	if (protocols & 1U << PROTO_UDP)
		tell_unread(command, listing, PROTO_UDP);
	if (cut_short)
		fprintf(stderr, "reusetrace: %s: %u port%s changed too fast to be listed whole\n", command,
			cut_short, cut_short == 1 ? "" : "s");
}
