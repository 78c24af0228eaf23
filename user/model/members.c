// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/members.h"

#include "model/event.h"

const struct member option_members[] = {
	{"reuseaddr", offsetof(struct sock_options, reuseaddr)},
	{"reuseport", offsetof(struct sock_options, reuseport)},
	{"force_reuse", offsetof(struct sock_options, force_reuse)},
	{"v6only", offsetof(struct sock_options, v6only)},
	{"freebind", offsetof(struct sock_options, freebind)},
	{"transparent", offsetof(struct sock_options, transparent)},
	{"bind_address_no_port", offsetof(struct sock_options, bind_address_no_port)},
	{NULL, 0},
};

const struct member winsock_members[] = {
	{"exclusive", offsetof(struct winsock_options, exclusive)},
	{"randomize_port", offsetof(struct winsock_options, randomize_port)},
	{"port_scalability", offsetof(struct winsock_options, port_scalability)},
	{"reuse_unicastport", offsetof(struct winsock_options, reuse_unicastport)},
	{"reuse_multicastport", offsetof(struct winsock_options, reuse_multicastport)},
	{NULL, 0},
};

const struct member fact_members[] = {
	{"port_chosen", offsetof(struct sock_info, port_chosen)},
	{"connect_bound", offsetof(struct sock_info, connect_bound)},
	{"accepted", offsetof(struct sock_info, accepted)},
	{"orphan", offsetof(struct sock_info, orphan)},
	{"unaccepted", offsetof(struct sock_info, unaccepted)},
	{"kernel", offsetof(struct sock_info, kernel)},
	{"subflow", offsetof(struct sock_info, subflow)},
	{"minisock", offsetof(struct sock_info, minisock)},
	{"fin_wait2", offsetof(struct sock_info, fin_wait2)},
	{"group_own", offsetof(struct sock_info, group_own)},
	{"group_program", offsetof(struct sock_info, group_program)},
	{"group_closed", offsetof(struct sock_info, group_closed)},
	{NULL, 0},
};

const struct member policy_members[] = {
	{"closed_group_ok", offsetof(struct policy, closed_group_ok)},
	{"fast_cache_live", offsetof(struct policy, fast_cache_live)},
	{"bhash2_native", offsetof(struct policy, bhash2_native)},
	{"udp_slot_blind", offsetof(struct policy, udp_slot_blind)},
	{"connect_bind_flag", offsetof(struct policy, connect_bind_flag)},
	{NULL, 0},
};

const struct member attempt_members[] = {
	{"explicit_port", offsetof(struct event, explicit_port)},
	{"listening", offsetof(struct event, listening)},
	{"asked", offsetof(struct event, asked)},
	{"autobind_reuse", offsetof(struct event, autobind_reuse)},
	{"l3mdev_accept", offsetof(struct event, l3mdev_accept)},
	{"address_tentative", offsetof(struct event, address_tentative)},
	{"kernel_call", offsetof(struct event, kernel_call)},
	{"by_connect", offsetof(struct event, by_connect)},
	{NULL, 0},
};

const struct member unix_members[] = {
	{"abstract", offsetof(struct unix_facts, abstract)},
	{"bound", offsetof(struct unix_facts, bound)},
	{"overrides", offsetof(struct unix_facts, overrides)},
	{"replaced", offsetof(struct unix_facts, replaced)},
	{"hidden", offsetof(struct unix_facts, hidden)},
	{NULL, 0},
};
