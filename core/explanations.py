"""Why a model says what it says: how far each word of a text pushed it.

The score of a label is its log-odds against the others: its logit less the mean of the other
labels' logits; with two labels that is the logarithm of P / (1 - P). Contributions are integrated
gradients (Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks") along the
straight way from a text without words to the text; of a linear model they are its very terms. They
add up: the score is the base, that of a text without words, and the sum of all pushes.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.attribution import character_pushes
from core.features import words_of
from core.model import BookNetwork, Model
from core.networks import LinearNetwork, SourceNetwork
from core.sources import Weights
from core.space import Space
from core.spelling import stands_alone

_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Explanation:
    """The pushes of one text's words towards `label`, in log-odds; `pieces` join to the text."""

    label: str
    base: float
    pieces: tuple[tuple[str, float], ...]

    @property
    def score(self) -> float:
        """The log-odds of `label` that the model gives the text."""
        return self.base + sum(push for _, push in self.pieces)


def explain(model: Model, texts: Sequence[str], labels: Sequence[str]) -> list[Explanation]:
    """What pushed the model towards each text's label of `labels`, or away from it."""
    if isinstance(model.network, BookNetwork):
        read = partial(_by_words, model)
    else:
        read = partial(_by_characters, model, model.network.first.weights(model.source.n_sparse))
    weights = [score_weights(len(model.labels), model.labels.index(label)) for label in labels]
    return [
        Explanation(label, *read(text, each))
        for text, label, each in zip(texts, labels, weights, strict=True)
    ]


def score_weights(n_labels: int, label: int) -> NDArray[np.float32]:
    """What to multiply the logits with for the score of a label, `(n_labels,)`."""
    weights = np.full(n_labels, -1 / (n_labels - 1), np.float32)
    weights[label] = 1
    return weights


Pushed = tuple[float, tuple[tuple[str, float], ...]]
"""(score of a text without words, the text's pieces with their pushes)."""


def _by_words(model: Model, text: str, weights: NDArray[np.float32]) -> Pushed:
    """By the chapter's network: each word has a push of its own."""
    ids = model.source.ids
    known = [ids[word] for word in words_of(text) if word in ids]
    base, pushes = _integrated_gradients(model.network, np.array(known, np.int64), weights)
    push_of = dict(zip(known, pushes.tolist(), strict=True))
    return base, tuple((piece, push_of.get(ids.get(piece, -1), 0.0)) for piece in _pieces(text))


def _by_characters(
    model: Model, matrix: Weights, text: str, weights: NDArray[np.float32]
) -> Pushed:
    """By a network whose first layer is `matrix`: the characters' pushes, added up."""
    base, outputs = _linearized(model.network, _product(model.source, matrix, text), weights)
    pushes = character_pushes(model.source, text, matrix, outputs)
    pieces, end = [], 0
    for piece in _fine_pieces(text):
        pieces.append((piece, float(pushes[end : end + len(piece)].sum())))
        end += len(piece)
    return base, tuple(pieces)


def _product(source: Space, matrix: Weights, text: str) -> NDArray[np.float32]:
    """The text's row times the matrix, `(n_outputs,)`, from its own columns alone."""
    row = source.rows([text]).features()
    return row.values @ matrix.sparse[row.bags.ids] + row.dense[0] @ matrix.dense


def _linearized(
    network: SourceNetwork, product: NDArray[np.float32], weights: NDArray[np.float32]
) -> tuple[float, NDArray[np.float32]]:
    """(score of a text without words, what each of the first layer's outputs counts for it).

    A hidden unit counts as much as it is open on the straight way to the text.
    """
    bias = network.first.bias.detach().numpy()
    if isinstance(network, LinearNetwork):
        outputs = weights[: len(bias)]
        return float(bias @ outputs), outputs
    out = weights @ network.out.weight.detach().numpy()  # (HIDDEN_UNITS,)
    base = np.maximum(bias, 0) @ out + weights @ network.out.bias.detach().numpy()
    return float(base), out * _open_share(bias, product)


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
