# SPDX-License-Identifier: GPL-2.0-or-later
"""Situations 25 and 43: a security module refuses; the kernel is in its own way."""
import errno
import os
import socket

from checks import Attempt
from harness import contains, equal, isolated, run, shared, skip, wait_for
from holders_kernel import ip
from situations import HERE, Actor, fixes

SHARED = True
PROFILE = "profile no-inet flags=(attach_disconnected) { file, capability, network unix, deny network inet, }\n"
PARSER = "/tmp/no-inet.profile"


def load_profile():
    if not os.path.isdir("/sys/kernel/security/apparmor"):
        run("mount", "-t", "securityfs", "securityfs", "/sys/kernel/security")
    if not os.path.isdir("/sys/kernel/security/apparmor"):
        skip("this kernel has no AppArmor")
    with open(PARSER, "w") as file:
        file.write(PROFILE)
    done = run("apparmor_parser", "-r", "-K", PARSER)
    equal(done.returncode, 0, f"apparmor_parser: {done.stderr.decode()}")


def test_25_root_refused_by_a_security_module():
    """As SELinux refuses name_bind: the socket is there, and the profile comes before bind()."""
    load_profile()
    with Actor("nginx") as nginx:
        nginx.does("sock = tcp('R')",
                   "fd = os.open('/proc/self/attr/current', os.O_WRONLY)", "os.write(fd, b'changeprofile no-inet')",
                   "os.close(fd)")
        equal(nginx.tries(f"sock.bind(({HERE!r}, 7443))"), errno.EACCES, "bind")
        attempt = nginx.attempt(7443, errno.EACCES).refused("lsm", "apparmor", "no-inet", agrees=None)
        lsm = attempt.event["facts"]["refusal"]["lsm"]
        equal((attempt.event["result"]["stage"], lsm["module"], lsm["label"], attempt.event["holders"]),
              ("lsm", "apparmor", "no-inet (enforce)", []), "stage, module, profile; nobody is in the way")


@isolated
def test_43_second_tunnel_cannot_have_the_port():
    ip("link", "add", "flannel.1", "type", "vxlan", "id", "1", "dstport", "24043", "local", HERE)
    ip("link", "set", "flannel.1", "up")
    ip("link", "add", "cilium_vxlan", "type", "vxlan", "external", "dstport", "24043")
    done = run("ip", "link", "set", "cilium_vxlan", "up")
    contains(done.stderr.decode(), "in use", "what ip says")
    events = wait_for(lambda: [event for event in shared().read().events if event["type"] == "bind"
                               and event["socket"]["port"] == 24043 and not event["result"]["ok"]], "its bind")
    attempt = Attempt(events[0]).refused("no-reuse")
    equal((attempt.event["process"]["comm"], attempt.event["facts"]["kernel_call"]), ("ip", True), "who, how")
    holder = attempt.event["holders"][0]
    index = socket.if_nametoindex("flannel.1")
    equal((holder["culprit"], holder["kind"], holder["processes"]), (True, "kernel", []), "culprit")
    equal(holder["kernel"]["devices"], [{"ifindex": index, "name": "flannel.1"}], "its device")
    contains(attempt.line("held by"), "the kernel (vxlan_rcv [vxlan], device flannel.1), for ip[", "text")
    fixes(attempt, "set flannel.1 down (ip link set flannel.1 down) or give it another port")
