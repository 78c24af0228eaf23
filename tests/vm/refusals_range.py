# SPDX-License-Identifier: GPL-2.0-or-later
"""No port was free: how many of the range are taken, and by whom."""
import errno
import os
import socket
import struct

from checks import Attempt, bind, inode_of, listening, next_event, outcome, tcp, tcp6, udp
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
def test_long_list_of_reserved_ports():
    """Every other port of all: the kernel tells them once, in one read()."""
    narrow(",".join(map(str, range(1, 65536, 2))))
    own = bound(tcp, HERE, range(LO, HI, 2))
    made = tcp()
    facts = exhausted(made, (made.bind, (HERE, 0)), errno.EADDRINUSE, "5 of 10 are taken, most by ",
                      "; 5 are in net.ipv4.ip_local_reserved_ports")
    equal((facts["ports"]["taken"], facts["ports"]["reserved"], len(own)), (5, 5, 5), "taken, reserved")


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
def test_of_listen():
    """listen() without bind() takes any port."""
    narrow()
    own = bound(tcp, HERE, range(LO, HI + 1))
    made = tcp()
    facts = exhausted(made, (made.listen,), errno.EADDRINUSE, "10 of 10 are taken, most by ")
    equal(facts["ports"]["most"], most((os.getpid(), 10)), "most")
    own[3].close()
    made.listen()
    equal(made.getsockname()[1], LO + 3, "the remedy")


@isolated
def test_of_connect_over_ipv6():
    narrow()
    with listening("::1", 7730, family=socket.AF_INET6) as server:
        clients = [socket.create_connection(("::1", 7730)) for _ in range(LO, HI + 1)]
        made = tcp6()
        facts = exhausted(made, (made.connect, server.getsockname()), errno.EADDRNOTAVAIL,
                          "10 of 10 are taken, most by ", "more source or destination addresses")
        equal((facts["ports"]["most"], len(clients)), (most((os.getpid(), 10)), 10), "most")


def limited(made, first, last):
    """The socket takes ports of these only."""
    try:
        made.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE, struct.pack("=I", last << 16 | first))
    except OSError as error:
        equal(error.errno, errno.ENOPROTOOPT, "a kernel without it")
        skip("no IP_LOCAL_PORT_RANGE before 6.3 and Debian's 6.1")
    return made


def exhausted_itself(made, call, code, port):
    """The range of the socket's own is this port."""
    facts = exhausted(made, call, code, f"(its IP_LOCAL_PORT_RANGE is {port}-{port}): 1 of 1 are taken",
                      "widen the socket's IP_LOCAL_PORT_RANGE")
    equal(facts["own_range"], [port, port], "own range")


@isolated
def test_own_range():
    """One port, which another socket has; with one more, the same call passes."""
    narrow()
    for port, make, address in ((LO, tcp, HERE), (LO + 2, tcp6, "::1"), (LO + 4, udp, HERE)):
        with limited(make(), port, port) as first, limited(make(), port, port) as second:
            bind(first, address, 0).accepted("auto-port")
            exhausted_itself(second, (second.bind, (address, 0)), errno.EADDRINUSE, port)
            limited(second, port, port + 1)
            bind(second, address, 0).accepted("auto-port")


@isolated
def test_own_range_of_connect():
    narrow()
    for port, make, address in ((LO, tcp, HERE), (LO + 2, tcp6, "::1")):
        server = listening(address, 7730, family=make().family)
        with server, limited(make(), port, port) as first, limited(make(), port, port) as second:
            first.connect(server.getsockname())
            exhausted_itself(second, (second.connect, server.getsockname()), errno.EADDRNOTAVAIL, port)
            limited(second, port, port + 1)
            second.connect(server.getsockname())
            equal(second.getsockname()[1], port + 1, "the remedy")
    port = LO + 4
    with limited(udp(), port, port) as first, limited(udp(), port, port) as second:
        first.connect((HERE, 9))
        exhausted_itself(second, (second.connect, (HERE, 9)), errno.EAGAIN, port)
