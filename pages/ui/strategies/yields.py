"""The section of the Strategies page on what each strategy found, in all and over time."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd
import streamlit as st

from core.analysis.strategy_yield import THIN, Yield, by_strategy, over_time
from core.workspace.snapshot import Snapshot
from core.workspace.task import BULK, Task
from pages.ui.components.charts import labels_axis, numbers, strategy_color
from pages.ui.components.figure import POINTS, show_figure
from pages.ui.components.scores import interval_text
from pages.ui.escape_markdown import plain

HEIGHT = 180


@dataclass(frozen=True)
class Measure:
    """A measure of a `Yield`: `missing` if no strategy has it, `empty` for a cell without it."""

    field: str
    name: str
    reading: str
    missing: str = ""
    empty: str = ""
    format: str = ".0%"


def measures(task: Task) -> list[Measure]:
    name = task.positive.name if task.positive else ""
    positive = Measure("positive", name, f"Share of labels that are {name}. Higher finds more.")
    return [
        *([positive] if task.positive else []),
        Measure(
            "differing",
            "Differs from prediction",
            "How often the label is not what the model predicted when it chose the item.",
            "Starts with the first batch chosen by a model.",
            "no predictions",
        ),
        Measure(
            "novelty",
            "New words",
            "Share of an item's words that no training item had before. It normally falls.",
            "Starts with the second training batch.",
            "first batch",
        ),
        Measure(
            "seconds",
            "Seconds per label",
            "The median. Hard items take longer.",
            "No times yet: only labels given on the Annotate page are timed.",
            "not timed",
            ".1f",
        ),
        Measure(
            "overruled",
            "Changed when checked",
            "How often who looked at an item that was labeled in bulk gave it another label.",
            empty="not checked",
        ),
    ]


def show_yields(snapshot: Snapshot, items: pd.DataFrame) -> None:
    """The table over all batches, and one chart for each measure."""
    found = measures(snapshot.workspace.task)
    in_bulk = items["strategy"].isin([BULK]).any()
    in_all = table(by_strategy(items), found if in_bulk else found[:-1])
    st.dataframe(in_all, hide_index=True, key="strategy_totals")
    few = f" “Few” means fewer than {THIN} labels." if "Few" in in_all else ""
    st.caption(f"Ranges in brackets are 95% intervals.{few}")
    st.header("Over time", anchor=False)
    st.caption(
        f"One point for every {THIN} labels or more of a strategy; point at one for its 95% "
        "interval. Strategies with fewer labels are left out."
    )
    stretches = over_time(items)
    for pair in (found[:2], found[2:-1]):
        for place, measure in zip(st.columns(2), pair, strict=False):
            with place:
                show_measure(stretches, measure)


def show_measure(stretches: Sequence[tuple[int, Yield]], measure: Measure) -> None:
    """One chart with its reading aid, or what is missing for it."""
    points = points_of(stretches, measure.field)
    if not len(points):
        st.markdown(f"**{plain(measure.name)}**")
        st.caption(measure.missing if stretches else f"Starts with {THIN} labels of a strategy.")
        return
    show_figure(
        f"harvest-{measure.field}",
        measure.name,
        measure.reading,
        lines,
        points,
        measure.format,
        tuple(points["strategy"].unique()),
    )


def table(cells: Sequence[Yield], of: Sequence[Measure]) -> pd.DataFrame:
    """One row for each cell, its figures with their intervals; what is not known says why."""
    rows = []
    for cell in cells:
        told = [interval_text(getattr(cell, each.field), each.format) or each.empty for each in of]
        few = "few" if cell.is_thin else ""
        rows.append((cell.strategy, cell.labeled, few, *told))
    head = ["Strategy", "Labels", "Few", *(each.name for each in of)]
    found = pd.DataFrame(rows, columns=head)
    return found if "few" in set(found["Few"]) else found.drop(columns="Few")


def points_of(stretches: Sequence[tuple[int, Yield]], field: str) -> pd.DataFrame:
    rows = [
        (until, stretch.strategy, stretch.labeled, of.value, of.low, of.high)
        for until, stretch in stretches
        for of in [getattr(stretch, field)]
        if of is not None
    ]
    names = ["training labels", "strategy", "labels", "value", "low", "high"]
    return pd.DataFrame(rows, columns=names)


def lines(as_: str, strategies: Sequence[str]) -> alt.LayerChart:
    """A figure of each strategy as training labels came in; all such charts begin at 0."""
    is_share = as_.endswith("%")
    seconds = alt.Axis(format=".1f", tickCount=5, labelExpr="datum.label + ' s'")
    axis = alt.Axis(format="%", tickCount=5) if is_share else seconds
    scale = alt.Scale(domain=[0, 1]) if is_share else alt.Scale(zero=True)
    base = alt.Chart(POINTS).encode(
        x=labels_axis("training labels:Q", scale=alt.Scale(zero=True)),
        y=alt.Y("value:Q", title=None, axis=axis, scale=scale),
        color=strategy_color(strategies),
        tooltip=[
            "strategy:N",
            *numbers("value", "low", "high", format=as_),
            *numbers("labels", "training labels", format=",d"),
        ],
    )
    return alt.layer(base.mark_line(), base.mark_point(filled=True, opacity=1), height=HEIGHT)
