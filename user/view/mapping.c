/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view/mapping.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "model/address.h"
#include "model/event_names.h"
#include "model/text.h"
#include "model/time_text.h"
#include "rules/rules.h"
#include "view/errno_name.h"
#include "view/json_writer.h"

#define NSEC_PER_MSEC	1000000
#define SEGMENT_LEN	48
#define HOST_LEN	256
#define RELEASE_LEN	128
#define ACTIVITY_BASE	400100 /* OCSF: class_uid 4001 * 100 */
#define SEVERITY_INFO	9      /* OpenTelemetry's SeverityNumber */
#define SEVERITY_WARN	13
#define ACTIVITY_FAIL	4 /* OCSF: network_activity */
#define ACTIVITY_LISTEN 7
#define ACTIVITY_OTHER	99

struct mapped_view {
	struct view view;
	struct view_config config;
	const struct mapping *mapping;
	char host[HOST_LEN], kernel[RELEASE_LEN], version[SEGMENT_LEN];
	struct strbuf line;
	FILE *out;
};

struct value {
	enum { VALUE_ABSENT, VALUE_STRING, VALUE_LIST, VALUE_NUMBER } kind;
	const char *string;
	size_t size; /* of string, which may lack its NUL */
	uint64_t number;
	char text[ADDRESS_TEXT_LEN]; /* may be what string is */
};

static void set_number(struct value *value, uint64_t number, uint64_t absent)
{
	value->kind = number == absent ? VALUE_ABSENT : VALUE_NUMBER;
	value->number = number;
}

static void set_string(struct value *value, const char *string, size_t size)
{
	value->kind = string && size && string[0] ? VALUE_STRING : VALUE_ABSENT;
	value->string = string;
	value->size = size;
}

static void set_constant(struct value *value, const char *string)
{
	set_string(value, string, string ? strlen(string) : 0);
}

#define SET_ARRAY(value, array) set_string(value, array, sizeof(array))

static void set_address(struct value *value, const struct address *address)
{
	if (address->family != FAMILY_IPV4 && address->family != FAMILY_IPV6)
		return;
	address_format_host(value->text, sizeof(value->text), address);
	set_constant(value, value->text);
}

static bool has_result(const struct event *event)
{
	return event_is_attempt(event) || event->type == EVENT_CONNECT || event->type == EVENT_ACCEPT;
}

static uint64_t activity(const struct event *event)
{
	if (has_result(event) && event->result < 0)
		return ACTIVITY_FAIL;
	return event->type == EVENT_LISTEN ? ACTIVITY_LISTEN : ACTIVITY_OTHER;
}

static const char *sentence(const struct event *event)
{
	return event->type == EVENT_GAP	      ? event->gap.text
	       : event->type == EVENT_FINDING ? event->finding.text
	       : event->has_verdict	      ? event->verdict.text
					      : NULL;
}

static void time_value(const struct mapped_view *view, const struct event *event, enum source source,
		       struct value *value)
{
	int64_t unix_ns = (int64_t)event->time_ns + view->config.clock.boot_to_real_ns;

	if (source == SOURCE_TIME_MS) {
		set_number(value, unix_ns < 0 ? 0 : (uint64_t)unix_ns / NSEC_PER_MSEC, UINT64_MAX);
		return;
	}
	if (source == SOURCE_TIME)
		time_rfc3339(value->text, unix_ns, 9);
	else
		snprintf(value->text, sizeof(value->text), "%" PRId64, unix_ns);
	set_constant(value, value->text);
}

static void event_value(const struct event *event, enum source source, struct value *value)
{
	bool judged = has_result(event), refused = judged && event->result < 0;

	switch (source) {
	case SOURCE_SEQ:
		set_number(value, event->seq, UINT64_MAX);
		break;
	case SOURCE_TOOK_NS:
		set_number(value, event->took_ns, 0);
		break;
	case SOURCE_OUTCOME:
		set_constant(value, !judged ? NULL : refused ? "failure" : "success");
		break;
	case SOURCE_DECISION:
		set_constant(value, !judged ? "info" : refused ? "denied" : "allowed");
		value->kind = VALUE_LIST;
		break;
	case SOURCE_STATUS_ID:
		set_number(value, !judged ? 0 : refused ? 2 : 1, 0);
		break;
	case SOURCE_ACTIVITY_ID:
		set_number(value, activity(event), 0);
		break;
	case SOURCE_TYPE_UID:
		set_number(value, ACTIVITY_BASE + activity(event), 0);
		break;
	case SOURCE_SEVERITY_NUMBER:
		set_number(value, refused ? SEVERITY_WARN : SEVERITY_INFO, 0);
		break;
	case SOURCE_SEVERITY_ID:
		set_number(value, refused ? 2 : 1, 0);
		break;
	case SOURCE_ERRNO:
		set_constant(value, refused ? errno_name(-event->result) : NULL);
		break;
	case SOURCE_RULE:
		set_constant(value, event->has_verdict && event->verdict.rule != RULE_NONE
					    ? rule_name((enum rule_id)event->verdict.rule)
					    : NULL);
		break;
	case SOURCE_SENTENCE:
		set_constant(value, sentence(event));
		break;
	default:
		break;
	}
}

static void process_value(const struct proc_info *process, enum source source, struct value *value)
{
	switch (source) {
	case SOURCE_PID:
		set_number(value, process->pid, 0);
		break;
	case SOURCE_TID:
		set_number(value, process->tid, 0);
		break;
	case SOURCE_PPID:
		set_number(value, process->ppid, 0);
		break;
	case SOURCE_NSPID:
		set_number(value, process->nspid, 0);
		break;
	case SOURCE_COMM:
		SET_ARRAY(value, process->comm);
		break;
	case SOURCE_EXE:
		SET_ARRAY(value, process->exe);
		break;
	case SOURCE_UID:
		set_number(value, process->uid, UID_NONE);
		break;
	case SOURCE_UID_TEXT:
		snprintf(value->text, sizeof(value->text), "%" PRIu32, process->uid);
		set_constant(value, process->uid == UID_NONE ? NULL : value->text);
		break;
	case SOURCE_CGROUP:
		SET_ARRAY(value, process->cgroup);
		break;
	case SOURCE_UNIT:
		SET_ARRAY(value, process->place.unit);
		break;
	case SOURCE_CONTAINER:
		SET_ARRAY(value, process->place.container);
		break;
	case SOURCE_CONTAINER_NAME:
		SET_ARRAY(value, process->place.container_name);
		break;
	default:
		break;
	}
}

/* IANA's number; MPTCP is TCP on the wire. */
static uint64_t protocol_number(enum protocol protocol)
{
	static const uint8_t numbers[] = {
		[PROTO_TCP] = 6, [PROTO_UDP] = 17, [PROTO_MPTCP] = 6, [PROTO_SCTP] = 132, [PROTO_OTHER] = 0};

	return (size_t)protocol < sizeof(numbers) ? numbers[protocol] : 0;
}

static void socket_value(const struct event *event, enum source source, struct value *value)
{
	const struct sock_info *sock = &event->sock;

	switch (source) {
	case SOURCE_ADDRESS:
		set_address(value, &sock->address);
		break;
	case SOURCE_PORT:
		set_number(value, sock->port ? sock->port : event->requested_port, 0);
		break;
	case SOURCE_TRANSPORT:
		set_constant(value,
			     protocol_name(sock->protocol == PROTO_MPTCP ? PROTO_TCP : sock->protocol));
		break;
	case SOURCE_PROTOCOL_NUMBER:
		set_number(value, protocol_number(sock->protocol), 0);
		break;
	case SOURCE_FAMILY:
		set_constant(value, family_name(sock->family));
		break;
	case SOURCE_IP_VERSION:
		set_number(value, sock->family == FAMILY_IPV4 ? 4 : sock->family == FAMILY_IPV6 ? 6 : 0, 0);
		break;
	case SOURCE_STATE:
		set_constant(value, state_name(sock->state));
		break;
	case SOURCE_NETNS:
		set_number(value, sock->netns, 0);
		break;
	case SOURCE_DEVICE:
		SET_ARRAY(value, sock->device);
		break;
	case SOURCE_PEER_ADDRESS:
		set_address(value, &sock->peer);
		break;
	case SOURCE_PEER_PORT:
		set_number(value, sock->peer_port, 0);
		break;
	default:
		break;
	}
}

static void holder_value(const struct holder *holder, enum source source, struct value *value)
{
	const struct owner *owner = holder->owner_count ? &holder->owners[0] : &holder->bound_by;

	switch (source) {
	case SOURCE_HOLDER_KIND:
		set_constant(value, kind_name(holder->kind));
		break;
	case SOURCE_HOLDER_STATE:
		set_constant(value, state_name(holder->sock.state));
		break;
	case SOURCE_HOLDER_ADDRESS:
		set_address(value, &holder->sock.address);
		break;
	case SOURCE_HOLDER_PORT:
		set_number(value, holder->sock.port, 0);
		break;
	case SOURCE_HOLDER_UID:
		set_number(value, holder->sock.uid, UID_NONE);
		break;
	case SOURCE_HOLDER_PID:
		set_number(value, owner->pid, 0);
		break;
	case SOURCE_HOLDER_COMM:
		SET_ARRAY(value, owner->comm);
		break;
	case SOURCE_HOLDER_EXE:
		SET_ARRAY(value, owner->exe);
		break;
	default:
		break;
	}
}

static void constant_value(const struct mapped_view *view, const struct mapping_row *row,
			   const struct event *event, struct value *value)
{
	switch (row->source) {
	case SOURCE_TEXT:
		set_constant(value, row->constant);
		break;
	case SOURCE_LIST:
		set_constant(value, row->constant);
		value->kind = VALUE_LIST;
		break;
	case SOURCE_NUMBER:
		set_number(value, strtoull(row->constant, NULL, 10), UINT64_MAX);
		break;
	case SOURCE_ACTION:
		snprintf(value->text, sizeof(value->text), "%s%s", row->constant ? row->constant : "",
			 event_type_name(event->type));
		set_constant(value, value->text);
		break;
	case SOURCE_HOST:
		SET_ARRAY(value, view->host);
		break;
	case SOURCE_KERNEL:
		SET_ARRAY(value, view->kernel);
		break;
	case SOURCE_VERSION:
		SET_ARRAY(value, view->version);
		break;
	default:
		break;
	}
}

static void find_value(const struct mapped_view *view, const struct mapping_row *row,
		       const struct event *event, struct value *value)
{
	enum source source = row->source;

	value->kind = VALUE_ABSENT;
	if (source >= SOURCE_HOST || source <= SOURCE_NUMBER || source == SOURCE_ACTION)
		constant_value(view, row, event, value);
	else if (source <= SOURCE_TIME_NS)
		time_value(view, event, source, value);
	else if (source < SOURCE_PID)
		event_value(event, source, value);
	else if (source < SOURCE_ADDRESS)
		process_value(&event->process, source, value);
	else if (source < SOURCE_HOLDER_KIND)
		socket_value(event, source, value);
	else if (event->holder_count)
		holder_value(&event->holders[0], source, value);
}

static void put_value(struct json_writer *writer, const char *name, const struct value *value)
{
	size_t length;

	if (value->kind == VALUE_NUMBER) {
		jw_u64(writer, name, value->number);
		return;
	}
	if (value->kind == VALUE_STRING) {
		jw_chars(writer, name, value->string, value->size);
		return;
	}
	jw_array(writer, name);
	for (const char *at = value->string; *at; at += *at == ',') {
		length = strcspn(at, ",");
		jw_chars(writer, NULL, at, length);
		at += length;
	}
	jw_array_end(writer);
}

/* How much of the path of the objects that are open also leads to path, in bytes; ret_close: how many end. */
static size_t shared_length(const char *open, const char *path, char separator, unsigned int *ret_close)
{
	size_t shared = 0;

	for (size_t i = 0; open[i] && open[i] == path[i]; i++)
		if (open[i] == separator)
			shared = i + 1;
	*ret_close = 0;
	for (const char *at = open + shared; *at; at++)
		*ret_close += *at == separator;
	return shared;
}

/* Closes and opens objects until the one of path's last name is open; that name. */
static const char *go_to(struct json_writer *writer, char open[256], const char *path, char separator)
{
	unsigned int close;
	size_t at = shared_length(open, path, separator, &close);

	while (close--)
		jw_object_end(writer);
	for (const char *end; (end = strchr(path + at, separator)); at = end - path + 1) {
		char name[SEGMENT_LEN];

		snprintf(name, sizeof(name), "%.*s", (int)(end - path - at), path + at);
		jw_object(writer, name);
	}
	snprintf(open, 256, "%.*s", (int)at, path);
	return path + at;
}

static int view_event(struct view *view, const struct event *event)
{
	struct mapped_view *mapped = (struct mapped_view *)view;
	const struct mapping *mapping = mapped->mapping;
	struct json_writer writer;
	char open[256] = "";
	struct value value;
	int error;

	if (event->type == EVENT_HOLDER)
		return 0;
	jw_init(&writer, &mapped->line);
	jw_object(&writer, NULL);
	for (size_t i = 0; i < mapping->count; i++) {
		find_value(mapped, &mapping->rows[i], event, &value);
		if (value.kind != VALUE_ABSENT)
			put_value(&writer, go_to(&writer, open, mapping->rows[i].path, mapping->separator),
				  &value);
	}
	for (const char *at = open; *at; at++)
		if (*at == mapping->separator)
			jw_object_end(&writer);
	jw_object_end(&writer);
	error = jw_finish(&writer);
	if (error)
		strbuf_reset(&mapped->line);
	return error ? error : strbuf_write(&mapped->line, mapped->out);
}

void mapping_visit(const struct mapping_row *rows, size_t count, const struct view_config *config,
		   const struct event *event,
		   void (*visit)(void *context, const char *path, const char *text, size_t length),
		   void *context)
{
	const struct mapped_view mapped = {.config = *config};
	struct value value;
	char number[24];

	for (size_t i = 0; i < count; i++) {
		find_value(&mapped, &rows[i], event, &value);
		if (value.kind == VALUE_NUMBER) {
			snprintf(number, sizeof(number), "%" PRIu64, value.number);
			visit(context, rows[i].path, number, strlen(number));
		} else if (value.kind != VALUE_ABSENT) {
			visit(context, rows[i].path, value.string, strnlen(value.string, value.size));
		}
	}
}

static int view_start(struct view *view, const struct start_info *info)
{
	struct mapped_view *mapped = (struct mapped_view *)view;

	snprintf(mapped->host, sizeof(mapped->host), "%s", info->host ? info->host : "");
	snprintf(mapped->kernel, sizeof(mapped->kernel), "%s", info->kernel ? info->kernel : "");
	snprintf(mapped->version, sizeof(mapped->version), "%s", info->version ? info->version : "");
	return 0;
}

static int view_totals(struct view *view, const struct end_info *info)
{
	(void)view, (void)info;
	return 0;
}

static void view_release(struct view *view)
{
	struct mapped_view *mapped = (struct mapped_view *)view;

	strbuf_free(&mapped->line);
	free(mapped);
}

static const struct view_ops mapped_view_ops = {
	.start = view_start,
	.event = view_event,
	.lost = view_totals,
	.end = view_totals,
	.free = view_release,
};

struct view *mapped_view_new(FILE *out, const struct view_config *config, const struct mapping *mapping)
{
	struct mapped_view *mapped = calloc(1, sizeof(*mapped));

	if (!mapped)
		return NULL;
	mapped->view.ops = &mapped_view_ops;
	mapped->config = *config;
	mapped->mapping = mapping;
	mapped->out = out;
	return &mapped->view;
}
