# SPDX-License-Identifier: GPL-2.0-or-later
"""What the running tracer may still do: no capability, nothing new, few system calls; and it still knows all."""
import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import tempfile

from children import bind, libc
from harness import PATIENCE_S, Tracer, contains, equal, kernel, process_state, run, skip, wait_for

PORT = 7050
CAP_BPF, CAP_DAC_OVERRIDE, CAP_SYS_PTRACE = 1 << 39, 1 << 1, 1 << 19
JOURNAL = "/run/systemd/journal/socket"
LOOKER = "reusetrace-look"
LOOKER_KEEPS = 1 << 2 | 1 << 19 | 1 << 21  # CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_SYS_ADMIN
CAP_KILL = 1 << 5


def status(pid):
    with open(f"/proc/{pid}/status") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def names_of_children(pid):
    names = []
    for child in children(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has been reaped
            names.append(status(child)["Name"])
    return names


def looker_of(pid):
    found = [child for child in children(pid) if status(child)["Name"] == LOOKER]
    equal(len(found), 1, "lookers")
    return found[0]


def capabilities(of):
    return {name: int(of[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")}


def check_confined(pid, more=0):
    """Before 5.19 every bpf() takes CAP_BPF where unprivileged ones are off."""
    needed = more | (0 if kernel() >= (5, 19) else CAP_BPF)
    of = status(pid)
    equal(capabilities(of), {"CapInh": 0, "CapPrm": needed, "CapEff": needed, "CapAmb": 0}, "capabilities")
    equal((of["NoNewPrivs"], of["Seccomp"]), ("1", "2"), "no new privileges, a seccomp filter")


def check_looker(pid, more=0):
    of = status(looker_of(pid))
    equal((of["NoNewPrivs"], of["Seccomp"]), ("1", "2"), "no new privileges, a seccomp filter")
    equal((int(of["CapPrm"], 16), of["CapInh"], of["CapAmb"]), (LOOKER_KEEPS | more, "0" * 16, "0" * 16), "the looker's")
    directory = f"/proc/{looker_of(pid)}/fd"
    links = {int(fd): os.readlink(f"{directory}/{fd}") for fd in os.listdir(directory)}
    equal([links.pop(fd) for fd in (0, 1, 2)], ["/dev/null"] * 3, "what the looker reads and writes")
    equal([link.split(":")[0] for link in links.values()], ["socket"], "what else the looker has open")


def test_trace():
    with Tracer("-P", str(PORT)) as trace:
        check_confined(trace.process.pid)
        check_looker(trace.process.pid)
        looker = looker_of(trace.process.pid)
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
            sock.bind(("127.0.0.1", PORT))
    equal((trace.status, trace.stderr), (0, "ready\n"), "status, stderr")
    equal(trace.one("bind")["socket"]["device"]["name"], "lo", "the name of a device")
    equal(os.path.exists(f"/proc/{looker}"), False, "the looker is there still")


def test_recorder():
    with tempfile.TemporaryDirectory() as directory:
        trace = Tracer("record", "--db", f"{directory}/events.db", "--max-size", "8M", "-j", json=False)
        with trace:
            check_confined(trace.process.pid)
        equal((trace.status, trace.stderr), (0, "ready\n"), "status, stderr")


@contextlib.contextmanager
def journal():
    """Where journald would be: a socket of datagrams."""
    os.makedirs(os.path.dirname(JOURNAL), exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(JOURNAL)
        sock.settimeout(PATIENCE_S)
        yield sock
    os.unlink(JOURNAL)


def test_journal_and_metrics():
    """The file is in a directory of another user: that takes a right, which is kept."""
    with tempfile.TemporaryDirectory() as directory, journal() as sock:
        os.chown(directory, 1000, 1000)
        with Tracer("-P", str(PORT), "--journal", "--metrics-file", f"{directory}/metrics") as trace:
            check_confined(trace.process.pid, CAP_DAC_OVERRIDE)
            bind(PORT)
            contains(sock.recv(65536), b"MESSAGE_ID=", "what journald gets")
        equal(os.listdir(directory), ["metrics"], "files")
        with open(f"{directory}/metrics") as file:
            contains(file.read(), 'outcome="', "attempts in the metrics")
    equal((trace.status, trace.stderr), (0, "ready\n"), "status, stderr")


@contextlib.contextmanager
def waiting(*argv, **options):
    """A COMMAND that says what it is and waits."""
    said = tempfile.mktemp()
    program = f"cat /proc/self/status >{said}.new; mv {said}.new {said}; exec tail -f /dev/null"
    with Tracer(*argv, command=("sh", "-c", program), **options) as trace:
        wait_for(lambda: os.path.exists(said), "COMMAND")
        with open(said) as file:
            yield trace, dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    os.unlink(said)


def test_command_inherits_nothing():
    with waiting() as (trace, of):
        check_confined(trace.process.pid)
        check_looker(trace.process.pid, CAP_KILL)
        own = status("self")
        for name in ("NoNewPrivs", "Seccomp", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            equal(of[name], own[name], name)
        trace.process.send_signal(signal.SIGTERM)
        trace.wait()
    equal(trace.status, 128 + signal.SIGTERM, "status")


def test_signal_for_another_users_command():
    with waiting("--run-as", "alice") as (trace, of):
        equal(of["Uid"].split()[0], "1000", "alice")
        trace.process.send_signal(signal.SIGTERM)
        trace.wait()
    equal(trace.status, 128 + signal.SIGTERM, "status")


def test_signal_without_the_looker():
    """COMMAND cannot be told to end: the trace ends, and COMMAND does not."""
    with waiting() as (trace, of):
        os.kill(looker_of(trace.process.pid), signal.SIGKILL)
        trace.process.send_signal(signal.SIGTERM)
        trace.wait()
        equal(process_state(int(of["PPid"])) in "ZX", False, "COMMAND has ended")
        os.kill(int(of["PPid"]), signal.SIGKILL)
    equal(trace.status, 128 + signal.SIGTERM, "status")
    contains(trace.stderr, f"COMMAND, process {of['PPid']}, did not get the signal", "what is said of it")


def test_looker_is_gone():
    """What it would have found is unknown; the trace goes on."""
    with Tracer() as trace:
        os.kill(looker_of(trace.process.pid), signal.SIGKILL)
        with socket.socket() as sock:
            try:
                sock.bind(("192.0.2.77", PORT))
            except OSError:
                pass
        wait_for(lambda: not children(trace.process.pid), "the looker to be reaped")
        bind(PORT)
    equal((trace.status, trace.stderr.count("\n"), trace.stderr.count(LOOKER)), (0, 2, 1), f"status, {trace.stderr!r}")
    event = trace.one("bind", result__ok=False)
    equal((event["result"]["errno"], event["verdict"]["rule"]), ("EADDRNOTAVAIL", "address-not-local"), "verdict")
    equal(trace.one("bind", result__ok=True)["socket"]["port"], PORT, "a bind afterwards")


@contextlib.contextmanager
def hidepid():
    """/proc shows processes only to their users, to a group, which root is not in, and to who may trace them."""
    run("mount", "-o", "remount,hidepid=2,gid=65533", "/proc", check=True)
    try:
        yield
    finally:
        run("mount", "-o", "remount,hidepid=0,gid=0", "/proc", check=True)


STAYS = f"""
import socket, sys
sock = socket.socket()
try:
    sock.bind(("127.0.0.1", {PORT}))
except OSError as error:
    print(error.errno, flush=True)
sys.stdin.read()
"""


def test_processes_are_hidden():
    """It may see whether they are there yet: who was refused, and lives on, is told."""
    with hidepid(), socket.socket() as holder, Tracer("-P", str(PORT)) as trace:
        check_confined(trace.process.pid, CAP_SYS_PTRACE)
        holder.bind(("127.0.0.1", PORT))
        with subprocess.Popen([sys.executable, "-c", STAYS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            equal(process.stdout.readline(), f"{errno.EADDRINUSE}\n".encode(), "refused")
            wait_for(lambda: b'"lives-on"' in trace.read_out(), "the finding")
    equal(trace.one("finding")["process"]["pid"], process.pid, "who lives on")


@contextlib.contextmanager
def hanging(directory):
    """A file system that never answers is mounted there: whoever enters it waits."""
    run("modprobe", "fuse")
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        skip(f"this kernel has no FUSE: {error}")
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0"
    try:
        equal(libc.mount(b"silent", directory.encode(), b"fuse", 0, options.encode()), 0, "mount")
        yield
    finally:
        os.close(device)
        run("umount", "-l", directory)


def refused(path):
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            sock.bind(path)
        except OSError as error:
            equal(error.errno, errno.EADDRINUSE, path)
            return
    raise AssertionError(f"{path} was free")


def test_directory_that_hangs():
    """What is in it is unknown; the next look-up is answered."""
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as listeners:
        paths = [f"{directory}/{name}/sock" for name in ("hangs", "answers")]
        for path in paths:
            os.mkdir(os.path.dirname(path))
            sock = listeners.enter_context(socket.socket(socket.AF_UNIX))
            sock.bind(path)
            sock.listen()
        with Tracer("--proto", "unix") as trace:
            trace.process.send_signal(signal.SIGSTOP)
            wait_for(lambda: process_state(trace.process.pid) == "T", "SIGSTOP")
            for path in paths:
                refused(path)
            with hanging(os.path.dirname(paths[0])):
                trace.process.send_signal(signal.SIGCONT)
                wait_for(lambda: trace.read_out().count(b'"errno":"EADDRINUSE"') == len(paths), "both refusals")
        equal((trace.status, trace.stderr), (0, "ready\n"), "status, stderr")
        found = {event["socket"]["path"]: event for event in trace.of("bind", result__ok=False)}
        equal(found[paths[0]]["facts"]["unix"]["at_path"], None, "what is at the path that hangs")
        equal(found[paths[1]]["verdict"]["rule"], "path-listener", "the other one")


def test_executables_without_proc():
    """Of a process of which no record brought it; and the path of its cgroup."""
    group = "/sys/fs/cgroup/rights/deep"
    program = "import socket, sys; s = socket.socket(); print(flush=True); sys.stdin.read()"
    os.makedirs(group)
    with Tracer("-v") as trace:
        process = subprocess.Popen(
            ["sh", "-c", f"echo $$ >{group}/cgroup.procs; exec setpriv --reuid 1000 --clear-groups "
             f"{sys.executable} -c '{program}'"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdout.readline()
        wait_for(lambda: f'"pid":{process.pid},'.encode() in trace.read_out(), "its event")
        process.communicate(b"")
    os.rmdir(group)
    os.rmdir(os.path.dirname(group))
    event = trace.of("socket", process__pid=process.pid)[0]["process"]
    equal((event["exe"], event["cgroup"]), (os.path.realpath(sys.executable), "/rights/deep"), "exe, cgroup")
