// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/compare_view.h"
#include "view/json.h"

#include <inttypes.h>
#include "model/address.h"
#include "model/event_names.h"
#include "model/members.h"
#include "model/time_text.h"
#include "rules/rules.h"
#include "view/errno_name.h"
#include "view/json_findings.h"
#include "view/json_owners.h"
#include "view/json_refusal.h"
#include "view/json_unix.h"
#include "view/json_windows.h"

#define MEMBER_CHARS(writer, name, array) jw_chars(writer, name, array, sizeof(array))

/* What an object of each type has besides head, process, socket and fd. */
enum part {
	PART_RESULT = 1 << 0,
	PART_ATTEMPT = 1 << 1, /* verdict, the attempt's facts, took_ns */
	PART_HOLDERS = 1 << 2,
	PART_OPTION = 1 << 3,
	PART_AFTER = 1 << 4, /* after_attempt, delta_ns */
	PART_FINDING = 1 << 5,
	PART_DELIVERY = 1 << 6,
	PART_GAP = 1 << 7,
	PART_WHY = 1 << 8, /* given */
	PART_ALL = PART_RESULT | PART_ATTEMPT | PART_HOLDERS,
};

static const unsigned int parts_of[EVENT_TYPE_MAX] = {
	[EVENT_HOLDER] = PART_HOLDERS,
	[EVENT_SOCKET] = PART_RESULT,
	[EVENT_OPTION] = PART_RESULT | PART_OPTION,
	[EVENT_BIND] = PART_ALL,
	[EVENT_LISTEN] = PART_ALL,
	[EVENT_AUTOBIND] = PART_ALL,
	[EVENT_CONNECT] = PART_ALL,
	[EVENT_ACCEPT] = PART_RESULT,
	[EVENT_RELEASE] = PART_AFTER,
	[EVENT_DELIVERY] = PART_DELIVERY,
	[EVENT_WHY] = PART_ALL | PART_WHY,
	[EVENT_FINDING] = PART_FINDING | PART_HOLDERS,
	[EVENT_GAP] = PART_GAP,
};

/* Numbers for which one value means "unknown" or "none". */
void json_u64_unless(struct json_writer *writer, const char *name, uint64_t value, uint64_t absent)
{
	if (value == absent)
		jw_null(writer, name);
	else
		jw_u64(writer, name, value);
}

void json_time(struct json_writer *writer, const char *name, uint64_t time_ns, unsigned int decimals,
	       const struct clock_base *clock)
{
	char text[RFC3339_LEN];

	if (!time_ns) {
		jw_null(writer, name);
		return;
	}
	time_rfc3339(text, (int64_t)time_ns + clock->boot_to_real_ns, decimals);
	jw_string(writer, name, text);
}

static bool has_address(const struct address *address)
{
	return address->family == FAMILY_IPV4 || address->family == FAMILY_IPV6;
}

void json_address(struct json_writer *writer, const char *name, const struct address *address)
{
	char text[ADDRESS_TEXT_LEN];

	if (!has_address(address)) {
		jw_null(writer, name);
		return;
	}
	address_format_host(text, sizeof(text), address);
	jw_string(writer, name, text);
}

void json_endpoint(struct json_writer *writer, const char *name, const struct address *address, uint16_t port)
{
	if (address->family == FAMILY_NONE) {
		jw_null(writer, name);
		return;
	}
	jw_object(writer, name);
	json_address(writer, "address", address);
	jw_u64(writer, "port", port);
	jw_object_end(writer);
}

void json_id(struct json_writer *writer, uint64_t id)
{
	char text[24];

	if (!id) {
		jw_null(writer, "id");
		return;
	}
	snprintf(text, sizeof(text), "s%" PRIu64, id);
	jw_string(writer, "id", text);
}

static void put_device(struct json_writer *writer, const struct sock_info *sock)
{
	if (!sock->ifindex) {
		jw_null(writer, "device");
		return;
	}
	jw_object(writer, "device");
	jw_u64(writer, "ifindex", sock->ifindex);
	MEMBER_CHARS(writer, "name", sock->device);
	jw_object_end(writer);
}

static void put_bools(struct json_writer *writer, const struct member *member, const void *object)
{
	for (; member->name; member++)
		jw_bool(writer, member->name, member_value(object, member));
}

static void put_options(struct json_writer *writer, const struct sock_info *sock)
{
	if (sock->blind) {
		jw_null(writer, "options");
		return;
	}
	jw_object(writer, "options");
	put_bools(writer, option_members, &sock->options);
	jw_object_end(writer);
}

/* Facts that decide sharing and are not options. */
static void put_sock_facts(struct json_writer *writer, const struct sock_info *sock)
{
	put_bools(writer, fact_members, sock);
	json_u64_unless(writer, "group_id", sock->group_id, 0);
	jw_u64(writer, "group_size", sock->group_size);
	json_u64_unless(writer, "vrf", sock->vrf, 0);
}

void json_policy(struct json_writer *writer, const char *name, const struct policy *policy)
{
	if (!policy) {
		jw_null(writer, name);
		return;
	}
	jw_object(writer, name);
	jw_string(writer, "orphan_uid", policy->orphan_uid_root ? "root" : "kept");
	put_bools(writer, policy_members, policy);
	jw_object_end(writer);
}

void json_head(struct json_writer *writer, const char *type, uint64_t time_ns, uint64_t seq,
	       const struct clock_base *clock)
{
	char text[RFC3339_LEN];
	int64_t unix_ns = (int64_t)time_ns + clock->boot_to_real_ns;

	time_rfc3339(text, unix_ns, 9);
	jw_string(writer, "schema", JSON_SCHEMA);
	jw_string(writer, "type", type);
	jw_string(writer, "time", text);
	jw_u64_string(writer, "time_unix_nano", unix_ns < 0 ? 0 : (uint64_t)unix_ns);
	jw_u64(writer, "seq", seq);
}

static void put_process(struct json_writer *writer, const struct proc_info *process)
{
	jw_object(writer, "process");
	json_u64_unless(writer, "pid", process->pid, 0);
	json_u64_unless(writer, "tid", process->tid, 0);
	json_u64_unless(writer, "ppid", process->ppid, 0);
	json_u64_unless(writer, "nspid", process->nspid, 0);
	MEMBER_CHARS(writer, "comm", process->comm);
	MEMBER_CHARS(writer, "exe", process->exe);
	json_u64_unless(writer, "uid", process->uid, UID_NONE);
	MEMBER_CHARS(writer, "cgroup", process->cgroup);
	json_place(writer, &process->place);
	jw_object_end(writer);
}

static void put_socket(struct json_writer *writer, const struct event *event)
{
	const struct sock_info *sock = &event->sock;

	jw_object(writer, "socket");
	json_id(writer, sock->id);
	json_u64_unless(writer, "inode", sock->inode, 0);
	jw_string(writer, "protocol", protocol_name(sock->protocol));
	jw_string(writer, "family", family_name(sock->family));
	json_u64_unless(writer, "netns", sock->netns, 0);
	put_device(writer, sock);
	json_u64_unless(writer, "vrf", sock->vrf, 0);
	json_u64_unless(writer, "uid", sock->uid, UID_NONE);
	if (event->unix_facts.path[0])
		MEMBER_CHARS(writer, "path", event->unix_facts.path);
	else
		jw_null(writer, "path");
	json_endpoint(writer, "requested", &event->requested, event->requested_port);
	json_address(writer, "address", &sock->address);
	json_u64_unless(writer, "port", sock->port, 0);
	json_endpoint(writer, "peer", &sock->peer, sock->peer_port);
	jw_string(writer, "state", state_name(sock->state));
	put_options(writer, sock);
	json_winsock(writer, sock);
	json_unix_type(writer, sock);
	jw_object_end(writer);
}

static void put_result(struct json_writer *writer, const struct event *event)
{
	int result = event->type == EVENT_OPTION ? event->option.result : event->result;

	jw_object(writer, "result");
	if (event->undecided)
		jw_null(writer, "ok");
	else
		jw_bool(writer, "ok", result >= 0);
	jw_string(writer, "errno", result < 0 ? errno_name(-result) : NULL);
	jw_i64(writer, "code", result < 0 ? -(int64_t)result : 0);
	jw_string(writer, "stage", result < 0 ? stage_name(event->stage) : NULL);
	jw_object_end(writer);
}

static void put_verdict(struct json_writer *writer, const struct event *event)
{
	const struct verdict *verdict = &event->verdict;

	if (!event->has_verdict) {
		jw_null(writer, "verdict");
		return;
	}
	jw_object(writer, "verdict");
	jw_string(writer, "rule", verdict->rule == RULE_NONE ? NULL : rule_name((enum rule_id)verdict->rule));
	if (verdict->agrees < 0)
		jw_null(writer, "agrees");
	else
		jw_bool(writer, "agrees", verdict->agrees);
	MEMBER_CHARS(writer, "text", verdict->text);
	jw_array(writer, "fix");
	for (size_t i = 0; i < verdict->fix_count; i++)
		MEMBER_CHARS(writer, NULL, verdict->fix[i]);
	jw_array_end(writer);
	MEMBER_CHARS(writer, "delivery", verdict->delivery);
	MEMBER_CHARS(writer, "lacks", verdict->lacks);
	jw_object_end(writer);
}

static void put_bucket(struct json_writer *writer, const struct event *event)
{
	const struct bucket_facts *bucket = &event->bucket;
	bool is_udp = event->sock.protocol == PROTO_UDP;

	jw_object(writer, "bucket");
	jw_bool(writer, "present", bucket->present);
	if (bucket->present) {
		jw_i64(writer, "fastreuse", bucket->fastreuse);
		jw_i64(writer, "fastreuseport", bucket->fastreuseport);
		jw_u64(writer, "l3mdev", bucket->l3mdev);
		json_u64_unless(writer, "fastuid", bucket->fastuid, UID_NONE);
		json_address(writer, "fast_address", &bucket->fast_address);
		jw_bool(writer, "fast_v6only", bucket->fast_v6only);
	} else {
		static const char *const absent[] = {"fastreuse", "fastreuseport", "l3mdev",
						     "fastuid",	  "fast_address",  "fast_v6only"};

		for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
			jw_null(writer, absent[i]);
	}
	json_u64_unless(writer, "slot_count", is_udp ? bucket->slot_count : UINT64_MAX, UINT64_MAX);
	jw_object_end(writer);
}

static void put_range(struct json_writer *writer, const struct event *event)
{
	if (!event->range_hi) {
		jw_null(writer, "range");
		return;
	}
	jw_array(writer, "range");
	jw_u64(writer, NULL, event->range_lo);
	jw_u64(writer, NULL, event->range_hi);
	jw_array_end(writer);
}

static void put_facts(struct json_writer *writer, const struct event *event, const struct policy *policy,
		      bool is_attempt)
{
	jw_object(writer, "facts");
	if (is_attempt) {
		put_bucket(writer, event);
		json_policy(writer, "policy", policy);
		put_bools(writer, attempt_members, event);
		put_range(writer, event);
		jw_u64(writer, "unprivileged_start", event->unprivileged_start);
		json_u64_unless(writer, "entry_port", event->entry_port, 0);
		json_unix_facts(writer, event);
		json_refusal(writer, &event->refusal);
	}
	jw_object(writer, "socket");
	put_sock_facts(writer, &event->sock);
	jw_object_end(writer);
	json_windows(writer, event);
	jw_object_end(writer);
}

static void put_holder(struct json_writer *writer, const struct holder *holder,
		       const struct clock_base *clock)
{
	const struct sock_info *sock = &holder->sock;

	jw_object(writer, NULL);
	json_id(writer, sock->id);
	jw_bool(writer, "culprit", holder->culprit);
	jw_string(writer, "reason",
		  holder->reason == RULE_NONE ? NULL : rule_name((enum rule_id)holder->reason));
	jw_string(writer, "kind", kind_name(holder->kind));
	jw_string(writer, "state", state_name(sock->state));
	jw_string(writer, "protocol", protocol_name(sock->protocol));
	jw_string(writer, "family", family_name(sock->family));
	json_address(writer, "address", &sock->address);
	json_u64_unless(writer, "port", sock->port, 0);
	json_endpoint(writer, "peer", &sock->peer, sock->peer_port);
	json_u64_unless(writer, "inode", sock->inode, 0);
	json_u64_unless(writer, "netns", sock->netns, 0);
	put_device(writer, sock);
	json_u64_unless(writer, "uid", sock->uid, UID_NONE);
	json_place(writer, holder->made_in);
	put_options(writer, sock);
	json_winsock(writer, sock);
	json_unix_type(writer, sock);
	json_time(writer, "since", holder->since_ns, 3, clock);
	jw_bool(writer, "older", holder->older);
	if (holder->expires_ms < 0)
		jw_null(writer, "expires_s");
	else
		jw_milli(writer, "expires_s", holder->expires_ms);
	if (holder->released_after_ns < 0)
		jw_null(writer, "released_after_ns");
	else
		jw_i64(writer, "released_after_ns", holder->released_after_ns);
	json_owners(writer, holder);
	json_differs(writer, holder->differs);
	jw_object(writer, "facts");
	jw_bool(writer, "compared", holder->compared);
	jw_u64(writer, "place", holder->place);
	put_sock_facts(writer, sock);
	jw_object_end(writer);
	jw_object_end(writer);
}

static void put_holders(struct json_writer *writer, const struct event *event, const struct clock_base *clock)
{
	jw_u64(writer, "holders_total", event->holders_total);
	jw_bool(writer, "truncated", event->truncated);
	jw_array(writer, "holders");
	for (size_t i = 0; i < event->holder_count; i++)
		put_holder(writer, &event->holders[i], clock);
	jw_array_end(writer);
}

static void put_option(struct json_writer *writer, const struct option_change *option,
		       const struct clock_base *clock)
{
	jw_object(writer, "option");
	MEMBER_CHARS(writer, "name", option->name);
	jw_i64(writer, "value", option->value);
	json_time(writer, "time", option->time_ns, 9, clock);
	jw_object_end(writer);
}

static void put_after(struct json_writer *writer, const struct event *event)
{
	jw_string(writer, "released", release_name(event->release));
	json_u64_unless(writer, "after_attempt", event->after_attempt, 0);
	if (event->after_attempt)
		jw_i64(writer, "delta_ns", event->delta_ns);
	else
		jw_null(writer, "delta_ns");
}

int json_event(struct json_writer *writer, const struct event *event, const struct clock_base *clock,
	       const struct policy *policy)
{
	unsigned int parts = (unsigned int)event->type < EVENT_TYPE_MAX ? parts_of[event->type] : 0;

	jw_object(writer, NULL);
	json_head(writer, event_type_name(event->type), event->time_ns, event->seq, clock);
	put_process(writer, &event->process);
	put_socket(writer, event);
	if (event->fd < 0)
		jw_null(writer, "fd");
	else
		jw_i64(writer, "fd", event->fd);
	if (parts & PART_OPTION)
		put_option(writer, &event->option, clock);
	if (parts & PART_RESULT)
		put_result(writer, event);
	if (parts & PART_AFTER)
		put_after(writer, event);
	if (parts & PART_DELIVERY)
		json_delivery(writer, &event->delivery);
	if (parts & PART_FINDING)
		json_finding(writer, event);
	if (parts & PART_GAP)
		json_gap(writer, &event->gap, clock);
	if (parts & PART_WHY)
		jw_bool(writer, "given", event->given);
	if (parts & PART_ATTEMPT) {
		put_verdict(writer, event);
		json_u64_unless(writer, "took_ns", event->took_ns, 0);
	}
	put_facts(writer, event, policy, parts & PART_ATTEMPT);
	if (parts & PART_HOLDERS)
		put_holders(writer, event, clock);
	compare_json(writer, event);
	jw_object_end(writer);
	return jw_finish(writer);
}
