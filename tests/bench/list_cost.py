# SPDX-License-Identifier: GPL-2.0-or-later
"""In the guest, under `crowd`: what ls and why take beside ss and lsof, in the same boot.

Each is run ROUNDS times, its output read to the end; the shortest run counts.
"""
import os
import shutil
import subprocess
import sys
import time

ROUNDS = 3
REUSETRACE = os.environ.get("REUSETRACE", "./reusetrace")
OURS = {"reusetrace ls": [REUSETRACE, "ls"],
        "reusetrace ls -j": [REUSETRACE, "ls", "-j"],
        "reusetrace why": [REUSETRACE, "why", "127.0.0.1:2000"]}
OTHERS = {"ss -tanup": ["ss", "-tanup"], "lsof -i": ["lsof", "-nP", "-i"]}


def shortest(argv):
    best, lines = None, 0
    for _ in range(ROUNDS):
        began = time.monotonic()
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        took = time.monotonic() - began
        best, lines = min(best or took, took), done.stdout.count(b"\n")
    return best, lines


def main():
    others, worst = {}, 0
    for name, argv in OTHERS.items():
        if not shutil.which(argv[0]):
            print(f"list-cost {name}: not installed here")
            continue
        others[name], lines = shortest(argv)
        print(f"list-cost {name} {others[name]:.3f} s {lines} lines")
    for name, argv in OURS.items():
        took, lines = shortest(argv)
        ratios = {other: took / its for other, its in others.items()}
        worst = max([worst, *ratios.values()])
        print(f"list-cost {name} {took:.3f} s {lines} lines",
              *(f"{ratio:.3f} of {other}" for other, ratio in ratios.items()))
    print(f"list-cost worst ratio {worst:.3f}, allowed 0.25")
    return worst > 0.25


sys.exit(main())
