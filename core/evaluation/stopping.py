"""When to stop labeling: several signs, each with its value and what it says.

No sign is right alone. A model can stand still because it learns nothing, and positives may be left
that nobody needs. So each sign tells its figure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.evaluation.intervals import Interval
from core.evaluation.metrics import kappa
from core.evaluation.prevalence import Prevalence, prevalence_of
from core.evaluation.report import Report
from core.workspace.snapshot import Snapshot

WINDOW = 3  # retrainings that are looked back upon (Bloodgood and Vijay-Shanker 2009)
STABLE = 0.99  # mean agreement from which predictions are said to stand still (the same paper)
ENOUGH = 0.95  # share of all positives from which they count as found


@dataclass(frozen=True)
class Sign:
    """One sign: its figure, whether it says stop, and a sentence; None where there is no figure."""

    name: str
    value: float | None
    says_stop: bool
    sentence: str


@dataclass(frozen=True)
class Estimate:
    """Prevalence (None without a positive label), the signs to go on or stop, their verdict."""

    prevalence: Prevalence | None
    signs: tuple[Sign, ...]
    advice: str


def estimate(snapshot: Snapshot, reports: Sequence[Report | None]) -> Estimate:
    """How many positives there are, and the signs; `reports` are those of the runs, oldest first.

    A run that has none, or none of its watched items, counts as if it were not there.
    """
    positive = snapshot.workspace.task.positive
    found = prevalence_of(snapshot, positive.value) if positive else None
    left = [positives_left(found.found, found.left)] if found else []
    watched = [report.watched for report in reports if report and report.watched]
    signs = (stability([dict(each) for each in watched]), *left)
    return Estimate(found, signs, advice(signs))


def stability(said: Sequence[Mapping[str, str]]) -> Sign:
    """Whether predictions of the same items have come to rest: by item id, oldest model first.

    The mean kappa of the last `WINDOW` pairs of neighbors has to reach `STABLE`.
    """
    name = "stable predictions"
    kappas = [_kappa(*pair) for pair in list(pairwise(said))[-WINDOW:]]
    if len(kappas) < WINDOW or None in kappas:
        needed = f"Needs {WINDOW + 1} model versions that predict more than one label."
        return Sign(name, None, False, needed)
    mean = sum(kappas) / WINDOW
    verb = "hardly change" if mean >= STABLE else "still change"
    agree = f"the last {WINDOW + 1} model versions agree by {mean:.3f}"
    told = f"Predictions {verb}: {agree}; {STABLE} counts as stable."
    return Sign(name, mean, mean >= STABLE, told)


def _kappa(one: Mapping[str, str], other: Mapping[str, str]) -> float | None:
    answers = [(one[item], other[item]) for item in one if item in other]
    codes = np.unique(answers, return_inverse=True)[1].reshape(-1, 2)
    return kappa(*codes.T) if answers else None


def positives_left(found: int, left: Interval) -> Sign:
    """Whether hardly any positive item is left: at least `ENOUGH` of all are found, surely.

    `left` is the number of positives without a label, with its interval.
    """
    name = "positives left"
    everything = found + left.value
    if not everything:
        return Sign(name, None, False, "No positive item found yet.")
    surely = found / (found + left.high) if found else 0.0
    told = (
        f"About {left.value:,.0f} positives ({left.low:,.0f} to {left.high:,.0f}) are still "
        f"unlabeled. You found {found:,}: {found / everything:.0%} of all, at least {surely:.0%}."
    )
    return Sign(name, left.value, surely >= ENOUGH, told)


def advice(signs: Sequence[Sign]) -> str:
    """The verdict of the one or two signs together, as one sentence."""
    stop = sum(sign.says_stop for sign in signs)
    if all(sign.value is None for sign in signs):
        return "Too early to say."
    if len(signs) == 1:
        return "Yes: the one sign says stop." if stop else "Not yet: the one sign says go on."
    if stop == len(signs):
        return "Yes: both signs say stop."
    return f"Not yet: {stop or 'none'} of {len(signs)} signs says stop."
