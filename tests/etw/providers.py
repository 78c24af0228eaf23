# SPDX-License-Identifier: GPL-2.0-or-later
"""Payloads of the three providers and of the kernel logger, from their manifests."""
import ipaddress
import struct

SOCKETS = "bde46aea-2357-51fe-7367-d5296f530bd1"
AFD = "e53c6823-7bb8-44bb-90dc-3f86090d48a6"
TCPIP = "2f07e2ee-15db-40f1-90ef-9d7ba282188a"

FAMILIES = {"ipv4": 2, "ipv6": 23}
TYPES = {"tcp": (1, 6), "udp": (2, 17), "raw": (3, 255)}
OPTIONS = {"SO_REUSEADDR": (0xffff, 4), "SO_EXCLUSIVEADDRUSE": (0xffff, -5), "SO_BROADCAST": (0xffff, 0x20),
           "SO_RANDOMIZE_PORT": (0xffff, 0x3005), "SO_PORT_SCALABILITY": (0xffff, 0x3006),
           "SO_REUSE_UNICASTPORT": (0xffff, 0x3007), "SO_REUSE_MULTICASTPORT": (0xffff, 0x3008),
           "IPV6_V6ONLY": (41, 27), "TCP_NODELAY": (6, 1)}


def pointer(value, bits):
    return struct.pack("<Q" if bits == 64 else "<I", value & (2**bits - 1))


def u32(*values):
    return b"".join(struct.pack("<I", value & 0xffffffff) for value in values)


def sockaddr(text):
    """SOCKADDR_IN or SOCKADDR_IN6 of "127.0.0.1:80" or "[::1]:80"; nothing for "-"."""
    if text == "-":
        return b""
    host, port = text.rsplit(":", 1)
    address = ipaddress.ip_address(host.strip("[]"))
    head = struct.pack("<H", 2 if address.version == 4 else 23) + struct.pack(">H", int(port))
    if address.version == 4:
        return head + address.packed + bytes(8)
    return head + bytes(4) + address.packed + bytes(4)


def sized(data):
    return u32(len(data)) + data


def sockets(error, handle, bits, *fields, tail=True):
    return u32(error) + pointer(handle, bits) + b"".join(fields) + (u32(0x10) if tail else b"")


def afd(enter_exit, location, process, endpoint, bits, *fields):
    return u32(enter_exit, location) + pointer(process, bits) + pointer(endpoint, bits) + b"".join(fields)


def tcp_bind(version, endpoint, bits, address, status):
    """TCPIP 1005-1009: version 1 begins with the endpoint."""
    head = pointer(endpoint, bits) if version else b""
    return head + sized(sockaddr(address)) + u32(status)


def udp_bind(version, endpoint, bits, address, status, pid):
    """TCPIP 1393-1398; version 1 of 1396 has the process."""
    body = sized(sockaddr(address)) + u32(status) + pointer(endpoint, bits)
    return body + u32(pid) + struct.pack("<Q", pid << 8) if version else body


def tcp_create(version, endpoint, bits, family, pid):
    """TCPIP 1013."""
    body = sized(b"") + u32(0, pid, 1, family)
    if version >= 1:
        body += struct.pack("<Q", pid << 8)
    return pointer(endpoint, bits) + body if version == 2 else body


def listener(version, endpoint, bits, address, status, pid):
    body = pointer(endpoint, bits) + sized(sockaddr(address)) + u32(status, pid, 1, 2)
    return body + struct.pack("<Q", pid << 8) if version else body


def reservation(pid, protocol, first, count):
    """TCPIP 1519."""
    return u32(pid, 0, 1, {"tcp": 6, "udp": 17}[protocol]) + struct.pack("<HHQ", first, count, pid << 8)


def sid(last):
    return struct.pack("<BB6sIIIII", 1, 5, b"\0\0\0\0\0\5", 21, 1, 2, 3, last)


def process(version, bits, key, pid, parent, name, user):
    """Process_TypeGroup1 of the kernel logger."""
    body = pointer(key, bits) if version >= 1 else b""
    body += u32(pid, parent)
    body += u32(1, 0) if version >= 1 else b""
    body += pointer(0x1000, bits) if version >= 3 else b""
    body += u32(0) if version >= 4 else b""
    body += pointer(1, bits) + pointer(0, bits) + sid(user) if user else u32(0)
    return body + name.encode() + b"\0" + "cmd\0".encode("utf-16-le")
