"""The map of a batch: what was picked, over a sample of what could have been."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from core.analysis.projection import POOL, inside, landscape, pick_points, sampled_picks
from core.query.shown_predictions import NewestRun
from core.sampling.catalog import familiarity
from core.sampling.picks import Pick
from core.workspace.labels import Labeled
from core.workspace.logs import shown_id
from core.workspace.relabel import as_they_stand, flag_of
from core.workspace.snapshot import Snapshot
from pages.ui import session
from pages.ui.cache import analysis
from pages.ui.components.charts import numbers, strategy_color
from pages.ui.components.figure import POINTS, show_figure
from pages.ui.components.item_details import show_item
from pages.ui.components.items import percent
from pages.ui.escape_markdown import plain

TITLE = "Map of this batch"
BRUSH, CLICK = "brush", "click"
HEIGHT = 340
SHOWN = 50
"""Items of a selection: each of them opens, which costs more time than a text."""

TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)

Point = Any
"""A row of the points, by `itertuples`."""


def picture(strategies: Sequence[str]) -> alt.Chart:
    """Confidence against word familiarity; a drag chooses a region, a click an item."""
    region = alt.selection_interval(name=BRUSH, encodings=["x", "y"])
    item = alt.selection_point(name=CLICK, fields=["item_id"], on="click", nearest=False)
    is_pool = f"datum.strategy === '{POOL}'"
    seen = alt.Tooltip("familiarity:Q", title="words seen in training", format=".2f")
    points = alt.Chart(POINTS, height=HEIGHT).mark_point(filled=True, strokeWidth=0)
    points = points.encode(
        x=alt.X(
            "familiarity:Q",
            title="times words seen in training (log scale)",
            scale=alt.Scale(type="log", nice=False, padding=8),
            axis=alt.Axis(format="~g", values=[*TICKS], tickCount=len(TICKS)),
        ),
        y=alt.Y(
            "confidence:Q",
            title="confidence of the prediction",
            scale=alt.Scale(zero=False, nice=False, padding=8),
            axis=alt.Axis(format=".0%"),
        ),
        color=strategy_color(strategies),
        size=alt.condition(is_pool, alt.value(14), alt.value(60)),
        opacity=alt.condition(is_pool, alt.value(0.45), alt.value(0.95)),
        tooltip=["text:N", "strategy:N", *numbers("confidence", format=".1%"), seen],
    )
    return points.add_params(region, item)


def show_picture(
    snapshot: Snapshot, picks: Sequence[Pick], newest: NewestRun | None, batch: str
) -> None:
    """The map of one choice of batches, and beside it what is selected in it."""
    if newest is None:
        st.markdown(f"**{TITLE}**")
        st.caption("The map needs the newest model, whose file is missing. It comes with the next.")
        return
    shown = sampled_picks(picks)
    pool = analysis.pool_points(snapshot, newest.run)
    points = landscape(pool, pick_points(shown, analysis.word_history(snapshot)))
    points = points[points["familiarity"] < float("inf")]
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chosen = show_figure(
            "picture",
            TITLE,
            aid(points, newest.run.run_id, len(shown) < len(picks)),
            picture,
            points,
            tuple(points["strategy"].unique()),
            on_select="rerun",
            selection_mode=[BRUSH, CLICK],
            key=f"picture {batch}",
        )
    with right:
        show_chosen(snapshot, points, chosen.get("selection", {}), f"review_range {batch}")


def aid(points: pd.DataFrame, run_id: str, is_sample: bool) -> str:
    """How to read the map, and what to do with it."""
    gray = int((points["strategy"] == POOL).sum())
    picks = f" Shown are {len(points) - gray:,} chosen items, drawn at random." if is_sample else ""
    return (
        "Lower = the model is less sure. Further left = rarer words. Grey dots are "
        f"{gray:,} random items as {shown_id(run_id)} sees them, the others were chosen.{picks} "
        "Drag to select, click to open."
    )


def show_chosen(
    snapshot: Snapshot, points: pd.DataFrame, selection: Mapping[str, object], key: str
) -> None:
    """What was clicked, opened; else the items of the region, by the mouse or by the sliders."""
    clicked = {point["item_id"] for point in selection.get(CLICK) or [] if "item_id" in point}
    opened, ranges = points[points["item_id"].isin(clicked)], selection.get(BRUSH)
    if not ranges and len(points):
        ranges = ranges_by_sliders(points, key)
    if not len(opened) and not ranges:
        return
    with st.container(height=HEIGHT + 150, border=False, gap=None, key="review_chosen"):
        if len(opened):
            show_points(snapshot, opened, is_alone=len(opened) == 1)
        else:
            show_region(snapshot, inside(points, ranges))


def ranges_by_sliders(points: pd.DataFrame, key: str) -> dict[str, Sequence[float]]:
    """The same selection as by the mouse, for who has none; empty while all is selected."""
    ranges = {}
    with st.expander("Select without a mouse"):
        for name, label in ("confidence", "Confidence"), ("familiarity", "Words seen in training"):
            steps = [*np.unique(points[name].quantile(np.linspace(0, 1, 41)))]
            whole, told = (steps[0], steps[-1]), "{:.2f}".format
            if len(steps) > 1:
                found = st.select_slider(label, steps, whole, told, key=f"{key} {name}")
                ranges |= {name: found} if tuple(found) != whole else {}
    return ranges


def show_region(snapshot: Snapshot, found: pd.DataFrame) -> None:
    """The items of a region; each of them opens."""
    if not len(found):
        st.caption("No items in this region.")
        return
    st.markdown(f"**{len(found):,} {'item' if len(found) == 1 else 'items'} selected**")
    show_points(snapshot, found.head(SHOWN))
    if len(found) > SHOWN:
        st.caption(f"The first {SHOWN} are shown: chosen items first, then those of rarest words.")


def show_points(snapshot: Snapshot, found: pd.DataFrame, *, is_alone: bool = False) -> None:
    """These items with what the map shows of them; one alone with its way into its batch."""
    items, batches = as_they_stand(snapshot, found["item_id"].tolist()), batches_of(snapshot)
    for point, item in zip(found.itertuples(), items, strict=True):
        told = point_facts(snapshot, point, item)
        show_item(snapshot, item.item_id, point.text, told, is_alone=is_alone)
        if is_alone or st.session_state.get(f"more_{item.item_id}"):
            batch_id = batches.get(item.item_id, "")
            open_item_button(batch_id, item.item_id, f"open point {item.item_id}")


def point_facts(snapshot: Snapshot, point: Point, item: Labeled) -> list[str]:
    """What the map shows of an item, in words, and its label of now."""
    return [
        point.item_id,
        f"chosen by {point.strategy}" if point.strategy != POOL else "not in this batch",
        f"confidence {percent(point.confidence)}",
        familiarity(point.familiarity),
        f"labeled {snapshot.workspace.task.label(item.label).name}" if item.label else "",
        "flagged" if flag_of(snapshot, point.item_id) else "",
    ]


def open_batch(batch_id: str, item_id: str = "") -> None:
    """Goes to the annotate page, into this batch."""
    session.reopen(batch_id, item_id)
    st.switch_page("annotate.py")


def batches_of(snapshot: Snapshot) -> dict[str, str]:
    """The batch in which each item is labeled, or waits for its label; not those of files alone."""
    found = {item.item_id: item.batch_id for item in snapshot.labels.items if item.batch_id}
    waiting = ((p.item_id, p.batch_id) for batch in snapshot.open_batches.values() for p in batch)
    return {**found, **dict(waiting)}


def open_item_button(batch_id: str, item_id: str, key: str) -> None:
    """A button into the item's batch, at the item; nothing for an item that has none."""
    told = f"Opens {plain(shown_id(batch_id))} at this item."
    if batch_id and st.button("Open in Annotate", key=key, type="tertiary", help=told):
        open_batch(batch_id, item_id)
