"""DuckDB over the clean tables: what the pages ask of a workspace, and nothing that they draw.

What depends on the pool alone is read once (`pool_columns`); the tables of one state of the files
are small: what is labeled or proposed, with its place in the pool. Every question goes through a
cursor of its own, since one connection in several threads gives wrong answers.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from operator import attrgetter

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.pool.hashing import is_among
from core.pool.search import WordIndex, make_index, read_query
from core.pool.text import words_of
from core.pool.token_parts import tokens_of
from core.query.columns import PoolColumns, pool_columns
from core.query.filters import AGREES, UNLABELED, Filters
from core.query.masks import ShownPredictions, filtered_rows
from core.query.row_set import RowSet
from core.workspace.labels import Labeled
from core.workspace.logs import Event, Proposal, Run
from core.workspace.snapshot import Snapshot

SHOWN_FIRST = 100
"""Items of a search that are shown in the order of the pool."""


@dataclass(frozen=True)
class Drawn:
    """Some items, in their order, and how many the filters leave."""

    items: pd.DataFrame
    matching: int


Selection = Filters | RowSet
"""What to look at: filters, or the places that they have left."""


class Tables:
    """The tables of one state of the loop: `labels`, `batches`, `annotations`, `runs`, `noted`.

    `noted` has the items that are labeled or proposed. An item's place is its row in the pool;
    items that only stand in a label file come behind the pool, in the order of their ids.
    """

    def __init__(self, snapshot: Snapshot, columns: PoolColumns | None = None) -> None:
        self._columns = columns or pool_columns(snapshot)
        noted = _noted(snapshot, self._columns)
        self._places = noted["place"].to_numpy()
        self._is_labeled = np.array(
            [split != UNLABELED for split in noted["split"].to_pylist()], bool
        )
        self._outside = noted.filter(self._places >= len(self._columns))
        self._size = len(self._columns) + len(self._outside)
        self._tables = {
            "noted": noted,
            "labels": _table(snapshot.labels.items, Labeled),
            "batches": _table(snapshot.logs.proposals, Proposal),
            "annotations": _table(snapshot.logs.events, Event),
            "runs": _table(snapshot.logs.runs, Run),
        }

    def draw(self, asked: Selection, number: int, seed: int) -> Drawn:
        """A uniform draw without replacement from what is asked for."""
        places = self._left(asked)
        return Drawn(self.items(places.draw(number, seed)), len(places))

    def first(self, asked: Selection, number: int = SHOWN_FIRST) -> Drawn:
        """The first of what the filters leave, in the order of the pool."""
        places = self._left(asked)
        return Drawn(self.items(places.first(number)), len(places))

    def counts(self, asked: Selection) -> pd.DataFrame:
        """How many items of each split, label and strategy the filters leave."""
        places, noted = self._left(asked), self._tables["noted"]
        labeled = noted.filter(places.holds(self._places) & self._is_labeled)
        return self._frame(_COUNTS, [len(places) - len(labeled)], labeled=labeled)

    def histogram(self, asked: Selection) -> NDArray[np.int64]:
        """How many of the items that the filters leave have 0, 1, 2, … words."""
        places = self._left(asked)
        counts = self._count_lengths(places.listed)
        if not places.is_rest:
            return counts
        outside = self._count_lengths(np.arange(len(self._columns), self._size))
        outside[: len(self._columns.length_counts)] += self._columns.length_counts
        return outside - counts

    def places(self, filters: Filters, opinions: ShownPredictions | None = None) -> RowSet:
        """Where the items stand that the filters leave, all but `where`.

        Without opinions no item has a prediction.
        """
        where, values = _where(filters)
        query = f"SELECT place FROM noted WHERE {where} ORDER BY place"
        noted = self._frame(query, values)["place"].to_numpy(np.int64)
        if filters.agreement:
            noted = noted[self._agreeing(noted, filters.agreement == AGREES, opinions)]
        if filters.leave_unlabeled():
            others = self._places[~is_among(self._places, noted)]
            left = RowSet(np.union1d(others, self._columns.repeated), self._size, is_rest=True)
        else:
            left = RowSet(noted, self._size)
        sifted = filtered_rows(
            filters, self._columns.pool_words.pool, self.lengths_of_places, opinions
        )
        left = left if sifted is None else left & sifted
        return left & self._holding(filters.words) if read_query(filters.words) else left

    @cached_property
    def lengths_of_places(self) -> NDArray[np.int64]:
        """How many words the item at each place has, `(n_places,)`."""
        return np.concatenate([self._columns.n_words, self._outside["n_words"].to_numpy()])

    @property
    def column_values(self) -> dict[str, tuple[str, ...] | None]:
        """The values of each of the pool's own columns, as `PoolColumns.values` has them."""
        return self._columns.values

    @property
    def outside(self) -> pa.Table:
        """The items that only stand in label files, behind the pool's places."""
        return self._outside

    @property
    def noted(self) -> pa.Table:
        """The items that are labeled or proposed, by their places, with what is known of them."""
        return self._tables["noted"]

    def places_of(self, item_ids: Collection[str]) -> NDArray[np.int64]:
        """Every place of these items, as often as they stand in the pool."""
        rows = self._columns.pool_words.pool.rows_of(sorted(item_ids))
        wanted = pa.array(sorted(item_ids), pa.string())
        behind = pc.is_in(self._outside["item_id"], value_set=wanted).to_numpy()
        return np.concatenate([rows, np.flatnonzero(behind) + len(self._columns)])

    def items(self, places: NDArray[np.int64]) -> pd.DataFrame:
        """The items at these places, in this order, with what is known of them."""
        is_noted = is_among(places, self._places)
        noted = self._tables["noted"].take(
            pa.array(np.searchsorted(self._places, places[is_noted]))
        )
        plain = self._columns.items(places[~is_noted])
        for name, value in _UNNOTED.items():
            plain = plain.append_column(name, pa.array([value] * len(plain), pa.string()))
        turns = np.concatenate([np.flatnonzero(is_noted), np.flatnonzero(~is_noted)])
        return pa.concat_tables([noted, plain]).take(pa.array(np.argsort(turns))).to_pandas()

    def sheet(self, opinions: ShownPredictions | None) -> pa.Table:
        """Everything that is known of the item at each place, as columns; null where nothing is.

        The pool's own columns come last; one with a name that is taken is called `pool_…`.
        """
        pool, outside = self._columns.pool_words.pool, self._outside
        columns: dict[str, pa.Array | pa.ChunkedArray] = {
            "place": pa.array(np.arange(self._size)),
            "item_id": _joined(pool.ids, outside["item_id"]),
            "text": _joined(pool.texts, outside["text"]),
            "n_words": pa.array(self.lengths_of_places),
        }
        columns |= {name: self._at_places(name) for name in _UNNOTED}
        columns |= _said(opinions, self._size)
        taken = set(columns)
        for name in pool.columns:
            free = f"pool_{name}" if name.lower() in taken else name
            taken.add(free.lower())
            nothing = pa.nulls(len(outside), pa.large_string())
            columns[free] = _joined(pool.table[name].chunk(0), nothing)
        return pa.table(columns)

    def _at_places(self, name: str) -> pa.Array:
        """What is noted under this name at each place."""
        values = self.noted[name].combine_chunks().dictionary_encode()
        indices = np.full(self._size, -1, np.int32)
        indices[self._places] = values.indices.to_numpy()
        known = values.dictionary.to_pylist()
        usual = _UNNOTED[name]
        if usual:
            known = [*known, usual]
            indices[indices < 0] = len(known) - 1
        is_null = (indices < 0) | np.isin(indices, [at for at, x in enumerate(known) if not x])
        indices = pa.array(np.maximum(indices, 0), mask=is_null)
        return pa.DictionaryArray.from_arrays(indices, pa.array(known or [""], pa.string()))

    def strategies(self) -> list[str]:
        """The strategies that labeled items came from, most frequent first."""
        query = "SELECT strategy FROM labels WHERE strategy <> '' GROUP BY 1 ORDER BY count(*) DESC"
        return self._frame(query)["strategy"].tolist()

    def who(self) -> list[str]:
        """Whose labels count now, by name."""
        query = "SELECT DISTINCT annotator FROM labels WHERE annotator <> '' ORDER BY 1"
        return self._frame(query)["annotator"].tolist()

    def batches(self) -> pd.DataFrame:
        """Every batch, the newest first; `active` if a model chose it."""
        return self._frame(_BATCHES)

    def annotators(self) -> pd.DataFrame:
        """Whose labels count how often now, their median seconds a label, the day of the latest."""
        return self._frame(_ANNOTATORS)

    def _left(self, asked: Selection) -> RowSet:
        return asked if isinstance(asked, RowSet) else self.places(asked)

    def _agreeing(
        self, noted: NDArray[np.int64], agrees: bool, opinions: ShownPredictions | None
    ) -> NDArray[np.bool_]:
        """Which of these noted places have a label that the model gives them too, or not."""
        if opinions is None:
            return np.zeros(len(noted), bool)
        labels = self.noted["label"].take(pa.array(np.searchsorted(self._places, noted)))
        column_of = {label: at for at, label in enumerate(opinions.labels)}
        given = np.array([column_of.get(label, -2) for label in labels.to_pylist()], np.int64)
        predicted = opinions.predicted[noted]
        is_both = (given >= 0) & (predicted >= 0)
        return is_both & ((given == predicted) == agrees)

    def _holding(self, words: str) -> RowSet:
        """The items that hold these words."""
        inside = self._columns.index.find(words)
        outside = self._outside_index.find(words) + len(self._columns)
        return RowSet(np.concatenate([inside, outside]), self._size)

    @cached_property
    def _outside_index(self) -> WordIndex:
        """The index of the items that only stand in label files."""
        tokens, bags = tokens_of(self._outside["text"].to_pylist())
        return make_index(pa.array(tokens, pa.string()), bags)

    def _count_lengths(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many of these items have 0, 1, 2, … words; ascending places, arrays of one shape."""
        lengths = self._columns.n_words, self._outside["n_words"].to_numpy()
        n_inside = np.searchsorted(places, len(lengths[0]))
        inside, outside = places[:n_inside], places[n_inside:] - len(lengths[0])
        shape = max(len(self._columns.length_counts), int(lengths[1].max(initial=-1)) + 1)
        return np.bincount(lengths[0][inside], minlength=shape) + np.bincount(
            lengths[1][outside], minlength=shape
        )

    def _frame(
        self, query: str, values: Sequence[object] = (), **further: pa.Table
    ) -> pd.DataFrame:
        with self._columns.connection.cursor() as cursor:
            for name, table in (self._tables | further).items():
                if name in query:
                    cursor.register(name, table)
            return cursor.execute(query, list(values)).df()


def _where(filters: Filters) -> tuple[str, list[object]]:
    """A condition on `noted` and its parameters."""
    conditions, values = ["true"], []
    for column, chosen in (
        ("split", filters.splits),
        ("label", filters.labels),
        ("strategy", filters.strategies),
        ("annotator", filters.annotators),
    ):
        if chosen:
            conditions.append(f"list_contains(?, {column})")
            values.append(list(chosen))
    if filters.batches:
        conditions.append(
            "item_id IN (SELECT item_id FROM batches WHERE list_contains(?, batch_id))"
        )
        values.append(list(filters.batches))
    for day, comparison in ((filters.since, ">="), (filters.until, "<=")):
        if day:
            conditions.append(f"labeled_at <> '' AND left(labeled_at, 10) {comparison} ?")
            values.append(day)
    return " AND ".join(conditions), values


_UNNOTED = {
    "split": UNLABELED,
    "label": "",
    "strategy": "",
    "batch_id": "",
    "annotator": "",
    "labeled_at": "",
}
"""What is known of an item that is neither labeled nor proposed."""


def _noted(snapshot: Snapshot, columns: PoolColumns) -> pa.Table:
    """The items that are labeled or proposed, by their places, with what is known of them."""
    label_of = snapshot.labels.by_id
    proposed = (proposal.item_id for proposal in snapshot.logs.proposals)
    at = snapshot.pool_words.pool.positions([*label_of, *proposed])
    inside = sorted(at, key=at.__getitem__)
    outside = sorted(label_of.keys() - at.keys())
    known = columns.items(np.array([at[item] for item in inside], np.int64))
    texts = [label_of[item].text for item in outside]
    behind = {
        "place": pa.array(range(len(columns), len(columns) + len(outside)), pa.int64()),
        "item_id": pa.array(outside, pa.string()),
        "text": pa.array(texts, pa.string()),
        "n_words": pa.array([len(words_of(text)) for text in texts], pa.int64()),
    }
    table = pa.concat_tables([known, pa.table(behind)])
    for name, value in _UNNOTED.items():
        values = [getattr(label_of.get(item), name, value) for item in (*inside, *outside)]
        table = table.append_column(name, pa.array(values, pa.string()))
    return table.combine_chunks()


def _joined(inside: pa.Array, outside: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    """Two parts of one column, without a copy of the first."""
    if isinstance(outside, pa.ChunkedArray):
        outside = outside.combine_chunks()
    return pa.chunked_array([inside, outside.cast(inside.type)])


def _said(opinions: ShownPredictions | None, size: int) -> dict[str, pa.Array]:
    """What the model says at each place; null where it must not, or cannot, say it."""
    if opinions is None:
        return {
            "confidence": pa.nulls(size, pa.float32()),
            "predicted": pa.nulls(size, pa.string()),
        }
    is_null = opinions.predicted < 0
    indices = pa.array(np.maximum(opinions.predicted, 0), mask=is_null)
    labels = pa.array(opinions.labels, pa.string())
    return {
        "confidence": pa.array(opinions.confidence, mask=is_null),
        "predicted": pa.DictionaryArray.from_arrays(indices, labels),
    }


_ARROW = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
_ARROW |= {float | None: pa.float64(), int | None: pa.int64()}


def _table(records: Sequence[object], kind: type) -> pa.Table:
    return pa.table(
        {
            field.name: pa.array(map(attrgetter(field.name), records), _ARROW[field.type])
            for field in fields(kind)
        }
    )


_COUNTS = f"""
WITH counted AS (
    SELECT split, label, strategy, count(*) AS items FROM labeled GROUP BY ALL
    UNION ALL SELECT '{UNLABELED}', '', '', ?
)
FROM counted WHERE items > 0 ORDER BY split, label, strategy
"""

_BATCHES = """
SELECT batches.batch_id, any_value(batches.split) AS split,
    any_value(batches.annotator) AS annotator, min(created_at) AS created_at,
    count(*) AS items, count(label) AS labeled,
    bool_or(run_id <> '') AS active
FROM batches LEFT JOIN labels USING (item_id, batch_id)
GROUP BY batches.batch_id ORDER BY batches.batch_id DESC
"""


_ANNOTATORS = """
WITH counted AS (SELECT annotator, count(*) AS labels FROM labels GROUP BY annotator),
paced AS (
    SELECT annotator, median(seconds) AS seconds, left(max(labeled_at), 10) AS latest
    FROM annotations WHERE action = 'label' GROUP BY annotator
)
SELECT annotator, coalesce(labels, 0) AS labels, seconds, latest
FROM paced LEFT JOIN counted USING (annotator) ORDER BY labels DESC, annotator
"""
