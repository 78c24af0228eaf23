/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has a holder: processes, the kernel, a queue, nobody any more. */
#include "view/text_parts.h"

#include <inttypes.h>
#include "model/time_text.h"

#define MORE_OWNERS 3 /* pids named after the first process */

static void put_name(struct strbuf *out, const char *name, size_t size)
{
	if (name[0])
		strbuf_escape(out, name, size);
	else
		strbuf_puts(out, "-");
}

static void put_process(struct strbuf *out, const struct owner *owner)
{
	put_name(out, owner->comm, sizeof(owner->comm));
	strbuf_puts(out, "[");
	strbuf_number(out, owner->pid);
	strbuf_puts(out, "]");
}

/* Owners are sorted by pid: is this the first descriptor of its process? */
static bool is_other_process(const struct holder *holder, size_t i)
{
	return holder->owners[i].pid != holder->owners[i - 1].pid;
}

static const struct {
	const char *before, *after; /* the process; then its fd */
} owner_words[OWNER_HOW_MAX] = {
	[OWNER_DESCRIPTOR] = {"", ""},
	[OWNER_RING] = {"", " as a fixed file of its io_uring"},
	[OWNER_QUEUE] = {"a descriptor in flight to ", " in the receive queue of its unix socket"},
	[OWNER_LISTENER] = {"a connection waiting in the accept queue of ", ""},
};

/* A fork shares the descriptor: "nginx[10] fd 6 (also 11, 12, 13 and 4 more)". */
static void put_owners(struct strbuf *out, const struct holder *holder)
{
	const struct owner *first = &holder->owners[0];
	size_t how = (size_t)first->how < OWNER_HOW_MAX ? (size_t)first->how : OWNER_DESCRIPTOR;
	size_t others = 0;

	strbuf_puts(out, owner_words[how].before);
	put_process(out, first);
	if (first->fd >= 0) {
		strbuf_puts(out, owner_words[how].after);
		text_descriptor(out, &holder->sock, first->fd);
	}
	for (size_t i = 1; i < holder->owner_count; i++)
		if (is_other_process(holder, i) && others++ < MORE_OWNERS)
			strbuf_printf(out, "%s%" PRIu32, others == 1 ? " (also " : ", ",
				      holder->owners[i].pid);
	if (others > MORE_OWNERS)
		strbuf_printf(out, " and %zu more", others - MORE_OWNERS);
	if (others)
		strbuf_puts(out, ")");
	if (first->nspid && first->nspid != first->pid)
		strbuf_printf(out, " (pid %" PRIu32 " in its namespace)", first->nspid);
}

static bool binder_has_it(const struct holder *holder)
{
	for (size_t i = 0; i < holder->owner_count; i++)
		if (holder->owners[i].pid == holder->bound_by.pid)
			return true;
	return false;
}

/* Who made and bound it is not who has it now. */
static void put_origin(struct strbuf *out, const struct holder *holder)
{
	const struct owner *first = &holder->owners[0];
	bool is_heir = first->got == GOT_INHERITED;

	if (!holder->bound_by.pid || binder_has_it(holder) || first->how == OWNER_LISTENER)
		return;
	strbuf_puts(out, is_heir		    ? ", inherited from "
			 : first->got == GOT_PASSED ? ", passed on by "
						    : ", bound by ");
	put_process(out, &holder->bound_by);
	if (holder->binder_ended)
		strbuf_puts(out, " that has ended");
	if (is_heir && first->how == OWNER_DESCRIPTOR && first->survives_exec)
		strbuf_printf(out, " (fd %" PRId32 " lacks CLOEXEC)", first->fd);
}

/* "(vxlan_rcv [vxlan], device vxlan0)" */
static void put_kernel_use(struct strbuf *out, const struct kernel_use *use)
{
	if (!use->function[0] && !use->device_count)
		return;
	strbuf_puts(out, " (");
	if (use->function[0])
		strbuf_escape(out, use->function, sizeof(use->function));
	if (use->module[0]) {
		strbuf_puts(out, " [");
		strbuf_escape(out, use->module, sizeof(use->module));
		strbuf_puts(out, "]");
	}
	for (size_t i = 0; i < use->device_count; i++) {
		strbuf_puts(out, i ? ", " : use->function[0] ? ", device " : "device ");
		strbuf_escape(out, use->devices[i].name, sizeof(use->devices[i].name));
	}
	strbuf_puts(out, ")");
}

/* What a holder is when no process has a descriptor of it now. */
static const struct {
	const char *what;  /* alone */
	const char *of;	   /* before the process that bound it */
	const char *after; /* behind it */
} kind_words[KIND_MAX] = {
	[KIND_UNKNOWN] = {"unknown process", "unknown process, bound by ", ""},
	[KIND_PROCESS] = {"unknown process", "", ""},
	[KIND_TIME_WAIT] = {"a TIME_WAIT remnant", "a TIME_WAIT remnant of ", ""},
	[KIND_ORPHAN] = {"an orphaned connection that no process has", "an orphaned connection of ",
			 " that no process has"},
	[KIND_KERNEL] = {"", ", for ", ""},
	[KIND_IN_FLIGHT] = {"a socket in a unix socket's receive queue",
			    "a socket in a unix socket's receive queue, bound by ", ""},
	[KIND_GONE] = {"a socket that is gone", "", ", gone"},
};

void text_who(struct strbuf *out, const struct holder *holder)
{
	size_t kind = (size_t)holder->kind < KIND_MAX ? (size_t)holder->kind : KIND_UNKNOWN;

	if (holder->kind == KIND_KERNEL) {
		strbuf_puts(out, "the kernel");
		put_kernel_use(out, &holder->kernel);
	}
	if (holder->owner_count) {
		put_owners(out, holder);
		put_origin(out, holder);
	} else if (holder->sock.fin_wait2) {
		strbuf_puts(out, holder->bound_by.pid ? "a FIN_WAIT2 remnant of " : "a FIN_WAIT2 remnant");
		if (holder->bound_by.pid)
			put_process(out, &holder->bound_by);
	} else if (holder->outside) {
		strbuf_puts(out, "a process outside this pid namespace");
	} else if (holder->bound_by.pid) {
		strbuf_puts(out, kind_words[kind].of);
		put_process(out, &holder->bound_by);
		strbuf_puts(out, kind_words[kind].after);
	} else {
		strbuf_puts(out, kind_words[kind].what);
	}
	if (holder->kind == KIND_GONE && holder->released_after_ns >= 0) {
		char duration[DURATION_LEN];

		duration_text(duration, holder->released_after_ns);
		strbuf_printf(out, " (released %s after the attempt)", duration);
	}
}

/* Of one shell or supervisor are many: that says nothing. */
static const char *const relation_words[RELATION_MAX] = {
	[RELATION_SELF] = ", in this same process",
	[RELATION_PARENT] = ", in its parent process",
	[RELATION_CHILD] = ", in its child process",
};

void text_relation(struct strbuf *out, const struct holder *holder)
{
	enum owner_relation relation = holder->owner_count ? holder->owners[0].relation : RELATION_NONE;

	if ((size_t)relation < RELATION_MAX && relation_words[relation])
		strbuf_puts(out, relation_words[relation]);
}
