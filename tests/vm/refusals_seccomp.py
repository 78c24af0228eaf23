# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls that a seccomp filter refused: the kernel's bind() never ran."""
import ctypes
import errno
import os
import struct
import subprocess
import sys

from harness import PATIENCE_S, Tracer, contains, equal, run

PORT = 7790
NR_BIND, NR_LISTEN = {"x86_64": (49, 50), "aarch64": (200, 201)}[os.uname().machine]
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2
RET_ERRNO, RET_ALLOW = 0x00050000, 0x7FFF0000
LD_NR, JEQ, RET = 0x20, 0x15, 0x06
SAYS = "every system call is looked at, for those that seccomp refuses"
MAY_MISS = "; this kernel may preempt that, and then misses one uncounted"


def filtered(number, code):
    """This process may not make the call any more."""
    program = b"".join(struct.pack("=HBBI", *row) for row in (
        (LD_NR, 0, 0, 0), (JEQ, 0, 1, number), (RET, 0, 0, RET_ERRNO | code), (RET, 0, 0, RET_ALLOW)))
    rows = ctypes.create_string_buffer(program, len(program))
    libc = ctypes.CDLL(None, use_errno=True)
    equal(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0, "no_new_privs")
    description = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(rows)))
    equal(libc.prctl(PR_SET_SECCOMP, MODE_FILTER, description, 0, 0), 0, "seccomp")


PROGRAM = f"""
import errno, os, socket, sys
sys.path.insert(0, {os.getcwd()!r})
from refusals_seccomp import *
made = socket.socket()
made.bind(("127.0.0.1", {PORT}))
other = socket.socket()
filtered(NR_LISTEN, errno.EPERM)
filtered(NR_BIND, errno.EACCES)
for call in (lambda: other.bind(("127.0.0.1", {PORT} + 1)), made.listen):
    try:
        call()
    except OSError as error:
        print(error.errno)
"""


def calls_preempt():
    """Syscall tracepoints of this kernel may fault: preemption is off in them on those before."""
    with open("/sys/kernel/btf/vmlinux", "rb") as file:
        return b"\0faultable\0" in file.read()


def check(trace):
    for kind, code, port in (("bind", "EACCES", PORT + 1), ("listen", "EPERM", PORT)):
        event = trace.one(kind, result__ok=False)
        equal((event["result"]["errno"], event["result"]["stage"], event["verdict"]["rule"]),
              (code, "seccomp", "seccomp"), f"{kind}: errno, stage, rule")
        contains(event["verdict"]["text"], f"{code} by a seccomp filter of the process", "text")
        equal((event["socket"]["requested"] or {}).get("port") or event["socket"]["port"], port, "port")
        equal(event["socket"]["protocol"], "tcp", "protocol")
    equal(trace.one("bind", result__ok=True)["socket"]["port"], PORT, "the bind before the filter")
    equal(sum(trace.end["lost"].values()), 0, f"lost: {trace.end['lost']}")
    contains(trace.stderr, SAYS + (MAY_MISS if calls_preempt() else "\n"), "told at the start")
    probes = [probe for probe in trace.one("start")["probes"] if probe["name"] == "sys_exit"]
    equal([probe["how"] for probe in probes], ["fentry"], "probe")


def test_command():
    with Tracer(command=(sys.executable, "-c", PROGRAM)) as trace:
        trace.wait()
    check(trace)


def test_verbose():
    with Tracer("-v") as trace:
        result = run(sys.executable, "-c", PROGRAM, check=True)
    equal(result.stdout.split(), [b"%d" % errno.EACCES, b"%d" % errno.EPERM], "what the process got")
    check(trace)


def test_pid():
    """The process is there before the tracer, and a neighbour's refusals are not told."""
    def started():
        return subprocess.Popen([sys.executable, "-c", f"input()\n{PROGRAM}"], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE)

    ours, neighbour = started(), started()
    with Tracer("-p", str(ours.pid)) as trace:
        told = [process.communicate(b"\n", PATIENCE_S)[0].split() for process in (neighbour, ours)]
    equal(told, [[b"%d" % errno.EACCES, b"%d" % errno.EPERM]] * 2, "what the processes got")
    check(trace)
    equal({event["process"]["pid"] for event in trace.of("bind", "listen")}, {ours.pid}, "whose")


def test_not_by_default():
    """The hook would cost every process; without it nothing is said of a call that never ran."""
    with Tracer("-P", f"{PORT}-{PORT + 1}") as trace:
        run(sys.executable, "-c", PROGRAM, check=True)
    equal([event["result"]["ok"] for event in trace.of("bind", "listen")], [True], "attempts")
    equal("sys_exit" in [probe["name"] for probe in trace.one("start")["probes"]], False, "probe")
    equal(SAYS in trace.stderr, False, "told at the start")
