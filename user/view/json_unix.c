/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view/json_unix.h"

#include "model/event_names.h"
#include "model/members.h"

void json_unix_type(struct json_writer *writer, const struct sock_info *sock)
{
	if (sock->protocol == PROTO_UNIX)
		jw_string(writer, "type", unix_type_name(sock->unix_type));
}

void json_unix_facts(struct json_writer *writer, const struct event *event)
{
	const struct unix_facts *facts = &event->unix_facts;

	if (event->sock.protocol != PROTO_UNIX)
		return;
	jw_object(writer, "unix");
	for (const struct member *member = unix_members; member->name; member++)
		jw_bool(writer, member->name, member_value(facts, member));
	jw_string(writer, "at_path", obstacle_name(facts->obstacle));
	jw_string(writer, "fault", path_fault_name(facts->fault));
	if (facts->directory[0])
		jw_chars(writer, "directory", facts->directory, sizeof(facts->directory));
	else
		jw_null(writer, "directory");
	jw_u64(writer, "directory_mode", facts->directory_mode);
	jw_u64(writer, "directory_uid", facts->directory_uid);
	jw_u64(writer, "fsuid", facts->fsuid);
	jw_object_end(writer);
}
