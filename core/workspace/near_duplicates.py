"""Same or nearly same texts under different labels: one of the labels is likely to be wrong."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import reduce
from hashlib import blake2b
from operator import or_

import numpy as np
from numpy.typing import NDArray

from core.pool.text import text_key, words_of
from core.system.progress import Pace, Progress, silent
from core.workspace.labels import Labeled

SHINGLE = 3
"""Characters. Of a headline's 50 a changed word of five spoils seven."""

LIKE = 0.8
"""The Jaccard index of two texts' shingles from which on they are nearly the same."""

EXACT = 200_000
"""Items up to which every pair is found, and sooner: 100,000 take 20 s, by MinHash 38 s. Twice the
items take four times as long, by MinHash twice as long (`tests/benchmarks/near_copies.py`)."""

BANDS, ROWS = 16, 4
"""Of the MinHash: texts are compared that agree in the four numbers of one of sixteen bands."""

ROUNDING = 1e-9
"""What a product of floats may be off, and more."""


@dataclass(frozen=True)
class Duplicates:
    """Items of the same text (`likeness` 1.0), or nearly, under different labels."""

    items: tuple[Labeled, ...]
    likeness: float


NearDuplicates = list[tuple[str, str, float]]
"""Pairs of text keys and their Jaccard index."""


def disagreeing_duplicates(
    items: Sequence[Labeled], alike: NearDuplicates, settled: Collection[str] = ()
) -> list[Duplicates]:
    """Same texts under different labels first, then nearly same ones, the most alike first.

    A group whose items are all settled is left out; nearly same texts are compared where each is
    of one mind with its own copies. `alike` is what `near_duplicates` finds among these items.
    """
    groups: dict[str, list[Labeled]] = defaultdict(list)
    for item in items:
        groups[text_key(item.text)].append(item)
    same = [Duplicates(tuple(group), 1.0) for group in groups.values() if not _agree(group)]
    agreeing = {key: group for key, group in groups.items() if key and _agree(group)}
    near = [
        Duplicates((*agreeing[one], *agreeing[other]), likeness)
        for one, other, likeness in alike
        if {one, other} <= agreeing.keys() and agreeing[one][0].label != agreeing[other][0].label
    ]
    near.sort(key=lambda copies: -copies.likeness)
    return [c for c in (*same, *near) if not {item.item_id for item in c.items} <= set(settled)]


def shingles(text: str) -> frozenset[str]:
    """The runs of so many characters in a text; a shorter text is its own."""
    return frozenset(text[at : at + SHINGLE] for at in range(max(len(text) - SHINGLE + 1, 1)))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of what either has that both have."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


def near_duplicates(items: Sequence[Labeled], progress: Progress = silent) -> NearDuplicates:
    """The pairs of nearly the same texts, whatever their labels, and their exact Jaccard index.

    It depends on the texts alone: a label that changes changes nothing. Of up to `EXACT` items
    every pair is found; of more, nearly every one.
    """
    return (near_duplicates_exactly if len(items) <= EXACT else near_duplicates_by_minhash)(
        items, progress
    )


def near_duplicates_by_minhash(
    items: Sequence[Labeled], progress: Progress = silent
) -> NearDuplicates:
    """What `near_duplicates_exactly` finds, but for pairs whose MinHashes share none of the bands.

    Two texts of Jaccard index `LIKE` share one with a probability of 0.9998, more alike ones
    of more; what shares one is compared exactly.
    """
    from datasketch import MinHash, MinHashLSH  # takes a second, and few need it

    cut = _cut(items)
    buckets = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
    found: NearDuplicates = []
    pace = Pace(progress, "comparing", len(cut), "texts")
    texts = list(cut)
    pieces = ([piece.encode() for piece in cut[text]] for text in texts)
    for text, mark in zip(texts, MinHash.generator(pieces, num_perm=BANDS * ROWS), strict=True):
        for near in buckets.query(mark):
            likeness = jaccard(cut[near], cut[text])
            if likeness >= LIKE:
                found.append((*sorted((near, text)), likeness))
        buckets.insert(text, mark, check_duplication=False)
        pace.add(1)
    return sorted(found)


def near_duplicates_exactly(
    items: Sequence[Labeled], progress: Progress = silent
) -> NearDuplicates:
    """Every pair of nearly the same texts, and their exact Jaccard index.

    Each text is held against all others of about its size, by 64 bits of it: only what these leave
    is compared.
    """
    cut = _cut(items)
    texts = sorted(cut, key=lambda text: len(cut[text]))
    sizes = np.array([len(cut[text]) for text in texts], np.int64)
    marks = _marks([cut[text] for text in texts])
    found: NearDuplicates = []
    pace = Pace(progress, "comparing", len(texts), "texts")
    for at, text in enumerate(texts):
        start = int(np.searchsorted(sizes, LIKE * sizes[at] - ROUNDING))
        differing = np.bitwise_count(marks[start:at] ^ marks[at])
        for other in np.flatnonzero(differing <= _allowed(int(sizes[at]))):
            near = texts[start + other]
            likeness = jaccard(cut[near], cut[text])
            if likeness >= LIKE:
                found.append((*sorted((near, text)), likeness))
        pace.add(1)
    return sorted(found)


def _cut(items: Iterable[Labeled]) -> dict[str, frozenset[str]]:
    """The shingles of each distinct text of these items."""
    return {text: shingles(text) for text in sorted({text_key(item.text) for item in items} - {""})}


def _marks(cut: Sequence[frozenset[str]]) -> NDArray[np.uint64]:
    """64 bits of each set: each element sets one. Sets differ in at least as many elements."""
    counts = Counter(piece for pieces in cut for piece in pieces)
    # By their number of uses in turn, so that each bit is set about as often.
    bit = {piece: 1 << at % 64 for at, (piece, _) in enumerate(counts.most_common())}
    return np.array([reduce(or_, map(bit.__getitem__, pieces), 0) for pieces in cut], np.uint64)


def _allowed(size: int) -> int:
    """In how many elements a set of this size may differ from a smaller one that is like it."""
    return int(2 * size * (1 - LIKE) / (1 + LIKE) + ROUNDING)


def hash_of_texts(items: Iterable[Labeled]) -> str:
    """A fingerprint of these items' texts, in any order: all that `near_duplicates` depends on."""
    texts = sorted(item.text for item in items)
    return blake2b("\x00".join(texts).encode(), digest_size=16).hexdigest()


def differences(copies: Duplicates) -> list[list[bool]]:
    """Which words of each item differ from those of the first text that is another."""
    keys = [text_key(item.text) for item in copies.items]
    others = [next((at for at, other in enumerate(keys) if other != key), 0) for key in keys]
    return [
        differing_words(item.text, copies.items[other].text)[0]
        for item, other in zip(copies.items, others, strict=True)
    ]


def differing_words(one: str, other: str) -> tuple[list[bool], list[bool]]:
    """Which words of each text the other does not have at their place; case does not count."""
    first, second = ([text_key(word) for word in words_of(text)] for text in (one, other))
    differs = [True] * len(first), [True] * len(second)
    for at, beside, size in SequenceMatcher(None, first, second, False).get_matching_blocks():
        differs[0][at : at + size] = [False] * size
        differs[1][beside : beside + size] = [False] * size
    return differs


def _agree(group: Sequence[Labeled]) -> bool:
    return len({item.label for item in group}) == 1
