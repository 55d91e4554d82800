"""A team of people with known error rates, who label through the same code as the app's keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from core.sampling.next_batch import batch_to_label
from core.workspace.assignment import items_of
from core.workspace.events import Inbox
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import Event
from core.workspace.snapshot import Snapshot, read_snapshot

BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Team:
    """People who label one workspace; `truth` has the right label of each item.

    `errors` is each person's share of wrong labels, and `clock` the time of the next event.
    """

    path: Path
    truth: Mapping[str, str]
    errors: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    clock: datetime = BEGAN

    def __post_init__(self) -> None:
        self.generator = np.random.default_rng(self.seed)
        self.inbox = Inbox(self.workspace)
        self.number = 0

    @property
    def workspace(self) -> Workspace:
        return open_workspace(self.path)

    @property
    def snapshot(self) -> Snapshot:
        return read_snapshot(self.workspace)

    def batch(self, person: str) -> list[str]:
        """The items of the batch that this person goes on with, by rank."""
        batch_id = batch_to_label(self.snapshot, person)
        waiting = self.snapshot.open_batches[batch_id]
        assert {p.annotator for p in waiting} == {person}
        return [proposal.item_id for proposal in waiting]

    def label_batch(self, person: str, most: int | None = None) -> str:
        """The person labels their batch, or its first items, and saves; its id."""
        batch_id = batch_to_label(self.snapshot, person)
        waiting = [proposal.item_id for proposal in self.snapshot.open_batches[batch_id]]
        for item_id in waiting[:most]:
            self.say(person, batch_id, item_id, self.answer(person, item_id))
        self.say(person, batch_id, "", action="save")
        return batch_id

    def answer(self, person: str, item_id: str) -> str:
        """The right label, or by this person's error rate another one."""
        right = self.truth[item_id]
        if self.generator.random() >= self.errors.get(person, 0.0):
            return right
        return str(self.generator.choice(sorted({*self.truth.values()} - {right})))

    def say(
        self, person: str, batch_id: str, item_id: str, label: str = "", action: str = "label",
        *, assisted: bool = False, note: str = "",
    ) -> None:  # fmt: skip
        """One event of this person, a second after the one before."""
        self.number += 1
        self.clock += timedelta(seconds=1)
        moment = self.clock.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        event_id = f"{self.path.name}-{self.number}"
        where = batch_id, item_id, action, label
        event = Event(event_id, *where, person, moment, 1.0, assisted, note)
        assert self.inbox.receive([event]).refused == []

    def held_by(self, batch_id: str) -> list[str]:
        """The items that the batch holds for its owner."""
        return [proposal.item_id for proposal in items_of(self.snapshot, batch_id)]
