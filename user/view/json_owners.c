/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view/json_owners.h"

#include "model/owner.h"

#define MEMBER_CHARS(writer, name, array) jw_chars(writer, name, array, sizeof(array))

static void u64_or_null(struct json_writer *writer, const char *name, uint64_t value, bool known)
{
	if (known)
		jw_u64(writer, name, value);
	else
		jw_null(writer, name);
}

static void bool_or_null(struct json_writer *writer, const char *name, bool value, bool known)
{
	if (known)
		jw_bool(writer, name, value);
	else
		jw_null(writer, name);
}

void json_place(struct json_writer *writer, const struct place *place)
{
	static const struct place nowhere;

	place = place ? place : &nowhere;
	MEMBER_CHARS(writer, "unit", place->unit);
	MEMBER_CHARS(writer, "container", place->container);
	if (place->container_name[0])
		MEMBER_CHARS(writer, "container_name", place->container_name);
	if (place->serves[0])
		MEMBER_CHARS(writer, "serves", place->serves);
	if (place->target[0])
		MEMBER_CHARS(writer, "target", place->target);
	if (place->passed_as[0])
		MEMBER_CHARS(writer, "passed_as", place->passed_as);
}

static void put_bound_by(struct json_writer *writer, const struct holder *holder)
{
	const struct owner *owner = &holder->bound_by;

	if (!owner->pid) {
		jw_null(writer, "bound_by");
		return;
	}
	jw_object(writer, "bound_by");
	jw_u64(writer, "pid", owner->pid);
	MEMBER_CHARS(writer, "comm", owner->comm);
	MEMBER_CHARS(writer, "exe", owner->exe);
	json_place(writer, owner->place);
	jw_bool(writer, "ended", holder->binder_ended);
	jw_object_end(writer);
}

static void put_owner(struct json_writer *writer, const struct owner *owner)
{
	jw_object(writer, NULL);
	u64_or_null(writer, "pid", owner->pid, owner->pid);
	MEMBER_CHARS(writer, "comm", owner->comm);
	MEMBER_CHARS(writer, "exe", owner->exe);
	if (owner->fd < 0)
		jw_null(writer, "fd");
	else
		jw_i64(writer, "fd", owner->fd);
	u64_or_null(writer, "nspid", owner->nspid, owner->nspid);
	jw_string(writer, "via", owner_how_name(owner->how));
	u64_or_null(writer, "index", owner->index, owner->how == OWNER_RING);
	bool_or_null(writer, "cloexec", !owner->survives_exec,
		     owner->how == OWNER_DESCRIPTOR && owner->fd >= 0);
	jw_string(writer, "got", owner_got_name(owner->got));
	jw_string(writer, "relation", owner_relation_name(owner->relation));
	json_place(writer, owner->place);
	jw_object_end(writer);
}

/* Receivers have not got it yet: they are no processes that have it. */
static void put_those(struct json_writer *writer, const char *name, const struct holder *holder,
		      bool receivers)
{
	jw_array(writer, name);
	for (size_t i = 0; i < holder->owner_count; i++)
		if ((holder->owners[i].how == OWNER_QUEUE) == receivers)
			put_owner(writer, &holder->owners[i]);
	jw_array_end(writer);
}

static void put_kernel(struct json_writer *writer, const struct kernel_use *use)
{
	jw_object(writer, "kernel");
	MEMBER_CHARS(writer, "function", use->function);
	MEMBER_CHARS(writer, "module", use->module);
	jw_array(writer, "devices");
	for (size_t i = 0; i < use->device_count; i++) {
		jw_object(writer, NULL);
		jw_u64(writer, "ifindex", use->devices[i].ifindex);
		MEMBER_CHARS(writer, "name", use->devices[i].name);
		jw_object_end(writer);
	}
	jw_array_end(writer);
	jw_object_end(writer);
}

void json_owners(struct json_writer *writer, const struct holder *holder)
{
	put_bound_by(writer, holder);
	put_those(writer, "processes", holder, false);
	put_those(writer, "receivers", holder, true);
	jw_bool(writer, "outside", holder->outside);
	if (holder->kind == KIND_KERNEL)
		put_kernel(writer, &holder->kernel);
	else
		jw_null(writer, "kernel");
}
