# SPDX-License-Identifier: GPL-2.0-or-later
"""get_port() says EADDRINUSE where it could not allocate a bucket: made so by a BPF program that fails the slab."""
import ctypes
import errno
import os
import struct

import cgroup_bpf
from checks import bind, tcp, udp
from harness import equal, in_child, skip

SHARED = True
HERE = "127.0.0.1"
PORT = 7780
FUNCTION = "should_failslab"
TYPE_KPROBE, CURRENT, OVERRIDE_RETURN = 2, 14, 58
SYS_PERF_EVENT_OPEN = {"x86_64": 298}
SET_BPF, ENABLE = 0x40042408, 0x2400
SI = 104  # of struct pt_regs of x86: the second argument
MAY_SLEEP = 0x400  # __GFP_DIRECT_RECLAIM: buckets are allocated without it
KPROBE_TYPE = "/sys/bus/event_source/devices/kprobe/type"
libc = ctypes.CDLL(None, use_errno=True)


def fail_slab(pid):
    """-ENOMEM for what this process allocates without sleeping."""
    r0, r1, r2, r6 = 0, 1, 2, 6
    move = cgroup_bpf.insn(0xbf, r6, r1)
    return (move + cgroup_bpf.call(CURRENT) + cgroup_bpf.insn(0x77, r0, imm=32)
            + cgroup_bpf.insn(0x55, r0, offset=5, imm=pid)
            + cgroup_bpf.insn(0x79, r1, r6, SI) + cgroup_bpf.insn(0x45, r1, offset=3, imm=MAY_SLEEP)
            + cgroup_bpf.insn(0xbf, r1, r6) + cgroup_bpf.put(r2, -errno.ENOMEM) + cgroup_bpf.call(OVERRIDE_RETURN)
            + cgroup_bpf.put(r0, 0) + cgroup_bpf.EXIT)


def attach(program):
    with open(KPROBE_TYPE) as file:
        kind = int(file.read())
    name = ctypes.create_string_buffer(FUNCTION.encode())
    attribute = struct.pack("=IIQQQQIIQQ", kind, 72, 0, 0, 0, 0, 0, 0, ctypes.addressof(name), 0)
    attribute += bytes(72 - len(attribute))
    fd = libc.syscall(SYS_PERF_EVENT_OPEN[os.uname().machine], attribute, -1, 0, -1, 0)
    if fd < 0:
        skip(f"no probe on {FUNCTION}(): {os.strerror(ctypes.get_errno())}")
    if libc.ioctl(fd, SET_BPF, program) or libc.ioctl(fd, ENABLE, 0):
        code = ctypes.get_errno()
        os.close(fd)
        skip(f"{FUNCTION}() may not be made to fail: {os.strerror(code)}")
    return fd


def test_no_memory_for_the_bucket():
    if os.uname().machine not in SYS_PERF_EVENT_OPEN or not os.path.exists(KPROBE_TYPE):
        skip("no kprobe events of this machine are known")

    def without_memory():
        try:
            program = cgroup_bpf.load(TYPE_KPROBE, 0, fail_slab(os.getpid()), "fail_slab")
        except OSError as error:
            if error.errno != errno.EINVAL or "bpf_override_return" not in str(error):
                raise
            skip("no program may fail the slab: this kernel was built without CONFIG_BPF_KPROBE_OVERRIDE")
        made, other = tcp(), udp()
        fd = attach(program)
        try:
            made.bind((HERE, PORT))
            code = 0
        except OSError as error:
            code = error.errno
        os.close(fd)
        made.close()
        if not code:
            skip(f"{FUNCTION}() is not asked by this kernel (CONFIG_FAILSLAB)")
        equal(code, errno.EADDRINUSE, "what the kernel says")
        fd, made = attach(program), tcp()
        attempt = bind(made, HERE, PORT)
        os.close(fd)
        attempt.refused("no-memory", "EADDRINUSE, but no other socket is in the way: the kernel could not allocate",
                        agrees=None)
        bind(made, HERE, PORT).accepted("free")
        bind(other, HERE, PORT).accepted("free")

    in_child(without_memory)
