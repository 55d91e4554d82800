"""The model `linear`: logistic regression on the columns of a feature source."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from core.features.base import Features, Source
from core.models.calibration import Probabilities
from core.models.logistic import Fit, fit_logistic
from core.models.model import Model
from core.models.networks import LinearNetwork, probabilities_of
from core.models.row_space import is_worthwhile, row_space
from core.models.training import LabeledTexts, require_two_labels
from core.pool.bags import Indices

NEVER = -20.0
"""The logit of a label that no training item has."""


class LinearLearner:
    """Logistic regression on a feature source; the columns that no item has are left out."""

    def __init__(self, source: Source, items: LabeledTexts, seed: int, features: Features) -> None:
        self.source, self.items, self.seed = source, items, seed
        self.columns, self.features = features.compact()
        is_long = is_worthwhile(self.features)
        self.space = row_space(self.features, len(self.columns)) if is_long else None
        self.cheap = None
        if source.cheap:
            plain = replace(features, dense=features.dense[:, : source.cheap.n_dense])
            self.cheap = LinearLearner(source.cheap, items, seed, plain)

    def train(self, rows: Indices, start: Model | None = None) -> Model:
        """A model of these items alone; `start` shortens the way and changes no result.

        Raises LoopError if fewer than two labels occur.
        """
        targets, n_labels = self.items.targets[rows], len(self.items.labels)
        require_two_labels(targets)
        present, places = np.unique(targets, return_inverse=True)
        begin = None
        if start is not None and len(present) == n_labels:
            first = start.network.first
            weights = (first.sparse, first.dense, first.bias)
            begin = Fit(*(values.detach().double().numpy() for values in weights))
        if self.space is None:
            fit = fit_logistic(self.features.take(rows), len(self.columns), places, begin)
        else:
            if begin is not None:
                begin = self.space.start(begin, start.network.product(self.features))
            fit = self.space.weights(fit_logistic(self.space.turned.take(rows), 0, places, begin))
        network = _network(fit, present, n_labels)
        network.first.columns.copy_(torch.from_numpy(self.columns))
        return Model("linear", network, self.source, self.items.labels, self.seed)

    def train_all(self, parts: Sequence[Indices]) -> tuple[Model, list[Model]]:
        """As `BookLearner.train_all`; the first comes with what scores a large encoder's pool."""
        every = np.arange(len(self.items.texts))
        model = self.train(every)
        others = [self.train(np.setdiff1d(every, part), model) for part in parts]
        return replace(model, cheap=self.cheap and self.cheap.train(every)), others

    def predict(self, model: Model, rows: Indices) -> Probabilities:
        """As `BookLearner.predict`."""
        network = model.network
        return probabilities_of(network, network.product(self.features.take(rows)))


def _network(fit: Fit, present: Indices, n_labels: int) -> LinearNetwork:
    """The fit as a network of all labels, of which `present` occur."""
    network = LinearNetwork(len(fit.sparse), len(fit.dense), n_labels)
    at = [0] if n_labels == 2 else present[: fit.sparse.shape[1]]
    with torch.no_grad():
        if len(present) < n_labels:
            network.first.bias.fill_(NEVER)
            network.first.bias[present] = 0
        network.first.sparse[:, at] = torch.from_numpy(fit.sparse).float()
        network.first.dense[:, at] = torch.from_numpy(fit.dense).float()
        network.first.bias[at] = torch.from_numpy(fit.bias).float()
    return network.eval()
