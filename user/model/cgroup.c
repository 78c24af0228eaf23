/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/cgroup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ID_DIGITS     64
#define UNIT_NAME_MAX 255
#define SAFE                                                                                                 \
	"0123456789"                                                                                         \
	"abcdefghijklmnopqrstuvwxyz"                                                                         \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A part of a path, not ended by a NUL. */
struct part {
	const char *at;
	size_t length;
};

/* Kinds of unit that have a cgroup. */
static const char *const unit_types[] = {".service", ".scope", ".slice", ".socket", ".mount", ".swap"};

/* What runtimes put before the id; for a unit's name any name may follow if `named`. */
static const struct wrapper {
	const char *prefix;
	bool named;
	bool monitor;
	bool nothing; /* not a container, though it looks like one */
} wrappers[] = {
	{.prefix = "runc", .named = true},
	{.prefix = "crun", .named = true},
	{.prefix = "libpod-conmon", .monitor = true},
	{.prefix = "crio-conmon", .monitor = true},
	{.prefix = "libpod_pod", .nothing = true},
};

static bool is(struct part part, const char *text)
{
	return part.length == strlen(text) && !memcmp(part.at, text, part.length);
}

static bool begins(struct part part, const char *text)
{
	return part.length >= strlen(text) && !memcmp(part.at, text, strlen(text));
}

static bool ends(struct part part, const char *text)
{
	size_t length = strlen(text);

	return part.length > length && !memcmp(part.at + part.length - length, text, length);
}

static void copy(struct part part, char *to, size_t size)
{
	snprintf(to, size, "%.*s", (int)part.length, part.at);
}

static struct part without(struct part part, size_t first, size_t last)
{
	return (struct part){part.at + first, part.length - first - last};
}

/* systemd puts a '_' before names that the kernel uses for itself. */
static struct part unescaped(struct part part)
{
	return part.length && part.at[0] == '_' ? without(part, 1, 0) : part;
}

/* Past slashes and "..", which begin a path that is seen from another cgroup namespace. */
static bool next_part(const char **path, struct part *ret_part)
{
	do {
		*path += strspn(*path, "/");
		*ret_part = (struct part){*path, strcspn(*path, "/")};
		*path += ret_part->length;
	} while (is(*ret_part, ".."));
	return ret_part->length;
}

/* As unit_name_is_valid() of systemd: PREFIX[@INSTANCE].TYPE */
static bool is_unit(struct part part)
{
	bool typed = false;

	for (size_t i = 0; i < COUNT(unit_types); i++)
		typed |= ends(part, unit_types[i]);
	if (!typed || part.length > UNIT_NAME_MAX || part.at[0] == '@')
		return false;
	for (size_t i = 0; i < part.length; i++)
		if (!strchr(SAFE ":-_.\\@", part.at[i]))
			return false;
	return true;
}

static bool is_slice(struct part part)
{
	return ends(part, ".slice") && is_unit(part);
}

/* The first part that is no slice; the last slice before it in *slice. */
static bool skip_slices(const char **path, struct part *ret_part, struct part *slice)
{
	while (next_part(path, ret_part)) {
		if (!is_slice(unescaped(*ret_part)))
			return true;
		*slice = unescaped(*ret_part);
	}
	return false;
}

static bool has_units_of_user(struct part unit)
{
	return (begins(unit, "user@") && ends(unit, ".service")) ||
	       (begins(unit, "session-") && ends(unit, ".scope"));
}

static struct part find_unit(const char *path)
{
	struct part part, slice = {"", 0}, unit;

	if (!skip_slices(&path, &part, &slice))
		return slice;
	unit = unescaped(part);
	if (!is_unit(unit))
		return slice;
	if (has_units_of_user(unit) && skip_slices(&path, &part, &slice) && is_unit(unescaped(part)))
		return unescaped(part);
	return unit;
}

/* The 64 digits that a name ends with. */
static bool ends_with_id(struct part name)
{
	const char *digits = name.at + name.length - ID_DIGITS;

	if (name.length < ID_DIGITS)
		return false;
	for (size_t i = 0; i < ID_DIGITS; i++)
		if (!strchr("0123456789abcdef", digits[i]))
			return false;
	return name.length == ID_DIGITS || strchr("-:", digits[-1]) || digits[-1] == '_';
}

static struct part last_word(struct part part)
{
	for (size_t i = part.length; i > 0; i--)
		if (part.at[i - 1] == ':')
			return without(part, i, 0);
	return part;
}

static const struct wrapper *find_wrapper(struct part prefix)
{
	for (size_t i = 0; i < COUNT(wrappers); i++)
		if (is(last_word(prefix), wrappers[i].prefix))
			return &wrappers[i];
	return NULL;
}

/* PREFIX-ID, or PREFIX-NAME of those that let one choose. */
static bool find_id(struct part name, bool scope, struct cgroup_names *names)
{
	static const struct wrapper other;
	const struct wrapper *wrapper = &other;

	if (ends_with_id(name)) {
		struct part id = without(name, name.length - ID_DIGITS, 0);

		if (name.length > ID_DIGITS)
			wrapper = find_wrapper(without(name, 0, ID_DIGITS + 1));
		if (wrapper && wrapper->nothing)
			return false;
		copy(id, wrapper && wrapper->monitor ? names->serves : names->container, CONTAINER_LEN);
		return true;
	}
	for (size_t i = 0; scope && i < COUNT(wrappers); i++) {
		size_t length = strlen(wrappers[i].prefix);

		if (!wrappers[i].named || !begins(name, wrappers[i].prefix) || name.length < length + 2 ||
		    name.at[length] != '-')
			continue;
		copy(without(name, length + 1, 0), names->container, CONTAINER_LEN);
		return true;
	}
	return false;
}

/* Machines of systemd; those of libvirt are mostly no containers. */
static bool find_machine(struct part unit, struct cgroup_names *names)
{
	static const struct {
		const char *prefix, *type;
	} rows[] = {{"machine-", ".scope"}, {"systemd-nspawn@", ".service"}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct part name;

		if (!begins(unit, rows[i].prefix) || !ends(unit, rows[i].type) ||
		    unit.length <= strlen(rows[i].prefix) + strlen(rows[i].type))
			continue;
		name = without(unit, strlen(rows[i].prefix), strlen(rows[i].type));
		if (begins(name, "qemu\\x2d"))
			return false;
		unit_unescape(name.at, name.length, names->container, CONTAINER_LEN);
		return true;
	}
	return false;
}

static bool find_lxc(struct part part, const char *rest, struct cgroup_names *names)
{
	struct part name;

	if (begins(part, "lxc.payload.") && part.length > strlen("lxc.payload."))
		copy(without(part, strlen("lxc.payload."), 0), names->container, CONTAINER_LEN);
	else if (begins(part, "lxc.monitor.") && part.length > strlen("lxc.monitor."))
		copy(without(part, strlen("lxc.monitor."), 0), names->serves, CONTAINER_LEN);
	else if ((is(part, "lxc") || is(part, "lxc.payload")) && next_part(&rest, &name))
		copy(name, names->container, CONTAINER_LEN);
	else
		return false;
	return true;
}

static bool find_container(struct part part, const char *rest, struct cgroup_names *names)
{
	struct part name = unescaped(part);
	bool scope = ends(name, ".scope");

	if (is_slice(name))
		return false;
	if (find_machine(name, names) || find_lxc(part, rest, names))
		return true;
	return find_id(scope ? without(name, 0, strlen(".scope")) : name, scope, names);
}

void cgroup_names(const char *path, struct cgroup_names *ret_names)
{
	const char *rest = path;
	struct part part;

	*ret_names = (struct cgroup_names){.unit = ""};
	copy(find_unit(path), ret_names->unit, sizeof(ret_names->unit));
	while (next_part(&rest, &part))
		if (find_container(part, rest, ret_names))
			return;
}

static int hex_digit(char digit)
{
	const char *digits = "0123456789abcdef", *at = digit ? strchr(digits, digit) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* The byte of "\xNN", 0 if it is none or would be a NUL or '/'. */
static char escaped_byte(const char *name, size_t length)
{
	int high, low;

	if (length < 4 || name[0] != '\\' || name[1] != 'x')
		return 0;
	high = hex_digit(name[2]);
	low = hex_digit(name[3]);
	if (high < 0 || low < 0 || high * 16 + low == '/')
		return 0;
	return (char)(high * 16 + low);
}

void unit_unescape(const char *name, size_t length, char *ret_name, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < length && n + 1 < size; n++) {
		char byte = escaped_byte(name + i, length - i);

		ret_name[n] = byte ? byte : name[i];
		i += byte ? 4 : 1;
	}
	ret_name[n] = '\0';
}

enum rank { RANK_NONE, RANK_ROOT, RANK_CONTROLLER, RANK_SYSTEMD, RANK_UNIFIED };

/* "4:memory:/a", "1:name=systemd:/a", "0::/a" */
static enum rank rank_line(struct part line, struct part *ret_path)
{
	const char *first = memchr(line.at, ':', line.length), *second;
	struct part controllers;

	if (!first)
		return RANK_NONE;
	controllers = without(line, (size_t)(first + 1 - line.at), 0);
	second = memchr(controllers.at, ':', controllers.length);
	if (!second || second[1] != '/')
		return RANK_NONE;
	controllers.length = (size_t)(second - controllers.at);
	*ret_path = without(line, (size_t)(second + 1 - line.at), 0);
	if (ret_path->length == 1)
		return RANK_ROOT;
	if (!controllers.length)
		return RANK_UNIFIED;
	return is(controllers, "name=systemd") ? RANK_SYSTEMD : RANK_CONTROLLER;
}

int cgroup_of_lines(const char *lines, char *ret_path, size_t size)
{
	enum rank best = RANK_NONE;

	while (*lines) {
		struct part line = {lines, strcspn(lines, "\n")}, path;
		enum rank rank = rank_line(line, &path);

		lines += line.length + (lines[line.length] != '\0');
		if (rank <= best || path.length >= size)
			continue;
		best = rank;
		copy(path, ret_path, size);
	}
	return best == RANK_NONE ? -ENOENT : 0;
}

int unit_name(const char *text, char *ret_unit, size_t size)
{
	struct part unit;
	int length;

	for (size_t i = 0; i < COUNT(unit_types); i++) {
		unit = (struct part){text, strlen(text)};
		if (ends(unit, unit_types[i]))
			return is_unit(unit) && snprintf(ret_unit, size, "%s", text) < (int)size ? 0
												 : -EINVAL;
	}
	length = snprintf(ret_unit, size, "%s.service", text);
	unit = (struct part){ret_unit, (size_t)length};
	return length < (int)size && is_unit(unit) ? 0 : -EINVAL;
}

/* A slice is below the slices that its dashes name. */
static int slice_cgroup(struct part slice, char *ret_path, size_t size)
{
	size_t stem = slice.length - strlen(".slice"), length = 0;

	if (slice.at[0] == '-' || slice.at[stem - 1] == '-')
		return -EINVAL;
	for (size_t i = 1; i <= stem; i++) {
		if (i < stem && slice.at[i] != '-')
			continue;
		if (i < stem && slice.at[i + 1] == '-')
			return -EINVAL;
		length += (size_t)snprintf(ret_path + length, size - length, "/%.*s.slice", (int)i, slice.at);
		if (length >= size)
			return -ENAMETOOLONG;
	}
	return 0;
}

/* Instances of a template share a slice: "a-b@1.service" is in "system-a\\x2db.slice". */
static void instance_slice(const char *unit, char *ret_slice, size_t size)
{
	const char *end = strchr(unit, '@');
	size_t length;

	ret_slice[0] = '\0';
	if (!end)
		return;
	length = (size_t)snprintf(ret_slice, size, "/system-");
	for (const char *at = unit; at < end && length < size; at++)
		length +=
			(size_t)snprintf(ret_slice + length, size - length, *at == '-' ? "\\x2d" : "%c", *at);
	if (length < size)
		snprintf(ret_slice + length, size - length, ".slice");
}

int unit_cgroup(const char *unit, char *ret_path, size_t size)
{
	struct part name = {unit, strlen(unit)};
	char slice[4 * UNIT_LEN + 16];

	if (!is_unit(name))
		return -EINVAL;
	if (is_slice(name))
		return slice_cgroup(name, ret_path, size);
	instance_slice(unit, slice, sizeof(slice));
	return snprintf(ret_path, size, "/system.slice%s/%s", slice, unit) < (int)size ? 0 : -ENAMETOOLONG;
}
