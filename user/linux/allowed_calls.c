/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/allowed_calls.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/nsfs.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "linux/confine.h"

#define TRACER	ROLE_TRACER
#define WRITER	ROLE_WRITER
#define ASKER	ROLE_ASKER
#define JOURNAL ROLE_JOURNAL
#define LOOKER	ROLE_LOOKER
#define SIGNALS ROLE_SIGNALS
#define ALL	(ROLE_TRACER | ROLE_LOOKER)

#define CALL(name, roles)                                                                                    \
	{                                                                                                    \
		SCMP_SYS(name), roles, 0, 0, 0                                                               \
	}
#define ONLY(name, roles, argument, of, equal)                                                               \
	{                                                                                                    \
		SCMP_SYS(name), roles, 1 + (argument), of, equal                                             \
	}
#define COMMAND(name, roles) ONLY(bpf, roles, 0, UINT32_MAX, name)
#define REQUEST(name, roles) ONLY(ioctl, roles, 1, UINT32_MAX, name)

/* TCGETS2, whose own definition takes a type of a header that does not go with the C library's. */
#define TERMIOS2_GET 0x802c542a

/* Opened to be read, and there already. */
#define TO_READ (O_ACCMODE | O_CREAT | O_TRUNC)

const struct allowed_call allowed_calls[] = {
	/* reading and writing what is open */
	CALL(read, ALL),
	CALL(readv, ALL),
	CALL(pread64, ALL),
	CALL(write, ALL),
	CALL(writev, ALL),
	CALL(lseek, ALL),
	CALL(close, ALL),
	CALL(fcntl, ALL),
	CALL(ftruncate, TRACER),
	CALL(fsync, TRACER),
	CALL(fdatasync, TRACER),
	REQUEST(TCGETS, ALL),			 /* isatty(); nothing is typed into a terminal */
	REQUEST(TERMIOS2_GET, ALL),		 /* since glibc 2.42 */
	REQUEST(SIOCGIFNAME, ALL),		 /* if_indextoname() */
	REQUEST(PERF_EVENT_IOC_DISABLE, TRACER), /* detaches a kprobe */
	REQUEST(SIOCGIFFLAGS, LOOKER),
	REQUEST(NS_GET_NSTYPE, ALL),
	/* files */
	ONLY(open, ALL, 1, TO_READ, O_RDONLY),
	ONLY(openat, ALL, 2, TO_READ, O_RDONLY),
	CALL(stat, ALL),
	CALL(lstat, ALL),
	CALL(fstat, ALL),
	CALL(newfstatat, ALL),
	CALL(statx, ALL),
	CALL(fstatfs, ALL),
	CALL(access, ALL),
	CALL(faccessat, ALL),
	CALL(faccessat2, ALL),
	CALL(readlink, ALL),
	CALL(readlinkat, ALL),
	CALL(getdents64, ALL),
	CALL(getcwd, ALL),
	/* memory */
	CALL(brk, ALL),
	ONLY(mmap, ALL, 2, PROT_EXEC, 0), /* no code comes to what is there */
	CALL(munmap, ALL),
	CALL(mremap, ALL),
	ONLY(mprotect, ALL, 2, PROT_EXEC, 0),
	CALL(madvise, ALL),
	/* waiting */
	CALL(epoll_wait, TRACER),
	CALL(epoll_pwait, TRACER),
	CALL(poll, ALL),
	CALL(ppoll, ALL),
	CALL(futex, ALL),
	CALL(restart_syscall, ALL),
	CALL(nanosleep, TRACER),
	CALL(clock_nanosleep, TRACER),
	CALL(wait4, TRACER), /* for COMMAND and for the looker */
	/* itself */
	CALL(clock_gettime, ALL),
	CALL(gettimeofday, ALL),
	CALL(getpid, ALL),
	CALL(gettid, ALL),
	CALL(getuid, ALL),
	CALL(geteuid, ALL),
	CALL(getgid, ALL),
	CALL(getegid, ALL),
	CALL(getrandom, ALL),
	CALL(uname, ALL),
	CALL(sysinfo, ALL),			/* qsort() */
	ONLY(prlimit64, ALL, 0, UINT32_MAX, 0), /* getrlimit() */
	CALL(rt_sigaction, ALL),
	CALL(rt_sigprocmask, ALL),
	CALL(rt_sigreturn, ALL),
	CALL(sigaltstack, ALL),
	ONLY(tgkill, ALL, 0, UINT32_MAX, OWN_PID), /* abort() */
	CALL(exit, ALL),
	CALL(exit_group, ALL),
	/* the socket to the looker, and others below */
	CALL(sendto, ALL),
	CALL(sendmsg, ALL),
	CALL(recvfrom, ALL),
	CALL(recvmsg, ALL),
	ONLY(socket, ALL, 0, UINT32_MAX, AF_UNIX), /* if_indextoname() */
	/* maps and iterators: nothing is loaded, attached or opened by its number any more */
	COMMAND(BPF_MAP_LOOKUP_ELEM, TRACER),
	COMMAND(BPF_MAP_UPDATE_ELEM, TRACER),
	COMMAND(BPF_MAP_DELETE_ELEM, TRACER),
	COMMAND(BPF_MAP_GET_NEXT_KEY, TRACER),
	COMMAND(BPF_OBJ_GET_INFO_BY_FD, TRACER),
	COMMAND(BPF_ITER_CREATE, TRACER),
	/* SQLite's files, and one that is replaced at once */
	CALL(open, WRITER),
	CALL(openat, WRITER),
	CALL(pwrite64, WRITER),
	CALL(flock, WRITER),
	CALL(fallocate, WRITER),
	CALL(unlink, WRITER),
	CALL(unlinkat, WRITER),
	CALL(rename, WRITER),
	CALL(renameat, WRITER),
	CALL(renameat2, WRITER),
	CALL(fchmod, WRITER),
	CALL(fchown, WRITER),
	/* container runtimes; sd_journal_sendv(), which passes what is long as a file */
	CALL(connect, ASKER),
	CALL(setsockopt, ASKER | JOURNAL),
	CALL(getsockopt, JOURNAL),
	CALL(memfd_create, JOURNAL),
	/* other network namespaces: a thread enters one and asks there */
	ONLY(setns, LOOKER, 1, UINT32_MAX, CLONE_NEWNET),
	ONLY(socket, LOOKER, 0, UINT32_MAX, AF_NETLINK),
	CALL(clone, LOOKER),
	CALL(clone3, LOOKER),
	CALL(set_robust_list, LOOKER),
	CALL(rseq, LOOKER),
	CALL(sched_getaffinity, LOOKER),
	/* paths of other processes, and of cgroups */
	CALL(openat2, LOOKER),
	ONLY(open_by_handle_at, LOOKER, 2, TO_READ, O_RDONLY),
	/* COMMAND of another user */
	CALL(kill, SIGNALS),
	CALL(getppid, SIGNALS),
#if defined(__SANITIZE_ADDRESS__)
	/* LeakSanitizer stops the process from another thread and looks through it */
	CALL(clone, TRACER),
	CALL(ptrace, ALL),
	CALL(prctl, ALL),
	CALL(process_vm_readv, ALL),
	CALL(sched_yield, ALL),
	CALL(getppid, ALL),
	CALL(wait4, LOOKER),
	CALL(dup, ALL),
	CALL(pipe, ALL),
	CALL(arch_prctl, ALL),
	CALL(sched_getaffinity, TRACER),
	CALL(getdents, ALL),
#endif
};

const size_t allowed_call_count = sizeof(allowed_calls) / sizeof(allowed_calls[0]);
