"""Tables of what an export holds: the labels that count, with where each came from, and opinions.

A row per item and split; of opinions, a row for each word that a person said of an item.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from core.pool.items import Pool
from core.workspace.labels import Labeled, last_words
from core.workspace.logs import read_aliases
from core.workspace.snapshot import Snapshot
from core.workspace.task import SPLITS, Task

EXPORT_FIELDS: tuple[str, ...] = (
    "item_id", "text", "label", "split", "strategy", "confidence", "score", "predicted",
    "run_id", "seed", "batch_id", "proposed_at", "proposed_to", "rank", "event_id",
    "annotator", "labeled_at", "seconds", "assisted", "note", "definitions",
)  # fmt: skip
"""The columns that every export begins with; the pool's own columns follow.

Exports of earlier versions lack the last one.
"""

ALIAS_OF = "alias_of"  # follows them where ids have the text of an item: that item

OPINION_FIELDS = (
    "item_id", "text", "annotator", "role", "label", "counts", "split", "labeled_at", "seconds",
    "assisted", "note", "batch_id",
)  # fmt: skip
"""The columns of opinions; `counts` is 1 for the word that is the item's label, else 0."""

DECISION, CORRECTION = "decision", "correction"
"""The roles of words that are about the label itself: given where opinions differ, or later on."""

FLOATS = ("confidence", "score", "seconds")
WHOLE = ("seed", "rank", "assisted", "counts")
"""Columns of numbers; `assisted` is 0 or 1. All others are texts, never null."""

OWN = "pool_"  # stands before the name of a pool's column whose name is taken

Cell = str | int | float | None
Row = dict[str, Cell]

OF_ITEM = EXPORT_FIELDS[:6]  # the columns that an item itself says

_KINDS = dict.fromkeys(FLOATS, pa.float64()) | dict.fromkeys(WHOLE, pa.int64())
SCHEMA = pa.schema([(name, _KINDS.get(name, pa.string())) for name in EXPORT_FIELDS])
OPINION_SCHEMA = pa.schema([(name, _KINDS.get(name, pa.string())) for name in OPINION_FIELDS])


def provenance(
    snapshot: Snapshot, splits: Collection[str] = SPLITS, *, retired: bool = False
) -> pa.Table:
    """`EXPORT_FIELDS`, then the pool's own columns, of the labels of these splits.

    Rows are in the order of the splits. Numbers that nobody wrote down are null, as are those of
    the batch and the event for a label that only stands in a label file; texts are then empty.
    With `retired` labels that are not offered any more are there, too.
    """
    items = [item for split in SPLITS if split in splits for item in snapshot.labels.splits[split]]
    if retired:
        items += [item for item in snapshot.labels.retired if item.split in splits]
        items = [replace(item, label=given(item, snapshot.workspace.task)) for item in items]
        items.sort(key=lambda item: SPLITS.index(item.split))
    # Of an item that a batch holds twice, one.
    items = list({(item.split, item.item_id): item for item in items}.values())
    proposals = {(each.batch_id, each.item_id): each for each in snapshot.logs.proposals}
    words = last_words(snapshot.logs, snapshot.workspace.task, [])
    rows = []
    for item in items:
        row = {name: getattr(item, name) for name in OF_ITEM}
        if item.batch_id:
            proposal, event = proposals[item.batch_id, item.item_id], words[item.item_id]
            row = vars(proposal) | vars(event) | row | {"assisted": int(event.assisted)}
            row |= {"proposed_at": proposal.created_at, "proposed_to": proposal.annotator}
        rows.append(row)
    found = pa.Table.from_pylist(rows, SCHEMA)
    texts = {name: found[name].fill_null("") for name in EXPORT_FIELDS if name not in _KINDS}
    known = {name: texts.get(name, found[name]) for name in EXPORT_FIELDS}
    own = _own_columns(snapshot.pool_words.pool, [item.item_id for item in items])
    return pa.table(known | own)


def given(item: Labeled, task: Task) -> str:
    """The answer that an item was given, with the labels in it that are retired."""
    return task.answer((*task.chosen(item.label), *item.retired)) if task.several else item.label


def with_aliases(snapshot: Snapshot, table: pa.Table) -> pa.Table:
    """The table with a row behind an item for each of its aliases, and the column `ALIAS_OF`.

    The pool's own columns are empty there. Without aliases it is the table itself.
    """
    aliases = read_aliases(snapshot.workspace.aliases, [])
    in_pool = snapshot.pool_words.pool.positions(aliases)
    of_item: dict[str, list[str]] = defaultdict(list)
    for alias_id, item_id in aliases.items():
        if alias_id not in in_pool:
            of_item[item_id].append(alias_id)
    rows = [
        (at, given, item_id if given != item_id else "")
        for at, item_id in enumerate(table["item_id"].to_pylist())
        for given in (item_id, *of_item.get(item_id, ()))
    ]
    if len(rows) == len(table):
        return table
    places, ids, alias_of = (pa.array(each) for each in zip(*rows, strict=True))
    found, n_known = table.take(places), len(EXPORT_FIELDS)
    is_alias = pc.not_equal(alias_of, "")
    columns = {"item_id": ids, **{name: found[name] for name in EXPORT_FIELDS[1:]}}
    own = {x: pc.if_else(is_alias, "", found[x]) for x in found.column_names[n_known:]}
    return pa.table(columns | {ALIAS_OF: alias_of} | own)


def own_names(columns: Sequence[str]) -> dict[str, str]:
    """What each of the pool's own columns is called in an export, where a name may be taken.

    Names that differ in case alone are one name to many programs: `Label` is `pool_Label` there.
    """
    given = {*EXPORT_FIELDS, ALIAS_OF}
    taken = given | {name.casefold() for name in columns}
    names = {}
    for name in columns:
        called = name
        if called.casefold() in given:
            while called.casefold() in taken | given:
                called = OWN + called
        given.add(called.casefold())
        names[name] = called
    return names


def _own_columns(pool: Pool, item_ids: Sequence[str]) -> Mapping[str, pa.Array]:
    """The pool's own columns of these items; empty for those that it does not have."""
    at = pool.positions(item_ids)
    places = pa.array([at.get(item) for item in item_ids], pa.int64())
    return {
        called: pool.table[name].chunk(0).take(places).fill_null("").cast(pa.string())
        for name, called in own_names(pool.columns).items()
    }


Opinions = Mapping[str, Sequence[Row]]
"""The words on each item, the earliest first, as rows of `OPINION_SCHEMA`."""


def opinions_of(snapshot: Snapshot, table: pa.Table) -> Opinions:
    """What people said of the items of this table of `provenance`, each item once.

    Of each person the last word in each role (`first`, `second opinion`, `repeat`), then the
    decision or correction that stands. A label that only stands in a label file has no row.
    """
    words = snapshot.labels.words
    about = {x["item_id"]: x for x in table.select(["item_id", "text", "split"]).to_pylist()}
    said = [(x.event, x.role) for x in sorted(words.opinions, key=lambda opinion: opinion.turn)]
    said += [(event, DECISION) for event in words.adjudicated.values()]
    corrected = words.corrected.keys() - words.adjudicated.keys()
    said += [(words.counting[item_id], CORRECTION) for item_id in corrected]
    found: dict[str, list[Row]] = defaultdict(list)
    for event, role in said:
        if event.item_id in about:
            given = {name: getattr(event, name, "") for name in OPINION_FIELDS}
            counting = words.counting.get(event.item_id)
            counts = counting is not None and counting.event_id == event.event_id
            known = {"role": role, "counts": int(counts), "assisted": int(event.assisted)}
            found[event.item_id].append(given | about[event.item_id] | known)
    return found
