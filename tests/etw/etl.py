# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes .etl files: records in, buffers of several CPUs out, as Windows lays them out."""
import struct
import uuid
from dataclasses import dataclass, field, replace

BUFFER_HEADER = 0x48
FREQUENCY = 10_000_000
FIRST_TICK = 5_000_000_000
START = 0x01dc5b0a_00000000  # FILETIME of the session's start, in 2025
EVENTS_LOST, PROC_INDEX, COMPRESSED = 0x02, 0x20, 0x40


@dataclass
class Record:
    """One event; ticks are since the session's start."""
    ticks: int
    pid: int
    tid: int
    payload: bytes
    guid: str = ""       # manifest events
    id: int = 0
    version: int = 0
    group: int = 0       # events of the kernel logger: group and type
    type: int = 0
    cpu: int = 0
    bits: int = 64
    items: list = field(default_factory=list)  # extended: (type, bytes)

    def pack(self):
        return self._manifest() if self.guid else self._system()

    def _system(self):
        size = 0x20 + len(self.payload)
        head = struct.pack("<HBBHBBIIqII", self.version, 2 if self.bits == 64 else 1, 0xc0, size, self.type,
                           self.group, self.tid, self.pid, FIRST_TICK + self.ticks, 0, 0)
        return head + self.payload

    def _manifest(self):
        extended = b""
        for i, (kind, data) in enumerate(self.items):
            item = struct.pack("<HHHH", 0, kind, i + 1 < len(self.items), len(data)) + data
            extended += item + b"\0" * (-len(item) % 8)
        size = 0x50 + len(extended) + len(self.payload)
        head = struct.pack("<HBBHHIIq16sHBBBBHQII16s", size, 0x13 if self.bits == 64 else 0x12, 0xc0,
                           1 if self.items else 0, 0, self.tid, self.pid, FIRST_TICK + self.ticks,
                           uuid.UUID(self.guid).bytes_le, self.id, self.version, 0, 4, 0, 0, 0, 0, 0, bytes(16))
        return head + extended + self.payload


def lz77(data):
    """Plain LZ77 of [MS-XCA] 2.4: greedy, matches found by their first three bytes."""
    out, flags, seen, at, half = bytearray(), [], {}, 0, None
    flag_at, count = 0, 0

    def flag(bit):
        nonlocal flag_at, count
        if count % 32 == 0:
            flag_at = len(out)
            out.extend(b"\xff\xff\xff\xff")
        if not bit:
            word = struct.unpack_from("<I", out, flag_at)[0] & ~(1 << (31 - count % 32))
            struct.pack_into("<I", out, flag_at, word)
        count += 1

    while at < len(data):
        back = seen.get(data[at:at + 3])
        length = 0
        if back is not None and at - back <= 8192:
            while at + length < len(data) and data[back + length] == data[at + length]:
                length += 1
        for i in range(at, min(at + max(length, 1), len(data) - 2)):
            seen[data[i:i + 3]] = i
        if length < 3:
            flag(0)
            out.append(data[at])
            at += 1
            continue
        flag(1)
        half = put_match(out, at - back, length, half)
        at += length
    if count % 32 == 0:
        out.extend(b"\xff\xff\xff\xff")
    return bytes(out)


def put_match(out, distance, length, half):
    """Returns where the next match may put the high half of a length byte."""
    rest = length - 3
    out += struct.pack("<H", (distance - 1) << 3 | min(rest, 7))
    if rest < 7:
        return half
    rest -= 7
    if half is None:
        half = len(out)
        out.append(min(rest, 15))
    else:
        out[half] |= min(rest, 15) << 4
        half = None
    if rest < 15:
        return half
    rest -= 15
    out.append(min(rest, 255))
    if rest >= 255:
        total = length - 3
        out += struct.pack("<H", total) if total < 65536 else struct.pack("<HI", 0, total)
    return half


@dataclass
class Layout:
    """How the same records are written."""
    bits: int = 64
    compressed: bool = False
    buffer_size: int = 1024
    cpus: int = 4
    clock: int = 1            # 1 performance counter, 2 system time
    lost: bool = False
    truncate: int = 0         # bytes cut off at the end
    clutter: bool = True      # records of every other type between


def logfile_header(layout, buffers):
    pointer = layout.bits // 8
    body = struct.pack("<IIIIqIIIIIIII", layout.buffer_size, 0x0501000a, 22631, layout.cpus, START + 10 * FREQUENCY,
                       156250, 0, 1, buffers, 1, pointer, 7 if layout.lost else 0, 2400)
    body += bytes(2 * pointer) + bytes(0xac) + bytes(4)
    assert len(body) == (0xf8 if pointer == 8 else 0xf0), hex(len(body))
    body += struct.pack("<qqqII", START - FIRST_TICK, FREQUENCY, START, layout.clock, 1 if layout.lost else 0)
    body += "reusetrace\0C:\\t\\reuse.etl\0".encode("utf-16-le")
    return Record(0, 4, 8, body, version=2, bits=layout.bits)


def clutter(cpu):
    """One record of each type that carries nothing for us."""
    def sized_at_4(kind, header):
        return struct.pack("<HBBHBB", 2, kind, 0xc0, header + 8, 0x21, 0x0f) + bytes(header)

    def sized_at_0(kind, size, marker=0xc0):
        return struct.pack("<HBB", size, kind, marker) + bytes(size - 4)

    return [sized_at_4(0x03, 0x18), sized_at_4(0x04, 0x18), sized_at_4(0x10, 0x10), sized_at_4(0x11, 0x10),
            sized_at_0(0x0a, 0x34), sized_at_0(0x14, 0x38), sized_at_0(0x0b, 0x40), sized_at_0(0x15, 0x48),
            sized_at_0(0x0d, 0x18), sized_at_0(0x2a, 0x20), sized_at_0(0x01, 0x28, marker=0x90)]


def pad8(data):
    return data + b"\xff" * (-len(data) % 8)


def buffer(layout, cpu, sequence, body, kind, flags=0):
    flags |= PROC_INDEX | 1
    if layout.compressed and kind != 4:
        body = lz77(body)
        flags |= COMPRESSED
        size = BUFFER_HEADER + len(body)
    else:
        size = layout.buffer_size
    filled = BUFFER_HEADER + len(body)
    head = struct.pack("<IIIIqqQHHIIHH", size, filled, filled, 0, 0, sequence, 0, cpu, 3, 3, filled, flags, kind) + bytes(16)
    return (head + body).ljust(size, b"\xff")


def split(layout, records):
    """The records of one CPU as the bodies of its buffers."""
    bodies, body = [], b""
    for record in records:
        packed = pad8(record if isinstance(record, bytes) else record.pack())
        if body and len(body) + len(packed) > layout.buffer_size - BUFFER_HEADER:
            bodies.append(body)
            body = b""
        body += packed
    return bodies + [body] if body else bodies


def write(layout, records):
    """The file: the header's buffer, then those of all CPUs, none in order of time."""
    buffers = []
    if layout.clock == 2:
        records = [replace(r, ticks=r.ticks + START - FIRST_TICK) for r in records]
    for cpu in range(layout.cpus):
        mine = [r for r in records if r.cpu % layout.cpus == cpu]
        if layout.clutter:
            mine[1:1] = clutter(cpu)
        for sequence, body in enumerate(split(layout, mine)):
            buffers.append((sequence, cpu, body))
    buffers.sort(key=lambda b: (-b[0] % 3, b[1], b[0]))
    first = logfile_header(layout, len(buffers) + 1)
    first.ticks += START - FIRST_TICK if layout.clock == 2 else 0
    header = pad8(first.pack())
    out = buffer(layout, 0, 0, header, kind=4)
    for sequence, cpu, body in buffers:
        lost = EVENTS_LOST if layout.lost and sequence == 1 else 0
        out += buffer(layout, cpu, sequence + 1, body, kind=0, flags=lost)
    return out[:len(out) - layout.truncate] if layout.truncate else out
