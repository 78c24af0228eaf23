/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line: one table of options, and what becomes of them.
 *
 * Strings in a config point into argv.  Nothing here prints: a mistake is a
 * sentence in error[] and -EINVAL, which the caller turns into exit status 2.
 */
#ifndef REUSETRACE_CLI_OPTIONS_H
#define REUSETRACE_CLI_OPTIONS_H

#include <stdio.h>
#include "model/event.h"
#include "model/text.h"
#include "view/view.h"

#define OPTIONS_MAX_PIDS    64
#define OPTIONS_MAX_SOCKETS 8
#define OPTIONS_MAX_PATHS   8
#define OPTIONS_ERROR_LEN   512

/* Bits of the table's `commands` column. */
enum command {
	COMMAND_TRACE = 1 << 0,
	COMMAND_WHY = 1 << 1,
	COMMAND_LS = 1 << 2,
	COMMAND_HISTORY = 1 << 3,
	COMMAND_RECORD = 1 << 4,
	COMMAND_REPLAY = 1 << 5,
	COMMAND_REPORT = 1 << 6,
	COMMAND_EXPLAIN = 1 << 7,
	COMMAND_DOCTOR = 1 << 8,
	COMMAND_ALL = (1 << 9) - 1,
};

struct command_info; /* cli/command.h */
struct option_type;  /* cli/option_types.h */

enum list_order {
	LIST_BY_PORT,
	LIST_BY_ADDRESS,
	LIST_BY_PROTOCOL,
	LIST_BY_STATE,
	LIST_BY_NETNS,
	LIST_BY_UID,
	LIST_ORDERS
};

enum json_format { JSON_NONE, JSON_PLAIN, JSON_ECS, JSON_OTEL, JSON_OCSF, JSON_FORMATS };

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

enum family_bit { FAMILY_BIT_IPV4 = 1 << 0, FAMILY_BIT_IPV6 = 1 << 1 };

struct port_set {
	uint32_t count; /* 0: every port */
	uint8_t bits[65536 / 8];
};

struct pid_list {
	size_t count; /* 0: every process */
	uint32_t pids[OPTIONS_MAX_PIDS];
};

struct user_ref {
	const char *name; /* as given; NULL: not given */
	uint32_t uid;	  /* UID_NONE: not given */
};

struct wait_limit {
	bool on;
	uint64_t limit_ns; /* 0: none */
};

struct socket_list {
	size_t count;
	const char *texts[OPTIONS_MAX_SOCKETS]; /* not parsed yet */
};

struct path_list {
	size_t count;
	const char *paths[OPTIONS_MAX_PATHS];
};

struct config {
	/* which attempts */
	struct port_set ports;
	struct pid_list pids;
	char comm[COMM_LEN]; /* "": every name; cut to comm's 15 bytes */
	struct user_ref user;
	const char *netns;	/* a name, pid, path or inode, not looked up yet; NULL: all */
	const char *cgroup;	/* path; NULL: all */
	const char *unit;	/* name of a systemd unit; NULL: all */
	unsigned int families;	/* enum family_bit, 0: both */
	unsigned int protocols; /* 1 << enum protocol, 0: all */
	bool failed;
	unsigned int verbose;
	bool deliveries;
	/* output */
	enum json_format json;
	const char *output; /* file; NULL: stdout, or stderr with a command */
	enum time_mode time;
	bool no_header;
	enum color_mode color;
	bool summary;
	bool containers; /* ask runtimes for names */
	bool journal;
	const char *metrics_file; /* NULL: none */
	/* when to stop */
	uint64_t duration_ns; /* 0: no limit */
	uint64_t limit;	      /* events, 0: no limit */
	bool fail_on_reject;
	/* sockets that are there now */
	const char *address; /* not parsed yet; NULL: all */
	unsigned int sort;   /* enum list_order */
	bool unconnected;    /* without connections and what is left of them */
	/* the bind to judge */
	bool exclusive; /* SO_EXCLUSIVEADDRUSE */
	bool reuseaddr, reuseport, v6only, listen;
	struct user_ref as;
	struct wait_limit wait;
	/* a recording */
	const char *file;
	bool perfetto;
	struct path_list excluded; /* outputs of netsh */
	/* the recorder's file */
	const char *database; /* NULL: where it is by default */
	uint64_t max_bytes;   /* 0: the default */
	uint64_t max_age_ns;  /* 0: no limit */
	uint64_t since_ns;    /* ago; 0: all */
	/* other systems' answers */
	unsigned int systems; /* 1 << enum system_id, 0: none named */
	unsigned int compare; /* enum system_id, 0 (Linux): none */
	bool matrix;
	struct socket_list sockets;
	/* the traced command */
	struct user_ref run_as;
	char **command; /* NULL-terminated tail of argv; NULL: none */
	/* instead of tracing */
	bool stop; /* a session that was left behind */
	bool help;
	bool version;
};

/*
 * Fills *config from defaults and the words behind argv[0], as this command
 * takes them.  On -EINVAL error[] holds one line
 * without the program's name, safe to print: "-P: '80,x' is not a port list
 * (like 80,443,8000-8100)".  After --help and --version nothing else is judged.
 */
int options_parse(const struct command_info *command, int argc, char **argv, struct config *config,
		  char *error, size_t error_size);

/* The help text of a command; others[], ended by NULL, are mentioned in it (NULL: none are). */
void options_help(struct strbuf *out, const struct command_info *command,
		  const struct command_info *const others[]);

/* A row of the table, for the manual page and completions. */
struct option_info {
	char letter;	     /* 0: none */
	const char *name;    /* NULL: none */
	const char *metavar; /* NULL: takes no value */
	bool is_optional;    /* the value, and then only as --name=VALUE */
	const struct option_type *type;
	unsigned int commands; /* enum command */
	const char *section;
	const char *help; /* NULL: an alias of another row */
};

/* By index, in the order of --help; false behind the last one. */
bool options_row(size_t index, struct option_info *ret_info);

static inline bool port_set_has(const struct port_set *ports, uint16_t port)
{
	return ports->bits[port / 8] & (1 << port % 8);
}

/* --color, NO_COLOR and TERM applied to out. */
bool options_color(enum color_mode mode, FILE *out);

#endif
