/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/lister.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "../bpf/config.h"
#include "linux/kernel.h"
#include "linux/kernel_names.h"
#include "linux/kernel_types.h"
#include "linux/sought.h"
#include "list.skel.h"

#define WALKS_MAX 4096 /* runs over `turns`: hundreds of millions of sockets */

struct lister {
	struct list_bpf *list;
	struct list_bpf *seek;	    /* the same object with its other programs: loaded when they are needed */
	struct rt_sought *sought;   /* of it */
	struct kernel_types *types; /* NULL: libbpf looks through all of the kernel's */
	struct policy policy;
	uint16_t port;
	int udp;
};

static int log_line(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	return vfprintf(stderr, format, args);
}

static int load(const struct lister *lister, bool seeks, struct list_bpf **ret_list)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = kernel_types_path(lister->types));
	struct list_bpf *list = list_bpf__open_opts(&opts);
	int err;

	if (!list)
		return -errno;
	list->rodata->only_port = lister->port;
	list->rodata->udp_fd = lister->udp;
	((struct rt_config *)&list->rodata->config)->hz = kernel_hz();
	bpf_program__set_autoload(list->progs.list_begin, !seeks);
	bpf_program__set_autoload(list->progs.list_sockets, !seeks);
	bpf_program__set_autoload(list->progs.list_owners, !seeks);
	bpf_program__set_autoload(list->progs.seek_files, seeks);
	bpf_program__set_autoload(list->progs.seek_sockets, seeks);
	err = list_bpf__load(list);
	if (!err && !list->bss) /* libbpf found that maps cannot be mapped */
		err = -EAGAIN;
	if (err)
		list_bpf__destroy(list);
	else
		*ret_list = list;
	return err;
}

/* Without them loading takes longer, and that is all. */
static void take_types(struct lister *lister, const struct kernel_names *kernel)
{
	struct list_bpf *list = list_bpf__open();

	if (list && kernel_types_new(kernel_names_btf(kernel), bpf_object__btf(list->obj), &lister->types))
		lister->types = NULL;
	list_bpf__destroy(list);
}

static int lister_load(struct lister *lister)
{
	struct kernel_names *kernel;
	int err = kernel_names_new(&kernel);

	if (err)
		return err;
	kernel_policy(kernel, &lister->policy);
	take_types(lister, kernel);
	kernel_names_free(kernel);
	lister->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (lister->udp < 0)
		return -errno;
	return load(lister, false, &lister->list);
}

int lister_new(uint16_t port, bool show_log, struct lister **ret_lister, char *ret_reason, size_t size)
{
	struct lister *lister;
	int err;

	libbpf_set_print(show_log ? log_line : NULL);
	err = kernel_refusal(ret_reason, size);
	if (err)
		return err;
	lister = calloc(1, sizeof(*lister));
	if (!lister)
		return -ENOMEM;
	lister->port = port;
	lister->udp = -1;
	err = lister_load(lister);
	if (err) {
		kernel_load_reason(err, ret_reason, size);
		lister_free(lister);
		return err == -EACCES ? -EPERM : err;
	}
	*ret_lister = lister;
	return 0;
}

void lister_free(struct lister *lister)
{
	if (!lister)
		return;
	list_bpf__destroy(lister->list);
	sought_unmap(lister->sought);
	list_bpf__destroy(lister->seek);
	kernel_types_free(lister->types);
	if (lister->udp >= 0)
		close(lister->udp);
	free(lister);
}

/* Over the elements of a map, or with -1 over all descriptors. */
static int run(const struct bpf_program *program, int map, size_t record, record_fn fn, void *context)
{
	LIBBPF_OPTS(bpf_iter_attach_opts, opts);
	union bpf_iter_link_info info = {.map.map_fd = map};
	struct bpf_link *link;
	int err;

	if (map >= 0) {
		opts.link_info = &info;
		opts.link_info_len = sizeof(info);
	}
	link = bpf_program__attach_iter(program, &opts);
	if (!link)
		return -errno;
	err = iterator_read(link, record, fn, context);
	bpf_link__destroy(link);
	return err;
}

int lister_sockets(struct lister *lister, record_fn fn, void *context)
{
	struct list_bpf *list = lister->list;
	int err = run(list->progs.list_begin, bpf_map__fd(list->maps.listed_scratch),
		      sizeof(struct rt_listed), fn, context);

	for (int i = 0; !err && !list->bss->done; i++) {
		if (i == WALKS_MAX)
			return -E2BIG;
		err = run(list->progs.list_sockets, bpf_map__fd(list->maps.turns), sizeof(struct rt_listed),
			  fn, context);
	}
	return err;
}

bool lister_repeated(const struct lister *lister)
{
	return lister->list->bss->restarts != 0;
}

uint32_t lister_cut_short(const struct lister *lister)
{
	return lister->list->bss->cut_short;
}

int lister_owners(struct lister *lister, record_fn fn, void *context)
{
	return run(lister->list->progs.list_owners, -1, sizeof(struct rt_owner), fn, context);
}

int lister_seek(void *source, const struct sought_socket *sockets, size_t count, record_fn fn, void *context)
{
	struct lister *lister = source;
	int map, err = lister->seek ? 0 : load(lister, true, &lister->seek);

	if (err)
		return err == -EINVAL || err == -EACCES ? -EOPNOTSUPP : err;
	map = bpf_map__fd(lister->seek->maps.sought);
	if (!lister->sought)
		err = sought_map(map, &lister->sought);
	if (err)
		return err;
	sought_set(lister->sought, sockets, count);
	err = run(lister->seek->progs.seek_files, -1, sizeof(struct rt_found), fn, context);
	return err ? err : run(lister->seek->progs.seek_sockets, map, sizeof(struct rt_found), fn, context);
}

const struct policy *lister_policy(const struct lister *lister)
{
	return &lister->policy;
}
