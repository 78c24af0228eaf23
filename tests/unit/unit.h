/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cmocka.h wants included before it. */
#ifndef REUSETRACE_TESTS_UNIT_H
#define REUSETRACE_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
