"""Replay: active learning simulated with a workspace's own labels, to see which mix pays here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.analysis.learning_curves import Point, Study, curve_file, learn, read_points
from core.analysis.results import keep_result, name_of
from core.analysis.simulation import Mix, Plan
from core.features.encoder import encoder_place
from core.features.pool_features import Space
from core.pool.text import text_key
from core.sampling.catalog import CATALOG, refusal
from core.system.csv_rows import format_rows
from core.system.progress import Progress
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task import Task

LEAST = 200
"""Labeled texts below which a replay shows nothing but noise."""

EVALUATION = 0.3

USED = 0.6
"""Share of the training part that a replay labels: with all of it, every way ends the same."""

TURNS = 6

RANDOM = "random"

LIKELY = (RANDOM, "your mix", "mostly low confidence")


@dataclass(frozen=True)
class Known:
    """The labeled texts of a workspace as a table, and how many they are."""

    snapshot: Snapshot
    table: bytes
    number: int

    @property
    def plan(self) -> Plan:
        """`TURNS` batches after a first one of the same size, a multiple of five."""
        labels = self.number * (1 - EVALUATION) * USED
        batch = max(1, int(labels / (TURNS + 1)) // 5 * 5)
        return Plan(batch, batch, TURNS, EVALUATION)


def known(snapshot: Snapshot) -> Known:
    """What a replay of this workspace can go by: of several copies of a text the first item."""
    rows: dict[str, tuple[str, str, str]] = {}
    for item in snapshot.labels.items:
        rows.setdefault(text_key(item.text), (item.item_id, item.text, item.label))
    table = format_rows([("item_id", "text", "label"), *rows.values()])
    return Known(snapshot, table, len(rows))


def ways(task: Task) -> dict[str, dict[str, int]]:
    """Random alone, with which all is compared, the task's mix, and each other with some random."""
    others = [
        name
        for name, each in CATALOG.items()
        if name != RANDOM and not each.asks_a_column and not refusal(name, task)
    ]
    return {
        RANDOM: {"random": 1},
        "your mix": dict(task.mix),
        **{f"mostly {name}": {"random": 10, name: 90} for name in others},
    }


def prepare(
    found: Known, mixes: Mapping[str, Mix], models: Sequence[str], seeds: int
) -> tuple[Study, Path]:
    """The study of these ways and its curves' file; writes its table, or raises LoopError."""
    snapshot = found.snapshot
    # The simulated loops stand in folders of their own.
    encoder = encoder_place(snapshot.workspace.task.encoder, snapshot.workspace.path)
    task = replace(snapshot.workspace.task, encoder=encoder)
    # All that a curve depends on beside its way, its model and its seed.
    positive = task.positive and task.positive.value
    asked = (task.values, positive, task.mix, task.stratify_by, task.encoder)
    if task.several or task.rarest:
        asked = (*asked, task.several, task.rarest)
    others = (asked, found.plan, snapshot.pool_words.pool.key, Space.version)
    name = name_of(found.table, others, np.packbits(snapshot.held_out).tobytes())
    folder = snapshot.workspace.cache / "replays"
    labeled = folder / f"{name}.csv"
    if not labeled.exists():
        keep_result(labeled, found.table)
    study = Study(labeled, task, found.plan, mixes, models, range(seeds), snapshot)
    return study, folder / f"{name}-curves.csv"


def compute(
    path: Path, mixes: Mapping[str, Mix], models: Sequence[str], seeds: int, progress: Progress
) -> None:
    """Computes the points of this workspace's replay as it stands now, and keeps them."""
    progress("reading the workspace")
    study, out = prepare(known(read_snapshot(open_workspace(path))), mixes, models, seeds)
    learn(study, out, progress=progress)


def kept(study: Study, out: Path) -> list[Point]:
    """The study's points that were computed before. Raises LogError for a damaged file."""
    if not out.exists():
        return []
    points = read_points(curve_file(out))
    return [point for curve in study.curves for point in points.get(curve, [])]
