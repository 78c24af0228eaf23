/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records written by hand, as the BPF programs would send them. */
#ifndef REUSETRACE_TESTS_RECORDS_H
#define REUSETRACE_TESTS_RECORDS_H

#include "unit.h"

#include "event.h"
#include "model/event.h"

/* The kernel's numbers. */
#define TCP_ESTABLISHED_STATE 1
#define TCP_TIME_WAIT_STATE   6
#define TCP_CLOSE_STATE	      7
#define TCP_LISTEN_STATE      10

extern const struct policy older;
extern const struct policy newer;

/* Of uid 1000, on 127.0.0.1. */
struct rt_sock tcp_sock(uint16_t port, uint8_t state);

/* A bind to 127.0.0.1:8080; allocated, since it is large and ends where the sanitizer looks. */
struct rt_attempt *new_attempt(uint32_t contenders);

/* Up to the last of its contenders. */
size_t attempt_size(const struct rt_attempt *attempt);

#endif
