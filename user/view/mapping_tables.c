/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Field names: Elastic Common Schema (elastic/ecs, generated/csv/fields.csv),
 * OpenTelemetry semantic conventions (model/.../registry.yaml), Open
 * Cybersecurity Schema Framework (ocsf-schema, class network_activity).
 * tests/ship/names has the lists that they are checked against; names below
 * "reusetrace" and "unmapped" are our own.
 */
#include "view/mapping.h"

#include <string.h>
#include "model/event_names.h"

#define ROWS(array) .rows = (array), .count = sizeof(array) / sizeof((array)[0])

static const struct mapping_row ecs[] = {
	{"@timestamp", SOURCE_TIME, NULL},
	{"message", SOURCE_SENTENCE, NULL},
	{"ecs.version", SOURCE_TEXT, "8.11.0"},
	{"event.kind", SOURCE_TEXT, "event"},
	{"event.category", SOURCE_LIST, "network,process"},
	{"event.type", SOURCE_DECISION, NULL},
	{"event.action", SOURCE_ACTION, NULL},
	{"event.outcome", SOURCE_OUTCOME, NULL},
	{"event.reason", SOURCE_SENTENCE, NULL},
	{"event.module", SOURCE_TEXT, "reusetrace"},
	{"event.provider", SOURCE_TEXT, "kernel"},
	{"event.sequence", SOURCE_SEQ, NULL},
	{"event.duration", SOURCE_TOOK_NS, NULL},
	{"error.code", SOURCE_ERRNO, NULL},
	{"rule.id", SOURCE_RULE, NULL},
	{"rule.name", SOURCE_RULE, NULL},
	{"source.ip", SOURCE_ADDRESS, NULL},
	{"source.port", SOURCE_PORT, NULL},
	{"destination.ip", SOURCE_PEER_ADDRESS, NULL},
	{"destination.port", SOURCE_PEER_PORT, NULL},
	{"network.transport", SOURCE_TRANSPORT, NULL},
	{"network.iana_number", SOURCE_PROTOCOL_NUMBER, NULL},
	{"network.type", SOURCE_FAMILY, NULL},
	{"process.pid", SOURCE_PID, NULL},
	{"process.name", SOURCE_COMM, NULL},
	{"process.executable", SOURCE_EXE, NULL},
	{"process.thread.id", SOURCE_TID, NULL},
	{"process.parent.pid", SOURCE_PPID, NULL},
	{"process.real_user.id", SOURCE_UID_TEXT, NULL},
	{"container.id", SOURCE_CONTAINER, NULL},
	{"container.name", SOURCE_CONTAINER_NAME, NULL},
	{"host.hostname", SOURCE_HOST, NULL},
	{"host.os.kernel", SOURCE_KERNEL, NULL},
	{"reusetrace.unit", SOURCE_UNIT, NULL},
	{"reusetrace.cgroup", SOURCE_CGROUP, NULL},
	{"reusetrace.netns", SOURCE_NETNS, NULL},
	{"reusetrace.device", SOURCE_DEVICE, NULL},
	{"reusetrace.state", SOURCE_STATE, NULL},
	{"reusetrace.holder.kind", SOURCE_HOLDER_KIND, NULL},
	{"reusetrace.holder.state", SOURCE_HOLDER_STATE, NULL},
	{"reusetrace.holder.ip", SOURCE_HOLDER_ADDRESS, NULL},
	{"reusetrace.holder.port", SOURCE_HOLDER_PORT, NULL},
	{"reusetrace.holder.user.id", SOURCE_HOLDER_UID, NULL},
	{"reusetrace.holder.process.pid", SOURCE_HOLDER_PID, NULL},
	{"reusetrace.holder.process.name", SOURCE_HOLDER_COMM, NULL},
	{"reusetrace.holder.process.executable", SOURCE_HOLDER_EXE, NULL},
};

static const struct mapping_row otel[] = {
	{"Timestamp", SOURCE_TIME_NS, NULL},
	{"SeverityNumber", SOURCE_SEVERITY_NUMBER, NULL},
	{"EventName", SOURCE_ACTION, "socket."},
	{"Body", SOURCE_SENTENCE, NULL},
	{"Resource/host.name", SOURCE_HOST, NULL},
	{"InstrumentationScope/Name", SOURCE_TEXT, "reusetrace"},
	{"InstrumentationScope/Version", SOURCE_VERSION, NULL},
	{"Attributes/error.type", SOURCE_ERRNO, NULL},
	{"Attributes/network.local.address", SOURCE_ADDRESS, NULL},
	{"Attributes/network.local.port", SOURCE_PORT, NULL},
	{"Attributes/network.peer.address", SOURCE_PEER_ADDRESS, NULL},
	{"Attributes/network.peer.port", SOURCE_PEER_PORT, NULL},
	{"Attributes/network.transport", SOURCE_TRANSPORT, NULL},
	{"Attributes/network.type", SOURCE_FAMILY, NULL},
	{"Attributes/network.interface.name", SOURCE_DEVICE, NULL},
	{"Attributes/process.pid", SOURCE_PID, NULL},
	{"Attributes/process.parent_pid", SOURCE_PPID, NULL},
	{"Attributes/process.vpid", SOURCE_NSPID, NULL},
	{"Attributes/process.executable.path", SOURCE_EXE, NULL},
	{"Attributes/process.real_user.id", SOURCE_UID, NULL},
	{"Attributes/process.linux.cgroup", SOURCE_CGROUP, NULL},
	{"Attributes/container.id", SOURCE_CONTAINER, NULL},
	{"Attributes/container.name", SOURCE_CONTAINER_NAME, NULL},
	{"Attributes/reusetrace.comm", SOURCE_COMM, NULL},
	{"Attributes/reusetrace.tid", SOURCE_TID, NULL},
	{"Attributes/reusetrace.rule.id", SOURCE_RULE, NULL},
	{"Attributes/reusetrace.seq", SOURCE_SEQ, NULL},
	{"Attributes/reusetrace.unit", SOURCE_UNIT, NULL},
	{"Attributes/reusetrace.netns.inode", SOURCE_NETNS, NULL},
	{"Attributes/reusetrace.socket.state", SOURCE_STATE, NULL},
	{"Attributes/reusetrace.holder.kind", SOURCE_HOLDER_KIND, NULL},
	{"Attributes/reusetrace.holder.network.local.address", SOURCE_HOLDER_ADDRESS, NULL},
	{"Attributes/reusetrace.holder.network.local.port", SOURCE_HOLDER_PORT, NULL},
	{"Attributes/reusetrace.holder.user.id", SOURCE_HOLDER_UID, NULL},
	{"Attributes/reusetrace.holder.process.pid", SOURCE_HOLDER_PID, NULL},
	{"Attributes/reusetrace.holder.process.command", SOURCE_HOLDER_COMM, NULL},
	{"Attributes/reusetrace.holder.process.executable.path", SOURCE_HOLDER_EXE, NULL},
};

static const struct mapping_row ocsf[] = {
	{"time", SOURCE_TIME_MS, NULL},
	{"category_uid", SOURCE_NUMBER, "4"},
	{"class_uid", SOURCE_NUMBER, "4001"},
	{"activity_id", SOURCE_ACTIVITY_ID, NULL},
	{"activity_name", SOURCE_ACTION, NULL},
	{"type_uid", SOURCE_TYPE_UID, NULL},
	{"severity_id", SOURCE_SEVERITY_ID, NULL},
	{"status_id", SOURCE_STATUS_ID, NULL},
	{"status_code", SOURCE_ERRNO, NULL},
	{"status_detail", SOURCE_SENTENCE, NULL},
	{"message", SOURCE_SENTENCE, NULL},
	{"metadata.version", SOURCE_TEXT, "1.3.0"},
	{"metadata.sequence", SOURCE_SEQ, NULL},
	{"metadata.profiles", SOURCE_LIST, "host,container"},
	{"metadata.product.name", SOURCE_TEXT, "reusetrace"},
	{"metadata.product.vendor_name", SOURCE_TEXT, "reusetrace"},
	{"metadata.product.version", SOURCE_VERSION, NULL},
	{"device.type_id", SOURCE_NUMBER, "0"},
	{"device.hostname", SOURCE_HOST, NULL},
	{"src_endpoint.ip", SOURCE_ADDRESS, NULL},
	{"src_endpoint.port", SOURCE_PORT, NULL},
	{"src_endpoint.interface_name", SOURCE_DEVICE, NULL},
	{"dst_endpoint.ip", SOURCE_PEER_ADDRESS, NULL},
	{"dst_endpoint.port", SOURCE_PEER_PORT, NULL},
	{"connection_info.direction_id", SOURCE_NUMBER, "0"},
	{"connection_info.protocol_name", SOURCE_TRANSPORT, NULL},
	{"connection_info.protocol_num", SOURCE_PROTOCOL_NUMBER, NULL},
	{"connection_info.protocol_ver_id", SOURCE_IP_VERSION, NULL},
	{"actor.process.pid", SOURCE_PID, NULL},
	{"actor.process.tid", SOURCE_TID, NULL},
	{"actor.process.name", SOURCE_COMM, NULL},
	{"actor.process.file.path", SOURCE_EXE, NULL},
	{"actor.process.user.uid", SOURCE_UID_TEXT, NULL},
	{"actor.process.parent_process.pid", SOURCE_PPID, NULL},
	{"actor.process.container.uid", SOURCE_CONTAINER, NULL},
	{"actor.process.container.name", SOURCE_CONTAINER_NAME, NULL},
	{"unmapped.rule", SOURCE_RULE, NULL},
	{"unmapped.unit", SOURCE_UNIT, NULL},
	{"unmapped.cgroup", SOURCE_CGROUP, NULL},
	{"unmapped.netns", SOURCE_NETNS, NULL},
	{"unmapped.state", SOURCE_STATE, NULL},
	{"unmapped.holder.kind", SOURCE_HOLDER_KIND, NULL},
	{"unmapped.holder.state", SOURCE_HOLDER_STATE, NULL},
	{"unmapped.holder.ip", SOURCE_HOLDER_ADDRESS, NULL},
	{"unmapped.holder.port", SOURCE_HOLDER_PORT, NULL},
	{"unmapped.holder.uid", SOURCE_HOLDER_UID, NULL},
	{"unmapped.holder.process.pid", SOURCE_HOLDER_PID, NULL},
	{"unmapped.holder.process.name", SOURCE_HOLDER_COMM, NULL},
	{"unmapped.holder.process.path", SOURCE_HOLDER_EXE, NULL},
};

const struct mapping mappings[] = {
	{.name = "ecs", .separator = '.', ROWS(ecs)},
	{.name = "otel", .separator = '/', ROWS(otel)},
	{.name = "ocsf", .separator = '.', ROWS(ocsf)},
};

const size_t mapping_count = sizeof(mappings) / sizeof(mappings[0]);

const struct mapping *mapping_find(const char *name)
{
	for (size_t i = 0; i < mapping_count; i++)
		if (!strcmp(mappings[i].name, name))
			return &mappings[i];
	return NULL;
}
