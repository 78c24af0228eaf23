/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sequences of calls by several processes on two ports, made from a seed.
 * Every step is a number; running the same numbers again does the same, so a
 * sequence that fails is shrunk by leaving steps out, and a refusal can be had
 * again, to remove the culprits that reusetrace names until the kernel accepts.
 */
#include "random.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "oracle.h"

#define WORKERS	  3
#define PORTS	  2
#define CULPRITS  32 /* that may have to go, one after the other */
#define SOCKETS	  8  /* a worker's */
#define STEPS_MAX 64
#define STEPS_MIN 24

enum call { SOCKET, OPTION, BIND, LISTEN, CONNECT, ACCEPT, SHUTDOWN, CLOSE, FORK, SETUID, CALLS };

struct step {
	uint32_t worker, call, which, value;
};

/* What a worker answers: as much of an attempt as only it knows. */
struct reply {
	int op; /* -1: no attempt was made */
	int result;
	pid_t tid;
	uint64_t inode;
};

struct slot {
	int fd;
	bool udp;
	int family;
};

static struct {
	pid_t pid;
	int requests, answers;
} workers[WORKERS];

static uint64_t state;

static uint32_t any(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % below;
}

/* ---- in a worker */

static struct slot slots[SOCKETS];
static pid_t child;

static void do_socket(struct slot *slot, const struct step *step)
{
	struct socket_plan plan = {
		.variant = (int)(step->value % VARIANTS), .flags = step->value / 16 % 4, .uid = geteuid()};

	if (slot->fd >= 0)
		return;
	slot->udp = step->value / 64 % 3 == 0;
	slot->family = variants[plan.variant].family;
	slot->fd = open_socket(&plan, slot->udp);
}

static struct endpoint target_of(const struct slot *slot, uint32_t value, uint16_t port)
{
	const struct variant *variant = &variants[value % VARIANTS];

	while (variant->family != slot->family)
		variant = &variants[++value % VARIANTS];
	return endpoint_of(variant->text, variant->family, port);
}

static struct reply reply_of(enum op op, const struct slot *slot, int result)
{
	return (struct reply){
		.op = op, .result = result ? errno : 0, .tid = gettid(), .inode = inode_of(slot->fd)};
}

/* Nobody waits: the other end may be this very thread. */
static void do_connect(struct slot *slot, const struct step *step, uint16_t port)
{
	struct endpoint target = target_of(slot, step->value, port);

	fcntl(slot->fd, F_SETFL, O_NONBLOCK);
	(void)!connect(slot->fd, (struct sockaddr *)&target.address, target.length);
}

static void do_accept(struct slot *slot)
{
	struct pollfd ready = {.fd = slot->fd, .events = POLLIN};
	struct slot *free_slot = slots;

	while (free_slot < slots + SOCKETS && free_slot->fd >= 0)
		free_slot++;
	if (slot->udp || free_slot == slots + SOCKETS || poll(&ready, 1, 0) <= 0)
		return;
	free_slot->fd = accept(slot->fd, NULL, NULL);
	free_slot->udp = false;
	free_slot->family = slot->family;
}

static void end_child(void)
{
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	child = 0;
}

/* A child has every socket too, also those that its parent closes, until the next time. */
static void do_fork(void)
{
	if (child) {
		end_child();
		return;
	}
	child = fork();
	if (child)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static struct reply do_bind(struct slot *slot, const struct step *step, uint16_t port)
{
	struct endpoint target = target_of(slot, step->value, port);
	int result = bind(slot->fd, (struct sockaddr *)&target.address, target.length);

	return reply_of(OP_BIND, slot, result);
}

static struct reply do_step(const struct step *step, uint16_t port)
{
	static const uid_t users[] = {0, 0, 1000, 1001};
	struct slot *slot = &slots[step->which % SOCKETS];
	struct reply none = {.op = -1};

	if (step->call == SOCKET)
		do_socket(slot, step);
	if (step->call == FORK)
		do_fork();
	if (step->call == SETUID && seteuid(0) == 0)
		(void)!seteuid(users[step->value % COUNT(users)]);
	if (slot->fd < 0)
		return none;
	switch (step->call) {
	case OPTION:
		set_flag(slot->fd, step->value & 1 ? FLAG_RA : FLAG_RP, step->value & 2);
		break;
	case BIND:
		return do_bind(slot, step, port);
	case LISTEN:
		return reply_of(OP_LISTEN, slot, listen(slot->fd, 8));
	case CONNECT:
		do_connect(slot, step, port);
		break;
	case ACCEPT:
		do_accept(slot);
		break;
	case SHUTDOWN:
		shutdown(slot->fd, SHUT_RDWR);
		break;
	case CLOSE:
		close(slot->fd);
		slot->fd = -1;
		break;
	}
	return none;
}

struct request {
	enum { STEP, RESET, REMOVE } what;
	struct step step;
	uint16_t ports[PORTS];
	uint64_t inode; /* of the socket to remove */
};

static void reset_slots(void)
{
	(void)!seteuid(0);
	end_child();
	for (int i = 0; i < SOCKETS; i++) {
		if (slots[i].fd >= 0)
			close_hard(slots[i].fd);
		slots[i].fd = -1;
	}
}

/* One socket and nothing else: not while a child may have it, or others that its parent has closed. */
static bool remove_socket(uint64_t inode)
{
	for (int i = 0; i < SOCKETS && !child; i++) {
		if (slots[i].fd < 0 || inode_of(slots[i].fd) != inode)
			continue;
		close_hard(slots[i].fd);
		slots[i].fd = -1;
		return true;
	}
	return false;
}

static void work(int requests, int answers)
{
	struct request request;
	struct reply reply;

	for (int i = 0; i < SOCKETS; i++)
		slots[i].fd = -1;
	while (read(requests, &request, sizeof(request)) == sizeof(request)) {
		reply = (struct reply){.op = -1};
		if (request.what == RESET)
			reset_slots();
		else if (request.what == REMOVE)
			reply.result = remove_socket(request.inode);
		else
			reply = do_step(&request.step, request.ports[request.step.value >> 14 == 3]);
		if (write(answers, &reply, sizeof(reply)) != sizeof(reply))
			break;
	}
	_exit(0);
}

/* ---- in the oracle */

void random_prepare(void)
{
	int requests[2], answers[2];

	fflush(stdout);
	for (int i = 0; i < WORKERS; i++) {
		if (pipe(requests) || pipe(answers))
			die("pipe");
		workers[i].pid = fork();
		if (!workers[i].pid) {
			close(requests[1]);
			close(answers[0]);
			work(requests[0], answers[1]);
		}
		close(requests[0]);
		close(answers[1]);
		workers[i].requests = requests[1];
		workers[i].answers = answers[0];
	}
}

static struct reply ask(uint32_t worker, const struct request *request)
{
	struct reply reply;

	if (write(workers[worker].requests, request, sizeof(*request)) != sizeof(*request) ||
	    read(workers[worker].answers, &reply, sizeof(reply)) != sizeof(reply))
		die("worker %u", worker);
	return reply;
}

/* Attempts are most of the steps; what they need comes often enough before them. */
static void make_steps(struct step *steps, size_t count)
{
	static const uint8_t weights[] = {SOCKET, SOCKET, SOCKET, SOCKET,   OPTION, OPTION, BIND,    BIND,
					  BIND,	  BIND,	  BIND,	  LISTEN,   LISTEN, LISTEN, CONNECT, CONNECT,
					  ACCEPT, ACCEPT, CLOSE,  SHUTDOWN, FORK,   SETUID};

	for (size_t i = 0; i < count; i++)
		steps[i] = (struct step){.worker = any(WORKERS),
					 .call = weights[any(COUNT(weights))],
					 .which = any(SOCKETS / 2),
					 .value = any(1 << 16)};
}

/* What may be said of an errno that no other socket brought about. */
static uint64_t rules_of(enum op op, int result)
{
	static const struct {
		enum op op;
		int result;
		uint64_t rules;
	} rows[] = {
		{OP_BIND, EINVAL, BIT(RULE_ALREADY_BOUND) | BIT(RULE_BAD_ADDRESS)},
		{OP_LISTEN, EINVAL, BIT(RULE_WRONG_STATE)},
		{OP_LISTEN, EOPNOTSUPP, BIT(RULE_WRONG_STATE)},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].op == op && rows[i].result == result)
			return rows[i].rules;
	return result == EADDRINUSE || !result ? 0 : BIT(RULE_NONE);
}

static struct request on_new_ports(void)
{
	struct request request = {.what = STEP};

	for (size_t i = 0; i < PORTS; i++)
		request.ports[i] = next_port(false);
	return request;
}

/* NULL if the step made no attempt. */
static struct attempt *run_step(const struct step *step, struct request *request)
{
	struct attempt *attempt;
	struct reply reply;

	request->what = STEP;
	request->step = *step;
	reply = ask(step->worker, request);
	if (reply.op < 0)
		return NULL;
	attempt = attempt_note(reply.op, -1, reply.inode, reply.result);
	attempt->tid = reply.tid;
	attempt->rules = rules_of(reply.op, reply.result);
	return attempt;
}

static void end_steps(void)
{
	const struct request reset = {.what = RESET};

	for (uint32_t i = 0; i < WORKERS; i++)
		ask(i, &reset);
	attempts_clear();
}

/* How many steps lead to one of the refusals, 0 if there is none. */
static size_t run_steps(const struct step *steps, size_t count)
{
	struct request request = on_new_ports();
	size_t refused = 0, refusals = 0;

	for (size_t i = 0; i < count; i++) {
		struct attempt *attempt = run_step(&steps[i], &request);

		if (attempt && attempt->result == EADDRINUSE && !any(++refusals))
			refused = i + 1;
	}
	attempts_await();
	end_steps();
	return refused;
}

static bool remove_by_inode(uint64_t inode)
{
	const struct request request = {.what = REMOVE, .inode = inode};
	bool found = false;

	for (uint32_t i = 0; i < WORKERS; i++)
		found |= ask(i, &request).result;
	return found;
}

/* The socket is gone when this returns. */
static bool remove_paused(uint64_t inode)
{
	bool found;

	trace_pause(true);
	found = remove_by_inode(inode);
	trace_pause(false);
	return found;
}

/* The last step was refused: without the culprits, and with everything else in its place, it is not. */
static void remove_culprits(const struct step *steps, size_t count)
{
	struct request request = on_new_ports();
	struct attempt *attempt = NULL;
	int removed = 0;

	for (size_t i = 0; i < count; i++)
		attempt = run_step(&steps[i], &request);
	attempts_await();
	while (attempt && attempt->result == EADDRINUSE && attempt->culprit_inode && removed < CULPRITS &&
	       remove_paused(attempt->culprit_inode)) {
		removed++;
		attempt = run_step(&steps[count - 1], &request);
		attempts_await();
	}
	if (removed && attempt && !attempt->result)
		tally.removed++;
	else if (removed == CULPRITS)
		complain(attempt, "refused without its culprits");
	end_steps();
}

static bool fails(const struct step *steps, size_t count)
{
	unsigned long before = tally.failures;
	bool failed;

	quiet = true;
	run_steps(steps, count);
	quiet = false;
	failed = tally.failures > before;
	tally.failures = before;
	return failed;
}

static void print_steps(const struct step *steps, size_t count)
{
	static const char *const names[CALLS] = {"socket", "option",   "bind",	"listen", "connect",
						 "accept", "shutdown", "close", "fork",	  "setuid"};

	for (size_t i = 0; i < count; i++)
		printf("     worker %u: %s %u value %u\n", steps[i].worker, names[steps[i].call],
		       steps[i].which, steps[i].value);
}

/* Halves, quarters, ... single steps are left out as long as it still fails. */
static void shrink(const struct step *all, size_t count, uint64_t seed)
{
	struct step steps[STEPS_MAX], fewer[STEPS_MAX];

	memcpy(steps, all, count * sizeof(*steps));
	for (size_t size = count / 2; size; size /= 2) {
		for (size_t at = 0; at + size <= count;) {
			memcpy(fewer, steps, at * sizeof(*steps));
			memcpy(fewer + at, steps + at + size, (count - at - size) * sizeof(*steps));
			if (fails(fewer, count - size)) {
				count -= size;
				memcpy(steps, fewer, count * sizeof(*steps));
			} else {
				at += size;
			}
		}
	}
	printf("FAIL seed %llu, shrunk to %zu steps:\n", (unsigned long long)seed, count);
	print_steps(steps, count);
	run_steps(steps, count);
}

void random_run(uint64_t seed, unsigned long attempts)
{
	unsigned long target = tally.attempts + attempts, before, shrunk = 0;
	struct step steps[STEPS_MAX];
	size_t count, refused;

	if (attempts)
		printf("random seed %llu\n", (unsigned long long)seed);
	for (; tally.attempts < target; seed++) {
		state = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
		count = STEPS_MIN + any(STEPS_MAX - STEPS_MIN);
		make_steps(steps, count);
		before = tally.failures;
		refused = run_steps(steps, count);
		if (refused)
			remove_culprits(steps, refused);
		tally.sequences++;
		if (tally.failures > before && shrunk++ < 3)
			shrink(steps, count, seed);
	}
}
