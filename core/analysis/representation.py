"""Representation: how the training data differs from the pool in lengths, columns and words.

Held-out items are counted in neither. The pool is all that strategies could choose from, training
items that it does not hold among it. What is called different is so beyond chance, with a cut that
knows how many figures were compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.evaluation.intervals import Values, Z, wilson
from core.features.vocabulary import count_words, word_positions
from core.pool.bags import Bags, Indices, Mask
from core.pool.items import Pool
from core.pool.text import number_words, words_of
from core.workspace.labels import Labeled
from core.workspace.snapshot import Snapshot
from core.workspace.task import NOT_RECORDED

ALL = "all training data"

LENGTH = "length"

FEW = 12
"""Values of a column that are compared: more bars than that nobody reads."""

OTHERS = "(others)"
"""All values of a column beside its most frequent ones."""

ENOUGH = 0.2
"""Share of the pool that the most frequent of many values must hold: of names none do."""

SEEN_FIRST = 20_000
"""Rows that are looked at first: where most of them differ there is nothing to count."""

RATE = 0.05
"""Chance that anything is called different where nothing is (shares), and the share of words that
may be called so wrongly (words; Benjamini and Hochberg 1995)."""

LEAST = 5
"""Times that a word must stand in the pool: a rarer one only makes the cut harder for others."""


@dataclass(frozen=True)
class Column:
    """A column of the pool: each row's place in `values`, `(n_pool,)`; rare ones are `OTHERS`."""

    name: str
    values: list[str]
    places: Indices


def groups(training: Sequence[Labeled]) -> dict[str, Indices]:
    """The rows of each strategy's items, the largest first; before them, of several, all rows."""
    found: dict[str, list[int]] = {}
    for row, item in enumerate(training):
        found.setdefault(item.strategy or NOT_RECORDED, []).append(row)
    ordered = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    every = {ALL: np.arange(len(training))} if len(ordered) > 1 else {}
    return every | {name: np.array(rows, np.int64) for name, rows in ordered}


def comparable_columns(pool: Pool) -> list[Column]:
    """The pool's columns with values that stand for many rows each, dates by year."""
    return [column for name in pool.columns for column in [_column(pool, name)] if column]


def _column(pool: Pool, name: str) -> Column | None:
    values = pool.table[name].chunk(0) if len(pool) else pa.array([], pa.string())
    first = values.slice(0, SEEN_FIRST)
    are_dates = pc.all(pc.match_substring_regex(first, r"^\d{4}-\d{2}(-\d{2})?")).as_py()
    if are_dates:
        values = pc.utf8_slice_codeunits(values, 0, 4)
    n_first = len(pc.unique(values.slice(0, SEEN_FIRST)))
    if n_first > FEW and n_first > (1 - ENOUGH) * len(first):
        return None
    counts = {each["values"]: each["counts"] for each in pc.value_counts(values).to_pylist()}
    by_size = sorted(counts, key=lambda value: (-counts[value], value))
    shown = by_size if len(counts) <= FEW else by_size[: FEW - 1]
    held = sum(counts[value] for value in shown)
    if len(counts) < 2 or held < ENOUGH * len(values):
        return None
    shown = sorted(shown) if are_dates else shown
    places = pc.index_in(values, value_set=pa.array(shown, values.type))
    if held < len(values):
        shown = list(dict.fromkeys([*shown, OTHERS]))
        places = pc.fill_null(places, shown.index(OTHERS))
    return Column(name, shown, places.to_numpy(zero_copy_only=False))


def length_spread(snapshot: Snapshot) -> pd.DataFrame:
    """Short, medium and long texts in the pool and in each group, as of `spread`."""
    training, thirds = snapshot.labels.usable_training, snapshot.pool_words.length_thirds
    own = thirds(np.array([len(words_of(item.text)) for item in training], np.int64))
    pool = thirds(snapshot.pool_words.bags.lengths[~snapshot.held_out])
    pool = np.concatenate([pool, own[_rows(snapshot, training) < 0]])
    return spread(thirds.told, pool, {name: own[rows] for name, rows in groups(training).items()})


def column_spread(snapshot: Snapshot, column: Column) -> pd.DataFrame:
    """A column's values, as of `spread`; items outside the pool have none."""
    training = snapshot.labels.usable_training
    at = _rows(snapshot, training)
    known = {name: at[rows][at[rows] >= 0] for name, rows in groups(training).items()}
    own = {name: column.places[rows] for name, rows in known.items()}
    return spread(column.values, column.places[~snapshot.held_out], own)


def _rows(snapshot: Snapshot, training: Sequence[Labeled]) -> Indices:
    """Each of these items' row in the pool; -1: none."""
    at = snapshot.pool_words.pool.positions(item.item_id for item in training)
    return np.array([at.get(item.item_id, -1) for item in training], np.int64)


def spread(values: Sequence[str], pool: Indices, of: Mapping[str, Indices]) -> pd.DataFrame:
    """The share of each value in each group, with its interval, beside its share of the pool.

    Items are given as places of their values. A share `stands_out` if a random draw from the pool
    would be as far off with a chance below `RATE`, divided by the number of shares compared
    (Bonferroni).
    """
    filled = {group: places for group, places in of.items() if len(places)}
    cut = RATE / max(len(filled) * len(values), 1)
    shares = np.bincount(pool, minlength=len(values)) / max(len(pool), 1)
    rows = []
    for group, places in filled.items():
        numbers = np.bincount(places, minlength=len(values))
        for value, items, share in zip(values, numbers.tolist(), shares.tolist(), strict=True):
            found = wilson(items, len(places))
            ends = found.value, found.low, found.high
            stands_out = chance_of(items, len(places), share) < cut
            rows.append((group, value, items, *ends, share, stands_out))
    names = ["strategy", "value", "items", "share", "low", "high", "pool", "stands_out"]
    return pd.DataFrame(rows, columns=names)


def chance_of(hits: int, total: int, share: float) -> float:
    """How often a draw has so many hits or is further off: twice the nearer binomial tail."""
    if not 0 < share < 1:
        return float(hits == total * share)
    numbers = np.arange(total + 1)
    factorials = np.concatenate([[0], np.cumsum(np.log(np.arange(1, total + 1)))])
    ways = factorials[total] - factorials - factorials[::-1]
    chances = np.exp(ways + numbers * np.log(share) + (total - numbers) * np.log1p(-share))
    return min(1.0, 2 * float(min(chances[: hits + 1].sum(), chances[hits:].sum())))


def word_comparisons(snapshot: Snapshot) -> dict[str, pd.DataFrame]:
    words, counts, bags = vocabulary(snapshot)
    numbers = {
        name: np.bincount(bags.take(rows).ids, minlength=len(counts))
        for name, rows in groups(snapshot.labels.usable_training).items()
    }
    return {name: compare_words(words, counts, own) for name, own in numbers.items()}


def vocabulary(snapshot: Snapshot) -> tuple[pa.Array, NDArray[np.int64], Bags]:
    """Words of all that is not held out, their numbers, and the training items as bags of them."""
    training, pool_words = snapshot.labels.usable_training, snapshot.pool_words
    words, bags = number_words(words_of(item.text) for item in training)
    counts = count_words(pool_words, ~snapshot.held_out)
    at = word_positions(pool_words, words)
    new = np.flatnonzero(at < 0)
    at[new] = len(counts) + np.arange(len(new))
    counts = np.concatenate([counts, np.zeros(len(new), np.int64)])
    own = Bags(at[bags.ids].astype(np.int32), bags.offsets)
    outside = np.flatnonzero(_rows(snapshot, training) < 0)
    counts += np.bincount(own.take(outside).ids, minlength=len(counts))
    # A label file may have another text under an id of the pool.
    counts = np.maximum(counts, np.bincount(own.ids, minlength=len(counts)))
    names = pa.array([words[row] for row in new], pool_words.words.type)
    return pa.concat_arrays([pool_words.words, names]), counts, own


def compare_words(
    words: pa.Array, pool: NDArray[np.int64], numbers: NDArray[np.int64]
) -> pd.DataFrame:
    """The words that training items have too often or too seldom, the most telling first.

    `numbers` are theirs beside the pool's. `expected` is of as many words drawn from the pool,
    `times` what there is beside that, with its interval. The number of a word among random ones is
    nearly Poisson distributed; of a large part of the pool it varies less, and the cut is safe.
    """
    among = np.flatnonzero(pool >= LEAST)
    numbers, expected = numbers[among], pool[among] * (numbers.sum() / max(pool.sum(), 1))
    different = np.flatnonzero(are_discoveries(poisson_chance(numbers, expected)))
    # How much a number tells against its mean: Poisson's G2 (Dunning 1993).
    found, mean = numbers[different], expected[different]
    telling = found * np.log(np.maximum(found, 1) / mean) - found + mean
    order = different[np.argsort(-telling, kind="stable")]
    numbers, expected = numbers[order], expected[order]
    named = {"word": words.take(pa.array(among[order])).to_pylist(), "training": numbers}
    named |= {"expected": expected, "pool": pool[among[order]], "times": numbers / expected}
    low, high = ratio_ends(numbers, expected)
    return pd.DataFrame(named | {"low": low, "high": high})


def poisson_chance(numbers: NDArray[np.int64], expected: Values) -> Values:
    """How often a Poisson number is as far off its mean or further: twice the nearer tail."""
    import torch  # for its incomplete gamma function alone

    n, mean = (torch.from_numpy(np.asarray(each, np.float64)) for each in (numbers, expected))
    above = torch.where(n > 0, torch.special.gammainc(n.clamp(min=1), mean), 1.0)
    below = torch.special.gammaincc(n + 1, mean)
    return (2 * torch.minimum(above, below)).clamp(max=1).numpy()


def are_discoveries(chances: Values) -> Mask:
    """Which of these findings to keep so that about `RATE` of them are wrong."""
    ordered = np.sort(chances)
    passed = np.flatnonzero(ordered <= RATE * np.arange(1, len(ordered) + 1) / max(len(ordered), 1))
    return chances <= ordered[passed[-1]] if len(passed) else np.zeros(len(chances), bool)


def ratio_ends(numbers: NDArray[np.int64], expected: Values) -> tuple[Values, Values]:
    """Ends of how often something was met beside how often it was expected (Byar)."""
    some, more = np.maximum(numbers, 1), numbers + 1
    low = some * (1 - 1 / (9 * some) - Z / (3 * some**0.5)) ** 3 * (numbers > 0)
    high = more * (1 - 1 / (9 * more) + Z / (3 * more**0.5)) ** 3
    return low / expected, high / expected
