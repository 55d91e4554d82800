"""The targets of `tests.fuzzing`, driven by coverage: atheris looks for inputs that go new ways.

    pip install -r requirements-fuzz.txt
    python -m tests.fuzz_atheris rows --seconds 60

An input that a reader must not fail on is written to the working directory by atheris.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["core", "pages"]):
    from tests.fuzzing import TARGETS, refused

MEMORY = 4_000
"""Megabytes that the process may take."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    asked = parser.parse_args()
    target = TARGETS[asked.target]
    with tempfile.TemporaryDirectory(prefix="sunlight-corpus-") as folder:
        for at, seed in enumerate(target.seeds()):
            (Path(folder) / str(at)).write_bytes(seed)
        options = [f"-max_total_time={asked.seconds}", f"-rss_limit_mb={MEMORY}", "-timeout=25"]
        atheris.Setup([sys.argv[0], folder, *options], lambda data: refused(target, data))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
