/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etw/lz77.h"

#include <errno.h>

#include "etw/bytes.h"

struct expansion {
	struct bytes in;
	uint8_t *out;
	size_t size, used;
	uint8_t half; /* a byte whose high half is the next match's length */
	bool has_half;
};

static uint32_t half_byte(struct expansion *e)
{
	e->has_half = !e->has_half;
	if (!e->has_half)
		return e->half >> 4;
	e->half = bytes_u8(&e->in);
	return e->half & 15;
}

/* 3 bits in the match itself, then a half byte, a byte, 16 and 32 bits, each if the one before is full. */
static uint32_t match_length(struct expansion *e, uint16_t match)
{
	uint32_t length = match & 7;

	if (length < 7)
		return length + 3;
	length = half_byte(e);
	if (length < 15)
		return length + 7 + 3;
	length = bytes_u8(&e->in);
	if (length < 255)
		return length + 15 + 7 + 3;
	length = bytes_u16(&e->in);
	if (!length)
		length = bytes_u32(&e->in);
	/* the long forms count from 0: less than the short ones reach is damage */
	if (length < 15 + 7 || length > UINT32_MAX - 3)
		e->in.short_ = true;
	return length + 3;
}

static int copy_match(struct expansion *e)
{
	uint16_t match = bytes_u16(&e->in);
	size_t distance = (size_t)(match >> 3) + 1;
	uint32_t length = match_length(e, match);

	if (e->in.short_ || distance > e->used)
		return -EBADMSG;
	if (length > e->size - e->used)
		return -ENOSPC;
	for (; length; length--, e->used++)
		e->out[e->used] = e->out[e->used - distance];
	return 0;
}

static int copy_literal(struct expansion *e)
{
	if (e->used == e->size)
		return -ENOSPC;
	e->out[e->used++] = bytes_u8(&e->in);
	return e->in.short_ ? -EBADMSG : 0;
}

long long lz77_expand(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size)
{
	struct expansion e = {.in = bytes_of(in, in_size), .out = out, .size = out_size};

	while (e.in.left) {
		uint32_t flags = bytes_u32(&e.in);

		if (e.in.short_)
			return -EBADMSG;
		for (int bit = 31; bit >= 0; bit--) {
			int err;

			if (!e.in.left) /* the unused flags are ones, after the last match too */
				return (long long)e.used;
			err = flags >> bit & 1 ? copy_match(&e) : copy_literal(&e);
			if (err)
				return err;
		}
	}
	return (long long)e.used;
}
