# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections in the way of a bind, and ports that run out."""
import contextlib
import errno
import os
import socket
import struct

from checks import bind, endpoint, listening, of_socket, outcome, tcp, tried, udp
from harness import contains, equal, isolated, kernel, set_sysctl, shared, skip, wait_for

SHARED = True
HERE = "127.0.0.1"
ALICE = 1000


@contextlib.contextmanager
def as_user(uid):
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)


def connected(port, flags="", client_flags="", address=HERE):
    """listener, the accepted connection, the client"""
    server = listening(address, port, flags)
    client = tcp(client_flags)
    client.connect((address, port))
    return server, server.accept()[0], client


def close_listener(server):
    """Until its port is released: the tracer, whose iterators hold a file while they look at it, may do that later."""
    inode = os.fstat(server.fileno()).st_ino
    server.close()
    wait_for(lambda: any(event["type"] == "release" and event["socket"]["inode"] == inode
                         for event in shared().read().events), "the release of the listener's port")


def tcp_states(port):
    """States of the sockets on a local port, in hexadecimal as the kernel prints them."""
    with open("/proc/net/tcp") as file:
        rows = [line.split() for line in list(file)[1:]]
    return [row[3] for row in rows if int(row[1].rsplit(":", 1)[1], 16) == port]


def leave_time_wait(port, flags):
    """A server that closes first and ends; the address of the client."""
    server, accepted, client = connected(port, flags)
    peer = client.getsockname()
    close_listener(server)
    accepted.close()
    client.recv(1)
    client.close()
    wait_for(lambda: tcp_states(port) == ["06"], "TIME_WAIT")
    return peer


def check_remnant(attempt, port, peer, flags, reason):
    remnant = attempt.total(1).event["holders"][0]
    equal([remnant[key] for key in ("kind", "state", "address", "port", "inode", "processes", "reason")],
          ["time-wait", "time-wait", HERE, port, None, [], reason], "the remnant")
    equal(remnant["peer"], {"address": peer[0], "port": peer[1]}, "its peer")
    equal((remnant["options"]["reuseaddr"], remnant["options"]["reuseport"]), ("R" in flags, "r" in flags), "flags")
    equal(remnant["bound_by"]["pid"], os.getpid(), "whose it was")
    equal(0 < remnant["expires_s"] <= 60, True, f"seconds left: {remnant['expires_s']}")
    return remnant


def test_time_wait_without_flags():
    peer = leave_time_wait(21000, "")
    with tcp("R") as sock:
        attempt = bind(sock, HERE, 21000).refused("time-wait", f"with {endpoint(*peer)} lacks SO_REUSEADDR", "wait ")
        remnant = check_remnant(attempt, 21000, peer, "", "time-wait")
        equal(remnant["culprit"], True, "culprit")
        contains(attempt.line("held by"), "TIME_WAIT remnant", "text")
        contains(attempt.line("held by"), endpoint(*peer), "text: peer")
        contains(attempt.line("because"), f": {-int(-remnant['expires_s'] // 1)} s left", "text: seconds")


def test_time_wait_reuseaddr():
    peer = leave_time_wait(21001, "R")
    with tcp() as bare, tcp("r") as other, tcp("R") as sock:
        refused = bind(bare, HERE, 21001).refused("time-wait", "this socket lacks SO_REUSEADDR",
                                                  "set SO_REUSEADDR on this socket before bind()")
        check_remnant(refused, 21001, peer, "R", "time-wait")
        check_remnant(bind(other, HERE, 21001).refused("time-wait", "this socket has only SO_REUSEPORT"), 21001, peer,
                      "R", "time-wait")
        check_remnant(bind(sock, HERE, 21001).accepted("time-wait-reuse", endpoint(*peer)), 21001, peer, "R",
                      "time-wait-reuse")


def test_time_wait_reuseport():
    peer = leave_time_wait(21002, "r")
    with tcp("R") as other, tcp("r") as sock:
        check_remnant(bind(other, HERE, 21002).refused("time-wait", "this socket has only SO_REUSEADDR"), 21002, peer,
                      "r", "time-wait")
        check_remnant(bind(sock, HERE, 21002).accepted("time-wait-reuse"), 21002, peer, "r", "time-wait-reuse")


def test_accepted_connection():
    server, accepted, client = connected(21003)
    close_listener(server)
    with accepted, client, tcp("R") as sock:
        attempt = bind(sock, HERE, 21003).refused("accepted-connection", "with or without its listener").total(1)
        attempt.culprit(dict(of_socket(accepted), peer=dict(zip(("address", "port"), client.getsockname()))))
        contains(attempt.line("held by"), f"-> {endpoint(*client.getsockname())}", "text: peer")


def test_accepted_connection_reuseaddr():
    server, accepted, client = connected(21004, "R")
    close_listener(server)
    with accepted, client, tcp("R") as sock:
        bind(sock, HERE, 21004).accepted("reuseaddr-both", "is no listener").total(1).names(of_socket(accepted))


def test_listener_and_its_connection():
    server, accepted, client = connected(21005, "R")
    with server, accepted, client, tcp("R") as sock:
        bind(sock, HERE, 21005).refused("listener").total(2).culprit(of_socket(server)).names(
            of_socket(accepted), "reuseaddr-both")


def test_outgoing_connection():
    server, accepted, client = connected(21006)
    port = client.getsockname()[1]
    with server, accepted, client, tcp("R") as sock:
        attempt = bind(sock, "0.0.0.0", port).refused(
            "outgoing-connection", "by chance", "lacks SO_REUSEADDR", "ip_local_reserved_ports").total(1)
        attempt.culprit(dict(of_socket(client), peer={"address": HERE, "port": 21006}))
        contains(attempt.line("held by"), f"-> {HERE}:21006", "text: peer")


def test_outgoing_connection_reuseaddr():
    server, accepted, client = connected(21007, client_flags="R")
    with server, accepted, client, tcp("R") as sock:
        bind(sock, "0.0.0.0", client.getsockname()[1]).accepted("reuseaddr-both").total(1).names(of_socket(client))


def orphan(port, flags, uid=0):
    """A connection that the server closed and the client did not: FIN_WAIT2, and no process has it."""
    set_sysctl("tcp_fin_timeout", "120")
    with as_user(uid):
        server, accepted, client = connected(port, flags)
    close_listener(server)
    accepted.close()
    wait_for(lambda: tcp_states(port) == ["05"], "FIN_WAIT2")
    return client


@isolated
def test_orphan():
    with orphan(21008, "") as client, tcp("R") as sock:
        attempt = bind(sock, HERE, 21008).refused("orphan", "lacks SO_REUSEADDR", "no process has it").total(1)
        holder = attempt.event["holders"][0]
        equal([holder[key] for key in ("kind", "state", "address", "port", "processes", "culprit", "reason")],
              ["orphan", "fin-wait-2", HERE, 21008, [], True, "orphan"], "the orphan")
        equal(holder["peer"], dict(zip(("address", "port"), client.getsockname())), "its peer")
        contains(attempt.line("held by"), "that no process has", "text")


@isolated
def test_orphan_reuseport_uid():
    """Up to 6.16 an orphan counts as root's, whoever made it (kernel.md 2.5)."""
    client = orphan(21009, "r", ALICE)
    with as_user(ALICE):
        mine = tcp("r")
    old = kernel() < (6, 17)
    with client, mine, tcp("r") as roots, tcp() as breaker:
        bind(breaker, "127.0.0.2", 21009).accepted("other-address")
        for sock, is_refused in ((mine, old), (roots, not old)):
            attempt = bind(sock, HERE, 21009)
            if is_refused:
                attempt.refused("orphan", "counts it as root's" if old else "is uid 1000's: uid 0 may not")
                equal(attempt.event["holders"][0]["kind"], "orphan", "kind")
            else:
                attempt.accepted("reuseport-group")
                sock.close()


def one_port(port):
    set_sysctl("ip_local_port_range", f"{port} {port}")


@isolated
def test_range_exhausted():
    one_port(30000)
    with tcp() as first, tcp() as second, tcp() as third:
        bind(first, HERE, 0).accepted("auto-port", "port 30000 from 30000-30000").alone()
        attempt = bind(second, HERE, 0).refused("range-exhausted", "no port of 30000-30000 is free",
                                                "widen net.ipv4.ip_local_port_range")
        equal((attempt.event["result"]["stage"], attempt.row[4]), ("port", f"{HERE}:0"), "stage, address")
        code = outcome(third.listen)
        equal(code, errno.EADDRINUSE, "listen without bind")
        tried(third, ("listen",), code).refused("range-exhausted")


@isolated
def test_range_of_the_socket():
    IP_LOCAL_PORT_RANGE = 51
    with tcp() as first, tcp() as second:
        for sock in (first, second):
            try:
                sock.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE, struct.pack("=I", 40001 << 16 | 40001))
            except OSError as error:
                equal(error.errno, errno.ENOPROTOOPT, "a kernel without it")
                skip("no IP_LOCAL_PORT_RANGE before 6.3 and Debian's 6.1")
        attempt = bind(first, HERE, 0).accepted("auto-port", "port 40001 from 40001-40001")
        equal(attempt.event["facts"]["range"], [40001, 40001], "range")
        bind(second, HERE, 0).refused("range-exhausted", "no port of 40001-40001 is free")


@isolated
def test_connect_exhausted():
    one_port(30001)
    with listening(HERE, 21010) as server, tcp() as first, tcp() as second:
        first.connect(server.getsockname())
        code = outcome(second.connect, server.getsockname())
        equal(code, errno.EADDRNOTAVAIL, "the second connect")
        tried(second, ("autobind",), code).refused("range-exhausted", "no port of 30001-30001", "destination addresses")


@isolated
def test_sendto_exhausted():
    one_port(30002)
    with udp() as first, udp() as second:
        first.sendto(b"x", (HERE, 9))
        code = outcome(second.sendto, b"x", (HERE, 9))
        equal(code, errno.EAGAIN, "the second sendto")
        tried(second, ("autobind",), code).refused("range-exhausted", "no port of 30002-30002")


@isolated
def test_udp_connect_exhausted():
    one_port(30003)
    with udp() as first, udp() as second:
        first.connect((HERE, 9))
        code = outcome(second.connect, (HERE, 9))
        equal(code, errno.EAGAIN, "the second connect")
        tried(second, ("autobind",), code).refused("range-exhausted", "no port of 30003-30003")
