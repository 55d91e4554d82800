"""Scores with their intervals, as text and as numbers that stand large on a page."""

from streamlit.delta_generator import DeltaGenerator

from core.evaluation.intervals import Interval


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


def capitalized(name: str) -> str:
    """A score's name as a heading: `Macro AUC`."""
    return name[:1].upper() + name[1:]


def metric(place: DeltaGenerator, name: str, value: str, below: str, help: str = "") -> None:
    """A large number with a quiet line below it, and no arrow: nothing has gone up or down."""
    off = {"delta_color": "off", "delta_arrow": "off"}
    place.metric(name, value, below or None, help=help or None, **off)
