# SPDX-License-Identifier: GPL-2.0-or-later
"""In the guest, with --icount: what a tracer takes to be there, until it is attached and while it waits.

A second of its start is a milliard of guest instructions, whatever else the machine is doing.
"""
import os
import shutil
import sys

from tracers import TRACERS, Tracer, available, program_of, show_headers

ROUNDS = 2


def peak_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))


def maps_kib(pid):
    """What its maps take of the kernel's memory, as far as the kernel tells."""
    seen = {}
    for fd in os.listdir(f"/proc/{pid}/fdinfo"):
        with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as file:
            words = dict(line.split(":", 1) for line in file if ":" in line)
        if "map_id" in words and "memlock" in words:
            seen[words["map_id"].strip()] = int(words["memlock"])
    return sum(seen.values()) // 1024


def main():
    show_headers()
    for name in available():
        if "-P" in name or "-j" in name:
            continue
        starts = []
        for _ in range(ROUNDS):
            with Tracer(name) as tracer:
                tracer.idle()
                memory = peak_kib(tracer.process.pid), maps_kib(tracer.process.pid)
            starts.append(tracer.start_s)
        size = os.path.getsize(shutil.which(program_of(TRACERS[name][0]))) // 1024
        print(f"tool-cost {name}: start {min(starts):.2f} G instructions, "
              f"peak memory {memory[0]} KiB, maps {memory[1]} KiB, program {size} KiB", flush=True)


sys.exit(main())
