"""What a run is told of beyond its row of `runs.csv`: a JSON file beside its params file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.calibration import Calibration
from core.encoded import EncodedSpace
from core.errors import RunError
from core.evaluation import Cut, auc, average_precision, brier, calibration_error, cut
from core.features import Vocabulary
from core.files import write_model_file
from core.model import Model

REPORT_FORMAT = "sunlight report 1"


@dataclass(frozen=True)
class Figures:
    """A model on one set of items, for the positive label; None: not defined.

    `at_half` calls an item positive if that label is its most probable one, `at_threshold` if its
    probability, not calibrated, reaches the run's threshold. Errors of calibration and Brier scores
    are of the probability as the model gives it (raw), and calibrated.
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


@dataclass(frozen=True)
class Report:
    """A run's model in numbers.

    `figures` are by split; those of `out of fold` are of the training items, and somewhat too good
    at the threshold, which was chosen on them.
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
    encoder: str = ""
    """Its name; empty without one, as in reports from before there were any."""


def report_on(model: Model, note: str, figures: Mapping[str, Figures]) -> Report:
    """The model's settings together with its figures."""
    source = model.source
    of_pool = not isinstance(source, Vocabulary)
    return Report(
        model=model.name,
        source=source.name if of_pool else "words",
        source_version=source.version if of_pool else 1,
        source_key=source.key if of_pool else "",
        threshold=model.threshold,
        scale=model.calibration.scale,
        shifts=model.calibration.shifts,
        note=note,
        figures=figures,
        encoder=source.encoder.encoder.name if isinstance(source, EncodedSpace) else "",
    )


def measure(
    probability: NDArray[np.floating],
    targets: NDArray[np.int64],
    positive: int,
    threshold: float,
    calibration: Calibration,
) -> Figures:
    """The figures of `(n_items, n_labels)` probabilities against the true columns."""
    actual, raw = targets == positive, probability[:, positive]
    calibrated = calibration(probability)[:, positive]
    return Figures(
        n_items=len(targets),
        at_half=cut(probability.argmax(axis=1) == positive, actual),
        at_threshold=cut(raw >= threshold, actual),
        auc=auc(raw, actual),
        average_precision=average_precision(raw, actual),
        calibration_error_raw=calibration_error(raw, actual),
        calibration_error_calibrated=calibration_error(calibrated, actual),
        brier_raw=brier(raw, actual),
        brier_calibrated=brier(calibrated, actual),
    )


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
        figures = {name: _figures(values) for name, values in content.pop("figures").items()}
        shifts = tuple(content.pop("shifts"))
        return Report(**content, shifts=shifts, figures=figures)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(
            f"models/{path.name} is not a report of Sunlight, or it is damaged. Move it away; the "
            "run's scores stand in runs.csv."
        ) from error


def _figures(values: Mapping[str, object]) -> Figures:
    cuts = {name: Cut(**values[name]) for name in ("at_half", "at_threshold")}
    return Figures(**{**values, **cuts})
