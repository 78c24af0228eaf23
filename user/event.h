/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records that the BPF programs write and the loader reads.
 *
 * Plain fixed-width fields, host byte order, no pointers.  Units are in the
 * names: _ns is CLOCK_BOOTTIME nanoseconds, _ms is milliseconds.  A record is
 * bounded by sizeof(struct rt_attempt).
 */
#ifndef REUSETRACE_EVENT_H
#define REUSETRACE_EVENT_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define RT_COMM_LEN	  16
#define RT_EXE_LEN	  384 /* components, last first, each ended by a NUL */
#define RT_ADDR_LEN	  16
#define RT_MAX_CONTENDERS 64
#define RT_MAX_OPTIONS	  8
#define RT_MAX_PROGRAMS	  4
#define RT_UP_MAX	  16
#define RT_UID_NONE	  0xffffffffU
#define RT_FD_NONE	  (-1)

enum rt_type {
	RT_BIND = 1,  /* bind(2), io_uring bind, kernel_bind() */
	RT_LISTEN,    /* listen(2), the second verdict; binds by itself if unbound */
	RT_AUTOBIND,  /* UDP connect()/sendto() without bind: inet_autobind() */
	RT_CONNECT,   /* TCP connect() choosing a source port: __inet_hash_connect() */
	RT_SOCKET,    /* socket(2) */
	RT_OPTION,    /* setsockopt(2) with a value that took effect */
	RT_CONNECTED, /* connect(2) returned */
	RT_ACCEPT,    /* accept(2) returned a child */
	RT_CLOSE,     /* the last descriptor went: inet_release() */
	RT_RELEASE,   /* the port went: inet_put_port(), udp_lib_unhash() */
	RT_TW_BEGIN,  /* a TIME_WAIT minisock took the port over */
	RT_TW_END,    /* inet_twsk_kill() */
	RT_HOLDER,    /* a socket found by a snapshot */
	RT_DELIVERY,  /* a member of a shared port got a connection or a datagram */
	RT_UNIX_BIND, /* bind(2) of an AF_UNIX socket returned */
	RT_TYPE_MAX,
};

/* How far an attempt got; the deepest layer that was entered. */
enum rt_stage {
	RT_AT_SYSCALL, /* nothing seen but the system call */
	RT_AT_LSM,     /* security_socket_bind()/_listen() */
	RT_AT_CGROUP,  /* a cgroup's bind program refused */
	RT_AT_ADDRESS, /* past both, before get_port(): address, privilege, state */
	RT_AT_PORT,    /* sk_prot->get_port() */
	RT_AT_POST,    /* get_port() passed */
};

enum rt_sock_flag {
	RT_SK_REUSEPORT = 1 << 0,
	RT_SK_V6ONLY = 1 << 1,
	RT_SK_FREEBIND = 1 << 2,
	RT_SK_TRANSPARENT = 1 << 3,
	RT_SK_NO_PORT = 1 << 4,	      /* IP_BIND_ADDRESS_NO_PORT */
	RT_SK_ORPHAN = 1 << 5,	      /* sk_socket is NULL */
	RT_SK_KERN = 1 << 6,	      /* made by the kernel for itself */
	RT_SK_NO_FILE = 1 << 7,	      /* sk_socket->file is NULL */
	RT_SK_CB = 1 << 8,	      /* has a sock_reuseport */
	RT_SK_CB_PROG = 1 << 9,	      /* ... with a program attached */
	RT_SK_CB_CLOSED = 1 << 10,    /* ... with num_closed_socks != 0 */
	RT_SK_MINI = 1 << 11,	      /* TIME_WAIT or NEW_SYN_RECV: only sock_common is valid */
	RT_SK_MPTCP = 1 << 12,	      /* an MPTCP socket or its subflow */
	RT_SK_CONNECT_BIND = 1 << 13, /* port chosen by connect() (>= 6.18 says so itself) */
	RT_SK_CULPRIT = 1 << 14,      /* the kernel's last comparison before it refused */
	RT_SK_KNOWN = 1 << 15,	      /* bound_* is valid: seen binding or in the snapshot */
	RT_SK_ADDR_LOCK = 1 << 16,    /* SOCK_BINDADDR_LOCK */
	RT_SK_DEAD = 1 << 18, /* SOCK_DEAD: closed by its process; without it and orphan: not accepted yet */
	RT_SK_ACCEPTED = 1 << 19,  /* accept() returned it while it was watched */
	RT_SK_PORT_LOCK = 1 << 17, /* SOCK_BINDPORT_LOCK: port was asked for by number */
	RT_SK_RAW = 1 << 20,	   /* SOCK_RAW: its port is the number of its protocol */
	RT_SK_BLIND = 1 << 21,	   /* not from BPF: reuse, the reuse flags and the options are not known */
};

struct rt_sock {
	__u64 key;	  /* address of the struct sock: identity, never printed */
	__u64 cookie;	  /* skc_cookie, 0 if never generated */
	__u64 inode;	  /* of the socket's file, 0 if none */
	__u64 bound_ns;	  /* when it bound; 0: before the trace began */
	__u64 cgroup;	  /* id of the one it was made in, of contenders and holders; 0 unknown */
	__u32 flags;	  /* enum rt_sock_flag */
	__u32 netns;	  /* net->ns.inum */
	__u32 uid;	  /* sk_uid in the initial user namespace, RT_UID_NONE if unknown */
	__u32 bound_tgid; /* who bound it, 0 if unknown */
	__s32 ifindex;	  /* sk_bound_dev_if */
	__u32 left_ms;	  /* TIME_WAIT: until the timer fires */
	__u32 group_id;	  /* reuseport_id of its group, 0 if none */
	__u16 group_size; /* num_socks */
	__u16 family;	  /* AF_INET, AF_INET6 */
	__u16 protocol;	  /* IPPROTO_* */
	__u16 port;	  /* host order, skc_num */
	__u16 peer_port;  /* host order */
	__u8 state;	  /* TCP_ESTABLISHED ... as in the kernel */
	__u8 substate;	  /* TIME_WAIT: tw_substate */
	__u8 reuse;	  /* sk_reuse: 0, 1 or 2 (SK_FORCE_REUSE) */
	__u8 pad[3];
	char bound_comm[RT_COMM_LEN];
	__u8 addr[RT_ADDR_LEN]; /* IPv4: first four bytes */
	__u8 peer[RT_ADDR_LEN];
};

struct rt_process {
	__u64 start_ns; /* group leader's start time */
	__u64 cgroup;	/* cgroup v2 id */
	__u32 tgid;
	__u32 tid;
	__u32 ppid;
	__u32 nspid; /* tgid in the process's own pid namespace */
	__u32 uid;   /* real uid, initial user namespace */
	__u32 pad;
	char comm[RT_COMM_LEN];
};

struct rt_header {
	__u32 size; /* of the whole record */
	__u16 type; /* enum rt_type */
	__u16 pad;
	__u64 time_ns;
	struct rt_process process;
};

struct rt_bucket {
	__u32 fastuid;
	__u32 l3mdev;
	__u32 slot_count; /* UDP: sockets in the primary hash slot */
	__u16 fast_family;
	__u16 port;
	__s8 fastreuse;
	__s8 fastreuseport;
	__u8 fast_v6only;
	__u8 present; /* a bucket with owners was there */
	__u8 fast_addr[RT_ADDR_LEN];
};

struct rt_option {
	__u64 time_ns;
	__s32 level;
	__s32 name;
	__s32 value;  /* the value that took effect, read back from the socket */
	__s32 result; /* 0 or a negative errno */
};

/* Security modules with a hook for bind(); the loader has their names. */
enum rt_lsm {
	RT_LSM_UNKNOWN,
	RT_LSM_SELINUX,
	RT_LSM_SMACK,
	RT_LSM_TOMOYO,
	RT_LSM_APPARMOR,
	RT_LSM_LANDLOCK,
	RT_LSM_BPF,
	RT_LSMS,
};

enum rt_refusal_flag {
	RT_REFUSED_CAPABLE = 1 << 0,  /* the caller's effective set has CAP_NET_BIND_SERVICE */
	RT_REFUSED_NONLOCAL = 1 << 1, /* ip_nonlocal_bind of the netns and the address's family */
	RT_REFUSED_SECCOMP = 1 << 2,  /* the system call never ran, and the task has a seccomp filter */
	RT_REWRITTEN = 1 << 3,	      /* a cgroup program changed address or port: new_* */
	RT_KEEPS_PORT = 1 << 4,	      /* refused by a post-bind program, and the socket still has the port */
};

struct rt_program {
	__u32 id;
	char name[RT_COMM_LEN];
};

/* Evidence beside the port table: all zero where an attempt went well and nothing was changed. */
struct rt_refusal {
	__u64 cgroup;	      /* id of the socket's cgroup, for which programs[] are in effect */
	__u32 program_count;  /* of the hook that was reached last, also those that did not fit */
	__u32 lsm;	      /* enum rt_lsm: whose hook refused */
	__u32 user_ns;	      /* inode of the caller's user namespace */
	__u32 net_user_ns;    /* of the one that owns the network namespace */
	__u16 flags;	      /* enum rt_refusal_flag */
	__u16 new_port;	      /* host order */
	__u16 own_lo, own_hi; /* IP_LOCAL_PORT_RANGE, 0: not set */
	__u8 new_addr[RT_ADDR_LEN];
	struct rt_program programs[RT_MAX_PROGRAMS];
	__u8 program_up[RT_MAX_PROGRAMS]; /* attached so many levels above the cgroup, RT_UP_MAX: or more */
	__u32 pad;
};

/*
 * RT_BIND, RT_LISTEN, RT_AUTOBIND, RT_CONNECT.  In the ring, one without a
 * refusal and contenders ends with its last option, and they follow the bytes
 * of exe[] that say something: most attempts are told in a third of the room.
 */
struct rt_attempt {
	struct rt_header header;
	struct rt_sock binder; /* as get_port() saw it, else as at the end */
	struct rt_bucket bucket;
	__u64 took_ns;
	__s32 result;		  /* 0 or a negative errno */
	__s32 addrlen;		  /* as given; -1 if no address was given */
	__u32 stage;		  /* enum rt_stage */
	__u32 range_lo, range_hi; /* the ports bind(0) may choose from */
	__u32 unprivileged_start; /* ip_unprivileged_port_start of the netns */
	__u32 option_count;	  /* valid in options[] */
	__u32 contenders_total;	  /* seen, also those that did not fit */
	__u32 contender_count;	  /* valid in contenders[] */
	__u16 requested_family;	  /* sa_family as given */
	__u16 requested_port;
	__u16 entry_port; /* skc_num before the call: already bound */
	__u8 entry_state;
	__u8 autobind_reuse; /* net.ipv4.ip_autobind_reuse */
	__u8 l3mdev_accept;  /* net.ipv4.tcp_l3mdev_accept or udp_ */
	__u8 truncated;	     /* the walk hit its limit */
	__u8 kernel_call;    /* no system call: kernel_bind() and the like */
	__u8 shares;	     /* with --deliveries: a contender may get what is sent to the binder */
	__u8 requested_addr[RT_ADDR_LEN];
	__u32 requested_scope; /* sin6_scope_id */
	__u16 asked_port;      /* of get_port(), 0: any */
	__u16 exe_room;	       /* bytes of exe[] that say something, a multiple of 8 */
	__s32 fd;	       /* RT_FD_NONE if unknown */
	__u32 pad3;
	char exe[RT_EXE_LEN];			  /* from mm->exe_file; see RT_EXE_LEN */
	struct rt_option options[RT_MAX_OPTIONS]; /* newest last */
	struct rt_refusal refusal;
	struct rt_sock contenders[RT_MAX_CONTENDERS];
};

/* RT_SOCKET, RT_OPTION, RT_ACCEPT, RT_CLOSE, RT_RELEASE, RT_TW_*, RT_CONNECTED; and a part of RT_HOLDER */
struct rt_life {
	struct rt_header header;
	struct rt_sock sock;
	struct rt_option option; /* RT_OPTION */
	__s32 result;		 /* 0 or a negative errno */
	__s32 fd;		 /* RT_SOCKET, RT_ACCEPT, RT_HOLDER */
	__u32 wanted;		 /* RT_HOLDER: it passes the filters */
	__u32 cloexec;		 /* RT_HOLDER: the descriptor does not survive exec */
};

/* RT_HOLDER, from the iterator */
struct rt_holder {
	struct rt_life life;
	char exe[RT_EXE_LEN];
};

/* How a socket is held to which no descriptor leads. */
enum rt_found_how {
	RT_FOUND_ALIVE,	 /* it has its port still */
	RT_FOUND_DEVICE, /* a net device's private data points to its sk_user_data */
	RT_FOUND_QUEUE,	 /* a descriptor of it is in the receive queue of a unix socket */
	RT_FOUND_RING,	 /* a fixed file of an io_uring */
};

/* Looked up on request, from iterators; never in the ring. */
struct rt_found {
	struct rt_header header; /* QUEUE, RING: who has the unix socket or the ring */
	__u64 key;		 /* the socket's */
	__u64 inode;
	__u64 function; /* ALIVE: what is called when data comes: address, never printed */
	__u32 how;	/* enum rt_found_how */
	__s32 fd;	/* QUEUE, RING: of the unix socket or the ring */
	__u32 index;	/* RING: of the fixed file */
	__s32 ifindex;	/* DEVICE */
	char device[16];
	char exe[RT_EXE_LEN];
};

/* RT_DELIVERY; its header names no process */
struct rt_delivery {
	struct rt_header header;
	struct rt_sock sock; /* the member: a listener or a datagram socket */
	__u16 family;	     /* of from and to */
	__u16 from_port;     /* host order */
	__u16 to_port;
	__u16 pad;
	__u8 from[RT_ADDR_LEN];
	__u8 to[RT_ADDR_LEN];
};

#define RT_UNIX_LEN 108 /* sun_path */

/* Whether a process has CAP_DAC_OVERRIDE. */
enum rt_overrides {
	RT_OVERRIDES_NONE,
	RT_OVERRIDES_ALL,    /* in the initial user namespace */
	RT_OVERRIDES_MAPPED, /* in another one: for files whose owner and group that one has */
};

/* RT_UNIX_BIND; sock.protocol is the socket's type (SOCK_STREAM ...) */
struct rt_unix {
	struct rt_header header;
	struct rt_sock sock;
	__s32 result;	 /* 0 or a negative errno */
	__s32 addrlen;	 /* as given */
	__u32 mntns;	 /* of the process: where its paths begin */
	__u32 fsuid;	 /* whose rights it has on files */
	__u32 overrides; /* enum rt_overrides */
	__u16 length;	 /* valid in name[] */
	__u8 passed;	 /* the LSM let it pass */
	__u8 bound;	 /* had a name before the call */
	__u32 lsm;	 /* enum rt_lsm, of a refusal */
	__u32 pad;
	__u64 end_ns;	/* when the call returned */
	char name[112]; /* sun_path; an abstract one begins with a NUL */
	char exe[RT_EXE_LEN];
	char cwd[RT_EXE_LEN]; /* as exe: components, last first */
};

/* From the iterator over named unix sockets; sock.bound_ns: when bind() was called, 0: not seen */
struct rt_unix_holder {
	struct rt_header header;
	struct rt_sock sock;
	__u64 file_inode;  /* of the path it is bound to, 0: abstract */
	__u32 file_device; /* the kernel's dev_t: 12 bits major, 20 bits minor */
	__s32 fd;
	__u16 length; /* valid in name[] */
	__u16 pad[3];
	char name[112];
	char exe[RT_EXE_LEN];
};

_Static_assert(sizeof(struct rt_unix) % 8 == 0, "rt_unix layout");
_Static_assert(sizeof(struct rt_unix_holder) % 8 == 0, "rt_unix_holder layout");

#define RT_ATTEMPT_FIXED __builtin_offsetof(struct rt_attempt, contenders)
#define RT_ATTEMPT_SHORT __builtin_offsetof(struct rt_attempt, exe)

_Static_assert(sizeof(struct rt_sock) == 136, "rt_sock layout");
_Static_assert(sizeof(struct rt_process) == 56, "rt_process layout");
_Static_assert(sizeof(struct rt_header) == 72, "rt_header layout");
_Static_assert(sizeof(struct rt_option) == 24, "rt_option layout");
_Static_assert(sizeof(struct rt_refusal) == 136, "rt_refusal layout");
_Static_assert(sizeof(struct rt_attempt) % 8 == 0, "rt_attempt layout");
_Static_assert(RT_ATTEMPT_SHORT % 8 == 0, "rt_attempt layout");
_Static_assert(__builtin_offsetof(struct rt_attempt, options) == RT_ATTEMPT_SHORT + RT_EXE_LEN,
	       "options may follow exe at once");
_Static_assert(sizeof(struct rt_delivery) % 8 == 0, "rt_delivery layout");
_Static_assert(sizeof(struct rt_life) % 8 == 0, "rt_life layout");
_Static_assert(sizeof(struct rt_found) % 8 == 0, "rt_found layout");

#endif
