# SPDX-License-Identifier: GPL-2.0-or-later
"""`reusetrace ls`: every kind of socket, as the kernel and this process know it."""
import json
import os
import socket

from checks import held_elsewhere, tcp, tcp6, udp
from harness import REUSETRACE, contains, end, equal, isolated, run, skip, start, start_server, wait_for

HERE = "127.0.0.1"


def ls(*words):
    done = run(REUSETRACE, "ls", "-j", *words)
    equal((done.returncode, done.stderr), (0, b""), "ls")
    return [json.loads(line) for line in done.stdout.splitlines()]


def one(*words):
    rows = ls(*words)
    equal(len(rows), 1, f"rows of {words}")
    return rows[0]["holders"][0]


def text(*words):
    done = run(REUSETRACE, "ls", "-H", *words)
    equal((done.returncode, done.stderr), (0, b""), "ls")
    return done.stdout.decode().splitlines()


def inode(sock):
    return os.fstat(sock.fileno()).st_ino


def check(holder, sock, state, **options):
    want = {"kind": "process", "state": state, "inode": inode(sock), "uid": os.getuid(),
            "netns": os.stat("/proc/self/ns/net").st_ino, "port": sock.getsockname()[1]}
    equal({key: holder[key] for key in want}, want, "holder")
    equal([(process["pid"], process["fd"], process["exe"]) for process in holder["processes"]],
          [(os.getpid(), sock.fileno(), os.readlink("/proc/self/exe"))], "processes")
    for name, value in options.items():
        equal(holder["options"][name], value, name)


@isolated
def test_bound_and_listening():
    with tcp("R") as sock:
        sock.bind((HERE, 23001))
        check(one("23001"), sock, "bound", reuseaddr=True, reuseport=False)
        sock.listen()
        check(one("23001"), sock, "listen", reuseaddr=True, reuseport=False)
        line, = text("23001")
        contains(line, f" tcp   listen      {HERE}:23001", "text")
        contains(line, " ...R.... ", "text")
        contains(line, f"[{os.getpid()}] fd {sock.fileno()}", "text")
    equal(ls("23001"), [], "after the close")


@isolated
def test_flags():
    with tcp6("rF6") as first, udp("RT") as second:
        first.bind(("::1", 23002))
        second.bind((HERE, 23002))
        check(one("[::1]:23002"), first, "bound", reuseport=True, freebind=True, v6only=True, reuseaddr=False)
        check(one("23002/udp"), second, "bound", reuseaddr=True, transparent=True, reuseport=False)
        equal(len(ls("23002")), 2, "both protocols")
        equal(len(ls("23002", "--proto", "tcp")), 1, "one protocol")
        equal(len(ls("23002", "-4")), 1, "one family")


@isolated
def test_link_local():
    for words in (("link", "add", "d0", "type", "dummy"), ("link", "set", "d0", "up"),
                  ("address", "add", "fe80::7/64", "dev", "d0", "nodad")):
        equal(run("ip", *words).returncode, 0, f"ip {words}")
    with tcp6() as sock:
        sock.bind(("fe80::7", 23010, 0, socket.if_nametoindex("d0")))
        for words in ("[fe80::7]:23010%d0", f"[fe80::7%{socket.if_nametoindex('d0')}]:23010", "[fe80::7]:23010"):
            check(one(words), sock, "bound")
        equal(ls("[fe80::8]:23010%d0") + ls("[fe80::7]:23010%lo"), [], "another address, another device")


@isolated
def test_group():
    with tcp("r") as first, tcp("r") as second:
        for sock in (first, second):
            sock.bind((HERE, 23003))
            sock.listen()
        facts = [row["holders"][0]["facts"] for row in ls("23003")]
        equal([fact["group_size"] for fact in facts], [2, 2], "size")
        contains(text("23003")[0], " ....r... 2 ", "text: the size")


@isolated
def test_connection_and_time_wait():
    with socket.create_server((HERE, 23004)) as server:
        client = socket.create_connection((HERE, 23004))
        child, _ = server.accept()
        states = sorted(row["holders"][0]["state"] for row in ls("23004"))
        equal(states, ["established", "listen"], "states")
        equal(len(ls("23004", "-l")), 1, "-l")
        child.close()
        client.close()
    remnant = wait_for(lambda: [row["holders"][0] for row in ls("23004")
                                if row["holders"][0]["state"] == "time-wait"], "TIME_WAIT")[0]
    equal((remnant["kind"], remnant["inode"], remnant["uid"], 0 < remnant["expires_s"] <= 60),
          ("time-wait", None, None, True), "remnant")
    contains(text("23004")[0], " s left", "text")


@isolated
def test_whose_remnant():
    """That of who has the port now, unless it came later."""
    def remnant():
        return [row["holders"][0] for row in ls("23011") if row["holders"][0]["state"] == "time-wait"]
    with socket.create_server((HERE, 23011)) as server:
        client = socket.create_connection((HERE, 23011))
        child, _ = server.accept()
        child.close()
        client.close()
        found = wait_for(remnant, "TIME_WAIT")[0]
        equal(found["bound_by"]["pid"], os.getpid(), "it was before")
    later = start_server(23011, "python3", "-c", "import signal, socket\n"
                         f"server = socket.create_server(({HERE!r}, 23011))\nsignal.pause()")
    found = remnant()[0]
    equal((found["kind"], found["bound_by"]), ("time-wait", None), "it was not")
    end(later)


@isolated
def test_accept_queues_of_one_port():
    """Each connection waits for who listens on the address that it was made to."""
    other = start_server(23012, "python3", "-c", "import signal, socket\n"
                         "server = socket.create_server(('127.0.0.2', 23012))\nsignal.pause()")
    with socket.create_server((HERE, 23012)), socket.create_connection(("127.0.0.2", 23012)), \
            socket.create_connection((HERE, 23012)):
        def waiting():
            rows = [row["holders"][0] for row in ls("23012")]
            return {row["address"]: [(process["pid"], process["via"]) for process in row["processes"]]
                    for row in rows if row["facts"]["unaccepted"]}
        wait_for(lambda: len(waiting()) == 2, "both connections in the queues")
        equal(waiting(), {HERE: [(os.getpid(), "accept-queue")], "127.0.0.2": [(other.pid, "accept-queue")]}, "whose queues")
    end(other)


@isolated
def test_other_netns():
    with held_elsewhere(23005) as child:
        netns = os.stat(f"/proc/{child}/ns/net").st_ino
        holder = one("23005")
        equal((holder["netns"], holder["state"], [process["pid"] for process in holder["processes"]]),
              (netns, "bound", [child]), "elsewhere")
        equal(len(ls("23005", "-N", str(netns))), 1, "-N of it")
        equal(len(ls("23005", "-N", str(os.stat("/proc/self/ns/net").st_ino))), 0, "-N of here")


CHILD_TABLE = "/proc/sys/net/ipv4/udp_child_hash_entries"


@isolated
def test_netns_with_a_table_of_its_own():
    if not os.path.exists(CHILD_TABLE):
        skip("network namespaces have UDP tables of their own from 6.2 on")
    with open(CHILD_TABLE, "w") as file:
        file.write("128")
    with held_elsewhere(23014, udp) as child:
        with open(f"/proc/{child}/net/udp") as file:
            contains(file.read(), f":{23014:04X} ", "the kernel's own table")
        row, = ls("23014/udp", "-N", str(child))
        holder = row["holders"][0]
        equal(([process["pid"] for process in holder["processes"]], holder["state"]), ([child], "bound"), "who has it")


@isolated
def test_kernel_socket():
    done = run("ip", "link", "add", "vx0", "type", "vxlan", "id", "3", "dstport", "23006", "local", HERE)
    equal(done.returncode, 0, done.stderr)
    equal(run("ip", "link", "set", "vx0", "up").returncode, 0, "up")
    holder = one("23006")
    equal((holder["kind"], holder["kernel"]["function"], holder["kernel"]["devices"][0]["name"]),
          ("kernel", "vxlan_rcv", "vx0"), "the tunnel's")


@isolated
def test_in_flight():
    left, right = socket.socketpair()
    with tcp() as sock:
        sock.bind((HERE, 23007))
        socket.send_fds(left, [b"x"], [sock.fileno()])
    holder = one("23007")
    equal((holder["kind"], holder["state"]), ("in-flight", "bound"), "in flight")
    left.close()
    right.close()


@isolated
def test_two_processes():
    with tcp() as sock:
        sock.bind((HERE, 23008))
        sleeper = start("sleep", "100", pass_fds=[sock.fileno()])
        holder = wait_for(lambda: (lambda row: row if len(row["processes"]) == 2 else None)(one("23008")),
                          "both processes")
        equal([process["pid"] for process in holder["processes"]], sorted([os.getpid(), sleeper.pid]), "both")
        equal(len(ls("23008", "-p", str(sleeper.pid))), 1, "-p")
        equal(len(ls("23008", "-n", "nobody")), 0, "-n")
        end(sleeper)


@isolated
def test_many():
    """More than a turn of the walk in one bucket, and every one of them once."""
    socks = [tcp("r") for _ in range(700)]
    for sock in socks:
        sock.bind((HERE, 23009))
    rows = ls("23009")
    equal(sorted(row["socket"]["inode"] for row in rows), sorted(map(inode, socks)), "inodes")
    equal(len(ls("-P", "23009", "--sort", "uid")), 700, "of all ports")
    for sock in socks:
        sock.close()


def test_what_is_not_listed():
    done = run(REUSETRACE, "ls", "--proto", "sctp")
    equal((done.returncode, done.stdout), (2, b""), "an empty answer would say that there are none")
    contains(done.stderr.decode(), "'sctp': not listed", "why")
    done = run(REUSETRACE, "ls", "--proto", "tcp,raw")
    equal((done.returncode, done.stderr), (0, b"reusetrace: ls: raw sockets are not listed\n"), "the rest is")


def test_binds_nothing():
    done = run("strace", "-f", "-e", "trace=bind,listen,connect,setsockopt", REUSETRACE, "ls")
    equal(done.returncode, 0, done.stderr)
    calls = [line for line in done.stderr.decode().splitlines() if "(" in line and "+++" not in line]
    equal(calls, [], "calls")
