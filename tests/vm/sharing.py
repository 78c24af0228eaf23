# SPDX-License-Identifier: GPL-2.0-or-later
"""Sharing that nobody noticed: who shares, why, and who gets what is sent; and who lives on without its port."""
import errno
import os
import socket
import subprocess
import sys

from checks import (Attempt, arrived, bind, inode_of, listen, listening, next_event, outcome, program_of, tcp, tcp6,
                    udp)
from harness import contains, end, equal, kernel, shared, skip, start_server, wait_for
from pairs import attach_program

SHARED = True
HERE, THERE, ANY = "127.0.0.1", "127.0.0.2", "0.0.0.0"
CGROUPS = "/sys/fs/cgroup"
# cgroup port: a member of a group that serves until it is ended
MEMBER = """
import os, signal, socket, sys
if sys.argv[1] != "-":
    with open(sys.argv[1] + "/cgroup.procs", "w") as file:
        file.write(str(os.getpid()))
sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, 15, 1)
sock.bind(("127.0.0.1", int(sys.argv[2])))
sock.listen()
signal.pause()
"""
# port attempts [listen]: tries so often, tells so, and stays until it is told to go on, which it does with the port
STAYS = """
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if "udp" in sys.argv else socket.SOCK_STREAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, "listen" in sys.argv)
if "listen" in sys.argv:
    sock.bind(("127.0.0.1", int(sys.argv[1])))
    print("bound", flush=True)
    sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    try:
        sock.listen() if "listen" in sys.argv else sock.bind(("127.0.0.1", int(sys.argv[1])))
    except OSError as error:
        print(error.errno, flush=True)
if sys.stdin.readline() == "again\\n":
    sock.bind(("127.0.0.1", int(sys.argv[1])))
    sock.listen()
    print("listening", flush=True)
    sys.stdin.readline()
"""


def name_of(pid):
    return f"{program_of(pid)[0]}[{pid}]"


def findings(kind, pid):
    return [event for event in shared().read().events
            if event["type"] == "finding" and event["finding"]["kind"] == kind and event["process"]["pid"] == pid]


def shared_with(attempt, holder, words, differs, *unit):
    """The attempt's row and lines, and the finding that follows."""
    pid = attempt.event["process"]["pid"]
    at = f"{attempt.event['socket']['address']}:{attempt.event['socket']['port']}"
    equal(attempt.row[6].split(None, 1), ["bound", f"port is shared with {words}"], "text: result")
    contains(attempt.line("shared with"), f"{name_of(holder)} ", "text: with whom")
    for name in unit:
        contains(attempt.line("shared with"), f", unit {name}", "text: unit")
    equal(attempt.line("who answers"), attempt.verdict["delivery"], "text: who answers")
    found = [event for event in findings("shared-port", pid)
             if event["finding"]["attempt"] == attempt.event["seq"]]
    equal(len(found), 1, "findings of this attempt")
    told = found[0]["finding"]
    equal(told["differs"], differs, "in what they differ")
    equal(told["text"], f"{name_of(pid)} shares {at} with {name_of(holder)}, {words}", "finding")
    equal((told["because"], told["delivery"]), (attempt.verdict["text"], attempt.verdict["delivery"]), "why and who")
    equal(found[0]["socket"]["inode"], attempt.event["socket"]["inode"], "its socket")
    return attempt


def nothing_found(pid, port):
    """Once a later attempt is told, what was before it is complete."""
    with tcp() as last:
        bind(last, THERE, port)
    equal([event for event in findings("shared-port", pid) if event["socket"]["port"] == port], [], "findings")


def gets(sock, payload):
    return sock.recv(64) == payload


def is_empty(sock):
    try:
        return sock.recv(64, socket.MSG_DONTWAIT) is None
    except BlockingIOError:
        return True


def test_two_programs():
    first = start_server(31000, "nc", "-l", HERE, "31000")
    with tcp("r") as sock:
        attempt = bind(sock, HERE, 31000).accepted("reuseport-group").total(1)
        equal(attempt.verdict["delivery"], "once they listen, new connections are spread between the 2 sockets by a "
              "hash of addresses and ports", "who answers")
        shared_with(attempt, first.pid, "another executable", ["executable"])
        contains(attempt.line("shared with"), f", exe {program_of(first.pid)[1]}", "text: executable")
        joined = listen(sock).accepted("reuseport-group")
        equal(joined.verdict["delivery"], "new connections are spread between the 2 sockets by a hash of addresses "
              "and ports", "who answers once both listen")
    end(first)


def test_specific_address_before_wildcard():
    first = start_server(31001, "nc", "-k", "-l", HERE, "31001", stdout=subprocess.PIPE)
    with tcp("r") as sock:
        attempt = bind(sock, ANY, 31001).accepted("reuseport-group").total(1)
        equal(attempt.verdict["delivery"], f"nc[{first.pid}] answers on {HERE}, the new socket on all other addresses",
              "who answers")
        shared_with(attempt, first.pid, "another executable", ["executable"])
        listen(sock)
        with socket.create_connection((HERE, 31001)) as client:
            client.sendall(b"here\n")
            equal(first.stdout.readline(), b"here\n", "nc has the connection to its address")
        with socket.create_connection((THERE, 31001)) as client:
            equal(sock.accept()[1], client.getsockname(), "the wildcard has the connection to another one")
        sock.setblocking(False)
        equal(outcome(sock.accept), errno.EAGAIN, "and no other connection")
    end(first)


def udp_of_user(uid):
    os.seteuid(uid)
    try:
        return udp("R")
    finally:
        os.seteuid(0)


def test_newest_datagram_socket_of_two_users():
    with udp_of_user(1000) as older, udp("R") as newer, udp() as client:
        bind(older, HERE, 31002).accepted("free")
        attempt = bind(newer, HERE, 31002).accepted("udp-reuseaddr").total(1)
        equal(attempt.verdict["delivery"], "the newest socket receives unicast datagrams, all of them receive "
              "multicast and broadcast", "who answers")
        shared_with(attempt, os.getpid(), "another uid", ["uid"])
        client.sendto(b"whose", (HERE, 31002))
        equal((gets(newer, b"whose"), is_empty(older)), (True, True), "the newest one has it")


def test_datagrams_to_a_specific_address():
    with udp_of_user(1000) as narrow, udp("R") as wide, udp() as client:
        bind(narrow, HERE, 31003).accepted("free")
        attempt = bind(wide, ANY, 31003).accepted("udp-reuseaddr").total(1)
        equal(attempt.verdict["delivery"], f"{name_of(os.getpid())} receives what is sent to {HERE}, the new socket "
              "what is sent to other addresses", "who answers")
        shared_with(attempt, os.getpid(), "another uid", ["uid"])
        client.sendto(b"narrow", (HERE, 31003))
        client.sendto(b"wide", (THERE, 31003))
        equal((gets(narrow, b"narrow"), gets(wide, b"wide")), (True, True), "each has its own")
        equal((is_empty(narrow), is_empty(wide)), (True, True), "and nothing else")


def how_many(socks, count, take):
    """Of so many datagrams or connections, those of each socket."""
    return [len(taken) for taken in arrived(socks, count, take)]


def test_datagram_group_spreads():
    with udp("r") as one, udp("r") as two:
        bind(one, HERE, 31004).accepted("free")
        attempt = bind(two, HERE, 31004).accepted("reuseport-group").total(1)
        equal(attempt.verdict["delivery"], "datagrams are spread between the 2 sockets by a hash of addresses and "
              "ports", "who answers")
        for _ in range(64):
            with udp() as client:
                client.sendto(b"x", (HERE, 31004))
        counts = how_many((one, two), 64, lambda sock: sock.recv(1))
        equal(0 in counts, False, f"datagrams of each: {counts}")


PROGRAM = "the BPF program of the group chooses which of its 2 sockets answers"


def test_program_of_a_datagram_group_chooses():
    with udp("r") as one, udp("r") as two:
        bind(one, HERE, 31021).accepted("free")
        attach_program(one)
        equal(bind(two, HERE, 31021).accepted("reuseport-group").total(1).verdict["delivery"], PROGRAM, "who answers")
        for _ in range(16):
            with udp() as client:
                client.sendto(b"x", (HERE, 31021))
        equal(how_many((one, two), 16, lambda sock: sock.recv(1)), [16, 0], "datagrams of each")


def test_program_of_a_group_of_listeners_chooses():
    with listening(HERE, 31022, "r") as one, tcp("r") as two:
        attach_program(one)
        bind(two, HERE, 31022).accepted("reuseport-group").total(1)
        equal(listen(two).accepted("reuseport-group").verdict["delivery"], PROGRAM, "who answers")
        clients = [socket.create_connection((HERE, 31022)) for _ in range(16)]
        equal(how_many((one, two), 16, lambda sock: sock.accept()[0].close()), [16, 0], "connections of each")
        for client in clients:
            client.close()


def member(port, group="-"):
    return start_server(port, sys.executable, "-c", MEMBER, group, str(port))


def test_two_units():
    for unit in ("one.service", "two.service"):
        os.mkdir(f"{CGROUPS}/{unit}")
    first = member(31005, f"{CGROUPS}/one.service")
    second = start_server(31005, sys.executable, "-c", MEMBER, f"{CGROUPS}/two.service", "31005", count=2)
    attempt = Attempt(next_event(("bind",), 0, pid=second.pid, port=31005)).accepted("reuseport-group").total(1)
    equal(attempt.event["process"]["unit"], "two.service", "the binder's unit")
    equal(attempt.event["holders"][0]["processes"][0]["unit"], "one.service", "the holder's unit")
    shared_with(attempt, first.pid, "another unit", ["unit"], "one.service")
    end(first, second)
    for unit in ("one.service", "two.service"):
        wait_for(lambda: outcome(os.rmdir, f"{CGROUPS}/{unit}") == 0, f"{unit} to be empty")


def test_workers_are_no_finding():
    first = member(31006)
    second = start_server(31006, sys.executable, "-c", MEMBER, "-", "31006", count=2)
    attempt = Attempt(next_event(("bind",), 0, pid=second.pid, port=31006)).accepted("reuseport-group").total(1)
    equal(attempt.event["holders"][0]["differs"], [], "in what they differ")
    equal(attempt.row[6].split(None, 1), ["bound", "port is shared"], "text: result")
    contains(attempt.line("who answers"), "between the 2 sockets", "it is explained all the same")
    nothing_found(second.pid, 31006)
    end(first, second)


def test_other_addresses_are_no_finding():
    first = start_server(31007, "nc", "-l", HERE, "31007")
    with tcp() as sock:
        equal(bind(sock, THERE, 31007).accepted("other-address").lines, [], "nothing to explain")
        nothing_found(os.getpid(), 31007)
    end(first)


def test_overlooked_wildcard():
    """6.1 lets both listen: what the verdict says of them is what comes of it."""
    if kernel() != (6, 1):
        skip("only 6.1 overlooks ::ffff:0.0.0.0")
    with tcp6() as wide, tcp6() as narrow:
        bind(wide, "::ffff:0.0.0.0", 31008).accepted("free")
        listen(wide)
        attempt = bind(narrow, "::ffff:127.0.0.1", 31008).accepted("quirk-mapped-any").total(1)
        equal(attempt.verdict["delivery"], "the new socket answers on ::ffff:127.0.0.1, "
              f"{name_of(os.getpid())} on all other addresses", "who answers")
        equal(outcome(narrow.listen), 0, "both listen")
        for sock, address in ((narrow, HERE), (wide, THERE)):
            with socket.create_connection((address, 31008)) as client:
                equal(sock.accept()[1][1], client.getsockname()[1], f"who has {address}")


def test_overlooked_bound_wildcard():
    if kernel() != (6, 1):
        skip("only 6.1 overlooks ::ffff:0.0.0.0")
    with tcp6() as wide, tcp6() as narrow:
        bind(wide, "::ffff:0.0.0.0", 31014).accepted("free")
        attempt = bind(narrow, "::ffff:127.0.0.1", 31014).accepted("quirk-mapped-any").total(1)
        equal(attempt.verdict["delivery"], "this socket may listen; listen() on the other will get EADDRINUSE",
              "who answers")
        equal((outcome(wide.listen), outcome(narrow.listen)), (errno.EADDRINUSE, 0), "listen()")


def test_overlooked_datagram_socket():
    with udp() as narrow, udp() as wide, udp() as client:
        bind(narrow, HERE, 31009).accepted("free")
        crowd = [udp() for _ in range(12)]
        for number, sock in enumerate(crowd):
            sock.bind((f"127.0.1.{number + 1}", 31009))
        code = outcome(wide.bind, (ANY, 31009))
        attempt = Attempt(next_event(("bind",), code, pid=os.getpid(), inode=inode_of(wide)))
        if code:
            skip("this kernel does not overlook specific addresses in a full slot")
        attempt.accepted("quirk-udp-slot")
        contains(attempt.verdict["delivery"], ", the new socket what is sent to other addresses", "who answers")
        client.sendto(b"narrow", (HERE, 31009))
        client.sendto(b"wide", (THERE, 31009))
        equal((gets(narrow, b"narrow"), gets(wide, b"wide")), (True, True), "each has its own")
        for sock in crowd:
            sock.close()


class Stays:
    """A process that was refused so many times and is still there."""

    def __init__(self, port, attempts, *how, before=lambda: None):
        self.process = subprocess.Popen([sys.executable, "-c", STAYS, str(port), str(attempts), *how],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = self.process.pid
        if "listen" in how:
            equal(self.process.stdout.readline(), b"bound\n", "it has bound")
            before()
            self.say(b"listen\n")
        for _ in range(attempts):
            equal(self.process.stdout.readline(), b"98\n", "EADDRINUSE")

    def say(self, word):
        self.process.stdin.write(word)
        self.process.stdin.flush()

    def end(self):
        self.say(b"end\n")
        self.process.wait(60)


def lives_on(process, port, rest="", what="listener"):
    """The one finding about it, its row, and the refusal that it is about."""
    found = wait_for(lambda: findings("lives-on", process.pid), "the finding")
    equal(len(found), 1, "told once")
    event = found[0]
    text = f"{name_of(process.pid)} lives on without a {what} on {HERE}:{port}{rest}"
    equal(event["finding"]["text"], text, "finding")
    refusals = [one for one in shared().events if one["type"] in ("bind", "listen")
                and one["process"]["pid"] == process.pid and not one["result"]["ok"]]
    equal((event["finding"]["attempts"], event["finding"]["attempt"]), (len(refusals), refusals[-1]["seq"]), "attempts")
    late = int(event["time_unix_nano"]) - int(refusals[0]["time_unix_nano"])
    equal(late >= 3_000_000_000, True, f"{late} ns after the first refusal")
    rows = wait_for(lambda: [row.split(None, 6) for row, *_ in shared().read().text[1:]
                             if f" {process.pid} " in row and "finding" in row], "its row")
    equal([(row[4], row[6].split(None, 1)) for row in rows], [(f"{HERE}:{port}", ["finding", text])], "text")
    return event


def test_34_lives_on_without_a_listener():
    with tcp() as holder:
        holder.bind((HERE, 31010))
        holder.listen()
        once, often = Stays(31010, 1), Stays(31010, 5)
        for process, rest in ((once, ""), (often, ", refused 5 times")):
            told = lives_on(process, 31010, rest)
            refused, = (event for event in shared().events if event["seq"] == told["finding"]["attempt"])
            equal((refused["verdict"]["rule"], refused["holders"][0]["culprit"], refused["holders"][0]["inode"]),
                  ("no-reuse", True, inode_of(holder)), "why it was refused")
        for process in (once, often):
            process.end()


def test_lives_on_after_listen():
    with tcp("R") as holder:
        holder.bind((HERE, 31011))
        process = Stays(31011, 2, "listen", before=holder.listen)
        lives_on(process, 31011, rest=", refused 2 times")
        process.end()


def test_lives_on_without_datagrams():
    with udp() as holder:
        holder.bind((HERE, 31012))
        process = Stays(31012, 1, "udp")
        lives_on(process, 31012, what="socket")
        process.end()


def test_ended_or_listening_is_no_finding():
    """Both are refused before the one that the wait is for."""
    with tcp() as holder:
        holder.bind((HERE, 31013))
        holder.listen()
        ended, lucky = Stays(31013, 1), Stays(31013, 1)
        ended.end()
        holder.close()
        lucky.say(b"again\n")
        equal(lucky.process.stdout.readline(), b"listening\n", "it has the port now")
        last = Stays(31013, 1)
        lives_on(last, 31013)
        equal([findings("lives-on", process.pid) for process in (ended, lucky)], [[], []], "findings")
        for process in (lucky, last):
            process.end()
