# SPDX-License-Identifier: GPL-2.0-or-later
"""Situations 31 to 33, 35 and 36: ports that are shared, and flags that do not match."""
import errno
import sys

from checks import Attempt, flags_of_json, next_event, udp
from harness import contains, end, equal, start_server
from sharing import MEMBER, shared_with
from situations import ALICE, ANY, HERE, Actor, blames, fixes

SHARED = True
HTTP = """
import http.server, socket, sys
class Server(http.server.HTTPServer):
    allow_reuse_port = True
    def server_bind(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        super().server_bind()
Server(("127.0.0.1", 24031), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def test_31_http_server_twice_with_reuseport():
    first = start_server(24031, sys.executable, "-c", HTTP)
    second = start_server(24031, sys.executable, "-c", HTTP, count=2)
    attempt = Attempt(next_event(("bind",), 0, pid=second.pid, port=24031)).accepted("reuseport-group").total(1)
    equal([one["pid"] for one in attempt.event["holders"][0]["processes"]], [first.pid], "the other server")
    equal(attempt.row[6].split(None, 1), ["bound", "port is shared"], "text: result")
    contains(attempt.line("shared with"), f"python3[{first.pid}] fd 3, listening on {HERE}:24031", "text")
    contains(attempt.line("who answers"), "spread between the 2 sockets by a hash", "text")
    end(first, second)


def test_32_library_that_sets_reuseport_silently():
    first = start_server(24032, "nc", "-kl", HERE, "24032")
    second = start_server(24032, sys.executable, "-S", "-c", MEMBER, "-", "24032", count=2)
    attempt = Attempt(next_event(("bind",), 0, pid=second.pid, port=24032)).accepted("reuseport-group").total(1)
    shared_with(attempt, first.pid, "another executable", ["executable"])
    end(first, second)


def test_33_newest_datagram_socket_steals_unicast():
    with Actor("mediasoup", uid=ALICE) as older, Actor("thief") as newer, udp() as client:
        older.binds(HERE, 24033, "R", "udp")
        newer.binds(HERE, 24033, "R", "udp")
        attempt = newer.attempt(24033).accepted("udp-reuseaddr").total(1)
        equal(attempt.verdict["delivery"], "the newest socket receives unicast datagrams, all of them receive "
              "multicast and broadcast", "who answers")
        shared_with(attempt, older.pid, "another uid", ["uid"])
        client.sendto(b"whose", (HERE, 24033))
        newer.does("sock.recv(5)", "sock.setblocking(False)")
        older.does("sock.setblocking(False)")
        equal((newer.tries("sock.recv(5)"), older.tries("sock.recv(5)")), (errno.EAGAIN, errno.EAGAIN),
              "the newer one had it, and nobody else")


def test_35_reuseaddr_beside_reuseport():
    with Actor("avahi-daemon") as avahi, Actor("chrome") as chrome:
        avahi.binds(ANY, 5353, "r", "udp")
        attempt = chrome.refused(ANY, 5353, "R", "udp").refused(
            "no-common-flag", "this socket has only SO_REUSEADDR and the holder only SO_REUSEPORT")
        blames(attempt, avahi.pid, state="bound")
        contains(attempt.line("held by"), "flags ....r...", "text: the holder's flags")
        equal(attempt.row[5], "...R....", "text: its own")
        fixes(attempt, "set SO_REUSEPORT on this socket before bind()")


def test_36_flags_of_every_socket_on_the_port():
    want = {}
    with Actor("avahi-daemon") as one, Actor("squeezelite") as two, Actor("raop") as three:
        for actor, flags in ((one, "Rr"), (two, "R")):
            actor.binds(ANY, 24036, flags, "udp")
            want[actor.pid] = f"...{flags:.<5}"
        attempt = three.refused(ANY, 24036, "r", "udp")
        attempt.refused("no-common-flag").total(2)
        got = {holder["processes"][0]["pid"]: flags_of_json(holder) for holder in attempt.event["holders"]}
        equal(got, want, "flags of all of them")
        reasons = {holder["processes"][0]["pid"]: holder["reason"] for holder in attempt.event["holders"]}
        equal(reasons, {one.pid: "reuseport-group", two.pid: "no-common-flag"}, "why each does or does not conflict")
        blames(attempt, two.pid, state="bound")
