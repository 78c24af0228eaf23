# SPDX-License-Identifier: GPL-2.0-or-later
"""Small BPF programs on cgroups, instruction by instruction."""
import contextlib
import ctypes
import os
import resource
import socket
import struct

from harness import wait_for

SYS_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
OBJ_PIN, PROG_LOAD, PROG_ATTACH, OBJ_GET_INFO_BY_FD = 6, 5, 8, 15
TYPE_SOCK, TYPE_SOCK_ADDR, TYPE_LSM = 9, 18, 29
INET4_BIND, INET6_BIND, INET4_POST_BIND, INET6_POST_BIND, LSM_MAC = 8, 9, 12, 13, 27
ALLOW_MULTI = 2
SET_RETVAL = 187
# struct bpf_sock_addr: what the program may change; struct bpf_sock: what a post-bind program may read
USER_IP4, USER_IP6, USER_PORT = 4, 8, 24
SRC_PORT = 44
R0, R1, R2, R3 = range(4)
CGROUPS = "/sys/fs/cgroup"
libc = ctypes.CDLL(None, use_errno=True)


def insn(code, dst=0, src=0, offset=0, imm=0):
    return struct.pack("<BBhi", code, dst | src << 4, offset, imm)


def put(register, value):
    return insn(0xb7, register, imm=value)


def store32(register, offset):
    """*(u32 *)(r1 + offset) = register"""
    return insn(0x63, R1, register, offset)


def load32(register, offset):
    return insn(0x61, register, R1, offset)


def skip_if_below(register, value, count):
    return insn(0xa5, register, offset=count, imm=value)


def skip_if_above(register, value, count):
    return insn(0x25, register, offset=count, imm=value)


def call(helper):
    return insn(0x85, imm=helper)


EXIT = insn(0x95)
ALLOW = put(R0, 1) + EXIT
REFUSE = put(R0, 0) + EXIT


def to(address, port):
    """For IPv4: both in network order, the port in the low half."""
    return (put(R2, struct.unpack("<i", bytes(int(part) for part in address.split(".")))[0]) + store32(R2, USER_IP4)
            + put(R2, struct.unpack("<H", struct.pack(">H", port))[0]) + store32(R2, USER_PORT) + ALLOW)


def to6(address, port):
    words = struct.unpack("<4i", socket.inet_pton(socket.AF_INET6, address))
    code = b"".join(put(R2, word) + store32(R2, USER_IP6 + 4 * at) for at, word in enumerate(words))
    return code + put(R2, struct.unpack("<H", struct.pack(">H", port))[0]) + store32(R2, USER_PORT) + ALLOW


def refuse_with(code):
    """bpf_set_retval(), since 5.18"""
    return put(R1, -code) + call(SET_RETVAL) + REFUSE


def refuse_ports(first, last):
    """After the port was found free."""
    return (load32(R2, SRC_PORT) + skip_if_below(R2, first, 3) + skip_if_above(R2, last, 2) + REFUSE + ALLOW)


def bpf(command, attribute):
    result = libc.syscall(SYS_BPF, command, ctypes.create_string_buffer(attribute, len(attribute)), len(attribute))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"bpf command {command}: {os.strerror(ctypes.get_errno())}")
    return result


def load(kind, attach_type, code, name, btf_id=0):
    """The descriptor of a program.  Before 5.11 it counts against the locked memory."""
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    code, licence = ctypes.create_string_buffer(code, len(code)), ctypes.create_string_buffer(b"GPL")
    log = ctypes.create_string_buffer(4096)
    attribute = struct.pack("=IIQQIIQII16sIIIIQIIQII", kind, len(code) // 8, ctypes.addressof(code),
                            ctypes.addressof(licence), 1, len(log), ctypes.addressof(log), 0, 0, name.encode(), 0,
                            attach_type, 0, 0, 0, 0, 0, 0, 0, btf_id)
    try:
        return bpf(PROG_LOAD, attribute)
    except OSError as error:
        raise OSError(error.errno, f"{name}: {log.value.decode()}") from error


def program_id(fd):
    with open(f"/proc/self/fdinfo/{fd}") as file:
        return int(dict(line.split(":", 1) for line in file)["prog_id"])


def attach(cgroup, fd, attach_type):
    directory = os.open(CGROUPS + cgroup, os.O_RDONLY | os.O_DIRECTORY)
    bpf(PROG_ATTACH, struct.pack("=IIII", directory, fd, attach_type, ALLOW_MULTI))
    os.close(directory)


def pin(fd, path):
    name = ctypes.create_string_buffer(path.encode())
    bpf(OBJ_PIN, struct.pack("=QI", ctypes.addressof(name), fd))


@contextlib.contextmanager
def inside(cgroup, *programs):
    """This process is in a cgroup that has programs: (attach type, code, name); their ids."""
    made = CGROUPS + cgroup
    os.makedirs(made)
    ids = []
    for attach_type, code, name in programs:
        kind = TYPE_SOCK_ADDR if attach_type in (INET4_BIND, INET6_BIND) else TYPE_SOCK
        fd = load(kind, attach_type, code, name)
        attach(cgroup, fd, attach_type)
        ids.append(program_id(fd))
        os.close(fd)
    move(made)
    try:
        yield ids
    finally:
        move(CGROUPS)
        wait_for(lambda: removed(made), f"{cgroup} to be empty")


def move(directory):
    with open(directory + "/cgroup.procs", "w") as file:
        file.write("0")


def removed(directory):
    try:
        os.rmdir(directory)
    except OSError:
        return False
    return True
