"""Report of a run: its scores, intervals and predictions, as JSON beside its params file."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import RunError
from core.evaluation.intervals import (
    BinaryPredictions,
    Interval,
    cut_intervals,
    score_intervals,
)
from core.evaluation.metrics import (
    Cut,
    LabelScores,
    auc,
    average_precision,
    brier,
    calibration_error,
    cut,
    label_scores,
    macro_fscore,
)
from core.features.model_files import write_model_file
from core.models.model import Model
from core.system.durable import DAMAGED
from core.system.typed_json import typed

REPORT_FORMAT = "sunlight report 1"

AT_THRESHOLD = "fscore at threshold"
"""Its name among the intervals."""

SCORE_NAMES = {
    "fscore": "F-score",
    "auc": "AUC",
    "average_precision": "average precision",
    "precision": "precision",
    "recall": "recall",
}
"""Fields of a run and what they are called."""

DIGITS = 7
"""Of the scores that a report keeps for each item: what 32 bits hold."""


@dataclass(frozen=True)
class Figures:
    """All scores of a model on one set of items, of the positive label; None: not defined.

    `at_half` calls an item positive if that label is its most probable one, `at_threshold` if its
    probability, not calibrated, reaches the run's threshold. Errors of calibration and Brier scores
    are of the probability as the model gives it (raw), and calibrated. `intervals` are of the
    scores at half, under their names in `core.evaluation.intervals.SCORES`, and of the F-score at
    the threshold; what is not defined is left out. `labels` has the scores of each label, by value;
    with `macro_fscore` and `accuracy` (one label a text: the micro F-score, too) they are of all
    labels, and missing in reports from before they were kept.
    """

    n_items: int
    at_half: Cut
    at_threshold: Cut
    auc: float | None
    average_precision: float | None
    calibration_error_raw: float | None
    calibration_error_calibrated: float | None
    brier_raw: float | None
    brier_calibrated: float | None
    intervals: Mapping[str, Interval]
    labels: Mapping[str, LabelScores] = field(default_factory=dict)
    macro_fscore: float | None = None
    accuracy: float | None = None


def row_scores(figures: Figures | None) -> dict[str, float | None]:
    """The scores that stand in a run's row of `runs.csv`; None without items."""
    if figures is None:
        return dict.fromkeys(SCORE_NAMES)
    every = vars(figures) | vars(figures.at_half)
    return {name: every[name] for name in SCORE_NAMES}


@dataclass(frozen=True)
class KeptPredictions:
    """A run's predictions of its evaluation items: P(positive), raw and calibrated, and a label."""

    item_ids: tuple[str, ...]
    raw: tuple[float, ...]
    calibrated: tuple[float, ...]
    predicted: tuple[str, ...]


@dataclass(frozen=True)
class OutOfFold:
    """Out-of-fold predictions: P of each label of each training item by a model without it, raw.

    `probability` is `(n_labels, n_items)`, in the order of `labels`.
    """

    item_ids: tuple[str, ...]
    labels: tuple[str, ...]
    probability: tuple[tuple[float, ...], ...]

    @cached_property
    def by_item(self) -> dict[str, dict[str, float]]:
        """P of each label, by item and by label."""
        rows = zip(*self.probability, strict=True)
        return {
            item: dict(zip(self.labels, row, strict=True))
            for item, row in zip(self.item_ids, rows, strict=True)
        }


@dataclass(frozen=True)
class Report:
    """A run's model in numbers.

    `figures` are by split; those of `out of fold` are of the training items, and somewhat too good
    at the threshold, which was chosen on them. `said` has the predictions of the evaluation items
    of that time: it lets runs be compared item by item when their models are gone.
    """

    model: str
    source: str
    source_version: int
    source_key: str
    threshold: float
    scale: float
    shifts: tuple[float, ...]
    note: str
    figures: Mapping[str, Figures]
    said: KeptPredictions
    encoder: str = ""
    """Its name; empty without one, as in reports from before there were any."""

    out_of_fold: OutOfFold | None = None
    """None where too few items had a label, and in reports from before it was kept."""


def kept_predictions(
    model: Model, item_ids: Sequence[str], probability: NDArray[np.floating], positive: int
) -> KeptPredictions:
    """The model's predictions of these items, from its `(n_items, n_labels)` probabilities."""
    raw, calibrated = probability[:, positive], model.calibration(probability)[:, positive]
    return KeptPredictions(
        tuple(item_ids),
        _rounded(raw),
        _rounded(calibrated),
        tuple(model.labels[column] for column in probability.argmax(axis=1)),
    )


def kept_out_of_fold(
    labels: Sequence[str], item_ids: Sequence[str], probability: NDArray[np.floating]
) -> OutOfFold:
    """The out-of-fold predictions of these items, from `(n_items, n_labels)` probabilities."""
    return OutOfFold(
        tuple(item_ids), tuple(labels), tuple(_rounded(column) for column in probability.T)
    )


def measure(
    model: Model, probability: NDArray[np.floating], targets: NDArray[np.int64], positive: int
) -> Figures | None:
    """All scores of the model's `(n_items, n_labels)` probabilities against the true columns.

    A label is predicted if it is the most probable one. None without items.
    """
    if not len(targets):
        return None
    actual, raw = targets == positive, probability[:, positive]
    calibrated = model.calibration(probability)[:, positive]
    predicted = probability.argmax(axis=1)
    at_half, at_threshold = predicted == positive, raw >= model.threshold
    return Figures(
        n_items=len(targets),
        at_half=cut(at_half, actual),
        at_threshold=cut(at_threshold, actual),
        auc=auc(raw, actual),
        average_precision=average_precision(raw, actual),
        calibration_error_raw=calibration_error(raw, actual),
        calibration_error_calibrated=calibration_error(calibrated, actual),
        brier_raw=brier(raw, actual),
        brier_calibrated=brier(calibrated, actual),
        intervals=_intervals(raw, at_half, at_threshold, actual),
        labels=dict(zip(model.labels, label_scores(probability, targets), strict=True)),
        macro_fscore=macro_fscore(predicted, targets),
        accuracy=float((predicted == targets).mean()),
    )


def _intervals(
    raw: NDArray[np.floating],
    at_half: NDArray[np.bool_],
    at_threshold: NDArray[np.bool_],
    actual: NDArray[np.bool_],
) -> dict[str, Interval]:
    """Intervals of all scores; the balance of the items is chance, as it was drawn.

    Those of the ranking are bootstrapped. Those of the calls need no resampling, which could not
    leave an F-score of 0 or 1: the same interval holds for any threshold and any slice, and is
    cheap enough to be worked out while somebody moves a threshold.
    """
    ranking = ("auc", "average_precision")
    found = score_intervals(BinaryPredictions(raw, at_half), actual, ranking, keep_balance=False)
    found |= cut_intervals(at_half, actual)
    above = cut_intervals(at_threshold, actual)
    return found | ({AT_THRESHOLD: above["fscore"]} if above else {})


def report_path(params: Path) -> Path:
    """The report's file, beside the params file."""
    return params.with_suffix(".json")


def save_report(report: Report, params: Path) -> None:
    """The report stands beside the params file; raises RunError if it cannot be written."""
    content = {"format": REPORT_FORMAT, **asdict(report)}
    text = json.dumps(content, ensure_ascii=False, indent=1)
    write_model_file(report_path(params), text.encode())


def load_report(params: Path) -> Report | None:
    """The report beside this params file; None for a run from before there were reports.

    Raises RunError if the file is damaged.
    """
    path = report_path(params)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("format") != REPORT_FORMAT:
            raise ValueError("another format")
        report = typed(Report, content)
        _require_even(vars(report.said).values())
        if unseen := report.out_of_fold:
            _require_even([unseen.item_ids, *unseen.probability])
            _require_even([unseen.labels, unseen.probability])
        return report
    except FileNotFoundError:
        return None
    except DAMAGED as error:
        raise RunError(
            f"models/{path.name} is not a report of Sunlight, or it is damaged. Move it away; the "
            "run's scores are in runs.csv."
        ) from error


def _require_even(columns: Iterable[Sequence[object]]) -> None:
    if len({len(column) for column in columns}) > 1:
        raise ValueError("the columns are not of one length")


def _rounded(values: NDArray[np.floating]) -> tuple[float, ...]:
    return tuple(float(f"{value:.{DIGITS}g}") for value in values)
