// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define NS_PER_SECOND	  INT64_C(1000000000)
#define SHORT_LEN	  64 /* most of what is printed: one pass is enough */

static bool strbuf_reserve(struct strbuf *buf, size_t size)
{
	if (buf->error)
		return false;
	if (size >= SIZE_MAX / 2 - buf->length) {
		buf->error = -EOVERFLOW;
		return false;
	}

	size_t need = buf->length + size + 1;
	if (need <= buf->capacity)
		return true;

	size_t capacity = buf->capacity ? buf->capacity : 512;
	while (capacity < need)
		capacity *= 2;

	char *data = realloc(buf->data, capacity);
	if (!data) {
		buf->error = -ENOMEM;
		return false;
	}
	buf->data = data;
	buf->capacity = capacity;
	return true;
}

static bool strbuf_has_room(const struct strbuf *buf, size_t size)
{
	return size < buf->capacity - buf->length && !buf->error;
}

/* Most text is a word or less: two moves that overlap are less than a call. */
static void copy_text(char *to, const char *from, size_t size)
{
	uint64_t head, tail;
	uint32_t first, last;

	if (size > 2 * sizeof(head)) {
		memcpy(to, from, size);
	} else if (size >= sizeof(head)) {
		memcpy(&head, from, sizeof(head));
		memcpy(&tail, from + size - sizeof(tail), sizeof(tail));
		memcpy(to, &head, sizeof(head));
		memcpy(to + size - sizeof(tail), &tail, sizeof(tail));
	} else if (size >= sizeof(first)) {
		memcpy(&first, from, sizeof(first));
		memcpy(&last, from + size - sizeof(last), sizeof(last));
		memcpy(to, &first, sizeof(first));
		memcpy(to + size - sizeof(last), &last, sizeof(last));
	} else {
		for (size_t i = 0; i < size; i++)
			to[i] = from[i];
	}
}

void strbuf_add(struct strbuf *buf, const char *data, size_t size)
{
	if (!strbuf_has_room(buf, size) && !strbuf_reserve(buf, size))
		return;
	copy_text(buf->data + buf->length, data, size);
	buf->length += size;
	buf->data[buf->length] = '\0';
}

void strbuf_printf(struct strbuf *buf, const char *format, ...)
{
	va_list args;

	if (!strbuf_reserve(buf, SHORT_LEN))
		return;
	va_start(args, format);
	int size = vsnprintf(buf->data + buf->length, SHORT_LEN + 1, format, args);
	va_end(args);
	if (size < 0) {
		buf->data[buf->length] = '\0';
		buf->error = -EINVAL;
		return;
	}
	if (size <= SHORT_LEN) {
		buf->length += (size_t)size;
		return;
	}
	if (!strbuf_reserve(buf, (size_t)size)) {
		buf->data[buf->length] = '\0';
		return;
	}

	va_start(args, format);
	vsnprintf(buf->data + buf->length, (size_t)size + 1, format, args);
	va_end(args);
	buf->length += (size_t)size;
}

static size_t digit_count(uint64_t number)
{
	size_t count = 1;

	for (; number >= 10000; number /= 10000)
		count += 4;
	return count + (number >= 10) + (number >= 100) + (number >= 1000);
}

size_t decimal_text(char *buf, uint64_t number)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";
	size_t length, at;

	if (number < 10) {
		buf[0] = (char)('0' + number);
		buf[1] = '\0';
		return 1;
	}
	length = at = digit_count(number);
	buf[length] = '\0';
	for (; number >= 10; number /= 100) {
		at -= 2;
		memcpy(buf + at, pairs + number % 100 * 2, 2);
	}
	if (at)
		buf[0] = (char)('0' + number);
	return length;
}

void strbuf_number(struct strbuf *buf, uint64_t number)
{
	if (strbuf_has_room(buf, DECIMAL_LEN) || strbuf_reserve(buf, DECIMAL_LEN))
		buf->length += decimal_text(buf->data + buf->length, number);
}

/* Most text is ASCII: eight bytes at a time are eight characters. */
static size_t count_characters(const char *text, size_t length)
{
	size_t characters = 0, i = 0;

	while (i < length) {
		uint64_t word = 0;
		size_t size = length - i < sizeof(word) ? length - i : sizeof(word);

		copy_text((char *)&word, text + i, size);
		if (word & UINT64_C(0x8080808080808080))
			break;
		i += size;
	}
	characters = i;
	for (; i < length; i++)
		characters += ((unsigned char)text[i] & 0xc0) != 0x80;
	return characters;
}

char *strbuf_room(struct strbuf *buf, size_t size)
{
	return strbuf_has_room(buf, size) || strbuf_reserve(buf, size) ? buf->data + buf->length : NULL;
}

void strbuf_pad(struct strbuf *buf, size_t start, size_t width)
{
	static const uint64_t spaces = UINT64_C(0x2020202020202020);
	size_t characters =
		buf->length > start ? count_characters(buf->data + start, buf->length - start) : 0;
	size_t missing = characters < width ? width - characters : 0, room = missing + sizeof(spaces);

	if (!missing || (!strbuf_has_room(buf, room) && !strbuf_reserve(buf, room)))
		return;
	for (size_t i = 0; i < missing; i += sizeof(spaces))
		memcpy(buf->data + buf->length + i, &spaces, sizeof(spaces));
	buf->length += missing;
	buf->data[buf->length] = '\0';
}

struct range {
	uint32_t low, high;
};

/* Characters that move the cursor, hide or reorder text. */
static const struct range unsafe_characters[] = {
	{0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad}, {0x061c, 0x061c}, {0x180e, 0x180e},
	{0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xe0000, 0xe007f},
};

static bool is_unsafe(uint32_t character)
{
	for (size_t i = 0; i < ARRAY_SIZE(unsafe_characters); i++) {
		if (character >= unsafe_characters[i].low && character <= unsafe_characters[i].high)
			return true;
	}
	return false;
}

/* Printable ASCII without the backslash: stays as it is. */
static size_t plain_length(const char *string, size_t length)
{
	size_t i = 0;

	while (i < length && string[i] >= ' ' && string[i] <= '~' && string[i] != '\\')
		i++;
	return i;
}

static void escape(struct strbuf *buf, const char *string, size_t size, bool keeps_backslash)
{
	size_t length = strnlen(string, size);

	for (size_t i = 0; i < length;) {
		uint32_t character;
		size_t plain = plain_length(string + i, length - i);

		strbuf_add(buf, string + i, plain);
		i += plain;
		if (i == length)
			break;

		size_t bytes = utf8_decode(string + i, length - i, &character);

		if (bytes && !is_unsafe(character) && (keeps_backslash || character != '\\')) {
			strbuf_add(buf, string + i, bytes);
			i += bytes;
			continue;
		}
		for (size_t end = i + (bytes ? bytes : 1); i < end; i++)
			strbuf_printf(buf, "\\x%02x", (unsigned char)string[i]);
	}
}

void strbuf_escape(struct strbuf *buf, const char *string, size_t size)
{
	escape(buf, string, size, false);
}

void strbuf_sanitize(struct strbuf *buf, const char *string, size_t size)
{
	escape(buf, string, size, true);
}

int strbuf_write(struct strbuf *buf, FILE *file)
{
	int error = buf->error;

	errno = 0;
	if (!error && fwrite(buf->data ? buf->data : "", 1, buf->length, file) != buf->length)
		error = errno ? -errno : -EIO;
	if (!error && fflush(file))
		error = errno ? -errno : -EIO;
	strbuf_reset(buf);
	return error;
}

void strbuf_reset(struct strbuf *buf)
{
	buf->length = 0;
	buf->error = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

void strbuf_free(struct strbuf *buf)
{
	free(buf->data);
	*buf = (struct strbuf){.data = NULL};
}

size_t utf8_decode(const char *string, size_t size, uint32_t *ret_character)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least;
	} forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
	const unsigned char *bytes = (const unsigned char *)string;
	size_t form = 0;

	if (!size)
		return 0;
	while (form < ARRAY_SIZE(forms) && (bytes[0] & forms[form].mask) != forms[form].lead)
		form++;
	if (form == ARRAY_SIZE(forms) || size <= form)
		return 0;

	uint32_t character = bytes[0] & (uint8_t)~forms[form].mask;
	for (size_t i = 1; i <= form; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (bytes[i] & 0x3f);
	}
	if (character < forms[form].least || character > 0x10ffff || (character & 0xfffff800) == 0xd800)
		return 0;

	*ret_character = character;
	return form + 1;
}

/* Days since 1970-01-01 to a date of the proleptic Gregorian calendar. */
static void date_from_days(int64_t days, int64_t *ret_year, unsigned int *ret_month, unsigned int *ret_day)
{
	days += 719468; /* since 0000-03-01: years begin in March, leap days end them */

	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;

	*ret_day = (unsigned int)(day_of_year - (153 * month + 2) / 5 + 1);
	*ret_month = (unsigned int)(month < 10 ? month + 3 : month - 9);
	*ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

void time_rfc3339(char buf[RFC3339_LEN], int64_t unix_ns, unsigned int decimals)
{
	int64_t seconds = unix_ns / NS_PER_SECOND, fraction = unix_ns % NS_PER_SECOND;

	if (fraction < 0) {
		fraction += NS_PER_SECOND;
		seconds--;
	}

	int64_t days = seconds / 86400, left = seconds % 86400;

	if (left < 0) {
		left += 86400;
		days--;
	}

	int64_t year;
	unsigned int month, day;

	date_from_days(days, &year, &month, &day);

	int size = snprintf(buf, RFC3339_LEN, "%04" PRId64 "-%02u-%02uT%02d:%02d:%02d", year, month, day,
			    (int)(left / 3600), (int)(left / 60 % 60), (int)(left % 60));
	if (decimals) {
		snprintf(buf + size, RFC3339_LEN - (size_t)size, ".%09" PRId64, fraction);
		size += 1 + (int)(decimals > 9 ? 9 : decimals);
	}
	snprintf(buf + size, RFC3339_LEN - (size_t)size, "Z");
}

/* date_from_days() the other way round */
static int64_t days_of_date(int64_t year, unsigned int month, unsigned int day)
{
	year -= month <= 2;

	int64_t era = year / 400, year_of_era = year % 400;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

/* length digits at *text, which moves behind them; -1 if they are not there or are more than most. */
static int64_t take_digits(const char **text, size_t length, int64_t most)
{
	int64_t number = 0;

	for (size_t i = 0; i < length; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return -1;
		number = number * 10 + (**text - '0');
	}
	return number <= most ? number : -1;
}

int time_from_rfc3339(const char *text, int64_t *ret_unix_ns)
{
	static const struct {
		size_t length;
		int64_t least, most;
		char behind;
	} parts[] = {{4, 1970, 2261, '-'}, {2, 1, 12, '-'}, {2, 1, 31, 'T'},
		     {2, 0, 23, ':'},	   {2, 0, 59, ':'}, {2, 0, 60, '\0'}};
	int64_t values[ARRAY_SIZE(parts)], fraction = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		values[i] = take_digits(&text, parts[i].length, parts[i].most);
		if (values[i] < parts[i].least || (parts[i].behind && *text++ != parts[i].behind))
			return -EINVAL;
	}
	if (*text == '.') {
		size_t digits = strspn(++text, "0123456789");

		if (!digits || digits > 9)
			return -EINVAL;
		fraction = take_digits(&text, digits, INT64_MAX);
		for (; digits < 9; digits++)
			fraction *= 10;
	}
	if (strcmp(text, "Z"))
		return -EINVAL;

	int64_t days = days_of_date(values[0], (unsigned int)values[1], (unsigned int)values[2]);

	*ret_unix_ns =
		(((days * 24 + values[3]) * 60 + values[4]) * 60 + values[5]) * NS_PER_SECOND + fraction;
	return 0;
}

void duration_text(char buf[DURATION_LEN], int64_t ns)
{
	static const struct {
		int64_t unit;
		const char *name;
	} units[] = {{NS_PER_SECOND, "s"}, {1000000, "ms"}, {1000, "us"}};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (ns < units[i].unit)
			continue;
		int64_t tenths = ns / (units[i].unit / 10);
		if (tenths >= 1000)
			snprintf(buf, DURATION_LEN, "%" PRId64 " %s", tenths / 10, units[i].name);
		else
			snprintf(buf, DURATION_LEN, "%" PRId64 ".%d %s", tenths / 10, (int)(tenths % 10),
				 units[i].name);
		return;
	}
	snprintf(buf, DURATION_LEN, "%" PRId64 " ns", ns);
}

static const char *const event_type_names[] = {
	[EVENT_HOLDER] = "holder",   [EVENT_SOCKET] = "socket",	    [EVENT_OPTION] = "option",
	[EVENT_BIND] = "bind",	     [EVENT_LISTEN] = "listen",	    [EVENT_AUTOBIND] = "autobind",
	[EVENT_CONNECT] = "connect", [EVENT_ACCEPT] = "accept",	    [EVENT_CLOSE] = "close",
	[EVENT_RELEASE] = "release", [EVENT_DELIVERY] = "delivery", [EVENT_FINDING] = "finding",
	[EVENT_GAP] = "gap",	     [EVENT_WHY] = "why",
};

static const char *const family_names[] = {
	[FAMILY_IPV4] = "ipv4",
	[FAMILY_IPV6] = "ipv6",
	[FAMILY_OTHER] = "other",
	[FAMILY_UNIX] = "unix",
};

static const char *const protocol_names[] = {
	[PROTO_TCP] = "tcp",   [PROTO_UDP] = "udp", [PROTO_MPTCP] = "mptcp", [PROTO_SCTP] = "sctp",
	[PROTO_PING] = "ping", [PROTO_RAW] = "raw", [PROTO_UNIX] = "unix",   [PROTO_OTHER] = "other",
};

static const char *const state_names[] = {
	[STATE_BOUND] = "bound",
	[STATE_LISTEN] = "listen",
	[STATE_SYN_SENT] = "syn-sent",
	[STATE_SYN_RECV] = "syn-recv",
	[STATE_ESTABLISHED] = "established",
	[STATE_FIN_WAIT1] = "fin-wait-1",
	[STATE_FIN_WAIT2] = "fin-wait-2",
	[STATE_TIME_WAIT] = "time-wait",
	[STATE_CLOSE_WAIT] = "close-wait",
	[STATE_LAST_ACK] = "last-ack",
	[STATE_CLOSING] = "closing",
};

static const char *const kind_names[] = {
	[KIND_UNKNOWN] = "unknown", [KIND_PROCESS] = "process", [KIND_TIME_WAIT] = "time-wait",
	[KIND_ORPHAN] = "orphan",   [KIND_KERNEL] = "kernel",	[KIND_IN_FLIGHT] = "in-flight",
	[KIND_GONE] = "gone",
};

static const char *const stage_names[] = {
	[STAGE_SYSCALL] = "syscall", [STAGE_SECCOMP] = "seccomp", [STAGE_LSM] = "lsm",
	[STAGE_CGROUP] = "cgroup",   [STAGE_ADDRESS] = "address", [STAGE_PRIVILEGE] = "privilege",
	[STAGE_STATE] = "state",     [STAGE_PORT] = "port",	  [STAGE_POST_BIND] = "post-bind",
	[STAGE_LISTEN] = "listen",
};

static const char *const release_names[] = {
	[RELEASE_PORT] = "port",
	[RELEASE_TIME_WAIT_BEGIN] = "time-wait-begin",
	[RELEASE_TIME_WAIT_END] = "time-wait-end",
};

static const char *const finding_kind_names[] = {
	[FINDING_SHARED_PORT] = "shared-port",
	[FINDING_LIVES_ON] = "lives-on",
};

static const char *const takeover_names[] = {
	[TAKEOVER_REUSEPORT] = "reuseport",
	[TAKEOVER_INHERITED] = "inherited",
};

static const char *const unix_type_names[] = {
	[UNIX_STREAM] = "stream",
	[UNIX_DATAGRAM] = "dgram",
	[UNIX_SEQPACKET] = "seqpacket",
};

static const char *const obstacle_names[] = {
	[OBSTACLE_NONE] = "none",	    [OBSTACLE_SOCKET] = "socket", [OBSTACLE_FILE] = "file",
	[OBSTACLE_DIRECTORY] = "directory", [OBSTACLE_LINK] = "symlink",  [OBSTACLE_OTHER] = "other",
};

static const char *const path_fault_names[] = {
	[FAULT_MISSING] = "missing", [FAULT_NOT_DIRECTORY] = "not-directory", [FAULT_SEARCH] = "search",
	[FAULT_WRITE] = "write",     [FAULT_READ_ONLY] = "read-only",
};

static const char *name_at(const char *const names[], size_t count, size_t index)
{
	return index < count ? names[index] : NULL;
}

static int index_of(const char *const names[], size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (names[i] && !strcmp(names[i], name))
			return (int)i;
	}
	return -EINVAL;
}

#define DEFINE_NAMES(prefix, type)                                                                           \
	const char *prefix##_name(type value)                                                                \
	{                                                                                                    \
		return name_at(prefix##_names, ARRAY_SIZE(prefix##_names), (size_t)value);                   \
	}                                                                                                    \
	int prefix##_from_name(const char *name)                                                             \
	{                                                                                                    \
		return index_of(prefix##_names, ARRAY_SIZE(prefix##_names), name);                           \
	}

DEFINE_NAMES(event_type, enum event_type)
DEFINE_NAMES(family, enum family)
DEFINE_NAMES(protocol, enum protocol)
DEFINE_NAMES(state, enum sock_state)
DEFINE_NAMES(kind, enum holder_kind)
DEFINE_NAMES(stage, enum stage)
DEFINE_NAMES(release, enum release)
DEFINE_NAMES(finding_kind, enum finding_kind)
DEFINE_NAMES(takeover, enum takeover)
DEFINE_NAMES(unix_type, enum unix_type)
DEFINE_NAMES(obstacle, enum obstacle)
DEFINE_NAMES(path_fault, enum path_fault)
