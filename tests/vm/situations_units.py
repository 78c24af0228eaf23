# SPDX-License-Identifier: GPL-2.0-or-later
"""Situations 6, 16 and 37: sockets that systemd makes for its units."""
from harness import contains, equal
from situations import HERE, WWW_DATA, Actor, blames, fixes, refusal
from systemd import Systemd

SHARED = True
TAKE = "take the socket that systemd passes for knxd.socket (sd_listen_fds(3)) instead of binding"


def test_06_unit_with_many_addresses_cannot_listen():
    with Actor("old-server") as holder, Systemd() as systemd:
        holder.listens(HERE, 24063)
        systemd.write("many.socket", "[Socket]\n" + "".join(f"ListenStream={HERE}:{port}\n"
                                                           for port in range(24060, 24067)))
        systemd.write("many.service", "[Service]\nExecStart=/bin/sleep infinity\n")
        systemd.reload()
        equal(systemd.try_ctl("start", "many.socket").returncode != 0, True, "the unit fails")
        attempt = refusal(24063).refused("no-reuse")
        blames(attempt, holder.pid)
        process = attempt.event["process"]
        equal((process["comm"], process["ppid"], process["unit"]), ("(sd-listen)", systemd.init, "many.socket"),
              "its helper in the unit's cgroup")
    equal(attempt.event["socket"]["requested"], {"address": HERE, "port": 24063}, "where")


def test_16_application_binds_what_its_socket_unit_has():
    with Systemd() as systemd:
        systemd.write("knxd.socket", f"[Socket]\nListenStream={HERE}:24016\n")
        systemd.write("knxd.service", f"[Service]\nExecStart=/usr/bin/python3 -m http.server 24016 --bind {HERE}\n")
        systemd.reload()
        systemd.ctl("start", "knxd.socket")
        with Actor("knxd") as by_hand:
            attempt = by_hand.refused(HERE, 24016, "R").refused("listener")
            equal(blames(attempt, systemd.init)["unit"], "knxd.socket", "for whom systemd has it")
            contains(attempt.line("held by"), ", socket unit knxd.socket", "text")
            fixes(attempt, TAKE, "systemctl stop knxd.socket")
        systemd.ctl("start", "knxd.service")
        attempt = refusal(24016).refused("listener")
        equal(attempt.event["process"]["unit"], "knxd.service", "who asks")
        blames(attempt, systemd.init)
        fixes(attempt, TAKE)


def test_37_socket_unit_and_service_of_two_users():
    with Systemd() as systemd:
        systemd.write("wide.socket", f"[Socket]\nListenStream={HERE}:24037\nReusePort=yes\n")
        systemd.write("wide.service", "[Service]\nExecStart=/bin/sleep infinity\n")
        systemd.reload()
        systemd.ctl("start", "wide.socket")
        with Actor("node", uid=WWW_DATA) as service:
            attempt = service.refused(HERE, 24037, "r").refused(
                "reuseport-uid", f"SO_REUSEPORT on both, but the uids differ: systemd[{systemd.init}] has 0, "
                f"this socket {WWW_DATA}")
            holder = blames(attempt, systemd.init)
    equal((holder["uid"], attempt.event["socket"]["uid"]), (0, WWW_DATA), "uids")
    contains(attempt.line("held by"), ", uid 0", "text")
