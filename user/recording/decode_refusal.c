// SPDX-License-Identifier: GPL-2.0-or-later
/* facts.refusal: json_refusal() the other way round. */
#include <string.h>

#include "model/address.h"
#include "recording/decode.h"

#define LSMS_MOST		       32

#define GET_CHARS(reader, name, array) jr_chars(reader, name, array, sizeof(array))

static uint32_t get_u32(struct json_reader *reader, const char *name)
{
	return (uint32_t)jr_u64(reader, name, UINT32_MAX, 0);
}

/* An array as "a,b,c"; what has no room is left out. */
static void get_list(struct json_reader *reader, const char *name, char *ret_list, size_t size)
{
	size_t count = jr_count(reader, name, LSMS_MOST), length = 0;

	for (size_t i = 0; i < count; i++) {
		const char *word = jr_element_string(reader, name, i);
		size_t more = word ? strlen(word) + (length > 0) : size;

		if (length + more >= size)
			return;
		if (length)
			ret_list[length++] = ',';
		memcpy(ret_list + length, word, strlen(word) + 1);
		length += strlen(word);
	}
}

static void get_programs(struct json_reader *reader, struct refusal_facts *facts)
{
	size_t count = jr_count(reader, "programs", PROGRAMS_MAX);

	for (size_t i = 0; i < count && jr_enter_element(reader, "programs", i); i++) {
		struct cgroup_program *program = &facts->programs[facts->program_count++];

		program->id = get_u32(reader, "id");
		GET_CHARS(reader, "name", program->name);
		GET_CHARS(reader, "cgroup", program->cgroup);
		jr_leave(reader);
	}
}

static void get_rewritten(struct json_reader *reader, struct refusal_facts *facts)
{
	const char *address;

	if (!jr_enter(reader, "rewritten"))
		return;
	facts->rewritten = true;
	address = jr_string(reader, "address");
	if (address && strcmp(address, "-") && address_parse_host(address, &facts->new_address))
		jr_fail(reader, "address", "'%.60s' is no address", address);
	facts->new_port = (uint16_t)jr_u64(reader, "port", UINT16_MAX, 0);
	jr_leave(reader);
}

static void get_interfaces(struct json_reader *reader, struct refusal_facts *facts)
{
	if (!jr_enter(reader, "address_on"))
		return;
	facts->interfaces_listed = true;
	GET_CHARS(reader, "here", facts->here_device);
	facts->here_failed = jr_bool(reader, "duplicate");
	facts->here_down = jr_bool(reader, "down");
	facts->here_other_device = jr_bool(reader, "other_device");
	facts->others_listed = get_u32(reader, "others");
	if (jr_enter(reader, "there")) {
		facts->there.netns = get_u32(reader, "netns");
		GET_CHARS(reader, "name", facts->there.name);
		GET_CHARS(reader, "device", facts->there.device);
		facts->there.pid = get_u32(reader, "pid");
		GET_CHARS(reader, "comm", facts->there.comm);
		jr_leave(reader);
	}
	jr_leave(reader);
}

static void get_ports(struct json_reader *reader, struct range_use *use)
{
	size_t count;

	if (!jr_enter(reader, "ports"))
		return;
	use->counted = true;
	use->taken = get_u32(reader, "taken");
	use->time_wait = get_u32(reader, "time_wait");
	use->reserved = get_u32(reader, "reserved");
	count = jr_count(reader, "most", PORT_USERS_MAX);
	for (size_t i = 0; i < count && jr_enter_element(reader, "most", i); i++) {
		use->most[i].pid = get_u32(reader, "pid");
		use->most[i].ports = get_u32(reader, "ports");
		GET_CHARS(reader, "comm", use->most[i].comm);
		jr_leave(reader);
	}
	jr_leave(reader);
}

void decode_json_refusal(struct json_reader *reader, struct refusal_facts *ret_facts)
{
	*ret_facts = (struct refusal_facts){.addrlen = -1};
	if (!jr_enter(reader, "refusal"))
		return;
	ret_facts->present = true;
	ret_facts->addrlen = (int32_t)jr_i64(reader, "addrlen", 0, INT32_MAX, -1);
	ret_facts->sa_family = (uint16_t)jr_u64(reader, "sa_family", UINT16_MAX, 0);
	if (jr_enter(reader, "lsm")) {
		GET_CHARS(reader, "module", ret_facts->lsm);
		GET_CHARS(reader, "label", ret_facts->lsm_label);
		get_list(reader, "active", ret_facts->lsm_active, sizeof(ret_facts->lsm_active));
		jr_leave(reader);
	}
	get_programs(reader, ret_facts);
	get_rewritten(reader, ret_facts);
	ret_facts->user_ns = get_u32(reader, "user_ns");
	ret_facts->net_user_ns = get_u32(reader, "net_user_ns");
	ret_facts->capable = jr_bool(reader, "capable");
	ret_facts->nonlocal_bind = jr_bool(reader, "nonlocal_bind");
	ret_facts->keeps_port = jr_bool(reader, "keeps_port");
	get_interfaces(reader, ret_facts);
	if (jr_count(reader, "own_range", 2) == 2) {
		ret_facts->own_lo = (uint16_t)jr_element_u64(reader, "own_range", 0, UINT16_MAX);
		ret_facts->own_hi = (uint16_t)jr_element_u64(reader, "own_range", 1, UINT16_MAX);
	}
	get_ports(reader, &ret_facts->ports);
	jr_leave(reader);
}
