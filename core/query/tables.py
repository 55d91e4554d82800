"""Items of a workspace by their rows: filtered, counted, and as one table.

What depends on the pool alone is read once (`pool_columns`) and shared by all sessions: its texts
stay where they are, mapped into memory. What is known of items that are labeled or proposed is
small. One rule holds for all questions: every filter is a mask over arrays (`masks`), and what is
counted is counted in Python.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.pool.bags import Mask
from core.pool.hashing import firsts, is_among
from core.pool.search import find, read_query
from core.pool.splitting import split_texts
from core.pool.words import PoolWords
from core.query.filters import UNLABELED, Filters
from core.query.masks import noted_left, rows_left
from core.query.row_set import RowSet
from core.query.shown_predictions import ShownPredictions
from core.workspace.logs import Proposal
from core.workspace.snapshot import Snapshot
from core.workspace.task import NONE

MOST_VALUES = 50  # values of a column that can be chosen from a list


@dataclass(frozen=True)
class PoolColumns:
    """The pool by columns, with `n_words` of each item, `(n_pool,)`.

    `repeated` are the rows of items whose id stood in the pool before, ascending: an item counts
    once, by its first row.
    """

    pool_words: PoolWords
    n_words: NDArray[np.int32]
    repeated: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.n_words)

    @cached_property
    def values(self) -> dict[str, tuple[str, ...] | None]:
        """The values of each of the pool's own columns, the most frequent first.

        None for a column with more than `MOST_VALUES` of them; empty values are left out.
        """
        pool = self.pool_words.pool
        return {name: _values(pool.table[name].chunk(0)) for name in pool.columns}

    def items(self, rows: NDArray[np.int64]) -> pa.Table:
        """Place, id, text and number of words of these items, in this order."""
        at, pool = pa.array(rows, pa.int64()), self.pool_words.pool
        return pa.table(
            {
                "place": at,
                "item_id": pool.ids.take(at).cast(pa.string()),
                "text": pool.texts.take(at).cast(pa.string()),
                "n_words": pa.array(self.n_words[rows].astype(np.int64)),
            }
        )


def pool_columns(snapshot: Snapshot) -> PoolColumns:
    """The columns of the snapshot's pool."""
    words, pool = snapshot.pool_words, snapshot.pool_words.pool
    n_words = words.word_bags.lengths.astype(np.int32)
    repeated = np.flatnonzero(~firsts(pool.id_hashes, pool.id_order))
    return PoolColumns(words, n_words, repeated)


def _values(column: pa.Array) -> tuple[str, ...] | None:
    """The column's values, the most frequent first; None if there are too many."""
    if len(pc.unique(column.slice(0, 10 * MOST_VALUES))) > MOST_VALUES + 1:
        return None  # as a look at the first rows has told
    counted = pc.value_counts(column)
    if len(counted) > MOST_VALUES:
        return None
    counts = zip(counted.field(1).to_pylist(), counted.field(0).to_pylist(), strict=True)
    return tuple(value for _, value in sorted((-n, value) for n, value in counts) if value)


class Tables:
    """All items of one snapshot.

    Rows are those of the pool; items that only stand in a label file come behind it, in the order
    of their ids. `noted` has those that are labeled or proposed by their rows, with what is known
    of them, `outside` those behind the pool.
    """

    def __init__(self, snapshot: Snapshot, columns: PoolColumns | None = None) -> None:
        self.columns, self._logs = columns or pool_columns(snapshot), snapshot.logs
        self._labeled, self._task = snapshot.labels.items, snapshot.workspace.task
        self.noted = _noted(snapshot, self.columns)
        self._rows = self.noted["place"].to_numpy()
        self.outside = self.noted.filter(self._rows >= len(self.columns))
        self._size = len(self.columns) + len(self.outside)

    def counts(self, rows: RowSet) -> Counter[tuple[str, str]]:
        """How many of the items at these rows have each (split, label)."""
        noted = self.noted.filter(rows.holds(self._rows))
        kinds = (noted[name].to_pylist() for name in ("split", "label"))
        found = Counter(zip(*kinds, strict=True))
        found[UNLABELED, ""] += len(rows) - len(noted)
        return +found

    def rows(self, filters: Filters, shown: ShownPredictions | None = None) -> RowSet:
        """The rows that the filters leave; without predictions nothing is predicted."""
        if self._task.several:
            filters = self._of_answers(filters, shown)
        chosen = set(filters.batches)
        proposed = {p.item_id for p in self._logs.proposals if chosen and p.batch_id in chosen}
        noted = self._rows[noted_left(filters, self.noted, proposed, shown)]
        if filters.leave_unlabeled():
            others = self._rows[~is_among(self._rows, noted)]
            left = RowSet(np.union1d(others, self.columns.repeated), self._size, is_rest=True)
        else:
            left = RowSet(noted, self._size)
        pool = self.columns.pool_words.pool
        left &= rows_left(filters, pool, self.lengths_of_rows, shown)
        if read_query(filters.words).patterns:
            left &= self._holding(filters.words)
        return left

    def _of_answers(self, filters: Filters, shown: ShownPredictions | None) -> Filters:
        """The filters with every answer that holds one of the labels that they name."""

        def holding(labels: tuple[str, ...], answers: Collection[str]) -> tuple[str, ...]:
            wanted = set(labels)
            found = (x for x in answers if wanted.intersection(self._task.chosen(x) or (NONE,)))
            return tuple(found) or labels

        given = {item.label for item in self._labeled}
        predicted = holding(filters.predicted, shown.answers if shown else ())
        return replace(filters, labels=holding(filters.labels, given), predicted=predicted)

    @cached_property
    def lengths_of_rows(self) -> NDArray[np.int64]:
        """How many words the item at each row has, `(n_rows,)`."""
        return np.concatenate([self.columns.n_words, self.outside["n_words"].to_numpy()])

    def rows_of(self, item_ids: Collection[str]) -> NDArray[np.int64]:
        """Every row of these items, as often as they stand in the pool."""
        rows = self.columns.pool_words.pool.rows_of(sorted(item_ids))
        wanted = pa.array(sorted(item_ids), pa.string())
        behind = pc.is_in(self.outside["item_id"], value_set=wanted).to_numpy()
        return np.concatenate([rows, np.flatnonzero(behind) + len(self.columns)])

    def items(self, rows: NDArray[np.int64]) -> pd.DataFrame:
        """The items at these rows, in this order, with what is known of them."""
        is_noted = is_among(rows, self._rows)
        noted = self.noted.take(pa.array(np.searchsorted(self._rows, rows[is_noted])))
        plain = self.columns.items(rows[~is_noted])
        for name, value in _UNNOTED.items():
            plain = plain.append_column(name, pa.array([value] * len(plain), pa.string()))
        turns = np.concatenate([np.flatnonzero(is_noted), np.flatnonzero(~is_noted)])
        return pa.concat_tables([noted, plain]).take(pa.array(np.argsort(turns))).to_pandas()

    def sheet(self, shown: ShownPredictions | None, blind: Collection[str] = ()) -> pa.Table:
        """The item at each row as it is taken away; null where nothing is known.

        Id, text, the pool's own columns, then what is known (`KNOWN`), but not of the `blind`
        items. A column of the pool with a name that is taken is called `pool_…`.
        """
        pool, outside = self.columns.pool_words.pool, self.outside
        columns = {
            "item_id": _joined(pool.ids, outside["item_id"]),
            "text": _joined(pool.texts, outside["text"]),
        }
        is_blind = np.zeros(self._size, bool)
        is_blind[self.rows_of(blind)] = True
        known = {name: self._at_rows(name, is_blind) for name in _UNNOTED}
        known |= _predicted_columns(shown, is_blind)
        taken = {*columns, *known}
        for name in pool.columns:
            free = name
            while free.lower() in taken:
                free = f"pool_{free}"
            taken.add(free.lower())
            nothing = pa.chunked_array([pa.nulls(len(outside), pa.large_string())])
            columns[free] = _joined(pool.table[name].chunk(0), nothing)
        return pa.table(columns | known)

    @cached_property
    def names(self) -> list[str]:
        """The columns of the sheet."""
        return self.sheet(None).column_names

    @cached_property
    def longest(self) -> int:
        """Bytes of the longest text or value of the pool's own columns."""
        sheet = self.sheet(None)
        names = (name for name in self.names if name not in KNOWN)
        return max((pc.max(pc.binary_length(sheet[x])).as_py() or 0 for x in names), default=0)

    def _at_rows(self, name: str, is_blind: Mask) -> pa.Array:
        """What is noted under this name at each row; null for what is empty, and of the blind."""
        noted = self.noted[name].combine_chunks()
        values = pa.concat_arrays([noted, pa.array([_UNNOTED[name]])]).dictionary_encode()
        indices = np.full(self._size, values.indices[-1].as_py(), np.int32)
        indices[self._rows] = values.indices[:-1].to_numpy()
        is_empty = pc.index(values.dictionary, "").as_py()
        indices = pa.array(indices, mask=is_blind | (indices == is_empty))
        return pa.DictionaryArray.from_arrays(indices, values.dictionary)

    def strategies(self) -> list[str]:
        """The strategies that labeled items came from, most frequent first."""
        counted = Counter(item.strategy for item in self._labeled if item.strategy)
        return [name for name, _ in counted.most_common()]

    def who(self) -> list[str]:
        """Whose labels count now, by name."""
        return sorted({item.annotator for item in self._labeled if item.annotator})

    @cached_property
    def batches(self) -> pd.DataFrame:
        """Every batch, the newest first, and how many of its items are labeled."""
        labeled = Counter(item.batch_id for item in self._labeled)
        batches: dict[str, Proposal] = {}
        for proposal in self._logs.proposals:
            batches.setdefault(proposal.batch_id, proposal)
        rows = [
            (batch_id, first.split, first.annotator, first.created_at, labeled[batch_id])
            for batch_id, first in sorted(batches.items(), reverse=True)
        ]
        names = ["batch_id", "split", "annotator", "created_at", "labeled"]
        return pd.DataFrame(rows, columns=names)

    def _holding(self, words: str) -> RowSet:
        """The items that hold these words."""
        outside = find(self.outside["text"], words) + len(self.columns)
        return RowSet(np.concatenate([self.columns.pool_words.holding(words), outside]), self._size)


_UNNOTED = {"split": UNLABELED} | dict.fromkeys(
    ["label", "strategy", "batch_id", "annotator", "labeled_at"], ""
)
"""What is known of an item that is neither labeled nor proposed."""

KNOWN = (*_UNNOTED, "confidence", "predicted")
"""The columns of a sheet that change with labels and models."""


def _noted(snapshot: Snapshot, columns: PoolColumns) -> pa.Table:
    """The items that are labeled or proposed, by their rows, with what is known of them."""
    label_of = snapshot.labels.by_id
    proposed = (proposal.item_id for proposal in snapshot.logs.proposals)
    at = snapshot.pool_words.pool.positions([*label_of, *proposed])
    inside = sorted(at, key=at.__getitem__)
    outside = sorted(label_of.keys() - at.keys())
    known = columns.items(np.array([at[item] for item in inside], np.int64))
    texts = [label_of[item].text for item in outside]
    _, words = split_texts(texts, snapshot.pool_words.splitting)
    behind = {
        "place": pa.array(range(len(columns), len(columns) + len(outside)), pa.int64()),
        "item_id": pa.array(outside, pa.string()),
        "text": pa.array(texts, pa.string()),
        "n_words": pa.array(words.lengths, pa.int64()),
    }
    table = pa.concat_tables([known, pa.table(behind)])
    for name, value in _UNNOTED.items():
        values = [getattr(label_of.get(item), name, value) for item in (*inside, *outside)]
        table = table.append_column(name, pa.array(values, pa.string()))
    return table.combine_chunks()


def _joined(inside: pa.Array, outside: pa.ChunkedArray) -> pa.ChunkedArray:
    """Two parts of one column, without a copy of the first."""
    return pa.chunked_array([inside, *outside.cast(inside.type).chunks])


def _predicted_columns(shown: ShownPredictions | None, is_blind: Mask) -> dict[str, pa.Array]:
    """The prediction at each row; null where it must not be shown, or there is none."""
    if shown is None:
        types = {"confidence": pa.float32(), "predicted": pa.string()}
        return {name: pa.nulls(len(is_blind), kind) for name, kind in types.items()}
    is_null = is_blind | (shown.predicted < 0)
    indices = pa.array(np.maximum(shown.predicted, 0), mask=is_null)
    labels = pa.array(shown.answers, pa.string())
    return {
        "confidence": pa.array(shown.confidence, mask=is_null),
        "predicted": pa.DictionaryArray.from_arrays(indices, labels),
    }
