# SPDX-License-Identifier: GPL-2.0-or-later
"""In the guest, under `crowd`: what ls and why take beside ss and lsof, in the same boot.

They take turns for ROUNDS rounds, their output read to the end; the shortest run of each counts. Where the
guest's clock counts instructions (tools/vm --icount), no other load is in it.
"""
import os
import shutil
import subprocess
import sys
import time

ROUNDS = 2
ALLOWED = 0.25
REUSETRACE = os.environ.get("REUSETRACE", "./reusetrace")
OURS = {"reusetrace ls": [REUSETRACE, "ls"], "reusetrace why": [REUSETRACE, "why", "127.0.0.1:2000"]}
OTHERS = {"ss -tanup": ["ss", "-tanup"], "lsof -i": ["lsof", "-nP", "-i"]}


def once(argv):
    began = time.monotonic()
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return time.monotonic() - began, done.stdout.count(b"\n")


def main():
    others = {name: argv for name, argv in OTHERS.items() if shutil.which(argv[0])}
    for name in OTHERS.keys() - others.keys():
        print(f"list-cost {name}: not installed here")
    runs = {name: [] for name in [*OURS, *others]}
    for _ in range(ROUNDS):
        for name, argv in {**OURS, **others}.items():
            runs[name].append(once(argv))
    best = {name: min(took) for name, took in runs.items()}
    worst = 0
    for name, (took, lines) in best.items():
        ratios = {other: took / best[other][0] for other in others if name in OURS}
        worst = max([worst, *ratios.values()])
        print(f"list-cost {name} {took:.3f} s {lines} lines",
              *(f"{ratio:.3f} of {other}" for other, ratio in ratios.items()))
    print(f"list-cost worst ratio {worst:.3f}, allowed {ALLOWED}")
    return worst > ALLOWED


sys.exit(main())
