"""Crash points tried, and what was lost; programs that append at once, and what was mixed.

    python -m tests.benchmarks.durability --points 20000 --seconds 60

The seconds bound each of the two parts. Each processor has a harness of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from core.workspace.registry import create
from core.workspace.task_toml import DEFAULT_TASK_FILE
from tests import appenders

WRONG = {
    "lost": "events lost",
    "doubled": "events doubled",
    "torn": "torn rows",
    "shrank": "files that shrank",
}


def crash(points: int, seconds: float, seed: int) -> tuple[Counter[str], Counter[str]]:
    """Points tried by kind; and the events sent and acknowledged, and all that went wrong."""
    harnesses = os.cpu_count() or 1
    command = [sys.executable, "-m", "tests.crashes", "--points", str(-(-points // harnesses))]
    processes = [
        subprocess.Popen(
            [*command, "--seconds", str(seconds), "--seed", str(seed + number)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(harnesses)
    ]
    tried: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for answer in [process.communicate()[0] for process in processes]:
        found = json.loads(answer)
        tried += Counter(found["points"])
        told += Counter(sent=found["sent"], acknowledged=found["acknowledged"]) + Counter(
            found["wrong"]
        )
        for example in found["examples"]:
            print(example)
    return tried, told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    tried, told = crash(asked.points, asked.seconds, asked.seed)
    for kind, count in sorted(tried.items()):
        print(f"{kind:<40}{count:>10,}")
    print(f"{'crash points tried':<40}{tried.total():>10,}")
    names = {"sent": "events sent", "acknowledged": "events acknowledged"} | WRONG
    for name, title in names.items():
        print(f"{title:<40}{told[name]:>10,}")
    others = told.total() - sum(told[name] for name in names)
    print(f"{'anything else':<40}{others:>10,}\n")
    with tempfile.TemporaryDirectory() as folder:
        workspace = create("appended", DEFAULT_TASK_FILE.read_text(), Path(folder))
        counts = appenders.run(workspace, asked.seconds, asked.seed)
    print(f"{appenders.PROCESSES} programs appending at once")
    for name, count in counts.items():
        print(f"{name:<40}{count:>10,}")


if __name__ == "__main__":
    main()
