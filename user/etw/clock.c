/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etw/clock.h"

#include <errno.h>

#include "etw/bytes.h"

#define NS_PER_S       1000000000u
#define FILETIME_UNIX  INT64_C(116444736000000000)
#define FILETIME_PER_S 10000000
#define FREQUENCY_MAX  UINT64_C(10000000000) /* below, rest * NS_PER_S fits 64 bits */
#define SECONDS_MAX    UINT64_C(4000000000)

enum clock_type { CLOCK_QPC = 1, CLOCK_SYSTEM = 2, CLOCK_CYCLES = 3 };

int etw_logfile_read(const void *data, size_t size, struct etw_logfile *ret_logfile)
{
	uint32_t pointer_size = (uint32_t)bytes_at(data, size, 0x2c, 4);
	struct bytes rest = bytes_of(data, size);
	struct etw_logfile logfile = {
		.buffer_size = (uint32_t)bytes_at(data, size, 0x00, 4),
		.build = (uint32_t)bytes_at(data, size, 0x08, 4),
		.processors = (uint32_t)bytes_at(data, size, 0x0c, 4),
		.events_lost = (uint32_t)bytes_at(data, size, 0x30, 4),
		.cpu_mhz = (uint32_t)bytes_at(data, size, 0x34, 4),
		.pointer_size = (uint8_t)pointer_size,
	};

	if (pointer_size != 4 && pointer_size != 8)
		return -EBADMSG;
	(void)bytes_take(&rest, pointer_size == 8 ? 0xf8 : 0xf0);
	(void)bytes_u64(&rest); /* BootTime */
	logfile.frequency = (int64_t)bytes_u64(&rest);
	logfile.start = (int64_t)bytes_u64(&rest);
	logfile.clock_type = bytes_u32(&rest);
	logfile.buffers_lost = bytes_u32(&rest);
	if (rest.short_)
		return -EBADMSG;
	*ret_logfile = logfile;
	return 0;
}

uint64_t filetime_to_ns(int64_t filetime)
{
	if (filetime <= FILETIME_UNIX || filetime - FILETIME_UNIX > INT64_MAX / 100)
		return 0;
	return (uint64_t)(filetime - FILETIME_UNIX) * 100;
}

void etw_clock_init(struct etw_clock *clock, const struct etw_logfile *logfile, int64_t first)
{
	uint64_t frequency = (uint64_t)logfile->frequency;

	if (logfile->clock_type == CLOCK_CYCLES)
		frequency = (uint64_t)logfile->cpu_mhz * 1000000;
	if (logfile->clock_type == CLOCK_SYSTEM || !frequency || frequency > FREQUENCY_MAX)
		frequency = FILETIME_PER_S;
	*clock = (struct etw_clock){
		.zero = first,
		.zero_ns = filetime_to_ns(logfile->clock_type == CLOCK_SYSTEM ? first : logfile->start),
		.frequency = frequency,
	};
}

uint64_t etw_clock_ns(const struct etw_clock *clock, int64_t raw)
{
	bool before = raw < clock->zero;
	uint64_t ticks =
		before ? (uint64_t)clock->zero - (uint64_t)raw : (uint64_t)raw - (uint64_t)clock->zero;
	uint64_t seconds = ticks / clock->frequency, rest = ticks % clock->frequency;
	uint64_t ns;

	if (seconds > SECONDS_MAX)
		seconds = SECONDS_MAX;
	ns = seconds * NS_PER_S + rest * NS_PER_S / clock->frequency;
	if (before)
		return ns < clock->zero_ns ? clock->zero_ns - ns : 0;
	return ns <= INT64_MAX - clock->zero_ns ? clock->zero_ns + ns : INT64_MAX;
}
