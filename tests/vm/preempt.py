# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever is preempted and wherever, in a hook or in the tracer: no attempt is missed."""
import errno
import os
import re
import socket
import subprocess
import tempfile
from collections import Counter

from bpf import Ring
from children import bind
from harness import Tracer, contains, equal, kernel, run, start, wait_for

PROCESSES = 6
BINDS = 2000
LISTENERS = 500  # of each
PORT = 20000
MODE = "/sys/kernel/debug/sched/preempt"


def preemption():
    """none, voluntary, full or lazy, as far as the kernel tells."""
    if not os.path.exists(MODE):
        return None
    with open(MODE) as file:
        return file.read().partition("(")[2].partition(")")[0]


def asked_for():
    with open("/proc/cmdline") as file:
        words = dict(word.partition("=")[::2] for word in file.read().split())
    return words.get("preempt") or ("lazy" if kernel() >= (7, 0) else None)


def bound_by_six(binds, port, *way, args=()):
    """The events, when six processes on one CPU bind so often in a loop."""
    mode = preemption()
    if asked_for():
        equal(mode, asked_for(), "preemption")
    with Tracer(*args) as trace:
        ring = Ring(trace.process.pid)
        made = run("unshare", "-n", "./bindloop", "0", str(PROCESSES), str(binds), str(port), *way,
                   check=True).stdout.split()
        ring.quiet()
    equal(made, [b"%d" % (PROCESSES * binds), b"0"], "binds made")
    lost = trace.end["lost"]
    equal(sum(lost.values()), 0, f"lost: {lost}")
    counts = Counter((event["type"], event["socket"]["port"]) for event in trace.of("bind", "listen", "release"))
    return trace, counts


def check_all(counts, *types):
    """Just one event of each type for each port."""
    wanted = {(kind, port) for kind in types for port in range(PORT, PORT + PROCESSES * BINDS)}
    equal([one for one in sorted(wanted) if counts[one] != 1][:9], [], "ports without just one")
    equal(counts.total(), len(wanted), "events")


def test_tcp():
    trace, counts = bound_by_six(BINDS, PORT, args=("-P", f"{PORT}-{PORT + PROCESSES * BINDS - 1}"))
    check_all(counts, "bind", "release")
    equal({event["result"]["ok"] for event in trace.of("bind")}, {True}, "accepted")


def test_udp():
    """Its end is in code that can be preempted, other than that of a TCP socket that has only bound."""
    check_all(bound_by_six(BINDS, PORT, "udp")[1], "bind", "release")


def test_listeners_that_choose_no_port():
    """So are theirs."""
    counts = Counter()
    for (kind, _), count in bound_by_six(LISTENERS, 0, "listen")[1].items():
        counts[kind] += count
    equal(counts, dict.fromkeys(("bind", "listen", "release"), PROCESSES * LISTENERS), "events")


def test_looks_for_holders_without_map_calls():
    """Whoever is preempted while it reads or changes a map by bpf() holds off the programs of others on that CPU."""
    log = tempfile.mktemp()
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with socket.create_server(("127.0.0.1", PORT)) as sock:
        socket.send_fds(ends[0], [b"x"], [sock.fileno()])
    with Tracer("-x") as trace:
        strace = start("strace", "-f", "-e", "trace=bpf", "-o", log, "-p", str(trace.process.pid),
                       stderr=subprocess.PIPE)
        contains(strace.stderr.readline().decode(), "attached", "strace")
        equal(bind(PORT), errno.EADDRINUSE, "bind")
        wait_for(lambda: b'"errno":"EADDRINUSE"' in trace.read_out(), "the refusal")
        trace.stop()
        strace.communicate()
    equal(trace.one("bind")["holders"][0]["kind"], "in-flight", "holder")
    with open(log) as file:
        commands = re.findall(r"\bbpf\((\w+)", file.read())
    contains(commands, "BPF_ITER_CREATE", "calls")
    equal([command for command in commands if command.startswith("BPF_MAP_")], [], "calls for maps")
