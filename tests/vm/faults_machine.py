# SPDX-License-Identifier: GPL-2.0-or-later
"""What a traced machine may do: its clock is set, pids come again, programs are of another architecture."""
import os
import signal
import subprocess
import time

from children import bind
from harness import end, equal, lookup, run, shared, skip, start, wait_for

SHARED = True
HERE = "127.0.0.1"
PORT = 7060
DAY = 86400
LAST_PID = "/proc/sys/kernel/ns_last_pid"


def events_on(port, count, *types):
    """So many attempts of the session on a port, in order."""
    def find():
        found = [event for event in shared().read().events if event["type"] in types
                 and port in (event["socket"]["port"], lookup(event, "socket__requested__port"))]
        return found if len(found) >= count else None

    return wait_for(find, f"{count} {types} on {port}")


def test_clock_is_set():
    """A day on and back: order and durations are those of a clock that nobody sets."""
    for step in (DAY, -DAY):
        time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_REALTIME) + step)
        bind(PORT)
    seen = events_on(PORT, 2, "bind")
    equal(len(seen), 2, "binds")
    first, second = (int(event["time_unix_nano"]) for event in seen)
    equal(seen[0]["seq"] < seen[1]["seq"] and 0 < second - first < DAY // 2 * 10**9, True, f"order, and {second - first} ns")


def next_pid(pid):
    """The next process gets this number, if it is free."""
    with open(LAST_PID, "w") as file:
        file.write(str(pid - 1))


def hold(port):
    """Binds in a process that ends, and leaves the socket to a child of it: both pids."""
    program = (f"import os, signal, socket\ns = socket.socket()\ns.bind(('{HERE}', {port}))\ns.listen()\n"
               "pid = os.fork()\nif pid: print(pid, flush=True); os._exit(0)\nsignal.pause()")
    binder = subprocess.Popen(["python3", "-c", program], stdout=subprocess.PIPE, text=True)
    keeper = int(binder.stdout.readline())
    binder.wait()
    return binder.pid, keeper


def test_pid_comes_again():
    """Another process has the number of who bound: it is told that the binder has ended."""
    if not os.path.exists(LAST_PID):
        skip(f"no {LAST_PID} (CONFIG_CHECKPOINT_RESTORE)")
    binder, keeper = hold(PORT + 1)
    try:
        for _ in range(20):
            next_pid(binder)
            other = start("tail", "-f", "/dev/null")
            if other.pid == binder:
                break
            end(other)
        equal(other.pid, binder, "the pid")
        equal(bind(PORT + 1), 98, "EADDRINUSE")
        refused = [event for event in events_on(PORT + 1, 2, "bind") if not event["result"]["ok"]]
        holder = refused[0]["holders"][0]
        equal([process["pid"] for process in holder["processes"]], [keeper], "who has it")
        equal((holder["bound_by"]["pid"], holder["bound_by"]["comm"], holder["bound_by"]["ended"]),
              (binder, "python3", True), "who bound it")
        end(other)
    finally:
        os.kill(keeper, signal.SIGKILL)


def test_32_bit_process():
    """By system calls of its own and by socketcall()."""
    if not os.path.exists("bind32"):
        skip("this architecture has no 32-bit programs of another one")
    for port, more in ((PORT + 2, ()), (PORT + 3, ("socketcall",))):
        done = run("./bind32", str(port), *more)
        if done.returncode < 0:
            skip("this kernel runs no 32-bit programs")
        equal(done.returncode, 98, "the errno it got")
        first, listen, second = events_on(port, 3, "bind", "listen")
        equal((first["process"]["comm"], first["result"]["ok"], first["socket"]["options"]["reuseaddr"]),
              ("bind32", True, True), "the first bind")
        equal((listen["type"], listen["result"]["ok"]), ("listen", True), "listen")
        equal((second["result"]["errno"], second["verdict"]["rule"], second["verdict"]["agrees"]),
              ("EADDRINUSE", "no-reuse", True), "the second bind")
