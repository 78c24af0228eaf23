# SPDX-License-Identifier: GPL-2.0-or-later
"""What the shared session must say of one attempt, in JSON and in text.

Of sockets in this process everything is known from the kernel itself: the
errno, the inode, the options and the state.  Flags are the letters of the
FLAGS column.
"""
import contextlib
import errno
import ipaddress
import os
import re
import select
import signal
import socket
import struct

from harness import contains, equal, lookup, new_netns, shared, wait_for

LETTERS = "FTNRr6D!"
SO_REUSEPORT = 15
IP_FREEBIND, IP_TRANSPARENT, IP_BIND_ADDRESS_NO_PORT = 15, 19, 24
TCP_REPAIR = 19
OPTIONS = {
    "F": (socket.SOL_IP, IP_FREEBIND),
    "T": (socket.SOL_IP, IP_TRANSPARENT),
    "N": (socket.SOL_IP, IP_BIND_ADDRESS_NO_PORT),
    "R": (socket.SOL_SOCKET, socket.SO_REUSEADDR),
    "r": (socket.SOL_SOCKET, SO_REUSEPORT),
    "6": (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY),
    "!": (socket.IPPROTO_TCP, TCP_REPAIR),
}
JSON_OPTIONS = ("freebind", "transparent", "bind_address_no_port", "reuseaddr", "reuseport", "v6only", None,
                "force_reuse")
TCP_STATES = {1: "established", 2: "syn-sent", 4: "fin-wait-1", 5: "fin-wait-2", 7: "bound", 8: "close-wait",
              10: "listen"}
STATE_WORDS = {"bound": "bound to ", "listen": "listening on ", "established": "connected ",
               "close-wait": "CLOSE_WAIT ", "fin-wait-2": "FIN_WAIT2 ", "time-wait": ""}
LABELS = ("held by", "shared with", "on port", "also", "because", "who answers", "fix")
ATTEMPTS = ("bind", "listen", "autobind")


def make(flags="", family=socket.AF_INET, kind=socket.SOCK_STREAM, protocol=0):
    made = socket.socket(family, kind, protocol)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    for letter in flags:
        made.setsockopt(*OPTIONS[letter], 1)
    return made


def tcp(flags="", family=socket.AF_INET):
    return make(flags, family)


def tcp6(flags=""):
    return make(flags, socket.AF_INET6)


def errno_of(port):
    """Of a bind to it here; 0: it has passed."""
    with tcp() as sock:
        try:
            sock.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno
    return 0


@contextlib.contextmanager
def held_elsewhere(port, make=tcp):
    """Bound by a child, in its own network namespace: its pid."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            new_netns()
            with make() as sock:
                sock.bind(("127.0.0.1", port))
                os.write(writer, b"1")
                signal.pause()
        finally:
            os._exit(1)
    os.close(writer)
    try:
        equal(os.read(reader, 1), b"1", "bound elsewhere")
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reader)


def udp(flags="", family=socket.AF_INET):
    return make(flags, family, socket.SOCK_DGRAM)


def arrived(socks, count, take):
    """What take() gave of each socket, once so many datagrams or connections were there."""
    taken = {sock: [] for sock in socks}
    while sum(map(len, taken.values())) < count:
        ready = select.select(socks, [], [], 60)[0]
        if not ready:
            raise AssertionError(f"{count} were sent, these arrived: {list(taken.values())}")
        for sock in ready:
            taken[sock].append(take(sock))
    return list(taken.values())


def inode_of(sock):
    return os.fstat(sock.fileno()).st_ino


def endpoint(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def has_option(sock, letter):
    if letter == "D":
        return sock.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16).strip(b"\0")
    if (letter == "6" and sock.family != socket.AF_INET6) or (letter == "!" and sock.type == socket.SOCK_DGRAM):
        return False
    try:
        return sock.getsockopt(*OPTIONS[letter])
    except OSError as error:
        equal((error.errno, sock.proto), (errno.EOPNOTSUPP, socket.IPPROTO_MPTCP), f"getsockopt {letter}")
        return False


def flags_of_socket(sock):
    shown = ["."] * len(LETTERS)
    for at, letter in enumerate(LETTERS):
        shown[at] = letter if has_option(sock, letter) else "."
    if shown[-1] == "!":
        shown[LETTERS.index("R")] = "R"
    return "".join(shown)


def flags_of_json(shown):
    flags = [letter if name and shown["options"].get(name) else "."
             for letter, name in zip(LETTERS, JSON_OPTIONS)]
    flags[LETTERS.index("D")] = "D" if shown["device"] else "."
    return "".join(flags)


def state_of(sock):
    if sock.type == socket.SOCK_DGRAM:
        return "bound"
    return TCP_STATES[sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]]


def of_socket(sock, processes=None):
    """What a holder must look like that is this socket of this process."""
    address, port = sock.getsockname()[:2]
    return {"processes": processes or [(os.getpid(), sock.fileno())], "inode": inode_of(sock), "address": address,
            "port": port, "state": state_of(sock), "flags": flags_of_socket(sock), "kind": "process"}


def program_of(pid):
    """comm, exe"""
    with open(f"/proc/{pid}/comm") as file:
        return file.read().rstrip("\n"), os.readlink(f"/proc/{pid}/exe")


def sockets_of(pid):
    """[(inode, descriptor)] of a process."""
    found = []
    for name in sorted(os.listdir(f"/proc/{pid}/fd"), key=int):
        try:
            match = re.match(r"socket:\[(\d+)]", os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:
            continue
        if match:
            found.append((int(match[1]), int(name)))
    return found


def listener_inodes(port):
    with open("/proc/net/tcp") as four, open("/proc/net/tcp6") as six:
        rows = [line.split() for line in [*list(four)[1:], *list(six)[1:]]]
    return {int(row[9]) for row in rows if row[3] == "0A" and int(row[1].rsplit(":", 1)[1], 16) == port}


def of_listener(address, port, flags, *pids):
    """What a holder must look like that listens in these processes."""
    inodes = listener_inodes(port)
    found = [(pid, fd, inode) for pid in sorted(pids) for inode, fd in sockets_of(pid) if inode in inodes]
    equal(len({inode for _, _, inode in found}), 1, f"listening sockets of {pids} on {port}")
    return {"processes": [(pid, fd) for pid, fd, _ in found], "inode": found[0][2], "address": address,
            "port": port, "state": "listen", "flags": flags, "kind": "process"}


def local_text(event):
    sock, asked = event["socket"], event["socket"]["requested"]
    if sock["protocol"] == "unix":
        return sock["path"] or "-"
    if not event["result"]["ok"] and asked:
        return endpoint(asked["address"], asked["port"])
    return endpoint(sock["address"], sock["port"]) if sock["port"] else "-"


def next_event(types, code, pid=None, inode=None, port=None, stage=None):
    """The next attempt that no check has taken, of a socket or of a process on a port."""
    def find():
        session = shared().read()
        for event in session.events:
            if (event["type"] in types and event["seq"] not in session.taken
                    and inode in (None, event["socket"]["inode"]) and pid in (None, event["process"]["pid"])
                    and stage in (None, event["result"]["stage"])
                    and port in (None, event["socket"]["port"], lookup(event, "socket__requested__port"))):
                return event
        return None

    event = wait_for(find, f"{types} of {inode or pid}, port {port}")
    shared().taken.add(event["seq"])
    name = errno.errorcode[code] if code else None
    equal((event["result"]["ok"], event["result"]["errno"], event["result"]["code"]), (not code, name, code),
          "result")
    return event


def last_label(event, sharing):
    if not event["result"]["ok"]:
        return "fix" if event["verdict"]["fix"] else "because"
    if not sharing:
        return None
    return "who answers" if event["verdict"]["delivery"] else "because"


class Attempt:
    """An event and its row of text with the lines under it; they are compared as far as they say the same."""

    def __init__(self, event):
        self.event, self.verdict = event, event["verdict"]
        self.row, self.lines = wait_for(self.find_text, f"the text of {event}")
        self.check_text()

    def find_text(self):
        """The n-th row of a process and address is for the n-th such event."""
        session = shared().read()
        key = (self.event["process"]["pid"], local_text(self.event))
        before = sum(event["type"] in ATTEMPTS and event["seq"] < self.event["seq"]
                     and (event["process"]["pid"], local_text(event)) == key for event in session.events)
        rows = [(row.split(None, 6), lines) for row, *lines in session.text[1:] if " finding " not in row and " released " not in row
                and " time-wait " not in row and " gap  " not in row and " takeover  " not in row]
        rows = [(row, lines) for row, lines in rows if (int(row[1]), row[4]) == key]
        if len(rows) <= before:
            return None
        row, lines = rows[before]
        labelled = [line.strip() for line in lines]
        last = last_label(self.event, "port is shared" in row[6])
        return (row, labelled) if not last or any(line.startswith(last) for line in labelled) else None

    def line(self, label):
        found = [line[len(label):].strip() for line in self.lines if line.startswith(label + " ")]
        equal(len(found), 1, f"lines {label!r} in {self.lines}")
        return found[0]

    def check_text(self):
        event, result = self.event, self.event["result"]
        equal(self.row[2:4], [event["process"]["comm"], event["socket"]["protocol"] or "-"], "comm, protocol")
        equal(self.row[5], flags_of_json(event["socket"]), "flags")
        word = result["errno"] or {"bind": "bound", "listen": "listening", "autobind": "autobind"}[event["type"]]
        equal(self.row[6].split()[0], word, "first word of the result")
        if self.lines:
            equal(self.line("because"), f"{self.verdict['text']} (rule {self.verdict['rule']})", "because")
        if self.verdict["fix"]:
            equal(self.line("fix"), "; or ".join(self.verdict["fix"]), "fix")

    def judged(self, rule, *words, agrees=True):
        """Words are parts of the sentence, of who answers or of the remedies."""
        equal((self.verdict["rule"], self.verdict["agrees"]), (rule, agrees), f"rule, agrees of {self.event}")
        said = "; ".join([self.verdict["text"] or "", self.verdict["delivery"] or "", *self.verdict["fix"]])
        for word in words:
            contains(said, word, "what the verdict says")
        return self

    def refused(self, rule, *words, **options):
        equal(self.event["result"]["ok"], False, "refused")
        return self.judged(rule, *words, **options)

    def accepted(self, rule, *words, **options):
        equal((self.event["result"]["ok"], self.event["result"]["stage"]), (True, None), "accepted")
        return self.judged(rule, *words, **options)

    def total(self, count):
        equal((self.event["holders_total"], len(self.event["holders"]), self.event["truncated"]),
              (count, count, False), "holders_total, holders, truncated")
        return self

    def alone(self):
        equal(self.lines, [], "lines under a row that needs no explaining")
        return self.total(0)

    def holder(self, inode):
        found = [holder for holder in self.event["holders"] if holder["inode"] == inode]
        equal(len(found), 1, f"holders with inode {inode} among {self.event['holders']}")
        return found[0]

    def names(self, want, reason=None):
        """A holder as the kernel has it; of a refusal with this one in the way, the first and the culprit."""
        holder = self.holder(want["inode"])
        is_first = holder is self.event["holders"][0]
        got = {key: holder[key] for key in want if key in holder}
        got["processes"] = [(process["pid"], process["fd"]) for process in holder["processes"]]
        got["flags"] = flags_of_json(holder)
        equal(got, want, "holder")
        for process in holder["processes"]:
            equal((process["comm"], process["exe"]), program_of(process["pid"]), "comm, exe")
        equal(holder["reason"], reason or self.verdict["rule"], "the holder's reason")
        if self.event["result"]["ok"] or not is_first:
            equal(holder["culprit"], False, "culprit")
        else:
            equal(holder["culprit"], True, "culprit")
        if self.lines and is_first:
            self.check_holder_line(holder, want)
        return self

    def check_holder_line(self, holder, want):
        line = self.line("shared with" if self.event["result"]["ok"] else "held by")
        if want["processes"]:
            pid, fd = want["processes"][0]
            contains(line, f"{holder['processes'][0]['comm']}[{pid}] fd {fd}", "text")
            others = sorted({other for other, _ in want["processes"]} - {pid})
            equal(re.findall(r"\(also ([\d, ]+)", line), [", ".join(map(str, others))] if others else [],
                  f"text: further processes in {line}")
        place = STATE_WORDS[want["state"]] + endpoint(want["address"], want["port"])
        contains(line, f", {place}", "text: state and address")
        contains(line, f", flags {want['flags']}", "text: flags")

    def culprit(self, want):
        equal(self.event["holders"][0]["inode"], want["inode"], "the first holder's inode")
        return self.names(want)


def outcome(call, *arguments):
    """0 or the errno of a call."""
    try:
        call(*arguments)
    except OSError as error:
        return error.errno
    return 0


def tried(sock, kinds, code, is_specific_v6=False):
    event = next_event(kinds, code, pid=os.getpid(), inode=inode_of(sock))
    flags = flags_of_socket(sock)
    if code and is_specific_v6 and event["result"]["stage"] in ("port", "post-bind"):
        flags = flags[:5] + "6" + flags[6:]
    equal(flags_of_json(event["socket"]), flags, "the binder's flags")
    equal(event["fd"] in (None, sock.fileno()), True, "fd")
    return Attempt(event)


def is_specific_v6(address):
    parsed = ipaddress.ip_address(address)
    return parsed.version == 6 and not parsed.is_unspecified and parsed.ipv4_mapped is None


def bind(sock, address, port):
    """A bind by this process, as the session saw it; the kernel's answer is the one that must be told."""
    code = outcome(sock.bind, (address, port))
    attempt = tried(sock, ("bind",), code, is_specific_v6(address))
    equal(attempt.event["socket"]["requested"], {"address": address, "port": port}, "requested")
    if not code:
        own = sock.getsockname()
        got = attempt.event["socket"]["address"], attempt.event["socket"]["port"] or 0
        equal(got, own[:2], "the address got")
    return attempt


def listen(sock):
    return tried(sock, ("listen",), outcome(sock.listen))


def listening(address, port, flags="", family=socket.AF_INET):
    """A socket of this process that listens, when nothing is expected of it."""
    made = make(flags, family)
    made.bind((address, port))
    made.listen()
    return made


def linger_reset(sock):
    """No TIME_WAIT: close sends RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
