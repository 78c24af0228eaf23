# SPDX-License-Identifier: GPL-2.0-or-later
"""`reusetrace why`: what it says of a port is what a real bind right after it gets."""
import ctypes
import errno
import json
import os
import socket
import subprocess
import tempfile

from blind import LESS
from checks import held_elsewhere, make, tcp, tcp6, udp
from harness import CLONE_NEWNET, REUSETRACE, Tracer, contains, equal, in_child, isolated, kernel, run, skip, wait_for
from refusals_address import Elsewhere

HERE = "127.0.0.1"
SETS = ("", "R", "r", "Rr")
ORDER = [("reuseaddr", "R"), ("reuseport", "r")]
BHASH2 = (6, 1)


def why(*words, status=None):
    done = run(REUSETRACE, "why", "-j", *words)
    equal(done.stderr, b"", "stderr")
    if status is not None:
        equal(done.returncode, status, f"status of {words}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def flags_of(answer):
    return "".join(letter for name, letter in ORDER if answer["socket"]["options"][name])


def real_bind(flags, address, port, family, kind, listens):
    with make(flags, family, kind) as sock:
        try:
            sock.bind((address, port))
            if listens:
                sock.listen()
        except OSError as error:
            return errno.errorcode[error.errno]
    return None


def check(port, host=HERE, family=socket.AF_INET, kind=socket.SOCK_STREAM, listens=False, culprit=None):
    """Asks, then binds with the same options: the answers must be the same."""
    name = f"[{host}]:{port}" if family == socket.AF_INET6 else f"{host}:{port}"
    answers = why(f"{name}/{'udp' if kind == socket.SOCK_DGRAM else 'tcp'}", *(["--listen"] if listens else []))
    equal([flags_of(answer) for answer in answers], list(SETS), "every combination")
    for answer in answers:
        flags = flags_of(answer)
        got = answer["result"]["errno"]
        equal(got, real_bind(flags, host, port, family, kind, listens), f"{name} with '{flags}': {answer['verdict']}")
        equal(answer["result"]["ok"], got is None, "ok")
        if got and culprit:
            equal([answer["holders"][0][key] for key in culprit], list(culprit.values()), f"culprit with '{flags}'")
    return answers


def join_netns(pid):
    with open(f"/proc/{pid}/ns/net") as netns:
        equal(ctypes.CDLL(None, use_errno=True).setns(netns.fileno(), 0), 0, "setns")


def bound_elsewhere(answer, port, prepare, flags=""):
    """A real bind by a process that has prepared for it."""
    in_child(lambda: equal(real_bind(flags, HERE, port, socket.AF_INET, socket.SOCK_STREAM, False), answer, "bind"),
             prepare)


@isolated
def test_free():
    for answer in check(24001):
        equal((answer["verdict"]["rule"], answer["holders"]), ("free", []), "free")
    why("24001", status=0)


@isolated
def test_bound():
    for flags in SETS:
        with tcp(flags) as sock:
            sock.bind((HERE, 24002))
            answers = check(24002, culprit={"kind": "process", "state": "bound"})
            equal([process["exe"] for process in answers[0]["holders"][0]["processes"]], [os.readlink("/proc/self/exe")],
                  "what it runs")


@isolated
def test_listening():
    for flags in ("R", "r"):
        with tcp(flags) as sock:
            sock.bind((HERE, 24003))
            sock.listen()
            check(24003, culprit={"kind": "process", "state": "listen"})
            check(24003, host="0.0.0.0", listens=True)
    why(f"{HERE}:24003", "--reuseaddr", status=0)


@isolated
def test_two_are_bound_and_none_listens():
    with tcp("R") as first, tcp("R") as second:
        first.bind((HERE, 24004))
        second.bind((HERE, 24004))
        answers = check(24004, listens=True)
        equal([answer["result"]["ok"] for answer in answers], [False, True, False, True], "nobody listens yet")


@isolated
def test_time_wait():
    for flags in ("", "R"):
        port = 24005 + len(flags)
        with tcp(flags) as server:
            server.bind((HERE, port))
            server.listen()
            client = socket.create_connection((HERE, port))
            child, _ = server.accept()
            child.close()
            client.close()
        wait_for(lambda: "TIME-WAIT" in run("ss", "-tanH", f"sport = :{port}").stdout.decode(), "TIME_WAIT")
        answers = check(port)
        holder = answers[0]["holders"][0]
        equal((holder["kind"], 0 < holder["expires_s"] <= 60), ("time-wait", True), "holder")


@isolated
def test_connection_and_client():
    with socket.create_server((HERE, 24007)) as server:
        client = socket.create_connection((HERE, 24007))
        child, _ = server.accept()
    check(24007, culprit={"state": "established"})
    check(client.getsockname()[1], culprit={"state": "established"})
    child.close()
    client.close()


@isolated
def test_udp():
    for flags in SETS:
        with udp(flags) as sock:
            sock.bind((HERE, 24008))
            check(24008, kind=socket.SOCK_DGRAM)


@isolated
def test_families():
    with tcp6() as sock:
        sock.bind(("::", 24009))
        check(24009, host="0.0.0.0")
        check(24009, host="::", family=socket.AF_INET6)
        check(24009, host="::1", family=socket.AF_INET6)
    with tcp6("6") as sock:
        sock.bind(("::", 24010))
        check(24010, host="0.0.0.0")
        both = why("24010")
        equal([answer["socket"]["family"] for answer in both], ["ipv4"] * 4 + ["ipv6"] * 4, "a bare port")


@isolated
def test_other_user():
    with tcp("r") as sock:
        sock.bind((HERE, 24011))
        for uid, status, answer, rule in ((0, 0, None, "reuseport-group"), (1000, 10, "EADDRINUSE", "reuseport-uid")):
            told = why(f"{HERE}:24011", "--reuseport", "--as", str(uid), status=status)[2]
            equal((told["result"]["errno"], told["verdict"]["rule"]), (answer, rule), f"uid {uid}")
            bound_elsewhere(answer, 24011, lambda user=uid: os.setresuid(user, user, user), flags="r")


@isolated
def test_before_the_port():
    equal([answer["verdict"]["rule"] for answer in check(24012, host="192.0.2.1")], ["address-not-local"] * 4, "rule")
    answers = why(f"{HERE}:80", "--as", "1000", status=10)
    equal({(answer["result"]["errno"], answer["verdict"]["rule"]) for answer in answers},
          {("EACCES", "privileged-port")}, "a user's")


def ip(*words):
    done = run("ip", *words)
    equal(done.returncode, 0, f"ip {words}: {done.stderr}")


def bind_as(host, port, scope=0, device=None, v6only=False, kind=socket.SOCK_STREAM, uid=0):
    """The errno of a real bind, None if it passed."""
    six = ":" in host
    with make("6" if v6only else "", socket.AF_INET6 if six else socket.AF_INET, kind) as sock:
        if device:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        os.seteuid(uid)
        try:
            sock.bind((host, port, 0, scope) if six else (host, port))
        except OSError as error:
            return errno.errorcode[error.errno]
        finally:
            os.seteuid(0)
    return None


def same(host, port=24030, rule=None, said=None, scope=0, device=None, v6only=False, kind=socket.SOCK_STREAM, uid=0):
    """As a bind with these gets it.  What comes before the port is asked without BPF, which is quicker."""
    written = f"{host}%{scope}" if scope else host
    name = f"[{written}]:{port}" if ":" in host else f"{host}:{port}"
    name += f"%{device}" if device else ""
    name += "/udp" if kind == socket.SOCK_DGRAM else ""
    done = run(*LESS, REUSETRACE, "why", "-j", name, "--as", str(uid), *(["--v6only"] if v6only else []))
    answer = json.loads(done.stdout.splitlines()[0])
    equal(answer["result"]["errno"], bind_as(host, port, scope, device, v6only, kind, uid), f"{name} as {uid}")
    if rule:
        equal(answer["verdict"]["rule"], rule, f"rule of {name}")
        contains(answer["verdict"]["text"], said, f"text of {name}")


def add_dummy(name, *addresses, vrf=None):
    ip("link", "add", name, "type", "dummy")
    if vrf:
        ip("link", "set", name, "master", vrf)
    ip("link", "set", name, "up")
    for address in addresses:
        ip("address", "add", address, "dev", name, *(["nodad"] if ":" in address else []))
    return socket.if_nametoindex(name)


def test_address_of_another_netns():
    far = "192.0.2.78"
    with Elsewhere("teal", far + "/24"):
        answers = why(f"{far}:24041", status=10)
        for answer in answers:
            verdict = answer["verdict"]
            equal((verdict["rule"], answer["facts"]["refusal"]["address_on"]["there"]["name"]),
                  ("address-not-local", "teal"), "rule, where")
            contains(verdict["text"], "but far0 of network namespace teal has", "text")
            contains(verdict["fix"][0], "run it in that network namespace", "fix")
        equal(len(answers), 4, "answers")
        equal([answer["result"]["ok"] for answer in why("--netns", "teal", f"{far}:24041", status=0)], [True] * 4,
              "the remedy")


BINDS_80 = "import socket; s = socket.socket(); s.bind(('0.0.0.0', 80))"


def test_root_without_the_right():
    """Root of a user namespace that does not own the network, and root whose capability was taken."""
    taken = ("setpriv", "--bounding-set", "-net_bind_service", "--inh-caps", "-all")
    for prefix, may in ((("unshare", "-r"), False), (taken, False), (("unshare", "-rn"), True), ((), True)):
        done = run(*prefix, REUSETRACE, "why", "-j", "0.0.0.0:80")
        answer = json.loads(done.stdout.splitlines()[0])
        real = run(*prefix, "python3", "-c", BINDS_80)
        equal((answer["verdict"]["rule"] != "privileged-port", real.returncode == 0), (may, may), f"{prefix}")
        if not may:
            equal((done.returncode, answer["result"]["errno"]), (10, "EACCES"), "status, errno")
            contains(answer["verdict"]["text"], "this root lacks CAP_NET_BIND_SERVICE", "text")


DGRAM = socket.SOCK_DGRAM


@isolated
def test_ipv6_order():
    """__inet6_bind()'s refusals, one after the other."""
    index = add_dummy("d0", "fe80::7/64", "2001:db8::7/64")
    same("fe80::7", rule="bad-address", said="link-local")
    same("fe80::7", scope=index)
    same("fe80::7", device="d0")
    same("fe80::7", scope=4711, rule="no-device", said="4711")
    same("fe80::8", scope=index, rule="address-not-local", said="no interface")
    same("2001:db8::7", scope=4711)
    same("ff02::1", rule="bad-address", said="multicast")
    same("ff0e::1", rule="bad-address", said="multicast")
    same("ff02::1", kind=DGRAM, rule="bad-address", said="link-local")
    same("ff02::1", kind=DGRAM, scope=index)
    same("ff0e::1", kind=DGRAM)
    same(f"::ffff:{HERE}", v6only=True, rule="bad-address", said="IPV6_V6ONLY")
    same(f"::ffff:{HERE}")
    same("::ffff:0.0.0.0", v6only=True)
    for host, six in (("2001:db8::dead", True), ("fe80::7", True), ("ff02::1", True), ("192.0.2.3", False)):
        same(host, port=80, uid=1000)
    same("2001:db8::dead", port=80, uid=1000, rule="privileged-port", said="uid 1000 is asked about")


@isolated
def test_whose_address():
    """Of each device, by each device: the addresses of a VRF are those of its sockets only."""
    ip("link", "add", "red", "type", "vrf", "table", "10")
    ip("link", "set", "red", "up")
    add_dummy("d1", "192.0.2.1/24", "2001:db8:1::1/64", "fe80::1/64")
    add_dummy("d2")
    add_dummy("v1", "192.0.4.1/24", "2001:db8:3::1/64", "fe80::3/64", vrf="red")
    add_dummy("v2", vrf="red")
    for host, devices in {HERE: (None, "red"), "192.0.2.1": ("d2", "red"), "192.0.4.1": (None, "v2", "d1"),
                          "::ffff:192.0.2.1": ("d2",), "::ffff:192.0.4.1": (None, "v2"), "::1": ("d1", "red"),
                          "2001:db8:1::1": ("d2", "v1"), "2001:db8:3::1": (None, "v2", "red", "d1"),
                          "fe80::1": ("d1", "d2"), "fe80::3": ("v1", "v2", "red")}.items():
        for device in devices:
            same(host, device=device)


@isolated
def test_nonlocal_bind():
    for family in ("ipv4", "ipv6"):
        with open(f"/proc/sys/net/{family}/ip_nonlocal_bind", "w") as file:
            file.write("1")
        for host in ("192.0.2.9", "2001:db8::9", "::ffff:192.0.2.9"):
            same(host)
        with open(f"/proc/sys/net/{family}/ip_nonlocal_bind", "w") as file:
            file.write("0")


def test_before_the_first_address():
    """A new network namespace has no local table, and takes every address; once lo was up it has one."""
    def scenario():
        for host in (HERE, "192.0.2.9", "::ffff:192.0.2.9", "::1"):
            same(host)
        ip("link", "set", "lo", "up")
        same(HERE)
        ip("link", "set", "lo", "down")
        for host in (HERE, "192.0.2.9", "::ffff:192.0.2.9", "::1"):
            same(host)
    in_child(scenario, lambda: equal(ctypes.CDLL(None).unshare(CLONE_NEWNET), 0, "unshare"))


@isolated
def test_sudo():
    """Of sudo's caller, and that is said, and that the port is taken besides."""
    with socket.create_server((HERE, 443)):
        done = run(REUSETRACE, "why", "-j", f"{HERE}:443", env=dict(os.environ, SUDO_UID="1000"))
        answer = json.loads(done.stdout.splitlines()[0])
        equal((done.returncode, answer["result"]["errno"], answer["verdict"]["rule"]),
              (10, "EACCES", "privileged-port"), "as the caller")
        equal(bind_as(HERE, 443, uid=1000), "EACCES", "bind")
        contains(answer["verdict"]["text"], "uid 1000 is asked about", "who")
        contains(answer["verdict"]["text"], "and the port is taken", "taken")
        equal([process["pid"] for process in answer["holders"][0]["processes"]], [os.getpid()], "by whom")
        same(HERE, port=443)
    same(HERE, port=443, uid=1000)
    equal("taken" in why(f"{HERE}:443", "--as", "1000")[0]["verdict"]["text"], False, "nobody has it")


@isolated
def test_full_udp_slot():
    """Before 6.1 it overlooks some; later that is the kernel's secret until somebody binds."""
    socks = [udp() for _ in range(12)]
    for i, sock in enumerate(socks):
        sock.bind((f"127.0.0.{i + 1}", 24031))
    if kernel() < BHASH2:
        answers = check(24031, host="0.0.0.0", kind=DGRAM)
        equal([answer["verdict"]["rule"] for answer in answers], ["quirk-udp-slot"] * 4, "rule")
    else:
        text = run(REUSETRACE, "why", "-H", "0.0.0.0:24031/udp")
        equal(text.returncode, 3, "undecided")
        contains(text.stdout.decode(), "more than 10 share a slot", "why")
    check(24031, host="127.0.0.5", kind=DGRAM)
    check(24031, host="127.0.0.77", kind=DGRAM)
    for sock in socks:
        sock.close()


@isolated
def test_busy():
    """The connections of a server are not told one by one, and that there are more is."""
    with socket.create_server((HERE, 24032), backlog=100) as server:
        pairs = [(socket.create_connection((HERE, 24032)), server.accept()[0]) for _ in range(70)]
        lines = run(REUSETRACE, "why", "-H", f"{HERE}:24032").stdout.decode().splitlines()
        contains(lines[0], " listen ", "the listener comes first")
        contains(lines[5], "established", "some connections")
        equal(lines[6], "and 65 more (reusetrace ls 24032)", "and how many more")
        for answer in check(24032):
            equal((len(answer["holders"]), answer["truncated"]), (64, True), "named and not")
        for sock in sum(pairs, ()):
            sock.close()


@isolated
def test_kernel_socket():
    equal(run("ip", "link", "add", "vx0", "type", "vxlan", "id", "3", "dstport", "24013", "local", HERE).returncode,
          0, "vxlan")
    equal(run("ip", "link", "set", "vx0", "up").returncode, 0, "up")
    answers = check(24013, kind=socket.SOCK_DGRAM, culprit={"kind": "kernel"})
    contains(answers[0]["verdict"]["fix"][0], "ip link set vx0 down", "fix")


@isolated
def test_in_flight():
    left, right = socket.socketpair()
    with tcp() as sock:
        sock.bind((HERE, 24014))
        socket.send_fds(left, [b"x"], [sock.fileno()])
    check(24014, culprit={"kind": "in-flight"})
    left.close()
    right.close()


@isolated
def test_other_netns():
    with held_elsewhere(24015) as child:
        equal([answer["verdict"]["rule"] for answer in check(24015)], ["free"] * 4, "here")
        why(f"{HERE}:24015", "--netns", str(child), status=10)
        bound_elsewhere("EADDRINUSE", 24015, lambda: join_netns(child))
        why(f"{HERE}:24022", "--netns", str(child), status=0)
        bound_elsewhere(None, 24022, lambda: join_netns(child))
        text = run(REUSETRACE, "why", f"{HERE}:24015").stdout.decode()
        contains(text, f"[{child}]", "text: who has it elsewhere")
        contains(text, "1 of these is in another network namespace, which has ports of its own: not in the way\n\n",
                 "text: it does not conflict")
        contains(text, "would bind", "text: and it is free here")


@isolated
def test_mptcp():
    if kernel() < (6, 1):
        skip("Debian's 5.10 has no MPTCP")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262) as sock:
        sock.bind((HERE, 24016))
        check(24016, culprit={"kind": "process", "protocol": "mptcp"})


@isolated
def test_wait():
    """It returns once the port is free, and not before."""
    sock = tcp()
    sock.bind((HERE, 24017))
    waiting = subprocess.Popen([REUSETRACE, "why", "--wait", f"{HERE}:24017"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    limited = run(REUSETRACE, "why", "--wait=0.5", f"{HERE}:24017")
    equal((limited.returncode, waiting.poll()), (10, None), "held")
    bound = ("", HERE, 24017, socket.AF_INET, socket.SOCK_STREAM, False)
    equal(real_bind(*bound), "EADDRINUSE", "it is")
    sock.close()
    equal(waiting.stderr.read(), b"reusetrace: why: waiting until port 24017 can be bound: EADDRINUSE\n", "said once")
    equal(waiting.wait(60), 0, "released")
    equal(real_bind(*bound), None, "it is free")
    never = run(REUSETRACE, "why", "--wait", "--as", "nobody", f"{HERE}:80")
    equal((never.returncode, never.stderr), (10, b"reusetrace: why: waiting does not help: EACCES\n"), "a privilege")


@isolated
def test_text():
    with socket.create_server((HERE, 24018)) as server:
        done = run(REUSETRACE, "why", "--listen", f"{HERE}:24018")
        equal((done.returncode, done.stderr), (10, b""), "status")
        text = done.stdout.decode()
        contains(text, f"tcp   listen      {HERE}:24018", "the holder's row")
        contains(text, f"    held by  python3[{os.getpid()}] fd {server.fileno()}, listening on ", "held by")
        contains(text, "(rule listener)", "because")


def recorded_binds(database, port, count):
    """What follows the four answers, if it is as much."""
    lines = why("--db", database, f"{HERE}:{port}")
    equal([line["type"] for line in lines[:4]], ["why"] * 4, "the answers come first")
    binds = [line for line in lines[4:] if line["type"] == "bind"]
    return binds if len(binds) == count else None


@isolated
def test_recorder():
    """The end of the answer is what the recorder saw of the port, while it runs or after it; without one, nothing."""
    with tempfile.TemporaryDirectory() as directory:
        database = f"{directory}/events.db"
        with Tracer("record", "--db", database, "--max-size", "8M", "-j", json=False):
            holder = tcp("R")
            holder.bind((HERE, 24020))
            equal(real_bind("", HERE, 24020, socket.AF_INET, socket.SOCK_STREAM, False), "EADDRINUSE", "refused")
            bound, refused = wait_for(lambda: recorded_binds(database, 24020, 2), "both are committed")
            holder.close()
            equal((bound["result"]["ok"], refused["result"]["errno"], refused["verdict"]["rule"]),
                  (True, "EADDRINUSE", "no-reuse"), "who had it, who was refused and why")
        text = run(REUSETRACE, "why", "--db", database, f"{HERE}:24020").stdout.decode()
        contains(text, "would bind    port was free", "it is free now")
        for words in ("what the recorder saw:", f"held by  python3[{os.getpid()}]", "EADDRINUSE", "released"):
            contains(text[text.index("would bind"):], words, "the past")
        equal([line["type"] for line in why("--db", database, "24021")], ["why"] * 4, "another port")
        with open(database, "r+b") as file:
            file.write(b"no database")
        broken = run(REUSETRACE, "why", "--db", database, "24020")
        equal(broken.returncode, 0, "the answer stands")
        contains(broken.stderr.decode(), f"reusetrace: why: {database}: is no recording", "one line")


@isolated
def test_binds_nothing():
    with tcp() as sock:
        sock.bind((HERE, 24019))
        done = run("strace", "-f", "-e", "trace=bind,listen,connect,setsockopt", REUSETRACE, "why", "24019")
    equal(done.returncode, 10, done.stderr)
    calls = [line for line in done.stderr.decode().splitlines() if "(" in line and "+++" not in line]
    equal(calls, [], "calls")
