/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view/json_refusal.h"

#include <string.h>

#include "model/address.h"

#define MEMBER_CHARS(writer, name, array) jw_chars(writer, name, array, sizeof(array))

static void u64_or_null(struct json_writer *writer, const char *name, uint64_t value)
{
	if (value)
		jw_u64(writer, name, value);
	else
		jw_null(writer, name);
}

/* "a,b,c" as an array. */
static void put_list(struct json_writer *writer, const char *name, const char *list)
{
	if (!list[0]) {
		jw_null(writer, name);
		return;
	}
	jw_array(writer, name);
	for (const char *at = list; *at; at += *at == ',') {
		size_t length = strcspn(at, ",");

		jw_chars(writer, NULL, at, length);
		at += length;
	}
	jw_array_end(writer);
}

static void put_lsm(struct json_writer *writer, const struct refusal_facts *facts)
{
	jw_object(writer, "lsm");
	MEMBER_CHARS(writer, "module", facts->lsm);
	MEMBER_CHARS(writer, "label", facts->lsm_label);
	put_list(writer, "active", facts->lsm_active);
	jw_object_end(writer);
}

static void put_programs(struct json_writer *writer, const struct refusal_facts *facts)
{
	jw_array(writer, "programs");
	for (uint32_t i = 0; i < facts->program_count; i++) {
		const struct cgroup_program *program = &facts->programs[i];

		jw_object(writer, NULL);
		u64_or_null(writer, "id", program->id);
		MEMBER_CHARS(writer, "name", program->name);
		MEMBER_CHARS(writer, "cgroup", program->cgroup);
		jw_object_end(writer);
	}
	jw_array_end(writer);
}

static void put_rewritten(struct json_writer *writer, const struct refusal_facts *facts)
{
	char host[ADDRESS_TEXT_LEN];

	if (!facts->rewritten) {
		jw_null(writer, "rewritten");
		return;
	}
	address_format_host(host, sizeof(host), &facts->new_address);
	jw_object(writer, "rewritten");
	jw_string(writer, "address", host);
	jw_u64(writer, "port", facts->new_port);
	jw_object_end(writer);
}

static void put_interfaces(struct json_writer *writer, const struct refusal_facts *facts)
{
	if (!facts->interfaces_listed) {
		jw_null(writer, "address_on");
		return;
	}
	jw_object(writer, "address_on");
	MEMBER_CHARS(writer, "here", facts->here_device);
	jw_bool(writer, "duplicate", facts->here_failed);
	jw_bool(writer, "down", facts->here_down);
	jw_bool(writer, "other_device", facts->here_other_device);
	jw_u64(writer, "others", facts->others_listed);
	if (!facts->there.netns) {
		jw_null(writer, "there");
	} else {
		jw_object(writer, "there");
		jw_u64(writer, "netns", facts->there.netns);
		MEMBER_CHARS(writer, "name", facts->there.name);
		MEMBER_CHARS(writer, "device", facts->there.device);
		u64_or_null(writer, "pid", facts->there.pid);
		MEMBER_CHARS(writer, "comm", facts->there.comm);
		jw_object_end(writer);
	}
	jw_object_end(writer);
}

static void put_ports(struct json_writer *writer, const struct range_use *use)
{
	if (!use->counted) {
		jw_null(writer, "ports");
		return;
	}
	jw_object(writer, "ports");
	jw_u64(writer, "taken", use->taken);
	jw_u64(writer, "time_wait", use->time_wait);
	jw_u64(writer, "reserved", use->reserved);
	jw_array(writer, "most");
	for (size_t i = 0; i < PORT_USERS_MAX && use->most[i].ports; i++) {
		jw_object(writer, NULL);
		jw_u64(writer, "pid", use->most[i].pid);
		MEMBER_CHARS(writer, "comm", use->most[i].comm);
		jw_u64(writer, "ports", use->most[i].ports);
		jw_object_end(writer);
	}
	jw_array_end(writer);
	jw_object_end(writer);
}

static void put_own_range(struct json_writer *writer, const struct refusal_facts *facts)
{
	if (!facts->own_lo && !facts->own_hi) {
		jw_null(writer, "own_range");
		return;
	}
	jw_array(writer, "own_range");
	jw_u64(writer, NULL, facts->own_lo);
	jw_u64(writer, NULL, facts->own_hi);
	jw_array_end(writer);
}

void json_refusal(struct json_writer *writer, const struct refusal_facts *facts)
{
	if (!facts->present) {
		jw_null(writer, "refusal");
		return;
	}
	jw_object(writer, "refusal");
	if (facts->addrlen < 0)
		jw_null(writer, "addrlen");
	else
		jw_i64(writer, "addrlen", facts->addrlen);
	jw_u64(writer, "sa_family", facts->sa_family);
	put_lsm(writer, facts);
	put_programs(writer, facts);
	put_rewritten(writer, facts);
	u64_or_null(writer, "user_ns", facts->user_ns);
	u64_or_null(writer, "net_user_ns", facts->net_user_ns);
	jw_bool(writer, "capable", facts->capable);
	jw_bool(writer, "nonlocal_bind", facts->nonlocal_bind);
	jw_bool(writer, "keeps_port", facts->keeps_port);
	put_interfaces(writer, facts);
	put_own_range(writer, facts);
	put_ports(writer, &facts->ports);
	jw_object_end(writer);
}
