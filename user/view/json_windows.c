/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view/json_windows.h"

#include <inttypes.h>
#include <stdio.h>

#include "model/members.h"
#include "model/windows_text.h"
#include "view/errno_name.h"

void json_winsock(struct json_writer *writer, const struct sock_info *sock)
{
	const struct winsock_options *options = &sock->winsock_options;

	if (!sock->winsock)
		return;
	jw_object(writer, "winsock_options");
	for (const struct member *member = winsock_members; member->name; member++)
		jw_bool(writer, member->name, member_value(options, member));
	jw_object_end(writer);
	jw_object(writer, "provenance");
	for (size_t i = 0; i < FACT_MAX; i++)
		if (sock->from[i] > FROM_OBSERVED && sock->from[i] < PROVENANCE_MAX)
			jw_string(writer, fact_name((enum fact)i), provenance_name(sock->from[i]));
	jw_object_end(writer);
}

static void put_reservation(struct json_writer *writer, const struct windows_facts *windows)
{
	if (!windows->reserved) {
		jw_null(writer, "reserved");
		return;
	}
	jw_object(writer, "reserved");
	jw_u64(writer, "first", windows->reserved_lo);
	jw_u64(writer, "last", windows->reserved_hi);
	jw_bool(writer, "by_admin", windows->reserved_by_admin);
	jw_string(writer, "provenance", provenance_name(windows->reservation));
	jw_object_end(writer);
}

void json_windows(struct json_writer *writer, const struct event *event)
{
	const struct windows_facts *windows = &event->windows;
	char status[11];

	if (!windows->present)
		return;
	snprintf(status, sizeof(status), "0x%08" PRIX32, windows->ntstatus);
	jw_object(writer, "windows");
	jw_string(writer, "result", provenance_name(windows->result));
	jw_string(writer, "other_result", windows->other_result ? errno_name(-windows->other_result) : NULL);
	jw_string(writer, "ntstatus", windows->has_ntstatus ? status : NULL);
	jw_string(writer, "cause", windows_cause_name(windows->cause));
	jw_bool(writer, "unconfirmed", windows->unconfirmed);
	jw_bool(writer, "lossy", windows->lossy);
	put_reservation(writer, windows);
	jw_object_end(writer);
}
