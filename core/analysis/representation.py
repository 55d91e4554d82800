"""Representation: how the training data differs from the pool in lengths, columns and words.

Held-out items are counted in neither. The pool is all that strategies could choose from, the chosen
items among it, and training items that it does not hold are counted as if it held them. What is
called different is so beyond chance, with a cut that knows how many figures were compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.evaluation.intervals import Interval, Values, Z, wilson
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
"""Share of the pool that the most frequent values must hold, for a column of many to be compared: a
column of numbers or names has no such values."""

SEEN_FIRST = 20_000
"""Rows that are looked at before a column is counted: where most of them have a value of their own,
there is nothing to count."""

RATE = 0.05
"""Chance that anything is called different where nothing is (shares), and the share of words that
may be called so wrongly (words; Benjamini and Hochberg 1995)."""

LEAST = 5
"""Times that a word stands in the pool for a difference to be looked for: a rarer one cannot show
it, and only makes the cut harder for the others."""


@dataclass(frozen=True)
class Column:
    """A column of the pool that can be compared, and how many rows of the pool have each value.

    Of many values the most frequent ones stand for themselves, the rest are `OTHERS`. `digits` is
    how much of a value counts: 4 for dates, of which the year does; 0 for all of it.
    """

    name: str
    digits: int
    counts: Mapping[str, int]

    def values_of(self, pool: Pool, rows: Indices) -> list[str]:
        """The values of these rows."""
        found = pool.table[self.name].chunk(0).take(pa.array(rows, pa.int64()))
        values = _cut(found, self.digits).to_pylist()
        return [value if value in self.counts else OTHERS for value in values]


@dataclass(frozen=True)
class Share:
    """How many of a group's items have a value, as a share, beside the pool's share of it."""

    group: str
    value: str
    items: int
    share: Interval
    pool: float
    stands_out: bool


@dataclass(frozen=True)
class Spread:
    """How the items of the pool and of each group are spread over some values."""

    name: str
    pool: Mapping[str, int]
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class WordShare:
    """A word's number among a group's words and the pool's; `ratio` is that to the `expected` one.

    So many are expected of as many words of the pool, drawn at random.
    """

    word: str
    training: int
    pool: int
    expected: float
    ratio: Interval


@dataclass(frozen=True)
class WordComparison:
    """The words that a group has too often or too seldom, most telling first, of all compared."""

    over: tuple[WordShare, ...]
    under: tuple[WordShare, ...]
    compared: int


@dataclass(frozen=True)
class Vocabulary:
    """The pool's words with their numbers, `(n_words,)`, and the training items as bags of them."""

    words: pa.Array
    counts: NDArray[np.int64]
    bags: Bags


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
    digits = 4 if are_dates and len(first) else 0
    n_first = len(pc.unique(_cut(first, digits)))
    if n_first > FEW and n_first > (1 - ENOUGH) * len(first):
        return None
    counted = pc.value_counts(_cut(values, digits)).to_pylist()
    counts = {each["values"]: each["counts"] for each in counted}
    by_size = sorted(counts, key=lambda value: (-counts[value], value))
    shown = by_size if len(counts) <= FEW else by_size[: FEW - 1]
    held = sum(counts[value] for value in shown)
    if len(counts) < 2 or held < ENOUGH * len(values):
        return None
    found = {value: counts[value] for value in (sorted(shown) if digits else shown)}
    if held < len(values):
        found[OTHERS] = found.get(OTHERS, 0) + len(values) - held
    return Column(name, digits, found)


def _cut(values: pa.Array, digits: int) -> pa.Array:
    return pc.utf8_slice_codeunits(values, 0, digits) if digits else values


def length_spread(snapshot: Snapshot) -> Spread:
    """Short, medium and long texts in the pool and in each group."""
    training, lengths = snapshot.labels.usable_training(), snapshot.pool_words.bags.lengths
    thirds = snapshot.pool_words.length_thirds
    names = thirds.told
    counts = np.bincount(thirds(lengths), minlength=len(names))
    counts -= np.bincount(thirds(lengths[snapshot.held_out]), minlength=len(names))
    own = thirds(np.array([len(words_of(item.text)) for item in training], np.int64))
    counts += np.bincount(own[_rows(snapshot, training) < 0], minlength=len(names))
    pool = dict(zip(names, counts.tolist(), strict=True))
    return spread(LENGTH, pool, [names[at] for at in own], groups(training))


def column_spread(snapshot: Snapshot, column: Column) -> Spread:
    """The values of a column in the pool and in each group; items outside the pool have none."""
    pool, training = snapshot.pool_words.pool, snapshot.labels.usable_training()
    at = _rows(snapshot, training)
    inside = np.flatnonzero(at >= 0)
    own = dict(zip(inside.tolist(), column.values_of(pool, at[inside]), strict=True))
    counts = dict(column.counts)
    for value in column.values_of(pool, np.flatnonzero(snapshot.held_out)):
        counts[value] -= 1
    known = {name: of[at[of] >= 0] for name, of in groups(training).items()}
    values = [own.get(row, "") for row in range(len(training))]
    return spread(column.name, counts, values, known)


def _rows(snapshot: Snapshot, training: Sequence[Labeled]) -> Indices:
    """Each of these items' row in the pool; -1: none."""
    at = snapshot.pool_words.pool.positions(item.item_id for item in training)
    return np.array([at.get(item.item_id, -1) for item in training], np.int64)


def spread(
    name: str, pool: Mapping[str, int], values: Sequence[str], of: Mapping[str, Indices]
) -> Spread:
    """The shares of each value in each group; `values` has one for each row of the groups.

    A share stands out if a random draw from the pool would be as far off with a chance below
    `RATE`, divided by the number of shares compared (Bonferroni).
    """
    filled = {group: rows for group, rows in of.items() if len(rows)}
    cut = RATE / max(len(filled) * len(pool), 1)
    all_items = max(sum(pool.values()), 1)
    shares = []
    for group, rows in filled.items():
        own = [values[row] for row in rows]
        for value, number in pool.items():
            items, share = own.count(value), number / all_items
            stands_out = chance_of(items, len(own), share) < cut
            found = wilson(items, len(own))
            shares.append(Share(group, value, items, found, share, stands_out))
    return Spread(name, pool, tuple(shares))


def chance_of(hits: int, total: int, share: float) -> float:
    """How often a draw of `total` items has so many hits or is further off: twice the nearer tail.

    By the binomial distribution; where the pool is small, a draw from it is off even less often.
    """
    if not 0 < share < 1:
        return float(hits == total * share)
    numbers = np.arange(total + 1)
    factorials = np.concatenate([[0], np.cumsum(np.log(np.arange(1, total + 1)))])
    ways = factorials[total] - factorials - factorials[::-1]
    chances = np.exp(ways + numbers * np.log(share) + (total - numbers) * np.log1p(-share))
    return min(1.0, 2 * float(min(chances[: hits + 1].sum(), chances[hits:].sum())))


def vocabulary(snapshot: Snapshot) -> Vocabulary:
    """The words of all that is not held out, and the training items in them."""
    training, pool_words = snapshot.labels.usable_training(), snapshot.pool_words
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
    return Vocabulary(pa.concat_arrays([pool_words.words, names]), counts, own)


def compare_words(found: Vocabulary, rows: Indices) -> WordComparison:
    """The words that these rows of the training items have too often or too seldom.

    Of words drawn at random from the pool, the number of one word is nearly Poisson distributed;
    where they are a large part of the pool it varies less, and the cut is on the safe side.
    """
    own = np.bincount(found.bags.take(rows).ids, minlength=len(found.counts))
    among = np.flatnonzero(found.counts >= LEAST)
    numbers, pool = own[among], found.counts[among]
    expected = pool * (own.sum() / max(found.counts.sum(), 1))
    different = np.flatnonzero(are_discoveries(poisson_chance(numbers, expected)))
    telling = deviance(numbers[different], expected[different])
    order = different[np.argsort(-telling, kind="stable")]
    words = found.words.take(pa.array(among[order])).to_pylist()
    figures = (each[order].tolist() for each in (numbers, pool, expected))
    shares = [
        WordShare(word, n, of, mean, ratio_of(n, mean))
        for word, n, of, mean in zip(words, *figures, strict=True)
    ]
    over = tuple(share for share in shares if share.training > share.expected)
    under = tuple(share for share in shares if share.training < share.expected)
    return WordComparison(over, under, len(among))


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


def deviance(numbers: NDArray[np.int64], expected: Values) -> Values:
    """How much a number tells against its mean: Poisson's G2 (Dunning 1993)."""
    ratio = np.where(numbers > 0, numbers / expected, 1)
    return 2 * (numbers * np.log(ratio) - numbers + expected)


def ratio_of(number: int, expected: float) -> Interval:
    """How often something was met beside how often it was expected, by Byar's approximation."""
    low = number * (1 - 1 / (9 * number) - Z / (3 * number**0.5)) ** 3 if number else 0.0
    more = number + 1
    high = more * (1 - 1 / (9 * more) + Z / (3 * more**0.5)) ** 3
    return Interval(number / expected, low / expected, high / expected)
