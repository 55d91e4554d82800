"""Same or nearly same texts under different labels: one of the labels is likely to be wrong."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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

SHINGLE = 3  # characters. Of a headline's 50 a changed word of five spoils seven.
LIKE = 0.8  # the Jaccard index of two texts' shingles from which on they are nearly the same
PAIRS_AT_ONCE = 2**22  # pairs of texts whose marks are held against each other at a time: 32 MB
ROUNDING = 1e-3  # what a product of small floats may be off, and more


@dataclass(frozen=True)
class Duplicates:
    """Items of the same text (`likeness` 1.0), or nearly, under different labels."""

    items: tuple[Labeled, ...]
    likeness: float


NearDuplicates = list[tuple[str, str, float]]  # pairs of text keys and their Jaccard index


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
    """Every pair of nearly the same texts, whatever their labels, and their exact Jaccard index.

    It depends on the texts alone. Compared are texts that share one of their rarest shingles (by
    prefix filtering, Chaudhuri et al. 2006), and of these the pairs whose 64 bits are close.
    """
    texts = sorted({text_key(item.text) for item in items} - {""})
    cut = [shingles(text) for text in texts]
    counts = Counter(piece for pieces in cut for piece in pieces)
    rank = {piece: at for at, (piece, _) in enumerate(counts.most_common())}
    marks, sizes = _marks(cut, rank), np.array([len(pieces) for pieces in cut], np.int64)
    groups = [np.array(group) for group in _groups(cut, rank) if len(group) > 1]
    pace = Pace(progress, "comparing", len(groups), "groups of texts")
    close: set[tuple[int, int]] = set()
    for group in groups:
        close.update(_close_pairs(group, marks, sizes))
        pace.add(1)
    pairs = ((texts[a], texts[b], jaccard(cut[a], cut[b])) for a, b in sorted(close))
    return [pair for pair in pairs if pair[2] >= LIKE]


def _groups(cut: Sequence[frozenset[str]], rank: Mapping[str, int]) -> Iterable[list[int]]:
    """Ascending places of texts that share a shingle among their rarest ones.

    Two sets that are alike have `LIKE` of the larger one in common: of its rarest elements, so many
    more than may be lacking, one is among those.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for at, pieces in enumerate(cut):
        lacking = int(len(pieces) * (1 - LIKE) + ROUNDING)
        for piece in sorted(pieces, key=rank.__getitem__)[-lacking - 1 :]:
            groups[piece].append(at)
    return groups.values()


def _close_pairs(
    group: NDArray[np.int64], marks: NDArray[np.uint64], sizes: NDArray[np.int64]
) -> Iterator[tuple[int, int]]:
    """Pairs of ascending places in the group whose marks let them be nearly the same."""
    marks, half = marks[group], sizes[group] * np.float32((1 - LIKE) / (1 + LIKE)) + ROUNDING
    step = max(PAIRS_AT_ONCE // len(group), 1)
    for start in range(0, len(group), step):
        rows, before = slice(start, start + step), slice(start + step)
        differing = np.bitwise_count(marks[rows, None] ^ marks[before])
        close = np.tril(differing <= half[rows, None] + half[before], start - 1)
        for other, one in np.argwhere(close).tolist():
            yield int(group[one]), int(group[start + other])


def _marks(cut: Sequence[frozenset[str]], rank: Mapping[str, int]) -> NDArray[np.uint64]:
    """64 bits of each set: each element sets one. Sets differ in at least as many elements."""
    # By their number of uses in turn, so that each bit is set about as often.
    bit = {piece: 1 << at % 64 for piece, at in rank.items()}
    return np.array([reduce(or_, map(bit.__getitem__, pieces), 0) for pieces in cut], np.uint64)


def hash_of_texts(items: Iterable[Labeled]) -> str:
    """A fingerprint of these items' texts, in any order: all that `near_duplicates` depends on."""
    texts = sorted(item.text for item in items)
    return blake2b("\x00".join(texts).encode(), digest_size=16).hexdigest()


def differences(copies: Duplicates) -> list[list[bool]]:
    """Which words of each item differ from those of the first text that is another."""
    texts = [item.text for item in copies.items]
    keys = [text_key(text) for text in texts]
    others = [next((at for at, other in enumerate(keys) if other != key), 0) for key in keys]
    return [differing_words(text, texts[at]) for text, at in zip(texts, others, strict=True)]


def differing_words(one: str, other: str) -> list[bool]:
    """Which words of the first text the other does not have at their place, in whatever case."""
    first, second = ([text_key(word) for word in words_of(text)] for text in (one, other))
    differs = [True] * len(first)
    for at, _, size in SequenceMatcher(None, first, second, False).get_matching_blocks():
        differs[at : at + size] = [False] * size
    return differs


def _agree(group: Sequence[Labeled]) -> bool:
    return len({item.label for item in group}) == 1
