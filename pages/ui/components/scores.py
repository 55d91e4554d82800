"""Scores with their intervals, as text and as numbers that stand large on a page."""

from streamlit.delta_generator import DeltaGenerator

from core.evaluation.intervals import Interval
from core.evaluation.report import Report


def span(found: Interval | None) -> str:
    """`0.52 to 0.68`, or nothing."""
    return f"{found.low:.2f} to {found.high:.2f}" if found else ""


def interval_text(found: Interval | None, as_: str) -> str:
    """`38% (31% to 45%)`, without brackets where there is no interval, or nothing."""
    if found is None:
        return ""
    if found.low != found.low:  # not a number
        return f"{found.value:{as_}}"
    return f"{found.value:{as_}} ({found.low:{as_}} to {found.high:{as_}})"


def report_intervals(report: Report | None) -> dict[str, Interval]:
    """The run's scores for the positive label with their intervals; empty without a report.

    A report is of the items that the run's row is of, whatever was labeled since. An interval of no
    width is left out: older reports resampled the F-score, and resampling cannot leave 0 or 1.
    """
    figures = report and report.figures.get("evaluation")
    kept = figures.intervals if figures else {}
    return {name: each for name, each in kept.items() if each.low < each.high}


def capitalized(name: str) -> str:
    """A score's name as a heading: `Macro AUC`."""
    return name[:1].upper() + name[1:]


def metric(place: DeltaGenerator, name: str, value: str, below: str, help: str = "") -> None:
    """A large number with a quiet line below it, and no arrow: nothing has gone up or down."""
    off = {"delta_color": "off", "delta_arrow": "off"}
    place.metric(name, value, below or None, help=help or None, **off)
