/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "windows/compat.h"

#include <stdlib.h>

void *memmem(const void *where, size_t where_size, const void *what, size_t what_size)
{
	const char *at = where;

	for (; where_size >= what_size; at++, where_size--)
		if (!memcmp(at, what, what_size))
			return (void *)at;
	return NULL;
}

char *strndup(const char *text, size_t most)
{
	size_t length = strnlen(text, most);
	char *copy = malloc(length + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

#undef fopen

FILE *compat_fopen(const char *path, const char *mode)
{
	char translated[8];
	size_t length = 0;

	for (; *mode && length + 3 < sizeof(translated); mode++)
		if (*mode != 'e' && *mode != 'b')
			translated[length++] = *mode;
	translated[length++] = 'b';
	translated[length++] = 'N'; /* not inherited */
	translated[length] = '\0';
	return fopen(path, translated);
}
