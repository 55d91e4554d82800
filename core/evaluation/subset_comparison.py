"""Comparison of models trained on random subsets of several groups: jackknife and bootstrap.

An interval has to speak for other evaluation items and for other training items. The first part is
a paired bootstrap over evaluation items. The second is the delete-d jackknife (Shao and Wu 1989):
scores of subsets of m of a group's n items vary too little, since subsets overlap and n is finite,
so the variance of their mean is that of single subsets, times 1/seeds + m/(n - m) (the same
correction as that of Nadeau and Bengio 2003). Bootstrapping over seeds alone told groups apart in
15 to 40% of cases where nothing was different; this does in at most 5%, most often less.

Several comparisons find a difference by chance more often than one: intervals of differences hold
for all of them together (Bonferroni; Dunn 1961).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.intervals import (
    LEVEL,
    REPLICATES,
    BinaryPredictions,
    Draws,
    Interval,
    bootstrap,
    resampled,
    scores_of,
    student,
)

RANDOM, ALL = "random", "all strategies"

SCORES = {"fscore": "F-score", "auc": "AUC"}


@dataclass(frozen=True)
class Subsets:
    """The models of random subsets of `size` of a group's `available` items, fewer than all."""

    models: Sequence[BinaryPredictions]
    size: int
    available: int


@dataclass(frozen=True)
class Result:
    """How the models of one group did: the mean over the seeds of each of `SCORES`.

    Without a positive label scores are means over the labels. `over_random` is what each score has
    over random's; empty for random itself.
    """

    name: str
    scores: Mapping[str, Interval]
    over_random: Mapping[str, Interval]


@dataclass(frozen=True)
class Outcome:
    """The results of all groups at so many labels, over so many seeds.

    `model` is the model's name, `training` and `evaluation` are how many labels there were.
    """

    size: int
    seeds: int
    model: str
    training: int
    evaluation: int
    results: tuple[Result, ...]

    @property
    def comparisons(self) -> int:
        """How many differences were looked at."""
        return sum(len(result.over_random) for result in self.results)


@dataclass(frozen=True)
class _Scored:
    """A mean score over seeds, the same of each bootstrap replicate, and the luck of the draw."""

    mean: float
    drawn: NDArray[np.float64]
    luck: float
    freedom: int


def contrasted(
    groups: Mapping[str, Subsets], actual: NDArray[np.bool_], replicates: int = REPLICATES
) -> dict[str, Result]:
    """Each group's mean scores, and what they have over random's, by its name.

    A replicate draws evaluation items anew, the same ones for all groups. Groups count as drawn
    apart: where one holds the other, the interval is too wide rather than too narrow. Of a single
    subset nothing is known of the luck of its draw, and an interval leaves everything open.
    """
    samples = resampled(len(actual), replicates)
    found = {name: _scored(subsets, actual, samples) for name, subsets in groups.items()}
    number = (len(groups) - 1) * len(SCORES)
    level = 1 - (1 - LEVEL) / max(number, 1)
    random, results = found[RANDOM], {}
    for name, scored in found.items():
        scores = {score: _interval([of], LEVEL, 0.0) for score, of in scored.items()}
        over = {score: _interval([of, random[score]], level, -1.0) for score, of in scored.items()}
        results[name] = Result(name, scores, {} if name == RANDOM else over)
    return results


def _scored(subsets: Subsets, actual: NDArray[np.bool_], samples: Draws) -> dict[str, _Scored]:
    found = [
        bootstrap(lambda drawn, of=model: scores_of(of, actual, drawn, list(SCORES)), samples)
        for model in subsets.models
    ]
    number = len(found)
    apart = subsets.size / (subsets.available - subsets.size)
    scored = {}
    for score in SCORES:
        values = np.array([each.observed[score] for each in found])
        variance = float(values.var(ddof=1)) if number > 1 else np.inf
        drawn = np.mean([each.drawn[score] for each in found], axis=0)
        luck = variance * (1 / number + apart)
        scored[score] = _Scored(float(values.mean()), drawn, luck, number - 1)
    return scored


def _interval(of: Sequence[_Scored], level: float, least: float) -> Interval:
    """The first score, or what it has over the second, within `least` and 1.

    By Student's distribution, with the degrees of freedom of Satterthwaite 1946.
    """
    value, drawn = of[0].mean, of[0].drawn
    if len(of) > 1:
        value, drawn = value - of[1].mean, drawn - of[1].drawn
    variance = float(drawn.var(ddof=1)) + sum(each.luck for each in of)
    if not np.isfinite(variance):
        return Interval(value, least, 1.0)
    by_luck = sum(each.luck**2 / each.freedom for each in of)
    freedom = variance**2 / by_luck if by_luck else np.inf
    half = student(freedom, level) * variance**0.5
    return Interval(value, max(least, value - half), min(1.0, value + half))


def verdict(result: Result, score: str, outcome: Outcome, names: Mapping[str, str] = SCORES) -> str:
    """What one group's result says beside random's, in a sentence that does not flatter."""
    found, name = result.over_random[score], result.name[:1].upper() + result.name[1:]
    at = f"with {outcome.size:,} labels"
    if score == "fscore" and found == Interval(0, 0, 0):
        return f"{name} and random: no model finds a positive item yet {at}."
    if found.low <= 0 <= found.high:
        ends = f"({found.low:+.2f} to {found.high:+.2f})"
        return f"{name} and random: no clear difference in {names[score]} yet {at} {ends}."
    verbs = ("beat", "fall behind") if result.name == ALL else ("beats", "falls behind")
    verb = verbs[0] if found.value > 0 else verbs[1]
    low, high = sorted((abs(found.low), abs(found.high)))
    gap = f"{abs(found.value):.2f} {names[score]} ({low:.2f} to {high:.2f})"
    return f"{name} {verb} random by {gap} {at}."
