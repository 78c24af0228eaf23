// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/option_types.h"

#include <string.h>
#include "cli/options.h"
#include "rules/systems.h"
#include "model/cgroup.h"
#include "model/event_names.h"
#include "model/users.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_PID		  4194304 /* PID_MAX_LIMIT */
#define NS_PER_SECOND	  UINT64_C(1000000000)

/* Decimal digits only, no sign, space or leading zero; not more than most. */
static bool parse_number(const char *text, size_t length, uint64_t most, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!length || (length > 1 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned int digit = (unsigned char)text[i] - (unsigned int)'0';

		if (digit > 9 || number > (most - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*ret_number = number;
	return true;
}

/* Calls parse for each element between commas; an empty one is an error of its own. */
static bool parse_list(const char *value, void *field,
		       bool (*parse)(const char *element, size_t length, void *field))
{
	for (;;) {
		size_t length = strcspn(value, ",");

		if (!parse(value, length, field))
			return false;
		if (!value[length])
			return true;
		value += length + 1;
	}
}

static bool parse_flag(const char *value, long constant, void *field)
{
	(void)value, (void)constant;
	*(bool *)field = true;
	return true;
}

static bool parse_count(const char *value, long constant, void *field)
{
	(void)value, (void)constant;
	*(unsigned int *)field += 1;
	return true;
}

static bool parse_bits(const char *value, long constant, void *field)
{
	(void)value;
	*(unsigned int *)field |= (unsigned int)constant;
	return true;
}

static bool parse_enum(const char *value, long constant, void *field)
{
	(void)value;
	*(unsigned int *)field = (unsigned int)constant;
	return true;
}

static bool parse_port_range(const char *element, size_t length, void *field)
{
	struct port_set *ports = field;
	const char *dash = memchr(element, '-', length);
	size_t low_length = dash ? (size_t)(dash - element) : length;
	uint64_t low, high;

	if (!parse_number(element, low_length, UINT16_MAX, &low))
		return false;
	high = low;
	if (dash && !parse_number(dash + 1, length - low_length - 1, UINT16_MAX, &high))
		return false;
	if (!low || low > high)
		return false;

	for (uint64_t port = low; port <= high; port++) {
		ports->count += !port_set_has(ports, (uint16_t)port);
		ports->bits[port / 8] |= (uint8_t)(1 << port % 8);
	}
	return true;
}

static bool parse_ports(const char *value, long constant, void *field)
{
	(void)constant;
	return parse_list(value, field, parse_port_range);
}

static bool parse_pid(const char *element, size_t length, void *field)
{
	struct pid_list *list = field;
	uint64_t pid;

	if (!parse_number(element, length, MAX_PID, &pid) || !pid || list->count == OPTIONS_MAX_PIDS)
		return false;
	list->pids[list->count++] = (uint32_t)pid;
	return true;
}

static bool parse_pids(const char *value, long constant, void *field)
{
	(void)constant;
	return parse_list(value, field, parse_pid);
}

static bool parse_protocol(const char *element, size_t length, void *field)
{
	for (int protocol = PROTO_TCP; protocol <= PROTO_UNIX; protocol++) {
		const char *name = protocol_name((enum protocol)protocol);

		if (strlen(name) == length && !memcmp(name, element, length)) {
			*(unsigned int *)field |= 1U << protocol;
			return true;
		}
	}
	return false;
}

static bool parse_protocols(const char *value, long constant, void *field)
{
	(void)constant;
	return parse_list(value, field, parse_protocol);
}

static bool parse_comm(const char *value, long constant, void *field)
{
	char *comm = field;

	(void)constant;
	memset(comm, 0, COMM_LEN);
	memcpy(comm, value, strnlen(value, COMM_LEN - 1));
	return value[0];
}

/* A leading sign is NIS syntax to some of nsswitch.conf's modules, never a name. */
static bool parse_user(const char *value, long constant, void *field)
{
	struct user_ref *user = field;
	uint64_t number;

	(void)constant;
	if (!value[0] || strchr("+-", value[0]))
		return false;
	if (parse_number(value, strlen(value), UINT32_MAX - 1, &number))
		user->uid = (uint32_t)number;
	else if (!user_by_name(value, &user->uid))
		return false;
	user->name = value;
	return true;
}

static bool parse_text(const char *value, long constant, void *field)
{
	(void)constant;
	*(const char **)field = value;
	return value[0];
}

static bool parse_path(const char *value, long constant, void *field)
{
	struct path_list *list = field;

	(void)constant;
	if (!value[0] || list->count == OPTIONS_MAX_PATHS)
		return false;
	list->paths[list->count++] = value;
	return true;
}

/* Whether it could be one; where it is, only the machine can say. */
static bool parse_unit(const char *value, long constant, void *field)
{
	char unit[UNIT_LEN];

	return !unit_name(value, unit, sizeof(unit)) && parse_text(value, constant, field);
}

static bool parse_positive(const char *value, long constant, void *field)
{
	(void)constant;
	return parse_number(value, strlen(value), UINT64_MAX, field) && *(uint64_t *)field;
}

/* "2", "0.5": at most nine decimals and UINT32_MAX seconds. */
static bool parse_seconds(const char *value, long constant, void *field)
{
	size_t whole_length = strcspn(value, ".");
	uint64_t whole, fraction = 0, unit = NS_PER_SECOND;

	(void)constant;
	if (!parse_number(value, whole_length, UINT32_MAX, &whole))
		return false;
	if (value[whole_length]) {
		const char *digits = value + whole_length + 1;
		size_t length = strspn(digits, "0123456789");

		if (!length || length > 9 || digits[length])
			return false;
		for (size_t i = 0; i < length; i++)
			fraction += (uint64_t)(digits[i] - '0') * (unit /= 10);
	}
	*(uint64_t *)field = whole * NS_PER_SECOND + fraction;
	return whole || fraction;
}

/* A number and one of the units, which begin with their letter. */
static bool parse_unit_of(const char *value, const char *letters, const uint64_t units[],
			  uint64_t *ret_number)
{
	size_t length = strspn(value, "0123456789");
	const char *letter = value[length] ? strchr(letters, value[length]) : NULL;
	uint64_t number, unit;

	if (!letter || value[length + 1] || !parse_number(value, length, UINT64_MAX, &number))
		return false;
	unit = units[letter - letters];
	*ret_number = number * unit;
	return number && number <= INT64_MAX / unit;
}

static bool parse_age(const char *value, long constant, void *field)
{
	static const uint64_t units[] = {NS_PER_SECOND, 60 * NS_PER_SECOND, 3600 * NS_PER_SECOND,
					 86400 * NS_PER_SECOND};

	(void)constant;
	return parse_unit_of(value, "smhd", units, field);
}

static bool parse_size(const char *value, long constant, void *field)
{
	static const uint64_t units[] = {1ULL << 20, 1ULL << 30, 1ULL << 40};
	uint64_t bytes;

	(void)constant;
	if (!parse_unit_of(value, "MGT", units, &bytes) || bytes < 8ULL << 20 || bytes > 1ULL << 40)
		return false;
	*(uint64_t *)field = bytes;
	return true;
}

static bool parse_wait(const char *value, long constant, void *field)
{
	struct wait_limit *wait = field;

	wait->on = true;
	return !value || parse_seconds(value, constant, &wait->limit_ns);
}

/* names[] is indexed by the enum. */
static bool parse_name(const char *value, const char *const names[], size_t count, void *field)
{
	for (size_t i = 0; i < count; i++) {
		if (names[i] && !strcmp(names[i], value)) {
			*(unsigned int *)field = (unsigned int)i;
			return true;
		}
	}
	return false;
}

static bool parse_time(const char *value, long constant, void *field)
{
	static const char *const names[] = {
		[TIME_WALL] = "wall", [TIME_DELTA] = "delta", [TIME_BOOT] = "boot",
		[TIME_ISO] = "iso",   [TIME_NONE] = "none",
	};

	(void)constant;
	return parse_name(value, names, ARRAY_SIZE(names), field);
}

static bool parse_order(const char *value, long constant, void *field)
{
	static const char *const names[LIST_ORDERS] = {
		[LIST_BY_PORT] = "port",   [LIST_BY_ADDRESS] = "address", [LIST_BY_PROTOCOL] = "proto",
		[LIST_BY_STATE] = "state", [LIST_BY_NETNS] = "netns",	  [LIST_BY_UID] = "uid",
	};

	(void)constant;
	return parse_name(value, names, ARRAY_SIZE(names), field);
}

static bool parse_color(const char *value, long constant, void *field)
{
	static const char *const names[] = {
		[COLOR_AUTO] = "auto",
		[COLOR_ALWAYS] = "always",
		[COLOR_NEVER] = "never",
	};

	(void)constant;
	return parse_name(value, names, ARRAY_SIZE(names), field);
}

static bool parse_json(const char *value, long constant, void *field)
{
	static const char *const names[JSON_FORMATS] = {
		[JSON_PLAIN] = "plain", [JSON_ECS] = "ecs", [JSON_OTEL] = "otel", [JSON_OCSF] = "ocsf"};

	(void)constant;
	*(enum json_format *)field = JSON_PLAIN;
	return !value || parse_name(value, names, ARRAY_SIZE(names), field);
}

static bool parse_system(const char *element, size_t length, void *field)
{
	int system = system_from_name(element, length);

	if (length == 3 && !memcmp(element, "all", 3))
		*(unsigned int *)field |= (1U << SYSTEM_MAX) - 1;
	else if (system >= 0)
		*(unsigned int *)field |= 1U << system;
	else
		return false;
	return true;
}

static bool parse_other_system(const char *value, long constant, void *field)
{
	int system = system_from_name(value, strlen(value));

	(void)constant;
	if (system <= SYSTEM_LINUX)
		return false;
	*(unsigned int *)field = (unsigned int)system;
	return true;
}

static bool parse_systems(const char *value, long constant, void *field)
{
	(void)constant;
	return parse_list(value, field, parse_system);
}

static bool parse_socket(const char *value, long constant, void *field)
{
	struct socket_list *list = field;

	(void)constant;
	if (list->count == OPTIONS_MAX_SOCKETS)
		return false;
	list->texts[list->count++] = value;
	return true;
}

_Static_assert(sizeof(enum time_mode) == sizeof(unsigned int), "enums are stored as unsigned int");
_Static_assert(sizeof(enum color_mode) == sizeof(unsigned int), "enums are stored as unsigned int");

const struct option_type type_flag = {parse_flag, NULL};
const struct option_type type_count = {parse_count, NULL};
const struct option_type type_bits = {parse_bits, NULL};
const struct option_type type_enum = {parse_enum, NULL};
const struct option_type type_ports = {parse_ports, "a port list (like 80,443,8000-8100)"};
const struct option_type type_pids = {parse_pids, "a list of up to 64 pids (like 4100,4242)"};
const struct option_type type_protocols = {parse_protocols,
					   "a protocol list (of tcp,udp,mptcp,sctp,ping,raw,unix)"};
const struct option_type type_comm = {parse_comm, "a command name (like nginx)"};
const struct option_type type_user = {parse_user, "a user (a name or a number)"};
const struct option_type type_netns = {parse_text, "a network namespace (a name, pid, path or inode)"};
const struct option_type type_unit = {parse_unit, "the name of a systemd unit (like nginx.service)"};
const struct option_type type_path = {parse_text, "a path"};
const struct option_type type_paths = {parse_path, "a path (of up to 8 of them)"};
const struct option_type type_seconds = {parse_seconds, "a number of seconds above 0 (like 10 or 0.5)"};
const struct option_type type_age = {parse_age, "an age (like 90s, 30m, 12h or 7d)"};
const struct option_type type_size = {parse_size, "a size of 8M to 1T (like 64M or 1G)"};
const struct option_type type_address = {parse_text,
					 "an address (like 8080, 127.0.0.1:8080 or [::1]:53/udp)"};
const struct option_type type_positive = {parse_positive, "a number above 0"};
const struct option_type type_time = {parse_time, "one of wall, delta, boot, iso, none"};
const struct option_type type_color = {parse_color, "one of auto, always, never"};
const struct option_type type_json = {parse_json, "a JSON format (one of plain, ecs, otel, ocsf)"};
const struct option_type type_system = {
	parse_other_system,
	"another system (one of windows, windows-xp, macos, freebsd, openbsd, netbsd, solaris)"};
const struct option_type type_systems = {
	parse_systems,
	"a list of systems (of linux,windows,windows-xp,macos,freebsd,openbsd,netbsd,solaris, or all)"};
const struct option_type type_sockets = {parse_socket, "a SOCKET (like 'tcp 127.0.0.1:8080 reuseaddr')"};
const struct option_type type_wait = {parse_wait, "a number of seconds above 0 (like 10 or 0.5)"};
const struct option_type type_order = {parse_order,
				       "an order (one of port, address, proto, state, netns, uid)"};
