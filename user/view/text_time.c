// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/text_parts.h"

#include <inttypes.h>
#include <time.h>
#include "model/time_text.h"

#define NS_PER_SECOND UINT64_C(1000000000)

static const size_t widths[] = {
	[TIME_WALL] = 12, [TIME_DELTA] = 12, [TIME_BOOT] = 14, [TIME_ISO] = 24, [TIME_NONE] = 0,
};

size_t text_time_width(enum time_mode mode)
{
	return widths[mode];
}

static struct tm local_time(const struct text_time *time, uint64_t time_ns, unsigned int *ret_ms)
{
	int64_t unix_ns = (int64_t)time_ns + time->clock.boot_to_real_ns;
	time_t seconds = (time_t)(unix_ns / (int64_t)NS_PER_SECOND);
	struct tm local = {.tm_sec = 0};

#ifdef _WIN32
	localtime_s(&local, &seconds);
#else
	localtime_r(&seconds, &local);
#endif
	*ret_ms = unix_ns < 0 ? 0 : (unsigned int)(unix_ns / 1000000 % 1000);
	return local;
}

static void put_seconds(struct strbuf *out, uint64_t ns)
{
	strbuf_printf(out, "%" PRIu64 ".%06u", ns / NS_PER_SECOND, (unsigned int)(ns % NS_PER_SECOND / 1000));
}

static void put_wall(struct strbuf *out, const struct text_time *time, uint64_t time_ns)
{
	unsigned int ms;
	struct tm local = local_time(time, time_ns, &ms);

	strbuf_printf(out, "%02d:%02d:%02d.%03u", local.tm_hour, local.tm_min, local.tm_sec, ms);
}

static void put_iso(struct strbuf *out, const struct text_time *time, uint64_t time_ns)
{
	char text[RFC3339_LEN];

	time_rfc3339(text, (int64_t)time_ns + time->clock.boot_to_real_ns, 3);
	strbuf_puts(out, text);
}

static void put_delta(struct strbuf *out, const struct text_time *time, uint64_t time_ns)
{
	bool later = time->previous_ns && time_ns > time->previous_ns;

	put_seconds(out, later ? time_ns - time->previous_ns : 0);
}

static void put_boot(struct strbuf *out, const struct text_time *time, uint64_t time_ns)
{
	(void)time;
	put_seconds(out, time_ns);
}

void text_time_cell(struct strbuf *out, struct text_time *time, uint64_t time_ns)
{
	static void (*const formats[])(struct strbuf *, const struct text_time *, uint64_t) = {
		[TIME_WALL] = put_wall, [TIME_DELTA] = put_delta, [TIME_BOOT] = put_boot,
		[TIME_ISO] = put_iso,	[TIME_NONE] = NULL,
	};
	size_t start = out->length;

	if (!formats[time->mode])
		return;
	formats[time->mode](out, time, time_ns);
	strbuf_pad(out, start, widths[time->mode] + 1);
	time->previous_ns = time_ns;
}

void text_since(struct strbuf *out, const struct text_time *time, uint64_t since_ns, uint64_t now_ns)
{
	uint64_t shown_ns = since_ns ? since_ns : time->start_ns;
	unsigned int ms;

	strbuf_puts(out, since_ns ? " since " : " since before ");
	if (!shown_ns) {
		strbuf_puts(out, "the trace");
		return;
	}

	struct tm then = local_time(time, shown_ns, &ms), now = local_time(time, now_ns, &ms);

	if (then.tm_year != now.tm_year || then.tm_yday != now.tm_yday)
		strbuf_printf(out, "%04d-%02d-%02d ", then.tm_year + 1900, then.tm_mon + 1, then.tm_mday);
	strbuf_printf(out, "%02d:%02d:%02d", then.tm_hour, then.tm_min, then.tm_sec);
}
