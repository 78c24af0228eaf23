/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recorder's file in a directory of its own, and what the tests of it share. */
#ifndef REUSETRACE_RECORDER_FILE_H
#define REUSETRACE_RECORDER_FILE_H

#include "recordings.h"

#include <sqlite3.h>

#include "recorder/recorder.h"

#define OBJECT	  3000 /* bytes, about what an event takes */
#define NOW	  REAL_NS(0)
#define START_OBJ "{\"type\":\"start\"}"

extern const struct recorder_limits small;
extern const struct start_info start_info;
extern char path[80];

int set_up(void **state);
int tear_down(void **state);

uint64_t size_of(const char *suffix);
uint64_t total_size(void);

/* Opened, with a start object that waits. */
struct recorder *open_one(const struct recorder_limits *limits);

uint16_t port_of(uint64_t seq);
int add(struct recorder *recorder, uint64_t seq);
int add_at(struct recorder *recorder, uint64_t seq, uint64_t time_ns);

/* The one number that a question answers, asked by another connection. */
sqlite3_int64 ask(const char *sql);

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
