/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/unix.h"

#include <string.h>

#define ROWS(array)                                                                                          \
	{                                                                                                    \
		.rows = (array), .count = sizeof(array) / sizeof((array)[0])                                 \
	}

static const struct phrase because[] = {
	{RULE_FREE, U_NAMELESS, 0, "the kernel chose an abstract name"},
	{RULE_FREE, U_ABSTRACT, 0, "the name was free"},
	{RULE_FREE, 0, 0, "nothing was at the path"},
	{RULE_PATH_LISTENER, U_DATAGRAM, 0, "{path} exists and {holder} receives on it"},
	{RULE_PATH_LISTENER, 0, 0, "{path} exists and {holder} listens on it"},
	{RULE_PATH_BOUND, 0, 0, "{path} exists and {holder} is bound to it, though it does not listen"},
	{RULE_PATH_STALE, U_CONNECTED, 0,
	 "{path} is stale: nobody listens on it any more, only a connection of {holder} is left"},
	{RULE_PATH_STALE, 0, 0, "{path} is a stale socket file: nobody listens on it any more"},
	{RULE_PATH_SOCKET, 0, 0,
	 "{path} is the file of a socket; whether somebody listens on it could not be found out"},
	{RULE_PATH_NO_SOCKET, 0, 0, "{path} is {obstacle}: bind() makes a new file and replaces none"},
	{RULE_PATH_GONE, U_REPLACED | U_ABSTRACT, 0,
	 "another socket had the abstract name {path}; it was given up and taken anew before it was looked "
	 "up"},
	{RULE_PATH_GONE, U_REPLACED, 0,
	 "{path} existed, and was replaced before it was looked up: what is there now came later"},
	{RULE_PATH_GONE, 0, 0, "{path} existed, and was gone when it was looked up"},
	{RULE_PATH_MISSING, 0, 0, "{path} cannot be made: there is no directory {directory}"},
	{RULE_PATH_NO_DIRECTORY, 0, 0, "{path} cannot be made: {directory} is no directory"},
	{RULE_PATH_PERMISSION, U_SEARCH, 0,
	 "{path} cannot be made: uid {fsuid} may not enter {directory} (mode {mode}, owner uid {owner})"},
	{RULE_PATH_PERMISSION, U_WRITE, 0,
	 "{path} cannot be made: uid {fsuid} may not make files in {directory} (mode {mode}, owner uid "
	 "{owner})"},
	{RULE_PATH_PERMISSION, U_MODULES, 0,
	 "{errno}: the modes on the way to {path} let uid {fsuid} make it; an access list or one of the "
	 "security "
	 "modules {modules} does not"},
	{RULE_PATH_PERMISSION, 0, 0, "{errno}: the process may not make {path}"},
	{RULE_PATH_READ_ONLY, 0, 0, "{path} cannot be made: the file system of {directory} is read-only"},
	{RULE_PATH_TOO_LONG, 0, 0,
	 "{errno}: an address of {length} bytes was passed, and one of a unix socket has at most 110: a path "
	 "of 108"},
	{RULE_PATH_REFUSED, 0, 0, "{errno}: the file {path} cannot be made"},
	{RULE_NAME_TAKEN, U_PROCESS, 0, "{holder} has the abstract name {path} in this network namespace"},
	{RULE_NAME_TAKEN, 0, 0, "another socket has the abstract name {path} in this network namespace"},
	{RULE_ALREADY_BOUND, U_LEFT, 0,
	 "this socket has a name already: a socket binds only once; the kernel made {path} before it looked "
	 "at that, and left it there"},
	{RULE_ALREADY_BOUND, 0, 0, "this socket has a name already: a socket binds only once"},
	{RULE_BAD_ADDRESS, 0, 0, "{errno}: the address that was passed is malformed"},
	{RULE_UNEXPLAINED, 0, 0, "{errno}, for a reason that was not seen"},
};

static const struct phrase fixes[] = {
	{RULE_PATH_STALE, 0, 0, "remove {path}, which nobody listens on (unlink() before bind())"},
	{RULE_PATH_LISTENER, U_STOPPABLE, 0, "stop {stop_list}, then remove {path}"},
	{RULE_PATH_BOUND, U_STOPPABLE, 0, "stop {stop_list}, then remove {path}"},
	{RULE_PATH_LISTENER, U_OWN, 0, "close {fd} of this same process first, then remove {path}"},
	{RULE_PATH_BOUND, U_OWN, 0, "close {fd} of this same process first, then remove {path}"},
	{RULE_NAME_TAKEN, U_OWN, 0, "close {fd} of this same process first"},
	{RULE_PATH_LISTENER, U_MANAGER, 0,
	 "take the socket that systemd passes (sd_listen_fds(3)) instead of binding"},
	{RULE_NAME_TAKEN, U_MANAGER, 0,
	 "take the socket that systemd passes (sd_listen_fds(3)) instead of binding"},
	{RULE_PATH_LISTENER, U_ONLY_MANAGER | U_SYSTEM, 0,
	 "stop the socket unit that has {path} (systemctl list-sockets)"},
	{RULE_NAME_TAKEN, U_ONLY_MANAGER | U_SYSTEM, 0,
	 "stop the socket unit that has {path} (systemctl list-sockets)"},
	{RULE_PATH_LISTENER, U_ONLY_MANAGER, U_SYSTEM,
	 "stop the socket unit that has {path} (systemctl --user list-sockets)"},
	{RULE_NAME_TAKEN, U_ONLY_MANAGER, U_SYSTEM,
	 "stop the socket unit that has {path} (systemctl --user list-sockets)"},
	{RULE_ALREADY_BOUND, U_LEFT, 0, "remove {path}, which the refused call left behind"},
	{RULE_PATH_NO_SOCKET, 0, U_DIRECTORY, "move {path} away"},
	{RULE_PATH_NO_SOCKET, U_DIRECTORY, 0, "bind a path in {path}"},
	{RULE_NAME_TAKEN, U_STOPPABLE, 0, "stop {stop_list}"},
	{RULE_PATH_MISSING, 0, 0, "make the directory {directory}"},
	{RULE_PATH_NO_DIRECTORY, 0, 0, "move {directory} away and make a directory there"},
	{RULE_PATH_PERMISSION, U_SEARCH, 0, "let uid {fsuid} enter {directory}"},
	{RULE_PATH_PERMISSION, U_WRITE, 0, "let uid {fsuid} write to {directory}"},
	{RULE_PATH_TOO_LONG, 0, 0, "bind a shorter path"},
	{RULE_PATH_SOCKET, 0, 0,
	 "look who listens on {path} (ss -xlp, as root on the host); remove it if nobody does"},
	{RULE_PATH_LISTENER, 0, 0, "bind another path"},
	{RULE_PATH_BOUND, 0, 0, "bind another path"},
	{RULE_PATH_SOCKET, 0, 0, "bind another path"},
	{RULE_PATH_NO_SOCKET, 0, U_DIRECTORY, "bind another path"},
	{RULE_PATH_PERMISSION, U_SEARCH, 0, "bind another path"},
	{RULE_PATH_PERMISSION, U_WRITE, 0, "bind another path"},
	{RULE_PATH_READ_ONLY, 0, 0, "bind a path on a file system that can be written to, such as /run"},
	{RULE_NAME_TAKEN, 0, 0, "bind another name"},
};

const struct phrase_table table_unix = ROWS(because);
const struct phrase_table table_unix_remedies = ROWS(fixes);

static void slot_path(const struct situation *s, struct text *text)
{
	add_escaped(text, s->event->unix_facts.path);
}

static void slot_obstacle(const struct situation *s, struct text *text)
{
	static const char *const words[OBSTACLE_MAX] = {
		[OBSTACLE_FILE] = "a regular file",
		[OBSTACLE_DIRECTORY] = "a directory",
		[OBSTACLE_LINK] = "a symbolic link",
		[OBSTACLE_OTHER] = "a pipe or device",
	};
	const char *word = words[s->event->unix_facts.obstacle];

	add_text(text, "%s", word ? word : "something");
}

static void slot_directory(const struct situation *s, struct text *text)
{
	add_escaped(text, s->event->unix_facts.directory);
}

static void slot_mode(const struct situation *s, struct text *text)
{
	add_text(text, "%04lo", (unsigned long)s->event->unix_facts.directory_mode);
}

static void slot_owner(const struct situation *s, struct text *text)
{
	add_text(text, "%lu", (unsigned long)s->event->unix_facts.directory_uid);
}

static void slot_fsuid(const struct situation *s, struct text *text)
{
	add_text(text, "%lu", (unsigned long)s->event->unix_facts.fsuid);
}

static const struct slot slots[] = {
	{"path", slot_path}, {"obstacle", slot_obstacle}, {"directory", slot_directory},
	{"mode", slot_mode}, {"owner", slot_owner},	  {"fsuid", slot_fsuid},
};

const struct slot *unix_slot(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
		if (strlen(slots[i].name) == len && !memcmp(slots[i].name, name, len))
			return &slots[i];
	return NULL;
}
