# SPDX-License-Identifier: GPL-2.0-or-later
"""Six processes bind in a loop on one CPU: no attempt is missed while one is preempted in a hook."""
import os
from collections import Counter

from bpf import Ring
from harness import Tracer, equal, kernel, run

PROCESSES = 6
BINDS = 2000
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


def test_six_processes_on_one_cpu():
    mode = preemption()
    if asked_for():
        equal(mode, asked_for(), "preemption")
    with Tracer("-P", f"{PORT}-{PORT + PROCESSES * BINDS - 1}") as trace:
        ring = Ring(trace.process.pid)
        made = run("unshare", "-n", "./bindloop", "0", str(PROCESSES), str(BINDS), str(PORT), check=True).stdout.split()
        ring.quiet()
    equal(made, [b"%d" % (PROCESSES * BINDS), b"0"], "binds made")
    lost = trace.end["lost"]
    equal(sum(lost.values()), 0, f"lost: {lost}")
    counts = Counter(event["socket"]["port"] for event in trace.of("bind"))
    wanted = range(PORT, PORT + PROCESSES * BINDS)
    equal([port for port in wanted if counts[port] != 1][:9], [], "ports without just one bind")
    equal(counts.total(), PROCESSES * BINDS, "binds printed")
    equal({event["result"]["ok"] for event in trace.of("bind")}, {True}, "accepted")
