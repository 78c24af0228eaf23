/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of attach points and the choice of how to attach each. */
#ifndef REUSETRACE_LINUX_HOOKS_H
#define REUSETRACE_LINUX_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

#include "linux/idle_calls.h"

struct bpf_link;
struct bpf_object;
struct kernel_names;

enum hook_how { HOOK_OFF, HOOK_FENTRY, HOOK_MULTI, HOOK_KPROBE };

enum hook_use {
	USE_REQUIRED = 1 << 0,	  /* without it there is no trace */
	USE_TREE = 1 << 1,	  /* only with -p or COMMAND */
	USE_VERBOSE = 1 << 2,	  /* only with -v */
	USE_CGROUP = 1 << 3,	  /* only with -c */
	USE_EXIT = 1 << 4,	  /* at the return */
	USE_LOCKED = 1 << 5,	  /* BH is off, or few calls matter: fentry/fexit, or a kprobe without */
	USE_TRACEPOINT = 1 << 6,  /* tp_btf: no function to look for */
	USE_DETAIL = 1 << 7,	  /* as that; adds to a record, makes none: no loss if it is skipped */
	USE_CONNECTS = 1 << 10,	  /* only with -v, -P, -p or COMMAND */
	USE_CALLS = 1 << 9,	  /* sees every system call: only with -v, -p or COMMAND */
	USE_MODULE = 1 << 8,	  /* of a security module: only if that is active */
	USE_PROBED = 1 << 11,	  /* for the exits in the next two rows, where those are probes */
	USE_PING = 1 << 16,	  /* only with --proto ping */
	USE_SCTP = 1 << 17,	  /* only with --proto sctp */
	USE_KPROBE = 1 << 18,	  /* of a module, say: only a kprobe program exists */
	USE_DELIVERIES = 1 << 19, /* only with --deliveries */
	USE_UNIX = 1 << 20,	  /* only with --proto unix */
};

struct hook {
	const char *name;     /* programs f_NAME, m_NAME, k_NAME (e_NAME: see twins.bpf.h) */
	const char *function; /* the kernel's */
	int args;	      /* that it must have; other shapes have other hooks */
	unsigned int use;     /* enum hook_use */
	const char *instead;  /* not needed where this function can be attached; USE_MODULE: the module */
	int counter;	      /* enum rt_hook that counts its calls, RT_HOOKS: none */
};

#define ITERATORS_MAX 5
#define HOOKS_MAX     80

struct hooks {
	bool fentry, multi;   /* the kernel can */
	bool refused;	      /* without them: kprobes are not permitted */
	const char *modules;  /* active security modules, "a,b,c"; NULL: not known */
	bool calls_preempted; /* the kernel may preempt what runs at the end of a system call */
	unsigned int wanted;  /* USE_TREE, USE_VERBOSE and the like, as asked for */
	enum hook_how how[HOOKS_MAX];
	bool iterator_off[ITERATORS_MAX]; /* refused by the kernel, or not wanted */
	bool missing[HOOKS_MAX];	  /* was chosen once, and then refused by the kernel */
	bool proven[HOOKS_MAX];		  /* the verifier has accepted the program for how */
	bool iterator_proven[ITERATORS_MAX];
	struct idle_calls idle;
	struct bpf_link *links[HOOKS_MAX];
	struct bpf_link *keepers[HOOKS_MAX]; /* of e_NAME */
};

extern const struct hook hook_table[];
extern const size_t hook_count;

/* First choice for each hook of the table. */
void hooks_choose(struct hooks *hooks, const struct kernel_names *names);

/* Next way for the hook of this program, or off; -ENOENT if a required one has none left. */
int hooks_demote(struct hooks *hooks, const char *program);

/* Autoload just the chosen programs, and the iterators; rest: only those that are not proven. */
void hooks_select(const struct hooks *hooks, struct bpf_object *object, bool rest);

/* The verifier has accepted what was to be loaded before this program; "": all. */
void hooks_prove(struct hooks *hooks, const struct bpf_object *object, const char *refused);

/* Whether every hook that counts there is on. */
bool hooks_see(const struct hooks *hooks, int counter);

/* Attach all; on failure returns the errno and names the program.  -EPERM: another way would not help. */
int hooks_attach(struct hooks *hooks, struct bpf_object *object, const char **ret_program);

void hooks_detach(struct hooks *hooks);

/* Programs skipped and probes missed since they were attached. */
void hooks_missed(const struct hooks *hooks, const struct bpf_object *object, unsigned long long *ret_skipped,
		  unsigned long long *ret_missed);

/* Kprobes stand in for fentry, and the kernel does not tell what they miss (before 6.7). */
bool hooks_uncounted(const struct hooks *hooks);

const char *hook_how_name(const struct hook *hook, enum hook_how how);

#endif
