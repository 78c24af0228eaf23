# SPDX-License-Identifier: GPL-2.0-or-later
"""`ls` and `why` where BPF is refused: sock_diag and /proc, and nothing is made up."""
import errno
import json
import os
import socket

from checks import tcp, tcp6, udp
from children import in_child, move_to_cgroup
from harness import REUSETRACE, contains, equal, isolated, kernel, run, skip, wait_for

HERE = "127.0.0.1"
LESS = ("setpriv", "--bounding-set", "-bpf,-perfmon,-sys_admin", "--inh-caps", "-all")
BOUND_DUMPED = (6, 8)


def blind(*words, status=0):
    done = run(*LESS, REUSETRACE, *words)
    equal(done.returncode, status, f"{words}: {done.stderr.decode()}")
    contains(done.stderr.decode(), "CAP_BPF and CAP_PERFMON missing", "what is missing")
    contains(done.stderr.decode(), "reuse flags", "what is not known")
    return done.stdout.decode()


def answers(*words, status=0):
    return [json.loads(line) for line in blind("why", "-j", *words, status=status).splitlines()]


def oks(lines):
    return [line["result"]["ok"] for line in lines]


@isolated
def test_ls():
    with socket.create_server((HERE, 24101)) as server, udp() as bound:
        bound.bind((HERE, 24102))
        row = json.loads(blind("ls", "-j", "24101"))["holders"][0]
        want = {"kind": "process", "state": "listen", "options": None, "uid": 0, "inode": os.fstat(server.fileno()).st_ino}
        equal({key: row[key] for key in want}, want, "holder")
        equal([(process["pid"], process["fd"]) for process in row["processes"]], [(os.getpid(), server.fileno())],
              "processes")
        equal(json.loads(blind("ls", "-j", "24102/udp"))["holders"][0]["state"], "bound", "UDP")
        contains(blind("ls", "-H", "24101"), " -        - ", "text: flags and group")


def in_service(cgroup, sock):
    """In a cgroup like a unit's, with a descriptor that does not survive an exec and one that does."""
    move_to_cgroup(cgroup)
    os.set_inheritable(os.dup(sock.fileno()), True)
    row, = [json.loads(line)["holders"][0] for line in blind("ls", "-j", "--unit", "blind.service").splitlines()]
    got = [(process["unit"], process["cloexec"]) for process in row["processes"] if process["pid"] == os.getpid()]
    equal((row["port"], sorted(got)), (24110, [("blind.service", False), ("blind.service", True)]), "what it knows")


@isolated
def test_unit():
    cgroup = "/sys/fs/cgroup/blind.service"
    os.mkdir(cgroup)
    try:
        with socket.create_server((HERE, 24110)) as server:
            in_child(lambda: in_service(cgroup, server))
            equal(blind("ls", "-j", "--unit", "blind.service"), "", "not in the unit")
    finally:
        os.rmdir(cgroup)


@isolated
def test_listener():
    """Whatever the holder's flags: without one's own, and with SO_REUSEADDR alone, it is refused."""
    with socket.create_server((HERE, 24103)):
        lines = answers(f"{HERE}:24103", status=10)
        equal(oks(lines), [False, False, None, None], "none, R, r, Rr")
        equal([line["verdict"]["rule"] for line in lines[:2]], ["options-unseen"] * 2, "rule")
        equal(lines[0]["verdict"]["lacks"], None, "nothing is said of its flags")
        blind("why", "--reuseaddr", f"{HERE}:24103", status=10)
        blind("why", "--reuseport", f"{HERE}:24103", status=3)


@isolated
def test_bound():
    with tcp() as sock:
        sock.bind((HERE, 24104))
        if kernel() >= BOUND_DUMPED:
            equal(oks(answers(f"{HERE}:24104", status=10)), [False, None, None, None], "flags decide")
        else:
            equal(oks(answers(f"{HERE}:24104", status=3)), [None] * 4, "it would not be seen")
            contains(blind("why", f"{HERE}:24104", status=3), "bound without listening, which are not seen", "why")
    seen = kernel() >= BOUND_DUMPED
    equal(oks(answers(f"{HERE}:24104", status=0 if seen else 3)), [True if seen else None] * 4, "nothing is there")
    equal(oks(answers(f"{HERE}:24104/udp")), [True] * 4, "UDP sockets are seen")


@isolated
def test_vrf():
    """TCP keeps the ports of VRFs apart."""
    run("ip", "link", "add", "red", "type", "vrf", "table", "10", check=True)
    run("ip", "link", "set", "red", "up", check=True)
    run("ip", "address", "add", "192.0.2.1/24", "dev", "red", check=True)
    with tcp() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"red")
        sock.bind(("0.0.0.0", 24107))
        sock.listen()
        for device, status, ok in (("%red", 10, False), ("", 0, True)):
            if ok and kernel() < BOUND_DUMPED:
                status, ok = 3, None
            equal(oks(answers(f"0.0.0.0:24107{device}", status=status))[0], ok, f"on '{device}'")
            with tcp() as other:
                if device:
                    other.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"red")
                error = None
                try:
                    other.bind(("0.0.0.0", 24107))
                except OSError as refused:
                    error = refused.errno
            equal(error, errno.EADDRINUSE if device else None, f"bind on '{device}'")


@isolated
def test_request():
    """A connection request is in no table of ports."""
    with socket.create_server((HERE, 24108)):
        run("nft", "add table ip t; add chain ip t o { type filter hook output priority 0; };"
            "add rule ip t o tcp sport 24108 drop", check=True)
        client = tcp()
        client.setblocking(False)
        client.connect_ex((HERE, 24108))
        wait_for(lambda: "SYN-RECV" in run("ss", "-tanH", "sport = :24108").stdout.decode(), "SYN_RECV")
        rows = [json.loads(line)["holders"][0] for line in blind("ls", "-j", "24108").splitlines()]
        equal([row["state"] for row in rows], ["listen"], "only the listener has the port")
        client.close()


@isolated
def test_no_handler():
    """A table that cannot be read is not an empty one."""
    with open("/proc/sys/kernel/modprobe") as file:
        modprobe = file.read()
    if run("modprobe", "-r", "udp_diag").returncode:
        skip("udp_diag is no module of this kernel, or used")
    with udp() as sock:
        sock.bind((HERE, 24109))
        try:
            with open("/proc/sys/kernel/modprobe", "w") as file:
                file.write("/bin/false")
            done = run(*LESS, REUSETRACE, "why", "-j", f"{HERE}:24109/udp")
            equal((done.returncode, [json.loads(line)["result"]["ok"] for line in done.stdout.splitlines()]),
                  (3, [None] * 4), "UDP is not known")
            contains(done.stderr.decode(), "could not be read: No such file or directory", "what is missing")
            with socket.create_server((HERE, 24109)):
                equal(oks(answers(f"{HERE}:24109", status=10))[0], False, "TCP is")
        finally:
            with open("/proc/sys/kernel/modprobe", "w") as file:
                file.write(modprobe)
        blind("why", f"{HERE}:24109/udp", status=10)


@isolated
def test_time_wait_and_families():
    with tcp6("6") as six:
        six.bind(("::1", 24106))
        six.listen()
        seen = kernel() >= BOUND_DUMPED
        equal(oks(answers(f"{HERE}:24106", status=0 if seen else 3)), [True if seen else None] * 4, "another family")
    with socket.create_server((HERE, 24105)) as server:
        client = socket.create_connection((HERE, 24105))
        child, _ = server.accept()
        child.close()
        client.close()
    wait_for(lambda: "TIME-WAIT" in run("ss", "-tanH", "sport = :24105").stdout.decode(), "TIME_WAIT")
    lines = answers(f"{HERE}:24105", status=10)
    equal((oks(lines), lines[0]["holders"][0]["kind"]), ([False, None, None, None], "time-wait"), "a remnant")
    equal(0 < lines[0]["holders"][0]["expires_s"] <= 60, True, "seconds left")
    equal(answers("192.0.2.9:24105", status=10)[0]["verdict"]["rule"], "address-not-local", "before the port")
