"""Comparison of imported labels with those that stand here: what is to be appended.

A label that stands here already is not written again, and one that is another here stays as it is
here: who brings a table does not overrule who labeled. What an import had brought that was taken
back may be brought again: the log has the last word, so it comes with an event of its own.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import count
from typing import NamedTuple

from core.exchange.import_types import IMPORTED, ImportedLabel, event_id
from core.workspace.labels import Labeled, last_words, read_label_rows
from core.workspace.logs import TAKEN_BACK, Event, Proposal, now
from core.workspace.snapshot import Snapshot

Identity = tuple[str, str, str, str]


class BroughtLabel(NamedTuple):
    """A label that an import brings: by an event, by a row of a label file, or by both.

    `event_id` is empty where there is no event. `stood` tells whether a row counted before that
    says the same, so that the event only adds who gave the label, or when.
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


def missing_rows(snapshot: Snapshot, wanted: Sequence[ImportedLabel]) -> MissingRows:
    """What the workspace's files lack of these labels; nothing if they were brought in before."""
    here, found = _Here(snapshot, wanted), MissingRows()
    for each in here.wanted:
        if here.differs(each):
            found.differing.append(each.item.item_id)
        elif here.is_settled(each) or not here.add(each, found):
            found.known += 1
    return found


class _Here:
    """What stands here, beside what is wanted."""

    def __init__(self, snapshot: Snapshot, wanted: Sequence[ImportedLabel]) -> None:
        labels, logs = snapshot.labels, snapshot.logs
        self._here = {item.item_id: item for item in labels.items}
        self._undecided = {conflict.item_id for conflict in labels.conflicts}
        self._words = last_words(logs, snapshot.workspace.task, [])
        self._gone = {
            item_id: word
            for item_id, word in self._words.items()
            if (word.action, word.note) == ("undo", TAKEN_BACK)
        }
        self._ranks = count(1)
        self.wanted = [self._anew(each) for each in wanted]
        self._rows = {self._row(row) for row in read_label_rows(snapshot.workspace, [])}
        self._events = {event.event_id for event in logs.events}
        self._proposed = {(each.batch_id, each.item_id) for each in logs.proposals}
        brought = [each.proposal for each in self.wanted if each.proposal]
        self._batches = _batch_names(logs.proposals, brought)
        self._splits: dict[str, set[str]] = defaultdict(set)
        for each in wanted:
            self._splits[each.item.item_id].add(each.item.split)

    def differs(self, wanted: ImportedLabel) -> bool:
        """Whether the item has another label here, two of them, or one that was taken back."""
        item = wanted.item
        here, word = self._here.get(item.item_id), self._words.get(item.item_id)
        if item.item_id in self._undecided:
            return True
        if word and word.action == "undo" and item.item_id not in self._gone:
            return True
        return here is not None and here.label != item.label

    def is_settled(self, wanted: ImportedLabel) -> bool:
        """Whether somebody here has given the item this label, or it counts in another split."""
        here = self._here.get(wanted.item.item_id)
        if here is None:
            return False
        if here.split not in self._splits[wanted.item.item_id]:
            return True
        word = self._words.get(wanted.item.item_id)
        is_brought = wanted.event and word and word.event_id == wanted.event.event_id
        return word is not None and not is_brought

    def add(self, wanted: ImportedLabel, found: MissingRows) -> bool:
        """Adds what the files lack of this label; whether they lack anything."""
        item, key, event = wanted.item, self._row(wanted.item), None
        is_row = key not in self._rows
        if is_row:
            self._rows.add(key)
            found.rows.append(item)
        if wanted.proposal and wanted.event:
            batch_id = self._batches[_identity(wanted.proposal)]
            if (batch_id, item.item_id) not in self._proposed:
                self._proposed.add((batch_id, item.item_id))
                found.proposals.append(replace(wanted.proposal, batch_id=batch_id))
            if wanted.event.event_id not in self._events:
                self._events.add(wanted.event.event_id)
                event = replace(wanted.event, batch_id=batch_id)
                found.events.append(event)
        if is_row or event:
            about = item.item_id, item.split, item.label, event.event_id if event else ""
            stood = not is_row and item.item_id not in self._gone
            found.labels.append(BroughtLabel(*about, stood))
        return bool(is_row or event)

    def _row(self, item: Labeled) -> tuple[str, ...]:
        """What makes two rows the same; what was taken back may come again with another text."""
        row = item.split, item.label, item.item_id
        return (*row, item.text) if item.item_id in self._gone else row

    def _anew(self, wanted: ImportedLabel) -> ImportedLabel:
        """The label; of an item that was taken back with an event that the log does not have."""
        item, word = wanted.item, self._gone.get(wanted.item.item_id)
        if word is None:
            return wanted
        if wanted.event is None:
            batch_id = f"{IMPORTED}{word.event_id[:8]}-{item.split}"
            about = item.item_id, item.strategy
            rank = next(self._ranks)
            proposal = Proposal(
                batch_id, now(), item.split, "", rank, *about, confidence=item.confidence
            )
            given = event_id(item, word.event_id)
            event = Event(given, batch_id, item.item_id, "label", item.label, "", now())
            return ImportedLabel(item, proposal, event)
        given = event_id(item, word.event_id + wanted.event.event_id)
        return replace(wanted, event=replace(wanted.event, event_id=given))


def _identity(proposal: Proposal) -> Identity:
    """What makes two batches of one name the same one."""
    # The name of one that an import makes goes by its content; it is made anew at every import.
    made = "" if proposal.batch_id.startswith(IMPORTED) else proposal.created_at
    return proposal.batch_id, proposal.split, proposal.annotator, made


def _batch_names(here: Sequence[Proposal], brought: Sequence[Proposal]) -> dict[Identity, str]:
    """What each batch that is brought is called here: as it is, unless another one is called so.

    The same batch gets the same name at every import.
    """
    # Whose a name is goes by the rest: a batch that got another name here is the same one still.
    owners: dict[str, tuple[str, ...]] = {}
    for proposal in here:
        owners.setdefault(proposal.batch_id, _identity(proposal)[1:])
    names: dict[Identity, str] = {}
    for proposal in brought:
        identity = _identity(proposal)
        if identity in names:
            continue
        name = proposal.batch_id
        while owners.setdefault(name, identity[1:]) != identity[1:]:
            said = "\x00".join((name, *identity)).encode()
            name = f"{proposal.batch_id}-{blake2b(said, digest_size=3).hexdigest()}"
        names[identity] = name
    return names
