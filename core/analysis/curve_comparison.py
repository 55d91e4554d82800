"""Comparison of learning curves: the area under each, and what it has over random sampling."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.analysis.learning_curves import Point

SCORES = ("fscore", "auc", "average_precision")

Curves = dict[int, list[Point]]  # the points of each seed


@dataclass(frozen=True)
class Mean:
    """A mean over `number` seeds and its standard error: None with fewer than one, or two."""

    value: float | None
    error: float | None
    number: int = 0

    def __str__(self) -> str:
        if self.value is None:
            return ""
        return f"{self.value:.3f}" + ("" if self.error is None else f" ± {self.error:.3f}")


@dataclass(frozen=True)
class Compared:
    """One score of one mix and model over all seeds.

    `area` is under the learning curve, divided by the span of labels; `difference` that less the
    random mix's of the same seed and model. `labels_needed` is the mean of the first numbers of
    labels at which a curve reached random's end, which `reached` of `seeds` did: early by luck
    where the score is noisy, and never where random ended with 0.
    """

    mix: str
    model: str
    score: str
    seeds: int
    area: Mean
    difference: Mean
    labels_needed: float | None
    reached: int

    def __str__(self) -> str:
        told = f"{self.mix} {self.model} {self.score}: area {self.area}"
        if self.difference.value is not None:
            told += f", over random {self.difference}"
        if self.labels_needed is not None:
            reached = f"{self.reached} of {self.seeds} seeds"
            told += f", random's end after {self.labels_needed:,.0f} labels ({reached})"
        return told


def compare(points: Iterable[Point], random_mix: str | None) -> list[Compared]:
    """Every mix and model, score by score, beside `random_mix` as it was typed, if there is one."""
    curves: dict[tuple[str, str], Curves] = {}
    for point in points:
        by_seed = curves.setdefault((point.mix, point.model), {})
        by_seed.setdefault(point.seed, []).append(point)
    return [
        _compared((mix, model, score), by_seed, curves.get((random_mix or "", model), {}))
        for (mix, model), by_seed in curves.items()
        for score in SCORES
    ]


def summary(compared: Iterable[Compared]) -> list[dict[str, Any]]:
    """What a program is told: one object for each mix and model, with one for each score."""
    told: dict[tuple[str, str], dict[str, Any]] = {}
    for row in compared:
        head = {"mix": row.mix, "model": row.model, "seeds": row.seeds}
        told.setdefault((row.mix, row.model), head)[row.score] = {
            "area": row.area.value,
            "area_error": row.area.error,
            "difference": row.difference.value,
            "difference_error": row.difference.error,
            "labels_needed": row.labels_needed,
            "reached": row.reached,
        }
    return list(told.values())


def mean_of(values: Iterable[float | None]) -> Mean:
    known = np.array([value for value in values if value is not None])
    if not len(known):
        return Mean(None, None)
    error = float(known.std(ddof=1) / np.sqrt(len(known))) if len(known) > 1 else None
    return Mean(float(known.mean()), error, len(known))


def area(points: Sequence[Point], score: str) -> float | None:
    """The area under the curve over its span of labels, by trapezoids; None without a score."""
    known = [point for point in points if getattr(point, score) is not None]
    if not known:
        return None
    values = [getattr(point, score) for point in known]
    labels = [point.labels for point in known]
    if labels[0] == labels[-1]:
        return float(values[0])
    return float(np.trapezoid(values, labels) / (labels[-1] - labels[0]))


def labels_to_reach(points: Sequence[Point], score: str, goal: float | None) -> int | None:
    """The first number of labels with at least this score; None for never, and for a goal of 0."""
    if not goal:
        return None
    reached = (point.labels for point in points if (getattr(point, score) or 0) >= goal)
    return next(reached, None)


def _compared(which: tuple[str, str, str], curves: Curves, random_curves: Curves) -> Compared:
    score = which[2]
    areas = {seed: area(points, score) for seed, points in curves.items()}
    shared = [seed for seed in curves if seed in random_curves]
    over_random = []
    for seed in shared if curves is not random_curves else ():
        found, beside = areas[seed], area(random_curves[seed], score)
        over_random.append(None if found is None or beside is None else found - beside)
    needed = [
        labels_to_reach(curves[seed], score, getattr(random_curves[seed][-1], score))
        for seed in shared
    ]
    labels_needed = mean_of(needed)
    means = (mean_of(areas.values()), mean_of(over_random), labels_needed.value)
    return Compared(*which, len(curves), *means, labels_needed.number)
