# SPDX-License-Identifier: GPL-2.0-or-later
"""Holders that no table of descriptors shows: on their way, in an io_uring, not accepted yet."""
import array
import ctypes
import os
import select
import signal
import socket
import struct

from checks import bind, endpoint, inode_of, listening, of_socket, tcp, udp
from harness import contains, equal, skip, wait_for
from holders import end_keeper

SHARED = True
HERE = "127.0.0.1"
ANY = "0.0.0.0"
ELDER = 22200
SYS_io_uring_setup, SYS_io_uring_register = 425, 427
IORING_REGISTER_FILES = 2
elders = []


def before_session():
    """In flight since before the trace."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with listening(HERE, ELDER) as sock:
        send(ends[0], sock)
    elders.extend(ends)


def send(end, *socks):
    fds = array.array("i", [sock.fileno() for sock in socks])
    end.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])


def receive(end):
    _, ancillary, _, _ = end.recvmsg(1, socket.CMSG_SPACE(struct.calcsize("4i")))
    return [socket.socket(fileno=fd) for fd in array.array("i", ancillary[0][2])]


def check_hidden(attempt, kind, inode, processes, receivers):
    holder = attempt.event["holders"][0]
    equal([holder[key] for key in ("kind", "culprit", "inode")], [kind, True, inode], "kind, culprit, inode")
    equal([[(one["pid"], one["fd"], one["via"]) for one in holder[key]] for key in ("processes", "receivers")],
          [processes, receivers], "processes, receivers")
    return attempt.line("held by")


def check_in_flight(attempt, inode, queue):
    line = check_hidden(attempt, "in-flight", inode, [], [(os.getpid(), queue.fileno(), "unix-queue")])
    contains(line, f"a descriptor in flight to python3[{os.getpid()}] in the receive queue of its unix socket fd "
                   f"{queue.fileno()}", "text")
    return line


def test_in_flight():
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    first = tcp()
    bind(first, HERE, 22201).accepted("free")
    first.listen()
    inode = inode_of(first)
    ends[0].send(b"a message without descriptors")
    send(ends[0], first)
    first.close()
    with tcp("R") as sock:
        check_in_flight(bind(sock, HERE, 22201).refused("no-reuse").total(1), inode, ends[1])
        ends[1].recv(29)
        got, = receive(ends[1])
        bind(sock, HERE, 22201).refused("no-reuse").total(1).culprit(of_socket(got))
        got.close()
        bind(sock, HERE, 22201).accepted("free")
    for one in ends:
        one.close()


def test_in_flight_among_others():
    """Several messages with several descriptors each, to a datagram socket."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    socks = [udp() for _ in range(4)]
    for sock, port in zip(socks, range(22202, 22206)):
        bind(sock, HERE, port).accepted("free")
    inodes = [inode_of(sock) for sock in socks]
    send(ends[0], *socks[:1])
    send(ends[0], *socks[1:])
    for sock in socks:
        sock.close()
    for inode, port in zip(inodes, range(22202, 22206)):
        with udp() as sock:
            check_in_flight(bind(sock, HERE, port).refused("no-reuse").total(1), inode, ends[1])
    for one in ends:
        one.close()


def test_in_flight_since_before():
    with tcp() as sock:
        attempt = bind(sock, HERE, ELDER).refused("no-reuse").total(1)
        holder = attempt.event["holders"][0]
        equal((holder["kind"], holder["bound_by"], holder["receivers"][0]["fd"]),
              ("in-flight", None, elders[1].fileno()), "holder")
        contains(attempt.line("held by"), "since before ", "text")


def test_sent_and_kept():
    """Who has a descriptor is named, whoever else is about to get one."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with listening(HERE, 22206) as first, tcp() as sock:
        send(ends[0], first)
        bind(sock, HERE, 22206).refused("no-reuse").total(1).culprit(of_socket(first))
    for one in ends:
        one.close()


def io_uring():
    """The descriptor of a ring."""
    libc = ctypes.CDLL(None, use_errno=True)
    params = ctypes.create_string_buffer(120)
    ring = libc.syscall(SYS_io_uring_setup, 4, params)
    if ring < 0:
        skip(f"no io_uring here: {os.strerror(ctypes.get_errno())}")
    return ring


def register_files(ring, fds):
    libc = ctypes.CDLL(None, use_errno=True)
    files = (ctypes.c_int * len(fds))(*fds)
    done = libc.syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, files, len(fds))
    equal(done, 0, f"IORING_REGISTER_FILES: {os.strerror(ctypes.get_errno())}")


def test_fixed_file():
    """Not in flight, although kernels before 6.2 account for fixed files as if they were."""
    ring = io_uring()
    first = tcp()
    bind(first, HERE, 22207).accepted("free")
    first.listen()
    inode = inode_of(first)
    register_files(ring, [-1, -1, first.fileno()])
    first.close()
    with tcp("R") as sock:
        attempt = bind(sock, HERE, 22207).refused("no-reuse").total(1)
        line = check_hidden(attempt, "process", inode, [(os.getpid(), ring, "io_uring")], [])
        equal(attempt.event["holders"][0]["processes"][0]["index"], 2, "its place in the table")
        contains(line, f"python3[{os.getpid()}] as a fixed file of its io_uring fd {ring}, listening on", "text")
        os.close(ring)
        wait_for(lambda: not port_taken(22207), "the end of the ring")
        bind(sock, HERE, 22207).accepted("free")


def port_taken(port):
    with open("/proc/net/tcp") as file:
        return any(int(line.split()[1].rsplit(":", 1)[1], 16) == port for line in list(file)[1:])


def test_accept_queue():
    """A connection that nobody has accepted yet: no descriptor leads to it."""
    with listening(HERE, 22208, "R") as server, tcp("R") as client, tcp("R") as sock:
        client.connect((HERE, 22208))
        wait_for(lambda: select.select([server], [], [], 0)[0], "the connection in the queue")
        attempt = bind(sock, HERE, 22208).refused("listener").total(2)
        waiting = [holder for holder in attempt.event["holders"] if holder["facts"]["unaccepted"]]
        equal(len(waiting), 1, "connections")
        equal([waiting[0][key] for key in ("kind", "receivers", "peer")],
              ["process", [], dict(zip(("address", "port"), client.getsockname()))], "the connection")
        equal([(one["pid"], one["fd"], one["via"]) for one in waiting[0]["processes"]],
              [(os.getpid(), server.fileno(), "accept-queue")], "whose queue")
        contains(attempt.line("also"), f"a connection waiting in the accept queue of python3[{os.getpid()}] fd "
                                       f"{server.fileno()}, ", "text")
        contains(attempt.line("also"), f"{HERE}:22208 -> {endpoint(*client.getsockname())}", "text: both ends")


def test_accept_queues_of_one_port():
    """Each connection waits for who listens on the address that it was made to."""
    other = "127.0.0.2"
    with listening(HERE, 22211, "R") as first, listening(other, 22211, "R") as second, \
            tcp("R") as to_first, tcp("R") as to_second, tcp("R") as sock:
        to_second.connect((other, 22211))
        to_first.connect((HERE, 22211))
        for server in (first, second):
            wait_for(lambda: select.select([server], [], [], 0)[0], "the connection in the queue")
        attempt = bind(sock, ANY, 22211).refused("listener").total(4)
        waiting = {holder["address"]: [(one["fd"], one["via"]) for one in holder["processes"]]
                   for holder in attempt.event["holders"] if holder["facts"]["unaccepted"]}
        equal(waiting, {HERE: [(first.fileno(), "accept-queue")], other: [(second.fileno(), "accept-queue")]},
              "whose queues")


def leave_open(first, cloexec):
    """A child that got it by fork and exec, as a helper that a server starts; it is another program."""
    os.set_inheritable(first.fileno(), not cloexec)
    child = os.fork()
    if not child:
        os.execv("/bin/sleep", ["sleep", "600"])
    return child


def test_40_inherited_by_another_program():
    """peers.md 40: the server has ended, and what it started has its listener."""
    ready, told = os.pipe()
    server = os.fork()
    if not server:
        first = tcp("R")
        first.bind((HERE, 22209))
        first.listen()
        os.write(told, struct.pack("ii", leave_open(first, False), first.fileno()))
        signal.pause()
        os._exit(0)
    heir, fd = struct.unpack("ii", os.read(ready, 8))
    wait_for(lambda: os.readlink(f"/proc/{heir}/exe").endswith("sleep"), "exec")
    end_keeper(server)
    with tcp("R") as sock:
        attempt = bind(sock, HERE, 22209).refused("listener", f"open the socket with SOCK_CLOEXEC in python3[{server}]")
        holder = attempt.total(1).event["holders"][0]
        equal([(one["pid"], one["fd"], one["comm"], one["cloexec"]) for one in holder["processes"]],
              [(heir, fd, "sleep", False)], "who has it")
        equal((holder["bound_by"]["pid"], holder["bound_by"]["ended"]), (server, True), "bound_by")
        contains(attempt.line("held by"), f"sleep[{heir}] fd {fd}, inherited from python3[{server}] that has ended "
                                          f"(fd {fd} lacks CLOEXEC), listening on", "text")
    os.kill(heir, signal.SIGKILL)


def test_passed_on():
    """By SCM_RIGHTS to a process that is older than the socket: that one did not inherit it."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    child = os.fork()
    if not child:
        got = receive(ends[1])
        ends[1].send(struct.pack("i", got[0].fileno()))
        signal.pause()
        os._exit(0)
    first = tcp()
    bind(first, HERE, 22210).accepted("free")
    send(ends[0], first)
    fd, = struct.unpack("i", ends[0].recv(4))
    first.close()
    with tcp() as sock:
        attempt = bind(sock, HERE, 22210).refused("no-reuse").total(1)
        holder = attempt.event["holders"][0]
        equal([(one["pid"], one["fd"]) for one in holder["processes"]], [(child, fd)], "who has it")
        contains(attempt.line("held by"), f"python3[{child}] fd {fd}, passed on by python3[{os.getpid()}], bound to",
                 "text")
    end_keeper(child)
    for one in ends:
        one.close()
