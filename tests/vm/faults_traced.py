# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes away under a tracer: processes in the middle of a bind, a module that it hooked, room on the disk."""
import errno
import os
import signal
import socket
import subprocess
import tempfile

from bpf import objects
from children import bind
from harness import Tracer, check_refused, contains, equal, run, skip, start, wait_for

PORT = 7065
PROCESSES, ROUNDS, BINDS = 64, 4, 50000


def test_killed_in_the_middle():
    """More of them than attempts that can be under way at once: none is under way for ever."""
    with socket.create_server(("127.0.0.1", PORT)), Tracer("-x") as trace:
        for _ in range(ROUNDS):
            load = start("./bindloop", "-1", str(PROCESSES), str(BINDS), str(PORT + 100), start_new_session=True)
            wait_for(lambda: processes_of(load.pid) > PROCESSES or load.poll() is not None, f"{PROCESSES} processes")
            os.killpg(load.pid, signal.SIGKILL)
            load.wait()
            wait_for(lambda: not processes_of(load.pid), "their end")
        equal(bind(PORT), 98, "EADDRINUSE")
    event = trace.one("bind", process__pid=os.getpid())
    equal((trace.status, event["verdict"]["rule"]), (0, "no-reuse"), "status, rule")
    lost = trace.end["lost"]
    equal([lost[key] for key in ("map", "exits", "recursion")], [0, 0, 0], f"attempts without room, without an end, "
          f"not seen: {lost}")


def processes_of(session):
    return len(subprocess.run(["pgrep", "-s", str(session)], stdout=subprocess.PIPE, check=False).stdout.split())


def udp_bind():
    return bind(PORT + 1, "0.0.0.0", socket.SOCK_DGRAM)


def test_module_is_unloaded():
    """With the functions that a socket of the kernel called."""
    before = objects()
    with Tracer("-P", str(PORT + 1)) as trace:
        added = run("ip", "link", "add", "gen0", "type", "geneve", "id", "7", "remote", "127.0.0.1", "dstport",
                    str(PORT + 1))
        if added.returncode:
            skip(f"this kernel has no geneve: {added.stderr.decode().strip()}")
        run("ip", "link", "set", "gen0", "up", check=True)
        equal(udp_bind(), errno.EADDRINUSE, "a port of the tunnel")
        wait_for(lambda: b'"errno":"EADDRINUSE"' in trace.read_out(), "the refusal")
        run("ip", "link", "delete", "gen0", check=True)
        wait_for(lambda: not run("rmmod", "geneve").returncode, "the module to go")
        equal(udp_bind(), 0, "the same port")
    equal((trace.status, trace.stderr), (0, "ready\n"), "status, stderr")
    refused = check_refused(trace.one("bind", result__ok=False), "no-reuse")
    equal((refused["holders"][0]["kind"], refused["holders"][0]["kernel"]["module"]), ("kernel", "geneve"), "holder")
    equal([event["verdict"]["rule"] for event in trace.of("bind", process__pid=os.getpid())], ["no-reuse", "free"],
          "binds")
    wait_for(lambda: not any(now - before[kind] for kind, now in objects().items()), "programs, maps and links to go")


def test_disk_is_full():
    """The trace ends with a line that names the file."""
    directory = tempfile.mkdtemp()
    equal(run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory).returncode, 0, "mount")
    trace = Tracer("-o", f"{directory}/binds.ndjson", "-P", str(PORT))
    with trace:
        wait_for(lambda: bind(PORT) or trace.process.poll() is not None, "the end of the tracer")
        trace.wait()
    equal(run("umount", directory).returncode, 0, "umount")
    os.rmdir(directory)
    lines = trace.stderr.splitlines()
    equal((trace.status, lines[0], len(lines)), (1, "ready", 2), f"status, lines of {trace.stderr!r}")
    for part in (directory, "No space left on device"):
        contains(lines[1], part, "message")
