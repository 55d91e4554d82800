"""When to stop labeling: whether the model's predictions have come to rest.

That is about the model: positives may be left, and their number is told beside. It is no sign of
its own, since random labels alone bound it: of 6,610 items with 8% positive, all found, 1,290
random labels told that at least 85% were.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.evaluation.metrics import kappa
from core.evaluation.prevalence import Prevalence, prevalence_of
from core.evaluation.report import Report
from core.workspace.snapshot import Snapshot

WINDOW = 3  # retrainings that are looked back upon (Bloodgood and Vijay-Shanker 2009)
STABLE = 0.99  # mean agreement from which predictions are said to stand still (the same paper)


@dataclass(frozen=True)
class Sign:
    """Its figure, None where there is none; whether it says stop; and a sentence."""

    value: float | None
    says_stop: bool
    sentence: str

    @property
    def advice(self) -> str:
        """The verdict in one sentence."""
        if self.value is None:
            return "Too early to say."
        if self.says_stop:
            return "Yes, for the model: its predictions hardly change."
        return "Not yet: predictions still change."


@dataclass(frozen=True)
class Estimate:
    """Prevalence, None without a positive label, and whether predictions are stable."""

    prevalence: Prevalence | None
    stable: Sign


def estimate(snapshot: Snapshot, reports: Sequence[Report | None]) -> Estimate:
    """How many positives there are, and the sign; `reports` are those of the runs, oldest first.

    A run that has none, or none of its watched items, counts as if it were not there.
    """
    positive = snapshot.workspace.task.positive
    found = prevalence_of(snapshot, positive.value) if positive else None
    watched = [report.watched for report in reports if report and report.watched]
    return Estimate(found, stability([dict(each) for each in watched]))


def stability(said: Sequence[Mapping[str, str]]) -> Sign:
    """Whether predictions of the same items have come to rest: by item id, oldest model first.

    The mean kappa of the last `WINDOW` pairs of neighbors has to reach `STABLE`.
    """
    kappas = [_kappa(*pair) for pair in list(pairwise(said))[-WINDOW:]]
    if len(kappas) < WINDOW or None in kappas:
        needed = f"Needs {WINDOW + 1} model versions that predict more than one label."
        return Sign(None, False, needed)
    mean = sum(kappas) / WINDOW
    told = f"The last {WINDOW + 1} model versions agree by {mean:.3f}; {STABLE} counts as stable."
    return Sign(mean, mean >= STABLE, told)


def _kappa(one: Mapping[str, str], other: Mapping[str, str]) -> float | None:
    answers = [(one[item], other[item]) for item in one if item in other]
    codes = np.unique(answers, return_inverse=True)[1].reshape(-1, 2)
    return kappa(*codes.T) if answers else None
