/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only some attempts have: TCP's bucket, AF_UNIX paths, Windows' own, and why something else refused. */
#ifndef REUSETRACE_MODEL_ATTEMPT_FACTS_H
#define REUSETRACE_MODEL_ATTEMPT_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/process.h"
#include "model/socket.h"

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

#endif
