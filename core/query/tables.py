"""DuckDB over the clean tables: what the pages ask of a workspace, and nothing that they draw.

What depends on the pool alone is read once (`pool_columns`); the tables of one state of the files
are small: what is labeled or proposed, with its place in the pool. Every question goes through a
cursor of its own, since one connection in several threads gives wrong answers.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import fields
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
from core.workspace.logs import Event, Proposal
from core.workspace.snapshot import Snapshot


class Tables:
    """The tables of one state of the loop: `labels`, `batches`, `annotations`, `noted`.

    `noted` has the items that are labeled or proposed, by their places, with what is known of them.
    An item's place is its row in the pool; items that only stand in a label file, `outside`, come
    behind the pool, in the order of their ids.
    """

    def __init__(self, snapshot: Snapshot, columns: PoolColumns | None = None) -> None:
        self.columns = columns or pool_columns(snapshot)
        self.noted = _noted(snapshot, self.columns)
        self._places = self.noted["place"].to_numpy()
        self.outside = self.noted.filter(self._places >= len(self.columns))
        self._size = len(self.columns) + len(self.outside)
        self._tables = {
            "noted": self.noted,
            "labels": _table(snapshot.labels.items, Labeled),
            "batches": _table(snapshot.logs.proposals, Proposal),
            "annotations": _table(snapshot.logs.events, Event),
        }

    def counts(self, places: RowSet) -> Counter[tuple[str, str]]:
        """How many of the items at these places have each (split, label)."""
        noted = self.noted.filter(places.holds(self._places))
        kinds = (noted[name].to_pylist() for name in ("split", "label"))
        found = Counter(zip(*kinds, strict=True))
        found[UNLABELED, ""] += len(places) - len(noted)
        return +found

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
            left = RowSet(np.union1d(others, self.columns.repeated), self._size, is_rest=True)
        else:
            left = RowSet(noted, self._size)
        sifted = filtered_rows(
            filters, self.columns.pool_words.pool, self.lengths_of_places, opinions
        )
        left = left if sifted is None else left & sifted
        return left & self._holding(filters.words) if read_query(filters.words) else left

    @cached_property
    def lengths_of_places(self) -> NDArray[np.int64]:
        """How many words the item at each place has, `(n_places,)`."""
        return np.concatenate([self.columns.n_words, self.outside["n_words"].to_numpy()])

    def places_of(self, item_ids: Collection[str]) -> NDArray[np.int64]:
        """Every place of these items, as often as they stand in the pool."""
        rows = self.columns.pool_words.pool.rows_of(sorted(item_ids))
        wanted = pa.array(sorted(item_ids), pa.string())
        behind = pc.is_in(self.outside["item_id"], value_set=wanted).to_numpy()
        return np.concatenate([rows, np.flatnonzero(behind) + len(self.columns)])

    def items(self, places: NDArray[np.int64]) -> pd.DataFrame:
        """The items at these places, in this order, with what is known of them."""
        is_noted = is_among(places, self._places)
        noted = self.noted.take(pa.array(np.searchsorted(self._places, places[is_noted])))
        plain = self.columns.items(places[~is_noted])
        for name, value in _UNNOTED.items():
            plain = plain.append_column(name, pa.array([value] * len(plain), pa.string()))
        turns = np.concatenate([np.flatnonzero(is_noted), np.flatnonzero(~is_noted)])
        return pa.concat_tables([noted, plain]).take(pa.array(np.argsort(turns))).to_pandas()

    def sheet(self, opinions: ShownPredictions | None) -> pa.Table:
        """Everything that is known of the item at each place, as columns; null where nothing is.

        The pool's own columns come last; one with a name that is taken is called `pool_…`.
        """
        pool, outside = self.columns.pool_words.pool, self.outside
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
        inside = self.columns.index.find(words)
        outside = self._outside_index.find(words) + len(self.columns)
        return RowSet(np.concatenate([inside, outside]), self._size)

    @cached_property
    def _outside_index(self) -> WordIndex:
        """The index of the items that only stand in label files."""
        tokens, bags = tokens_of(self.outside["text"].to_pylist())
        return make_index(pa.array(tokens, pa.string()), bags)

    def _frame(self, query: str, values: Sequence[object] = ()) -> pd.DataFrame:
        with self.columns.connection.cursor() as cursor:
            for name, table in self._tables.items():
                if name in query:
                    cursor.register(name, table)
            return cursor.execute(query, list(values)).df()


def _where(filters: Filters) -> tuple[str, list[object]]:
    """A condition on `noted` and its parameters."""
    of_batches = "item_id IN (SELECT item_id FROM batches WHERE list_contains(?, batch_id))"
    conditions = {
        "list_contains(?, split)": filters.splits,
        "list_contains(?, label)": filters.labels,
        "list_contains(?, strategy)": filters.strategies,
        "list_contains(?, annotator)": filters.annotators,
        of_batches: filters.batches,
        "labeled_at <> '' AND left(labeled_at, 10) >= ?": filters.since,
        "labeled_at <> '' AND left(labeled_at, 10) <= ?": filters.until,
    }
    asked = {condition: value for condition, value in conditions.items() if value}
    values = [list(value) if isinstance(value, tuple) else value for value in asked.values()]
    return " AND ".join(["true", *asked]), values


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
