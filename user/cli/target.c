/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/address.h"

static bool has_host(const char *text)
{
	const char *colon = strrchr(text, ':');

	return colon && colon != text && strncmp(text, "*:", 2);
}

int target_parse(const char *text, struct target *ret_target, char error[SOCKET_ERROR_LEN])
{
	struct claim claim;
	int err;

	if (text[0] == '/' || text[0] == '@') {
		snprintf(error, SOCKET_ERROR_LEN,
			 "is a path or a name of AF_UNIX: a trace with --proto unix tells who has it");
		return -EINVAL;
	}
	if (strchr(text, ' ')) {
		snprintf(error, SOCKET_ERROR_LEN, "is more than an address");
		return -EINVAL;
	}
	err = socket_words_parse(text, &claim, error);
	if (err)
		return err;
	*ret_target = (struct target){
		.sock = claim.sock, .any_address = !has_host(text), .any_protocol = !strchr(text, '/')};
	return 0;
}

bool target_is_at(const struct target *target, const struct address *address)
{
	struct address wanted = target->sock.address;

	wanted.scope = address->scope;
	return target->any_address || address_equal(&wanted, address);
}

bool target_has(const struct target *target, const struct sock_info *sock)
{
	if (sock->port != target->sock.port ||
	    (target->sock.ifindex && sock->ifindex != target->sock.ifindex))
		return false;
	if (!target_is_at(target, &sock->address))
		return false;
	return target->any_protocol || (sock->protocol == PROTO_UDP) == (target->sock.protocol == PROTO_UDP);
}
