/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/passed.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FDS_START 3 /* SD_LISTEN_FDS_START */

/* Of a variable that ends within the environment; NULL if there is none. */
static const char *value_of(const char *environment, size_t length, const char *name)
{
	const char *at = environment, *end = environment + length, *stop;
	size_t name_length = strlen(name);

	while (at < end && (stop = memchr(at, '\0', (size_t)(end - at)))) {
		if ((size_t)(stop - at) > name_length && !strncmp(at, name, name_length) &&
		    at[name_length] == '=')
			return at + name_length + 1;
		at = stop + 1;
	}
	return NULL;
}

static bool number_of(const char *text, unsigned long *ret_number)
{
	unsigned long number;
	char *end;

	if (!text || text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno || *end)
		return false;
	*ret_number = number;
	return true;
}

void passed_name(const char *environment, size_t length, uint32_t pid, int fd, char *ret_name, size_t size)
{
	const char *names = value_of(environment, length, "LISTEN_FDNAMES");
	unsigned long whose, count;
	size_t name_length;

	ret_name[0] = '\0';
	if (!names || fd < FDS_START || !number_of(value_of(environment, length, "LISTEN_PID"), &whose) ||
	    !number_of(value_of(environment, length, "LISTEN_FDS"), &count) || whose != pid ||
	    (unsigned long)(fd - FDS_START) >= count)
		return;
	for (int at = FDS_START; at < fd; at++) {
		names = strchr(names, ':');
		if (!names)
			return;
		names++;
	}
	name_length = strcspn(names, ":");
	if (name_length >= size)
		return;
	memcpy(ret_name, names, name_length);
	ret_name[name_length] = '\0';
}
