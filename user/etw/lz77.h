/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plain LZ77 of [MS-XCA] section 2.4: RtlDecompressBuffer's XPRESS. */
#ifndef REUSETRACE_ETW_LZ77_H
#define REUSETRACE_ETW_LZ77_H

#include <stddef.h>
#include <stdint.h>

/*
 * Returns the number of bytes written to out, -EBADMSG if the input is
 * damaged, -ENOSPC if it needs more than out_size.
 */
long long lz77_expand(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size);

#endif
