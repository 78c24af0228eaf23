/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A static program has no modules of nsswitch.conf: glibc would load those of the
 * machine into its own, and crash.  FILES_ONLY reads /etc/passwd and /etc/group.
 */
#include "model/users.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef FILES_ONLY

#define GROUPS_OF_USER 256

/* By name, or by uid where that is NULL. */
static const struct passwd *find(const char *name, uid_t uid)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *user = NULL;

	do
		user = file ? fgetpwent(file) : NULL;
	while (user && (name ? strcmp(user->pw_name, name) != 0 : user->pw_uid != uid));
	if (file)
		fclose(file);
	return user;
}

static bool is_member(const struct group *group, const char *name)
{
	for (char *const *member = group->gr_mem; *member; member++)
		if (!strcmp(*member, name))
			return true;
	return false;
}

static int join_groups(const struct passwd *user)
{
	FILE *file = fopen("/etc/group", "re");
	gid_t groups[GROUPS_OF_USER] = {user->pw_gid};
	const struct group *group;
	size_t count = 1;

	while (file && count < GROUPS_OF_USER && (group = fgetgrent(file)))
		if (is_member(group, user->pw_name))
			groups[count++] = group->gr_gid;
	if (file)
		fclose(file);
	return setgroups(count, groups);
}

#else

static const struct passwd *find(const char *name, uid_t uid)
{
	return name ? getpwnam(name) : getpwuid(uid);
}

static int join_groups(const struct passwd *user)
{
	return initgroups(user->pw_name, user->pw_gid);
}

#endif

bool user_by_name(const char *name, uint32_t *ret_uid)
{
	const struct passwd *user = find(name, 0);

	if (user)
		*ret_uid = user->pw_uid;
	return user;
}

int user_become(uint32_t uid)
{
	const struct passwd *user = find(NULL, uid);

	if (user ? join_groups(user) || setgid(user->pw_gid) : setgroups(0, NULL) || setgid(uid))
		return -errno;
	if (setuid(uid))
		return -errno;
	if (user) {
		setenv("HOME", user->pw_dir, 1);
		setenv("USER", user->pw_name, 1);
		setenv("LOGNAME", user->pw_name, 1);
	}
	return 0;
}
