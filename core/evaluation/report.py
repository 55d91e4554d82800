"""Report of a run: its scores, intervals and predictions, as JSON beside its params file."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import RunError
from core.evaluation.intervals import (
    REPLICATES,
    SCORES,
    BinaryPredictions,
    Interval,
    bootstrap,
    cut_intervals,
    label_means,
    resampled,
    scores_of,
)
from core.evaluation.metrics import (
    Cut,
    LabelScores,
    as_table,
    cut,
    exact_match,
    label_scores,
    macro_cut,
    micro_fscore,
)
from core.features.model_files import write_model_file
from core.models.label_columns import LabelColumns, alignment
from core.models.model import Model
from core.pool.bags import Mask
from core.pool.tokens import PAIRS
from core.system.durable import DAMAGED
from core.system.typed_json import typed
from core.workspace.logs import Run
from core.workspace.task import Task

REPORT_FORMAT = "sunlight report 1"

AT_THRESHOLD = "fscore at threshold"  # its name among the intervals

RANKING = ("auc", "average_precision")

SCORE_NAMES = {
    "fscore": "F-score",
    "auc": "AUC",
    "average_precision": "average precision",
    "precision": "precision",
    "recall": "recall",
}
"""Fields of a run and what they are called, of a positive label."""

MACRO_NAMES = {"fscore": "macro F"} | {
    name: f"macro {shown}" for name, shown in SCORE_NAMES.items() if name != "fscore"
}

BOOTSTRAPPED = 20
"""Labels whose rankings are bootstrapped by all replicates; of more, each by fewer."""

LEAST_REPLICATES = 200


def score_names(task: Task) -> dict[str, str]:
    """Fields of a run and what they are called in this task: the headline is its F-score."""
    return SCORE_NAMES if task.positive else MACRO_NAMES


DIGITS = 7  # of the scores that a report keeps for each item: what 32 bits hold


@dataclass(frozen=True)
class Figures:
    """All scores of a model on one set of items, by the task's headline; None: not defined.

    With a positive label they are about that label: `at_half` calls an item positive where it is
    the most probable label, `at_threshold` where it is predicted, by the run's threshold. Without
    one they are means over the labels, both of what is predicted. `intervals` are of the scores at
    half, by the names of `intervals.SCORES`, and of the F-score at the threshold; what is not
    defined is left out. `labels` has the scores of each label, by value. With
    `macro_fscore`, `micro_fscore` and `accuracy` (of several labels for a text: the exact match)
    they are missing in older reports. `unknown` are the labels that the model has not learned.
    """

    n_items: int
    at_half: Cut
    at_threshold: Cut
    auc: float | None
    average_precision: float | None
    intervals: Mapping[str, Interval]
    labels: Mapping[str, LabelScores] = field(default_factory=dict)
    macro_fscore: float | None = None
    accuracy: float | None = None
    micro_fscore: float | None = None
    unknown: tuple[str, ...] = ()


def row_scores(figures: Figures | None) -> dict[str, float | None]:
    """The scores that stand in a run's row of `runs.csv`; None without items."""
    if figures is None:
        return dict.fromkeys(SCORE_NAMES)
    every = vars(figures) | vars(figures.at_half)
    return {name: every[name] for name in SCORE_NAMES}


@dataclass(frozen=True)
class KeptPredictions:
    """Predictions of evaluation items: P(positive), without one the confidence, and an answer."""

    item_ids: tuple[str, ...]
    raw: tuple[float, ...]
    calibrated: tuple[float, ...]
    predicted: tuple[str, ...]


@dataclass(frozen=True)
class OutOfFold:
    """Out-of-fold predictions: P of each label of each training item by a model without it, raw.

    `probability` is `(n_labels, n_items)`, in the order of `labels`; with `thresholds`, one for
    each, a text can have several of them.
    """

    item_ids: tuple[str, ...]
    labels: tuple[str, ...]
    probability: tuple[tuple[float, ...], ...]
    thresholds: tuple[float, ...] = ()
    cut: tuple[int, float] | None = None

    @cached_property
    def table(self) -> NDArray[np.float64]:
        """The probabilities, `(n_items, n_labels)`."""
        return np.array(self.probability).reshape(len(self.labels), -1).T

    @cached_property
    def answers(self) -> dict[str, tuple[str, float]]:
        """What is predicted of each item, as an answer, and how sure that is."""
        columns = LabelColumns(self.labels, self.thresholds, cut=self.cut)
        told = columns.answers(self.table), columns.confidence(self.table).tolist()
        return dict(zip(self.item_ids, zip(*told, strict=True), strict=True))


@dataclass(frozen=True)
class Report:
    """A run's model in numbers.

    `figures` are by split; those of `out of fold` are of the training items. `said` has the
    predictions of the evaluation items of that time: it lets runs be compared item by item when
    their models are gone.
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

    splitting: int = PAIRS  # into words, as `pool.tokens` has it
    watched: tuple[tuple[str, str], ...] = ()
    """(item_id, most probable answer) of some items of the pool: do predictions still change?"""

    is_cut: bool = False
    """Whether the positive label was predicted by the threshold; in older reports from 0.5 on."""

    out_of_fold: OutOfFold | None = None
    """None where too few items had a label, and in reports from before it was kept."""


def report_intervals(report: Report | None) -> dict[str, Interval]:
    """The run's scores for the positive label with their intervals; empty without a report.

    A report is of the items that the run's row is of, whatever was labeled since. An interval of no
    width is left out: older reports resampled the F-score, and resampling cannot leave 0 or 1.
    """
    figures = report and report.figures.get("evaluation")
    kept = figures.intervals if figures else {}
    return {name: each for name, each in kept.items() if each.low < each.high}


def headline(run: Run, report: Report | None, score: str) -> tuple[float | None, Interval | None]:
    """A score of a run with its interval; the F-score is that at the run's threshold.

    Runs of before predicted from one half on, and have that score.
    """
    ends, figures = report_intervals(report), report and report.figures.get("evaluation")
    if score == "fscore" and figures and report.is_cut:
        return figures.at_threshold.fscore, ends.get(AT_THRESHOLD)
    return getattr(run, score), ends.get(score)


def kept_predictions(
    model: Model, item_ids: Sequence[str], probability: NDArray[np.floating], positive: int | None
) -> KeptPredictions:
    """The model's predictions of these items, from its `(n_items, n_labels)` probabilities."""
    raw, calibrated = (
        model.columns.confidence(each) if positive is None else each[:, positive]
        for each in (probability, model.calibration(probability))
    )
    answers = tuple(model.columns.answers(probability))
    return KeptPredictions(tuple(item_ids), _rounded(raw), _rounded(calibrated), answers)


def kept_out_of_fold(
    model: Model, item_ids: Sequence[str], probability: NDArray[np.floating]
) -> OutOfFold:
    """The out-of-fold predictions of these items, from `(n_items, n_labels)` probabilities."""
    told = tuple(_rounded(column) for column in probability.T)
    return OutOfFold(tuple(item_ids), model.labels, told, model.thresholds, model.cut)


def measure(
    model: Model,
    probability: NDArray[np.floating],
    targets: NDArray[np.int64] | Mask,
    positive: int | None,
) -> Figures | None:
    """All scores of the model's `(n_items, n_labels)` probabilities; None without items."""
    if not len(targets):
        return None
    n_labels = len(model.labels)
    predicted = as_table(model.columns.predicted(probability), n_labels)
    actual = as_table(targets, n_labels)
    macro, scores = macro_cut(predicted, actual), label_scores(probability, predicted, actual)
    if positive is None:
        scores, found = _of_all_labels(probability, predicted, actual, scores)
        found |= {"at_half": macro, "at_threshold": macro}
    else:
        half = as_table(model.columns.most_probable.predicted(probability), n_labels)
        tables = probability, predicted, half, actual
        found = _of_positive(scores[positive], *(each[:, positive] for each in tables))
    return Figures(
        n_items=len(targets),
        **found,
        labels=dict(zip(model.labels, scores, strict=True)),
        macro_fscore=macro.fscore,
        accuracy=exact_match(predicted, actual),
        micro_fscore=micro_fscore(predicted, actual),
        unknown=model.unlearned,
    )


def _of_positive(
    scores: LabelScores,
    raw: NDArray[np.floating],
    predicted: Mask,
    half: Mask,
    actual: Mask,
) -> dict[str, Any]:
    """The figures of the positive label, which has these scores; all arrays are `(n_items,)`.

    Intervals of the ranking are bootstrapped. Those of the calls need no resampling, which could
    not leave an F-score of 0 or 1: the same interval holds for any threshold and any slice, and is
    cheap enough to be worked out while somebody moves a threshold.
    """
    model, samples = BinaryPredictions(raw, predicted), resampled(len(actual))
    ranking = bootstrap(lambda drawn: scores_of(model, actual, drawn, RANKING), samples)
    above = cut_intervals(predicted, actual)
    at_threshold = {AT_THRESHOLD: above["fscore"]} if above else {}
    return {
        "at_half": cut(half, actual),
        "at_threshold": Cut(scores.fscore, scores.precision, scores.recall),
        "auc": scores.auc,
        "average_precision": scores.average_precision,
        "intervals": {**ranking.intervals(), **cut_intervals(half, actual), **at_threshold},
    }


def _of_all_labels(
    raw: NDArray[np.floating], predicted: Mask, actual: Mask, labels: Sequence[LabelScores]
) -> tuple[list[LabelScores], dict[str, Any]]:
    """The labels with intervals of their rankings, and the means of these, from one bootstrap."""
    replicates = int(max(LEAST_REPLICATES, min(1, BOOTSTRAPPED / len(labels)) * REPLICATES))
    samples, model = resampled(len(actual), replicates), BinaryPredictions(raw, predicted)
    drawn = bootstrap(lambda drawn: label_means(model, actual, drawn), samples).intervals()
    told = []
    for column, scores in enumerate(labels):
        ranking = {name: drawn[name, column] for name in RANKING if (name, column) in drawn}
        told.append(replace(scores, intervals=ranking | scores.intervals))
    intervals = {name: drawn[name] for name in SCORES if name in drawn}
    means = {name: intervals[name].value if name in intervals else None for name in RANKING}
    return told, means | {"intervals": intervals}


def report_path(params: Path) -> Path:
    """The report's file, beside the params file."""
    return params.with_suffix(".json")


def save_report(report: Report, params: Path) -> None:
    """The report stands beside the params file; raises RunError if it cannot be written."""
    content = {"format": REPORT_FORMAT, **asdict(report)}
    text = json.dumps(content, ensure_ascii=False, indent=1)
    write_model_file(report_path(params), text.encode())


def load_report(params: Path) -> Report | None:
    """The report beside this params file, None if there is none; RunError if it is damaged."""
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


def in_today(report: Report, task: Task) -> Report:
    """The report in today's labels; a prediction that means nothing any more is empty."""
    said, unseen = report.said, report.out_of_fold
    said = replace(said, predicted=tuple(task.today(answer) or "" for answer in said.predicted))
    brought = alignment(unseen.labels, task) if unseen else None
    if brought:
        own = LabelColumns(unseen.labels, unseen.thresholds, cut=unseen.cut)
        told = tuple(map(_rounded, brought(unseen.table, several=own.several).T))
        new = brought.columns(own, task.values)
        unseen = OutOfFold(unseen.item_ids, task.values, told, new.thresholds, new.cut)
    figures = {
        split: replace(found, labels={task.current.get(x, x): y for x, y in found.labels.items()})
        for split, found in report.figures.items()
    }
    return replace(report, said=said, out_of_fold=unseen, figures=figures)


def _require_even(columns: Iterable[Sequence[object]]) -> None:
    if len({len(column) for column in columns}) > 1:
        raise ValueError("the columns are not of one length")


def _rounded(values: NDArray[np.floating]) -> tuple[float, ...]:
    return tuple(float(f"{value:.{DIGITS}g}") for value in values)
