/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"
const struct command_info trace_command = {.bit = COMMAND_TRACE, .help_head = "", .help_tail = ""};
