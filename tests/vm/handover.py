# SPDX-License-Identifier: GPL-2.0-or-later
"""A port that changes hands: with a gap, or taken over without one."""
import os
import re
import time

from harness import contains, end, equal, http_server, shared, start_server, wait_for
from systemd import Systemd
from units import nginx

SHARED = True
HERE = "127.0.0.1"
SERVER = """
import os, signal, socket, sys
server = socket.socket(fileno=3) if sys.argv[1] == "-" else socket.socket()
if server.fileno() != 3 or sys.argv[1] != "-":
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
signal.sigwait([signal.SIGTERM])
"""


def without_times(text):
    """JSON and text come of two tracers, which see the same a moment apart."""
    return re.sub(r"\b[\d.]+ (ns|us|ms|s)\b", "SOME", text)


def gap_of(port):
    """The one object of that port, and its row of text."""
    def found():
        session = shared().read()
        events = [event for event in session.events if event["type"] == "gap" and event["socket"]["port"] == port]
        rows = [rows[0] for rows in session.text if re.search(rf":{port} .* (gap|takeover)  ", rows[0])]
        return (events, rows) if events and rows else None
    events, rows = wait_for(found, f"what became of port {port}")
    equal((len(events), len(rows)), (1, 1), f"objects {events}, rows {rows}")
    event = events[0]
    contains(without_times(rows[0]), without_times(event["gap"]["text"]), "text")
    equal(rows[0].split()[1:3], [str(event["process"]["pid"]), event["process"]["comm"]], "whose row")
    return event


def event_of(port, kind, pid):
    return next(event for event in shared().read().events if event["type"] == kind
                and event["socket"]["port"] == port and event["process"]["pid"] == pid)


def check_gap(event, before, after):
    """Its times are those of the events that it is about."""
    gap, port = event["gap"], event["socket"]["port"]
    bind, listen = event_of(port, "bind", after), event_of(port, "listen", after)
    release = [e for e in shared().events if e["type"] == "release" and e["socket"]["port"] == port
               and e["socket"]["id"] != listen["socket"]["id"] and e["released"] == "port"][-1]
    equal((gap["takeover"], gap["before"]["pid"], event["process"]["pid"]), (None, before, after), "hands")
    equal((gap["released"], gap["bound"], gap["serving"]), (release["time"], bind["time"], listen["time"]), "times")
    equal(gap["gap_ns"], int(listen["time_unix_nano"]) - int(release["time_unix_nano"]), "gap_ns")
    equal(event["socket"]["id"], listen["socket"]["id"], "the new socket")


def test_restart_of_a_server():
    old = http_server(6600)
    began = time.monotonic_ns()
    end(old)
    new = http_server(6600)
    ended = time.monotonic_ns()
    event = gap_of(6600)
    check_gap(event, old.pid, new.pid)
    equal(0 < event["gap"]["gap_ns"] < ended - began, True, f"{event['gap']} in {ended - began} ns")
    contains(event["gap"]["text"], f"python3[{old.pid}] had it, bound again after ", "text")
    end(new)


def test_restart_of_a_service():
    with Systemd() as systemd:
        nginx(systemd, 6601)
        systemd.ctl("start", "nginx.service")
        first = wait_for(lambda: next((e for e in shared().read().events if e["type"] == "listen"
                                       and e["socket"]["port"] == 6601), None), "the first listen()")
        systemd.ctl("restart", "nginx.service")
        event = gap_of(6601)
    check_gap(event, event["gap"]["before"]["pid"], event["process"]["pid"])
    equal(event["gap"]["before"]["pid"], first["process"]["pid"], "who bound it before, and went into the background")
    equal((event["gap"]["before"]["comm"], event["process"]["unit"]), ("nginx", "nginx.service"), "names")


def test_takeover_with_reuseport():
    old = start_server(6602, "python3", "-c", SERVER, "6602")
    new = start_server(6602, "python3", "-c", SERVER, "6602", count=2)
    end(old)
    event = gap_of(6602)
    gap = event["gap"]
    equal((gap["takeover"], gap["before"]["pid"], event["process"]["pid"], gap["gap_ns"]),
          ("reuseport", old.pid, new.pid, 0), "hands")
    listen = event_of(6602, "listen", new.pid)
    equal(gap["overlap_ns"], int(event["time_unix_nano"]) - int(listen["time_unix_nano"]), "overlap_ns")
    equal(event["process"]["exe"], os.path.realpath("/usr/bin/python3"), "the heir")
    end(new)


def test_takeover_of_an_inherited_socket():
    """A child of systemd's listens, in the cgroup of the unit; the service listens on the same socket."""
    with open("/tmp/server.py", "w") as file:
        file.write(SERVER)
    with Systemd() as systemd:
        systemd.write("took.socket", "[Socket]\nListenStream=127.0.0.1:6603\n")
        systemd.write("took.service", "[Service]\nExecStart=/usr/bin/python3 /tmp/server.py -\n")
        systemd.reload()
        systemd.ctl("start", "took.socket")
        systemd.ctl("start", "took.service")
        event = gap_of(6603)
        pid = systemd.pid("took.service")
        equal((event["gap"]["takeover"], event["gap"]["before"]["comm"], event["process"]["pid"]),
              ("inherited", "(sd-listen)", pid), "hands")
        equal(event["gap"]["released"], None, "nobody released it")


def test_no_gap_beside_a_worker_that_ends():
    """Two of three servers end and one is left: nobody took anything over, and at the end there is a gap."""
    servers = [start_server(6604, "python3", "-c", SERVER, "6604", count=n + 1) for n in range(3)]
    for server in servers[::-1]:
        end(server)
    last = http_server(6604)
    event = gap_of(6604)
    check_gap(event, event["gap"]["before"]["pid"], last.pid)
    contains([server.pid for server in servers], event["gap"]["before"]["pid"], "the last of them")
    end(last)
