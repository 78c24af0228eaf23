# SPDX-License-Identifier: GPL-2.0-or-later
"""-- COMMAND and -p: a process and everything that it starts, and nothing else."""
import os
import signal
import socket
import sys

from children import Child, bind, in_child
from harness import REUSETRACE, Tracer, contains, equal, run, wait_for
from rights import LOOKER, names_of_children

SHAPES = ("fork", "vfork-exec", "posix-spawn", "sibling", "thread", "thread-exec", "daemon", "moves-cgroup",
          "pid-namespace")
STORM = 1000
PORT = 20000


def bound_ports(trace):
    return sorted(event["socket"]["port"] for event in trace.of("bind"))


def no_loss(trace):
    equal(sum(trace.end["lost"].values()), 0, "lost")
    equal(len(trace.of("lost")), 0, "lost objects")


def check_shapes(prefix=()):
    """Every shape twice: as it is, and in a pid namespace of the command's own."""
    script = './shapes "$@" && shift && unshare -pf --mount-proc ./shapes "$port" "$@"'
    inner = PORT + 100
    with Tracer(prefix=prefix, env={"port": str(inner)},
                command=("sh", "-c", script, "sh", str(PORT), *SHAPES)) as trace:
        in_child(lambda: bind(PORT + 500))
        trace.wait()
    os.rmdir("/sys/fs/cgroup/moved")
    wanted = {first + i: (first, shape) for first in (PORT, inner) for i, shape in enumerate(SHAPES)}
    ports = bound_ports(trace)
    equal([wanted[port] for port in wanted if port not in ports], [], "shapes that were missed")
    equal(ports, sorted(wanted), "ports bound")
    equal(trace.status, 0, "status")
    no_loss(trace)


def test_shapes():
    check_shapes()


def test_shapes_in_a_pid_namespace():
    check_shapes(prefix=("unshare", "-pf", "--mount-proc"))


def test_thousand_first_binds():
    with Tracer(command=("./shapes", "--storm", str(STORM), str(PORT))) as trace:
        trace.wait()
    equal(trace.status, 0, "status: every child has bound")
    equal(bound_ports(trace), list(range(PORT, PORT + STORM)), "binds made and printed")
    equal(len({event["process"]["pid"] for event in trace.of("bind")}), STORM, "processes")
    no_loss(trace)


def test_daemon_outlives_command():
    """Tracing ends with the last process; the status is COMMAND's."""
    script = "import os\nif not os.fork():\n os.setsid()\n os.fork() and os._exit(0)\n" \
             f" open('{{fifo}}').read()\n import socket\n socket.socket().bind(('127.0.0.1', {PORT}))\n os._exit(0)\n" \
             "raise SystemExit(5)"
    fifo = f"/tmp/daemon-{os.getpid()}"
    os.mkfifo(fifo)
    with Tracer(command=(sys.executable, "-c", script.format(fifo=fifo))) as trace:
        with open(fifo, "w"):
            wait_for(lambda: children_gone(trace.process.pid), "the end of COMMAND")
            equal(trace.process.poll(), None, "traced while the daemon lives")
        trace.wait()
    os.unlink(fifo)
    equal(bound_ports(trace), [PORT], "the daemon's bind")
    equal(trace.status, 5, "status")


def children_gone(pid):
    """No child but the one for look-ups, not even a dead one."""
    return names_of_children(pid) == [LOOKER]


def test_pid_existing_and_new_children():
    def grandchild(port):
        return lambda: in_child(lambda: bind(port)) and bind(port + 1)

    def parent():
        held = [Child(grandchild(PORT), held=True)]
        os.write(ready[1], b"x")
        os.read(start[0], 1)
        held[0].go()
        held[0].wait()
        in_child(lambda: bind(PORT + 2))
        return bind(PORT + 3)

    ready, start = os.pipe(), os.pipe()
    child = Child(parent)
    os.read(ready[0], 1)
    with Tracer("-p", str(child.pid)) as trace:
        in_child(lambda: bind(PORT + 4))
        os.write(start[1], b"x")
        child.wait()
    equal(bound_ports(trace), list(range(PORT, PORT + 4)), "binds of the tree")
    no_loss(trace)


def test_fail_on_reject_and_run_as():
    script = f"import socket\nsocket.socket().bind(('127.0.0.1', {PORT}))"
    held = socket.create_server(("127.0.0.1", PORT))
    with held, Tracer("--fail-on-reject", "--run-as", "alice", env={"SUDO_USER": "alice"},
                      command=("sh", "-c", '"$@" 2>/dev/null; exit 0', "sh", sys.executable, "-c", script)) as trace:
        trace.wait()
    equal(trace.status, 10, "0 turned into 10")
    event = trace.one("bind")
    equal((event["process"]["uid"], event["socket"]["uid"]), (1000, 1000), "uid")
    equal(event["result"]["errno"], "EADDRINUSE", "refused")
    equal("runs as root" in trace.stderr, False, "no warning")


def test_fail_on_reject_keeps_a_failure():
    with socket.create_server(("127.0.0.1", PORT)):
        with Tracer("--fail-on-reject", env={"SUDO_USER": "alice"},
                    command=("./shapes", "--bind", str(PORT))) as trace:
            trace.wait()
    equal(trace.status, 1, "COMMAND's own failure")
    event = trace.one("bind", result__ok=False)
    equal(event["process"]["uid"], 0, "uid")
    contains(trace.stderr, "COMMAND runs as root", "warning")
    contains(trace.stderr, "--run-as alice", "what to do")


def test_command_that_cannot_run():
    """Side by side, since most of a tracer's time is its start."""
    missing = Tracer(command=("/nonexistent/program",), json=False, wait_ready=False)
    text = Tracer(command=("/etc/passwd",), json=False, wait_ready=False)
    with missing, text:
        equal((missing.wait().status, text.wait().status), (127, 126), "statuses")
    contains(missing.stderr, "/nonexistent/program: No such file or directory", "not found")
    contains(text.stderr, "/etc/passwd: Permission denied", "not executable")


def test_text_to_stderr_and_signal():
    result = run(REUSETRACE, "--", "sh", "-c", f"echo mine; ./shapes --bind {PORT}; kill -TERM $$")
    equal((result.returncode, result.stdout), (128 + signal.SIGTERM, b"mine\n"), "status, the command's stdout")
    contains(result.stderr.decode(), f"127.0.0.1:{PORT}", "events")


def test_json_of_a_command_requires_a_file():
    result = run(REUSETRACE, "-j", "--", "true")
    equal((result.returncode, result.stdout), (2, b""), "status, stdout")
    contains(result.stderr.decode(), "-o", "what is missing")
    equal(result.stderr.count(b"\n"), 1, "one line")
