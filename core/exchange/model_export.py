"""Export of a run's model as a folder: what predicting needs, with a card; no workspace to open it.

`SHA256SUMS` lists what is loaded, `predictor.json` names it: a folder that was copied in part, or
changed, is refused. The card, `README.md`, may be edited.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from core.errors import ExportError, RunError
from core.evaluation.report import Figures
from core.evaluation.runs import find_run, load_run, read_report
from core.exchange.exporter import (
    CARD,
    instructions,
    markdown_table,
    plain,
    refuse_place,
    scores_of_run,
    version,
)
from core.features.encoder import open_encoder
from core.features.encoder_cache import PlainEncoder
from core.features.encoder_features import EncodedSpace
from core.features.encoder_formats import files_of
from core.models.model import Model, in_today, load_model
from core.models.predictor import USUAL, Predictor, Threshold, keeping_nothing
from core.pool.tokens import LEAST_ICU
from core.system.durable import DAMAGED, copy_file, new_folder, refused_as, write_new
from core.workspace.logs import Run, now
from core.workspace.snapshot import Snapshot
from core.workspace.task import Task
from core.workspace.task_file import task_toml
from core.workspace.task_toml import default_task, load_task

FORMAT = "sunlight predictor 1"
ABOUT, PARAMS, TASK, SUMS, ENCODER = (
    "predictor.json", "model.params", "task.toml", "SHA256SUMS", "encoder",
)  # fmt: skip

USE = """\
Install what Sunlight needs (`pip install -r requirements.txt -c requirements.lock` in its
folder{more}), and run this there, or with its folder in `PYTHONPATH`:

```python
from core import load_predictor

predictor = load_predictor("this folder")
found = predictor(["the first text", "the second one"])
found.predicted      # {predicted}
found.probabilities  # calibrated, (n_texts, n_labels), the columns in the order of found.labels
found.confidence     # of each prediction
```"""

LIMITS = (
    "- The scores are of random texts of one pool. Texts of other kinds, times or languages can "
    "score lower: label some of them, and measure.",
    "- Probabilities were calibrated on training items that each came from a model without them.",
    "- A text without words has no prediction: None, and NaN.",
)


def export_model(
    snapshot: Snapshot, out: Path, run_id: str | None = None, threshold: Threshold = USUAL
) -> list[Path]:
    """The files of a new folder with this run's model, or the last one's, whole and on disk.

    Raises ExportError if something stands there or it cannot be written, RunError if there is no
    such run, or its model is gone.
    """
    refuse_place(snapshot, out)
    run = find_run(snapshot, run_id)
    model, task = load_run(snapshot, run), own_task(snapshot.workspace.task)
    Predictor(task, model, threshold)  # refuses a threshold of a task that has none
    todo = "Free some space, or choose another place."
    with refused_as(ExportError, f"{out} cannot be written", todo), new_folder(out) as folder:
        copy_file(snapshot.workspace.path / run.params_file, folder / PARAMS)
        model.source.saved(folder)  # a space stands in a file of its own
        for name, file in _encoder_files(model):
            copy_file(file, folder / ENCODER / name)
        write_new(folder / TASK, [task_toml(task).encode()])
        names = sorted([*_names(folder), ABOUT])
        about = {"format": FORMAT, "run_id": run.run_id, "threshold": threshold, "files": names}
        write_new(folder / ABOUT, [json.dumps(about, indent=1).encode()])
        sums = (f"{_sum(folder / name)}  {name}\n".encode() for name in names)
        write_new(folder / SUMS, sums)
        write_new(folder / CARD, [model_card(snapshot, run, model).encode()])
        return [out / name for name in _names(folder)]


def load_predictor(folder: Path) -> Predictor:
    """The predictor in a folder that `export_model` wrote. Loads weights and values, never code.

    Raises ExportError if the folder is not whole, RunError if its encoder cannot be used.
    """

    def encoder(name: str) -> PlainEncoder:
        return PlainEncoder(
            replace(open_encoder(str(folder.resolve() / ENCODER), folder), name=name)
        )

    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
        sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        for name, digest in sums.items():
            if _sum(folder / name) != digest:
                raise ValueError(f"{name} is not what was exported")
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        if about["format"] != FORMAT or sorted(sums) != about["files"]:
            raise ValueError(f"{SUMS} and {ABOUT} name other files")
        task = load_task(folder / TASK)
        model = in_today(load_model(folder / PARAMS, encoder), task)
        return Predictor(task, keeping_nothing(model), about["threshold"])
    except DAMAGED as error:
        raise ExportError(
            f"{folder} holds no whole model of `export --format model`: {error}. Copy it again "
            "with all its files, or export it again."
        ) from error


def own_task(task: Task) -> Task:
    """What an exported model tells of its task: labels with names and definitions, no examples."""
    of = {name: getattr(task, name) for name in ("title", "short", "detailed", "several")}
    for kind in ("labels", "retired"):
        of[kind] = tuple(
            replace(x, key="", examples=(), default=False) for x in getattr(task, kind)
        )
    return replace(default_task(), **of)


def _names(folder: Path) -> list[str]:
    return sorted(x.relative_to(folder).as_posix() for x in folder.rglob("*") if x.is_file())


def _sum(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


def _encoder_files(model: Model) -> Iterator[tuple[str, Path]]:
    """(name, file) of what the model's encoder, if it has one, consists of."""
    source = model.source
    encoder = getattr(source, "encoder", None)
    encoder = encoder.encoder if isinstance(source, EncodedSpace) else encoder
    if encoder:
        for name in files_of(encoder.kind, _names(encoder.folder)):
            yield name, encoder.folder / name


def model_card(snapshot: Snapshot, run: Run, model: Model) -> str:
    """What the model is, what it learned from, how good it is and how to use it, as Markdown."""
    task = snapshot.workspace.task
    try:
        report = read_report(snapshot, run)
    except RunError:  # a damaged one: the run's row has its scores
        report = None
    figures = report.figures.get("evaluation") if report else None
    unknown = ", ".join(plain(task.name_of(value)) for value in model.unlearned)
    more = " and `requirements-encoder.txt`" * isinstance(model.source, EncodedSpace)
    more += " and `requirements-words.txt`" * (model.source.splitting >= LEAST_ICU)
    predicted = "labels' values" + ", joined by |; - for none of them" * task.several
    parts = [
        f"# {plain(task.title)}: a model that labels texts",
        f"{plain(run.run_id)} of the workspace {plain(snapshot.workspace.name)}, model "
        f"{plain(run.model)}, trained {plain(run.created_at)}, exported {now()} by Sunlight "
        f"{version()}.",
        *instructions(task),
        "## Labels",
        _labels(task, run, figures),
        _thresholds(task, model),
        f"Not learned, for lack of examples, and never predicted: {unknown}." if unknown else "",
        "## Scores",
        f"Measured on {run.n_evaluation:,} random items that were never trained on.",
        scores_of_run(snapshot, run),
        "## Trained on",
        _trained_on(snapshot, run),
        "## Use",
        USE.format(more=more, predicted=predicted),
        "## Limits",
        "\n".join(LIMITS),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _labels(task: Task, run: Run, figures: Figures | None) -> str:
    """Each label: what it means, how many texts taught it, and how well it is told."""
    counts, rows = json.loads(run.counts), []
    for label in task.labels:
        taught = sum(counts.get(value, 0) for value in (label.value, *label.was))
        scores = figures.labels.get(label.value) if figures else None
        told = [scores.intervals.get(x) for x in ("precision", "recall")] if scores else [None] * 2
        row = [label.value, label.name, "yes" * label.positive, label.description, f"{taught:,}"]
        rows.append([*map(plain, row), *(str(x or "") for x in told)])
    head = ["label", "name", "positive", "definition", "training texts", "precision", "recall"]
    return markdown_table(head, rows)


def _thresholds(task: Task, model: Model) -> str:
    """From which probabilities on labels are predicted; these are not calibrated."""
    cuts = dict(zip(model.labels, model.thresholds, strict=False))
    if model.columns.cut:
        column, threshold = model.columns.cut
        cuts = {model.labels[column]: threshold}
    told = (
        f"{plain(task.name_of(x))} {y:.3f}" for x, y in cuts.items() if x not in model.unlearned
    )
    return f"Predicted from these probabilities on, before calibration: {', '.join(told)}." * bool(
        cuts
    )


def _trained_on(snapshot: Snapshot, run: Run) -> str:
    moments = sorted(x.labeled_at[:10] for x in snapshot.labels.usable_training if x.labeled_at)
    moments = [moment for moment in moments if moment <= run.created_at[:10]]
    dates = f", given from {moments[0]} to {moments[-1]}" if moments else ""
    return (
        f"{run.n_training:,} texts with labels{plain(dates)}; its features were learned from a "
        f"pool of {len(snapshot.pool_words.pool):,} texts, as it is at the export."
    )
