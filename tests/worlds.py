"""Workspaces of every kind, for properties that hold of any of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from hypothesis import strategies as some

from core.evaluation.intervals import (
    REPLICATES,
    SCORES,
    BinaryPredictions,
    Bootstrap,
    Interval,
    bootstrap,
    resampled,
    scores_of,
)
from core.pool.items import Pool, read_pool
from core.pool.words import PoolWords, read_pool_words
from core.system.csv_rows import format_rows
from core.workspace.layout import Workspace, open_workspace
from core.workspace.logs import Event, Proposal, append_records, now
from core.workspace.task import SPLITS, Task
from core.workspace.task_toml import parse_task

VALUES = ("1", "not it", "=é")

TASK = "".join(
    f'[[labels]]\nvalue = "{value}"\nfile = "l{at}.csv"\npositive = {str(not at).lower()}\n'
    for at, value in enumerate(VALUES)
)

RETIRED_TASK = TASK + '[[labels]]\nvalue = "old"\nfile = "old.csv"\nretired = true\n'
SEVERAL_TASK = "several = true\n" + RETIRED_TASK
TASKS = (TASK, RETIRED_TASK, SEVERAL_TASK)
"""With one label a text, with a retired one, with several of which one is retired."""

NASTY = (
    "=1+1", "'=1+1", "''@x", "+", "-1", "＝x", "\t=x", "\r", "\n", "\r\n=x", "'", "''", '"', '""',
    "a,b", "a;b", "a\tb", 'say "x", or\nnot', " padded ", "\ufeffx", "\0", "\u2028", "\x85",
    "NULL", "None", "nan", "NaN", "true", "007", "1e5", "é", "e\u0301", "漢字", "😀", "\u202ex",
    "item_id", "text", "<b>", "\\", "\\n", "#", "a" * 300,
)  # fmt: skip

TEXTS = some.one_of(
    some.sampled_from(NASTY), some.text(some.characters(codec="utf-8"), max_size=12)
)
IDS = TEXTS.filter(str.strip)
NUMBERS = some.one_of(some.none(), some.floats())
MOMENTS = some.sampled_from(("2026-01-31T12:00:00.000Z", "2026-02-01", "yesterday"))
NAMES = some.one_of(
    some.sampled_from(
        ("label", "Text", "LABEL", "pool_label", "note", "source", "Source", "=x", "'=x", "'",
         "place", "a b", "0", "漢字", "-", "é")
    ),
    some.text(
        some.characters(codec="utf-8", exclude_characters='",\r\n\0'), min_size=1, max_size=12
    ),
).filter(lambda name: name == name.strip())  # fmt: skip


@dataclass(frozen=True)
class World:
    """What stands in the files of one workspace."""

    pool: list[list[str]]
    label_rows: list[tuple[str, str, list[str]]]
    proposals: list[Proposal]
    events: list[Event]
    task: str = TASK

    def build(self, folder: Path) -> Workspace:
        """The workspace in this new folder."""
        (folder / "unlabeled_data").mkdir(parents=True)
        (folder / "task.toml").write_text(self.task, encoding="utf-8")
        (folder / "unlabeled_data" / "pool.csv").write_bytes(format_rows(self.pool))
        workspace = open_workspace(folder)
        labels = {label.value: label for label in workspace.task.filed}
        for split, value, row in self.label_rows:
            workspace.label_file(split, labels[value]).append([row])
        append_records(workspace.batches, self.proposals)
        append_records(workspace.annotations, self.events)
        return workspace


@some.composite
def worlds(draw: some.DrawFn) -> World:
    """A pool with columns of its own, label files, batches and a log; in part about one item."""
    text = draw(some.sampled_from(TASKS))
    task = parse_task(text, "task.toml")
    ids = draw(some.lists(IDS, min_size=1, max_size=6, unique=True))
    own = draw(some.lists(NAMES, max_size=3, unique=True).filter(_are_new))
    in_pool = [item for item in ids if draw(some.integers(0, 3))]
    rows = [[item, draw(TEXTS), *(draw(TEXTS) for _ in own)] for item in in_pool]
    texts = {item: text for item, text, *_ in rows}
    of_batches = _proposals(ids, draw(_batches()))
    proposals = draw(some.lists(of_batches, max_size=8, unique_by=lambda p: p.rank))
    events = draw(some.lists(_events(proposals, task), max_size=8)) if proposals else []
    return World(
        [["item_id", "text", *own], *rows],
        draw(some.lists(_label_rows(ids, texts, task), max_size=6)),
        proposals,
        [Event(f"e{at}", *event) for at, event in enumerate(events)],
        text,
    )


def _are_new(names: list[str]) -> bool:
    return not {"item_id", "text"}.intersection(names)


@some.composite
def _label_rows(
    draw: some.DrawFn, ids: list[str], texts: dict[str, str], task: Task
) -> tuple[str, str, list[str]]:
    """(split, label, a row of 3 to 5 fields); the text is mostly the pool's, as it should be."""
    item = draw(some.sampled_from(ids))
    value = draw(some.sampled_from([label.value for label in task.filed]))
    confidence = draw(NUMBERS)
    text = texts.get(item) or f"text of {item}"
    row = [item, draw(some.sampled_from((text, text, text, "another"))), value]
    row += [draw(TEXTS), "" if confidence is None else repr(confidence)]
    return draw(some.sampled_from(SPLITS)), value, row[: draw(some.integers(3, 5))]


@some.composite
def _batches(draw: some.DrawFn) -> list[tuple[str, str, str, str]]:
    """(id, when it was made, split, for whom) of each batch."""
    ids = ("batch-0001", "=b", "batch-0001-2", "ü")
    return [
        (batch_id, draw(MOMENTS), split, draw(TEXTS))
        for batch_id, split in zip(ids, (*SPLITS, "training"), strict=True)
    ]


@some.composite
def _proposals(
    draw: some.DrawFn, ids: list[str], batches: list[tuple[str, str, str, str]]
) -> Proposal:
    batch_id, created_at, split, annotator = draw(some.sampled_from(batches))
    return Proposal(
        batch_id=batch_id,
        created_at=created_at,
        split=split,
        annotator=annotator,
        rank=draw(some.integers(0, 10**6)),
        item_id=draw(some.sampled_from(ids)),
        strategy=draw(TEXTS),
        score=draw(NUMBERS),
        predicted=draw(some.sampled_from(("", *VALUES, "gone"))),
        confidence=draw(NUMBERS),
        run_id=draw(TEXTS),
        seed=draw(some.sampled_from((0, 7, 2**70))),
    )


@some.composite
def _events(draw: some.DrawFn, proposals: list[Proposal], task: Task) -> tuple[object, ...]:
    """All fields of an event but its id."""
    proposal = draw(some.sampled_from(proposals))
    action = draw(some.sampled_from(("label", "label", "label", "undo", "skip", "flag")))
    values = [label.value for label in (*task.labels, *task.retired)]
    size = len(values) if task.several else 1
    chosen = draw(some.sets(some.sampled_from(values), min_size=not task.several, max_size=size))
    label = task.answer(chosen) if action == "label" else ""
    return (
        proposal.batch_id,
        proposal.item_id,
        action,
        label,
        draw(TEXTS),
        draw(MOMENTS),
        draw(NUMBERS),
        draw(some.booleans()),
        draw(TEXTS),
    )


def pool_of(workspace: Workspace, **options: object) -> Pool:
    """The workspace's pool, as `read_pool` reads it."""
    return read_pool(workspace.path, workspace.cache, **options)


def pool_words_of(workspace: Workspace, **options: object) -> PoolWords:
    """The workspace's pool with its words, as `read_pool_words` reads it."""
    return read_pool_words(workspace.path, workspace.cache, **options)


def new_proposal(
    batch_id: str,
    annotator: str,
    split: str,
    item_id: str,
    strategy: str,
    *,
    rank: int = 1,
    seed: int = 0,
) -> Proposal:
    """The proposal of an item that no run chose, of this moment."""
    return Proposal(batch_id, now(), split, annotator, rank, item_id, strategy, seed=seed)


def binary(score: np.ndarray) -> BinaryPredictions:
    """Predictions that call positive what scores above one half."""
    return BinaryPredictions(score, score > 0.5)


def bootstrapped(
    model: BinaryPredictions, actual: np.ndarray, names: Sequence[str], replicates: int = REPLICATES
) -> Bootstrap:
    samples = resampled(len(actual), replicates)
    return bootstrap(lambda drawn: scores_of(model, actual, drawn, names), samples)


def score_intervals(
    model: BinaryPredictions,
    actual: np.ndarray,
    names: Sequence[str] = SCORES,
    replicates: int = REPLICATES,
) -> dict[str, Interval]:
    """Each score of these names, where it is defined, with its bootstrap interval."""
    return bootstrapped(model, actual, names, replicates).intervals()


def paired_difference(
    before: BinaryPredictions, after: BinaryPredictions, actual: np.ndarray, name: str = "fscore"
) -> Interval | None:
    """How much higher `after` scores, by a paired bootstrap; None where it is not defined."""
    first, second = (bootstrapped(of, actual, [name]) for of in (before, after))
    return second.over(first).get(name)
