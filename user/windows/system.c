/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "windows/system.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>
#include <tlhelp32.h>

#include "etw/clock.h"
#include "model/event.h"

#define SOCKETS_KEY                                                                                          \
	"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WINEVT\\Publishers\\{bde46aea-2357-51fe-7367-"        \
	"d5296f530bd1}"
#define AFD_KEY "SYSTEM\\CurrentControlSet\\Services\\Afd\\Parameters"

/* Of a library that every process has. */
static FARPROC ntdll(const char *name)
{
	HMODULE module = GetModuleHandleA("ntdll.dll");

	return module ? GetProcAddress(module, name) : NULL;
}

static const char *wine_version(void)
{
	const char *(*version)(void);
	FARPROC found = ntdll("wine_get_version");

	memcpy(&version, &found, sizeof(version));
	return found ? version() : NULL;
}

/* GetVersionEx() says what the manifest asks for; this says what is there. */
static uint32_t build_number(void)
{
	LONG(WINAPI * get_version)(OSVERSIONINFOW *);
	OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof(version)};
	FARPROC found = ntdll("RtlGetVersion");

	memcpy(&get_version, &found, sizeof(get_version));
	return found && !get_version(&version) ? version.dwBuildNumber : 0;
}

static bool has_key(const char *path)
{
	HKEY key;

	if (RegOpenKeyExA(HKEY_LOCAL_MACHINE, path, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key))
		return false;
	RegCloseKey(key);
	return true;
}

static bool is_member(WELL_KNOWN_SID_TYPE group)
{
	uint8_t sid[SECURITY_MAX_SID_SIZE];
	DWORD size = sizeof(sid);
	BOOL member = FALSE;

	return CreateWellKnownSid(group, NULL, sid, &size) && CheckTokenMembership(NULL, sid, &member) &&
	       member;
}

void system_read(struct windows_system *ret_system)
{
	DWORD size = sizeof(ret_system->host), off = 0, off_size = sizeof(off);

	*ret_system = (struct windows_system){
		.build = build_number(),
		.wine = wine_version(),
		.has_winsock_sockets = has_key(SOCKETS_KEY),
		.is_elevated = is_member(WinBuiltinAdministratorsSid),
		.may_log = is_member(WinBuiltinPerfLoggingUsersSid),
	};
	if (!GetComputerNameA(ret_system->host, &size))
		ret_system->host[0] = '\0';
	snprintf(ret_system->kernel, sizeof(ret_system->kernel), "Windows build %lu",
		 (unsigned long)ret_system->build);
	ret_system->no_sharing = !RegGetValueA(HKEY_LOCAL_MACHINE, AFD_KEY, "DisableAddressSharing",
					       RRF_RT_REG_DWORD, NULL, &off, &off_size) &&
				 off;
}

static void to_utf8(const wchar_t *wide, char *name, size_t size)
{
	name[0] = '\0';
	if (!WideCharToMultiByte(CP_UTF8, 0, wide, -1, name, (int)size, NULL, NULL))
		name[size - 1] = '\0'; /* what had room is there */
}

bool process_name(uint32_t pid, char *name, size_t size)
{
	HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
	wchar_t path[1024];
	DWORD length = sizeof(path) / sizeof(path[0]);
	const wchar_t *base;
	bool known = false;

	name[0] = '\0';
	if (process && QueryFullProcessImageNameW(process, 0, path, &length)) {
		base = wcsrchr(path, L'\\');
		to_utf8(base ? base + 1 : path, name, size);
		known = name[0];
	}
	if (process)
		CloseHandle(process);
	return known;
}

uint32_t process_uid(uint32_t pid)
{
	HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid), token = NULL;
	union {
		TOKEN_USER user;
		uint8_t room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
	} data;
	uint32_t uid = UID_NONE;
	DWORD size;

	if (process && OpenProcessToken(process, TOKEN_QUERY, &token) &&
	    GetTokenInformation(token, TokenUser, &data, sizeof(data), &size))
		uid = *GetSidSubAuthority(data.user.User.Sid,
					  *GetSidSubAuthorityCount(data.user.User.Sid) - 1u);
	if (token)
		CloseHandle(token);
	if (process)
		CloseHandle(process);
	return uid;
}

int processes_each(int (*each)(void *context, uint32_t pid, uint32_t ppid, const char *name), void *context)
{
	HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	PROCESSENTRY32W entry = {.dwSize = sizeof(entry)};
	int result = 0;

	if (all == INVALID_HANDLE_VALUE)
		return -EACCES;
	for (BOOL more = Process32FirstW(all, &entry); more && !result; more = Process32NextW(all, &entry)) {
		char name[MAX_PATH * 3];

		to_utf8(entry.szExeFile, name, sizeof(name));
		if (entry.th32ProcessID)
			result = each(context, entry.th32ProcessID, entry.th32ParentProcessID, name);
	}
	CloseHandle(all);
	return result;
}

uint64_t system_now_ns(void)
{
	FILETIME now;

	GetSystemTimePreciseAsFileTime(&now);
	return filetime_to_ns((int64_t)((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime));
}
