/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts on attempts that were seen on Windows: the pair rules of
 * rules/windows.h, and what the events say of reservations and filters.
 *
 * What was not seen is tried out: an option, IPV6_V6ONLY or a user that is
 * not known may be what makes the answer right.  Only if all that fits names
 * one rule is the rule given, and verdict.agrees is then -1.
 */
#ifndef REUSETRACE_RULES_WINSOCK_H
#define REUSETRACE_RULES_WINSOCK_H

#include "rules/situation.h"
#include "rules/table.h"

/* As judge(), for an event with windows.present. */
void judge_winsock(struct event *event);

/*
 * What a bind would get that nobody makes: sets event->result, stage and
 * undecided from the sockets of event->holders and windows.reserved, then
 * judges.  It is undecided where what is not known of them decides.
 */
void predict_winsock(struct event *event);

/* Bits of struct situation in its phrases. */
enum winsock_bit {
	W_LISTEN = 1 << 0,
	W_ACCEPTED = 1 << 1,
	W_HOLDER = 1 << 2,	 /* the sentence is about one */
	W_PROCESS = 1 << 3,	 /* ... which is a process's */
	W_ADMIN = 1 << 4,	 /* an administrator reserved the range */
	W_NEW_INFERRED = 1 << 5, /* SO_REUSEADDR of this socket was not seen but follows */
	W_OLD_INFERRED = 1 << 6,
	W_NEW_UNSEEN = 1 << 7, /* nothing is known of the options */
	W_OLD_UNSEEN = 1 << 8,
	W_OTHER_RESULT = 1 << 9, /* with SO_REUSEADDR it was WSAEACCES */
	W_UNCONFIRMED = 1 << 10,
	W_LOSSY = 1 << 11,
	W_PORT = 1 << 12,    /* refused by the port table */
	W_NO_PORT = 1 << 13, /* a port that is not known, or none at all */
};

/* Of winsock_words.c: sentences, what is added to them, remedies. */
extern const struct phrase_table winsock_because, winsock_notes, winsock_remedies;

#endif
