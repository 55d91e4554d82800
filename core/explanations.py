"""Why a model says what it says: how far each word of a text pushed it.

The score of a label is its log-odds against the others: its logit less the mean of the other
labels' logits; with two labels that is the logarithm of P / (1 - P). Contributions are integrated
gradients (Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks") along the
straight way from a text without words to the text. They add up: the score is the base, that of a
text without words, and the sum of all pushes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.features import words_of
from core.model import BookNetwork, Model

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
    return [
        _explain(model, text, model.labels.index(label))
        for text, label in zip(texts, labels, strict=True)
    ]


def score_weights(n_labels: int, label: int) -> NDArray[np.float32]:
    """What to multiply the logits with for the score of a label, `(n_labels,)`."""
    weights = np.full(n_labels, -1 / (n_labels - 1), np.float32)
    weights[label] = 1
    return weights


def _explain(model: Model, text: str, label: int) -> Explanation:
    ids = model.vocabulary.ids
    known = [ids[word] for word in words_of(text) if word in ids]
    base, pushes = _integrated_gradients(
        model.network, np.array(known, np.int64), score_weights(len(model.labels), label)
    )
    push_of = dict(zip(known, pushes.tolist(), strict=True))
    pieces = [(piece, push_of.get(ids.get(piece, -1), 0.0)) for piece in _pieces(text)]
    return Explanation(model.labels[label], base, tuple(pieces))


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
