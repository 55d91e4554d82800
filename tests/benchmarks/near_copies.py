"""How long it takes to find all nearly same texts, and how many pairs of them there are.

`python -m tests.benchmarks.near_copies DIR [--sizes 20000,100000]`: first the labeled items of the
workspace DIR, then made-up headlines, a tenth of which are others with a word or two changed.
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

from core.workspace.labels import Labeled
from core.workspace.layout import open_workspace
from core.workspace.near_duplicates import near_duplicates
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
    """One row: how many pairs there are, and the seconds that finding them took."""
    seconds, pairs = timed(lambda: near_duplicates(items), 1)
    return [name, f"{len(items):,}", f"{len(pairs):,}", f"{seconds:.1f}"]


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
    print_table(("texts", "number", "pairs", "s"), rows)


if __name__ == "__main__":
    main()
