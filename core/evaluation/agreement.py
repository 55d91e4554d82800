"""How far people agree who labeled the same items, and where they do not.

Figures of agreement use only the items with two ratings or more: the others may have been chosen
otherwise, and change nothing. Intervals are of 95%, as if the items were a random sample.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.evaluation.intervals import LEVEL, REPLICATES, Interval, wilson
from core.evaluation.metrics import kappa

Table = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Ratings:
    """Who said what of which item: `codes` `(n_items, n_people)`, -1 where somebody said nothing.

    Codes are places in `answers`, all that could be given: those that nobody gave count in AC1.
    """

    item_ids: tuple[str, ...]
    people: tuple[str, ...]
    answers: tuple[str, ...]
    codes: Codes


@dataclass(frozen=True)
class Pair:
    """Two people on the `n` items that both rated; `kappa` is Cohen's (1960)."""

    a: str
    b: str
    n: int
    percent: Interval
    kappa: float | None


@dataclass(frozen=True)
class Agreement:
    """How far people agree on the items with two ratings or more; None: undefined.

    `percent` is the mean over items of the share of pairs of people who agree, in [0, 1]; `alpha`
    Krippendorff's (2004, nominal), `ac1` Gwet's (2008, whose own program lets lone ratings count in
    the chance): both 1 at best, 0 as by chance. `n_people` counts who rated one of these items;
    `pairs` are those with items in common, in the order of `people`.
    """

    n_items: int
    n_people: int
    percent: Interval | None
    alpha: Interval | None
    ac1: Interval | None
    pairs: tuple[Pair, ...]


def agreement(ratings: Ratings, replicates: int = REPLICATES, seed: int = 0) -> Agreement:
    """Percent, alpha and AC1 with intervals, and each two people.

    Percent's interval is Wilson's, the others' are percentiles of a bootstrap. Where all samples
    give the same value, as when all agree, theirs are made of percent's ends and the chance.
    """
    votes = _votes(ratings)
    is_common = votes.sum(axis=1) >= 2
    kinds, times = np.unique(votes[is_common][:, votes.any(axis=0)], axis=0, return_counts=True)
    if not len(kinds):
        return Agreement(0, 0, None, None, None, ())
    n_items, rated = int(times.sum()), kinds.sum(axis=1)
    agreeing = (kinds * (kinds - 1)).sum(axis=1) / (rated * (rated - 1))
    percent = _share(
        np.repeat(agreeing, times), np.ones(n_items), times @ (rated * (rated - 1)) / 2
    )
    drawn = np.random.default_rng(seed).multinomial(n_items, times / n_items, replicates)
    draws = np.vstack([times, drawn])
    alpha, ac1 = (
        _beyond_chance(observed, chance, percent)
        for observed, chance in _observed(kinds, agreeing, draws, len(ratings.answers))
    )
    n_people = int((ratings.codes[is_common] >= 0).any(axis=0).sum())
    return Agreement(n_items, n_people, percent, alpha, ac1, tuple(_pairs(ratings)))


def label_agreement(ratings: Ratings, has: NDArray[np.bool_]) -> Interval | None:
    """The F-score of two people on one label: 2 × both / (one's + the other's), over all pairs.

    Also called positive specific agreement (Fleiss 1981): how probably another person gives the
    label where one did. `has` `(n_answers,)` says which answers have it. None if nobody gave it to
    an item with two ratings. Its ends are Wilson's of the share of both in either, carried over.
    """
    votes = _votes(ratings)
    rated, said = votes.sum(axis=1), votes[:, has].sum(axis=1)
    both = said * (said - 1) / 2  # pairs of people, by item
    either = both + said * (rated - said)
    if not either.any():
        return None
    share = _share(both, either, either.sum())
    return Interval(*(2 * each / (1 + each) for each in (share.value, share.low, share.high)))


def macro_agreement(
    ratings: Ratings, labels: NDArray[np.bool_], replicates: int = REPLICATES, seed: int = 0
) -> Interval | None:
    """The mean of `label_agreement` over the labels that somebody gave, bootstrapped over items.

    `labels` `(n_labels, n_answers)` says which answers have which label. Where all samples give the
    same value, as when all agree, its ends are the means of those of the labels.
    """
    each = [found for has in labels if (found := label_agreement(ratings, has))]
    if not each:
        return None
    kinds, times = np.unique(_votes(ratings), axis=0, return_counts=True)
    said = kinds @ labels.T  # (n_kinds, n_labels)
    both = said * (said - 1) / 2
    either = both + said * (kinds.sum(axis=1, keepdims=True) - said)
    n_items = int(times.sum())
    draws = np.random.default_rng(seed).multinomial(n_items, times / n_items, replicates)
    share = (draws @ both) / np.maximum(draws @ either, 1)
    values = (2 * share / (1 + share)).sum(axis=1) / (draws @ either > 0).sum(axis=1).clip(1)
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    if np.ptp(values) < 1e-9:
        low, high = (np.mean([getattr(x, end) for x in each]) for end in ("low", "high"))
    return Interval(float(np.mean([x.value for x in each])), float(low), float(high))


def confusions(ratings: Ratings) -> Codes:
    """What another person says (column) where one says this (row): `(n_answers, n_answers)`.

    Symmetric: two people who differ on an item count once in either cell, those who agree twice in
    theirs. A row's share on the diagonal is its answer's `label_agreement`.
    """
    votes = _votes(ratings)
    return (votes.T @ votes - np.diag(votes.sum(axis=0))).astype(np.int64)


def unlike_the_others(hits: Sequence[int], totals: Sequence[int], tests: int = 0) -> list[bool]:
    """Whose share of hits differs from that of all others together beyond chance.

    By Fisher's exact test (1935), two-sided, at 95% for all people together (Bonferroni), or for so
    many `tests`. Of two people both or none; of few, one who is far off can set all apart.
    """
    tests = max(sum(total > 0 for total in totals), 1, tests)
    logs = np.cumsum(np.log(np.maximum(np.arange(sum(totals) + 1), 1)))  # of factorials
    return [
        _fisher(own, total, sum(hits), sum(totals), logs) * tests < 1 - LEVEL
        for own, total in zip(hits, totals, strict=True)
    ]


def half_width(share: float, n: int) -> float:
    """What `n` items give: half the interval of such a share, as in "100 items give ± 6 points"."""
    found = wilson(share * n, n)
    return (found.high - found.low) / 2


def _votes(ratings: Ratings) -> Table:
    """How many people gave each answer, `(n_items, n_answers)`."""
    votes = np.zeros((len(ratings.codes), len(ratings.answers)))
    for codes in ratings.codes.T:
        (rated,) = np.nonzero(codes >= 0)
        votes[rated, codes[rated]] += 1
    return votes


def _observed(
    counts: Table, agreeing: Table, draws: Codes, n_answers: int
) -> Iterator[tuple[Table, Table]]:
    """Agreement, and that by chance, `(len(draws),)` each: first alpha's, then AC1's."""
    rated, items = counts.sum(axis=1), draws.sum(axis=1)
    said = draws @ counts  # how often each answer was given
    n = said.sum(axis=1)
    yield draws @ (agreeing * rated) / n, (said * (said - 1)).sum(axis=1) / (n * (n - 1))
    shares = draws @ (counts / rated[:, None]) / items[:, None]
    differing = (shares * (1 - shares)).sum(axis=1)
    yield draws @ agreeing / items, differing / (n_answers - 1) if n_answers > 1 else items / items


def _beyond_chance(observed: Table, chance: Table, percent: Interval) -> Interval | None:
    """(observed - chance) / (1 - chance) of the first, between percentiles of all."""
    if chance[0] >= 1:
        return None
    values = (observed - chance)[chance < 1] / (1 - chance[chance < 1])
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    if np.ptp(values) < 1e-9:
        low, high = ((end - chance[0]) / (1 - chance[0]) for end in (percent.low, percent.high))
    return Interval(float(values[0]), float(low), float(high))


def _share(hits: Table, totals: Table, most: float) -> Interval:
    """The share of sums over items with Wilson's interval, of an effective number of trials.

    So many that a binomial share would vary as this one does over items (Korn and Graubard 1998),
    but at most `most`. Where nothing varies, as many as items, fewer if totals differ (Kish 1965).
    """
    everything = totals.sum()
    share = float(hits.sum() / everything)
    variance = float(((hits - share * totals) ** 2).sum() / everything**2)
    trials = float(everything**2 / (totals**2).sum())
    if variance > 1e-12:
        trials = min(share * (1 - share) / variance, float(most))
    return wilson(share * trials, trials)


def _pairs(ratings: Ratings) -> Iterator[Pair]:
    for a, b in combinations(range(len(ratings.people)), 2):
        codes = ratings.codes[:, [a, b]]
        one, other = codes[(codes >= 0).all(axis=1)].T
        if len(one):
            same = wilson(int((one == other).sum()), len(one))
            yield Pair(ratings.people[a], ratings.people[b], len(one), same, kappa(one, other))


def _fisher(own: int, total: int, hits: int, everything: int, logs: Table) -> float:
    """P of a table that is no more probable than this one, all totals given."""
    least = max(0, total + hits - everything)
    inside = np.arange(least, min(total, hits) + 1)
    cells = (inside, total - inside, hits - inside, everything - total - hits + inside)
    logs_of = -sum(logs[cell] for cell in cells)
    chances = np.exp(logs_of - logs_of.max())
    return float(chances[chances <= chances[own - least] * (1 + 1e-7)].sum() / chances.sum())
