/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/unix_look.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "linux/process.h"

#define HANGING_MAX 2
#define PATIENCE_S  2

struct look {
	struct path_look about;
	pthread_t thread;
	pthread_mutex_t lock; /* of done */
	pthread_cond_t ended;
	bool done;
};

struct unix_looks {
	struct look *hanging[HANGING_MAX]; /* NULL: none */
};

/* As this process sees it; 0: it is gone. */
static uint32_t netns_of(const struct rt_process *process)
{
	uint32_t netns = 0;
	char pid[16];

	snprintf(pid, sizeof(pid), "%u", process->tgid);
	return process_lives(process->tgid, process->start_ns) && !netns_inode(pid, &netns) ? netns : 0;
}

int unix_look(void *about)
{
	struct path_look *look = about;

	look->facts.path[sizeof(look->facts.path) - 1] = '\0';
	look->netns = netns_of(&look->record.header.process);
	if (!look->facts.abstract)
		unix_path_look(&look->record, &look->facts, &look->file);
	return 0;
}

struct unix_looks *unix_looks_new(void)
{
	return calloc(1, sizeof(struct unix_looks));
}

static void *look_thread(void *argument)
{
	struct look *look = argument;

	(void)unix_look(&look->about);
	pthread_mutex_lock(&look->lock);
	look->done = true;
	pthread_cond_signal(&look->ended);
	pthread_mutex_unlock(&look->lock);
	return NULL;
}

static struct look *look_new(const struct path_look *about)
{
	struct look *look = calloc(1, sizeof(*look));
	pthread_condattr_t monotonic;

	if (!look)
		return NULL;
	look->about = *about;
	pthread_mutex_init(&look->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&look->ended, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return look;
}

/* Its thread has ended, or there was none. */
static void look_free(struct look *look)
{
	pthread_cond_destroy(&look->ended);
	pthread_mutex_destroy(&look->lock);
	free(look);
}

static int look_start(struct look *look)
{
	sigset_t all, before;
	int err;

	/* signals are for the thread that waits for records */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&look->thread, NULL, look_thread, look);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

static bool look_ends(struct look *look, time_t patience_s)
{
	struct timespec until;
	bool done;
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += patience_s;
	pthread_mutex_lock(&look->lock);
	while (!look->done && !err)
		err = pthread_cond_timedwait(&look->ended, &look->lock, &until);
	done = look->done;
	pthread_mutex_unlock(&look->lock);
	if (done)
		pthread_join(look->thread, NULL);
	return done;
}

/* A place for one that hangs; NULL: as many do already. */
static struct look **room(struct unix_looks *looks)
{
	for (size_t i = 0; i < HANGING_MAX; i++) {
		struct look **at = &looks->hanging[i];

		if (*at && look_ends(*at, 0)) {
			look_free(*at);
			*at = NULL;
		}
		if (!*at)
			return at;
	}
	return NULL;
}

/* One that hangs still has its memory until the process ends. */
void unix_looks_free(struct unix_looks *looks)
{
	for (size_t i = 0; looks && i < HANGING_MAX; i++)
		if (looks->hanging[i] && look_ends(looks->hanging[i], 0))
			look_free(looks->hanging[i]);
	free(looks);
}

int unix_look_patiently(struct unix_looks *looks, void *about)
{
	struct path_look *asked = about;
	struct look **hanging, *look;
	int err;

	if (asked->facts.abstract)
		return unix_look(about);
	hanging = room(looks);
	if (!hanging)
		return -EBUSY;
	look = look_new(asked);
	if (!look)
		return -ENOMEM;
	err = look_start(look);
	if (!err && !look_ends(look, PATIENCE_S)) {
		*hanging = look;
		return -ETIMEDOUT;
	}
	if (!err)
		*asked = look->about;
	look_free(look);
	return err;
}
