# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenario descriptions: what processes do on a Windows machine, as the records that it would write.

    windows sockets afd tcpip       the providers that are traced
    only plain wow64                ways of writing it (run.py), all of them without this line
    process PID NAME USER           USER is the last part of the SID; described by the kernel logger
    reserve tcp 50000 100           a range that TCPIP reserved
    SECONDS PID OPERATION           see Machine.do_*
    SECONDS PID OPERATION ! CAUSE NTSTATUS WINSOCK      ... and it is refused
    expect LINE                     what dump prints for one event, in order; T is not compared
"""
import shlex

from etl import FREQUENCY, Record
from providers import (AFD, FAMILIES, OPTIONS, SOCKETS, TCPIP, TYPES, afd, listener, pointer, process, reservation,
                       sid, sized, sockaddr, sockets, struct, tcp_bind, tcp_create, u32, udp_bind)

TCP_CAUSES = {"resolution": 1005, "port": 1006, "inspection": 1007, "complete": 1008}
UDP_CAUSES = {"resolution": 1393, "port": 1394, "inspection": 1395, "complete": 1396}
SHORT = 1000  # ticks between two records of one call


class Style:
    """How a machine writes: word sizes and versions of events."""

    def __init__(self, bits=64, wow64=False, old=False, sids=False, rundown=4, tails=True):
        self.bits, self.old, self.sids, self.rundown, self.tails = bits, old, sids, rundown, tails
        self.process_bits = 32 if wow64 or bits == 32 else 64


class Socket:
    def __init__(self, protocol, family, handle, endpoint):
        self.protocol, self.family, self.handle, self.endpoint = protocol, family, handle, endpoint
        self.tcpip = endpoint + 0x0001_0000_0000 if endpoint > 2**32 else endpoint + 0x100000
        self.address = "-"


class Machine:
    def __init__(self, style, providers):
        self.style, self.providers, self.records = style, providers, []
        self.sockets, self.users, self.free_handles, self.free_endpoints = {}, {}, {}, []
        self.next_endpoint = 0xffff990011112220 if style.bits == 64 else 0x91112220

    def object_of(self, pid):
        return (0xffff990000001080 if self.style.bits == 64 else 0x90001080) + pid * 0x1000

    # ---- records, each a little later than the one before

    def emit(self, pid, **fields):
        # A record of the thread of the call, on the processor that runs it.
        self.clock += SHORT
        self.records.append(Record(self.clock, pid, pid + 4, cpu=pid // 4, **fields))

    def sockets_event(self, pid, number, error, handle, *fields):
        bits = self.style.process_bits
        if "sockets" in self.providers:
            items = [(2, sid(self.users[pid])), (13, struct.pack("<Q", pid << 8))] if self.style.sids else []
            self.emit(pid, guid=SOCKETS, id=number, bits=bits, items=items if pid in self.users else [],
                      payload=sockets(error, handle, bits, *fields, tail=self.style.tails))

    def afd_event(self, pid, number, enter_exit, location, socket, *fields):
        if "afd" in self.providers:
            self.emit(pid, guid=AFD, id=number, bits=self.style.bits,
                      payload=afd(enter_exit, location, self.object_of(pid), socket.endpoint, self.style.bits, *fields))

    def tcpip_event(self, pid, number, payload, version=0):
        if "tcpip" in self.providers:
            self.emit(pid, guid=TCPIP, id=number, version=version, bits=self.style.bits, payload=payload)

    # ---- operations

    def do_socket(self, pid, refusal, name, protocol, family):
        handles = self.free_handles.setdefault(pid, [])
        handle = handles.pop() if handles else 0x1a4 + 4 * len(self.sockets)
        endpoint = self.free_endpoints.pop() if self.free_endpoints else self.next_endpoint
        self.next_endpoint += 0x100 if endpoint == self.next_endpoint else 0
        socket = Socket(protocol, FAMILIES[family], handle, endpoint)
        kind, number = TYPES[protocol]
        self.sockets[name] = socket
        create = u32(socket.family, kind, number) + pointer(pid, self.style.bits)
        self.afd_event(pid, 1000, 0, 1002, socket, create + u32(0))
        if protocol == "tcp" and not self.style.old:
            self.tcpip_event(pid, 1013, tcp_create(2, socket.tcpip, self.style.bits, socket.family, pid), version=2)
        elif protocol == "tcp":
            self.tcpip_event(pid, 1001, u32(0) + pointer(socket.tcpip, self.style.bits) + u32(socket.family, pid))
        elif protocol == "udp":
            self.tcpip_event(pid, 1391, pointer(socket.tcpip, self.style.bits) + u32(0, pid, 1, socket.family))
        self.afd_event(pid, 1000, 1, 1012, socket, create + u32(int(refusal[1], 16) if refusal else 0))
        self.sockets_event(pid, 2, int(refusal[2]) if refusal else 0, handle, u32(socket.family, kind, number, pid))

    # A socket that is older than the trace.
    def do_old_socket(self, pid, refusal, name, protocol, family):
        records, self.records = self.records, []
        self.do_socket(pid, refusal, name, protocol, family)
        self.records = records

    def do_setsockopt(self, pid, refusal, name, option, value):
        socket, (level, number) = self.sockets[name], OPTIONS[option]
        if option == "IPV6_V6ONLY":
            self.afd_event(pid, 1035, 1, 9010, socket, u32(0xd, int(value), 0))
        self.sockets_event(pid, 8, int(refusal[2]) if refusal else 0, socket.handle, u32(level, number),
                           sized(u32(int(value))))

    # The kernel's option event, seen in no capture yet.
    def do_kernel_setsockopt(self, pid, refusal, name, option, value):
        level, number = OPTIONS[option]
        self.tcpip_event(pid, 1544, pointer(self.sockets[name].tcpip, self.style.bits) + u32(level, number)
                         + sized(u32(int(value))))

    def transport(self, pid, socket, cause, address, status):
        bits, old = self.style.bits, self.style.old
        if cause == "deny":
            self.tcpip_event(pid, 1455, pointer(socket.tcpip, bits) + pointer(1, bits) + u32(1, 1, status))
        elif cause in TCP_CAUSES and socket.protocol == "tcp":
            version = 0 if old else 1
            self.tcpip_event(pid, TCP_CAUSES[cause], tcp_bind(version, socket.tcpip, bits, address, status), version)
        elif cause in UDP_CAUSES and socket.protocol == "udp":
            version = 1 if cause == "complete" and not old else 0
            self.tcpip_event(pid, UDP_CAUSES[cause], udp_bind(version, socket.tcpip, bits, address, status, pid), version)
        elif cause in TCP_CAUSES and not old:
            number = 1533 if cause == "complete" else 1534
            self.tcpip_event(pid, number, pointer(socket.tcpip, bits) + u32(255) + sized(sockaddr(address))
                             + u32(0, status))

    def do_bind(self, pid, refusal, name, address, actual=None):
        socket = self.sockets[name]
        cause, status, error = refusal or ("complete", "0", "0")
        status, handed = int(status, 16), sized(sockaddr(address))
        if cause == "early":
            self.afd_event(pid, 1029, 0, 7004, socket, u32(status))
        else:
            self.afd_event(pid, 1030, 0, 7010, socket, u32(0) + handed)
            self.transport(pid, socket, cause, address, status)
            if refusal:
                self.afd_event(pid, 1030, 1, 7025, socket, u32(status) + handed)
            else:
                socket.address = actual or address
                self.afd_event(pid, 1030, 1, 7022, socket, u32(0) + sized(sockaddr(socket.address)))
        self.sockets_event(pid, 12, int(error), socket.handle, handed)

    # The process writes the event itself; the kernel knows nothing of it.
    def do_claim_bind(self, pid, refusal, name, address):
        self.sockets_event(pid, 12, int(refusal[2]) if refusal else 0, self.sockets[name].handle,
                           sized(sockaddr(address)))

    def do_listen(self, pid, refusal, name, backlog="5"):
        socket = self.sockets[name]
        status = int(refusal[1], 16) if refusal else 0
        self.afd_event(pid, 1037, 0, 6500, socket, u32(int(backlog), 0))
        if socket.protocol == "tcp":
            self.tcpip_event(pid, 1123, listener(0 if self.style.old else 1, socket.tcpip + 8, self.style.bits,
                                                 socket.address, 0, pid), 0 if self.style.old else 1)
        self.afd_event(pid, 1037, 1, 6501, socket, u32(int(backlog), status))
        self.sockets_event(pid, 16, int(refusal[2]) if refusal else 0, socket.handle, u32(int(backlog)))

    def do_connect(self, pid, refusal, name, peer, local=None):
        socket = self.sockets[name]
        status = int(refusal[1], 16) if refusal else 0
        if local:  # connect() binds
            wildcard = "0.0.0.0:0" if socket.family == 2 else "[::]:0"
            self.afd_event(pid, 1030, 0, 7010, socket, u32(0) + sized(sockaddr(wildcard)))
            self.transport(pid, socket, "complete", local, 0)
            self.afd_event(pid, 1030, 1, 7022, socket, u32(0) + sized(sockaddr(local)))
        body = pointer(0, self.style.bits) + u32(0)
        self.afd_event(pid, 1018, 0, 5023, socket, body + u32(0) + sized(sockaddr(peer)))
        self.afd_event(pid, 1018, 1, 5031, socket, body + u32(status) + sized(sockaddr(peer)))
        self.sockets_event(pid, 10, int(refusal[2]) if refusal else 0, socket.handle, sized(sockaddr(peer)))

    def do_accept(self, pid, refusal, name, new, peer):
        socket = self.sockets[name]
        handle, bits = 0x800 + 4 * len(self.sockets), self.style.bits
        accepted = Socket(socket.protocol, socket.family, handle, self.next_endpoint)
        self.next_endpoint += 0x100
        self.sockets[new] = accepted
        self.afd_event(pid, 1024, 1, 6010, socket, pointer(0, bits) + u32(0, 0) + sized(sockaddr(peer))
                       + pointer(accepted.endpoint, bits) + u32(0))
        if "sockets" in self.providers:
            word = self.style.process_bits
            self.emit(pid, guid=SOCKETS, id=6, bits=word, payload=u32(0) + pointer(handle, word)
                      + pointer(socket.handle, word) + u32(pid, 0))

    def do_close(self, pid, refusal, name):
        socket = self.sockets.pop(name)
        self.afd_event(pid, 1002, 0, 3000, socket, u32(0))
        self.afd_event(pid, 1001, 0, 2000, socket, u32(0))
        if socket.protocol == "tcp":
            self.tcpip_event(pid, 1009, tcp_bind(0 if self.style.old else 1, socket.tcpip, self.style.bits,
                                                 socket.address, 0), 0 if self.style.old else 1)
        else:
            self.tcpip_event(pid, 1397, udp_bind(0, socket.tcpip, self.style.bits, socket.address, 0, pid))
        self.sockets_event(pid, 4, 0, socket.handle, u32(1))
        self.free_handles.setdefault(pid, []).append(socket.handle)
        self.free_endpoints.append(socket.endpoint)

    # http.sys and others that use the kernel's own sockets: AFD does not see them.
    def do_kernel_listen(self, pid, refusal, name, address):
        socket = Socket("tcp", 2, 0, self.next_endpoint)
        self.next_endpoint += 0x100
        self.sockets[name] = socket
        status, number = (int(refusal[1], 16), 1122) if refusal else (0, 1123)
        self.tcpip_event(pid, number, listener(1, socket.tcpip, self.style.bits, address, status, pid), 1)

    def do_kernel_close(self, pid, refusal, name):
        self.tcpip_event(pid, 1124, listener(1, self.sockets.pop(name).tcpip, self.style.bits, "0.0.0.0:0", 0, pid), 1)

    # It ends without closing anything itself; the kernel does, but after the process is gone.
    def do_exit(self, pid, refusal):
        self.clock += SHORT
        self.records.append(Record(self.clock, pid, pid + 4, cpu=pid // 4, group=3, type=2, version=self.style.rundown,
                                   bits=self.style.bits, payload=self.describe(pid, self.names[pid])))

    def describe(self, pid, name):
        return process(self.style.rundown, self.style.bits, self.object_of(pid), pid, 4, name, self.users.get(pid))

    def run(self, seconds, pid, operation, arguments, refusal):
        self.clock = int(float(seconds) * FREQUENCY)
        getattr(self, "do_" + operation.replace("-", "_"))(int(pid), refusal, *arguments)


class Scenario:
    def __init__(self, path):
        self.providers, self.only, self.processes, self.reservations, self.steps = [], None, [], [], []
        self.expected = []
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("expect "):
                    self.expected.append(line[7:].rstrip("\n"))
                else:
                    self.read(shlex.split(line, comments=True))

    def read(self, words):
        if not words:
            return
        if words[0] == "windows":
            self.providers = words[1:]
        elif words[0] == "only":
            self.only = words[1:]
        elif words[0] == "process":
            self.processes.append((int(words[1]), words[2], int(words[3])))
        elif words[0] == "reserve":
            self.reservations.append((words[1], int(words[2]), int(words[3])))
        else:
            call, refusal = words, None
            if "!" in words:
                call, refusal = words[:words.index("!")], words[words.index("!") + 1:]
            self.steps.append((call[0], call[1], call[2], call[3:], refusal))

    def records(self, style):
        machine = Machine(style, self.providers)
        machine.users = {pid: user for pid, _, user in self.processes}
        machine.names = {pid: name for pid, name, _ in self.processes}
        machine.clock = 0
        for protocol, first, count in self.reservations:
            machine.tcpip_event(4, 1519, reservation(4, protocol, first, count))
        for seconds, pid, operation, arguments, refusal in self.steps:
            machine.run(seconds, pid, operation, arguments, refusal)
        # The kernel logger describes what runs at its end.
        ended = {int(step[1]) for step in self.steps if step[2] == "exit"}
        for pid, name, _ in self.processes:
            if pid not in ended:
                machine.clock += SHORT
                machine.records.append(Record(machine.clock, 4, 8, group=3, type=4, version=style.rundown,
                                              bits=style.bits, payload=machine.describe(pid, name)))
        return machine.records
