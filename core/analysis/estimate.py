"""Estimate of how many positives there are, and whether it is time to stop labeling."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np

from core.errors import LoopError, RunError
from core.evaluation.prevalence import Prevalence, prevalence_of
from core.evaluation.runs import load_run
from core.evaluation.stopping import WINDOW, Sign, advice, positives_left, stability
from core.features.pool_features import Space
from core.models.model import Model
from core.models.predict import score_texts
from core.sampling import strategies
from core.system.disk_cache import file_stamps, newest
from core.system.durable import DAMAGED, refused_as, remove, write_whole
from core.system.progress import Progress, silent
from core.system.typed_json import typed
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot

ESTIMATE_VERSION = 5  # part of the name: a change of what is computed computes it anew
SAMPLE = 2_000  # items whose predictions are watched (Bloodgood and Vijay-Shanker 2009)
SAMPLE_SEED = 1  # of this sample: the same one for all runs


@dataclass(frozen=True)
class Estimate:
    """Prevalence (None without a positive label), the signs to go on or stop, their verdict."""

    prevalence: Prevalence | None
    signs: tuple[Sign, ...]
    advice: str


def decoded(text: str) -> Estimate:
    return typed(Estimate, json.loads(text))


def kept_estimate(snapshot: Snapshot) -> Estimate | None:
    """The estimate of just this state that was computed before; None: it was not."""
    return read_estimate(estimate_file(snapshot))


def earlier_estimate(snapshot: Snapshot) -> Estimate | None:
    """The newest one that is kept, of whatever state; None: there is none."""
    found = map(read_estimate, newest(estimate_file(snapshot).parent, "*.json"))
    return next(filter(None, found), None)


def read_estimate(file: Path) -> Estimate | None:
    """The estimate in the file; None: it is not there, or damaged, and is computed again."""
    try:
        return decoded(file.read_text(encoding="utf-8"))
    except DAMAGED:
        return None


def estimate_file(snapshot: Snapshot) -> Path:
    """Where the estimate of this state is kept: named by the stamps of all files behind it."""
    path = snapshot.workspace.path
    runs = snapshot.logs.runs[-WINDOW - 1 :]
    models = file_stamps(path, [path / run.params_file for run in runs])
    state = repr((ESTIMATE_VERSION, Space.version, snapshot.stamps, models))
    name = blake2b(state.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return snapshot.workspace.cache / "outlooks" / f"{name}.json"


def compute_estimate(path: Path, *, progress: Progress = silent) -> str:
    """The estimate of this workspace as it stands now, encoded; kept where that can be written."""
    progress("reading the workspace")
    workspace = open_workspace(path)
    snapshot = read_snapshot(workspace, write_cache=workspace.is_writable())
    file = estimate_file(snapshot)
    found = kept_estimate(snapshot) or make_estimate(snapshot, progress=progress)
    text, what = json.dumps(asdict(found)), ".cache/outlooks cannot be written"
    # Where nothing can be written it is computed again another day.
    with suppress(LoopError), refused_as(LoopError, what, "Make the folder writable."):
        write_whole(file, text.encode())
    for older in [*newest(file.parent, "*")][1:]:
        remove(older)
    return text


def make_estimate(
    snapshot: Snapshot, models: Sequence[Model] | None = None, *, progress: Progress = silent
) -> Estimate:
    """The estimate by these models, the oldest first, or by those of the last runs."""
    models = last_models(snapshot) if models is None else models
    progress("comparing the last models")
    positive = snapshot.workspace.task.positive
    found = prevalence_of(snapshot, positive.value) if positive else None
    words, draw = snapshot.pool_words, np.random.default_rng(SAMPLE_SEED)
    watched = strategies.random(words.is_first, SAMPLE, draw).indices
    texts = words.pool.texts.take(watched).to_pylist()
    predicted = [
        model.columns.most_probable.predicted(score_texts(model, texts)) for model in models
    ]
    signs = (
        stability([each.ravel().astype(np.int64) for each in predicted]),
        *([positives_left(found.found, found.left)] if found else []),
    )
    return Estimate(found, signs, advice(signs))


def last_models(snapshot: Snapshot) -> list[Model]:
    """The models of the last `WINDOW + 1` runs that can still be loaded, the oldest first."""
    models: list[Model] = []
    for run in reversed(snapshot.logs.runs):
        with suppress(RunError):
            models.append(load_run(snapshot, run))
        if len(models) > WINDOW:
            break
    return models[::-1]
