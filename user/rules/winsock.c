/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/winsock.h"

#include <stdio.h>
#include <string.h>

#include "rules/sentence.h"
#include "rules/systems.h"

enum winsock_code {
	CODE_ACCESS = 10013,
	CODE_INVALID = 10022,
	CODE_IN_USE = 10048,
	CODE_NOT_LOCAL = 10049,
	CODE_NO_BUFFERS = 10055,
};

/* What one socket may be, as far as it is not known. */
enum option_guess { GUESS_DEFAULT, GUESS_REUSE, GUESS_EXCLUSIVE, GUESS_OPTIONS };

struct doubt {
	unsigned int options; /* number of guesses: 1 if it is known */
	unsigned int v6;
};

/* What the rules make of one holder. */
struct fit {
	struct pair_row row;
	bool fits;	/* ... with the answer that was given */
	bool certain;	/* the answer is the same whatever is guessed */
	bool ambiguous; /* guesses that fit name different rules */
};

static struct doubt doubt_of(const struct sock_info *sock)
{
	bool is_wildcard_six = sock->address.family == FAMILY_IPV6;

	return (struct doubt){
		.options = sock->from[FACT_OPTIONS] == FROM_ASSUMED ? GUESS_OPTIONS : 1,
		.v6 = is_wildcard_six && sock->from[FACT_V6ONLY] == FROM_ASSUMED ? 2 : 1,
	};
}

/* Takes its digits off the number of the guess. */
static void guess_claim(const struct sock_info *sock, const struct doubt *doubt, unsigned int *guess,
			struct claim *ret_claim)
{
	unsigned int options = *guess % doubt->options, flip = *guess / doubt->options % doubt->v6;

	*guess /= doubt->options * doubt->v6;
	*ret_claim = (struct claim){.sock = *sock};
	ret_claim->v6 = sock->options.v6only != (flip != 0) ? V6_ONLY : V6_DUAL;
	if (doubt->options > 1) {
		ret_claim->sock.options.reuseaddr = options == GUESS_REUSE;
		ret_claim->sock.winsock_options.exclusive = options == GUESS_EXCLUSIVE;
	}
}

static bool reply_fits(const struct event *event, enum reply reply)
{
	int error = -event->result;
	bool in_use = error == CODE_IN_USE || -event->windows.other_result == CODE_IN_USE;
	bool access = error == CODE_ACCESS || -event->windows.other_result == CODE_ACCESS;

	switch (reply) {
	case REPLY_ACCEPTED:
		return event->result >= 0;
	case REPLY_UNDOCUMENTED:
		return event->result >= 0;
	case REPLY_INUSE:
		return in_use;
	case REPLY_ACCESS:
		return access;
	case REPLY_REFUSED:
		return in_use || access;
	default:
		return false;
	}
}

struct guesses {
	struct doubt old, new;
	bool users_known;
	unsigned int total;
};

static struct guesses guesses_of(const struct event *event, const struct sock_info *holder)
{
	struct guesses guesses = {
		.old = doubt_of(holder),
		.new = doubt_of(&event->sock),
		.users_known = holder->uid != UID_NONE && event->sock.uid != UID_NONE,
	};

	guesses.total = guesses.old.options * guesses.old.v6 *
			guesses.new.options *guesses.new.v6 *(guesses.users_known ? 1 : 2);
	return guesses;
}

static void reply_to_guess(const struct event *event, const struct sock_info *holder,
			   const struct guesses *guesses, unsigned int guess, struct pair_row *ret_row)
{
	struct claim old, new;

	guess_claim(holder, &guesses->old, &guess, &old);
	guess_claim(&event->sock, &guesses->new, &guess, &new);
	if (!guesses->users_known) {
		old.sock.uid = 1;
		new.sock.uid = 1 + guess;
	}
	system_pair(SYSTEM_WINDOWS, &old, &new, ret_row);
}

static void fit_holder(const struct event *event, const struct sock_info *holder, struct fit *ret_fit)
{
	struct guesses guesses = guesses_of(event, holder);
	struct fit fit = {.certain = holder->from[FACT_OPTIONS] != FROM_INFERRED &&
				     event->sock.from[FACT_OPTIONS] != FROM_INFERRED};
	enum reply first = REPLY_ACCEPTED;

	for (unsigned int i = 0; i < guesses.total; i++) {
		struct pair_row row;

		reply_to_guess(event, holder, &guesses, i, &row);
		if (!i) {
			fit.row = row;
			first = row.reply;
		}
		fit.certain &= row.reply == first;
		if (!reply_fits(event, row.reply))
			continue;
		fit.ambiguous |= fit.fits && strcmp(fit.row.rule, row.rule);
		if (!fit.fits)
			fit.row = row;
		fit.fits = true;
	}
	*ret_fit = fit;
}

/* ---- findings */

struct windows_finding {
	enum rule_id rule;
	int agrees;
	int subject; /* -1 none */
	const struct fit *fit;
};

/* Refusals that no socket caused, by what the events say. */
static enum rule_id refusal_rule_of(const struct event *event)
{
	const struct windows_facts *windows = &event->windows;
	int error = -event->result;

	if (windows->cause == CAUSE_INSPECTION)
		return RULE_WFP;
	if (windows->cause == CAUSE_RESOLUTION || error == CODE_NOT_LOCAL)
		return RULE_ADDRESS_NOT_LOCAL;
	if (error == CODE_INVALID)
		return event->entry_port ? RULE_ALREADY_BOUND : RULE_BAD_ADDRESS;
	if (error == CODE_NO_BUFFERS)
		return RULE_NO_MEMORY;
	return RULE_NONE;
}

/* A guess that everything was seen would be one, too. */
static bool may_miss(const struct event *event)
{
	return event->truncated || event->windows.lossy;
}

static struct windows_finding find_refused(const struct event *event, const struct fit *fits)
{
	struct windows_finding finding = {.rule = refusal_rule_of(event), .agrees = -1, .subject = -1};
	bool certain = true;

	if (finding.rule != RULE_NONE)
		return finding;
	for (size_t i = 0; i < event->holder_count; i++) {
		certain &= fits[i].certain;
		if (fits[i].fits && (finding.subject < 0 || (fits[i].certain && !finding.fit->certain))) {
			finding.subject = (int)i;
			finding.fit = &fits[i];
		}
	}
	if (finding.fit) {
		finding.rule =
			finding.fit->ambiguous ? RULE_OPTIONS_UNSEEN : rule_from_name(finding.fit->row.rule);
		finding.agrees = finding.fit->certain ? 1 : -1;
	} else if (event->windows.reserved) {
		finding.rule = RULE_EXCLUDED_RANGE;
		finding.agrees = 1;
	} else {
		finding.rule = RULE_UNEXPLAINED;
		finding.agrees = event->holder_count && certain && !may_miss(event) ? 0 : -1;
	}
	return finding;
}

/* Of several holders the one that an attacker or a mistake would be. */
static int sharing_rank(enum rule_id rule)
{
	static const enum rule_id ranks[] = {
		RULE_WILDCARD_BESIDE_SPECIFIC,
		RULE_DUAL_STACK,
		RULE_SPECIFIC_BESIDE_WILDCARD,
		RULE_REUSEADDR_BOTH,
	};

	for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++)
		if (ranks[i] == rule)
			return (int)i + 1;
	return 0;
}

static struct windows_finding find_accepted(const struct event *event, const struct fit *fits)
{
	bool chosen = event->type == EVENT_AUTOBIND || (event->type == EVENT_BIND && !event->requested_port);
	struct windows_finding finding = {
		.rule = chosen ? RULE_AUTO_PORT : RULE_FREE, .agrees = 1, .subject = -1};

	for (size_t i = 0; i < event->holder_count; i++) {
		enum rule_id rule = rule_from_name(fits[i].row.rule);

		if (!fits[i].certain || event->windows.lossy)
			finding.agrees = -1;
		if (!fits[i].fits) {
			finding = (struct windows_finding){
				.rule = RULE_UNEXPLAINED, .agrees = 0, .subject = (int)i};
			finding.agrees = event->windows.lossy ? -1 : 0;
			return finding;
		}
		if (chosen && !rule_is_sharing(rule))
			continue;
		if (finding.subject >= 0 && sharing_rank(rule) <= sharing_rank(finding.rule))
			continue;
		finding.rule = rule;
		finding.subject = (int)i;
		finding.fit = &fits[i];
	}
	return finding;
}

/* ---- words */

static uint64_t bits_of(const struct event *event, const struct holder *holder)
{
	static const uint64_t new_bits[PROVENANCE_MAX] = {
		[FROM_INFERRED] = W_NEW_INFERRED,
		[FROM_ASSUMED] = W_NEW_UNSEEN,
	};
	static const uint64_t old_bits[PROVENANCE_MAX] = {
		[FROM_INFERRED] = W_OLD_INFERRED,
		[FROM_ASSUMED] = W_OLD_UNSEEN,
	};
	const struct windows_facts *windows = &event->windows;
	uint64_t bits = 0;

	bits |= event->type == EVENT_LISTEN ? W_LISTEN : 0;
	bits |= event->result >= 0 ? W_ACCEPTED : 0;
	bits |= event->stage == STAGE_PORT ? W_PORT : 0;
	bits |= event->sock.port ? 0 : W_NO_PORT;
	bits |= windows->reserved_by_admin ? W_ADMIN : 0;
	bits |= windows->other_result ? W_OTHER_RESULT : 0;
	bits |= windows->unconfirmed ? W_UNCONFIRMED : 0;
	bits |= windows->lossy ? W_LOSSY : 0;
	if (!holder)
		return bits;
	bits |= W_HOLDER | (holder->kind == KIND_PROCESS ? W_PROCESS : 0);
	if (event->sock.from[FACT_OPTIONS] != FROM_INFERRED || event->sock.options.reuseaddr)
		bits |= new_bits[event->sock.from[FACT_OPTIONS]];
	if (holder->sock.from[FACT_OPTIONS] != FROM_INFERRED || holder->sock.options.reuseaddr)
		bits |= old_bits[holder->sock.from[FACT_OPTIONS]];
	return bits;
}

static void add_sentence(struct verdict *verdict, const char *template, const struct situation *situation)
{
	size_t used = strlen(verdict->text);

	sentence_expand(verdict->text + used, sizeof(verdict->text) - used, template, situation);
}

static void write_verdict(struct event *event, const struct windows_finding *finding)
{
	struct verdict *verdict = &event->verdict;
	const struct holder *holder = finding->subject >= 0 ? &event->holders[finding->subject] : NULL;
	struct situation situation = {
		.event = event,
		.holder = holder,
		.rule = finding->rule,
		.bits = bits_of(event, holder),
		.lacks = "",
	};
	const struct phrase *row;
	size_t at = 0;

	row = phrase_next(&winsock_because, &situation, &at);
	if (row)
		add_sentence(verdict, row->text, &situation);
	else if (finding->fit)
		add_sentence(verdict, finding->fit->row.because, &situation);
	if (finding->rule == RULE_OPTIONS_UNSEEN) /* the sentence says it */
		situation.bits &= ~(uint64_t)(W_NEW_UNSEEN | W_OLD_UNSEEN);
	for (at = 0; (row = phrase_next(&winsock_notes, &situation, &at));)
		add_sentence(verdict, row->text, &situation);
	for (at = 0; verdict->fix_count < 4 && (row = phrase_next(&winsock_remedies, &situation, &at));)
		sentence_expand(verdict->fix[verdict->fix_count++], sizeof(verdict->fix[0]), row->text,
				&situation);
	if (event->result >= 0 && finding->fit && finding->fit->row.delivery)
		sentence_expand(verdict->delivery, sizeof(verdict->delivery), finding->fit->row.delivery,
				&situation);
}

/* The holder that the sentence is about first; the others keep their order. */
static void put_subject_first(struct event *event, struct windows_finding *finding)
{
	struct holder subject = event->holders[finding->subject];

	memmove(event->holders + 1, event->holders, (size_t)finding->subject * sizeof(subject));
	event->holders[0] = subject;
	finding->subject = 0;
	if (event->result >= 0)
		return;
	event->holders[0].culprit = true;
	event->verdict.culprit = 0;
}

#define FITS_MAX 64 /* what a capture's event describes at most */

void judge_winsock(struct event *event)
{
	struct fit fits[FITS_MAX];
	struct windows_finding finding;
	size_t all = event->holder_count;

	event->verdict = (struct verdict){.rule = RULE_NONE, .agrees = -1, .culprit = -1};
	event->has_verdict = event_is_attempt(event) || event->type == EVENT_WHY;
	if (!event->has_verdict)
		return;
	if (all > FITS_MAX) {
		event->truncated = true;
		event->holder_count = FITS_MAX;
	}
	for (size_t i = 0; i < event->holder_count; i++) {
		fit_holder(event, &event->holders[i].sock, &fits[i]);
		event->holders[i].reason = (int)rule_from_name(fits[i].row.rule);
	}
	finding = event->result < 0 ? find_refused(event, fits) : find_accepted(event, fits);
	if (finding.fit && finding.rule == RULE_OPTIONS_UNSEEN)
		event->holders[finding.subject].reason = RULE_OPTIONS_UNSEEN;
	if (finding.subject >= 0)
		put_subject_first(event, &finding);
	event->verdict.rule = (int)finding.rule;
	event->verdict.agrees = finding.agrees;
	write_verdict(event, &finding);
	event->holder_count = all;
}

/* ---- predictions */

/* Bits 1 << enum reply: what the holder may make of it. */
static unsigned int replies_of(const struct event *event, const struct sock_info *holder)
{
	struct guesses guesses = guesses_of(event, holder);
	unsigned int replies = 0;

	for (unsigned int i = 0; i < guesses.total; i++) {
		struct pair_row row;

		reply_to_guess(event, holder, &guesses, i, &row);
		replies |= 1u << row.reply;
	}
	return replies;
}

void predict_winsock(struct event *event)
{
	const unsigned int passes = 1u << REPLY_ACCEPTED, unknown = 1u << REPLY_UNDOCUMENTED;
	unsigned int refusals = event->windows.reserved ? 1u << REPLY_ACCESS : 0;
	bool open = false;

	for (size_t i = 0; i < event->holder_count; i++) {
		unsigned int replies = replies_of(event, &event->holders[i].sock);

		if (!(replies & (passes | unknown)))
			refusals |= replies;
		else
			open |= replies != passes;
	}
	event->undecided = !refusals && open;
	event->result = 0;
	event->windows.other_result = 0;
	event->stage = refusals ? STAGE_PORT : STAGE_NONE;
	if (refusals & (1u << REPLY_INUSE | 1u << REPLY_REFUSED))
		event->result = -CODE_IN_USE;
	if (refusals & (1u << REPLY_ACCESS | 1u << REPLY_REFUSED)) {
		event->windows.other_result = event->result ? -CODE_ACCESS : 0;
		event->result = event->result ? event->result : -CODE_ACCESS;
	}
	if (!event->undecided)
		judge_winsock(event);
}
