"""A picture of the choice: what was picked, over a sample of what could have been."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from core.analysis.projection import POOL, inside, landscape, pick_points, sampled_picks
from core.query.shown_predictions import NewestRun
from core.sampling.picks import Pick
from core.workspace.labels import Labeled
from core.workspace.relabel import as_they_stand, flag_of
from core.workspace.snapshot import Snapshot
from pages.ui import session
from pages.ui.cache import analysis
from pages.ui.components.charts import numbers, strategy_color
from pages.ui.components.figure import POINTS, show_figure
from pages.ui.components.item_details import show_details
from pages.ui.components.items import item_html, show_items
from pages.ui.escape_markdown import plain

TITLE = "A picture of the choice"
BRUSH, CLICK = "brush", "click"
HEIGHT = 340
SHOWN = 50
OPENED = 15
"""Items of a region with a button: buttons cost more time than texts, and a click opens any."""

Point = Any
"""A row of the points, by `itertuples`."""


def picture(strategies: Sequence[str]) -> alt.Chart:
    """Confidence against word familiarity; a drag chooses a region, a click an item."""
    region = alt.selection_interval(name=BRUSH, encodings=["x", "y"])
    item = alt.selection_point(name=CLICK, fields=["item_id"], on="click", nearest=False)
    is_pool = f"datum.strategy === '{POOL}'"
    told = [*numbers("confidence"), *numbers("familiarity", format=".2f")]
    points = alt.Chart(POINTS, height=HEIGHT).mark_point(filled=True, strokeWidth=0)
    points = points.encode(
        x=alt.X(
            "familiarity:Q",
            title="familiarity of the words",
            scale=alt.Scale(type="log", nice=False, padding=8),
            axis=alt.Axis(format="~g", tickCount=6),
        ),
        y=alt.Y(
            "confidence:Q",
            title="confidence",
            scale=alt.Scale(zero=False, nice=False, padding=8),
            axis=alt.Axis(format=".2f"),
        ),
        color=strategy_color(strategies),
        size=alt.condition(is_pool, alt.value(14), alt.value(60)),
        opacity=alt.condition(is_pool, alt.value(0.45), alt.value(0.95)),
        tooltip=["text:N", "strategy:N", *told],
    )
    return points.add_params(region, item)


def show_picture(
    snapshot: Snapshot, picks: Sequence[Pick], newest: NewestRun | None, batch: str
) -> None:
    """The picture of one choice of batches, and below it what is chosen in the picture."""
    if newest is None:
        st.markdown(f"**{TITLE}**")
        st.caption("The picture needs the model of the newest run: it comes with the next run.")
        return
    shown = sampled_picks(picks)
    pool = analysis.pool_points(snapshot, newest.run)
    points = landscape(pool, pick_points(shown, analysis.word_history(snapshot)))
    points = points[points["familiarity"] < float("inf")]
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
    show_chosen(snapshot, points, chosen.get("selection", {}))


def aid(points: pd.DataFrame, run_id: str, is_sample: bool) -> str:
    """How to read the picture, and what to do with it."""
    gray = int((points["strategy"] == POOL).sum())
    picks = f"{len(points) - gray:,} picks, a random sample of them," if is_sample else "picks"
    return (
        f"Further down the model is less sure, further left the words are newer. Grey: a random "
        f"sample of {gray:,} items of the pool as {run_id} sees them; {picks} stand where they "
        "stood when they were chosen. Drag over a region to read its items; click a point to open "
        "its item."
    )


def show_chosen(snapshot: Snapshot, points: pd.DataFrame, selection: Mapping[str, object]) -> None:
    """What was clicked, opened; else the items of the region."""
    clicked = {point["item_id"] for point in selection.get(CLICK) or [] if "item_id" in point}
    opened, ranges = points[points["item_id"].isin(clicked)], selection.get(BRUSH)
    for point in opened.itertuples():
        show_opened(snapshot, point)
    if ranges and not len(opened):
        show_region(snapshot, inside(points, ranges))


def show_opened(snapshot: Snapshot, point: Point) -> None:
    """One item with all that is known of it, and the ways to label it."""
    (item,), batches = as_they_stand(snapshot, [point.item_id]), batches_of(snapshot)
    with st.container(border=True, gap="small", key="review_opened"):
        told = point_facts(snapshot, point, item)
        show_items([item_html(point.text, told, big=True, item_id=point.item_id)])
        show_details(snapshot, point.item_id, point.text)
        batch_id = batches.get(point.item_id, "")
        open_item_button(batch_id, point.item_id, "open_opened", "Open in Annotate")


def show_region(snapshot: Snapshot, found: pd.DataFrame) -> None:
    """The items of a region, the first of them with a way into their batch."""
    if not len(found):
        st.caption("No item stands in this region.")
        return
    st.markdown(f"**{len(found):,} {'item' if len(found) == 1 else 'items'} chosen**")
    first, batches = found.head(SHOWN), batches_of(snapshot)
    items = as_they_stand(snapshot, first["item_id"].tolist())
    shown = [
        item_html(point.text, point_facts(snapshot, point, item), item_id=item.item_id)
        for point, item in zip(first.itertuples(), items, strict=True)
    ]
    for at, (item, text) in enumerate(zip(items[:OPENED], shown, strict=False)):
        with st.container(horizontal=True, vertical_alignment="center"):
            show_items([text])
            key = f"open point {at} {item.item_id}"
            open_item_button(batches.get(item.item_id, ""), item.item_id, key)
    if len(shown) > OPENED:
        show_items(shown[OPENED:])
    if len(found) > SHOWN:
        st.caption(f"The first {SHOWN} are shown: picks first, then the least familiar.")


def point_facts(snapshot: Snapshot, point: Point, item: Labeled) -> list[str]:
    """What the picture shows of an item, in words, and its label of now."""
    return [
        point.item_id,
        point.strategy if point.strategy != POOL else "not asked for",
        f"confidence {point.confidence:.3f}",
        f"familiarity {point.familiarity:.2f}",
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


def open_item_button(batch_id: str, item_id: str, key: str, name: str = "Open") -> None:
    """A button into the item's batch, at the item; nothing for an item that has none."""
    if batch_id and st.button(name, key=key, help=f"Annotate, at this item of {plain(batch_id)}"):
        open_batch(batch_id, item_id)
