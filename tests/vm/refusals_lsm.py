# SPDX-License-Identifier: GPL-2.0-or-later
"""Binds that a security module refused: Landlock, AppArmor and a BPF program of type lsm, each by its own means."""
import contextlib
import ctypes
import errno
import os
import socket
import struct
import tempfile

import cgroup_bpf
from checks import Attempt, bind, inode_of, listen, listening, next_event, outcome, tcp, tcp6, udp
from harness import equal, in_child, run, skip

SHARED = True
HERE = "127.0.0.1"
PORT = 7740
SECURITY = "/sys/kernel/security"
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
ASK_VERSION, BIND_TCP, BIND_UDP, RULE_NET_PORT = 1, 1, 4, 2
NETWORK_VERSION = 4  # of Landlock, since 6.7
ENOTSUPP = 524  # the kernel's own, in no header
PR_SET_NO_NEW_PRIVS = 38
PROFILE = "reusetrace-refusals"
libc = ctypes.CDLL(None, use_errno=True)


def before_session():
    if not os.path.exists(SECURITY + "/lsm"):
        run("mount", "-t", "securityfs", "security", SECURITY, check=True)


def active():
    with open(SECURITY + "/lsm") as file:
        return file.read().strip().split(",")


def needs(module):
    if module not in active():
        skip(f"this kernel was booted without {module}: {','.join(active())}")


def refused(made, address, port, module, *words, code=errno.EACCES):
    equal(outcome(made.bind, (address, port)), code, "bind")
    attempt = Attempt(next_event(("bind",), code, inode=inode_of(made)))
    attempt.refused("lsm", f"{errno.errorcode[code]} by the security module {module} ", "before the port was looked at",
                    *words, agrees=None)
    equal(attempt.event["result"]["stage"], "lsm", "stage")
    facts = attempt.event["facts"]["refusal"]["lsm"]
    equal((facts["module"], facts["active"]), (module, active()), "module, active")
    return facts


def listen_refused(made, module, *words, code=errno.EACCES):
    equal(outcome(made.listen), code, "listen")
    attempt = Attempt(next_event(("listen",), code, inode=inode_of(made)))
    attempt.refused("lsm", f"{errno.errorcode[code]} by the security module {module} ", *words, agrees=None)
    equal(attempt.event["result"]["stage"], "lsm", "stage")
    equal(attempt.event["facts"]["refusal"]["lsm"]["module"], module, "module")


def system_call(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def landlock_version():
    try:
        return system_call(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), ASK_VERSION)
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EOPNOTSUPP):
            return 0
        raise


def restrict(*ports, right=BIND_TCP):
    """This process may bind TCP sockets, or those of another right, to these ports alone."""
    handled = struct.pack("=QQ", 0, right)
    ruleset = system_call(LANDLOCK_CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0)
    for port in ports:
        system_call(LANDLOCK_ADD_RULE, ruleset, RULE_NET_PORT, struct.pack("=QQ", right, port), 0)
    equal(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0, "no_new_privs")
    system_call(LANDLOCK_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def test_landlock():
    if landlock_version() < NETWORK_VERSION:
        skip(f"Landlock of this kernel has no network rules (version {landlock_version()}, since 4)")
    needs("landlock")

    def restricted():
        restrict(PORT)
        for made, address in ((tcp(), HERE), (tcp6(), "::1")):
            facts = refused(made, address, PORT + 1, "landlock", "allow the port in the Landlock ruleset")
            equal(facts["label"], None, "label")
            bind(made, address, PORT).accepted("free")
            made.close()
        bind(udp(), HERE, PORT + 1).accepted("free")

    in_child(restricted)


def test_landlock_comes_first():
    """What another socket or the address would have refused as well."""
    if landlock_version() < NETWORK_VERSION:
        skip(f"Landlock of this kernel has no network rules (version {landlock_version()}, since 4)")
    needs("landlock")
    server = listening(HERE, PORT + 1)

    def restricted():
        restrict(PORT)
        refused(tcp(), HERE, PORT + 1, "landlock")
        refused(tcp(), "192.0.2.5", PORT + 1, "landlock")

    in_child(restricted)
    server.close()


def knows_udp():
    handled = struct.pack("=QQ", 0, BIND_UDP)
    try:
        os.close(system_call(LANDLOCK_CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0))
    except OSError as error:
        equal(error.errno, errno.EINVAL, "a right that Landlock does not know")
        return False
    return True


def test_landlock_of_udp():
    needs("landlock")
    if landlock_version() < NETWORK_VERSION or not knows_udp():
        skip("Landlock of this kernel has no LANDLOCK_ACCESS_NET_BIND_UDP (7.2)")

    def restricted():
        restrict(PORT, right=BIND_UDP)
        for made, address in ((udp(), HERE), (udp(family=socket.AF_INET6), "::1")):
            refused(made, address, PORT + 1, "landlock", "allow the port in the Landlock ruleset")
            bind(made, address, PORT).accepted("free")
            made.close()
        bind(tcp(), HERE, PORT + 1).accepted("free")

    in_child(restricted)


@contextlib.contextmanager
def profile(*rules):
    """An AppArmor profile that this kernel enforces."""
    text = "abi <abi/3.0>,\nprofile %s {\n%s\n}\n" % (PROFILE, "\n".join(f"  {rule}," for rule in rules))
    with tempfile.NamedTemporaryFile("w", suffix=".profile") as file:
        file.write(text)
        file.flush()
        loaded = run("apparmor_parser", "--replace", "--skip-cache", file.name)
        equal(loaded.returncode, 0, f"apparmor_parser: {loaded.stderr.decode()}")
        try:
            yield
        finally:
            run("apparmor_parser", "--remove", file.name, check=True)


def change_profile():
    with open("/proc/self/attr/current", "w") as file:
        file.write(f"changeprofile {PROFILE}")


def test_apparmor():
    needs("apparmor")
    with profile("file", "capability", "unix", "signal", "network inet dgram", "network inet6 dgram"):
        def confined():
            made, made6, other = tcp(), tcp6(), udp()
            change_profile()
            for one, address, allow in ((made, HERE, "network inet stream,"), (made6, "::1", "network inet6 stream,")):
                facts = refused(one, address, PORT, "apparmor",
                                f"(the process's label there is {PROFILE} (enforce))",
                                f"allow it in the AppArmor profile: {allow}")
                equal(facts["label"], f"{PROFILE} (enforce)", "label")
            bind(other, HERE, PORT).accepted("free")

        in_child(confined)


def test_apparmor_of_listen():
    """Bound before the profile was there."""
    needs("apparmor")
    with profile("file", "capability", "unix", "signal", "network inet dgram"):
        def confined():
            made = tcp()
            bind(made, HERE, PORT).accepted("free")
            change_profile()
            listen_refused(made, "apparmor", f"(the process's label there is {PROFILE} (enforce))",
                           "allow it in the AppArmor profile: network inet stream,")

        in_child(confined)


def test_apparmor_remedy():
    needs("apparmor")
    with profile("file", "capability", "unix", "signal", "network inet stream"):
        def confined():
            made, other = tcp(), udp()
            change_profile()
            bind(made, HERE, PORT).accepted("free")
            refused(other, HERE, PORT, "apparmor", "network inet dgram,")

        in_child(confined)


def refuse_process(pid):
    """r0 = bpf_get_current_pid_tgid() >> 32; -EPERM if it is pid, else 0."""
    r0 = cgroup_bpf.R0
    return (cgroup_bpf.call(14) + cgroup_bpf.insn(0x77, r0, imm=32)
            + cgroup_bpf.insn(0x55, r0, offset=2, imm=pid) + cgroup_bpf.put(r0, -errno.EPERM) + cgroup_bpf.EXIT
            + cgroup_bpf.put(r0, 0) + cgroup_bpf.EXIT)


def attach_to(hook, name):
    """A program that refuses this process on the LSM hook: its link."""
    function = ctypes.CDLL("libbpf.so.1").libbpf_find_vmlinux_btf_id(hook.encode(), cgroup_bpf.LSM_MAC)
    if function < 0:
        skip(f"this kernel has no bpf_lsm_{hook}()")
    fd = cgroup_bpf.load(cgroup_bpf.TYPE_LSM, cgroup_bpf.LSM_MAC, refuse_process(os.getpid()), name, function)
    try:
        return cgroup_bpf.bpf(17, struct.pack("=QII", 0, fd, 0))
    except OSError as error:
        if error.errno == ENOTSUPP:
            skip("this kernel attaches no BPF program to a function: arm64 before 6.4")
        raise


def test_bpf_program_of_listen():
    needs("bpf")

    def watched():
        made = tcp()
        bind(made, HERE, PORT).accepted("free")
        link = attach_to("socket_listen", "no_listeners")
        listen_refused(made, "bpf", "bpftool prog list", code=errno.EPERM)
        os.close(link)
        listen(made).accepted("free")

    in_child(watched)


def test_bpf_program():
    needs("bpf")

    def watched():
        link = attach_to("socket_bind", "no_binds")
        for made, address in ((tcp(), HERE), (udp(), HERE), (tcp6(), "::1")):
            refused(made, address, PORT, "bpf", "bpftool prog list", code=errno.EPERM)
        os.close(link)
        bind(tcp(), HERE, PORT).accepted("free")

    in_child(watched)
