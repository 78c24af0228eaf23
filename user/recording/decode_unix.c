/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only sockets of AF_UNIX have. */
#include "recording/decode.h"

#include "model/event_names.h"
#include "model/members.h"

#define GET_CHARS(reader, name, array) jr_chars(reader, name, array, sizeof(array))

void decode_json_unix(struct json_reader *reader, struct unix_facts *facts)
{
	if (!jr_enter(reader, "unix"))
		return;
	for (const struct member *member = unix_members; member->name; member++)
		*member_of(facts, member) = jr_bool(reader, member->name);
	facts->obstacle = (enum obstacle)jr_word(reader, "at_path", obstacle_from_name, OBSTACLE_UNKNOWN);
	facts->fault = (enum path_fault)jr_word(reader, "fault", path_fault_from_name, FAULT_NONE);
	GET_CHARS(reader, "directory", facts->directory);
	facts->directory_mode = (uint32_t)jr_u64(reader, "directory_mode", 07777, 0);
	facts->directory_uid = (uint32_t)jr_u64(reader, "directory_uid", UINT32_MAX, 0);
	facts->fsuid = (uint32_t)jr_u64(reader, "fsuid", UINT32_MAX, 0);
	jr_leave(reader);
}
