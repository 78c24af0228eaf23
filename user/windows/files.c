/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/files.h"

#include <windows.h>

static bool identify(const char *path, BY_HANDLE_FILE_INFORMATION *ret_identity)
{
	HANDLE file = CreateFileA(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
				  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
	bool known;

	if (file == INVALID_HANDLE_VALUE)
		return false;
	known = GetFileInformationByHandle(file, ret_identity);
	CloseHandle(file);
	return known;
}

bool is_same_file(const char *one, const char *other)
{
	BY_HANDLE_FILE_INFORMATION first, second;

	return identify(one, &first) && identify(other, &second) &&
	       first.dwVolumeSerialNumber == second.dwVolumeSerialNumber &&
	       first.nFileIndexHigh == second.nFileIndexHigh && first.nFileIndexLow == second.nFileIndexLow;
}

/* They are, here. */
void closed_pipes_are_errors(void)
{
}
