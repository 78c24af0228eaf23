/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of a record that says why something other than the port table refused. */
#ifndef REUSETRACE_LINUX_DECODE_REFUSAL_H
#define REUSETRACE_LINUX_DECODE_REFUSAL_H

#include "event.h"
#include "model/event.h"

/* Fills event->refusal; type, result, stage and requested address are set already. */
/* The name of a security module by its enum rt_lsm, "" if it is not known. */
void decode_module(uint32_t lsm, char ret_name[LSM_NAME_LEN]);

void decode_refusal(const struct rt_attempt *attempt, struct event *event);

#endif
