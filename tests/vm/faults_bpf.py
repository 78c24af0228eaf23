# SPDX-License-Identifier: GPL-2.0-or-later
"""bpf() fails, once or for some programs: one clear line or a trace without them, and nothing is left behind."""
import errno
import os
import socket
import tempfile

from bpf import objects
from children import bind
from harness import REUSETRACE, Tracer, check_refused, equal, kernel, run, skip, wait_for

PORT = 7080
HERE = "127.0.0.1"
PRELOAD = os.path.abspath("failbpf.so")
ALL = "ALL_BPF_CALLS" in os.environ  # `make bpf-faults`, and else some of them: each takes seconds
KERNELS = ((5, 10), (6, 1), (6, 12), (7, 2), (7, 3))
CALLS = (2, 15, 40, 81, 120)
ERRNOS = (errno.EPERM, errno.ENOMEM)
BTF_LOAD = 18
# What libbpf tries first, to learn what the kernel can do: BTF at all, BTF of global functions, of functions; maps
# in memory that is shared.
TRIES = (*({"FAIL_COMMAND": str(BTF_LOAD), "FAIL_AT": str(at)} for at in (1, 2, 5)), {"FAIL_MAPS": " libbpf_mmap "})
JIT = "/proc/sys/net/core/bpf_jit_enable"
# Functions that a trace can do without, and the hooks there, of which a kernel has one.
OPTIONAL = {
    "security_socket_setsockopt": ("setsockopt",),
    "__sys_setsockopt": ("setsockopt_exit",),
    "do_sock_setsockopt": ("setsockopt_done",),
    "inet_csk_bind_conflict": ("conflict4", "conflict5"),
    "inet_bhash2_addr_any_conflict": ("any_conflict",),
    "inet_bind_conflict": ("pair_conflict",),
    "inet_rcv_saddr_equal": ("address_equal",),
    "inet_csk_update_fastreuse": ("fastreuse", "fastreuse3"),
    "inet_hash_connect": ("connect4",),
    "inet6_hash_connect": ("connect6",),
    "inet_put_port": ("put_port",),
    "udp_lib_unhash": ("udp_unhash",),
    "inet_twsk_hashdance": ("tw_begin",),
    "inet_twsk_hashdance_schedule": ("tw_begin_timed",),
    "inet_twsk_kill": ("tw_end",),
}
EVERYWHERE = ("inet_csk_bind_conflict", "inet_put_port", "inet_rcv_saddr_equal", "inet_csk_update_fastreuse",
              "udp_lib_unhash")


def environment(**variables):
    return {"LD_PRELOAD": PRELOAD, "FAIL_ERRNO": str(errno.EINVAL)} | variables


def short_trace(**variables):
    return run(REUSETRACE, "-d", "0.1", env=os.environ | environment(**variables))


def turn(choices):
    """Another one on each kernel."""
    return choices[KERNELS.index(kernel()) if kernel() in KERNELS else 0]


def fail(at, number):
    """What is wrong with the end of a trace of which one call of bpf() failed, or None; and how many it made."""
    with tempfile.NamedTemporaryFile() as file:
        done = short_trace(FAIL_AT=str(at), FAIL_ERRNO=str(number), FAIL_COUNT=file.name)
        calls = int(file.read())
    lines = done.stderr.decode().splitlines()
    if done.returncode == 0 and "ready" in lines:
        return None, calls
    if done.returncode in (1, 3, 4) and len(lines) == 1 and lines[0].startswith("reusetrace: "):
        return None, calls
    return f"call {at}, {errno.errorcode[number]}: status {done.returncode}, {lines}", calls


def nothing_new(before):
    """The kernel lets go of what was closed a little later."""
    wait_for(lambda: not any(now - before[kind] for kind, now in objects().items()), "programs, maps and links to go")


def test_one_call_fails():
    before, complaints, at = objects(), [], 1 if ALL else turn(CALLS)
    words, calls = fail(at, ERRNOS[at % len(ERRNOS)])
    while ALL and at <= calls:
        complaints += [words] if words else []
        at += 1
        words, calls = fail(at, ERRNOS[at % len(ERRNOS)])
    complaints += [words] if words else []
    equal(complaints, [], f"wrong ends, of {calls} calls")
    equal(ALL or at <= calls, True, f"call {at} was made, of {calls}")
    nothing_new(before)


def test_kernel_seems_to_lack_something():
    """What libbpf believes from then on makes a trace impossible, or takes the verifier minutes."""
    before = objects()
    for failing in TRIES:
        done = short_trace(**failing)
        lines = done.stderr.decode().splitlines()
        equal((done.returncode, len(lines)), (4, 1), f"status, lines with {failing}: {lines}")
        equal("try again" in lines[0], True, f"{lines} is clear")
    nothing_new(before)


def attached(trace):
    probes = trace.one("start")["probes"]
    return {probe["name"] for probe in probes} - {probe["name"] for probe in probes if probe["how"] == "missing"}


def trace_without(*functions):
    """A listener that was there before is the culprit all the same."""
    names = [f"{how}_{hook}"[:15] for function in functions for hook in OPTIONAL[function] for how in "fmk"]
    failing = environment(FAIL_PROGRAMS=f" {' '.join(names)} ") if names else {}
    with socket.create_server((HERE, PORT)):
        with Tracer("-P", f"{PORT},{PORT + 1}", env=failing) as trace:
            equal(bind(PORT), errno.EADDRINUSE, "a bind")
            equal(bind(PORT + 1), 0, "another bind")
    equal((trace.status, "ready\n" in trace.stderr), (0, True), f"status, ready without {functions}")
    check_refused(trace.one("bind", result__ok=False), "no-reuse", os.getpid())
    equal(trace.one("bind", result__ok=True)["verdict"]["rule"], "free", f"rule without {functions}")
    equal(attached(trace) & set(functions), set(), "attached all the same")


def test_optional_hooks_are_missing():
    """All that every kernel has; with ALL_BPF_CALLS each one, too."""
    if not ALL:
        trace_without(*EVERYWHERE)
        return
    with Tracer("-P", str(PORT)) as trace:
        pass
    there = [function for function in OPTIONAL if function in attached(trace)]
    for function in there:
        trace_without(function)
    trace_without(*there)


def test_programs_are_not_compiled():
    """Without the JIT there are neither fentry nor kprobe.multi programs."""
    with open(JIT) as file:
        before = file.read()
    try:
        with open(JIT, "w") as file:
            file.write("0")
    except OSError:
        skip("this kernel compiles every BPF program (CONFIG_BPF_JIT_ALWAYS_ON)")
    try:
        trace_without()
    finally:
        with open(JIT, "w") as file:
            file.write(before)
