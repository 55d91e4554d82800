"""A workspace with many iterations behind it, whatever its pool: labels are made up.

They come through the real core, as a person's do. In place of the truth, which nobody knows of a
made-up pool, stands the model's guess, and for every tenth item another label.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.evaluation.runs import current_run, keep, train
from core.sampling.next_batch import Batch, propose
from core.workspace.events import Inbox
from core.workspace.labels import Labeled
from core.workspace.layout import open_workspace
from core.workspace.logs import Event, now
from core.workspace.relabel import Hand
from core.workspace.snapshot import Snapshot, read_snapshot
from tests.by_hand import flag_by_hand, label_by_hand

PEOPLE = ("ann", "bob")
"""They label in turns."""

ERRORS = 10
"""Every so many labels one is another than the model's guess."""

FLAGS = 30
"""Items that are flagged."""

SEED = 5


def label_batches(folder: Path, batches: int) -> None:
    """Adds so many active-learning batches with their runs, a last run, and some flags.

    Labels that come before a model can choose are drawn, one in five positive.
    """
    workspace = open_workspace(folder)
    inbox, draw, active = Inbox(workspace), np.random.default_rng(SEED), 0
    while active < batches:
        snapshot = read_snapshot(workspace)
        person = PEOPLE[active % len(PEOPLE)]
        batch = propose(snapshot, person)
        active += bool(batch.run_id)
        label(inbox, snapshot, batch, person, draw)
    snapshot = read_snapshot(workspace)
    if snapshot.can_train and not current_run(snapshot):
        keep(snapshot, train(snapshot))
    for item in read_snapshot(workspace).labels.splits["training"][-FLAGS:]:
        flag_by_hand(workspace, inbox, item.item_id, "odd", Hand(PEOPLE[0], assisted=False))


def label(
    inbox: Inbox, snapshot: Snapshot, batch: Batch, person: str, draw: np.random.Generator
) -> None:
    """Labels the whole batch and saves it."""
    values, positive = snapshot.workspace.task.values, snapshot.workspace.task.positive_index
    events = []
    for proposal in batch.proposals:
        drawn = values[positive if draw.random() < 0.2 else positive - 1]
        given = proposal.predicted or drawn
        if proposal.rank % ERRORS == 0:
            given = values[(values.index(given) + 1) % len(values)]
        events.append(
            Event(
                f"made-{batch.batch_id}-{proposal.rank}", batch.batch_id, proposal.item_id,
                "label", given, person, now(), round(float(draw.gamma(4.0, 0.6)), 1), False, "",
            )
        )  # fmt: skip
    last = f"made-{batch.batch_id}-save"
    save = Event(last, batch.batch_id, "", "save", "", person, now(), None, False, "")
    refused = inbox.receive([*events, save]).refused
    assert not refused, refused[0]


def relabeled(folder: Path) -> Iterator[Labeled]:
    """Gives one training item after the other another label, by another person's hand."""
    workspace = open_workspace(folder)
    inbox, values = Inbox(workspace), workspace.task.values
    for item in read_snapshot(workspace).labels.usable_training:
        given = values[(values.index(item.label) + 1) % len(values)]
        label_by_hand(workspace, inbox, item.item_id, given, Hand("eve", assisted=False))
        yield item
