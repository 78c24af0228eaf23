# SPDX-License-Identifier: GPL-2.0-or-later
"""No port was free: how many of the range are taken, and by whom."""
import errno
import os
import socket
import struct

from checks import Attempt, bind, inode_of, next_event, outcome, tcp, tcp6, udp
from harness import equal, isolated, set_sysctl, skip

SHARED = True
HERE = "127.0.0.1"
LO, HI = 30010, 30019
IP_LOCAL_PORT_RANGE = 51


def narrow(reserved=""):
    set_sysctl("ip_local_port_range", f"{LO} {HI}")
    set_sysctl("ip_local_reserved_ports", reserved)


def bound(make, address, ports):
    made = [make() for _ in ports]
    for sock, port in zip(made, ports):
        sock.bind((address, port))
    return made


def exhausted(made, call, code, *words):
    equal(outcome(*call), code, "no port is left")
    attempt = Attempt(next_event(("bind", "listen", "autobind"), code, inode=inode_of(made)))
    attempt.refused("range-exhausted", *words)
    return attempt.event["facts"]["refusal"]


def time_wait(port):
    """A remnant on a port of the range, and nothing else there."""
    with tcp("R") as server, tcp() as client:
        server.bind((HERE, port))
        server.listen()
        client.connect((HERE, port))
        taken, _ = server.accept()
        taken.close()
        equal(client.recv(1), b"", "end of the connection")


class Other:
    """Another process with sockets on these ports, by name."""

    def __init__(self, kind, *ports):
        self.ready, told = os.pipe()
        held, self.release = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(self.release)
            made = bound(lambda: socket.socket(socket.AF_INET, kind), HERE, ports)
            os.write(told, b"%d" % len(made))
            os.read(held, 1)
            os._exit(0)
        equal(os.read(self.ready, 1), b"%d" % len(ports), "sockets of the other process")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.write(self.release, b"x")
        os.waitpid(self.pid, 0)


def comm_of(pid):
    with open(f"/proc/{pid}/comm") as file:
        return file.read().strip()


def most(*pairs):
    return [{"pid": pid, "comm": comm_of(pid), "ports": ports} for pid, ports in pairs]


@isolated
def test_who_has_them():
    """Of ten ports two are reserved, one is a remnant's, three are another's and four are ours."""
    time_wait(LO + 2)
    narrow(f"{LO}-{LO + 1}")
    with Other(socket.SOCK_STREAM, *range(LO + 7, HI + 1)) as other:
        own = bound(tcp, HERE, range(LO + 3, LO + 7))
        own[0].listen()
        comm = comm_of(os.getpid())
        made = tcp()
        facts = exhausted(made, (made.bind, (HERE, 0)), errno.EADDRINUSE, f"no port of {LO}-{HI} is free for this socket: "
                          f"8 of 10 are taken (1 by TIME_WAIT), most by {comm}[{os.getpid()}] (4), "
                          f"{comm}[{other.pid}] (3); 2 are in net.ipv4.ip_local_reserved_ports",
                          "take ports out of net.ipv4.ip_local_reserved_ports", "widen net.ipv4.ip_local_port_range")
        equal(facts["ports"], {"taken": 8, "time_wait": 1, "reserved": 2,
                               "most": most((os.getpid(), 4), (other.pid, 3))}, "ports")
        equal(facts["own_range"], None, "own range")
        set_sysctl("ip_local_reserved_ports", f"{LO}")
        bind(tcp(), HERE, 0).accepted("auto-port")


@isolated
def test_of_udp():
    """TCP sockets on the same ports do not count."""
    narrow()
    with Other(socket.SOCK_DGRAM, HI) as other:
        own = bound(udp, HERE, range(LO, HI)) + bound(tcp, HERE, range(LO, HI + 1))
        made = udp()
        facts = exhausted(made, (made.sendto, b"x", (HERE, 9)), errno.EAGAIN, "10 of 10 are taken, most by ")
        equal(facts["ports"]["most"], most((os.getpid(), 9), (other.pid, 1)), "most")
    equal(len(own), 19, "sockets")


@isolated
def test_of_ipv6():
    narrow()
    own = bound(tcp6, "::1", range(LO, HI + 1))
    made = tcp6()
    facts = exhausted(made, (made.bind, ("::1", 0)), errno.EADDRINUSE, "10 of 10 are taken, most by ")
    equal(facts["ports"]["most"], most((os.getpid(), 10)), "most")
    equal(len(own), 10, "sockets")


@isolated
def test_of_connect():
    """Its own connections are what takes the ports."""
    narrow()
    server = tcp()
    server.bind((HERE, 7730))
    server.listen(32)
    clients = [socket.create_connection((HERE, 7730)) for _ in range(LO, HI + 1)]
    made = tcp()
    facts = exhausted(made, (made.connect, (HERE, 7730)), errno.EADDRNOTAVAIL, "10 of 10 are taken, most by ",
                      "more source or destination addresses")
    equal((facts["ports"]["most"], len(clients)), (most((os.getpid(), 10)), 10), "most")


@isolated
def test_own_range():
    narrow()
    first, second = tcp(), tcp()
    for made in (first, second):
        try:
            made.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE, struct.pack("=I", LO + 4 << 16 | LO + 4))
        except OSError as error:
            equal(error.errno, errno.ENOPROTOOPT, "a kernel without it")
            skip("no IP_LOCAL_PORT_RANGE before 6.3 and Debian's 6.1")
    bind(first, HERE, 0).accepted("auto-port")
    facts = exhausted(second, (second.bind, (HERE, 0)), errno.EADDRINUSE,
                      f"(its IP_LOCAL_PORT_RANGE is {LO + 4}-{LO + 4}): 1 of 1 are taken",
                      "widen the socket's IP_LOCAL_PORT_RANGE")
    equal(facts["own_range"], [LO + 4, LO + 4], "own range")
    second.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE, struct.pack("=I", LO + 5 << 16 | LO + 4))
    bind(second, HERE, 0).accepted("auto-port")
