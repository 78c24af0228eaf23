/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a session tells without being asked. */
#include "linux/session_parts.h"

#include "linux/clock.h"
#include "linux/process.h"
#include "model/handover.h"
#include "rules/rules.h"

/* A port that is shared with a stranger: once more, as a finding, for those who look for nothing else. */
int session_tell_sharing(struct session *session, const struct event *event, event_fn fn, void *context)
{
	struct event finding;

	if (!event->has_verdict || !event->verdict.differs)
		return 0;
	finding = *event;
	finding.type = EVENT_FINDING;
	finding.seq = session_next_seq(session);
	finding.finding =
		(struct event_finding){.kind = FINDING_SHARED_PORT, .attempt = event->seq, .attempts = 1};
	finding_write(&finding);
	return fn(context, &finding);
}

int session_tell_handover(struct session *session, const struct event *event, event_fn fn, void *context)
{
	struct event gap;

	if (!handover_note(session->handovers, event, &gap))
		return 0;
	gap.seq = session_next_seq(session);
	gap_write(&gap);
	return fn(context, &gap);
}

/* Refused a while ago: who is still there, and has no socket on that port? */
int session_tell_lives_on(struct session *session, event_fn fn, void *context)
{
	const struct refused_entry *entry;
	struct event event;
	int err = 0;

	if (!refused_check(&session->refused, boot_ns()))
		return 0;
	err = session_refresh(session);
	while (!err && (entry = refused_next(&session->refused))) {
		if (!process_lives(entry->event.process.pid, entry->event.process.start_ns))
			continue;
		event = entry->event;
		event.type = EVENT_FINDING;
		event.time_ns = boot_ns();
		event.seq = session_next_seq(session);
		finding_write(&event);
		err = fn(context, &event);
	}
	return err;
}
