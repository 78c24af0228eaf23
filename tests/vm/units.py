# SPDX-License-Identifier: GPL-2.0-or-later
"""Services of a real systemd: named by unit, followed through restarts."""
import os
import socket

from harness import Tracer, contains, equal, listens, start, wait_for
from systemd import CGROUPS, Systemd, removed

NGINX = "/tmp/nginx.conf"
GROUP = "/system.slice/nginx.service"


def nginx(systemd, port):
    """The package's nginx.service, with a configuration of one port."""
    with open(NGINX, "w") as file:
        file.write(f"events {{}} http {{ access_log off; server {{ listen 127.0.0.1:{port}; }} }}\n")
    systemd.take("nginx.service", "[Service]", "ExecStartPre=", "ExecStart=",
                 f"ExecStart=/usr/sbin/nginx -c {NGINX} -g 'daemon on; master_process on;'")
    systemd.reload()


def incarnation(systemd, unit):
    """The cgroup's inode: another one each time it is made anew."""
    return os.stat(CGROUPS + systemd.show(unit, "ControlGroup")).st_ino


def try_bind(port, address="127.0.0.1"):
    with socket.socket() as sock:
        try:
            sock.bind((address, port))
        except OSError as error:
            return error.errno
    return 0


def check_followed(trace, count, unit, group, port, comm):
    binds = trace.of("bind")
    equal([(bind["process"]["comm"], bind["socket"]["port"]) for bind in binds], [(comm, port)] * count, "binds")
    equal({(bind["process"]["cgroup"], bind["process"]["unit"]) for bind in binds}, {(group, unit)}, "cgroup, unit")


def restart_and_follow(systemd, unit, *options):
    """The unit is stopped or not there yet when the trace begins."""
    with Tracer(*options) as trace:
        try_bind(7100, "127.0.0.9")
        systemd.ctl("start", unit)
        groups = {incarnation(systemd, unit)}
        systemd.ctl("restart", unit)
        groups.add(incarnation(systemd, unit))
        systemd.ctl("stop", unit)
    equal(len(groups), 2, "the cgroup was made anew")
    return trace


def test_service_is_followed_through_a_restart():
    with Systemd() as systemd:
        nginx(systemd, 7100)
        for options in (("-c", GROUP), ("--unit", "nginx")):
            trace = restart_and_follow(systemd, "nginx.service", *options)
            check_followed(trace, 2, "nginx.service", GROUP, 7100, "nginx")
            equal("waiting for " + GROUP in trace.stderr, options[0] == "--unit", "told that it is not running")


def test_instance_in_its_slice_is_found():
    """The unit runs in a slice that its name does not tell."""
    with Systemd() as systemd:
        systemd.write("odd@.service", "[Service]\nSlice=own-odd.slice\n"
                      "ExecStart=/bin/nc -lk 127.0.0.1 %i\n")
        systemd.reload()
        systemd.ctl("start", "odd@7101.service")
        with Tracer("--unit", "odd@7101.service") as trace:
            systemd.ctl("restart", "odd@7101.service")
            wait_for(lambda: listens(7101), "nc")
    group = "/own.slice/own-odd.slice/odd@7101.service"
    check_followed(trace, 1, "odd@7101.service", group, 7101, "nc")


def test_hidden_hierarchy():
    """A process known by systemd's own hierarchy, as where the unified one is not used."""
    path = "/tmp/named"
    os.mkdir(path)
    equal(start("mount", "-t", "cgroup", "-o", "none,name=systemd", "systemd", path).wait(), 0, "mount")
    group = path + "/system.slice/docker-" + "0123456789abcdef" * 4 + ".scope"
    os.makedirs(group)
    holder = start("nc", "-l", "127.0.0.1", "7103")
    try:
        with open(group + "/cgroup.procs", "w") as file:
            file.write(str(holder.pid))
        wait_for(lambda: listens(7103), "nc")
        with Tracer("-P", "7103") as trace, Tracer("-P", "7103", json=False) as text:
            equal(try_bind(7103), 98, "EADDRINUSE")
    finally:
        holder.kill()
        holder.wait()
        wait_for(lambda: removed(group), "the cgroup to be empty")
        os.rmdir(os.path.dirname(group))
        start("umount", path).wait()
        os.rmdir(path)
    process = trace.one("bind", result__errno="EADDRINUSE")["holders"][0]["processes"][0]
    equal(process["container"], "0123456789abcdef" * 4, "container")
    contains(text.text, ", container 0123456789ab, in its child process\n", "text")
