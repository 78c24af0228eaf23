# SPDX-License-Identifier: GPL-2.0-or-later
"""Ports held by services of a real systemd and by its socket units."""
import os

from checks import bind, tcp
from harness import contains, equal
from ls import one, text
from systemd import Systemd
from units import nginx
from why import why

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
        contains(text("7104")[0], f" web.socket      systemd[{systemd.init}] fd ", "text of ls: for which unit")
        systemd.ctl("start", "web.service")
        service = systemd.pid("web.service")
        _, culprit, line = refused(7104, "no-reuse", service)
        equal({process["pid"]: process["unit"] for process in culprit["processes"]},
              {systemd.init: "init.scope", service: "web.service"}, "who holds it")
        contains(line, ", socket unit web.socket, unit web.service", "text")


def test_named_descriptors():
    """A service with descriptors of two socket units, one of which has a name of its own."""
    with Systemd() as systemd:
        systemd.write("plain.socket", "[Socket]\nListenStream=127.0.0.1:7106\nService=both.service\n")
        systemd.write("named.socket", "[Socket]\nListenStream=127.0.0.1:7107\nFileDescriptorName=http\n"
                      "Service=both.service\n")
        systemd.write("both.service", "[Unit]\nRequires=plain.socket named.socket\n"
                      "[Service]\nSockets=plain.socket named.socket\nExecStart=/bin/sleep infinity\n")
        systemd.reload()
        systemd.ctl("start", "both.service")
        service = systemd.pid("both.service")
        for port, unit, name in ((7106, "plain.socket", "plain.socket"), (7107, "named.socket", "http")):
            _, culprit, line = refused(port, "no-reuse", service)
            equal({process["pid"]: process.get("passed_as") for process in culprit["processes"]},
                  {systemd.init: None, service: name}, "passed as")
            equal(culprit["unit"], unit, "unit of the socket")
            for holder in (one(f"{HERE}:{port}"), why(f"{HERE}:{port}")[0]["holders"][0]):
                equal({process["pid"]: process.get("passed_as") for process in holder["processes"]},
                      {systemd.init: None, service: name}, "passed as, in ls and why")
            equal(("passed by systemd as http" in line, "passed by systemd as plain" in line), (name == "http", False),
                  "text")


USERS = """[Service]
Type=notify
User=nobody
Slice=user.slice
Delegate=yes
RuntimeDirectory=scenario-user
Environment=XDG_RUNTIME_DIR=/run/scenario-user SYSTEMD_UNIT_PATH={directory}/user
ExecStart=/lib/systemd/systemd --user --unit=mine.target --log-target=console
"""


def test_socket_unit_of_a_user():
    """The manager of a user makes its sockets itself, in its own cgroup."""
    with Systemd() as systemd:
        os.mkdir(f"{systemd.directory}/user", 0o755)
        systemd.write("user@65534.service", USERS.format(directory=systemd.directory))
        own = "[Unit]\nDefaultDependencies=no\n"
        systemd.write("user/mine.target", own + "Wants=mine.service\nAfter=mine.service\n")
        systemd.write("user/mine.socket", own + "[Socket]\nListenStream=127.0.0.1:7108\n")
        systemd.write("user/mine.service", own + "Requires=mine.socket\nAfter=mine.socket\n"
                      "[Service]\nExecStart=/bin/sleep infinity\n")
        systemd.reload()
        systemd.ctl("start", "user@65534.service")
        manager = systemd.pid("user@65534.service")
        _, culprit, line = refused(7108, "no-reuse", manager)
    equal({(process["comm"], process["unit"], process.get("passed_as")) for process in culprit["processes"]},
          {("systemd", "init.scope", None), ("sleep", "mine.service", "mine.socket")}, "who holds it")
    contains(line, ", unit mine.service, passed by systemd as mine.socket", "text")
