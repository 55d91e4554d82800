"""A picture of the choice: what was picked, over a sample of what could have been."""

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd
import streamlit as st

from core.assignment import flags
from core.choice import Pick
from core.landscape import POOL, SAMPLE, inside, landscape, pick_points
from core.loop import Loop
from pages.ui import cache
from pages.ui.charts import numbers, strategy_color
from pages.ui.figure import POINTS, show_figure
from pages.ui.items import item_html, show_items
from pages.ui.review.opening import open_item_button
from pages.ui.review.picks import Today

TITLE = "A picture of the choice"
BRUSH, CLICK = "brush", "click"
HEIGHT = 340
SHOWN = 50

Selected = Mapping[str, object]


def picture(strategies: Sequence[str]) -> alt.Chart:
    """Confidence against word familiarity; a drag chooses a region, a click an item."""
    region = alt.selection_interval(name=BRUSH, encodings=["x", "y"])
    item = alt.selection_point(name=CLICK, fields=["item_id"], on="click", nearest=False)
    is_pool = f"datum.strategy === '{POOL}'"
    return (
        alt.Chart(POINTS)
        .mark_point(filled=True, strokeWidth=0)
        .encode(
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
            tooltip=[
                "text:N",
                "strategy:N",
                *numbers("confidence"),
                *numbers("familiarity", format=".2f"),
            ],
        )
        .add_params(region, item)
        .properties(height=HEIGHT)
    )


def show_picture(loop: Loop, picks: Sequence[Pick], today: Today | None, batch: str) -> None:
    """The picture of one choice of batches, and below it what is chosen in the picture."""
    if today is None:
        st.markdown(f"**{TITLE}**")
        st.caption("The picture needs the model of the newest run: it comes with the next run.")
        return
    points = landscape(
        cache.pool_points(loop, today.run), pick_points(picks, cache.word_history(loop))
    )
    points = points[points["familiarity"] < float("inf")]
    chosen = show_figure(
        "picture",
        TITLE,
        "Further down the model is less sure, further left the words are newer: drag over a region "
        "to read its items, click a point to open it.",
        picture,
        points,
        tuple(points["strategy"].unique()),
        on_select="rerun",
        selection_mode=[BRUSH, CLICK],
        key=f"picture {batch}",
    )
    st.caption(
        f"Grey: a random sample of {min(SAMPLE, int((points['strategy'] == POOL).sum())):,} items "
        f"of the pool as {today.run.run_id} sees them; picks stand where they stood when they were "
        "chosen. Familiarity is how often the words of an item occur in the training data, on "
        "average."
    )
    show_chosen(loop, selected(points, chosen.get("selection", {})))


def selected(points: pd.DataFrame, selection: Selected) -> pd.DataFrame | None:
    """The clicked items, else those of the region; None if nothing is chosen."""
    clicked = {point["item_id"] for point in selection.get(CLICK) or [] if "item_id" in point}
    if clicked:
        return points[points["item_id"].isin(clicked)]
    ranges = selection.get(BRUSH) or {}
    return inside(points, ranges) if ranges else None


def show_chosen(loop: Loop, found: pd.DataFrame | None) -> None:
    """The items that were chosen in the picture, each with a way into its batch."""
    if found is None:
        return
    if not len(found):
        st.caption("No item stands in this region.")
        return
    st.markdown(f"**{len(found):,} {'item' if len(found) == 1 else 'items'} chosen**")
    task = loop.workspace.task
    labels = {item.item_id: item.label for items in loop.labels.splits.values() for item in items}
    flagged = {flag.item_id for flag in flags(loop.logs.events)}
    for at, point in enumerate(found.head(SHOWN).itertuples()):
        item, button = st.columns([5, 1], vertical_alignment="center")
        told = [
            point.item_id,
            point.strategy,
            f"confidence {point.confidence:.3f}",
            f"familiarity {point.familiarity:.2f}",
            f"labeled {task.label(labels[point.item_id]).name}" if point.item_id in labels else "",
            "flagged" if point.item_id in flagged else "",
        ]
        with item:
            show_items([item_html(point.text, told)])
        with button:
            open_item_button(loop, point.item_id, key=f"open point {at} {point.item_id}")
    if len(found) > SHOWN:
        st.caption(f"The first {SHOWN} are shown: picks first, then the least familiar.")
