/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "windows/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <initguid.h>
#include <windows.h>
#include <evntrace.h>
#include <evntcons.h>

#include "etw/clock.h"
#include "windows/system.h"

#define BUFFER_KB	 256
#define FLUSH_SECONDS	 1
#define QUIET_NS	 (2 * UINT64_C(1000000000)) /* FlushTimer and some more */
#define CLOCK_COUNTER	 1			    /* Wnode.ClientContext: QueryPerformanceCounter() */
#define LEVEL		 4			    /* informational: the Stop events have the results */
#define IDS_MAX		 64			    /* MAX_EVENT_FILTER_EVENT_ID_COUNT */
#define FILTER_EVENT_ID	 0x80000200u		    /* EVENT_FILTER_TYPE_EVENT_ID, evntprov.h */
#define PROPERTY_KEY	 0x80u			    /* EVENT_ENABLE_PROPERTY_PROCESS_START_KEY */
#define EXTENDED_SID	 2			    /* EVENT_HEADER_EXT_TYPE_SID */
#define EXTENDED_KEY	 13			    /* EVENT_HEADER_EXT_TYPE_PROCESS_START_KEY */
#define NO_TRACE(handle) ((handle) == (TRACEHANDLE)-1 || (handle) == 0xffffffffu)

/* struct EVENT_FILTER_EVENT_ID (evntprov.h), which mingw-w64 lacks */
struct id_filter {
	BOOLEAN in;
	UCHAR reserved;
	USHORT count;
	USHORT ids[IDS_MAX];
};

struct properties {
	EVENT_TRACE_PROPERTIES head;
	char name[64];
};

_Static_assert(sizeof(EVENT_TRACE_PROPERTIES) == 120, "evntrace.h");
_Static_assert(sizeof(EVENT_TRACE_LOGFILEA) == 448, "evntrace.h");
_Static_assert(sizeof(EVENT_RECORD) == 112, "evntcons.h");
_Static_assert(sizeof(ENABLE_TRACE_PARAMETERS) == 48, "evntrace.h");

/* Keywords as in the providers' manifests; Winsock-Sockets publishes none of its own. */
static const struct provider_row {
	const char *name;
	ULONGLONG keywords;
} provider_rows[PROVIDER_MAX] = {
	[PROVIDER_SOCKETS] = {"Microsoft-Windows-Winsock-Sockets", ~0ull},
	[PROVIDER_AFD] = {"Microsoft-Windows-Winsock-AFD", 0x4}, /* SOURCE_WINSOCK */
	[PROVIDER_TCPIP] = {"Microsoft-Windows-TCPIP", 0x48b},	 /* bind, endpoint, listener, diagnosis */
};

struct etw_session {
	struct session_callbacks callbacks;
	struct session_provider providers[PROVIDER_MAX];
	TRACEHANDLE session, trace;
	HANDLE thread;
	HANDLE owner; /* exists as long as a reusetrace lives that owns the session of this name */
	bool started, ended;
};

/* ---- errors */

static int fail(char error[SESSION_ERROR_LEN], const char *call, ULONG status)
{
	static const struct {
		ULONG status;
		int err;
		const char *what;
	} rows[] = {
		{ERROR_ACCESS_DENIED, -EACCES,
		 "a session needs an elevated administrator or a member of Performance Log Users"},
		{ERROR_NO_SYSTEM_RESOURCES, -ENOSPC,
		 "all of the system's sessions are in use: `logman query -ets` lists them, one must stop"},
		{ERROR_ALREADY_EXISTS, -EEXIST,
		 "another session is called reusetrace and cannot be stopped: `logman stop reusetrace -ets`"},
		{ERROR_CALL_NOT_IMPLEMENTED, -ENOSYS, "this system has no ETW"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].status != status)
			continue;
		snprintf(error, SESSION_ERROR_LEN, "%s", rows[i].what);
		return rows[i].err;
	}
	snprintf(error, SESSION_ERROR_LEN, "%s: Windows error %lu", call, status);
	return -EIO;
}

static int check_wine(char error[SESSION_ERROR_LEN])
{
	struct windows_system system;

	system_read(&system);
	if (!system.wine)
		return 0;
	snprintf(error, SESSION_ERROR_LEN,
		 "this is Wine %.20s, which has no ETW: a live trace needs Windows (why, ls, explain, replay "
		 "and report work here)",
		 system.wine);
	return -ENOSYS;
}

/* ---- the session */

static void fill_properties(struct properties *properties)
{
	*properties = (struct properties){
		.head = {.Wnode = {.BufferSize = sizeof(*properties),
				   .Flags = WNODE_FLAG_TRACED_GUID,
				   .ClientContext = CLOCK_COUNTER},
			 .LogFileMode = EVENT_TRACE_REAL_TIME_MODE,
			 .BufferSize = BUFFER_KB,
			 .FlushTimer = FLUSH_SECONDS,
			 .LoggerNameOffset = offsetof(struct properties, name)},
	};
}

static ULONG stop(TRACEHANDLE session, const char *name, struct properties *properties)
{
	fill_properties(properties);
	return ControlTraceA(session, session ? NULL : name, &properties->head, EVENT_TRACE_CONTROL_STOP);
}

int session_stop_stale(const char *name, char error[SESSION_ERROR_LEN])
{
	struct properties properties;
	int err = check_wine(error);
	ULONG status = err ? 0 : stop(0, name, &properties);

	if (err)
		return err;
	if (status == ERROR_WMI_INSTANCE_NOT_FOUND)
		return 0;
	return status == ERROR_SUCCESS || status == ERROR_MORE_DATA ? 1 : fail(error, "ControlTrace", status);
}

/* A session outlives its process: only one that nobody owns is stale. */
static int own(struct etw_session *session, char error[SESSION_ERROR_LEN])
{
	char name[64];
	bool taken;

	snprintf(name, sizeof(name), "Global\\%.48s", session->callbacks.name);
	session->owner = CreateMutexA(NULL, FALSE, name);
	taken = GetLastError() == (session->owner ? ERROR_ALREADY_EXISTS : ERROR_ACCESS_DENIED);
	if (session->owner && !taken)
		return 0;
	if (!taken)
		return fail(error, "CreateMutex", GetLastError());
	snprintf(error, SESSION_ERROR_LEN,
		 "another reusetrace is tracing already: end it first, or stop its session with "
		 "`reusetrace --stop`");
	return -EEXIST;
}

static void fill_filter(enum etw_provider provider, struct id_filter *filter)
{
	*filter = (struct id_filter){.in = TRUE};
	for (size_t i = 0; i < etw_layout_count; i++) {
		USHORT id = etw_layouts[i].id, n = 0;

		if (etw_layouts[i].provider != provider)
			continue;
		while (n < filter->count && filter->ids[n] != id)
			n++;
		if (n == filter->count && filter->count < IDS_MAX)
			filter->ids[filter->count++] = id;
	}
}

static ULONG enable(struct etw_session *session, enum etw_provider provider, bool filtered)
{
	struct id_filter filter;
	EVENT_FILTER_DESCRIPTOR descriptor = {.Ptr = (ULONGLONG)(uintptr_t)&filter, .Type = FILTER_EVENT_ID};
	ENABLE_TRACE_PARAMETERS parameters = {
		.Version = ENABLE_TRACE_PARAMETERS_VERSION_2,
		.EnableProperty = EVENT_ENABLE_PROPERTY_SID | PROPERTY_KEY,
		.EnableFilterDesc = filtered ? &descriptor : NULL,
		.FilterDescCount = filtered ? 1 : 0,
	};
	GUID guid;

	fill_filter(provider, &filter);
	descriptor.Size = (ULONG)(offsetof(struct id_filter, ids) + filter.count * sizeof(filter.ids[0]));
	memcpy(&guid, etw_provider_guids[provider], sizeof(guid));
	return EnableTraceEx2(session->session, &guid, EVENT_CONTROL_CODE_ENABLE_PROVIDER, LEVEL,
			      provider_rows[provider].keywords, 0, 0, &parameters);
}

/* One provider that stays off is told; without any there is nothing to trace. */
static int enable_all(struct etw_session *session, char error[SESSION_ERROR_LEN])
{
	ULONG status = ERROR_SUCCESS;
	bool any = false;

	for (int i = 0; i < PROVIDER_MAX; i++) {
		struct session_provider *provider = &session->providers[i];

		provider->name = provider_rows[i].name;
		status = enable(session, (enum etw_provider)i, true);
		provider->filtered = status == ERROR_SUCCESS;
		if (status == ERROR_INVALID_PARAMETER)
			status = enable(session, (enum etw_provider)i, false);
		provider->enabled = status == ERROR_SUCCESS;
		any |= provider->enabled;
	}
	return any ? 0 : fail(error, "EnableTraceEx2", status);
}

/* A stale session that cannot be stopped is told by StartTrace(), as one that exists. */
static int begin(struct etw_session *session, char error[SESSION_ERROR_LEN])
{
	struct properties properties;
	ULONG status;

	session_stop_stale(session->callbacks.name, error);
	fill_properties(&properties);
	status = StartTraceA(&session->session, session->callbacks.name, &properties.head);
	session->started = status == ERROR_SUCCESS;
	return session->started ? enable_all(session, error) : fail(error, "StartTrace", status);
}

int session_start(const struct session_callbacks *callbacks, struct etw_session **ret_session,
		  char error[SESSION_ERROR_LEN])
{
	struct etw_session *session;
	int err = check_wine(error);

	if (err)
		return err;
	session = calloc(1, sizeof(*session));
	if (!session) {
		snprintf(error, SESSION_ERROR_LEN, "out of memory");
		return -ENOMEM;
	}
	session->callbacks = *callbacks;
	err = own(session, error);
	if (!err)
		err = begin(session, error);
	if (err) {
		session_free(session);
		return err;
	}
	*ret_session = session;
	return 0;
}

const struct session_provider *session_providers(const struct etw_session *session)
{
	return session->providers;
}

/* ---- records */

static void take_extended(const EVENT_RECORD *event, struct etw_record *record)
{
	for (USHORT i = 0; i < event->ExtendedDataCount; i++) {
		const EVENT_HEADER_EXTENDED_DATA_ITEM *item = &event->ExtendedData[i];
		const uint8_t *data = (const uint8_t *)(uintptr_t)item->DataPtr;

		if (item->ExtType == EXTENDED_SID) {
			record->sid = data;
			record->sid_size = item->DataSize;
		} else if (item->ExtType == EXTENDED_KEY && item->DataSize == sizeof(record->start_key)) {
			memcpy(&record->start_key, data, sizeof(record->start_key));
		}
	}
}

static void WINAPI on_record(EVENT_RECORD *event)
{
	struct etw_session *session = event->UserContext;
	const EVENT_HEADER *header = &event->EventHeader;
	struct etw_record record = {
		.kind = header->Flags & EVENT_HEADER_FLAG_CLASSIC_HEADER ? ETW_CLASSIC : ETW_MANIFEST,
		.pointer_size = header->Flags & EVENT_HEADER_FLAG_32_BIT_HEADER ? 4 : 8,
		.cpu = event->BufferContext.ProcessorNumber,
		.pid = header->ProcessId,
		.tid = header->ThreadId,
		.time_ns = filetime_to_ns(header->TimeStamp.QuadPart),
		.guid = (const uint8_t *)&header->ProviderId,
		.id = header->EventDescriptor.Id,
		.version = header->EventDescriptor.Version,
		.payload = event->UserData,
		.size = event->UserDataLength,
	};

	if (session->ended || record.kind == ETW_CLASSIC)
		return;
	take_extended(event, &record);
	session->ended = !session->callbacks.record(session->callbacks.context, &record);
}

/* FALSE makes ProcessTrace() return. */
static ULONG WINAPI on_buffer(EVENT_TRACE_LOGFILEA *file)
{
	struct etw_session *session = file->Context;
	uint64_t now_ns = system_now_ns();

	if (!session->ended && now_ns > QUIET_NS)
		session->ended = !session->callbacks.quiet(session->callbacks.context, now_ns - QUIET_NS);
	return !session->ended;
}

static DWORD WINAPI process(void *context)
{
	struct etw_session *session = context;

	return ProcessTrace(&session->trace, 1, NULL, NULL);
}

int session_run(struct etw_session *session, char error[SESSION_ERROR_LEN])
{
	char name[] = SESSION_PROOF;
	EVENT_TRACE_LOGFILEA file = {
		.LoggerName = strcpy(name, session->callbacks.name),
		.ProcessTraceMode = PROCESS_TRACE_MODE_REAL_TIME | PROCESS_TRACE_MODE_EVENT_RECORD,
		.EventRecordCallback = on_record,
		.BufferCallback = on_buffer,
		.Context = session,
	};

	session->trace = OpenTraceA(&file);
	if (NO_TRACE(session->trace)) {
		session->trace = 0;
		return fail(error, "OpenTrace", GetLastError());
	}
	session->thread = CreateThread(NULL, 0, process, session, 0, NULL);
	return session->thread ? 0 : fail(error, "CreateThread", GetLastError());
}

void *session_ended(const struct etw_session *session)
{
	return session->thread;
}

/* Stopping lets ProcessTrace() deliver what is in the buffers, and return. */
void session_stop(struct etw_session *session, struct session_lost *ret_lost)
{
	struct properties properties;
	ULONG status;

	*ret_lost = (struct session_lost){0};
	if (session->started) {
		status = stop(session->session, NULL, &properties);
		if (status == ERROR_SUCCESS || status == ERROR_MORE_DATA) {
			ret_lost->events = properties.head.EventsLost;
			ret_lost->buffers = (uint64_t)properties.head.RealTimeBuffersLost +
					    properties.head.LogBuffersLost;
		}
		session->started = false;
	}
	if (session->thread) {
		WaitForSingleObject(session->thread, INFINITE);
		CloseHandle(session->thread);
		session->thread = NULL;
	}
	if (session->trace)
		CloseTrace(session->trace);
	session->trace = 0;
}

void session_free(struct etw_session *session)
{
	struct session_lost lost;

	if (!session)
		return;
	session_stop(session, &lost);
	if (session->owner)
		CloseHandle(session->owner);
	free(session);
}
