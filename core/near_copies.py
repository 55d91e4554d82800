"""Same or nearly same texts under different labels: one of the labels is likely to be wrong."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from datasketch import MinHash, MinHashLSH

from core.labels import Labeled, text_key

SHINGLE = 3
"""Characters. Of a headline's 50 a changed word of five spoils seven."""

LIKE = 0.8
"""The Jaccard index of two texts' shingles from which on they are nearly the same."""

PERMUTATIONS, BANDS = 128, (32, 4)
"""32 bands of 4 rows: two texts of a Jaccard index of 0.8 are found with a chance of 1 to 5e-8."""

SEED = 1


@dataclass(frozen=True)
class Copies:
    """Items of the same text (`likeness` 1.0), or nearly, under different labels."""

    items: tuple[Labeled, ...]
    likeness: float


Alike = list[tuple[str, str, float]]
"""Pairs of text keys and their Jaccard index."""


def disagreeing_copies(
    items: Sequence[Labeled], alike: Alike, settled: Collection[str] = ()
) -> list[Copies]:
    """Same texts under different labels first, then nearly same ones, the most alike first.

    A group whose items are all settled is left out; nearly same texts are compared where each is
    of one mind with its own copies. `alike` is what `alike_texts` finds among these items.
    """
    groups: dict[str, list[Labeled]] = defaultdict(list)
    for item in items:
        groups[text_key(item.text)].append(item)
    same = [Copies(tuple(group), 1.0) for group in groups.values() if not _agree(group)]
    agreeing = {key: group for key, group in groups.items() if key and _agree(group)}
    near = [
        Copies((*agreeing[one], *agreeing[other]), likeness)
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


def alike_texts(items: Sequence[Labeled]) -> Alike:
    """Every pair of nearly the same texts, whatever their labels: candidates by MinHash, verified.

    It depends on the texts alone: a label that changes changes nothing.
    """
    texts = sorted({text_key(item.text) for item in items} - {""})
    found: Alike = []
    cut = [shingles(text) for text in texts]
    sketches = MinHash.bulk(
        [[piece.encode() for piece in pieces] for pieces in cut],
        num_perm=PERMUTATIONS,
        seed=SEED,
    )
    index = MinHashLSH(num_perm=PERMUTATIONS, params=BANDS)
    for at, sketch in enumerate(sketches):
        for before in sorted(index.query(sketch)):
            likeness = jaccard(cut[before], cut[at])
            if likeness >= LIKE:
                found.append((texts[before], texts[at], likeness))
        index.insert(at, sketch, check_duplication=False)
    return found


def _agree(group: Sequence[Labeled]) -> bool:
    return len({item.label for item in group}) == 1
