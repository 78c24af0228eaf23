# SPDX-License-Identifier: GPL-2.0-or-later
"""In the guest: two loops bind as fast as they can for a while, and a tracer tells of each bind.

Nothing may be lost.  The CPU time of the tracer is compared with that of bindsnoop, per 1,000 binds that it
printed, in the same boot.
"""
import os
import re
import subprocess
import sys

from tracers import Tracer, available, show_headers

SECONDS = os.environ.get("FLOOD_SECONDS", "30")
PORTS = ("7777", "7778")


def flood():
    """How many times the two bound."""
    loops = [subprocess.Popen(["./cycles", "flood", SECONDS, port], stdout=subprocess.PIPE) for port in PORTS]
    return sum(int(loop.communicate()[0].split()[1]) for loop in loops)


def row(name):
    """(CPU milliseconds for 1,000 binds that it told of, how many it lost)"""
    with Tracer(name) as tracer:
        tracer.idle()
        before = tracer.cpu_s()
        binds = flood()
        tracer.idle()
        took = tracer.cpu_s() - before
    if "reusetrace" in name:
        told = re.search(rb"lost ([0-9]+) record", tracer.said)
        lost = int(told[1]) if told else 0
    else:
        lost = max(0, binds - tracer.count)
    cost = took * 1e6 / max(1, min(binds, tracer.count))
    print(f"flood {name}: {binds} binds, {tracer.count} lines, {lost} lost, "
          f"{took:.2f} s of CPU, {cost:.1f} ms per 1,000 binds", flush=True)
    return cost, lost


def main():
    show_headers()
    rows = {name: row(name) for name in available() if "-P" not in name}
    for name, (cost, _) in rows.items():
        if "reusetrace" not in name:
            print(f"flood reusetrace takes {rows['reusetrace'][0] / cost:.2f} of the CPU time of {name} for a bind")
    return any(lost for name, (_, lost) in rows.items() if "reusetrace" in name)


sys.exit(main())
