"""Comparison of imported labels with those that stand here: what is to be appended.

A label that stands here already is not written again, and one that is another here stays as it is
here: who brings a table does not overrule who labeled.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from core.exchange.import_types import IMPORTED, ImportedLabel
from core.workspace.labels import Labeled, last_words, read_label_rows
from core.workspace.logs import Event, Proposal
from core.workspace.snapshot import Snapshot

Identity = tuple[str, str, str, str]


@dataclass
class MissingRows:
    """What is to be appended, in this order. `labels` counts the labels that are new by it.

    `known` counts those that stand here already; `differing` are the items that have another label
    here, two, or one that was taken back.
    """

    rows: list[Labeled] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    labels: int = 0
    known: int = 0
    differing: list[str] = field(default_factory=list)


def missing_rows(snapshot: Snapshot, wanted: Sequence[ImportedLabel]) -> MissingRows:
    """What the workspace's files lack of these labels; nothing if they were brought in before."""
    here, found = _Here(snapshot, wanted), MissingRows()
    for each in wanted:
        if here.differs(each):
            found.differing.append(each.item.item_id)
        elif not here.is_settled(each) and here.add(each, found):
            found.labels += 1
        else:
            found.known += 1
    return found


class _Here:
    """What stands here, beside what is wanted."""

    def __init__(self, snapshot: Snapshot, wanted: Sequence[ImportedLabel]) -> None:
        labels, logs = snapshot.labels, snapshot.logs
        self._here = {item.item_id: item for item in labels.items}
        self._undecided = {conflict.item_id for conflict in labels.conflicts}
        self._words = last_words(logs, snapshot.workspace.task, [])
        self._rows = {
            (row.split, row.label, row.item_id) for row in read_label_rows(snapshot.workspace, [])
        }
        self._events = {event.event_id for event in logs.events}
        self._proposed = {(each.batch_id, each.item_id) for each in logs.proposals}
        self._batches = _batch_names(logs.proposals, [x.proposal for x in wanted if x.proposal])
        self._splits: dict[str, set[str]] = defaultdict(set)
        for each in wanted:
            self._splits[each.item.item_id].add(each.item.split)

    def differs(self, wanted: ImportedLabel) -> bool:
        """Whether the item has another label here, two of them, or one that was taken back."""
        item = wanted.item
        here, word = self._here.get(item.item_id), self._words.get(item.item_id)
        if item.item_id in self._undecided or (word and word.action == "undo"):
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
        item = wanted.item
        key = (item.split, item.label, item.item_id)
        is_new = key not in self._rows
        if is_new:
            self._rows.add(key)
            found.rows.append(item)
        if wanted.proposal is None or wanted.event is None:
            return is_new
        batch_id = self._batches[_identity(wanted.proposal)]
        if (batch_id, item.item_id) not in self._proposed:
            self._proposed.add((batch_id, item.item_id))
            found.proposals.append(replace(wanted.proposal, batch_id=batch_id))
        if wanted.event.event_id not in self._events:
            self._events.add(wanted.event.event_id)
            found.events.append(replace(wanted.event, batch_id=batch_id))
            is_new = True
        return is_new


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
