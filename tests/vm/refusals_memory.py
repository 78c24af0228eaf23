# SPDX-License-Identifier: GPL-2.0-or-later
"""get_port() says EADDRINUSE where it could not allocate: made so by a BPF program that answers for the slab."""
import contextlib
import ctypes
import errno
import os
import struct

import cgroup_bpf
from checks import bind, tcp, tcp6, udp
from harness import in_child, skip

SHARED = True
HERE = "127.0.0.1"
PORT = 7780
FUNCTION = b"should_failslab"
TYPE_TRACING, MODIFY_RETURN, CURRENT = 26, 26, 14
RAW_TRACEPOINT_OPEN = 17
MAY_SLEEP = 0x400  # __GFP_DIRECT_RECLAIM: buckets and groups are allocated without it


def fail_slab(pid):
    """-ENOMEM for what this process allocates without sleeping."""
    r0, r1, r6 = 0, 1, 6
    return (cgroup_bpf.insn(0xbf, r6, r1) + cgroup_bpf.call(CURRENT) + cgroup_bpf.insn(0x77, r0, imm=32)
            + cgroup_bpf.insn(0x55, r0, offset=4, imm=pid)
            + cgroup_bpf.insn(0x79, r1, r6, 8) + cgroup_bpf.insn(0x45, r1, offset=2, imm=MAY_SLEEP)
            + cgroup_bpf.put(r0, -errno.ENOMEM) + cgroup_bpf.EXIT
            + cgroup_bpf.put(r0, 0) + cgroup_bpf.EXIT)


def load():
    function = ctypes.CDLL("libbpf.so.1").libbpf_find_vmlinux_btf_id(FUNCTION, MODIFY_RETURN)
    if function < 0:
        skip("this kernel does not ask should_failslab() (since 6.11 only with CONFIG_SHOULD_FAILSLAB)")
    try:
        return cgroup_bpf.load(TYPE_TRACING, MODIFY_RETURN, fail_slab(os.getpid()), "fail_slab", function)
    except OSError as error:
        if "is not modifiable" not in str(error):
            raise
        skip("no program may fail the slab without CONFIG_FUNCTION_ERROR_INJECTION: "
             "should_failslab() is not modifiable, the verifier says")


@contextlib.contextmanager
def without_memory(program):
    link = cgroup_bpf.bpf(RAW_TRACEPOINT_OPEN, struct.pack("=QII", 0, program, 0))
    yield
    os.close(link)


def refused(program, made, address, *words):
    with without_memory(program):
        attempt = bind(made, address, PORT)
    attempt.refused("no-memory", "EADDRINUSE, but no other socket is in the way: the kernel could not allocate",
                    *words, agrees=None)


def test_bucket():
    def scenario():
        program = load()
        for make, address in ((tcp, HERE), (tcp6, "::1")):
            made = make()
            refused(program, made, address)
            bind(made, address, PORT).accepted("free")
            made.close()

    in_child(scenario)


def test_group():
    """Of UDP the first socket with SO_REUSEPORT makes a group."""
    def scenario():
        program, made = load(), udp("r")
        refused(program, made, HERE)
        bind(made, HERE, PORT).accepted("free")

    in_child(scenario)
