"""Comparison of imported items and labels with those that are here: what is to be appended.

A label that is another here stays as it is here: who brings a table does not overrule who labeled.
What was taken back may be brought again, with an event of its own: the log has the last word.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import count
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.exchange.import_types import IMPORTED, ImportedLabel, TableContents, event_id, of_batch
from core.exchange.provenance import given
from core.pool.hashing import found_at
from core.system.csv_rows import BadRow
from core.workspace.labels import Labeled, last_words, read_label_rows
from core.workspace.logs import TAKEN_BACK, Event, Proposal, now
from core.workspace.snapshot import Snapshot
from core.workspace.task import NONE

NEW, OUT = -1, -2  # in place of an item's place: the pool lacks it; it is not to be taken

TAKEN = "has an item_id under which the pool has another text"


@dataclass(frozen=True)
class Matched:
    """What the pool has of a table's items.

    `at` is each item's place in the pool, NEW or OUT, `(n_items,)`; `wanted` are the labels of the
    items that are taken, under the pool's ids and with its texts; `aliases` the item of each id
    whose row has the text of another row; `bad` rows of an id that has another text.
    """

    at: NDArray[np.int64]
    wanted: list[ImportedLabel]
    aliases: dict[str, str]
    bad: list[BadRow]


def match(snapshot: Snapshot, incoming: TableContents, known: Mapping[str, str]) -> Matched:
    """Where the pool has the table's items; `known` are the workspace's aliases."""
    at, bad = _places(snapshot, incoming, known)
    known_at = np.flatnonzero(at >= 0)
    ids = snapshot.pool_words.pool.ids.take(pa.array(at[known_at])).to_pylist()
    own = (incoming.item_ids[place] for place in known_at)
    names = {name: item_id for name, item_id in zip(own, ids, strict=True) if name != item_id}
    aliases, taken = _aliases(snapshot, incoming, at, names, known)
    return Matched(at, _wanted(snapshot, incoming, at, names), aliases, [*bad, *taken])


def _places(
    snapshot: Snapshot, incoming: TableContents, aliases: Mapping[str, str]
) -> tuple[NDArray[np.int64], list[BadRow]]:
    """(each item's place in the pool, NEW or OUT, rows that are refused)."""
    words, items = snapshot.pool_words, incoming.item_ids
    by_id = words.pool.positions([*items, *(aliases[x] for x in items if x in aliases)])
    at = np.array([by_id.get(x, by_id.get(aliases.get(x, ""), NEW)) for x in items], np.int64)
    is_other = (at >= 0) & (words.keys[at] != incoming.keys) if len(words.keys) else at >= 0
    at[is_other] = OUT
    bad = [BadRow(incoming.lines[place], TAKEN) for place in np.flatnonzero(is_other)]
    unknown = np.flatnonzero(at == NEW)
    keys = incoming.keys[unknown].view(np.int64)
    copies = found_at(words.keys.view(np.int64), words.key_order, keys)
    at[unknown] = [int(places[0]) if len(places) else NEW for places in copies]
    return at, bad


def _aliases(
    snapshot: Snapshot, incoming: TableContents, at: NDArray[np.int64], names: Mapping[str, str],
    known: Mapping[str, str],
) -> tuple[dict[str, str], list[BadRow]]:  # fmt: skip
    """(the item of each id whose row has the text of another row, rows of an id that is taken)."""
    words, items = snapshot.pool_words, incoming.item_ids
    rows = list(incoming.aliases)
    if not incoming.ids_made and names:
        here = np.flatnonzero(at >= 0).tolist()
        rows += [(incoming.lines[x], items[x], x) for x in here if items[x] in names]
    ids = [alias_id for _, alias_id, _ in rows]
    in_pool = words.pool.positions([*ids, *(known[x] for x in ids if x in known)])
    found, bad = {}, []
    is_out = (at == OUT).tolist()
    for line, alias_id, place in rows:
        other = in_pool.get(alias_id, in_pool.get(known.get(alias_id, ""))) if in_pool else None
        if is_out[place]:
            continue
        if other is None:
            found[alias_id] = names.get(items[place], items[place])
        elif words.keys[other] != incoming.keys[place]:
            bad.append(BadRow(line, TAKEN))
        elif alias_id not in in_pool:
            found[alias_id] = known[alias_id]
    return found, bad


def _wanted(
    snapshot: Snapshot, incoming: TableContents, at: NDArray[np.int64], names: Mapping[str, str]
) -> list[ImportedLabel]:
    """The labels of the items that are taken, under the pool's ids and with its texts."""
    is_out = {incoming.item_ids[place] for place in np.flatnonzero(at == OUT)}
    texts = snapshot.pool_words.pool.texts_of(names.values())
    wanted = []
    for each in incoming.wanted:
        if each.item.item_id in is_out:
            continue
        if item_id := names.get(each.item.item_id):
            item = replace(each.item, item_id=item_id, text=texts[item_id])
            further = (x and replace(x, item_id=item_id) for x in (each.proposal, each.event))
            each = ImportedLabel(item, *further)
        wanted.append(each)
    return wanted


class BroughtLabel(NamedTuple):
    """A label that an import brings: by an event, by a row of a label file, or by both.

    `stood` tells whether a row counted before that says the same.
    """

    item_id: str
    split: str
    label: str
    event_id: str
    stood: bool


@dataclass
class MissingRows:
    """What is to be appended, in this order. `labels` are those that are new by it.

    `known` counts those that stand here already; `differing` are the items that have another label
    here, two, or one that was taken back.
    """

    rows: list[Labeled] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    labels: list[BroughtLabel] = field(default_factory=list)
    known: int = 0
    differing: list[str] = field(default_factory=list)


def missing_rows(
    snapshot: Snapshot, wanted: Sequence[ImportedLabel], planned: Set[BroughtLabel] = frozenset()
) -> MissingRows:
    """What the workspace's files lack of these labels; nothing if they were brought in before.

    `planned` are labels of earlier imports, of which a crash may have left a part.
    """
    here, found = _Here(snapshot, wanted, planned), MissingRows()
    for each in here.wanted:
        if here.differs(each):
            found.differing.append(each.item.item_id)
        elif here.is_settled(each) or not here.add(each, found):
            found.known += 1
    return found


class _Here:
    def __init__(
        self, snapshot: Snapshot, wanted: Sequence[ImportedLabel], planned: Set[BroughtLabel]
    ) -> None:
        labels, logs, self._task = snapshot.labels, snapshot.logs, snapshot.workspace.task
        self._planned = {each[:3] for each in planned}
        self._here = {
            item.item_id: replace(item, label=given(item, self._task)) if item.retired else item
            for item in (*labels.items, *labels.retired)
        }
        self._undecided = {conflict.item_id for conflict in labels.conflicts}
        self._words = last_words(logs, self._task, [])
        self._gone = {
            item_id: word
            for item_id, word in self._words.items()
            if (word.action, word.note) == ("undo", TAKEN_BACK)
        }
        self._ranks = count(1)
        self.wanted = [self._anew(each) for each in wanted]
        rows = read_label_rows(snapshot.workspace, [])
        self._rows = {key for row in rows for key in self._keys(row)}
        self._events = {event.event_id for event in logs.events}
        self._proposed = {(each.batch_id, each.item_id) for each in logs.proposals}

    def differs(self, wanted: ImportedLabel) -> bool:
        """Whether the item has another label here, two of them, or one that was taken back."""
        item_id = wanted.item.item_id
        here, word = self._here.get(item_id), self._words.get(item_id)
        is_undone = word and word.action == "undo" and item_id not in self._gone
        is_other = here is not None and here.label != wanted.item.label
        if is_other and not here.batch_id and here.split == wanted.item.split:
            is_other = not self._is_cut_short(here, wanted.item)
        return bool(item_id in self._undecided or is_undone or is_other)

    def _is_cut_short(self, here: Labeled, wanted: Labeled) -> bool:
        """Whether the item's rows are a part of those that an import was to bring."""
        had, all_of_them = (set(self._task.chosen(x.label)) for x in (here, wanted))
        is_planned = (wanted.item_id, wanted.split, wanted.label) in self._planned
        return is_planned and had < all_of_them and here.label != NONE

    def is_settled(self, wanted: ImportedLabel) -> bool:
        """Whether somebody here has given the item this label, or it counts in another split."""
        here = self._here.get(wanted.item.item_id)
        if here is None:
            return False
        if here.split != wanted.item.split:
            return True
        word = self._words.get(wanted.item.item_id)
        is_brought = wanted.event and word and word.event_id == wanted.event.event_id
        return word is not None and not is_brought

    def add(self, wanted: ImportedLabel, found: MissingRows) -> bool:
        """Adds what the files lack of this label; whether they lack anything."""
        item, event = wanted.item, None
        missing = [key for key in self._keys(item) if key not in self._rows]
        self._rows.update(missing)
        found.rows += [replace(item, label=key[1]) for key in missing]
        if wanted.proposal and wanted.event:
            if (wanted.proposal.batch_id, item.item_id) not in self._proposed:
                found.proposals.append(wanted.proposal)
            if wanted.event.event_id not in self._events:
                event = wanted.event
                found.events.append(event)
        if missing or event:
            about = item.item_id, item.split, item.label, event.event_id if event else ""
            stood = not missing and item.item_id not in self._gone
            found.labels.append(BroughtLabel(*about, stood))
        return bool(missing or event)

    def _keys(self, item: Labeled) -> list[tuple[str, ...]]:
        """What makes the rows of an item the same as others, one for each label.

        What was taken back may come again with another text.
        """
        text = (item.text,) if item.item_id in self._gone else ()
        values = self._task.filed_under(item.label)
        return [(item.split, value, item.item_id, *text) for value in values]

    def _anew(self, wanted: ImportedLabel) -> ImportedLabel:
        """The label; of an item that was taken back with an event that the log does not have."""
        item, word = wanted.item, self._gone.get(wanted.item.item_id)
        if word is None:
            return wanted
        if wanted.event is None:
            batch_id = f"{IMPORTED}{word.event_id[:8]}-{item.split}"
            return of_batch(item, batch_id, next(self._ranks), now())
        given = event_id(item, word.event_id + wanted.event.event_id)
        return replace(wanted, event=replace(wanted.event, event_id=given))
