/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What json_windows.c writes of an event of Windows, read back. */
#include <errno.h>
#include <stdlib.h>

#include "model/members.h"
#include "model/windows_text.h"
#include "recording/decode.h"
#include "view/errno_name.h"

void decode_json_winsock(struct json_reader *reader, struct sock_info *sock)
{
	if (!jr_enter(reader, "winsock_options"))
		return;
	sock->winsock = true;
	for (const struct member *member = winsock_members; member->name; member++)
		*member_of(&sock->winsock_options, member) = jr_bool(reader, member->name);
	jr_leave(reader);
	if (!jr_enter(reader, "provenance"))
		return;
	for (int fact = 0; fact < FACT_MAX; fact++)
		sock->from[fact] = (uint8_t)jr_word(reader, fact_name((enum fact)fact), provenance_from_name,
						    FROM_OBSERVED);
	jr_leave(reader);
}

/* "0xC000020A" */
static void get_ntstatus(struct json_reader *reader, struct windows_facts *windows)
{
	const char *text = jr_string(reader, "ntstatus");
	char *end = NULL;

	if (!text)
		return;
	if (text[0] == '0' && text[1] == 'x')
		windows->ntstatus = (uint32_t)strtoul(text + 2, &end, 16);
	windows->has_ntstatus = end && end == text + 10 && !*end;
	if (!windows->has_ntstatus)
		jr_fail(reader, "ntstatus", "'%.20s' is no NTSTATUS (like 0xC000020A)", text);
}

static void get_reserved(struct json_reader *reader, struct windows_facts *windows)
{
	if (!jr_enter(reader, "reserved"))
		return;
	windows->reserved = true;
	windows->reserved_lo = (uint16_t)jr_u64(reader, "first", UINT16_MAX, 0);
	windows->reserved_hi = (uint16_t)jr_u64(reader, "last", UINT16_MAX, 0);
	windows->reserved_by_admin = jr_bool(reader, "by_admin");
	windows->reservation =
		(enum provenance)jr_word(reader, "provenance", provenance_from_name, FROM_OBSERVED);
	jr_leave(reader);
}

void decode_json_windows(struct json_reader *reader, struct windows_facts *ret_windows)
{
	const char *other;

	*ret_windows = (struct windows_facts){.present = false};
	if (!jr_enter(reader, "windows"))
		return;
	ret_windows->present = true;
	ret_windows->result = (enum provenance)jr_word(reader, "result", provenance_from_name, FROM_OBSERVED);
	other = jr_string(reader, "other_result");
	ret_windows->other_result = other ? -errno_from_name(other) : 0;
	get_ntstatus(reader, ret_windows);
	ret_windows->cause =
		(enum windows_cause)jr_word(reader, "cause", windows_cause_from_name, CAUSE_NONE);
	ret_windows->unconfirmed = jr_bool(reader, "unconfirmed");
	ret_windows->lossy = jr_bool(reader, "lossy");
	get_reserved(reader, ret_windows);
	jr_leave(reader);
}
