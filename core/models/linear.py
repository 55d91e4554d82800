"""The model `linear`: logistic regression on the columns of a feature source."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from core.features.base import Features, Source
from core.models.calibration import Probabilities, learnable
from core.models.logistic import Fit, fit_each_label, fit_logistic
from core.models.merged_columns import merged_columns
from core.models.model import Model
from core.models.networks import LinearNetwork, probabilities_of
from core.models.row_space import is_worthwhile, row_space
from core.models.training import LabeledTexts, require_two_labels
from core.pool.bags import Indices, Mask
from core.system.parallel import in_order, single_threads

NEVER = -20.0  # the logit of a label that no training item has


class LinearLearner:
    """Logistic regression on a feature source; the columns that no item has are left out."""

    def __init__(self, source: Source, items: LabeledTexts, seed: int, features: Features) -> None:
        self.source, self.items, self.seed = source, items, seed
        self.columns, self.features = features.compact()
        self.merged = merged_columns(self.features, len(self.columns))
        fitted, n_columns = self.merged.features, len(self.merged.kept)
        self.space = row_space(fitted, n_columns) if is_worthwhile(fitted) else None

    def train(self, rows: Indices, start: Model | None = None) -> Model:
        """A model of these items alone. LoopError: too few labels.

        One that starts at a model of more items is rough: good enough to calibrate that one.
        """
        targets, labels, several = self.items.targets[rows], self.items.labels, self.items.several
        if several:
            present, fit_to = np.flatnonzero(_to_learn(targets, start)), fit_each_label
            targets = targets[:, present]
        else:
            require_two_labels(targets)
            present, targets = np.unique(targets, return_inverse=True)
            start, fit_to = start if len(present) == len(labels) else None, fit_logistic
        begin, rough = None, start is not None
        if start is not None:
            first, outputs = start.network.first, present if several else slice(None)
            weights = (part.detach().double().numpy() for part in first.parameters())
            begin = self.merged.start(Fit(*(part[..., outputs] for part in weights)))
        if self.space is None:
            part, n_columns = self.merged.features.take(rows), len(self.merged.kept)
            fit = fit_to(part, n_columns, targets, begin, rough=rough)
        else:
            if begin is not None:
                product = start.network.product(self.features)
                begin = self.space.start(begin, product[:, outputs])
            turned = self.space.turned.take(rows)
            fit = self.space.weights(fit_to(turned, 0, targets, begin, rough=rough))
        network = _network(self.merged.weights(fit), present, len(labels), several=several)
        network.first.columns.copy_(torch.from_numpy(self.columns))
        model = Model("linear", network, self.source, labels, self.seed)
        unlearned = tuple(label for at, label in enumerate(labels) if at not in present)
        return replace(model, thresholds=(0.5,) * len(labels) * several, unlearned=unlearned)

    def train_all(self, parts: Sequence[Indices]) -> tuple[Model, list[Model]]:
        """As `BookLearner.train_all`."""
        every = np.arange(len(self.items.texts))
        with single_threads(1) as pool:  # on a busy machine several take ten times as long
            model = pool.submit(self.train, every).result()
        others = in_order(lambda part: self.train(np.setdiff1d(every, part), model), parts)
        return model, list(others)

    def predict(self, model: Model, rows: Indices) -> Probabilities:
        """As `BookLearner.predict`."""
        network = model.network
        return probabilities_of(network, network.product(self.features.take(rows)))


def _to_learn(targets: Mask, start: Model | None) -> Mask:
    """Which of several labels are learned: those of `start`, or those with enough items."""
    if start is None:
        return learnable(targets)
    known = np.isfinite(start.network.first.bias.detach().numpy())
    return known & targets.any(axis=0) & ~targets.all(axis=0)


def _network(fit: Fit, present: Indices, n_labels: int, *, several: bool) -> LinearNetwork:
    """The fit as a network of all labels, of which `present` occur."""
    network = LinearNetwork(len(fit.sparse), len(fit.dense), n_labels, several=several)
    at = [0] if n_labels == 2 and not several else present[: fit.sparse.shape[1]]
    with torch.no_grad():
        if len(present) < n_labels:
            network.first.bias.fill_(-np.inf if several else NEVER)
            network.first.bias[present] = 0
        network.first.sparse[:, at] = torch.from_numpy(fit.sparse).float()
        network.first.dense[:, at] = torch.from_numpy(fit.dense).float()
        network.first.bias[at] = torch.from_numpy(fit.bias).float()
    return network.eval()
