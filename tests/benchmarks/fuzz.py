"""How many inputs each reader was given, and what came of them.

python -m tests.benchmarks.fuzz --examples 2000
"""

import argparse
import random
import sys
import time
import traceback

from tests.benchmarks.table import machine, print_table
from tests.fuzzing import TARGETS, Target, inputs, refused


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", help="names of targets; all without one")
    parser.add_argument("--examples", type=int, default=2000, help="inputs for each target")
    parser.add_argument("--seconds", type=float, default=60, help="at most, for each target")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rows = []
    for name in asked.targets or TARGETS:
        rows.append([name, *_tried(TARGETS[name], asked)])
        print(*rows[-1], file=sys.stderr, flush=True)
    print(machine())
    print_table(["reader", "inputs", "refused", "read", "faults", "slowest, s"], rows)
    sys.exit(any(row[4] for row in rows))


def _tried(target: Target, asked: argparse.Namespace) -> tuple[int, int, int, int, str]:
    """(inputs, refused, read, faults, the slowest of them)."""
    draw, began = random.Random(asked.seed), time.monotonic()
    tried = no = faults = 0
    slowest = 0.0
    while tried < asked.examples and time.monotonic() - began < asked.seconds:
        data, start = inputs(target, draw), time.monotonic()
        try:
            no += refused(target, data)
        except Exception:
            faults += 1
            if faults <= 3:
                print(f"{target.name}: {data[:400]!r}", file=sys.stderr)
                traceback.print_exc(limit=-4)
        tried, slowest = tried + 1, max(slowest, time.monotonic() - start)
    return tried, no, tried - no - faults, faults, f"{slowest:.2f}"


if __name__ == "__main__":
    main()
