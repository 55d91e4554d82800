"""Explanations: how far each word of a text pushed a model's prediction.

The score of a label is its log-odds against the others: its logit less the mean of the other
labels' logits; with two labels that is the logarithm of P / (1 - P). Contributions are integrated
gradients (Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks") along the
straight way from a text without words to the text; of a linear model they are its very terms. They
add up: the score is the base, that of a text without words, and the sum of all pushes. What an
encoder says it says of the text as a whole, and so it has a push of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.features.base import Numbers
from core.models.model import Model


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
    matrix = model.network.weights(model.source.n_sparse)
    rows, found = model.source.rows(texts), []
    products = rows.projection(matrix)(0, len(rows))  # (n_texts, n_outputs)
    for row, (text, label) in enumerate(zip(texts, labels, strict=True)):
        weights = score_weights(len(model.labels), model.labels.index(label))
        base, outputs = model.network.linearized(products[row], weights)
        pushes = rows.pushes(row, text, matrix, outputs)
        found.append(Explanation(label, base, pushes.pieces, pushes.whole))
    return found


def score_weights(n_labels: int, label: int) -> Numbers:
    """What to multiply the logits with for the score of a label, `(n_labels,)`."""
    weights = np.full(n_labels, -1 / (n_labels - 1), np.float32)
    weights[label] = 1
    return weights
