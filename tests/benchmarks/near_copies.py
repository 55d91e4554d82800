"""Nearly the same texts, found exactly and by MinHash: which is sooner, and what MinHash misses.

`python -m tests.benchmarks.near_copies DIR [--sizes 20000,100000]`: first the labeled items of the
workspace DIR, then made-up headlines, a tenth of which are others with a word or two changed.
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

from core.workspace.labels import Labeled
from core.workspace.layout import open_workspace
from core.workspace.near_duplicates import near_duplicates_by_minhash, near_duplicates_exactly
from core.workspace.snapshot import read_snapshot
from tests.benchmarks.table import machine, print_table, timed

WORDS = 8_000
"""Words that the made-up headlines are drawn from, the first ones far more often."""


def made_up(number: int, seed: int = 0) -> list[Labeled]:
    """Headlines of 4 to 9 words, every tenth an earlier one with a word dropped or changed."""
    draw = random.Random(seed)
    words = ["".join(draw.choices("etaoinshrdlu", k=draw.randint(3, 9))) for _ in range(WORDS)]
    texts: list[list[str]] = []
    for at in range(number):
        if at % 10 == 9:
            text = list(draw.choice(texts))
            text[draw.randrange(len(text))] = draw.choice(words + [""] * WORDS)
        else:
            text = [words[int(draw.random() ** 3 * WORDS)] for _ in range(draw.randint(4, 9))]
        texts.append(text)
    return [Labeled(str(at), " ".join(text), "1", "training") for at, text in enumerate(texts)]


def compare(name: str, items: Sequence[Labeled]) -> list[object]:
    """One row: seconds of both ways, and the share of the pairs that MinHash finds."""
    exact_seconds, exact = timed(lambda: near_duplicates_exactly(items), 1)
    hashed_seconds, hashed = timed(lambda: near_duplicates_by_minhash(items), 1)
    if set(hashed) - set(exact):
        raise AssertionError("MinHash gave a pair that is not alike")
    recall = f"{len(hashed) / len(exact):.4f}" if exact else "no pairs"
    seconds = f"{exact_seconds:.1f}", f"{hashed_seconds:.1f}"
    return [name, f"{len(items):,}", f"{len(exact):,}", *seconds, recall]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", default="20000,100000")
    arguments = parser.parse_args()
    snapshot = read_snapshot(open_workspace(arguments.folder), write_cache=False)
    labeled = [item for items in snapshot.labels.splits.values() for item in items]
    rows = [compare("labeled", labeled)]
    for size in map(int, arguments.sizes.split(",")):
        rows.append(compare("made up", made_up(size)))
    print(machine())
    print_table(("texts", "number", "pairs", "s, exact", "s, MinHash", "recall"), rows)


if __name__ == "__main__":
    main()
