"""DuckDB over the clean tables: what the pages ask of a workspace, and nothing that they draw.

One in-memory database for each state of the files, shared by all sessions: every question goes
through a cursor of its own, since one connection in several threads gives wrong answers.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from core.features import LENGTHS
from core.labels import Labeled
from core.logs import Event, Proposal, Run
from core.loop import Loop
from core.pool import ID, TEXT

UNLABELED = "unlabeled"


@dataclass(frozen=True)
class Filters:
    """What a draw is made from; an empty choice leaves everything."""

    splits: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drawn:
    """Items of one draw in their random order, and how many there were to draw from."""

    items: pd.DataFrame
    matching: int


class Tables:
    """The tables of one state of the loop: `items`, `labels`, `batches`, `annotations`, `runs`."""

    def __init__(self, loop: Loop) -> None:
        self._connection = duckdb.connect()
        self._load("pool", _pool_table(loop))
        labeled = [item for items in loop.labels.splits.values() for item in items]
        self._load("labels", _table(labeled, Labeled))
        self._load("batches", _table(loop.logs.proposals, Proposal))
        self._load("annotations", _table(loop.logs.events, Event))
        self._load("runs", _table(loop.logs.runs, Run))
        self._connection.execute(_ITEMS)

    def draw(self, filters: Filters, number: int, seed: int) -> Drawn:
        """A uniform draw without replacement from what the filters leave."""
        where, values = _where(filters)
        places = self._frame(f"SELECT place FROM items WHERE {where} ORDER BY place", values)
        generator = np.random.default_rng(seed)
        size = min(number, len(places))
        chosen = generator.choice(places["place"].to_numpy(np.int64), size, replace=False)
        items = self._frame(
            "SELECT items.* FROM items JOIN (SELECT unnest(?) AS place, "
            "generate_subscripts(?, 1) AS turn) USING (place) ORDER BY turn",
            [chosen.tolist(), chosen.tolist()],
        )
        return Drawn(items, len(places))

    def strategies(self) -> list[str]:
        """The strategies that labeled items came from, most frequent first."""
        query = "SELECT strategy FROM labels WHERE strategy <> '' GROUP BY 1 ORDER BY count(*) DESC"
        return self._frame(query)["strategy"].tolist()

    def batches(self) -> pd.DataFrame:
        """Every batch, the newest first; `active` if a model chose it."""
        return self._frame(_BATCHES)

    def picks(self, batch_id: str | None, strategy: str) -> pd.DataFrame:
        """What this strategy chose, in one batch or in all, lowest score first, with its label.

        An item that was handed over stands once, in the batch that proposed it last.
        """
        return self._frame(_PICKS, [strategy, batch_id, batch_id])

    def strategy_yield(self, positive: str) -> pd.DataFrame:
        """Per strategy and batch of the training split: items, labeled, positive, differing.

        `differing` counts labels other than what the run of that time predicted, `predicted` how
        many labeled items had a prediction.
        """
        return self._frame(_YIELD, [positive])

    def lengths(self) -> pd.DataFrame:
        """Items per length bucket, for the pool and for each strategy's labeled items."""
        return self._frame(_LENGTHS)

    def annotators(self) -> pd.DataFrame:
        """Whose labels count how often now, their median seconds a label, the day of the latest."""
        return self._frame(_ANNOTATORS)

    def _load(self, name: str, table: pa.Table) -> None:
        self._connection.register("incoming", table)
        self._connection.execute(f"CREATE TABLE {name} AS FROM incoming")
        self._connection.unregister("incoming")

    def _frame(self, query: str, values: Sequence[object] = ()) -> pd.DataFrame:
        with self._connection.cursor() as cursor:
            return cursor.execute(query, list(values)).df()


def _where(filters: Filters) -> tuple[str, list[object]]:
    """A condition on `items` and its parameters."""
    conditions, values = ["true"], []
    for column, chosen in (
        ("split", filters.splits),
        ("label", filters.labels),
        ("strategy", filters.strategies),
    ):
        if chosen:
            conditions.append(f"list_contains(?, {column})")
            values.append(list(chosen))
    return " AND ".join(conditions), values


def _pool_table(loop: Loop) -> pa.Table:
    """The pool's first row of each id, with the number of words. The pool's columns keep theirs."""
    words = loop.pool_words
    table = words.pool.table.select([ID, TEXT])
    return table.append_column("n_words", pa.array(words.bags.lengths))


_ARROW = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
_ARROW |= {float | None: pa.float64(), int | None: pa.int64()}


def _table(records: Sequence[object], kind: type) -> pa.Table:
    schema = pa.schema([(field.name, _ARROW[field.type]) for field in fields(kind)])
    return pa.Table.from_pylist([asdict(record) for record in records], schema=schema)


_BUCKET = f"""CASE WHEN n_words < {LENGTHS[1][0]} THEN '{LENGTHS[0][1]}'
    WHEN n_words < {LENGTHS[2][0]} THEN '{LENGTHS[1][1]}' ELSE '{LENGTHS[2][1]}' END"""

# Every item once: the pool's, and those that only stand in a label file.
_ITEMS = f"""
CREATE TABLE items AS
WITH known AS (
    SELECT item_id, arg_min(text, rowid) AS text, arg_min(n_words, rowid) AS n_words,
        min(rowid) AS place
    FROM pool GROUP BY item_id
), label AS (
    SELECT item_id, any_value(text) AS text, any_value(label) AS label,
        any_value(split) AS split, any_value(strategy) AS strategy,
        any_value(batch_id) AS batch_id
    FROM labels GROUP BY item_id
)
SELECT row_number() OVER (ORDER BY place NULLS LAST, item_id) - 1 AS place, item_id,
    coalesce(known.text, label.text) AS text,
    coalesce(n_words, len(regexp_split_to_array(trim(label.text), '\\s+'))) AS n_words,
    coalesce(split, '{UNLABELED}') AS split, coalesce(label, '') AS label,
    coalesce(strategy, '') AS strategy, coalesce(batch_id, '') AS batch_id
FROM known FULL JOIN label USING (item_id)
"""

_BATCHES = """
SELECT batches.batch_id, any_value(batches.split) AS split,
    any_value(batches.annotator) AS annotator, min(created_at) AS created_at,
    count(*) AS items, count(label) AS labeled,
    bool_or(run_id <> '') AS active
FROM batches LEFT JOIN labels USING (item_id, batch_id)
GROUP BY batches.batch_id ORDER BY batches.batch_id DESC
"""

_PICKS = """
SELECT batches.batch_id, rank, item_id, items.text, items.n_words, batches.score, predicted,
    batches.confidence, coalesce(labels.label, '') AS label
FROM batches JOIN items USING (item_id) LEFT JOIN labels USING (item_id)
WHERE batches.strategy = ? AND batches.split = 'training' AND run_id <> ''
    AND (? IS NULL OR batches.batch_id = ?)
QUALIFY row_number() OVER (PARTITION BY item_id ORDER BY batches.batch_id DESC) = 1
ORDER BY batches.score, batches.batch_id, rank
"""

_YIELD = """
SELECT coalesce(nullif(labels.strategy, ''), 'not recorded') AS strategy,
    coalesce(nullif(labels.batch_id, ''), 'label files') AS batch_id,
    count(*) AS labeled, count(*) FILTER (labels.label = ?) AS positive,
    count(*) FILTER (predicted <> '') AS predicted,
    count(*) FILTER (predicted <> '' AND predicted <> labels.label) AS differing
FROM labels LEFT JOIN batches USING (item_id, batch_id)
WHERE labels.split = 'training'
GROUP BY ALL ORDER BY batch_id, strategy
"""

_LENGTHS = f"""
WITH counted AS (
    SELECT 'pool' AS strategy, {_BUCKET} AS length FROM pool
    UNION ALL
    SELECT strategy, {_BUCKET} FROM items WHERE split = 'training' AND strategy <> ''
), grouped AS (
    SELECT strategy, length, count(*) AS items FROM counted GROUP BY strategy, length
)
SELECT *, items / sum(items) OVER (PARTITION BY strategy) AS share
FROM grouped ORDER BY strategy, length
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
