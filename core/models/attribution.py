"""How far each character of a text pushed a linear score on the feature source `pool`.

The score is a sum over words, character runs and meanings, so each has its exact share; a share is
divided evenly among the characters that it covers. Runs never leave their token: what a reader
sees as a word gets all that it brought, and the pieces of any division add up.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.features.base import Weights
from core.features.pool_features import Space, place
from core.pool.text import words_of
from core.pool.token_parts import tokens_of
from core.pool.tokens import Parts, spell


def character_pushes(
    space: Space,
    text: str,
    weights: Weights,
    outputs: NDArray[np.floating],
) -> NDArray[np.float64]:
    """What each character adds to the text's row times these weights times `outputs`, `(n,)`.

    `outputs`, `(n_outputs,)`, is what each output counts. White space adds nothing.
    """
    scales = place(space, *tokens_of([text])).scales[0].astype(np.float64)
    words, grams = spell(words_of(text))
    word_at, gram_at = _places(words, space.words), _places(grams, space.grams)
    gram_columns = np.where(gram_at < 0, -1, gram_at + len(space.words))

    def value(columns: NDArray[np.int64]) -> NDArray[np.float64]:
        return space.idf[columns] * (weights.sparse[columns] @ outputs)

    pushes = [
        scales[0] * _sublinear(word_at, value),
        scales[1] * _sublinear(gram_columns, value),
    ]
    known = word_at >= 0
    meanings = space.meanings[word_at[known]].astype(np.float64) @ (weights.dense @ outputs)
    pushes[0][known] += scales[2] * space.rarity[word_at[known]] * meanings
    return _spread(text, words, pushes[0]) + _spread(text, grams, pushes[1])


def _places(parts: Parts, known: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Where each part stands among the sorted hashes, -1 for one that is not there."""
    if not len(known):
        return np.full(len(parts.hashes), -1)
    at = np.minimum(np.searchsorted(known, parts.hashes), len(known) - 1)
    return np.where(known[at] == parts.hashes, at, -1)


def _sublinear(
    columns: NDArray[np.int64], value: Callable[[NDArray[np.int64]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Each occurrence's value; t occurrences of one column share 1 + ln t times its value."""
    found, which, times = np.unique(columns, return_inverse=True, return_counts=True)
    known = found >= 0
    shared = np.zeros(len(found))
    shared[known] = (1 + np.log(times[known])) / times[known] * value(found[known])
    return shared[which]


def _spread(text: str, parts: Parts, pushes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divides each part's push among the characters of the text that it covers."""
    starts, end = [], 0
    for token in words_of(text):
        starts.append(text.index(token, end))
        end = starts[-1] + len(token)
    lengths = np.fromiter(map(len, words_of(text)), np.int64, len(starts))
    token = np.repeat(np.arange(len(starts)), np.diff(parts.offsets))
    first = np.maximum(parts.starts, 0)
    last = np.minimum(parts.starts + parts.lengths, lengths[token])
    each = pushes / np.maximum(last - first, 1)
    changes = np.zeros(len(text) + 1)
    begin = np.array(starts, np.int64)[token]
    np.add.at(changes, begin + first, each)
    np.add.at(changes, begin + last, -each)
    return np.cumsum(changes)[:-1]
