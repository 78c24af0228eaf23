# SPDX-License-Identifier: GPL-2.0-or-later
"""Where tracing is refused, where the tracer is disturbed, and what processes chose to be called."""
import contextlib
import errno
import os
import re
import shutil
import signal
import socket
import struct
import subprocess

from bpf import Map, Ring, objects
from children import bind, in_child, set_comm
from harness import REUSETRACE, Tracer, contains, equal, kernel, run, wait_for

PORT = 7000
NOBODY = "65534"
UNPRIVILEGED = ("setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--inh-caps=-all")
TWO_CAPABILITIES = (*UNPRIVILEGED[:-1], "--inh-caps=-all,+bpf,+perfmon", "--ambient-caps=-all,+bpf,+perfmon",
                    "--bounding-set=-all,+bpf,+perfmon")
PARANOID = "/proc/sys/kernel/perf_event_paranoid"
MEMLOCK_NEEDED_KIB = 65536
OPTION_SOCKETS = 8192  # histories that bpf/maps.bpf.h has room for
SLOTS = 256  # attempts at a time that it has room for
ABORT = struct.pack("ii", 1, 0)


def one_line(result, status):
    """A refusal to start: its only line."""
    text = result.stderr.decode()
    equal((result.returncode, result.stdout, text.count("\n")), (status, b"", 1), f"status, stdout, lines of {text!r}")
    return text


def memlock(kib):
    return ("prlimit", f"--memlock={kib * 1024}:{kib * 1024}")


def without_fentry():
    with Tracer() as trace:
        pass
    return {"kprobe"} == {probe["how"] for probe in trace.one("start")["probes"] if probe["name"] == "inet_put_port"}


@contextlib.contextmanager
def two_are_enough():
    """Where kprobes stand in for fentry, only once the kernel lets those with CAP_PERFMON have them: Debian's do not."""
    with open(PARANOID) as file:
        before = file.read()
    if int(before) < 3 or not without_fentry():
        yield
        return
    line = one_line(run(*memlock(MEMLOCK_NEEDED_KIB), *TWO_CAPABILITIES, REUSETRACE), 3)
    contains(line, "kernel.perf_event_paranoid", "message")
    try:
        with open(PARANOID, "w") as file:
            file.write("2")
        yield
    finally:
        with open(PARANOID, "w") as file:
            file.write(before)


def test_two_capabilities():
    with two_are_enough(), socket.create_server(("127.0.0.1", PORT)):
        with Tracer("-P", str(PORT), prefix=(*memlock(MEMLOCK_NEEDED_KIB), *TWO_CAPABILITIES)) as trace:
            bind(PORT)
    event = trace.one("bind", result__errno="EADDRINUSE")
    equal((event["verdict"]["rule"], event["verdict"]["agrees"]), ("no-reuse", True), "verdict")
    equal([owner["pid"] for owner in event["holders"][0]["processes"]], [os.getpid()], "culprit")
    equal("unproven" in trace.stderr, False, "self-test")


def test_memlock_too_small():
    if kernel() >= (5, 11):
        with two_are_enough():
            equal(run(*memlock(64), *TWO_CAPABILITIES, REUSETRACE, "-d", "0.1").returncode, 0, "maps do not count here")
        return
    line = one_line(run(*memlock(64), *TWO_CAPABILITIES, REUSETRACE), 3)
    for part in ("64 KiB", f"{MEMLOCK_NEEDED_KIB}", "ulimit -l", "RLIMIT_MEMLOCK"):
        contains(line, part, "message")


def test_without_privilege():
    line = one_line(run(*UNPRIVILEGED, REUSETRACE), 3)
    contains(line, "CAP_BPF and CAP_PERFMON", "message")
    only = ("--inh-caps=-all,+bpf", "--ambient-caps=-all,+bpf")
    line = one_line(run(*UNPRIVILEGED[:-1], *only, REUSETRACE), 3)
    contains(line, "CAP_PERFMON", "message")
    equal("CAP_BPF" in line, False, "what is there is not asked for")


def test_without_type_information():
    hide = 'mount -t tmpfs none /sys/kernel/btf && exec "$@"'
    line = one_line(run("unshare", "-m", "sh", "-c", hide, "sh", REUSETRACE), 4)
    contains(line, "/sys/kernel/btf/vmlinux", "message")
    contains(line, "CONFIG_DEBUG_INFO_BTF", "message")


def test_verifier_log():
    result = run(REUSETRACE, "-vv", "-d", "0.1")
    equal(result.returncode, 0, "status")
    contains(result.stderr.decode(), "libbpf: ", "log")


BAD = (
    (["-P", "0"], "0"), (["-P", "65536"], "65536"), (["-P", "8080x"], "8080x"), (["-P", "90-80"], "90-80"),
    (["-P", "80,,90"], "80,,90"), (["-P", ""], "''"), (["-P", "-1"], "-1"), (["--port", "http"], "http"),
    (["-P"], "-P"), (["8080", "9090"], "9090"), (["eighty"], "eighty"), (["80-"], "80-"), (["08"], "08"),
    (["-p", "0"], "0"), (["-p", "self"], "self"), (["-p", "4194304"], "4194304"), (["-p", "99999999"], "99999999"),
    (["-p", "1,x"], "1,x"), (["--pid=-1"], "-1"), (["-n", ""], "-n"), (["-u", "nosuchuser"], "nosuchuser"),
    (["-u", "4294967295"], "4294967295"), (["-u", "-1"], "-1"), (["-N", "nosuchns"], "nosuchns"),
    (["-N", "/nonexistent"], "/nonexistent"), (["-N", "/etc/passwd"], "/etc/passwd"),
    (["-N", "/proc/1/ns/pid"], "/proc/1/ns/pid"),
    (["-N", "4194304"], "4194304"),
    (["-c", "/../etc"], "/../etc"), (["-c", "a/."], "a/."),
    (["-c", "cgroup.procs"], "cgroup.procs"), (["-c", "x" * 300], "xxx"),
    (["-c", ""], "-c"), (["--proto", "tcp,icmp"], "tcp,icmp"), (["--proto", ""], "--proto"),
    (["--time=noon"], "noon"), (["--color=blue"], "blue"), (["--json=xml"], "xml"), (["-d", "0"], "0"),
    (["-d", "-1"], "-1"), (["-d", "1e3"], "1e3"), (["-d", "0.0000000001"], "0.0000000001"), (["-d", "nan"], "nan"),
    (["--limit", "0"], "0"), (["--limit", "18446744073709551616"], "18446744073709551616"),
    (["--limit", "many"], "many"), (["-o", "/nonexistent/file"], "/nonexistent/file"),
    (["-o", ""], "-o"), (["-Z"], "-Z"), (["--nonsense"], "--nonsense"), (["--co"], "--co"),
    (["--summary=yes"], "--summary"), (["--run-as", "alice"], "--run-as"),
    (["--run-as", "nosuchuser", "--", "true"], "nosuchuser"), (["-j", "--", "true"], "-o"), (["--"], "COMMAND"),
    (["-P", "80\x1b[31m"], "80\\x1b[31m"), (["-u", "a\nb"], "a\\x0ab"), (["-\x1b"], "\\x1b"),
)


def test_bad_input():
    wrong = []
    for arguments, named in BAD:
        try:
            line = one_line(run("timeout", "9", REUSETRACE, *arguments), 2)
            contains(line, named, "message")
            equal(line.isascii() and line[:-1].isprintable(), True, f"printable {line!r}")
        except AssertionError as error:
            wrong.append(f"{arguments}: {error}")
    equal(wrong, [], "wrong answers")


HOSTILE = (b"quote\"\\back", b"esc\x1b[31mred", b"nl\nline\ttab", b"\xff\xfe\xc3(", b"bel\x07\x7f\x9b1m",
           b"\xe2\x80\xae<rtl")


def hostile_binds(directory):
    """Each name as a comm, and as a directory and a program."""
    for i, name in enumerate(HOSTILE):
        in_child(lambda: set_comm(name) or bind(PORT + i))
        path = os.path.join(directory, name, name)
        os.makedirs(os.path.dirname(path))
        shutil.copy(b"./shapes", path)
        equal(run(path, b"--bind", b"%d" % (PORT + 100 + i)).returncode, 0, "bind by a hostile program")


def refused_by(directory):
    """The same names, as those of a culprit."""
    for i, name in enumerate(HOSTILE):
        with socket.create_server(("127.0.0.1", PORT + i)):
            set_comm(name)
            in_child(lambda: bind(PORT + i) != 98)
    set_comm(b"python3")


def test_hostile_names():
    directory = os.fsencode("/tmp/hostile")
    os.mkdir(directory)
    with Tracer() as trace, Tracer(json=False) as text:
        hostile_binds(directory)
        refused_by(directory)
    shutil.rmtree(directory)
    for i, name in enumerate(HOSTILE):
        want = name[:15].decode(errors="replace")
        for port in (PORT + i, PORT + 100 + i):
            equal(trace.of("bind", socket__port=port)[0]["process"]["comm"], want, "comm")
        exe = trace.one("bind", socket__port=PORT + 100 + i)["process"]["exe"]
        equal(exe, os.path.join(directory, name, name).decode(errors="replace"), "exe")
    bad = [c for c in text.text if not c.isprintable() and c != "\n"]
    equal(bad, [], "characters that a terminal would obey")
    rows = [row for row in text.text.splitlines() if row[0] not in " T" and " released " not in row]
    equal(len(rows), 5 * len(HOSTILE), "rows")
    for part in ("esc\\x1b[31mred", "nl\\x0aline\\x09tab", "\\xff\\xfe\\xc3("):
        contains(text.text, part, "escaped")


def refused_binds(binds):
    """So many, all refused, as fast as can be; 0 made it."""
    result = run("./bindloop", "-1", "4", str(binds // 4), str(PORT), "same", check=True)
    equal(result.stdout.split(), [b"0", b"%d" % binds], "binds made")
    return binds


def flood(ring):
    """Until the ring is full: the binds made."""
    binds = 0
    while ring.produced - ring.consumed < ring.size - 65536:
        binds += refused_binds(2000)
    return binds + refused_binds(400)


def test_lost_records_are_told():
    with socket.create_server(("127.0.0.1", PORT)), Tracer("-P", str(PORT)) as trace:
        ring = Ring(trace.process.pid)
        trace.process.send_signal(signal.SIGSTOP)
        binds = flood(ring)
        trace.process.send_signal(signal.SIGCONT)
        ring.quiet()
        binds += refused_binds(40)
        produced = ring.quiet()
    lost = trace.one("lost")["lost"]
    equal(trace.end["lost"], lost, "the same in lost and end")
    equal(lost["ring"] > 0 and sum(lost.values()) == lost["ring"], True, f"lost for want of room alone: {lost}")
    printed = len(trace.of("bind"))
    equal(printed + lost["ring"], binds, "binds printed and lost, binds made")
    records = trace.end["records"]
    equal((records["sent"], records["reserved"], records["bytes"]), (printed, binds, produced), "counts")
    contains(trace.stderr, str(lost["ring"]), "told on stderr")
    contains(trace.stderr, "lost", "told on stderr")


def test_slots_of_attempts_that_never_end_are_taken_back():
    """As if so many threads were gone in the middle of a bind, or each exit had been skipped."""
    with socket.create_server(("127.0.0.1", PORT)), Tracer("-P", str(PORT)) as trace:
        free, flights = (Map(trace.process.pid, name) for name in ("free_slots", "flights"))
        for number in range(SLOTS):
            flights.put(struct.pack("=II", 0x7fff0000 + number, 0x7fff0000 + number),
                        struct.pack("=QQQ", 0, 0, 0) + free.pop(4) + bytes(20))
        equal(bind(PORT), errno.EADDRINUSE, "a bind that finds no room")
        wait_for(flights.is_empty, "room")
        equal(bind(PORT), errno.EADDRINUSE, "a bind that does")
    equal(len(trace.of("bind")), 1, "binds told")
    equal(trace.end["lost"], dict.fromkeys(trace.end["lost"], 0) | {"map": 1, "exits": SLOTS}, "lost")


def connect_and_close(listener, times):
    """Options on both ends: of a client that is never bound, and of a child."""
    for _ in range(times):
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
            client.connect(listener.getsockname())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            child, _ = listener.accept()
            child.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            child.close()


def code_of(sock, port):
    try:
        sock.bind(("127.0.0.1", port))
    except OSError as error:
        return error.errno
    return 0


def set_and_close(times):
    for _ in range(times):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def test_option_histories_are_lost_only_where_a_bind_follows():
    """On one CPU: inode numbers come in lots of 1,024 a CPU, some old, and tell the place of a history.

    Whoever loses that place has another, until as many have lost theirs.
    """
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {0})
    try:
        for _ in range(1024):
            socket.socket().close()
        push_histories_out()
    finally:
        os.sched_setaffinity(0, cpus)


def push_histories_out():
    with socket.create_server(("127.0.0.1", PORT)) as listener, socket.socket() as late, socket.socket() as refused, \
            Tracer("-P", f"{PORT},{PORT + 1}") as trace:
        late.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connect_and_close(listener, OPTION_SOCKETS // 8)
        set_and_close(2 * OPTION_SOCKETS + 4096)
        refused.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for _ in range(3):
            equal(code_of(refused, PORT), errno.EADDRINUSE, "bind")
        late.bind(("127.0.0.1", PORT + 1))
        late.listen()
    equal(trace.end["lost"], dict.fromkeys(trace.end["lost"], 0) | {"options": 1}, "lost")


def test_killed_tracer_leaves_nothing():
    before = objects()
    with Tracer() as trace:
        during = objects()
        made = {kind: during[kind] - before[kind] for kind in during}
        equal([kind for kind in made if not made[kind]], [], "kinds of object that were not made")
        trace.process.kill()
        trace.process.wait()
        wait_for(lambda: not any(made[kind] & left for kind, left in objects().items()), "the kernel to let go of all")
        trace.collect()
    equal(bind(PORT), 0, "a bind afterwards")


def test_closed_pipe_ends_it():
    script = f"{REUSETRACE} -P {PORT} -H | head -1; echo ${{PIPESTATUS[0]}}"
    process = subprocess.Popen(["bash", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    equal(process.stderr.readline(), "ready\n", "ready")
    wait_for(lambda: bind(PORT) or process.poll() is not None, "the end of the tracer")
    out, err = process.communicate()
    row, status = out.splitlines()
    equal(bool(re.search(rf"127\.0\.0\.1:{PORT}.*bound", row)), True, f"row {row!r}")
    equal((status, err), ("0", ""), "status, stderr")
