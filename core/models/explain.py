"""Why a model says what it says: how far each word of a text pushed it.

The score of a label is its log-odds against the others: its logit less the mean of the other
labels' logits; with two labels that is the logarithm of P / (1 - P). Contributions are integrated
gradients (Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks") along the
straight way from a text without words to the text; of a linear model they are its very terms. They
add up: the score is the base, that of a text without words, and the sum of all pushes. What an
encoder says it says of the text as a whole, and so it has a push of its own.

How far each character of a text pushed a linear score on the feature source `pool`.

The score is a sum over words, character runs and meanings, so each has its exact share; a share is
divided evenly among the characters that it covers. Runs never leave their token: what a reader
sees as a word gets all that it brought, and the pieces of any division add up.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.features.base import Weights
from core.features.encoder_features import EncodedSpace, divided
from core.features.pool_features import Space, place
from core.models.model import Model
from core.models.networks import BookNetwork, LinearNetwork
from core.pool.text import words_of
from core.pool.token_parts import tokens_of
from core.pool.tokens import Parts, stands_alone, words_and_ngrams


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
    words, grams = words_and_ngrams(words_of(text))
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


_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Explanation:
    """The pushes of one text's words towards `label`, in log-odds; `pieces` join to the text.

    `whole` is the push of the text as a whole, through the encoder; 0.0 where there is none.
    """

    label: str
    base: float
    pieces: tuple[tuple[str, float], ...]
    whole: float = 0.0

    @property
    def score(self) -> float:
        """The log-odds of `label` that the model gives the text."""
        return self.base + self.whole + sum(push for _, push in self.pieces)


def explain(model: Model, texts: Sequence[str], labels: Sequence[str]) -> list[Explanation]:
    """What pushed the model towards each text's label of `labels`, or away from it."""
    weights = [score_weights(len(model.labels), model.labels.index(label)) for label in labels]
    if isinstance(model.network, BookNetwork):
        found = [_by_words(model, *each) for each in zip(texts, weights, strict=True)]
    else:
        found = _by_characters(model, texts, weights)
    return [Explanation(label, *each) for label, each in zip(labels, found, strict=True)]


def score_weights(n_labels: int, label: int) -> NDArray[np.float32]:
    """What to multiply the logits with for the score of a label, `(n_labels,)`."""
    weights = np.full(n_labels, -1 / (n_labels - 1), np.float32)
    weights[label] = 1
    return weights


Pushed = tuple[float, tuple[tuple[str, float], ...], float]
"""(score of a text without words, the text's pieces with their pushes, the push of the whole)."""


def _by_words(model: Model, text: str, weights: NDArray[np.float32]) -> Pushed:
    """By the chapter's network: each word has a push of its own."""
    ids = model.source.ids
    known = [ids[word] for word in words_of(text) if word in ids]
    base, pushes = _integrated_gradients(model.network, np.array(known, np.int64), weights)
    push_of = dict(zip(known, pushes.tolist(), strict=True))
    pieces = tuple((piece, push_of.get(ids.get(piece, -1), 0.0)) for piece in _pieces(text))
    return base, pieces, 0.0


def _by_characters(
    model: Model, texts: Sequence[str], weights: Sequence[NDArray[np.float32]]
) -> list[Pushed]:
    """By a network on a feature source: the characters' pushes, added up by pieces."""
    source, matrix = model.source, model.network.first.weights(model.source.n_sparse)
    rows = source.rows(texts)
    products = rows.projection(matrix)(0, len(rows))  # (n_texts, n_outputs)
    wholes = np.zeros_like(products)
    if isinstance(source, EncodedSpace):
        matrix, of_vectors = divided(matrix, rows.vectors.shape[1])
        source, wholes = source.space, rows.vectors.astype(np.float32) @ of_vectors
    found = []
    for text, product, whole, each in zip(texts, products, wholes, weights, strict=True):
        base, outputs = _linearized(model.network, product, each)
        pushes = character_pushes(source, text, matrix, outputs)
        found.append((base, _added_up(text, pushes), float(whole @ outputs)))
    return found


def _added_up(text: str, pushes: NDArray[np.float64]) -> tuple[tuple[str, float], ...]:
    """The text's fine pieces with the sum of their characters' pushes."""
    pieces, end = [], 0
    for piece in _fine_pieces(text):
        pieces.append((piece, float(pushes[end : end + len(piece)].sum())))
        end += len(piece)
    return tuple(pieces)


def _linearized(
    network: LinearNetwork, product: NDArray[np.float32], weights: NDArray[np.float32]
) -> tuple[float, NDArray[np.float32]]:
    """(score of a text without words, what each of the first layer's outputs counts for it).

    A hidden unit counts as much as it is open on the straight way to the text.
    """
    bias = network.first.bias.detach().numpy()
    outputs = weights[: len(bias)]
    return float(bias @ outputs), outputs


def _integrated_gradients(
    network: BookNetwork, known: NDArray[np.int64], weights: NDArray[np.float32]
) -> tuple[float, NDArray[np.float32]]:
    """(score of a text without words, push of each known word), exactly.

    On the way to the text a hidden unit's input grows in a straight line, so that it is open, and
    its gradient is 1, on a share of the way that can be worked out; integrals need no steps.
    """
    words = network.words.weight.detach().numpy()[known]  # (n_known, HIDDEN)
    bias = network.bias.detach().numpy()
    out = weights @ network.out.weight.detach().numpy()  # (HIDDEN,)
    base = np.maximum(bias, 0) @ out + weights @ network.out.bias.detach().numpy()
    pushes = words @ (out * _open_share(bias, words.sum(axis=0)))
    return float(base), pushes


def _open_share(start: NDArray[np.float32], rise: NDArray[np.float32]) -> NDArray[np.float32]:
    """For which share of the steps t from 0 to 1 `start + t * rise` is above 0, elementwise."""
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = np.clip(np.where(rise == 0, 0, -start / rise), 0, 1)
    closed_first = np.where(rise > 0, 1 - crossing, crossing)
    return np.where(rise == 0, start > 0, closed_first).astype(np.float32)


def _pieces(text: str) -> list[str]:
    """The text's words and what stands between them, in order; joined, they are the text."""
    pieces, end = [], 0
    for word in _WORD.finditer(text):
        pieces += [text[end : word.start()], word.group()]
        end = word.end()
    return [piece for piece in (*pieces, text[end:]) if piece]


def _fine_pieces(text: str) -> list[str]:
    """As `_pieces`, and each character of a script without spaces with its marks by itself."""
    pieces = []
    for piece in _pieces(text):
        begins = [0]
        for at in range(1, len(piece)):
            is_mark = unicodedata.category(piece[at])[0] == "M"
            if not is_mark and (stands_alone(piece[at]) or stands_alone(piece[begins[-1]])):
                begins.append(at)
        pieces += [piece[a:b] for a, b in pairwise([*begins, len(piece)])]
    return pieces
