# SPDX-License-Identifier: GPL-2.0-or-later
"""In the guest, with --icount: what tracers add to the system calls of others.

The unit is the guest instruction.  A row has, for a cycle of each kind
(see cycles.c), what the caller's own thread runs more than without a tracer,
and in parentheses what the machine runs more, the tracer's process included.
"""
import shutil
import subprocess
import sys

from tracers import FLOORS, TRACERS, Tracer, available, show_headers

ROUNDS = 1000
# Each on a port of its own: what a connection leaves is not in the way of who binds.
KINDS = {"bind": "7777", "connect": "7778", "send": "7779"}


def cycle(kind, prefix=()):
    """(of the thread, of the machine)"""
    done = subprocess.run([*prefix, "./cycles", kind, str(ROUNDS), KINDS[kind]], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True)
    return tuple(int(word) for word in done.stdout.split()[1:])


def row(name, none, took):
    print(f"trace-cost {name}:", *(f"{kind} +{took[kind][0] - none[kind][0]} (+{took[kind][1] - none[kind][1]})"
                                   for kind in KINDS), flush=True)


def main():
    show_headers()
    none = {kind: cycle(kind) for kind in KINDS}
    print("trace-cost without a tracer:", *(f"{kind} {none[kind][0]} ({none[kind][1]})" for kind in KINDS))
    for name in available(TRACERS | FLOORS):
        with Tracer(name) as tracer:
            took = {}
            for kind in KINDS:
                tracer.idle()
                took[kind] = cycle(kind)
            row(name, none, took)
    if shutil.which("strace"):
        prefix = ("strace", "-f", "-e", "trace=network", "-o", "/dev/null")
        row("strace", none, {kind: cycle(kind, prefix) for kind in KINDS})


sys.exit(main())
