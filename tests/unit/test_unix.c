/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AF_UNIX: decoding, every sentence and remedy, text and JSON. */
#include "attempts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "event.h"
#include "events.h"
#include "linux/decode.h"
#include "linux/decode_unix.h"

#define PATH "/run/x"

static struct rt_unix record(const char *name, size_t length, int result)
{
	struct rt_unix made = {
		.header = {.size = sizeof(made),
			   .type = RT_UNIX_BIND,
			   .time_ns = AT(62, 113),
			   .process = {.tgid = 4242, .tid = 4242, .comm = "new"}},
		.sock = {.inode = 33010, .netns = 5, .uid = 1000, .protocol = SOCK_STREAM, .state = 7},
		.result = result,
		.passed = 1,
		.length = (__u16)length,
	};

	memcpy(made.name, name, length < sizeof(made.name) ? length : sizeof(made.name));
	return made;
}

static struct event decoded(const struct rt_unix *made)
{
	struct event event;

	assert_int_equal(decode_record(made, sizeof(*made), &kept, &event), 0);
	return event;
}

static void test_decode(void **state)
{
	static const struct {
		int result;
		bool passed, bound;
		enum stage stage;
	} stages[] = {
		{0, true, false, STAGE_NONE},		{-EACCES, false, false, STAGE_LSM},
		{-EADDRINUSE, true, false, STAGE_PORT}, {-EINVAL, true, true, STAGE_STATE},
		{-EINVAL, true, false, STAGE_ADDRESS},	{-ENOENT, true, false, STAGE_ADDRESS},
	};
	struct rt_unix made = record(PATH "\0rest", sizeof(PATH "\0rest"), -EADDRINUSE);
	struct event event = decoded(&made);

	(void)state;
	assert_int_equal(event.type, EVENT_BIND);
	assert_int_equal(event.sock.protocol, PROTO_UNIX);
	assert_int_equal(event.sock.family, FAMILY_UNIX);
	assert_int_equal(event.sock.unix_type, UNIX_STREAM);
	assert_string_equal(event.unix_facts.path, PATH);
	assert_false(event.unix_facts.abstract);
	assert_int_equal(decode_record(&made, sizeof(made) - 1, &kept, &event), -EBADMSG);

	made = record("\0a\0b", 4, 0);
	event = decoded(&made);
	assert_true(event.unix_facts.abstract);
	assert_string_equal(event.unix_facts.path, "@a@b");

	memset(made.name, 'x', sizeof(made.name));
	made.length = UINT16_MAX; /* hostile */
	made.sock.protocol = UINT16_MAX;
	event = decoded(&made);
	assert_int_equal(strlen(event.unix_facts.path), RT_UNIX_LEN);
	assert_int_equal(event.sock.unix_type, UNIX_OTHER);

	for (size_t i = 0; i < COUNT(stages); i++) {
		made = record(PATH, sizeof(PATH), stages[i].result);
		made.passed = stages[i].passed;
		made.bound = stages[i].bound;
		assert_int_equal(decoded(&made).stage, stages[i].stage);
	}
}

struct row {
	int result;
	enum unix_type type; /* the holder's */
	bool abstract, bound;
	enum obstacle obstacle;
	enum path_fault fault;
	enum stage stage; /* STAGE_NONE: of its own accord */
	int32_t addrlen;
	enum sock_state holder; /* STATE_UNKNOWN: none */
	bool process, second, replaced, hidden;
	uint32_t pid; /* its owner's */
	const char *path, *modules, *comm, *exe, *rule;
	int agrees;
	const char *text, *fix[3];
};

static const struct row rows[] = {
	/* clang-format off */
	{.path = PATH,
	 .rule = "free",
	 .agrees = -1,
	 .text = "nothing was at the path"},
	{.abstract = true,
	 .path = "@x",
	 .rule = "free",
	 .agrees = -1,
	 .text = "the name was free"},
	{.path = "",
	 .rule = "free",
	 .agrees = -1,
	 .text = "the kernel chose an abstract name"},
	{.holder = STATE_LISTEN,
	 .process = true,
	 .result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .rule = "path-listener",
	 .agrees = 1,
	 .text = "/run/x exists and old[4100] listens on it",
	 .fix = {"stop 4100 (old), then remove /run/x", "bind another path"}},
	{.holder = STATE_LISTEN,
	 .result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .rule = "path-listener",
	 .agrees = 1,
	 .text = "/run/x exists and the holder listens on it",
	 .fix = {"bind another path"}},
	{.holder = STATE_BOUND,
	 .process = true,
	 .type = UNIX_DATAGRAM,
	 .result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .rule = "path-listener",
	 .agrees = 1,
	 .text = "/run/x exists and old[4100] receives on it",
	 .fix = {"stop 4100 (old), then remove /run/x", "bind another path"}},
	{.holder = STATE_BOUND,
	 .process = true,
	 .type = UNIX_SEQPACKET,
	 .result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .rule = "path-bound",
	 .agrees = 1,
	 .text = "/run/x exists and old[4100] is bound to it, though it does not listen",
	 .fix = {"stop 4100 (old), then remove /run/x", "bind another path"}},
	{.holder = STATE_ESTABLISHED,
	 .process = true,
	 .result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .rule = "path-stale",
	 .agrees = 1,
	 .text = "/run/x is stale: nobody listens on it any more, only a connection of old[4100] is left",
	 .fix = {"remove /run/x, which nobody listens on (unlink() before bind())"}},
	{.result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .rule = "path-stale",
	 .agrees = 1,
	 .text = "/run/x is a stale socket file: nobody listens on it any more",
	 .fix = {"remove /run/x, which nobody listens on (unlink() before bind())"}},
	{.obstacle = OBSTACLE_FILE,
	 .result = USED,
	 .path = PATH,
	 .rule = "path-no-socket",
	 .agrees = 1,
	 .text = "/run/x is a regular file: bind() makes a new file and replaces none",
	 .fix = {"move /run/x away", "bind another path"}},
	{.obstacle = OBSTACLE_LINK,
	 .result = USED,
	 .path = PATH,
	 .rule = "path-no-socket",
	 .agrees = 1,
	 .text = "/run/x is a symbolic link: bind() makes a new file and replaces none",
	 .fix = {"move /run/x away", "bind another path"}},
	{.obstacle = OBSTACLE_OTHER,
	 .result = USED,
	 .path = PATH,
	 .rule = "path-no-socket",
	 .agrees = 1,
	 .text = "/run/x is a pipe or device: bind() makes a new file and replaces none",
	 .fix = {"move /run/x away", "bind another path"}},
	{.obstacle = OBSTACLE_DIRECTORY,
	 .result = USED,
	 .path = PATH,
	 .rule = "path-no-socket",
	 .agrees = 1,
	 .text = "/run/x is a directory: bind() makes a new file and replaces none",
	 .fix = {"bind a path in /run/x"}},
	{.obstacle = OBSTACLE_NONE,
	 .result = USED,
	 .path = PATH,
	 .rule = "path-gone",
	 .agrees = -1,
	 .text = "/run/x existed, and was gone when it was looked up"},
	{.obstacle = OBSTACLE_UNKNOWN,
	 .result = USED,
	 .path = PATH,
	 .rule = "unexplained",
	 .agrees = -1,
	 .text = "EADDRINUSE, for a reason that was not seen"},
	{.abstract = true,
	 .path = "@x",
	 .holder = STATE_LISTEN,
	 .process = true,
	 .result = USED,
	 .rule = "name-taken",
	 .agrees = 1,
	 .text = "old[4100] has the abstract name @x in this network namespace",
	 .fix = {"stop 4100 (old)", "bind another name"}},
	{.abstract = true,
	 .path = "@x",
	 .result = USED,
	 .rule = "name-taken",
	 .agrees = 1,
	 .text = "another socket has the abstract name @x in this network namespace",
	 .fix = {"bind another name"}},
	{.result = -ENOENT,
	 .fault = FAULT_MISSING,
	 .path = PATH,
	 .rule = "path-missing",
	 .agrees = 1,
	 .text = "/run/x cannot be made: there is no directory /run",
	 .fix = {"make the directory /run"}},
	{.result = -ENOTDIR,
	 .fault = FAULT_NOT_DIRECTORY,
	 .path = PATH,
	 .rule = "path-no-directory",
	 .agrees = 1,
	 .text = "/run/x cannot be made: /run is no directory",
	 .fix = {"move /run away and make a directory there"}},
	{.result = -EACCES,
	 .fault = FAULT_SEARCH,
	 .path = PATH,
	 .rule = "path-permission",
	 .agrees = 1,
	 .text = "/run/x cannot be made: uid 1000 may not enter /run (mode 0750, owner uid 0)",
	 .fix = {"let uid 1000 enter /run", "bind another path"}},
	{.result = -EACCES,
	 .fault = FAULT_WRITE,
	 .path = PATH,
	 .rule = "path-permission",
	 .agrees = 1,
	 .text = "/run/x cannot be made: uid 1000 may not make files in /run (mode 0750, owner uid 0)",
	 .fix = {"let uid 1000 write to /run", "bind another path"}},
	{.result = -EACCES,
	 .modules = "lockdown,landlock",
	 .path = PATH,
	 .rule = "path-permission",
	 .agrees = -1,
	 .text = "EACCES: the modes on the way to /run/x let uid 1000 make it; an access list or one of the security modules lockdown,landlock does not"},
	{.result = -EACCES,
	 .path = PATH,
	 .rule = "path-permission",
	 .agrees = -1,
	 .text = "EACCES: the process may not make /run/x"},
	{.result = -EROFS,
	 .fault = FAULT_READ_ONLY,
	 .path = PATH,
	 .rule = "path-read-only",
	 .agrees = 1,
	 .text = "/run/x cannot be made: the file system of /run is read-only",
	 .fix = {"bind a path on a file system that can be written to, such as /run"}},
	{.result = -EROFS,
	 .path = PATH,
	 .rule = "path-read-only",
	 .agrees = -1,
	 .text = "/run/x cannot be made: the file system of /run is read-only",
	 .fix = {"bind a path on a file system that can be written to, such as /run"}},
	{.result = -ENOENT,
	 .path = "a\033",
	 .rule = "path-refused",
	 .agrees = -1,
	 .text = "ENOENT: the file a\\x1b cannot be made"},
	{.result = -ENOSPC,
	 .path = PATH,
	 .rule = "path-refused",
	 .agrees = -1,
	 .text = "ENOSPC: the file /run/x cannot be made"},
	{.result = -EDQUOT,
	 .path = PATH,
	 .rule = "path-refused",
	 .agrees = -1,
	 .text = "EDQUOT: the file /run/x cannot be made"},
	{.result = -ENAMETOOLONG,
	 .path = PATH,
	 .rule = "path-refused",
	 .agrees = -1,
	 .text = "ENAMETOOLONG: the file /run/x cannot be made"},
	{.result = -ELOOP,
	 .path = PATH,
	 .rule = "path-refused",
	 .agrees = -1,
	 .text = "ELOOP: the file /run/x cannot be made"},
	{.result = -ENOTDIR,
	 .path = PATH,
	 .rule = "path-refused",
	 .agrees = -1,
	 .text = "ENOTDIR: the file /run/x cannot be made"},
	{.result = -EINVAL,
	 .addrlen = 111,
	 .bound = true,
	 .path = PATH,
	 .rule = "path-too-long",
	 .agrees = -1,
	 .text = "EINVAL: an address of 111 bytes was passed, and one of a unix socket has at most 110: a path of 108",
	 .fix = {"bind a shorter path"}},
	{.result = -EINVAL,
	 .stage = STAGE_LSM,
	 .addrlen = 111,
	 .path = PATH,
	 .rule = "path-too-long",
	 .agrees = -1,
	 .text = "EINVAL: an address of 111 bytes was passed, and one of a unix socket has at most 110: a path of 108",
	 .fix = {"bind a shorter path"}},
	{.result = -EACCES,
	 .stage = STAGE_LSM,
	 .addrlen = 111,
	 .modules = "lockdown,landlock",
	 .path = PATH,
	 .rule = "lsm",
	 .agrees = -1,
	 .text = "EACCES by one of the security modules lockdown,landlock before the path was looked at"},
	{.result = -EINVAL,
	 .stage = STAGE_LSM,
	 .addrlen = 110,
	 .modules = "lockdown,landlock",
	 .path = PATH,
	 .rule = "lsm",
	 .agrees = -1,
	 .text = "EINVAL by one of the security modules lockdown,landlock before the path was looked at"},
	{.result = -EINVAL,
	 .addrlen = 110,
	 .bound = true,
	 .path = PATH,
	 .rule = "already-bound",
	 .agrees = -1,
	 .text = "this socket has a name already: a socket binds only once"},
	{.result = -EINVAL,
	 .path = PATH,
	 .rule = "bad-address",
	 .agrees = -1,
	 .text = "EINVAL: the address that was passed is malformed"},
	{.result = -ENOMEM,
	 .abstract = true,
	 .path = "@x",
	 .rule = "unexplained",
	 .agrees = -1,
	 .text = "ENOMEM, for a reason that was not seen"},
	{.result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .hidden = true,
	 .rule = "path-socket",
	 .agrees = 1,
	 .text = "/run/x is the file of a socket; whether somebody listens on it could not be found out",
	 .fix = {"look who listens on /run/x (ss -xlp, as root on the host); remove it if nobody does", "bind another path"}},
	{.result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .hidden = true,
	 .holder = STATE_ESTABLISHED,
	 .process = true,
	 .rule = "path-socket",
	 .agrees = 1,
	 .text = "/run/x is the file of a socket; whether somebody listens on it could not be found out",
	 .fix = {"look who listens on /run/x (ss -xlp, as root on the host); remove it if nobody does", "bind another path"}},
	{.result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .hidden = true,
	 .holder = STATE_LISTEN,
	 .process = true,
	 .rule = "path-listener",
	 .agrees = 1,
	 .text = "/run/x exists and old[4100] listens on it",
	 .fix = {"stop 4100 (old), then remove /run/x", "bind another path"}},
	{.result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .replaced = true,
	 .rule = "path-gone",
	 .agrees = -1,
	 .text = "/run/x existed, and was replaced before it was looked up: what is there now came later"},
	{.result = USED,
	 .abstract = true,
	 .path = "@x",
	 .replaced = true,
	 .rule = "path-gone",
	 .agrees = -1,
	 .text = "another socket had the abstract name @x; it was given up and taken anew before it was looked up"},
	{.result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .holder = STATE_LISTEN,
	 .process = true,
	 .pid = 4242,
	 .rule = "path-listener",
	 .agrees = 1,
	 .text = "/run/x exists and old[4242] listens on it",
	 .fix = {"close fd 3 of this same process first, then remove /run/x", "bind another path"}},
	{.result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .holder = STATE_BOUND,
	 .process = true,
	 .pid = 4242,
	 .rule = "path-bound",
	 .agrees = 1,
	 .text = "/run/x exists and old[4242] is bound to it, though it does not listen",
	 .fix = {"close fd 3 of this same process first, then remove /run/x", "bind another path"}},
	{.result = USED,
	 .abstract = true,
	 .path = "@x",
	 .holder = STATE_LISTEN,
	 .process = true,
	 .pid = 4242,
	 .rule = "name-taken",
	 .agrees = 1,
	 .text = "old[4242] has the abstract name @x in this network namespace",
	 .fix = {"close fd 3 of this same process first", "bind another name"}},
	{.result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .holder = STATE_LISTEN,
	 .process = true,
	 .pid = 1,
	 .rule = "path-listener",
	 .agrees = 1,
	 .text = "/run/x exists and old[1] listens on it",
	 .fix = {"bind another path"}},
	{.result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .holder = STATE_BOUND,
	 .process = true,
	 .pid = 1,
	 .comm = "systemd",
	 .rule = "path-bound",
	 .agrees = 1,
	 .text = "/run/x exists and systemd[1] is bound to it, though it does not listen",
	 .fix = {"bind another path"}},
	{.result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .holder = STATE_LISTEN,
	 .process = true,
	 .pid = 1,
	 .comm = "systemd",
	 .exe = "/usr/lib/systemd/systemd",
	 .rule = "path-listener",
	 .agrees = 1,
	 .text = "/run/x exists and systemd[1] listens on it",
	 .fix = {"take the socket that systemd passes (sd_listen_fds(3)) instead of binding", "stop the socket unit that has /run/x (systemctl list-sockets)", "bind another path"}},
	{.result = USED,
	 .abstract = true,
	 .path = "@x",
	 .holder = STATE_LISTEN,
	 .process = true,
	 .pid = 1,
	 .comm = "systemd",
	 .rule = "name-taken",
	 .agrees = 1,
	 .text = "systemd[1] has the abstract name @x in this network namespace",
	 .fix = {"take the socket that systemd passes (sd_listen_fds(3)) instead of binding", "stop the socket unit that has @x (systemctl list-sockets)", "bind another name"}},
	{.result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .holder = STATE_LISTEN,
	 .process = true,
	 .pid = 4100,
	 .comm = "systemd",
	 .exe = "/usr/lib/systemd/systemd",
	 .rule = "path-listener",
	 .agrees = 1,
	 .text = "/run/x exists and systemd[4100] listens on it",
	 .fix = {"take the socket that systemd passes (sd_listen_fds(3)) instead of binding", "stop the socket unit that has /run/x (systemctl --user list-sockets)", "bind another path"}},
	{.result = USED,
	 .abstract = true,
	 .path = "@x",
	 .holder = STATE_LISTEN,
	 .process = true,
	 .pid = 4100,
	 .comm = "systemd",
	 .rule = "name-taken",
	 .agrees = 1,
	 .text = "systemd[4100] has the abstract name @x in this network namespace",
	 .fix = {"take the socket that systemd passes (sd_listen_fds(3)) instead of binding", "stop the socket unit that has @x (systemctl --user list-sockets)", "bind another name"}},
	{.result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .holder = STATE_LISTEN,
	 .process = true,
	 .comm = "systemd",
	 .exe = "/tmp/other",
	 .rule = "path-listener",
	 .agrees = 1,
	 .text = "/run/x exists and systemd[4100] listens on it",
	 .fix = {"stop 4100 (systemd), then remove /run/x", "bind another path"}},
	{.result = USED,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .holder = STATE_LISTEN,
	 .process = true,
	 .second = 1,
	 .pid = 1,
	 .comm = "systemd",
	 .rule = "path-listener",
	 .agrees = 1,
	 .text = "/run/x exists and systemd[1] listens on it",
	 .fix = {"take the socket that systemd passes (sd_listen_fds(3)) instead of binding", "bind another path"}},
	{.result = -EINVAL,
	 .bound = true,
	 .obstacle = OBSTACLE_SOCKET,
	 .path = PATH,
	 .rule = "already-bound",
	 .agrees = -1,
	 .text = "this socket has a name already: a socket binds only once; the kernel made /run/x before it looked at that, and left it there",
	 .fix = {"remove /run/x, which the refused call left behind"}},
	/* clang-format on */
};

static void make(const struct row *row, struct event *event, struct holder *holder, struct owner *owner)
{
	owner[0] = owner[1] = (struct owner){.pid = 4100, .fd = 3, .comm = "old"};
	if (row->pid)
		owner->pid = row->pid;
	if (row->comm)
		snprintf(owner->comm, sizeof(owner->comm), "%s", row->comm);
	if (row->exe)
		snprintf(owner->exe, sizeof(owner->exe), "%s", row->exe);
	*holder = (struct holder){
		.kind = KIND_PROCESS,
		.expires_ms = -1,
		.released_after_ns = -1,
		.sock = {.protocol = PROTO_UNIX, .state = row->holder, .unix_type = row->type, .uid = 1000},
		.owners = row->process ? owner : NULL,
		.owner_count = (size_t)row->process + row->second};
	*event = (struct event){
		.type = EVENT_BIND,
		.time_ns = AT(62, 113),
		.fd = -1,
		.process = {.pid = 4242, .comm = "new"},
		.sock = {.protocol = PROTO_UNIX,
			 .family = FAMILY_UNIX,
			 .unix_type = UNIX_STREAM,
			 .state = STATE_BOUND,
			 .uid = 1000},
		.result = row->result,
		.stage = row->stage	       ? row->stage
			 : row->result == USED ? STAGE_PORT
			 : row->result	       ? STAGE_ADDRESS
					       : STAGE_NONE,
		.unix_facts = {.abstract = row->abstract,
			       .bound = row->bound,
			       .replaced = row->replaced,
			       .hidden = row->hidden,
			       .obstacle = row->obstacle,
			       .fault = row->fault,
			       .directory = "/run",
			       .directory_mode = 0750,
			       .fsuid = 1000},
		.refusal = {.present = true, .addrlen = row->addrlen},
	};
	snprintf(event->unix_facts.path, sizeof(event->unix_facts.path), "%s", row->path);
	if (row->modules)
		snprintf(event->refusal.lsm_active, sizeof(event->refusal.lsm_active), "%s", row->modules);
	if (row->holder) {
		event->holders = holder;
		event->holder_count = event->holders_total = 1;
	}
	judge(event, &new_kernel);
}

static void test_words(void **state)
{
	struct event event;
	struct holder holder;
	struct owner owner[2];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t fixes = 0;

		make(&rows[i], &event, &holder, owner);
		assert_string_equal(rule_name((enum rule_id)event.verdict.rule), rows[i].rule);
		assert_string_equal(event.verdict.text, rows[i].text);
		assert_int_equal(event.verdict.agrees, rows[i].agrees);
		while (fixes < COUNT(rows[i].fix) && rows[i].fix[fixes])
			fixes++;
		assert_int_equal(event.verdict.fix_count, fixes);
		for (size_t j = 0; j < fixes; j++)
			assert_string_equal(event.verdict.fix[j], rows[i].fix[j]);
		if (event.holder_count)
			assert_int_equal(event.holders[0].culprit,
					 strcmp(rows[i].rule, "path-stale") &&
						 strcmp(rows[i].rule, "path-socket"));
	}
}

static void test_text_and_json(void **state)
{
	struct event event;
	struct holder holder;
	struct owner owner[2];
	char *text;

	(void)state;
	make(&rows[3], &event, &holder, owner);
	text = render(text_view_new, &no_header, &event, 1);
	assert_string_equal(text,
			    "10:01:02.113 4242  new      unix  /run/x             ........  EADDRINUSE\n"
			    "    held by  old[4100] fd 3, listening on /run/x, uid 1000\n"
			    "    because  /run/x exists and old[4100] listens on it (rule path-listener)\n"
			    "    fix      stop 4100 (old), then remove /run/x; or bind another path\n");
	free(text);
	text = render(json_view_new, &no_header, &event, 1);
	assert_non_null(strstr(text, "\"path\":\"/run/x\""));
	assert_non_null(strstr(text, "\"protocol\":\"unix\",\"family\":\"unix\""));
	assert_non_null(strstr(text, "\"type\":\"stream\""));
	assert_non_null(strstr(text, "\"unix\":{\"abstract\":false,\"bound\":false,\"overrides\":false,"
				     "\"replaced\":false,\"hidden\":false,"
				     "\"at_path\":\"socket\",\"fault\":null,\"directory\":\"/run\","));
	free(text);
	make(&rows[7], &event, &holder, owner);
	text = render(text_view_new, &no_header, &event, 1);
	assert_non_null(strstr(text, "    on path  old[4100] fd 3, connected /run/x, uid 1000"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_text_and_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
