# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's BPF objects, asked of the kernel itself."""
import ctypes
import glob
import mmap
import os
import struct

from harness import wait_for

SYS_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
NEXT_ID = {"program": 11, "map": 12, "link": 31}
PROGRAM_GET_FD_BY_ID, MAP_GET_FD_BY_ID, OBJECT_GET_INFO_BY_FD = 13, 14, 15
MAP_UPDATE, MAP_GET_NEXT_KEY, MAP_LOOKUP_AND_DELETE = 2, 4, 21
MAP_TYPE_RINGBUF = 27
libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, *fields):
    """bpf(2) with an attribute of 32-bit fields: its result, and the fields as the kernel left them."""
    attribute = (ctypes.c_uint32 * 8)(*fields)
    result = libc.syscall(SYS_BPF, command, attribute, 4 * max(len(fields), 3))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"bpf command {command}")
    return result, attribute


def ids(command):
    found, last = [], 0
    while True:
        try:
            last = bpf(command, last)[1][1]
        except FileNotFoundError:
            return found
        found.append(last)


def objects():
    """Every program, map and link that is loaded."""
    return {kind: set(ids(command)) for kind, command in NEXT_ID.items()}


def program_names():
    """The names of all programs that are loaded."""
    names = []
    for number in ids(NEXT_ID["program"]):
        try:
            fd = bpf(PROGRAM_GET_FD_BY_ID, number)[0]
        except FileNotFoundError:
            continue
        names.append(program_name(fd))
        os.close(fd)
    return names


def program_name(fd):
    """In struct bpf_prog_info."""
    return name_at(fd, 64)


def map_name(fd):
    """In struct bpf_map_info."""
    return name_at(fd, 24)


def name_at(fd, offset):
    """16 bytes of an object's information."""
    info = ctypes.create_string_buffer(256)
    attribute = struct.pack("=IIQ", fd, len(info), ctypes.addressof(info)).ljust(32, b"\0")
    if libc.syscall(SYS_BPF, OBJECT_GET_INFO_BY_FD, attribute, len(attribute)):
        raise OSError(ctypes.get_errno(), "information on a BPF object")
    return info.raw[offset:offset + 16].split(b"\0")[0].decode()


def fdinfo(pid):
    """The key: value lines of each descriptor."""
    for path in glob.glob(f"/proc/{pid}/fdinfo/*"):
        with open(path) as file:
            yield dict(line.split(":", 1) for line in file if ":" in line)


def map_id(pid, kind):
    found = [int(info["map_id"]) for info in fdinfo(pid) if int(info.get("map_type", -1)) == kind]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} maps of type {kind} in process {pid}")
    return found[0]


class Map:
    """A map of a process by its name, as the kernel has it."""

    def __init__(self, pid, name):
        numbers = {int(info["map_id"]) for info in fdinfo(pid) if "map_id" in info}
        fds = {number: bpf(MAP_GET_FD_BY_ID, number)[0] for number in numbers}
        found = [fd for fd in fds.values() if map_name(fd) == name]
        for fd in set(fds.values()) - set(found):
            os.close(fd)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} maps {name} in process {pid}")
        self.fd, = found

    def call(self, command, key, value):
        """key and value are buffers or None."""
        attribute = struct.pack("=IIQQQ", self.fd, 0, *(ctypes.addressof(one) if one else 0 for one in (key, value)), 0)
        if libc.syscall(SYS_BPF, command, attribute, len(attribute)):
            raise OSError(ctypes.get_errno(), f"bpf command {command}")

    def put(self, key, value):
        self.call(MAP_UPDATE, *map(ctypes.create_string_buffer, (key, value)))

    def pop(self, size):
        """From a queue."""
        value = ctypes.create_string_buffer(size)
        self.call(MAP_LOOKUP_AND_DELETE, None, value)
        return value.raw

    def is_empty(self):
        try:
            self.call(MAP_GET_NEXT_KEY, None, ctypes.create_string_buffer(8))
        except FileNotFoundError:
            return True
        return False


class Ring:
    """The ring buffer of a tracer, as the kernel has it."""

    def __init__(self, pid):
        page = mmap.PAGESIZE
        fd = bpf(MAP_GET_FD_BY_ID, map_id(pid, MAP_TYPE_RINGBUF))[0]
        self.size = self.max_entries(fd)
        self.pages = [mmap.mmap(fd, page, mmap.MAP_SHARED, mmap.PROT_READ, offset=offset) for offset in (0, page)]
        os.close(fd)

    @staticmethod
    def max_entries(fd):
        with open(f"/proc/self/fdinfo/{fd}") as file:
            return int(dict(line.split(":", 1) for line in file)["max_entries"])

    @property
    def consumed(self):
        return struct.unpack("Q", self.pages[0][:8])[0]

    @property
    def produced(self):
        return struct.unpack("Q", self.pages[1][:8])[0]

    def quiet(self):
        """Bytes ever written, once all of them are read."""
        wait_for(lambda: self.consumed == self.produced, "the tracer to read its ring")
        return self.produced
