"""Threshold of a run: from which probability on a label is predicted, for the best expected F.

It is worked out on the pool, by the model's calibrated probabilities, and needs one number that no
model knows: how many positives there are. That comes from labels of random items alone. Evaluation
labels are counted for it, never compared with predictions (core/README.md says what that costs).
"""

from dataclasses import replace

import numpy as np

from core.evaluation.prevalence import Prevalence, prevalence_of
from core.models.calibration import NEVER_REACHED, Probabilities, best_threshold, expected_threshold
from core.models.pool_predictions import pool_sample
from core.models.training import LabeledTexts, Learned
from core.pool.bags import Mask
from core.system.progress import Progress, silent
from core.workspace.snapshot import Snapshot

LEAST_POSITIVES = 10  # among the random labels: the share of fewer is wrong by a third and more
LEAST_LEFT = 0.1  # of all positives: where nearly all are labeled, the pool does not tell a cut


def with_thresholds(
    snapshot: Snapshot, learned: Learned, items: LabeledTexts, progress: Progress = silent
) -> Learned:
    """The model with the positive label's threshold, or with those of several labels.

    The note says how it came about. Raises RunError if an encoder cannot be used.
    """
    model, found = learned.model, learned.out_of_fold
    if found is None or (items.positive is None and not items.several):
        return learned
    if items.several:
        return _of_several(snapshot, learned, found, items.targets, progress)
    label = model.labels[items.positive]
    known = prevalence_of(snapshot, label)
    why = _why_one_half(known)
    if why:
        return replace(learned, note=f"{learned.note} The threshold is one half: {why}.")
    cut = _Population(snapshot, learned, progress).threshold(items.positive, known)
    told = f"The threshold has the best expected F-score at {known.share.value:.1%} positives."
    return Learned(replace(model, cut=(items.positive, cut)), found, f"{learned.note} {told}")


def _of_several(
    snapshot: Snapshot, learned: Learned, found: Probabilities, targets: Mask, progress: Progress
) -> Learned:
    """Each label's threshold; of too few random positives, the best one of the training items."""
    model, population, thresholds, known = learned.model, None, [], 0
    for at, label in enumerate(model.labels):
        share = prevalence_of(snapshot, label)
        if label in model.unlearned:
            thresholds.append(NEVER_REACHED)
        elif _why_one_half(share):
            thresholds.append(best_threshold(found[:, at], targets[:, at]))
        else:
            population = population or _Population(snapshot, learned, progress)
            thresholds.append(population.threshold(at, share))
            known += 1
    told = (
        f"{known:,} thresholds have the best expected F-score; of labels that fewer than "
        f"{LEAST_POSITIVES} random items have, the best one of the training items."
    )
    model = replace(model, thresholds=tuple(thresholds))
    return Learned(model, found, f"{learned.note} {told}")


def _why_one_half(known: Prevalence) -> str:
    """Why the random labels do not tell a threshold; empty if they do."""
    if known.n_positive < LEAST_POSITIVES:
        return f"fewer than {LEAST_POSITIVES} of the random items are positive"
    if known.left.value < LEAST_LEFT * (known.found + known.left.value):
        return "nearly all positives are labeled"
    return ""


class _Population:
    """Items that stand for the whole pool: some of it, and the training items as unseen."""

    def __init__(self, snapshot: Snapshot, learned: Learned, progress: Progress) -> None:
        rows, sampled = pool_sample(snapshot, learned.model, progress)
        is_other = snapshot.pool_words.is_first[rows] & ~snapshot.in_training[rows]
        sampled, found = sampled[is_other], learned.out_of_fold
        self._raw = np.concatenate([sampled, found])
        self._calibrated = learned.model.calibration(self._raw)
        each = len(snapshot.pool_words.pool) / max(len(rows), 1)
        self._weights = np.repeat([each, 1.0], [len(sampled), len(found)])

    def threshold(self, column: int, known: Prevalence) -> float:
        return expected_threshold(
            self._raw[:, column],
            self._calibrated[:, column],
            self._weights,
            known.n_positive / known.n_random,
        )
