/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an option's value may be.  A parser returns false and leaves the rest to the caller's message. */
#ifndef REUSETRACE_CLI_OPTION_TYPES_H
#define REUSETRACE_CLI_OPTION_TYPES_H

#include <stdbool.h>

struct option_type {
	/* value is NULL where the option takes none; constant is the table's. */
	bool (*parse)(const char *value, long constant, void *field);
	const char *expects; /* "is not ...", with an example */
};

extern const struct option_type type_flag;	/* bool = true */
extern const struct option_type type_count;	/* unsigned int + 1 */
extern const struct option_type type_bits;	/* unsigned int |= constant */
extern const struct option_type type_enum;	/* int-sized enum = constant */
extern const struct option_type type_ports;	/* struct port_set, added to */
extern const struct option_type type_pids;	/* struct pid_list, added to */
extern const struct option_type type_protocols; /* unsigned int, 1 << enum protocol */
extern const struct option_type type_comm;	/* char[COMM_LEN] */
extern const struct option_type type_user;	/* struct user_ref */
extern const struct option_type type_netns;	/* const char * */
extern const struct option_type type_unit;	/* const char * */
extern const struct option_type type_path;	/* const char * */
extern const struct option_type type_paths;	/* struct path_list, added to */
extern const struct option_type type_seconds;	/* uint64_t ns */
extern const struct option_type type_age;	/* uint64_t ns */
extern const struct option_type type_size;	/* uint64_t bytes */
extern const struct option_type type_address;	/* const char * */
extern const struct option_type type_positive;	/* uint64_t */
extern const struct option_type type_time;	/* enum time_mode */
extern const struct option_type type_color;	/* enum color_mode */
extern const struct option_type type_json;	/* enum json_format */
extern const struct option_type type_system;	/* unsigned int, enum system_id but not Linux */
extern const struct option_type type_systems;	/* unsigned int, 1 << enum system_id */
extern const struct option_type type_sockets;	/* struct socket_list, added to */
extern const struct option_type type_wait;	/* struct wait_limit */
extern const struct option_type type_order;	/* unsigned int, enum list_order */

#endif
