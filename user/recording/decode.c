// SPDX-License-Identifier: GPL-2.0-or-later
#include "recording/decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/address.h"
#include "model/event_names.h"
#include "model/members.h"
#include "model/owner.h"
#include "model/time_text.h"
#include "recording/recording.h"

#define PORT_MAX		       UINT16_MAX
#define ERRNO_MOST		       20000 /* Winsock's end at 11031 */

#define GET_CHARS(reader, name, array) jr_chars(reader, name, array, sizeof(array))

static void get_members(struct json_reader *reader, const struct member *member, void *object)
{
	for (; member->name; member++)
		*member_of(object, member) = jr_bool(reader, member->name);
}

static uint32_t get_u32(struct json_reader *reader, const char *name, uint32_t absent)
{
	return (uint32_t)jr_u64(reader, name, UINT32_MAX, absent);
}

/* 0 is "not known" among times since the boot. */
static uint64_t since_boot(struct json_reader *reader, const char *name, int64_t unix_ns,
			   const struct clock_base *clock)
{
	int64_t boot_ns;

	if (!__builtin_sub_overflow(unix_ns, clock->boot_to_real_ns, &boot_ns) && boot_ns > 0)
		return (uint64_t)boot_ns;
	jr_fail(reader, name, "is before the boot of the machine");
	return 0;
}

static uint64_t get_time(struct json_reader *reader, const char *name, const struct clock_base *clock)
{
	const char *text = jr_string(reader, name);
	int64_t unix_ns;

	if (!text)
		return 0;
	if (!time_from_rfc3339(text, &unix_ns))
		return since_boot(reader, name, unix_ns, clock);
	jr_fail(reader, name, "'%.40s' is no time", text);
	return 0;
}

void decode_json_head(struct json_reader *reader, const struct clock_base *clock, uint64_t *ret_time_ns,
		      uint64_t *ret_seq)
{
	int64_t unix_ns = jr_i64_string(reader, "time_unix_nano", INT64_MIN);

	if (unix_ns == INT64_MIN)
		jr_fail(reader, "time_unix_nano", "is missing");
	*ret_time_ns = since_boot(reader, "time_unix_nano", unix_ns, clock);
	*ret_seq = jr_u64(reader, "seq", UINT64_MAX, 0);
}

void decode_json_policy(struct json_reader *reader, struct policy *ret_policy)
{
	const char *orphan_uid;

	*ret_policy = (struct policy){0};
	if (!jr_enter(reader, "policy")) {
		jr_fail(reader, "policy", "is missing: nothing can be judged");
		return;
	}
	orphan_uid = jr_string(reader, "orphan_uid");
	ret_policy->orphan_uid_root = orphan_uid && !strcmp(orphan_uid, "root");
	get_members(reader, policy_members, ret_policy);
	jr_leave(reader);
}

void decode_json_totals(struct json_reader *reader, struct end_info *ret_totals)
{
	*ret_totals = (struct end_info){0};
	if (jr_enter(reader, "records")) {
		ret_totals->reserved = jr_u64(reader, "reserved", UINT64_MAX, 0);
		ret_totals->sent = jr_u64(reader, "sent", UINT64_MAX, 0);
		ret_totals->printed = jr_u64(reader, "printed", UINT64_MAX, 0);
		ret_totals->bytes = jr_u64(reader, "bytes", UINT64_MAX, 0);
		jr_leave(reader);
	}
	if (jr_enter(reader, "lost")) {
		ret_totals->lost_ring = jr_u64(reader, "ring", UINT64_MAX, 0);
		ret_totals->lost_map = jr_u64(reader, "map", UINT64_MAX, 0);
		ret_totals->lost_recursion = jr_u64(reader, "recursion", UINT64_MAX, 0);
		ret_totals->lost_missed = jr_u64(reader, "missed", UINT64_MAX, 0);
		jr_leave(reader);
	}
}

static void get_address(struct json_reader *reader, const char *name, struct address *ret_address)
{
	const char *text = jr_string(reader, name);

	*ret_address = (struct address){.family = FAMILY_NONE};
	if (text && address_parse_host(text, ret_address))
		jr_fail(reader, name, "'%.60s' is no address", text);
}

/* An endpoint without an address is one of a family that has none here. */
static void get_endpoint(struct json_reader *reader, const char *name, struct address *ret_address,
			 uint16_t *ret_port)
{
	*ret_address = (struct address){.family = FAMILY_NONE};
	*ret_port = 0;
	if (!jr_enter(reader, name))
		return;
	get_address(reader, "address", ret_address);
	if (ret_address->family == FAMILY_NONE)
		ret_address->family = FAMILY_OTHER;
	*ret_port = (uint16_t)jr_u64(reader, "port", PORT_MAX, 0);
	jr_leave(reader);
}

static uint64_t get_id(struct json_reader *reader)
{
	const char *text = jr_string(reader, "id");
	uint64_t id = 0;
	char *end = NULL;

	if (!text)
		return 0;
	errno = 0;
	if (text[0] == 's' && text[1] >= '1' && text[1] <= '9')
		id = strtoull(text + 1, &end, 10);
	if (!end || *end || errno)
		jr_fail(reader, "id", "'%.40s' is no number of a socket (like s17)", text);
	return id;
}

static void get_place(struct json_reader *reader, struct place *ret_place)
{
	GET_CHARS(reader, "unit", ret_place->unit);
	GET_CHARS(reader, "container", ret_place->container);
	GET_CHARS(reader, "container_name", ret_place->container_name);
	GET_CHARS(reader, "serves", ret_place->serves);
	GET_CHARS(reader, "target", ret_place->target);
	GET_CHARS(reader, "passed_as", ret_place->passed_as);
}

static void get_process(struct json_reader *reader, struct proc_info *ret_process)
{
	*ret_process = (struct proc_info){.uid = UID_NONE};
	if (!jr_enter(reader, "process"))
		return;
	ret_process->pid = get_u32(reader, "pid", 0);
	ret_process->tid = get_u32(reader, "tid", 0);
	ret_process->ppid = get_u32(reader, "ppid", 0);
	ret_process->nspid = get_u32(reader, "nspid", 0);
	ret_process->uid = get_u32(reader, "uid", UID_NONE);
	GET_CHARS(reader, "comm", ret_process->comm);
	GET_CHARS(reader, "exe", ret_process->exe);
	GET_CHARS(reader, "cgroup", ret_process->cgroup);
	get_place(reader, &ret_process->place);
	jr_leave(reader);
}

/* What a socket and a holder have in common. */
static void get_sock(struct json_reader *reader, struct sock_info *ret_sock)
{
	*ret_sock = (struct sock_info){
		.id = get_id(reader),
		.inode = jr_u64(reader, "inode", UINT64_MAX, 0),
		.protocol = (enum protocol)jr_word(reader, "protocol", protocol_from_name, PROTO_NONE),
		.family = (enum family)jr_word(reader, "family", family_from_name, FAMILY_NONE),
		.netns = get_u32(reader, "netns", 0),
		.uid = get_u32(reader, "uid", UID_NONE),
		.port = (uint16_t)jr_u64(reader, "port", PORT_MAX, 0),
		.state = (enum sock_state)jr_word(reader, "state", state_from_name, STATE_UNKNOWN),
	};
	if (ret_sock->protocol == PROTO_UNIX)
		ret_sock->unix_type =
			(enum unix_type)jr_word(reader, "type", unix_type_from_name, UNIX_OTHER);
	if (jr_enter(reader, "device")) {
		ret_sock->ifindex = get_u32(reader, "ifindex", 0);
		GET_CHARS(reader, "name", ret_sock->device);
		jr_leave(reader);
	}
	get_address(reader, "address", &ret_sock->address);
	get_endpoint(reader, "peer", &ret_sock->peer, &ret_sock->peer_port);
	if (jr_enter(reader, "options")) {
		get_members(reader, option_members, &ret_sock->options);
		jr_leave(reader);
	}
	decode_json_winsock(reader, ret_sock);
}

static void get_sock_facts(struct json_reader *reader, struct sock_info *sock)
{
	get_members(reader, fact_members, sock);
	sock->group_id = get_u32(reader, "group_id", 0);
	sock->group_size = get_u32(reader, "group_size", 0);
	sock->vrf = get_u32(reader, "vrf", 0);
}

static void get_socket(struct json_reader *reader, struct event *event)
{
	event->sock.uid = UID_NONE;
	if (!jr_enter(reader, "socket"))
		return;
	get_sock(reader, &event->sock);
	GET_CHARS(reader, "path", event->unix_facts.path);
	get_endpoint(reader, "requested", &event->requested, &event->requested_port);
	jr_leave(reader);
}

static void get_result(struct json_reader *reader, struct event *event)
{
	if (!jr_enter(reader, "result"))
		return;
	event->result = -(int)jr_i64(reader, "code", 0, ERRNO_MOST, 0);
	event->stage = (enum stage)jr_word(reader, "stage", stage_from_name, STAGE_NONE);
	if (event->result < 0 && jr_bool(reader, "ok"))
		jr_fail(reader, "code", "%d is an error, but ok is true", -event->result);
	jr_leave(reader);
}

static void get_bucket(struct json_reader *reader, struct bucket_facts *ret_bucket)
{
	*ret_bucket = (struct bucket_facts){.fastuid = UID_NONE};
	if (!jr_enter(reader, "bucket"))
		return;
	ret_bucket->present = jr_bool(reader, "present");
	ret_bucket->fastreuse = (int)jr_i64(reader, "fastreuse", -1, 1, 0);
	ret_bucket->fastreuseport = (int)jr_i64(reader, "fastreuseport", -1, 2, 0);
	ret_bucket->l3mdev = get_u32(reader, "l3mdev", 0);
	ret_bucket->fastuid = get_u32(reader, "fastuid", UID_NONE);
	get_address(reader, "fast_address", &ret_bucket->fast_address);
	ret_bucket->fast_v6only = jr_bool(reader, "fast_v6only");
	ret_bucket->slot_count = get_u32(reader, "slot_count", 0);
	jr_leave(reader);
}

static void get_facts(struct json_reader *reader, struct event *event)
{
	event->bucket.fastuid = UID_NONE;
	if (!jr_enter(reader, "facts"))
		return;
	get_bucket(reader, &event->bucket);
	get_members(reader, attempt_members, event);
	if (jr_count(reader, "range", 2) == 2) {
		event->range_lo = (uint32_t)jr_element_u64(reader, "range", 0, PORT_MAX);
		event->range_hi = (uint32_t)jr_element_u64(reader, "range", 1, PORT_MAX);
	}
	event->unprivileged_start = get_u32(reader, "unprivileged_start", 0);
	event->entry_port = (uint16_t)jr_u64(reader, "entry_port", PORT_MAX, 0);
	decode_json_unix(reader, &event->unix_facts);
	decode_json_refusal(reader, &event->refusal);
	decode_json_windows(reader, &event->windows);
	if (jr_enter(reader, "socket")) {
		get_sock_facts(reader, &event->sock);
		jr_leave(reader);
	}
	jr_leave(reader);
}

static void get_owner(struct json_reader *reader, struct owner *ret_owner, struct place *ret_place)
{
	*ret_owner = (struct owner){
		.pid = get_u32(reader, "pid", 0),
		.nspid = get_u32(reader, "nspid", 0),
		.fd = (int32_t)jr_i64(reader, "fd", 0, INT32_MAX, -1),
		.how = (enum owner_how)jr_word(reader, "via", owner_how_from_name, OWNER_DESCRIPTOR),
		.index = get_u32(reader, "index", 0),
		.got = (enum owner_got)jr_word(reader, "got", owner_got_from_name, GOT_UNKNOWN),
		.relation = (enum owner_relation)jr_word(reader, "relation", owner_relation_from_name,
							 RELATION_NONE),
		.place = ret_place,
	};
	ret_owner->survives_exec = jr_string(reader, "via") && ret_owner->how == OWNER_DESCRIPTOR &&
				   ret_owner->fd >= 0 && !jr_bool(reader, "cloexec");
	GET_CHARS(reader, "comm", ret_owner->comm);
	GET_CHARS(reader, "exe", ret_owner->exe);
	get_place(reader, ret_place);
}

/* What a socket of the kernel's own is for. */
static void get_kernel(struct json_reader *reader, struct kernel_use *ret_use)
{
	if (!jr_enter(reader, "kernel"))
		return;
	GET_CHARS(reader, "function", ret_use->function);
	GET_CHARS(reader, "module", ret_use->module);
	ret_use->device_count = jr_count(reader, "devices", HOLDER_DEVICES);
	for (size_t i = 0; i < ret_use->device_count && jr_enter_element(reader, "devices", i); i++) {
		ret_use->devices[i].ifindex = get_u32(reader, "ifindex", 0);
		GET_CHARS(reader, "name", ret_use->devices[i].name);
		jr_leave(reader);
	}
	jr_leave(reader);
}

/* Its processes, at most *room, and who bound it. */
static void get_owners(struct json_reader *reader, struct holder *holder, size_t *room)
{
	size_t processes = jr_count(reader, "processes", *room);
	size_t count = processes + jr_count(reader, "receivers", *room - processes);

	holder->bound_by.fd = -1;
	holder->owners = calloc(count ? count : 1, sizeof(*holder->owners));
	holder->places = calloc(count + 2, sizeof(*holder->places));
	if (!holder->owners || !holder->places) {
		jr_fail(reader, "processes", "out of memory");
		return;
	}
	*room -= holder->owner_count = count;
	for (size_t i = 0; i < count; i++) {
		if (i < processes ? !jr_enter_element(reader, "processes", i)
				  : !jr_enter_element(reader, "receivers", i - processes))
			return;
		get_owner(reader, &holder->owners[i], &holder->places[i]);
		jr_leave(reader);
	}
	if (jr_enter(reader, "bound_by")) {
		get_owner(reader, &holder->bound_by, &holder->places[count]);
		holder->binder_ended = jr_bool(reader, "ended");
		jr_leave(reader);
	}
	holder->made_in = &holder->places[count + 1];
	get_place(reader, &holder->places[count + 1]);
	holder->outside = jr_bool(reader, "outside");
	get_kernel(reader, &holder->kernel);
}

static void get_holder(struct json_reader *reader, size_t index, const struct clock_base *clock,
		       struct holder *holder)
{
	get_sock(reader, &holder->sock);
	holder->kind = (enum holder_kind)jr_word(reader, "kind", kind_from_name, KIND_UNKNOWN);
	holder->since_ns = get_time(reader, "since", clock);
	holder->older = jr_bool(reader, "older");
	holder->expires_ms = jr_milli(reader, "expires_s", -1);
	holder->released_after_ns = jr_i64(reader, "released_after_ns", 0, INT64_MAX, -1);
	holder->place = (uint32_t)index;
	if (jr_enter(reader, "facts")) {
		holder->compared = jr_bool(reader, "compared");
		holder->place = get_u32(reader, "place", (uint32_t)index);
		get_sock_facts(reader, &holder->sock);
		jr_leave(reader);
	}
	holder->culprit = holder->compared;
}

static int compare_places(const void *one, const void *other)
{
	uint32_t first = ((const struct holder *)one)->place, second = ((const struct holder *)other)->place;

	return (first > second) - (first < second);
}

static void get_holders(struct json_reader *reader, const struct clock_base *clock, struct event *event)
{
	size_t count = jr_count(reader, "holders", RECORDING_MAX_HOLDERS), room = RECORDING_MAX_OWNERS;

	event->truncated = jr_bool(reader, "truncated");
	event->holders_total = get_u32(reader, "holders_total", 0);
	if (!count)
		return;
	event->holders = calloc(count, sizeof(*event->holders));
	if (!event->holders) {
		jr_fail(reader, "holders", "out of memory");
		return;
	}
	event->holder_count = count;
	for (size_t i = 0; i < count && jr_enter_element(reader, "holders", i); i++) {
		get_holder(reader, i, clock, &event->holders[i]);
		get_owners(reader, &event->holders[i], &room);
		jr_leave(reader);
	}
	qsort(event->holders, count, sizeof(*event->holders), compare_places);
}

static void get_option(struct json_reader *reader, const struct clock_base *clock, struct event *event)
{
	if (!jr_enter(reader, "option"))
		return;
	GET_CHARS(reader, "name", event->option.name);
	event->option.value = jr_i64(reader, "value", INT64_MIN, INT64_MAX, 0);
	event->option.time_ns = get_time(reader, "time", clock);
	event->option.result = event->result;
	jr_leave(reader);
}

/* What it is about; its words are written again. */
static void get_finding(struct json_reader *reader, struct event *event)
{
	if (!jr_enter(reader, "finding"))
		return;
	event->finding.kind =
		(enum finding_kind)jr_word(reader, "kind", finding_kind_from_name, FINDING_SHARED_PORT);
	event->finding.attempt = jr_u64(reader, "attempt", UINT64_MAX, 0);
	event->finding.attempts = get_u32(reader, "attempts", 0);
	jr_leave(reader);
}

static void get_delivery(struct json_reader *reader, struct delivery *ret_delivery)
{
	if (!jr_enter(reader, "delivery"))
		return;
	get_endpoint(reader, "to", &ret_delivery->to, &ret_delivery->to_port);
	ret_delivery->number = jr_u64(reader, "number", UINT64_MAX, 0);
	jr_leave(reader);
}

/* As for a finding. */
static void get_gap(struct json_reader *reader, const struct clock_base *clock, struct event *event)
{
	struct event_gap *gap = &event->gap;

	if (!jr_enter(reader, "gap"))
		return;
	gap->takeover = (enum takeover)jr_word(reader, "takeover", takeover_from_name, TAKEOVER_NONE);
	gap->released_ns = get_time(reader, "released", clock);
	gap->bound_ns = get_time(reader, "bound", clock);
	gap->served_ns = get_time(reader, "serving", clock);
	gap->gap_ns = jr_u64(reader, "gap_ns", INT64_MAX, 0);
	gap->overlap_ns = jr_u64(reader, "overlap_ns", INT64_MAX, 0);
	if (jr_enter(reader, "before")) {
		gap->before_pid = get_u32(reader, "pid", 0);
		GET_CHARS(reader, "comm", gap->before_comm);
		GET_CHARS(reader, "exe", gap->before_exe);
		jr_leave(reader);
	}
	jr_leave(reader);
}

void decode_json_event(struct json_reader *reader, enum event_type type, const struct clock_base *clock,
		       struct event *ret_event)
{
	*ret_event = (struct event){.type = type};
	decode_json_head(reader, clock, &ret_event->time_ns, &ret_event->seq);
	get_process(reader, &ret_event->process);
	get_socket(reader, ret_event);
	ret_event->fd = (int)jr_i64(reader, "fd", 0, INT32_MAX, -1);
	get_result(reader, ret_event);
	get_option(reader, clock, ret_event);
	ret_event->release = (enum release)jr_word(reader, "released", release_from_name, RELEASE_PORT);
	ret_event->after_attempt = jr_u64(reader, "after_attempt", UINT64_MAX, 0);
	ret_event->delta_ns = jr_i64(reader, "delta_ns", 0, INT64_MAX, 0);
	ret_event->took_ns = jr_u64(reader, "took_ns", UINT64_MAX, 0);
	get_facts(reader, ret_event);
	get_finding(reader, ret_event);
	if (type == EVENT_DELIVERY)
		get_delivery(reader, &ret_event->delivery);
	get_gap(reader, clock, ret_event);
	get_holders(reader, clock, ret_event);
}
