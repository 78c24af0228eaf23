# SPDX-License-Identifier: GPL-2.0-or-later
"""explain: this kernel answers what it says of Linux; --compare: the other system's answer, live."""
import json
import socket
import subprocess

from checks import inode_of, tcp
from harness import REUSETRACE, Tracer, contains, equal

OPTIONS = {"reuseaddr": socket.SO_REUSEADDR, "reuseport": socket.SO_REUSEPORT}
SETS = ((), ("reuseaddr",), ("reuseport",), ("reuseaddr", "reuseport"))
MEET = (("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("[::1]", "[::]"), ("[::]", "0.0.0.0"),
        ("127.0.0.1", "[::]"))
APART = (("127.0.0.1", "127.0.0.2"), ("[::1]", "127.0.0.1"), ("[::1]", "0.0.0.0"))
NAMES = {98: "EADDRINUSE"}


def words(protocol, address, port, options, listens):
    return " ".join([protocol, f"{address}:{port}", *options, *(["listen"] if listens else [])])


def explain(*sockets):
    """What is said of the last one: (errno or None, the call that gets it)."""
    out = subprocess.run([REUSETRACE, "explain", "-j", "--os", "linux", *sockets], check=True, capture_output=True,
                         text=True).stdout
    last = [event for event in map(json.loads, out.splitlines()) if event["type"] == "explain"][-1]
    return last["result"]["errno"], last["result"]["call"]


def make(protocol, address, port, options, listens):
    """The real thing: the socket, its errno, and the call that got it."""
    family = socket.AF_INET6 if "[" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM)
    for option in options:
        sock.setsockopt(socket.SOL_SOCKET, OPTIONS[option], 1)
    call = "bind"
    try:
        sock.bind((address.strip("[]"), port))
        call = "listen"
        if listens:
            sock.listen()
    except OSError as error:
        return sock, NAMES[error.errno], call
    return sock, None, None


def pairs(protocol):
    cases = [(addresses, first, second) for addresses in MEET for first in SETS for second in SETS]
    cases += [(addresses, (), ()) for addresses in APART]
    for number, case in enumerate(cases):
        yield *case, (23000 if protocol == "tcp" else 24000) + number


def agrees(protocol, listens):
    accepted = 0
    for (one, two), first, second, port in pairs(protocol):
        old = (protocol, one, port, first, listens)
        new = (protocol, two, port, second, protocol == "tcp")
        said = explain(words(*old), words(*new))
        held, error, _ = make(*old)
        equal(error, None, "the first socket")
        with held:
            sock, *seen = make(*new)
            sock.close()
        equal(said, tuple(seen), f"{words(*old)}, then {words(*new)}")
        accepted += seen[0] is None
    equal(accepted > 20, True, "some are accepted")


def test_tcp_listening():
    agrees("tcp", True)


def test_tcp_bound():
    agrees("tcp", False)


def test_udp():
    agrees("udp", False)


def test_needs_no_privilege():
    """As nobody, without a capability, and it makes no network socket."""
    command = [REUSETRACE, "explain", "tcp 80 listen", "tcp 80 listen"]
    out = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all",
                          "strace", "-f", "-e", "trace=socket,bind,bpf", *command],
                         check=True, capture_output=True, text=True)
    for name in ("linux", "windows", "macos", "freebsd", "openbsd", "netbsd", "solaris"):
        contains(out.stdout, f"\n{name} ", "a row of each system")
    for call in ("AF_INET", "bind(", "bpf("):
        equal(call in out.stderr, False, f"{call} in {out.stderr}")


def refused_and_shared(trace_args, json):
    with Tracer("-P", "25000", *trace_args, json=json) as trace:
        with tcp("R") as first, tcp("R") as second, tcp("r") as third, tcp("r") as fourth:
            first.bind(("127.0.0.1", 25000))
            first.listen()
            inode = inode_of(first)
            try:
                second.bind(("127.0.0.1", 25000))
            except OSError as error:
                equal(error.errno, 98, "http.server's second start")
            first.close()
            third.bind(("127.0.0.1", 25000))
            fourth.bind(("127.0.0.1", 25000))
        trace.stop()
    return trace, inode


def test_compare_with_windows():
    trace, inode = refused_and_shared(("--compare", "windows"), True)
    alone, refused, _, shared = trace.of("bind")
    equal("compare" in alone, False, "a free port is free everywhere")
    there = refused["compare"]
    equal((there["system"], there["result"]["ok"], there["verdict"]["rule"]), ("windows", True, "reuseaddr-both"),
          "accepted there")
    equal([one["inode"] for one in refused["holders"] if one["id"] == there["holder"]], [inode], "the holder")
    equal(there["provenance"], {"exclusive": "assumed", "user": "inferred"}, "provenance")
    there = shared["compare"]
    equal((there["result"]["errno"], there["result"]["code"]), ("WSAEADDRINUSE", 10048), "refused there")
    equal(there["ignored"], ["SO_REUSEPORT does not exist there"], "ignored")


def test_compare_in_text():
    trace, _ = refused_and_shared(("--compare", "windows"), False)
    contains(trace.text, "    windows  would accept it: SO_REUSEADDR on both lets both have the address", "refused")
    contains(trace.text, "    windows      would refuse it with WSAEADDRINUSE (10048): neither socket has", "shared")
    trace, _ = refused_and_shared((), False)
    equal("windows" in trace.text, False, "only if it is asked for")


def test_usage():
    for args in ((), ("80",), ("80", "80", "--nonsense"), ("80", "80 \x1b[31m"), ("80", "x" * 5000), ("--os", "", "80", "80")):
        done = subprocess.run([REUSETRACE, "explain", *args], capture_output=True, text=True)
        equal((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), f"{args}: {done.stderr}")
        equal("\x1b" in done.stderr, False, "escaped")
    help_text = subprocess.run([REUSETRACE, "explain", "--help"], check=True, capture_output=True, text=True).stdout
    contains(help_text, "Usage: reusetrace explain", "help")
    contains(subprocess.run([REUSETRACE, "--help"], check=True, capture_output=True, text=True).stdout,
             "  reusetrace explain SOCKET SOCKET...", "the trace's help")


def test_nowhere_to_write():
    """One line that names the reason, and the status says so."""
    for args in (("--help",), ("--version",), ("explain", "80", "80"), ("why", "--help")):
        for into, reason in (("> /dev/full", "No space left on device"), (">&-", "Bad file descriptor")):
            done = subprocess.run(["sh", "-c", f'exec "$@" {into}', "sh", REUSETRACE, *args], capture_output=True,
                                  text=True)
            equal((done.returncode, done.stderr.count("\n")), (1, 1), f"{args} {into}: {done.stderr}")
            contains(done.stderr, f": {reason}\n", f"{args} {into}")
