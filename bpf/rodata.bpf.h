/* SPDX-License-Identifier: GPL-2.0-only */
/* What the loader has decided before the programs load. */
#ifndef REUSETRACE_RODATA_BPF_H
#define REUSETRACE_RODATA_BPF_H

#include "vmlinux.h"
#include "config.h"

const volatile struct rt_config config = {};

#endif
