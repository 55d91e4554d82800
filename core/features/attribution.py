"""Feature attribution: how far each piece of a text pushed a linear score.

On the source `pool` the score is a sum over words, n-grams and word vectors; the share of each is
divided evenly among the characters that it covers. N-grams never leave their token.
"""

import re
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

import numpy as np

from core.features.base import Doubles
from core.pool.bags import Indices
from core.pool.tokens import PAIRS, Parts, words_as_typed

_WORD = re.compile(r"(\S+)")


def fine_pieces_of(text: str, splitting: int = PAIRS) -> list[str]:
    """The text cut where words begin and at white space; joined, the pieces are the text."""
    words = words_as_typed(text.split(), splitting)
    lengths, spans = np.diff(words.offsets), _spans(text)
    is_first = words.starts == words.starts[words.offsets[:-1]].repeat(lengths)
    # What stands before the first word belongs to it.
    begins = spans[:, 0].repeat(lengths) + np.where(is_first, 0, words.starts)
    cuts = np.unique(np.concatenate([[0, len(text)], spans.ravel(), begins]))
    return [text[a:b] for a, b in pairwise(cuts.tolist())]


def by_fine_pieces(
    text: str, pushes: Doubles, splitting: int = PAIRS
) -> tuple[tuple[str, float], ...]:
    """The text's fine pieces with the sum of their characters' pushes, `(n_characters,)`."""
    pieces = fine_pieces_of(text, splitting)
    spans = pairwise([0, *accumulate(map(len, pieces))])
    return tuple((x, float(pushes[a:b].sum())) for x, (a, b) in zip(pieces, spans, strict=True))


def shared_sublinear(columns: Indices, value: Callable[[Indices], Doubles]) -> Doubles:
    """Each occurrence's value; t occurrences of one column share 1 + ln t times its value."""
    found, which, times = np.unique(columns, return_inverse=True, return_counts=True)
    known = found >= 0
    shared = np.zeros(len(found))
    shared[known] = (1 + np.log(times[known])) / times[known] * value(found[known])
    return shared[which]


def whole(tokens: Sequence[str]) -> Parts:
    """Each of these tokens of a text as its only part."""
    lengths, none = np.fromiter(map(len, tokens), np.int64), np.zeros(len(tokens), np.int64)
    return Parts(none.astype(np.uint64), np.arange(len(tokens) + 1), none, lengths)


def spread(text: str, parts: Parts, pushes: Doubles) -> Doubles:
    """Divides each part's push among the characters of the text that it covers."""
    begins, ends = _spans(text).repeat(np.diff(parts.offsets), 0).T
    first = begins + np.maximum(parts.starts, 0)
    last = np.minimum(begins + parts.starts + parts.lengths, ends)
    each = pushes / np.maximum(last - first, 1)
    changes = np.zeros(len(text) + 1)
    np.add.at(changes, first, each)
    np.add.at(changes, last, -each)
    return np.cumsum(changes)[:-1]


def _spans(text: str) -> Indices:
    """Where each token begins and ends, `(n_tokens, 2)`."""
    return np.array([word.span() for word in _WORD.finditer(text)], np.int64).reshape(-1, 2)
