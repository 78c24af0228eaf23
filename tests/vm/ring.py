# SPDX-License-Identifier: GPL-2.0-or-later
"""As much of io_uring as it takes to bind() and listen() without these system calls."""
import ctypes
import mmap
import os
import socket
import struct

SYS_SETUP, SYS_ENTER = 425, 426
OP_BIND, OP_LISTEN = 56, 57
GETEVENTS = 1
OFF_SQ_RING, OFF_CQ_RING, OFF_SQES = 0, 0x8000000, 0x10000000
PARAMS_SIZE, SQE_SIZE = 120, 64
SQ_OFFSETS, CQ_OFFSETS = 40, 80


def system_call(number, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"system call {number}")
    return result


class Ring:
    """One entry, one operation at a time."""

    def __enter__(self):
        params = ctypes.create_string_buffer(PARAMS_SIZE)
        self.fd = system_call(SYS_SETUP, 1, params)
        self.sq_tail, self.sq_mask, self.sq_array = struct.unpack_from("4xII12xI", params.raw, SQ_OFFSETS)
        self.cq_head, self.cq_mask, self.cqes = struct.unpack_from("I4xI8xI", params.raw, CQ_OFFSETS)
        self.sq, self.cq, self.sqes = (mmap.mmap(self.fd, mmap.PAGESIZE, offset=offset)
                                       for offset in (OFF_SQ_RING, OFF_CQ_RING, OFF_SQES))
        return self

    def __exit__(self, *_):
        for area in (self.sq, self.cq, self.sqes):
            area.close()
        os.close(self.fd)

    def perform(self, opcode, fd, address=0, more=0, length=0):
        """The result of one operation: 0 or a negative errno."""
        tail, = struct.unpack_from("I", self.sq, self.sq_tail)
        mask, = struct.unpack_from("I", self.sq, self.sq_mask)
        self.sqes[:SQE_SIZE] = struct.pack("BBHiQQI", opcode, 0, 0, fd, more, address, length).ljust(SQE_SIZE, b"\0")
        struct.pack_into("I", self.sq, self.sq_array + 4 * (tail & mask), 0)
        struct.pack_into("I", self.sq, self.sq_tail, tail + 1)
        system_call(SYS_ENTER, self.fd, 1, 1, GETEVENTS, None, 0)
        head, = struct.unpack_from("I", self.cq, self.cq_head)
        mask, = struct.unpack_from("I", self.cq, self.cq_mask)
        result, = struct.unpack_from("8xi", self.cq, self.cqes + 16 * (head & mask))
        struct.pack_into("I", self.cq, self.cq_head, head + 1)
        return result

    def bind(self, sock, address, port):
        """IPv4 only."""
        return self.bind_to(sock, struct.pack("H", socket.AF_INET) + struct.pack("!H", port)
                            + socket.inet_aton(address) + bytes(8))

    def bind_to(self, sock, packed):
        """Any struct sockaddr."""
        buffer = ctypes.create_string_buffer(packed, len(packed))
        return self.perform(OP_BIND, sock.fileno(), ctypes.addressof(buffer), len(packed))

    def listen(self, sock, backlog=16):
        return self.perform(OP_LISTEN, sock.fileno(), length=backlog)
