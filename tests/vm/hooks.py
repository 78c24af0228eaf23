# SPDX-License-Identifier: GPL-2.0-or-later
"""Every hook is attached in the way that was chosen for it.

A program that the verifier refuses is replaced by the next way to attach, or
left out; the trace still starts, dearer or poorer than it should be.
"""
import os

from harness import Tracer, equal, kernel, skip

# Of code that can be preempted, where fentry and fexit are skipped for other tasks of the CPU.
PREEMPTIBLE = {"__sys_bind", "__sys_bind_socket", "__sys_connect", "__sys_listen", "__sys_listen_socket",
               "__sys_setsockopt", "__sys_socket", "do_sock_setsockopt", "exit_files", "inet_csk_get_port",
               "inet_put_port", "inet_release", "ping_get_port", "security_socket_bind", "security_socket_connect",
               "security_socket_listen", "security_socket_post_create", "security_socket_setsockopt",
               "udp_lib_get_port", "udp_lib_unhash", "wake_up_new_task"}
KPROBE_ONLY = {"ping_unhash"}
MULTI = (6, 12)  # Debian's kernels have CONFIG_FPROBE from here on


def wanted(name):
    if name in KPROBE_ONLY:
        return {"kprobe"}
    if kernel() >= MULTI and name in PREEMPTIBLE:
        return {"kprobe.multi", "kretprobe.multi"}
    return {"fentry", "fexit"}


def check(*args):
    if os.uname().machine != "x86_64":
        skip("kprobes stand in for fentry on arm64 before 6.4")
    with open("/proc/sys/net/core/bpf_jit_enable", encoding="ascii") as file:
        equal(file.read(), "1\n", "the JIT, which fentry needs")
    with Tracer(*args) as trace:
        pass
    probes = trace.one("start")["probes"]
    equal([probe for probe in probes if probe["how"] not in wanted(probe["name"])], [], "attached in another way")
    return {probe["name"] for probe in probes}


def test_default():
    names = check()
    for name in ("inet_csk_get_port", "udp_lib_get_port", "inet_csk_update_fastreuse", "inet_put_port"):
        assert name in names, f"{name} of {names}"


def test_all():
    names = check("-v", "--deliveries", "--proto", "tcp,udp,ping,unix", "-c", "/", "-p", str(os.getpid()))
    for name in ("inet_csk_accept", "inet_csk_complete_hashdance", "ping_get_port", "cgroup_mkdir", "sys_exit"):
        assert name in names, f"{name} of {names}"
