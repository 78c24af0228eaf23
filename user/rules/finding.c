/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nobody asked about and somebody should know. */
#include "rules/rules.h"

#include <string.h>

#include "rules/linux_common.h"
#include "rules/sentence.h"
#include "rules/situation.h"

/* One executable in one unit as one user are workers, however many. */
const char *const difference_words[DIFFERS_ALL + 1] = {
	[DIFFERS_EXECUTABLE] = "another executable",
	[DIFFERS_UID] = "another uid",
	[DIFFERS_EXECUTABLE | DIFFERS_UID] = "another executable and uid",
	[DIFFERS_UNIT] = "another unit",
	[DIFFERS_EXECUTABLE | DIFFERS_UNIT] = "another executable and unit",
	[DIFFERS_UID | DIFFERS_UNIT] = "another uid and unit",
	[DIFFERS_ALL] = "another executable, uid and unit",
};

static const char *const sentences[FINDING_MAX] = {
	[FINDING_SHARED_PORT] = "{binder} shares {local} with {holder}, {differs}",
	[FINDING_LIVES_ON] = "{binder} lives on without a {server} on {asked}{times}",
};

/* What is unknown is no evidence. */
static bool is_other(const char *one, const char *two, size_t size)
{
	return one[0] && two[0] && strncmp(one, two, size);
}

static bool is_of_executable(const struct event *event, const struct owner *owner)
{
	return !is_other(event->process.exe, owner->exe, sizeof(owner->exe));
}

static bool is_of_unit(const struct event *event, const struct owner *owner)
{
	return !owner->place ||
	       !is_other(event->process.place.unit, owner->place->unit, sizeof(owner->place->unit));
}

/* One that is like the binder will do: a descriptor may have been inherited. */
static bool is_like(const struct event *event, const struct holder *holder,
		    bool (*like)(const struct event *event, const struct owner *owner))
{
	if (!holder->owner_count)
		return like(event, &holder->bound_by);
	for (size_t i = 0; i < holder->owner_count; i++)
		if (like(event, &holder->owners[i]))
			return true;
	return false;
}

static unsigned int differences(const struct event *event, const struct holder *holder)
{
	uint32_t one = event->sock.uid, two = holder->sock.uid;
	unsigned int differs = 0;

	if (holder->kind == KIND_KERNEL || !is_like(event, holder, is_of_executable))
		differs |= DIFFERS_EXECUTABLE;
	if (one != two && one != UID_NONE && two != UID_NONE)
		differs |= DIFFERS_UID;
	if (!is_like(event, holder, is_of_unit))
		differs |= DIFFERS_UNIT;
	return differs;
}

/* Gets, now or once it listens, what is sent to the binder's port: a TCP connection does not. */
static bool competes(const struct event *event, const struct holder *holder)
{
	bool shares = rule_is_sharing((enum rule_id)holder->reason) ||
		      rule_is_refusal((enum rule_id)holder->reason); /* a quirk let it pass */

	return shares && !(sock_is_tcp(&holder->sock) && sock_is_connected(&holder->sock)) &&
	       rule_is_sharing((enum rule_id)event->verdict.rule);
}

void find_strangers(struct event *event)
{
	bool shares = event->result >= 0 && (event->type == EVENT_BIND || event->type == EVENT_LISTEN);

	event->verdict.differs = 0;
	for (size_t i = 0; i < event->holder_count; i++) {
		struct holder *holder = &event->holders[i];

		holder->differs = shares && competes(event, holder) ? differences(event, holder) : 0;
		event->verdict.differs |= holder->differs;
	}
}

static const struct holder *first_stranger(const struct event *event)
{
	for (size_t i = 0; i < event->holder_count; i++)
		if (event->holders[i].differs)
			return &event->holders[i];
	return NULL;
}

void finding_write(struct event *event)
{
	const struct situation situation = {.event = event, .holder = first_stranger(event), .lacks = ""};
	struct event_finding *finding = &event->finding;

	sentence_expand(finding->text, sizeof(finding->text), sentences[finding->kind], &situation);
}
