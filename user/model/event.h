/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct event: what every source becomes and every view is given.
 *
 * Sources fill facts; rules fill the verdict; views read.  Nothing in here
 * is specific to one operating system.  Absent is said, never guessed:
 * uid NONE, port 0 with has_port false, empty strings, null pointers.
 *
 * Ownership: an event owns its holders array and each holder its owners and
 * places arrays; event_clear() frees them.  Strings are inline and bounded.
 */
#ifndef REUSETRACE_MODEL_EVENT_H
#define REUSETRACE_MODEL_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UID_NONE      UINT32_MAX
#define COMM_LEN      16
#define EXE_LEN	      256
#define CGROUP_LEN    512
#define UNIT_LEN      256
#define CONTAINER_LEN 128
#define TARGET_LEN    64
#define DEVICE_LEN    16

enum event_type {
	EVENT_HOLDER,
	EVENT_SOCKET,
	EVENT_OPTION,
	EVENT_BIND,
	EVENT_LISTEN,
	EVENT_AUTOBIND,
	EVENT_CONNECT,
	EVENT_ACCEPT,
	EVENT_CLOSE,
	EVENT_RELEASE,
	EVENT_DELIVERY, /* of a connection or a datagram to a member of a shared port */
	EVENT_WHY,	/* what a bind would get that nobody makes */
	EVENT_FINDING,	/* something that nobody asked about and somebody should know */
	EVENT_GAP,	/* a port changed hands */
	EVENT_TYPE_MAX
};

/* Address families by name, not by a system's number. */
enum family { FAMILY_NONE, FAMILY_IPV4, FAMILY_IPV6, FAMILY_OTHER, FAMILY_UNIX };

enum protocol {
	PROTO_NONE,
	PROTO_TCP,
	PROTO_UDP,
	PROTO_MPTCP,
	PROTO_SCTP,
	PROTO_PING,
	PROTO_RAW,
	PROTO_UNIX,
	PROTO_OTHER
};

enum sock_state {
	STATE_UNKNOWN,
	STATE_BOUND /* bound, neither listening nor connected */,
	STATE_LISTEN,
	STATE_SYN_SENT,
	STATE_SYN_RECV,
	STATE_ESTABLISHED,
	STATE_FIN_WAIT1,
	STATE_FIN_WAIT2,
	STATE_TIME_WAIT,
	STATE_CLOSE_WAIT,
	STATE_LAST_ACK,
	STATE_CLOSING,
	STATE_MAX
};

enum holder_kind {
	KIND_UNKNOWN,
	KIND_PROCESS,
	KIND_TIME_WAIT,
	KIND_ORPHAN,
	KIND_KERNEL,
	KIND_IN_FLIGHT,
	KIND_GONE,
	KIND_MAX
};

struct address {
	enum family family;
	uint32_t scope;	   /* IPv6 scope id, 0 if none */
	uint8_t bytes[16]; /* IPv4: first four; a mapped address keeps family IPV6 */
};

struct sock_options {
	bool reuseaddr;
	bool reuseport;
	bool force_reuse; /* TCP_REPAIR's SK_FORCE_REUSE */
	bool v6only;
	bool freebind;
	bool transparent;
	bool bind_address_no_port;
};

/* How a fact became known.  Linux's are observed. */
enum provenance {
	FROM_OBSERVED, /* an event said so */
	FROM_QUERIED,  /* a table said so, at another time */
	FROM_INFERRED, /* it follows from what was observed */
	FROM_ASSUMED,  /* the default; nothing was seen */
	PROVENANCE_MAX
};

enum fact {
	FACT_PROTOCOL,
	FACT_ADDRESS,
	FACT_OPTIONS, /* reuseaddr and struct winsock_options */
	FACT_V6ONLY,
	FACT_USER,
	FACT_PROCESS,
	FACT_MAX
};

/* What Winsock has beyond struct sock_options (ws2def.h, mstcpip.h). */
struct winsock_options {
	bool exclusive;		  /* SO_EXCLUSIVEADDRUSE */
	bool randomize_port;	  /* SO_RANDOMIZE_PORT */
	bool port_scalability;	  /* SO_PORT_SCALABILITY */
	bool reuse_unicastport;	  /* SO_REUSE_UNICASTPORT */
	bool reuse_multicastport; /* SO_REUSE_MULTICASTPORT */
};

enum unix_type { UNIX_OTHER, UNIX_STREAM, UNIX_DATAGRAM, UNIX_SEQPACKET, UNIX_TYPE_MAX };

struct sock_info {
	uint64_t id;	    /* number of this recording ("s17"), 0 if none yet */
	uint64_t inode;	    /* 0: none */
	uint32_t netns;	    /* 0: unknown */
	uint64_t cgroup_id; /* of whoever made it, 0: unknown */
	uint32_t uid;	    /* of the socket (sk_uid), UID_NONE if unknown */
	enum protocol protocol;
	enum family family;
	enum sock_state state;
	struct address address; /* local */
	struct address peer;	/* family NONE: no peer */
	uint16_t port;		/* 0: none */
	uint16_t peer_port;
	uint32_t ifindex;	 /* bound device, 0: none */
	char device[DEVICE_LEN]; /* its name, "" if unknown */
	uint32_t vrf;		 /* ifindex of the VRF it belongs to, 0: none */
	struct sock_options options;
	enum unix_type unix_type; /* of AF_UNIX */
	bool blind;		  /* the options are not known, all are false */
	bool winsock;		  /* a socket of Windows: uid is the last part of its user's SID */
	struct winsock_options winsock_options;
	uint8_t from[FACT_MAX]; /* enum provenance */
	/* facts that decide sharing and are not options */
	bool orphan;	    /* no process can reach it: sk_socket is NULL */
	bool unaccepted;    /* orphan only because accept() has not taken it yet */
	bool kernel;	    /* made by the kernel for itself */
	bool subflow;	    /* a TCP socket that carries an MPTCP one */
	bool minisock;	    /* TIME_WAIT: no uid, no inode */
	bool fin_wait2;	    /* ... in substate FIN_WAIT2: the peer has not closed yet */
	bool port_chosen;   /* the port was not asked for by number (no SOCK_BINDPORT_LOCK) */
	bool connect_bound; /* the port was chosen by connect() */
	bool accepted;	    /* child of a listener: connected, not by connect() */
	bool group_own;	    /* has a sock_reuseport */
	bool group_program; /* ... with a BPF program that selects */
	bool group_closed;  /* ... with closed members (num_closed_socks) */
	uint32_t group_id;  /* 0: none */
	uint32_t group_size;
};

/* Where a process runs; "" where unknown or in none. */
struct place {
	char unit[UNIT_LEN];		    /* of systemd */
	char container[CONTAINER_LEN];	    /* its id, or its name if it has no other */
	char container_name[CONTAINER_LEN]; /* from the runtime, on request only */
	char serves[CONTAINER_LEN];	    /* the container that it proxies or watches from outside */
	char target[TARGET_LEN];	    /* where it forwards to, "172.17.0.2:80" */
	char passed_as[UNIT_LEN];	    /* what systemd calls the descriptor that it passed to its unit */
	const char *task; /* what a runtime's helper does for its container, NULL: no helper */
};

struct proc_info {
	uint32_t pid, tid, ppid, nspid; /* pid 0: unknown */
	uint32_t uid;			/* real */
	uint64_t cgroup_id;
	uint64_t start_ns; /* of its first thread, CLOCK_BOOTTIME; 0: unknown */
	char comm[COMM_LEN];
	char exe[EXE_LEN];
	char cgroup[CGROUP_LEN]; /* path below the cgroup root, "" if unknown */
	struct place place;
};

/* What a process has of a holder. */
enum owner_how {
	OWNER_DESCRIPTOR, /* fd is it */
	OWNER_RING,	  /* fixed file `index` of the io_uring at fd */
	OWNER_QUEUE,	  /* the unix socket at fd, in whose receive queue a descriptor of it is */
	OWNER_LISTENER,	  /* the listener at fd, in whose accept queue it waits */
	OWNER_HOW_MAX
};

/* How it came to that. */
enum owner_got {
	GOT_UNKNOWN,
	GOT_BOUND,     /* it bound the socket */
	GOT_INHERITED, /* it began after another process had bound it */
	GOT_PASSED,    /* it was there before another process bound it */
	GOT_MAX
};

/* What its process is to the one that asks for the port. */
enum owner_relation {
	RELATION_NONE, /* no kin, or unknown */
	RELATION_SELF,
	RELATION_PARENT,  /* ... of the one that asks */
	RELATION_CHILD,	  /* ... of the one that asks */
	RELATION_SIBLING, /* of one parent, which is not the machine's first process */
	RELATION_MAX
};

struct owner { /* a process through which a holder can be reached */
	uint32_t pid;
	int32_t fd;		   /* -1 unknown */
	uint64_t cgroup_id;	   /* 0: unknown */
	const struct place *place; /* in its holder's places; NULL: not looked up */
	uint32_t nspid;		   /* in its own pid namespace, 0 unknown */
	uint32_t ppid;		   /* 0 unknown */
	enum owner_how how;
	uint32_t index;
	enum owner_got got;
	enum owner_relation relation;
	bool survives_exec; /* the descriptor lacks FD_CLOEXEC */
	uint64_t start_ns;  /* of the process, CLOCK_BOOTTIME; 0 unknown */
	char comm[COMM_LEN];
	char exe[EXE_LEN];
};

#define SYMBOL_LEN     64
#define HOLDER_DEVICES 4

struct device {
	uint32_t ifindex;
	char name[DEVICE_LEN];
};

/* What a socket of the kernel's own is for. */
struct kernel_use {
	char function[SYMBOL_LEN];	       /* called when data comes: "vxlan_rcv", "" if unknown */
	char module[SYMBOL_LEN];	       /* it is in, "" for the kernel proper */
	struct device devices[HOLDER_DEVICES]; /* whose traffic goes through it */
	size_t device_count;
};

struct holder {
	struct sock_info sock;
	struct kernel_use kernel;
	enum holder_kind kind;
	bool compared;		   /* the kernel's own last comparison */
	bool culprit;		   /* the same before judge(), which may find another one */
	uint32_t place;		   /* in the kernel's order: judge() moves the culprit */
	int reason;		   /* enum rule_id: why it does or does not conflict */
	uint64_t since_ns;	   /* CLOCK_BOOTTIME; 0: before the trace began */
	bool older;		   /* bound before the trace began */
	int64_t expires_ms;	   /* TIME_WAIT; -1: does not apply */
	int64_t released_after_ns; /* gone: how long after the attempt; -1 unknown */
	struct owner bound_by;	   /* pid 0: unknown */
	unsigned int differs;	   /* enum difference, of a holder that shares the port */
	bool binder_ended;	   /* bound_by is no process any more */
	bool outside;		   /* held by a process that the tracer's pid namespace does not show */
	struct owner *owners;
	size_t owner_count;
	struct place *places; /* one an owner, one for bound_by and one for made_in; NULL: not looked up */
	const struct place *made_in; /* where the socket was made; NULL: not looked up */
};

/* In what the two parties that share a port differ; none: workers of one program. */
enum difference { DIFFERS_EXECUTABLE = 1, DIFFERS_UID = 2, DIFFERS_UNIT = 4, DIFFERS_ALL = 7 };

/* What became of a port that a socket had. */
enum release { RELEASE_PORT, RELEASE_TIME_WAIT_BEGIN, RELEASE_TIME_WAIT_END, RELEASE_MAX };

enum stage { /* result.stage of a refusal: how far it got */
	     STAGE_NONE,
	     STAGE_SYSCALL,
	     STAGE_SECCOMP,
	     STAGE_LSM,
	     STAGE_CGROUP,
	     STAGE_ADDRESS,
	     STAGE_PRIVILEGE,
	     STAGE_STATE,
	     STAGE_PORT,
	     STAGE_POST_BIND,
	     STAGE_LISTEN,
	     STAGE_MAX
};

struct bucket_facts { /* TCP: struct inet_bind_bucket before the attempt changed it */
	bool present;
	int fastreuse;	   /* -1, 0, 1 */
	int fastreuseport; /* -1, 0, 1 any, 2 strict */
	uint32_t fastuid;
	struct address fast_address;
	bool fast_v6only;
	uint32_t l3mdev;
	uint32_t slot_count; /* UDP: sockets in the primary slot */
};

/* Semantic facts that differ between kernels, detected by feature. */
struct policy {
	bool orphan_uid_root;	/* <= 6.16 sock_i_uid(): an orphan counts as uid 0 */
	bool closed_group_ok;	/* >= 5.14: a group with closed members does not block */
	bool fast_cache_live;	/* <= 6.7: tb->fastreuse is maintained */
	bool bhash2_native;	/* 6.1 .. 6.7: bhash2 keyed by family and native address */
	bool udp_slot_blind;	/* before 6.19 and its backports: see linux_udp.c */
	bool connect_bind_flag; /* >= 6.17.8 SOCK_CONNECT_BIND tells ports chosen by connect() */
};

struct verdict {
	int rule;	/* enum rule_id */
	int agrees;	/* 1 yes, 0 no, -1 nothing was predicted */
	int culprit;	/* index into holders, -1 none */
	char text[512]; /* one sentence */
	char fix[4][256];
	size_t fix_count;
	char delivery[256];   /* who answers, for a shared port; "" otherwise */
	char lacks[128];      /* which side lacks what, "" if it does not apply */
	unsigned int differs; /* enum difference: an accepted attempt shares its port with a stranger */
};

enum finding_kind {
	FINDING_SHARED_PORT, /* an accepted bind shares its port with a stranger */
	FINDING_LIVES_ON,    /* refused, alive, and without a listener */
	FINDING_MAX
};

/* EVENT_FINDING; the process and socket of the event are those of the attempt it is about. */
struct event_finding {
	enum finding_kind kind;
	uint64_t attempt;  /* seq of the (last) attempt */
	uint32_t attempts; /* how many there were */
	char text[512];	   /* one sentence */
};

enum takeover { TAKEOVER_NONE, TAKEOVER_REUSEPORT, TAKEOVER_INHERITED, TAKEOVER_MAX };

/* EVENT_GAP; the process and socket of the event are the new hands. */
struct event_gap {
	enum takeover takeover; /* none: there was a gap */
	uint64_t released_ns;	/* by whoever had it before; 0: the socket is the same */
	uint64_t bound_ns;	/* the new socket; 0: before the trace began */
	uint64_t served_ns;	/* since when it listens; UDP: the same as bound_ns */
	uint64_t gap_ns;	/* nobody served the port */
	uint64_t overlap_ns;	/* both did */
	uint32_t before_pid;	/* who bound it before, 0: unknown */
	char before_comm[COMM_LEN];
	char before_exe[EXE_LEN];
	char text[256]; /* one sentence */
};

/* What another system would have answered to this attempt (--compare); strings are constants. */
struct comparison {
	const char *system; /* "windows"; NULL: nothing was compared */
	bool known;	    /* false: no source says */
	bool ok;
	const char *error; /* "WSAEADDRINUSE or WSAEACCES", NULL if accepted or unknown */
	int code;	   /* its number there, 0 if it has none or two */
	const char *rule, *text, *source;
	const char *delivery;	/* NULL: nobody shares */
	int holder;		/* index into holders, -1 none */
	uint8_t from[FACT_MAX]; /* enum provenance of this socket's facts, for that system */
	const char *ignored[4]; /* options that mean nothing there, up to a NULL */
};

/* EVENT_DELIVERY: the socket of the event is the member that got it, its peer is the sender. */
struct delivery {
	struct address to; /* as it was sent to */
	uint16_t to_port;
	uint64_t number; /* of those that this member got */
};

struct delivery_total {
	struct sock_info sock; /* the member */
	struct owner owner;    /* a process that has it, pid 0: unknown */
	uint64_t count;
	bool shared;
};

#define UNIX_PATH_LEN 112

/* What is at the path that was refused. */
enum obstacle {
	OBSTACLE_UNKNOWN, /* could not be looked up */
	OBSTACLE_NONE,	  /* nothing any more */
	OBSTACLE_SOCKET,
	OBSTACLE_FILE,
	OBSTACLE_DIRECTORY,
	OBSTACLE_LINK,
	OBSTACLE_OTHER, /* a pipe, a device */
	OBSTACLE_MAX
};

/* Why no file could be made in a directory. */
enum path_fault {
	FAULT_NONE,
	FAULT_MISSING,
	FAULT_NOT_DIRECTORY,
	FAULT_SEARCH, /* its mode does not let the process through */
	FAULT_WRITE,  /* ... does not let it make files */
	FAULT_READ_ONLY,
	FAULT_MAX
};

/* Facts that only an attempt on an AF_UNIX socket has. */
struct unix_facts {
	char path[UNIX_PATH_LEN]; /* as it was given; an abstract name with '@' for each NUL; "": none */
	bool abstract;
	bool bound;    /* had a name before the call */
	bool replaced; /* what is there now came after the refusal */
	bool hidden;   /* somebody may have it whom the look-up could not see */
	enum obstacle obstacle;
	enum path_fault fault;
	char directory[EXE_LEN]; /* the one at fault, else the last on the path that was looked at; "": none
				  */
	uint32_t directory_mode; /* of FAULT_SEARCH and FAULT_WRITE: permission bits */
	uint32_t directory_uid;
	uint32_t fsuid; /* of the process */
	bool overrides; /* it has CAP_DAC_OVERRIDE over all files: no mode keeps it out */
};

struct option_change {
	char name[40]; /* "SO_REUSEADDR" */
	int64_t value;
	int result; /* 0 or a negative errno */
	uint64_t time_ns;
};

/* Which event of Microsoft-Windows-TCPIP said how the attempt went. */
enum windows_cause {
	CAUSE_NONE,
	CAUSE_COMPLETE,	  /* 1008, 1123, 1396, 1533: the port was given */
	CAUSE_RESOLUTION, /* 1005, 1121, 1393: the address is not one of this machine's */
	CAUSE_PORT,	  /* 1006, 1122, 1394: another socket or a reservation has the port */
	CAUSE_INSPECTION, /* 1007, 1395; 1455 with Deny: the Windows Filtering Platform */
	CAUSE_MAX
};

/* Facts that only an attempt on Windows has.  event.result is a negative Winsock error. */
struct windows_facts {
	bool present;		/* the event is of Windows */
	enum provenance result; /* observed: Winsock's own answer; inferred: from ntstatus */
	int other_result;	/* the application may have got this instead, 0: no */
	bool has_ntstatus;	/* AFD's or TCPIP's own status */
	uint32_t ntstatus;
	enum windows_cause cause;
	bool unconfirmed;	/* only the process itself said so (Winsock-Sockets), not the kernel */
	bool lossy;		/* events were lost before this one */
	bool reserved;		/* the port is in this reservation: an excluded range */
	bool reserved_by_admin; /* ... and an administrator's (`*` in netsh) */
	uint16_t reserved_lo, reserved_hi;
	enum provenance reservation;
};

#define PROGRAMS_MAX	   4
#define CGROUP_PROGRAM_LEN 16
#define LSM_NAME_LEN	   16
#define LSM_LIST_LEN	   128
#define LSM_LABEL_LEN	   256

/* A BPF program on a cgroup. */
struct cgroup_program {
	uint32_t id; /* 0: unknown */
	char name[CGROUP_PROGRAM_LEN];
	char cgroup[CGROUP_LEN]; /* where it is attached, "" if unknown */
	uint32_t up; /* that is so many levels above the socket's cgroup; of no use where it is not traced */
};

#define PORT_USERS_MAX 3

/* Who has the ports of a range in which none was free, counted after the refusal. */
struct range_use {
	bool counted;
	uint32_t taken;	    /* ports that a socket or a remnant has */
	uint32_t time_wait; /* ... of which nothing but TIME_WAIT remnants */
	uint32_t reserved;  /* in net.ipv4.ip_local_reserved_ports */
	struct {
		uint32_t pid;
		uint32_t ports; /* 0: there is no such process */
		char comm[COMM_LEN];
	} most[PORT_USERS_MAX]; /* most ports first */
};

/* What the answer of EVENT_WHY depends on and is not known. */
enum undecided {
	DECIDED,
	BY_OPTIONS, /* of sockets that were listed without */
	BY_TABLE,   /* the sockets of the protocol could not be read */
	BY_BOUND,   /* sockets that are bound and do not listen are not listed */
	BY_UDP_SLOT /* whether this kernel overlooks sockets in a full slot: see linux_udp.c */
};

/* Why something other than the port table refused: observed on Linux, and of refused attempts only. */
struct refusal_facts {
	bool present;
	int32_t addrlen;	       /* as given, -1: no address was given */
	uint16_t sa_family;	       /* number as given, 0 also where it could not be read */
	char lsm[LSM_NAME_LEN];	       /* the security module that refused, "" if unknown */
	char lsm_label[LSM_LABEL_LEN]; /* the process's profile or context there, "" if unknown */
	char lsm_active[LSM_LIST_LEN]; /* "capability,landlock,apparmor", "" if unknown */
	struct cgroup_program programs[PROGRAMS_MAX]; /* in effect for the hook that refused or rewrote */
	uint32_t program_count;
	uint64_t cgroup_id; /* of the socket, for which they are in effect; 0: unknown */
	bool rewritten;	    /* a program changed what was asked for to new_address and new_port */
	struct address new_address;
	uint16_t new_port;
	uint32_t user_ns, net_user_ns; /* inodes: the caller's, the network namespace's; 0: unknown */
	bool capable;		       /* the caller has CAP_NET_BIND_SERVICE in its own */
	bool nonlocal_bind;	       /* ip_nonlocal_bind, of the address's family */
	bool keeps_port;	       /* refused after it had got the port, and it still has it */
	bool interfaces_listed;	       /* what follows was looked for, after the refusal */
	char here_device[DEVICE_LEN];  /* an interface of the socket's own netns has the address, "": none */
	bool here_failed;	       /* ... but duplicate address detection found another host with it */
	bool here_down;		       /* none has it because it is loopback's, and lo is down */
	bool here_other_device;	       /* ... but for sockets of another device or VRF */
	uint32_t others_listed;	       /* so many other network namespaces were looked at */
	struct {
		uint32_t netns; /* 0: none was found */
		uint32_t pid;	/* of a process in it, 0: none was found */
		char comm[COMM_LEN];
		char name[DEVICE_LEN]; /* of ip-netns(8), "" if it has none */
		char device[DEVICE_LEN];
	} there;		 /* another network namespace whose interface has the address */
	uint16_t own_lo, own_hi; /* IP_LOCAL_PORT_RANGE of the socket, 0: no bound */
	struct range_use ports;
};

struct event {
	enum event_type type;
	uint64_t seq;
	uint64_t time_ns; /* CLOCK_BOOTTIME */
	uint64_t took_ns;
	struct proc_info process;
	struct sock_info sock;	  /* address and port are the effective ones */
	struct address requested; /* family NONE: no address was given */
	uint16_t requested_port;
	int result;		  /* 0 or a negative errno */
	enum stage stage;	  /* of a refusal */
	int fd;			  /* -1 unknown */
	bool explicit_port;	  /* the attempt asked for a port by number */
	bool listening;		  /* the attempt is a listen() */
	bool by_connect;	  /* EVENT_AUTOBIND: a TCP connect() chose the port */
	enum undecided undecided; /* EVENT_WHY */
	bool given;		  /* EVENT_WHY: with the options that were asked about */
	bool asked;		  /* the port table was asked: there is something to predict */
	struct bucket_facts bucket;
	uint32_t range_lo, range_hi;
	uint32_t unprivileged_start;
	uint16_t entry_port; /* already bound to this before the call */
	bool autobind_reuse;
	bool l3mdev_accept;
	bool address_tentative; /* the IPv6 address exists but duplicate detection has not ended well */
	bool kernel_call;
	struct windows_facts windows;
	struct refusal_facts refusal;
	struct unix_facts unix_facts;
	struct option_change option;  /* EVENT_OPTION */
	struct delivery delivery;     /* EVENT_DELIVERY */
	struct event_finding finding; /* EVENT_FINDING */
	struct event_gap gap;	      /* EVENT_GAP */
	enum release release;	      /* EVENT_RELEASE */
	uint64_t after_attempt;	      /* EVENT_RELEASE: seq of the refusal it came too late for, 0 none */
	int64_t delta_ns;
	struct {	      /* ... and whose it was */
		uint32_t pid; /* 0: unknown */
		char comm[COMM_LEN];
	} refused;
	struct verdict verdict;
	bool has_verdict;
	struct comparison comparison;
	struct holder *holders; /* the culprit first */
	size_t holder_count;
	uint32_t holders_total;
	bool truncated;
};

void event_clear(struct event *event);
void holder_clear(struct holder *holder); /* what it owns; its members stay */

/* Of as many answers to the same questions, some pair is not alike: what bind() says, or that it is
 * undecided. */
bool answers_differ(const struct event *one, const struct event *other, size_t count);

/* Asks for a port and is judged: what became of a connect() is EVENT_CONNECT, and is not. */
static inline bool event_is_attempt(const struct event *event)
{
	return event->type == EVENT_BIND || event->type == EVENT_LISTEN || event->type == EVENT_AUTOBIND;
}

#endif
