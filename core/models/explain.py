"""Explanations: how far each word of a text pushed a model's prediction.

The score of a label is its log-odds against the others: its logit less the mean of the other
labels' logits; with two labels, and where a text can have several, that is the logarithm of
P / (1 - P). The pushes are the terms of a linear model. They add up: the score is the base, that of
a text without words, and the sum of all pushes. What an encoder says it says of the text as a
whole, and so it has a push of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import RunError
from core.features.base import Numbers
from core.models.model import Model
from core.workspace.task import NONE, SEPARATOR


@dataclass(frozen=True)
class Explanation:
    """Pushes of a text's words towards `label` in log-odds, and of the `whole` by the encoder."""

    label: str
    base: float
    pieces: tuple[tuple[str, float], ...]
    whole: float = 0.0

    @property
    def score(self) -> float:
        """The log-odds of `label` that the model gives the text."""
        return self.base + self.whole + sum(push for _, push in self.pieces)


def explain(model: Model, texts: Sequence[str], labels: Sequence[str]) -> list[Explanation]:
    """What pushed the model towards each text's label of `labels`, or away from it.

    Of an answer of several labels, or of none of them, and of a label that was merged, it is the
    one that the text is most likely to have. Raises RunError if the model has not learned it, or
    has hidden units, as `book` has.
    """
    if model.name == "book":
        raise RunError("The model `book` does not tell what each word does. Train `linear`.")
    told = [_named(model, label) for label in labels]
    matrix = model.network.weights(model.source.n_sparse)
    rows, found = model.source.rows(texts), []
    bias = model.network.first.bias.detach().numpy()  # (n_outputs,)
    if any(len(columns) > 1 for columns in told):
        from core.models.networks import probabilities_of  # imports torch

        products = rows.projection(matrix)(0, len(rows))  # (n_texts, n_outputs)
        probability = probabilities_of(model.network, products)
    for row, (text, columns) in enumerate(zip(texts, told, strict=True)):
        column = next(iter(columns))
        if len(columns) > 1:
            column = max(columns, key=probability[row].__getitem__)
        label = columns[column]
        weights = score_weights(len(model.trained_on), column, several=model.several)
        outputs = weights[: len(bias)]  # of two labels there is one output
        base = float(np.where(outputs, bias, 0) @ outputs)
        pushes = rows.pushes(row, text, matrix, outputs)
        found.append(Explanation(label, base, pushes.pieces, pushes.whole))
    return found


def _named(model: Model, answer: str) -> dict[int, str]:
    """The model's own columns of the answer's labels, each with its label."""
    chosen, found = [answer], {}
    if model.several:
        chosen = model.labels if answer == NONE else answer.split(SEPARATOR)
        chosen = [label for label in chosen if label not in model.unlearned]
    for label in chosen:
        at = model.labels.index(label)
        found |= dict.fromkeys(model.alignment.parts[at] if model.alignment else (at,), label)
    if not found:
        raise RunError(f"The model has not learned the label `{answer}` yet: label more of it.")
    return found


def score_weights(n_labels: int, label: int, *, several: bool = False) -> Numbers:
    """What to multiply the logits with for the score of a label, `(n_labels,)`."""
    weights = np.full(n_labels, 0 if several else -1 / (n_labels - 1), np.float32)
    weights[label] = 1
    return weights
