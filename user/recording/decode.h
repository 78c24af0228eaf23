/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects of schema reusetrace/1 back into what was written: json_event() and json_start() the other way
 * round. */
#ifndef REUSETRACE_RECORDING_DECODE_H
#define REUSETRACE_RECORDING_DECODE_H

#include "model/event.h"
#include "recording/json_reader.h"
#include "view/view.h"

/* Each leaves its complaint in the reader. */

/* time_ns is CLOCK_BOOTTIME, by the clock of the start object. */
void decode_json_head(struct json_reader *reader, const struct clock_base *clock, uint64_t *ret_time_ns,
		      uint64_t *ret_seq);
void decode_json_policy(struct json_reader *reader, struct policy *ret_policy);
void decode_json_totals(struct json_reader *reader, struct end_info *ret_totals);

/* An event without its verdict, holders in the kernel's order.  The event is the caller's to clear, always.
 */
void decode_json_event(struct json_reader *reader, enum event_type type, const struct clock_base *clock,
		       struct event *ret_event);

/* Part of it. */
void decode_json_unix(struct json_reader *reader, struct unix_facts *facts);
void decode_json_refusal(struct json_reader *reader, struct refusal_facts *ret_facts);

/* Of a socket or holder: sock->winsock stays false where it is none.  decode_windows.c */
void decode_json_winsock(struct json_reader *reader, struct sock_info *sock);

/* Of an event's facts; present is false where there are none. */
void decode_json_windows(struct json_reader *reader, struct windows_facts *ret_windows);

#endif
