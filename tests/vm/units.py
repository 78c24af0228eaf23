# SPDX-License-Identifier: GPL-2.0-or-later
"""Services of a real systemd: named by unit, followed through restarts."""
import os

from harness import Tracer, equal
from systemd import CGROUPS, Systemd

NGINX = "/tmp/nginx.conf"
GROUP = "/system.slice/nginx.service"


def nginx(systemd, port):
    """The package's nginx.service, with a configuration of one port."""
    with open(NGINX, "w") as file:
        file.write(f"events {{}} http {{ access_log off; server {{ listen 127.0.0.1:{port}; }} }}\n")
    systemd.take("nginx.service", "[Service]", "ExecStartPre=", "ExecStart=",
                 f"ExecStart=/usr/sbin/nginx -c {NGINX} -g 'daemon on; master_process on;'")
    systemd.reload()


def incarnation(systemd):
    """The cgroup's inode: another one each time it is made anew."""
    return os.stat(CGROUPS + systemd.show("nginx.service", "ControlGroup")).st_ino


def test_service_is_followed_through_a_restart():
    with Systemd() as systemd:
        nginx(systemd, 7100)
        with Tracer("-c", GROUP) as trace:
            systemd.ctl("start", "nginx.service")
            groups = {incarnation(systemd)}
            systemd.ctl("restart", "nginx.service")
            groups.add(incarnation(systemd))
    equal(len(groups), 2, "the cgroup was made anew")
    binds = trace.of("bind")
    equal([(bind["process"]["comm"], bind["socket"]["port"]) for bind in binds], [("nginx", 7100)] * 2, "binds")
    equal({(bind["process"]["cgroup"], bind["process"]["unit"]) for bind in binds}, {(GROUP, "nginx.service")},
          "cgroup and unit")
