"""A pool of any size, made up from the sample's headlines: how large pools are measured.

`python -m tests.benchmarks.generated --items 1000000 --out DIR/unlabeled_data/pool.csv`

Lengths and words are drawn as often as the sample has them. New words keep turning up in real
headlines, so some tokens are blends of two of the sample's words, drawn by Zipf's law from a long
list. Words are drawn one by one: a made-up text has more distinct pairs of words than a real one,
which is the harder case for everything that counts pairs.
"""

import argparse
import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.analysis.simulation import ORACLE
from core.system.csv_rows import format_rows, read_rows
from core.workspace.layout import open_workspace
from tests.worlds import pool_of

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"

BLENDS = 100_000
"""Words beyond the sample's: a million of a newspaper's headlines hold about as many."""

TRAINING, EVALUATION = 1_500, 1_200
"""Labels to train on, and to evaluate on."""

BLOCK = 50_000
"""Texts that are drawn at a time, which bounds the memory."""


def generated_texts(items: int, seed: int = 0, sample: Path = SAMPLE) -> Iterator[str]:
    """So many texts, hardly two alike; the same for the same arguments, and one after the other.

    A larger number begins with the texts of a smaller one if both are multiples of `BLOCK`.
    """
    draw = np.random.default_rng(seed)
    texts = pool_of(open_workspace(sample), write_cache=False).texts.to_pylist()
    split = [text.split() for text in texts]
    counts = Counter(word for words in split for word in words)
    words = np.array([*counts, *_blends(list(counts), draw)], object)
    share = _shares(np.fromiter(counts.values(), np.int64, len(counts)))
    lengths = np.fromiter(map(len, split), np.int64, len(split))
    for start in range(0, items, BLOCK):
        size = draw.choice(lengths[lengths > 0], min(BLOCK, items - start))
        ends = np.cumsum(size)
        found = words[np.searchsorted(share, draw.random(ends[-1]), "right")].tolist()
        for begin, end in zip((ends - size).tolist(), ends.tolist(), strict=True):
            yield " ".join(found[begin:end])


def write_pool(path: Path, items: int, seed: int = 0, sample: Path = SAMPLE) -> None:
    """The texts as a pool's CSV file, `item_id,text`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("item_id", "text"))
        texts = generated_texts(items, seed, sample)
        writer.writerows((f"made-{at:07}", text) for at, text in enumerate(texts))


def write_labels(folder: Path) -> None:
    """The sample's labels in the label files."""
    rows = [row.fields[:3] for row in read_rows(SAMPLE / ORACLE, ORACLE).rows[1:]]
    parts = {"training": rows[:TRAINING], "evaluation": rows[TRAINING : TRAINING + EVALUATION]}
    for split, part in parts.items():
        for name, label in (("related", "1"), ("not_related", "0")):
            path = folder / f"{split}_data" / f"{name}.csv"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(format_rows(row for row in part if row[2] == label))


def _blends(words: list[str], draw: np.random.Generator) -> list[str]:
    """Made-up words: the first half of one and the second half of another."""
    pairs = draw.integers(0, len(words), (BLENDS, 2)).tolist()
    return [words[a][: (len(words[a]) + 1) // 2] + words[b][len(words[b]) // 2 :] for a, b in pairs]


def _shares(counts: np.ndarray) -> np.ndarray:
    """Cumulated probabilities of the sample's words and the blends, `(n_words + BLENDS,)`.

    Good and Turing: the next word is a new one as often as words that occurred once are tokens.
    """
    new = (counts == 1).sum() / counts.sum()
    rare = 1 / np.arange(1, BLENDS + 1)
    shares = np.concatenate([(1 - new) * counts / counts.sum(), new * rare / rare.sum()])
    cumulated = np.cumsum(shares)
    return cumulated / cumulated[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes a made-up pool of any size.")
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    write_pool(given.out, given.items, given.seed)


if __name__ == "__main__":
    main()
