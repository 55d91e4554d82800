"""The section of the Strategies page on what each strategy brought in, in all and over time."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd
import streamlit as st

from core.analysis.strategy_yield import THIN, ChosenLabel, Yield, by_iteration, by_strategy
from core.workspace.snapshot import Snapshot
from pages.ui.components.charts import numbers, strategy_color, thin_hollow
from pages.ui.components.figure import POINTS, show_figure
from pages.ui.components.scores import interval_text
from pages.ui.escape_markdown import plain

HEIGHT = 180

NARROW = 120
"""Points beyond which their intervals are drawn as bands: bars would hide each other."""

NUMBER = "replace(datum.label, /^batch-0*/, '')"
"""A batch's number is enough of its id under a chart."""


@dataclass(frozen=True)
class Measure:
    """One figure of a `Yield`: its field, what it is called, and how to read its chart."""

    field: str
    name: str
    reading: str
    missing: str = ""
    format: str = ".0%"


def measures(positive: str) -> list[Measure]:
    """The four, for a task whose positive label has this name."""
    return [
        Measure(
            "positive",
            positive,
            f"How many of the labels are {positive}: the higher, the more of them were found.",
        ),
        Measure(
            "differing",
            "differs from prediction",
            "How often people said otherwise than the model had guessed when it chose the item.",
            "It begins with the first batch that a model has chosen.",
        ),
        Measure(
            "novelty",
            "novel words",
            "Share of an item's words that no training item had until then; falling is normal.",
            "It begins with the second batch of training data.",
        ),
        Measure(
            "seconds",
            "median seconds",
            "Half of the labels took less: hard items take longer.",
            "The logs hold no times yet; labels that are given on the Annotate page have them.",
            ".1f",
        ),
    ]


def show_yields(snapshot: Snapshot, items: Sequence[ChosenLabel]) -> None:
    """The table over all iterations, one chart for each measure, and the numbers of each cell."""
    found = measures(snapshot.workspace.task.positive.name)
    totals, cells = by_strategy(items), by_iteration(items)
    in_all = table(totals, found).drop(columns="iteration")
    st.dataframe(in_all, hide_index=True, key="strategy_totals")
    st.caption(
        "In brackets, where the figure would be found in 95 of 100 repetitions. "
        f"“Thin” marks fewer than {THIN} labels: too few to say much."
    )
    st.subheader("How did it go on?", anchor=False)
    st.caption(
        "One point for each strategy and iteration, with its interval of 95%; thin ones are hollow."
    )
    if len({cell.batch_id for cell in cells}) == 1:
        st.caption("There is one iteration so far.")
    for pair in (found[:2], found[2:]):
        for place, measure in zip(st.columns(2), pair, strict=True):
            with place:
                show_measure(cells, measure)
    with st.expander("The numbers of each iteration"):
        st.dataframe(table(cells, found), hide_index=True, key="strategy_cells")


def show_measure(cells: Sequence[Yield], measure: Measure) -> None:
    """One chart with its reading aid, or what is missing for it."""
    title = f"{measure.name[:1].upper()}{measure.name[1:]}"
    points = points_of(cells, measure.field)
    if not len(points):
        st.markdown(f"**{plain(title)}**")
        st.caption(measure.missing)
        return
    iterations, strategies = (tuple(points[name].unique()) for name in ("iteration", "strategy"))
    show_figure(
        f"harvest-{measure.field}",
        title,
        measure.reading,
        over_time,
        points,
        measure.format,
        iterations,
        strategies,
        len(points) > NARROW,
    )


def table(cells: Sequence[Yield], of: Sequence[Measure]) -> pd.DataFrame:
    """One row for each cell, its figures with their intervals; what is not known is empty."""
    rows = []
    for cell in cells:
        told = [interval_text(getattr(cell, each.field), each.format) for each in of]
        thin = "thin" if cell.is_thin else ""
        rows.append((cell.batch_id, cell.strategy, cell.labeled, *told, thin))
    head = ["iteration", "strategy", "labels", *(each.name for each in of), "thin"]
    return pd.DataFrame(rows, columns=head)


def points_of(cells: Sequence[Yield], field: str) -> pd.DataFrame:
    """The cells that have this figure, with its ends."""
    rows = [
        (cell.batch_id, cell.strategy, cell.labeled, cell.is_thin, of.value, of.low, of.high)
        for cell in cells
        for of in [getattr(cell, field)]
        if of is not None
    ]
    names = ["iteration", "strategy", "labels", "thin", "value", "low", "high"]
    return pd.DataFrame(rows, columns=names)


def over_time(
    as_: str, iterations: Sequence[str], strategies: Sequence[str], has_bands: bool
) -> alt.LayerChart:
    """A figure of each strategy over the iterations, with bars of 95% side by side, or bands."""
    is_share = as_.endswith("%")
    axis = alt.Axis(format="%" if is_share else "~s", tickCount=5)
    scale = alt.Scale(domain=[0, 1]) if is_share else alt.Scale(zero=True)
    told = numbers("value", "low", "high", format=as_)
    base = alt.Chart(POINTS).encode(
        x=alt.X(
            "iteration:N",
            title="iteration",
            sort=list(iterations),
            axis=alt.Axis(labelAngle=0, labelOverlap="greedy", grid=False, labelExpr=NUMBER),
        ),
        y=alt.Y("value:Q", title=None, axis=axis, scale=scale),
        color=strategy_color(strategies),
        tooltip=["iteration:N", "strategy:N", "labels:Q", *told],
    )
    if not has_bands:
        base = base.encode(xOffset=alt.XOffset("strategy:N", scale=alt.Scale(paddingOuter=0.3)))
    spread = base.mark_area(opacity=0.15) if has_bands else base.mark_rule(opacity=0.5)
    ends = spread.encode(y=alt.Y("low:Q", title=None, axis=axis, scale=scale), y2="high:Q")
    dots = thin_hollow(base, size=50)
    return alt.layer(ends, base.mark_line(opacity=0.5), *dots, height=HEIGHT)
