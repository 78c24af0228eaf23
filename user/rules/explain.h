/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same sockets, one after the other, judged by one system. */
#ifndef REUSETRACE_RULES_EXPLAIN_H
#define REUSETRACE_RULES_EXPLAIN_H

#include "rules/systems.h"

#define EXPLAIN_MAX 8

/* What becomes of one socket.  Pointers are to constants. */
struct explanation {
	bool attempted; /* false: a connection or a TIME_WAIT remnant, which is there already */
	bool known;	/* false: no source says */
	bool ok;
	bool at_listen;	   /* bind() passes, listen() does not */
	const char *error; /* refused: "WSAEADDRINUSE or WSAEACCES" */
	int code;	   /* its number there; 0 unknown or ambiguous */
	const char *rule;
	const char *source;
	const char *remark; /* what may change the answer, or NULL */
	int holder;	    /* the socket that the sentence is about, -1 none */
	char text[512];
	char delivery[256]; /* who answers, "" if nobody shares */
	char fix[4][256];
	size_t fix_count;
};

/* At most EXPLAIN_MAX claims; one that is refused is not there for the next. */
void rules_explain(enum system_id system, const struct claim *claims, size_t count, struct explanation *ret);

/* Two systems say the same of the same socket, in the same words. */
bool explanation_same(const struct explanation *one, const struct explanation *two);

/*
 * What to do so that every system answers alike, best first: sentences.  The
 * return value is how many of them there are, at most size.
 */
size_t explain_advice(const struct claim *claims, size_t count, const char **sentences, size_t size);

#endif
