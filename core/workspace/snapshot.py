"""The state of the loop: everything that the files of a workspace say at one moment."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.errors import LoopError, UnwritableError
from core.pool.items import only_grew
from core.pool.text import text_key
from core.pool.words import PoolWords, read_pool_words
from core.system.disk_cache import Stamps
from core.system.progress import Progress, silent
from core.workspace.labels import Labels, resolve, save
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import Logs, Proposal, read_logs
from core.workspace.opinions import is_by_hand, is_of_group, opinions_awaited
from core.workspace.task import FEW_LABELS, LEAST_TEXTS, OPINIONS, SPLITS


@dataclass(frozen=True)
class Snapshot:
    """One reading of a workspace. Every question about the loop is answered from here.

    `stamps` are those of the files as they were when the reading began.
    """

    workspace: Workspace
    pool_words: PoolWords
    logs: Logs
    labels: Labels
    write_cache: bool = True
    stamps: Stamps = ()

    @property
    def stage(self) -> str:
        """`evaluation`, `validation`, `training` or `active learning`: the first unmet target.

        The first training data also has to hold two labels, since no model learns from one.
        """
        for split in SPLITS:
            if len(self.labels.splits[split]) < self.workspace.task.targets[split]:
                return split
        return "active learning" if self.can_train else "training"

    @property
    def can_train(self) -> bool:
        """Whether the training data holds at least two labels.

        With several for one text: one that enough texts have, and as many have not.
        """
        task, items = self.workspace.task, self.labels.usable_training
        if not task.several:
            return len({item.label for item in items}) > 1
        counts = Counter(value for item in items for value in task.chosen(item.label))
        return any(LEAST_TEXTS <= n <= len(items) - LEAST_TEXTS for n in counts.values())

    @property
    def why_no_model(self) -> str:
        """Why no model can choose though every target is met, and the way on; empty if one can."""
        task, labels = self.workspace.task, self.labels
        if self.can_train or any(len(labels.splits[x]) < task.targets[x] for x in SPLITS):
            return ""
        if task.several:
            return (
                f"No label has {LEAST_TEXTS} training items yet, so the model cannot learn and "
                "batches are random. Search for such items on Explore and label them there."
            )
        found = {item.label for item in labels.usable_training}
        missing = [label.name for label in task.labels if label.value not in found][:5]
        return (
            f"No training item is labeled `{'`, `'.join(missing)}` yet, so the model cannot learn "
            "and batches are random. Search for such an item on Explore and label it there; or "
            "choose a mix of strategies that need no model, such as outlier."
        )

    @property
    def batch_size(self) -> int:
        """Items of the next batch of active learning: fewer while there are few labels."""
        task = self.workspace.task
        is_early = len(self.labels.usable_training) < FEW_LABELS
        return (is_early and task.first_batch_size) or task.batch_size

    @cached_property
    def open_batches(self) -> dict[str, list[Proposal]]:
        """The items without a label of each batch that has any, by rank.

        An item that was handed over is open in the batch that proposed it last. Items that the pool
        no longer has are left out, and what somebody labeled or flagged while looking around.
        An opinion that was asked for is open until it is given, whatever label the item has.
        """
        labeled = self.labels.ids() - self.labels.queued
        last = {p.item_id: p for p in self._asked_about}
        asked = [proposal for item_id, proposal in last.items() if item_id not in labeled]
        asked += opinions_awaited(self.logs, self.labels.words)
        in_pool = self.pool_words.pool.positions(proposal.item_id for proposal in asked)
        batches: dict[str, list[Proposal]] = {}
        for proposal in sorted(asked, key=lambda proposal: proposal.rank):
            if proposal.item_id in in_pool:
                batches.setdefault(proposal.batch_id, []).append(proposal)
        return dict(sorted(batches.items()))

    @cached_property
    def _asked_about(self) -> list[Proposal]:
        """The proposals for labels that somebody was to give on the card."""
        return [p for p in self.logs.standing if not (is_by_hand(p) or is_of_group(p))]

    @cached_property
    def waiting(self) -> dict[str, str]:
        """The split of each item that waits for its label in an open batch."""
        waiting = (p for batch in self.open_batches.values() for p in batch)
        return {p.item_id: p.split for p in waiting if p.strategy not in OPINIONS}

    @cached_property
    def candidates(self) -> NDArray[np.bool_]:
        """Which items of the pool may be proposed, `(n_pool,)`.

        Untaken and not blank; of copies the first.
        """
        return self.untaken & self.pool_words.is_first

    @cached_property
    def untaken(self) -> NDArray[np.bool_]:
        """Which items of the pool have no label and wait for none, nor has a copy, `(n_pool,)`."""
        taken = self.labels.ids() | {p.item_id for p in self._asked_about}
        pool = self.pool_words.pool
        at = pool.positions(taken)
        texts = [item.text for item in self.labels.items]
        texts += [row.text for row in self.labels.apart]
        texts += pool.texts_of(at).values()
        is_untaken = np.ones(len(pool), bool)
        is_untaken[self.pool_words.copies_of(texts)] = False
        is_untaken[list(at.values())] = False
        return is_untaken

    @cached_property
    def held_out(self) -> NDArray[np.bool_]:
        """Which items of the pool are evaluation or validation items, or copies, `(n_pool,)`.

        Also those that are only proposed for these splits: their words must not be counted yet.
        """
        proposed = [
            proposal.item_id for proposal in self.logs.standing if proposal.split != "training"
        ]
        texts = [*self.labels.held_out_texts(), *self.pool_words.pool.texts_of(proposed).values()]
        return self._mask(self.pool_words.copies_of(texts))

    @cached_property
    def in_training(self) -> NDArray[np.bool_]:
        """Which items of the pool are usable training items, `(n_pool,)`."""
        ids = [item.item_id for item in self.labels.usable_training]
        return self._mask(self.pool_words.pool.rows_of(ids))

    def _mask(self, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        mask = np.zeros(len(self.pool_words.pool), bool)
        mask[places] = True
        return mask


def read_snapshot(
    workspace: Workspace,
    pool_words: PoolWords | None = None,
    *,
    write_cache: bool = True,
    progress: Progress = silent,
) -> Snapshot:
    """The state of the loop now. Writes nothing but the cache, and that only if allowed.

    `pool_words` is the pool as it was read before, not read again while its files are the same.
    """
    stamps = workspace.stamps()
    pool_words = read_pool_words(
        *workspace.pool_place, pool_words, write_cache=write_cache, progress=progress
    )
    return _over(pool_words, workspace, stamps, write_cache)


def read_again(snapshot: Snapshot) -> Snapshot:
    """The state of the loop now, over the pool as it was read: items that came since wait.

    Raises LoopError if a pool file did not only grow: its items may be others by now.
    """
    workspace, pool_words = snapshot.workspace, snapshot.pool_words
    if not only_grew(workspace.path, pool_words.pool):
        raise LoopError("A pool file changed while its items were scored. Try again.")
    return _over(pool_words, workspace, workspace.stamps(), snapshot.write_cache)


def _over(
    pool_words: PoolWords, workspace: Workspace, stamps: Stamps, write_cache: bool
) -> Snapshot:
    """What logs and labels say now of this pool."""
    logs = read_logs(*workspace.logs)
    labels = resolve(workspace, logs, pool_words.pool.texts_of)
    return Snapshot(workspace, pool_words, logs, labels, write_cache, stamps)


def open_snapshot(path: Path, progress: Progress = silent) -> Snapshot:
    """The state of the loop in this folder, after what a crash left undone has been mended.

    A workspace that cannot be written opens as it stands.
    """
    workspace = open_workspace(path)
    pool_words = read_pool_words(*workspace.pool_place, progress=progress)
    mend_if_writable(workspace, pool_words)
    return read_snapshot(workspace, pool_words)


def mend_if_writable(workspace: Workspace, pool_words: PoolWords) -> None:
    """Moves torn last lines away and completes the saves that a crash cut short.

    As far as files can be written: a workspace can be looked at in any case. Its caller has read
    the pool before: a large one that is new takes its time, and nobody else has to wait for it.
    """
    if not workspace.is_writable():
        return
    with suppress(UnwritableError):
        for file in workspace.line_files:
            file.mend()
        with workspace.locked():
            now = read_snapshot(workspace, pool_words)
            save(workspace, now.logs, ended_batches(now), now.pool_words.pool.texts_of)


def ended_batches(snapshot: Snapshot) -> set[str]:
    """The batches whose labels belong into the label files: saved once, or wholly labeled."""
    saved = {event.batch_id for event in snapshot.logs.events if event.action == "save"}
    proposed = {proposal.batch_id for proposal in snapshot.logs.proposals}
    return saved | (proposed - set(snapshot.open_batches))


def being_held_out(snapshot: Snapshot) -> set[str]:
    """The items that wait for their evaluation or validation label, and their copies."""
    waiting = {item_id for item_id, split in snapshot.waiting.items() if split != "training"}
    pool = snapshot.pool_words.pool
    copies = snapshot.pool_words.copies_of([*pool.texts_of(sorted(waiting)).values()])
    return waiting | set(pool.ids.take(pa.array(copies, pa.int64())).to_pylist())


def is_held_out(snapshot: Snapshot, text: str) -> bool:
    """Whether a text is, or is proposed for, evaluation or validation data, or is a copy of one."""
    copies = snapshot.pool_words.copies_of([text])
    return snapshot.held_out[copies].any() or text_key(text) in snapshot.labels.held_out_keys
