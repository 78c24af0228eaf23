/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Little-endian reads that cannot leave their bytes.
 *
 * A read past the end gives 0 and sets short_; all later reads give 0 too, so
 * a caller checks once.
 */
#ifndef REUSETRACE_ETW_BYTES_H
#define REUSETRACE_ETW_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t *at;
	size_t left;
	bool short_;
};

static inline struct bytes bytes_of(const void *data, size_t size)
{
	return (struct bytes){.at = data, .left = size};
}

/* The next size bytes, NULL if there are fewer. */
static inline const uint8_t *bytes_take(struct bytes *bytes, size_t size)
{
	const uint8_t *at = bytes->at;

	if (bytes->short_ || size > bytes->left) {
		bytes->short_ = true;
		return NULL;
	}
	bytes->at += size;
	bytes->left -= size;
	return at;
}

/* size: 1 to 8 */
static inline uint64_t bytes_number(struct bytes *bytes, size_t size)
{
	const uint8_t *at = bytes_take(bytes, size);
	uint64_t value = 0;

	for (size_t i = size; at && i > 0; i--)
		value = value << 8 | at[i - 1];
	return value;
}

static inline uint8_t bytes_u8(struct bytes *bytes)
{
	return (uint8_t)bytes_number(bytes, 1);
}

static inline uint16_t bytes_u16(struct bytes *bytes)
{
	return (uint16_t)bytes_number(bytes, 2);
}

static inline uint32_t bytes_u32(struct bytes *bytes)
{
	return (uint32_t)bytes_number(bytes, 4);
}

static inline uint64_t bytes_u64(struct bytes *bytes)
{
	return bytes_number(bytes, 8);
}

/* One number at an offset. */
static inline uint64_t bytes_at(const void *data, size_t size, size_t offset, size_t width)
{
	struct bytes bytes = bytes_of(data, size);

	(void)bytes_take(&bytes, offset);
	return bytes_number(&bytes, width);
}

#endif
