/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bind() of an AF_UNIX socket: a path must not exist, whatever is there, and
 * an abstract name must be free in its network namespace among sockets of the
 * same type (unix_bind_bsd(), unix_bind_abstract(); unix_bind() up to 5.15).
 */
#include "rules/unix.h"

#include <errno.h>
#include <string.h>

#include "rules/sentence.h"

#define ADDRESS_MAX 110 /* struct sockaddr_un */
#define ANY_FAULT   FAULT_MAX

/* Refusals by errno and what was found on the way; the first row that fits. */
static const struct {
	int code;
	enum path_fault fault;
	enum rule_id rule;
	bool agrees; /* what was found is why the kernel must refuse */
} faults[] = {
	{ENOENT, FAULT_MISSING, RULE_PATH_MISSING, true},
	{ENOTDIR, FAULT_NOT_DIRECTORY, RULE_PATH_NO_DIRECTORY, true},
	{EACCES, FAULT_SEARCH, RULE_PATH_PERMISSION, true},
	{EACCES, FAULT_WRITE, RULE_PATH_PERMISSION, true},
	{EACCES, FAULT_NONE, RULE_PATH_PERMISSION, false},
	{EROFS, FAULT_READ_ONLY, RULE_PATH_READ_ONLY, true},
	{EROFS, ANY_FAULT, RULE_PATH_READ_ONLY, false},
};

static bool serves(const struct holder *holder)
{
	return holder->sock.state == STATE_LISTEN || holder->sock.unix_type == UNIX_DATAGRAM;
}

/* The first holder is the one that serves the path most. */
static enum rule_id holder_rule(const struct event *event)
{
	const struct holder *holder = event->holder_count ? &event->holders[0] : NULL;

	if (event->unix_facts.replaced)
		return RULE_PATH_GONE;
	if (event->unix_facts.abstract)
		return RULE_NAME_TAKEN;
	if (!holder || (!serves(holder) && holder->sock.state == STATE_ESTABLISHED))
		return event->unix_facts.hidden ? RULE_PATH_SOCKET : RULE_PATH_STALE;
	return serves(holder) ? RULE_PATH_LISTENER : RULE_PATH_BOUND;
}

static enum rule_id in_use_rule(const struct event *event)
{
	static const enum rule_id rules[OBSTACLE_MAX] = {
		[OBSTACLE_UNKNOWN] = RULE_UNEXPLAINED,	    [OBSTACLE_NONE] = RULE_PATH_GONE,
		[OBSTACLE_FILE] = RULE_PATH_NO_SOCKET,	    [OBSTACLE_LINK] = RULE_PATH_NO_SOCKET,
		[OBSTACLE_DIRECTORY] = RULE_PATH_NO_SOCKET, [OBSTACLE_OTHER] = RULE_PATH_NO_SOCKET,
	};

	if (event->unix_facts.obstacle == OBSTACLE_SOCKET || event->unix_facts.abstract)
		return holder_rule(event);
	return rules[event->unix_facts.obstacle];
}

/* AppArmor looks at the length, too, and first (aa_unix_bind_perm(), since 6.17). */
static bool is_too_long(const struct event *event)
{
	return event->result == -EINVAL && event->refusal.addrlen > ADDRESS_MAX;
}

/*
 * The length comes first.  The file is made before the socket's state is looked
 * at: a socket that is bound already is refused after that.
 */
static enum rule_id invalid_rule(const struct event *event)
{
	if (is_too_long(event))
		return RULE_PATH_TOO_LONG;
	return event->unix_facts.bound ? RULE_ALREADY_BOUND : RULE_BAD_ADDRESS;
}

static enum rule_id fault_rule(const struct event *event, int *ret_agrees)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (faults[i].code != -event->result ||
		    (faults[i].fault != ANY_FAULT && faults[i].fault != event->unix_facts.fault))
			continue;
		*ret_agrees = faults[i].agrees ? 1 : -1;
		return faults[i].rule;
	}
	return RULE_PATH_REFUSED;
}

/* What was found where the kernel says that something is agrees with it; an absence proves nothing. */
static enum rule_id unix_rule(const struct event *event, int *ret_agrees)
{
	enum rule_id rule;

	*ret_agrees = -1;
	if (event->result >= 0)
		return RULE_FREE;
	if (event->result == -EINVAL)
		return invalid_rule(event);
	if (event->result != -EADDRINUSE)
		return event->unix_facts.abstract ? RULE_UNEXPLAINED : fault_rule(event, ret_agrees);
	rule = in_use_rule(event);
	if (rule != RULE_UNEXPLAINED && rule != RULE_PATH_GONE)
		*ret_agrees = 1;
	return rule;
}

/* It does not stand in the way by itself. */
static bool is_connection(const struct event *event, const struct holder *holder)
{
	return !event->unix_facts.abstract && !serves(holder) && holder->sock.state == STATE_ESTABLISHED;
}

/* The managers of socket units, the system's and those of users. */
static bool is_manager(const struct owner *owner)
{
	const char *name = strrchr(owner->exe, '/');

	return !strcmp(name ? name + 1 : owner->comm, "systemd");
}

/* Who has what is in the way. */
static uint64_t owner_bits(const struct event *event)
{
	bool stoppable = true, own = true, manager = false, system = false, others = false, any = false;

	for (size_t i = 0; i < event->holder_count; i++) {
		const struct holder *holder = &event->holders[i];

		if (is_connection(event, holder))
			continue;
		for (size_t n = 0; n < holder->owner_count; n++) {
			const struct owner *owner = &holder->owners[n];
			bool itself = owner->pid == event->process.pid;

			any = true;
			stoppable &= owner->pid > 1 && !itself && !is_manager(owner);
			own &= itself;
			manager |= is_manager(owner);
			system |= is_manager(owner) && owner->pid == 1;
			others |= !is_manager(owner);
		}
	}
	return (any && stoppable ? U_STOPPABLE : 0) | (any && own ? U_OWN : 0) | (manager ? U_MANAGER : 0) |
	       (manager && !others ? U_ONLY_MANAGER : 0) | (system ? U_SYSTEM : 0);
}

static uint64_t unix_bits(const struct event *event)
{
	const struct holder *holder = event->holder_count ? &event->holders[0] : NULL;
	const struct unix_facts *facts = &event->unix_facts;
	const struct {
		bool on;
		uint64_t bit;
	} bits[] = {
		{holder && holder->sock.unix_type == UNIX_DATAGRAM, U_DATAGRAM},
		{facts->abstract, U_ABSTRACT},
		{!facts->path[0], U_NAMELESS},
		{holder && holder->sock.state == STATE_ESTABLISHED, U_CONNECTED},
		{holder && holder->owner_count, U_PROCESS},
		{facts->fault == FAULT_SEARCH, U_SEARCH},
		{facts->fault == FAULT_WRITE, U_WRITE},
		{facts->obstacle == OBSTACLE_DIRECTORY, U_DIRECTORY},
		{event->refusal.lsm_active[0], U_MODULES},
		{facts->replaced, U_REPLACED},
		{facts->obstacle == OBSTACLE_SOCKET, U_LEFT},
	};
	uint64_t set = owner_bits(event);

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		set |= bits[i].on ? bits[i].bit : 0;
	return set;
}

static void write_words(struct verdict *verdict, const struct situation *situation, bool refused)
{
	size_t position = 0;
	const struct phrase *row = phrase_next(&table_unix, situation, &position);

	if (row)
		sentence_expand(verdict->text, sizeof(verdict->text), row->text, situation);
	position = 0;
	while (refused && verdict->fix_count < sizeof(verdict->fix) / sizeof(verdict->fix[0]) &&
	       (row = phrase_next(&table_unix_remedies, situation, &position)))
		sentence_expand(verdict->fix[verdict->fix_count++], sizeof(verdict->fix[0]), row->text,
				situation);
}

/* What is left of whoever had the path is not why it is taken. */
static bool is_rest(enum rule_id rule)
{
	return rule == RULE_PATH_STALE || rule == RULE_PATH_SOCKET;
}

bool judge_unix(struct event *event)
{
	struct situation situation = {.event = event, .lacks = ""};
	struct verdict *verdict = &event->verdict;

	if (event->stage == STAGE_LSM && !is_too_long(event))
		return false;
	situation.rule = unix_rule(event, &verdict->agrees);
	situation.bits = unix_bits(event);
	situation.holder = event->holder_count ? &event->holders[0] : NULL;
	for (size_t i = 0; i < event->holder_count; i++)
		event->holders[i].reason =
			is_connection(event, &event->holders[i]) && !is_rest(situation.rule)
				? RULE_NONE
				: (int)situation.rule;
	if (event->holder_count && !is_rest(situation.rule)) {
		event->holders[0].culprit = true;
		verdict->culprit = 0;
	}
	verdict->rule = (int)situation.rule;
	write_words(verdict, &situation, event->result < 0);
	return true;
}
