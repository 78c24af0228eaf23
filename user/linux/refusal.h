/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is looked up of a refusal once it is there: names of security modules
 * and labels, where programs are attached, who has the address.  Nothing of it
 * is read before something was refused, and only so often in one batch.
 */
#ifndef REUSETRACE_LINUX_REFUSAL_H
#define REUSETRACE_LINUX_REFUSAL_H

#include "linux/looker.h"
#include "linux/place.h"
#include "linux/tracer.h"

struct refusal_lookup;

/* The looker stays the caller's. */
struct refusal_lookup *refusal_lookup_new(struct looker *looker);
void refusal_lookup_free(struct refusal_lookup *lookup);

/* A batch begins. */
void refusal_lookup_renew(struct refusal_lookup *lookup);

/* Adds to event->refusal what can still be found out. */
void refusal_complete(struct refusal_lookup *lookup, struct tracer *tracer, struct places *places,
		      struct event *event);

#endif
