# SPDX-License-Identifier: GPL-2.0-or-later
"""Ports held by services of a real systemd and by its socket units."""
from checks import bind, tcp
from harness import contains, equal
from systemd import Systemd
from units import nginx

SHARED = True
HERE = "127.0.0.1"

def refused(port, rule, pid):
    """A refused bind of this process, and the line of its culprit, which that process holds."""
    with tcp() as sock:
        attempt = bind(sock, HERE, port).refused(rule)
    culprit = attempt.event["holders"][0]
    equal((culprit["culprit"], pid in [process["pid"] for process in culprit["processes"]]), (True, True), "culprit")
    return attempt.event, culprit, attempt.line("held by")


def test_holder_in_a_unit():
    with Systemd() as systemd:
        nginx(systemd, 7102)
        systemd.ctl("start", "nginx.service")
        event, culprit, line = refused(7102, "no-reuse", systemd.pid("nginx.service"))
    equal({(process["comm"], process["unit"], process["container"]) for process in culprit["processes"]},
          {("nginx", "nginx.service", None)}, "the holder's processes")
    equal(culprit["unit"], "nginx.service", "where the socket was made")
    equal((event["process"]["unit"], event["process"]["cgroup"]), (None, "/"), "the binder's")
    contains(line + "\n", ", uid 0, unit nginx.service\n", "text")


def test_socket_unit_and_the_service_it_starts():
    """systemd made the socket in the cgroup of its unit, and holds it with the service."""
    with Systemd() as systemd:
        systemd.write("web.socket", "[Socket]\nListenStream=127.0.0.1:7104\n")
        systemd.write("web.service", "[Service]\nExecStart=/bin/sleep infinity\n")
        systemd.reload()
        systemd.ctl("start", "web.socket")
        _, culprit, line = refused(7104, "no-reuse", systemd.init)
        equal(culprit["unit"], "web.socket", "unit of the socket")
        contains(line, ", socket unit web.socket", "text")
        systemd.ctl("start", "web.service")
        service = systemd.pid("web.service")
        _, culprit, line = refused(7104, "no-reuse", service)
        equal({process["pid"]: process["unit"] for process in culprit["processes"]},
              {systemd.init: "init.scope", service: "web.service"}, "who holds it")
        contains(line, ", socket unit web.socket, unit web.service", "text")
