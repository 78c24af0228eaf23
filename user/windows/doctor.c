/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reusetrace doctor: how much of a bind can be seen on this Windows, proven by one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <winsock2.h>
#include <windows.h>

#include "cli/command.h"
#include "etw/decode.h"
#include "windows/session.h"
#include "windows/system.h"
#include "windows/tables.h"

#define PROOF_MS 10000

enum level { LEVEL_NONE, LEVEL_PARTIAL, LEVEL_FULL };

static const char *const level_words[] = {
	[LEVEL_NONE] = "none: nothing can be traced live here",
	[LEVEL_PARTIAL] = "partial: every bind and its answer; options are inferred from answers",
	[LEVEL_FULL] = "full: every bind, its answer, and the options as they are set",
};

struct proof {
	HANDLE complete; /* every provider that can be heard was */
	bool heard[PROVIDER_MAX];
	unsigned int wanted; /* 1 << enum etw_provider */
};

struct doctor {
	struct windows_system system;
	struct session_provider providers[PROVIDER_MAX];
	struct proof proof;
	struct tables tables;
	bool has_tables;
	int session_err; /* of the session, 0: it ran */
	char session_error[SESSION_ERROR_LEN];
};

/* Bind events of this process: its own socket below. */
static bool on_record(void *context, const struct etw_record *record)
{
	struct proof *proof = context;
	bool all = true;

	for (int i = 0; i < PROVIDER_MAX; i++) {
		if (record->pid == GetCurrentProcessId() &&
		    !memcmp(record->guid, etw_provider_guids[i], ETW_GUID_SIZE))
			proof->heard[i] = true;
		all &= proof->heard[i] || !(proof->wanted & 1u << i);
	}
	if (all)
		SetEvent(proof->complete);
	return true;
}

static bool on_quiet(void *context, uint64_t before_ns)
{
	(void)context, (void)before_ns;
	return true;
}

/* A port of loopback for a moment; what it answers is of no interest. */
static void bind_once(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	WSADATA data;
	SOCKET sock;

	if (WSAStartup(MAKEWORD(2, 2), &data))
		return;
	sock = socket(AF_INET, SOCK_STREAM, 0);
	if (sock != INVALID_SOCKET) {
		(void)bind(sock, (struct sockaddr *)&address, sizeof(address));
		(void)listen(sock, 1);
		closesocket(sock);
	}
	WSACleanup();
}

static void prove(struct doctor *doctor)
{
	const struct session_callbacks callbacks = {
		.name = SESSION_PROOF, .context = &doctor->proof, .record = on_record, .quiet = on_quiet};
	struct etw_session *session = NULL;
	struct session_lost lost;

	doctor->session_err = session_start(&callbacks, &session, doctor->session_error);
	if (doctor->session_err)
		return;
	memcpy(doctor->providers, session_providers(session), sizeof(doctor->providers));
	for (int i = 0; i < PROVIDER_MAX; i++)
		if (doctor->providers[i].enabled &&
		    (i != PROVIDER_SOCKETS || doctor->system.has_winsock_sockets))
			doctor->proof.wanted |= 1u << i;
	doctor->proof.complete = CreateEventA(NULL, TRUE, FALSE, NULL);
	doctor->session_err = doctor->proof.complete ? session_run(session, doctor->session_error) : -ENOMEM;
	if (!doctor->session_err) {
		bind_once();
		WaitForSingleObject(doctor->proof.complete, PROOF_MS);
		session_stop(session, &lost);
	}
	session_free(session);
	if (doctor->proof.complete)
		CloseHandle(doctor->proof.complete);
}

static enum level level_of(const struct doctor *doctor)
{
	const bool *heard = doctor->proof.heard;

	if (doctor->session_err || (!heard[PROVIDER_AFD] && !heard[PROVIDER_TCPIP]))
		return LEVEL_NONE;
	return heard[PROVIDER_SOCKETS] ? LEVEL_FULL : LEVEL_PARTIAL;
}

/* ---- words */

static void say(const char *what, const char *state)
{
	printf("%-16s %s\n", what, state);
}

static const char *provider_state(const struct doctor *doctor, enum etw_provider provider)
{
	if (provider == PROVIDER_SOCKETS && !doctor->system.has_winsock_sockets)
		return "missing: Windows has it since 11 and Server 2022";
	if (doctor->session_err)
		return "not tried: no session";
	if (!doctor->providers[provider].enabled)
		return "refused by the session";
	if (!doctor->proof.heard[provider])
		return "enabled, but a bind on loopback brought no event";
	return doctor->providers[provider].filtered ? "seen in a bind on loopback"
						    : "seen in a bind on loopback, without filters by event: "
						      "sends and receives cost as well";
}

static const char *rights(const struct windows_system *system)
{
	if (system->is_elevated)
		return "an elevated administrator";
	return system->may_log ? "a member of Performance Log Users"
			       : "neither an elevated administrator nor a member of Performance Log Users";
}

static void show(const struct doctor *doctor)
{
	const struct windows_system *system = &doctor->system;
	char text[128];

	say("system", system->kernel);
	if (system->wine) {
		snprintf(text, sizeof(text), "%.20s: its sockets are those of the system below it",
			 system->wine);
		say("wine", text);
	}
	say("rights", rights(system));
	say("session", doctor->session_err ? doctor->session_error : "started, and stopped again");
	say("Winsock-Sockets", provider_state(doctor, PROVIDER_SOCKETS));
	say("Winsock-AFD", provider_state(doctor, PROVIDER_AFD));
	say("TCPIP", provider_state(doctor, PROVIDER_TCPIP));
	snprintf(text, sizeof(text), "%zu sockets%s", doctor->tables.count,
		 doctor->tables.has_bound ? ""
					  : "; TCP sockets that are bound and do not listen are not in them");
	say("tables", doctor->has_tables ? text : "cannot be read");
	if (system->no_sharing)
		say("Afd", "DisableAddressSharing is set: SO_REUSEADDR does not share between processes");
	say("live trace", level_words[level_of(doctor)]);
	say("captures", "replay reads an .etl that logman or netsh wrote elsewhere");
}

static int doctor_run(const struct config *config)
{
	struct doctor doctor = {.session_err = 0};

	(void)config;
	system_read(&doctor.system);
	doctor.has_tables = !tables_read(&doctor.tables);
	prove(&doctor);
	show(&doctor);
	tables_free(&doctor.tables);
	if (doctor.session_err == -EACCES)
		return EXIT_NOT_PERMITTED;
	return level_of(&doctor) == LEVEL_NONE ? EXIT_NO_KERNEL : EXIT_OK;
}

const struct command_info doctor_command = {
	.bit = COMMAND_DOCTOR,
	.name = "doctor",
	.summary = "doctor                        what can be traced here",
	.help_head = "Usage: reusetrace doctor\n"
		     "\n"
		     "Say how much of a bind can be seen on this Windows, and what is missing for more: a\n"
		     "session is started, a port of loopback is bound, and its events are waited for.\n",
	.help_tail = "\n"
		     "Exit status: 0 a live trace works, 1 error, 2 usage, 3 not permitted, 4 no ETW here.\n",
	.run = doctor_run,
};
