# SPDX-License-Identifier: GPL-2.0-or-later
"""Binds that were refused before any port was looked at: descriptor, address, state, right."""
import ctypes
import errno
import os
import socket
import struct
import tempfile

from checks import Attempt, bind, inode_of, listening, next_event, outcome, tcp, tcp6, tried, udp
from children import in_child
from harness import CLONE_NEWNET, contains, equal, isolated, run

SHARED = True
HERE = "127.0.0.1"
PORT = 7700
ALICE = 1000
CLONE_NEWUSER = 0x10000000
libc = ctypes.CDLL(None, use_errno=True)


def sockaddr(address, port, scope=0):
    if ":" in address:
        return (struct.pack("=H", socket.AF_INET6) + struct.pack(">HI", port, 0)
                + socket.inet_pton(socket.AF_INET6, address) + struct.pack("=I", scope))
    return struct.pack("=H", socket.AF_INET) + struct.pack(">H", port) + socket.inet_aton(address) + bytes(8)


def raw_bind(fd, address, length=None):
    """bind(2) with any pointer and length: 0 or the errno."""
    size = len(address) if length is None else length
    room = address
    if isinstance(address, bytes):
        room = ctypes.create_string_buffer(address, max(len(address), size))
    return ctypes.get_errno() if libc.bind(fd, room, size) else 0


def early(code, fd, kind="bind"):
    """The refusal of a call of this process that no socket can be named for."""
    event = next_event((kind,), code, pid=os.getpid(), stage="syscall")
    equal((event["fd"], event["result"]["stage"]), (fd, "syscall"), "fd, stage")
    return Attempt(event)


def staged(attempt, stage):
    equal(attempt.event["result"]["stage"], stage, "stage")
    return attempt


def test_descriptor_is_not_open():
    fd = 999
    equal(raw_bind(fd, sockaddr(HERE, PORT)), errno.EBADF, "bind")
    attempt = early(errno.EBADF, fd).refused("bad-descriptor", "descriptor 999 is not open", agrees=None)
    equal(attempt.event["socket"]["requested"], {"address": HERE, "port": PORT}, "requested")
    equal((attempt.event["socket"]["inode"], attempt.event["socket"]["protocol"]), (None, None), "no socket")


def test_descriptor_is_no_socket():
    with tempfile.TemporaryFile() as file:
        equal(raw_bind(file.fileno(), sockaddr("::1", PORT)), errno.ENOTSOCK, "bind")
        early(errno.ENOTSOCK, file.fileno()).refused("bad-descriptor", f"descriptor {file.fileno()} is open, but no",
                                                     agrees=None)


def test_other_sockets_are_not_told():
    """Of a unix socket nothing is said, nor of its address on a closed descriptor."""
    path = struct.pack("=H", socket.AF_UNIX) + b"/proc/no/socket\0"
    with socket.socket(socket.AF_UNIX) as made:
        raw_bind(made.fileno(), path)
        raw_bind(999, path)
    test_descriptor_is_not_open()


def test_address_is_not_in_memory():
    for made in (tcp(), udp()):
        equal(raw_bind(made.fileno(), ctypes.c_void_p(8), 16), errno.EFAULT, "bind")
        attempt = early(errno.EFAULT, made.fileno())
        attempt.refused("bad-address", "EFAULT: what was passed as the address is not in the process's memory",
                        agrees=None)
        equal(attempt.event["socket"]["inode"], inode_of(made), "inode")
        equal(attempt.event["socket"]["requested"], None, "requested")


def test_impossible_length():
    for length, said in ((200, "200"), (-1, "-1")):
        made = tcp()
        equal(raw_bind(made.fileno(), sockaddr(HERE, PORT), length), errno.EINVAL, "bind")
        early(errno.EINVAL, made.fileno()).refused("bad-address", f"EINVAL: an address of {said} bytes", agrees=None)


def test_short_address():
    for made, address, need in ((tcp(), HERE, 16), (udp(), HERE, 16), (tcp6(), "::1", 28)):
        equal(raw_bind(made.fileno(), sockaddr(address, PORT)[:12]), errno.EINVAL, "bind")
        attempt = staged(tried(made, ("bind",), errno.EINVAL), "address")
        family = "IPv4" if need == 16 else "IPv6"
        attempt.refused("bad-address", f"an address of 12 bytes was passed, and {family} needs {need}", agrees=None)


def test_listen_on_nothing():
    equal((libc.listen(999, 1), ctypes.get_errno()), (-1, errno.EBADF), "listen")
    event = next_event(("listen",), errno.EBADF, pid=os.getpid(), stage="syscall")
    equal((event["fd"], event["verdict"]["rule"], event["result"]["stage"]), (999, "bad-descriptor", "syscall"),
          "fd, rule, stage")


def test_other_family():
    for made, address, code in ((tcp6(), HERE, errno.EINVAL), (tcp(), "::1", errno.EAFNOSUPPORT)):
        equal(raw_bind(made.fileno(), sockaddr(address, PORT)), code, "bind")
        attempt = staged(tried(made, ("bind",), code), "address")
        words = ("IPv4", "IPv6") if made.family == socket.AF_INET6 else ("IPv6", "IPv4")
        attempt.refused("wrong-family", "the address that was passed is %s, the socket is %s" % words, agrees=None)


def test_no_family():
    """AF_UNSPEC passes for 0.0.0.0 alone."""
    made = tcp()
    equal(raw_bind(made.fileno(), bytes(2) + sockaddr(HERE, PORT)[2:]), errno.EAFNOSUPPORT, "bind")
    tried(made, ("bind",), errno.EAFNOSUPPORT).refused("wrong-family", agrees=None)


def test_multicast():
    staged(bind(tcp6(), "ff02::1", PORT), "address").refused("bad-address", "a stream socket cannot have a multicast",
                                                             agrees=None)
    bind(tcp(), "224.0.0.1", PORT).accepted("free")


def test_mapped_address_of_an_ipv6_socket():
    made = tcp6("6")
    attempt = staged(bind(made, "::ffff:127.0.0.1", PORT), "address")
    attempt.refused("bad-address", "IPV6_V6ONLY on this socket excludes", "clear IPV6_V6ONLY", agrees=None)


def test_link_local_without_scope():
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        made = socket.socket(socket.AF_INET6, kind)
        staged(bind(made, "fe80::1", PORT), "address").refused("bad-address", "no scope id, no bound device",
                                                               "[fe80::1%eth0]", agrees=None)


def test_scope_that_is_not_there():
    made = tcp6()
    equal(outcome(made.bind, ("fe80::1", PORT, 0, 4711)), errno.ENODEV, "bind")
    refused_event(errno.ENODEV, "address", "no-device", "interface 4711 does not exist", inode=inode_of(made))


@isolated
def test_device_is_gone():
    run("ip", "link", "add", "gone0", "type", "veth", "peer", "gone1", check=True)
    made = tcp6()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"gone0")
    index = socket.if_nametoindex("gone0")
    run("ip", "link", "del", "gone0", check=True)
    equal(outcome(made.bind, ("2001:db8::1", PORT)), errno.ENODEV, "bind")
    refused_event(errno.ENODEV, "address", "no-device", f"interface {index} does not exist", inode=inode_of(made))


def refused_event(code, stage, rule, *words, **match):
    """Of a socket whose options cannot be asked for, here or any more."""
    event = next_event(("bind",), code, **match)
    equal((event["result"]["stage"], event["verdict"]["rule"], event["verdict"]["agrees"]), (stage, rule, None),
          "stage, rule, agrees")
    for word in words:
        contains(event["verdict"]["text"] + "; ".join(event["verdict"]["fix"]), word, "what the verdict says")
    return event


def test_already_bound():
    made = tcp()
    bind(made, HERE, PORT).accepted("free")
    staged(bind(made, HERE, PORT + 1), "state").refused("already-bound", f"is bound to port {PORT} already",
                                                           agrees=None)
    made.listen()
    staged(bind(made, HERE, PORT + 1), "state").refused("already-bound", f"listens on port {PORT} already", agrees=None)
    made.close()


def test_already_connected():
    server, client = listening(HERE, PORT), tcp()
    client.connect((HERE, PORT))
    port = client.getsockname()[1]
    staged(bind(client, HERE, PORT + 1), "state").refused("already-bound", f"connected from port {port} already",
                                                          agrees=None)
    client.close()
    server.close()


LOW_PORTS = ((tcp, HERE), (udp, HERE), (tcp6, "::1"))


def bind_low_ports():
    for make, address in LOW_PORTS:
        equal(outcome(make().bind, (address, 80)), errno.EACCES, "bind")


def check_low_ports(pid, *words):
    for _, address in LOW_PORTS:
        event = refused_event(errno.EACCES, "privilege", "privileged-port", "port 80 is below 1024", *words, pid=pid)
        equal(event["socket"]["requested"], {"address": address, "port": 80}, "requested")


def become_alice():
    os.setgid(ALICE)
    os.setuid(ALICE)


def test_privileged_port():
    def low_ports():
        become_alice()
        bind_low_ports()

    check_low_ports(in_child(low_ports), "the process lacks CAP_NET_BIND_SERVICE", "grant CAP_NET_BIND_SERVICE")


def test_privileged_port_of_a_user_namespace():
    """All capabilities, but only where they do not count."""
    told, tell = os.pipe()

    def low_ports():
        become_alice()
        equal(libc.unshare(CLONE_NEWUSER), 0, f"unshare: {os.strerror(ctypes.get_errno())}")
        os.write(tell, str(os.stat("/proc/self/ns/user").st_ino).encode())
        bind_low_ports()

    pid = in_child(low_ports)
    own, owner = int(os.read(told, 20)), os.stat("/proc/1/ns/user").st_ino
    check_low_ports(pid, f"only in its own user namespace {own}: the network namespace belongs to {owner}",
                    "run it in a network namespace of its own user namespace")


def test_privileged_port_of_an_own_network_namespace():
    """The remedy that was named for a user namespace."""
    def low_ports():
        become_alice()
        equal(libc.unshare(CLONE_NEWUSER | CLONE_NEWNET), 0, f"unshare: {os.strerror(ctypes.get_errno())}")
        for make, address in ((tcp, "0.0.0.0"), (udp, "0.0.0.0"), (tcp6, "::")):
            made = make()
            equal(outcome(made.bind, (address, 80)), 0, "bind")
            made.close()

    pid = in_child(low_ports)
    for address in ("0.0.0.0", "0.0.0.0", "::"):
        event = next_event(("bind",), 0, pid=pid)
        equal((event["verdict"]["rule"], event["socket"]["requested"]), ("free", {"address": address, "port": 80}),
              "rule, requested")


@isolated
def test_port_below_a_changed_start():
    with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", "w") as file:
        file.write("8000")

    def low_port():
        become_alice()
        equal(outcome(tcp().bind, (HERE, PORT)), errno.EACCES, "bind")

    pid, netns = in_child(low_port), os.stat("/proc/self/ns/net").st_ino
    refused_event(errno.EACCES, "privilege", "privileged-port", f"port {PORT} is below 8000 "
                  f"(net.ipv4.ip_unprivileged_port_start of network namespace {netns})", "use port 8000 or higher",
                  pid=pid)
