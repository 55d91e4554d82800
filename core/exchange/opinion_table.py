"""Opinions on the items of an export: what each person said of them, and which word counts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import pyarrow as pa

from core.exchange.table_writers import Row
from core.workspace.snapshot import Snapshot

DECISION, CORRECTION = "decision", "correction"
"""The roles of words that are about the label itself: given where opinions differ, or later on."""

_KINDS = {"counts": pa.int64(), "seconds": pa.float64(), "assisted": pa.int64()}
_FIELDS = (
    "item_id", "text", "annotator", "role", "label", "counts", "split", "labeled_at", "seconds",
    "assisted", "note", "batch_id",
)  # fmt: skip
OPINION_SCHEMA = pa.schema([(name, _KINDS.get(name, pa.string())) for name in _FIELDS])
"""The columns of opinions; `counts` is 1 for the word that is the item's label, else 0."""

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
            given = {name: getattr(event, name, "") for name in _FIELDS}
            counting = words.counting.get(event.item_id)
            counts = counting is not None and counting.event_id == event.event_id
            known = {"role": role, "counts": int(counts), "assisted": int(event.assisted)}
            found[event.item_id].append(given | about[event.item_id] | known)
    return found
