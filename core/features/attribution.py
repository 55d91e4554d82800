"""Feature attribution: how far each piece of a text pushed a linear score.

On the source `pool` the score is a sum over words, n-grams and word vectors; the share of each is
divided evenly among the characters that it covers. N-grams never leave their token.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from core.features.base import Doubles
from core.pool.bags import Indices
from core.pool.tokens import Parts, stands_alone

_WORD = re.compile(r"(\S+)")


def pieces_of(text: str) -> list[str]:
    """The text's words and what stands between them, in order; joined, they are the text."""
    return [piece for piece in _WORD.split(text) if piece]


def fine_pieces_of(text: str) -> list[str]:
    """As `pieces_of`, and each character of a script without spaces with its marks by itself."""
    pieces = []
    for piece in pieces_of(text):
        begins = [0]
        for at in range(1, len(piece)):
            is_mark = unicodedata.category(piece[at])[0] == "M"
            if not is_mark and (stands_alone(piece[at]) or stands_alone(piece[begins[-1]])):
                begins.append(at)
        pieces += [piece[a:b] for a, b in pairwise([*begins, len(piece)])]
    return pieces


def by_fine_pieces(text: str, pushes: Doubles) -> tuple[tuple[str, float], ...]:
    """The text's fine pieces with the sum of their characters' pushes, `(n_characters,)`."""
    pieces, end = [], 0
    for piece in fine_pieces_of(text):
        pieces.append((piece, float(pushes[end : end + len(piece)].sum())))
        end += len(piece)
    return tuple(pieces)


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
    spans = [word.span() for word in _WORD.finditer(text)]
    begins, ends = np.array(spans, np.int64).reshape(-1, 2).repeat(np.diff(parts.offsets), 0).T
    first = begins + np.maximum(parts.starts, 0)
    last = np.minimum(begins + parts.starts + parts.lengths, ends)
    each = pushes / np.maximum(last - first, 1)
    changes = np.zeros(len(text) + 1)
    np.add.at(changes, first, each)
    np.add.at(changes, last, -each)
    return np.cumsum(changes)[:-1]
