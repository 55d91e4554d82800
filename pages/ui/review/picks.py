"""Why these items: the picks of two strategies side by side, and the map of a batch."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from core.analysis.projection import POOL, inside, landscape, pick_points, sampled_picks
from core.query.shown_predictions import NewestRun, shown_predictions
from core.sampling.catalog import CATALOG, Strategy, familiarity
from core.sampling.next_batch import is_active
from core.sampling.picks import Pick, WordHistory, by_strategy, picks_in, strategies_of
from core.workspace.labels import Labeled
from core.workspace.logs import shown_id
from core.workspace.relabel import as_they_stand, flag_of
from core.workspace.snapshot import Snapshot
from core.workspace.task import Task
from pages.ui import session
from pages.ui.cache import analysis, runs
from pages.ui.components.charts import numbers, strategy_color
from pages.ui.components.figure import POINTS, show_figure
from pages.ui.components.item_details import show_item
from pages.ui.components.items import item_html, percent, prediction, show_items
from pages.ui.components.messages import filled
from pages.ui.escape_markdown import plain

ALL, COMING = "All batches", "Next batch"
SHOWN = 50

SIDES = ("outlier", "low confidence")
"""The strategies of the two columns, as long as nobody chooses others."""

TITLE = "Map of this batch"
BRUSH, CLICK = "brush", "click"
HEIGHT = 340

TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)

Point = Any  # a row of the points, by `itertuples`


def choose_batch(snapshot: Snapshot, picks: Sequence[Pick]) -> str | None:
    """The batch to look at, `ALL` or `COMING`; None if a model has never chosen and cannot yet."""
    batches = sorted({pick.proposal.batch_id for pick in picks}, reverse=True)
    coming = [COMING] if is_active(snapshot) else []
    if not batches and not coming:
        return None
    options = [*coming, *batches, *([ALL] if batches else [])]
    index = len(coming) if batches else 0
    return st.selectbox("Batch", options, index=index, format_func=shown_id, key="review_batch")


def picks_shown(snapshot: Snapshot, batch: str) -> list[Pick]:
    """The picks of the chosen batch; stops at a button before the next one is worked out."""
    if batch != COMING:
        return [p for p in analysis.picks(snapshot) if batch in (ALL, p.proposal.batch_id)]
    slot = analysis.coming(snapshot)
    if slot.found is None:
        st.caption(
            "Trains the model on your newest labels, and lets it choose among all items. Nothing "
            "is saved, and more labels change the choice."
        )
        if not st.button("Show the next batch", key="show_coming", type="primary"):
            st.stop()
    return picks_in(filled(slot, "Choosing …"))


def newest_run(snapshot: Snapshot) -> NewestRun | None:
    """What the newest model predicts; None where there is none, or its file is gone."""
    if not snapshot.logs.runs:
        return None
    run = snapshot.logs.runs[-1]
    predictions, report = runs.predictions(snapshot, run), runs.report(snapshot, run)
    unseen = report.out_of_fold if report else None
    return NewestRun(run, predictions, unseen) if predictions else None


def show_sides(snapshot: Snapshot, picks: Sequence[Pick], newest: NewestRun | None) -> None:
    told = "Underlined words were new to the training data then."
    if newest:
        told += f" Now: the prediction of {shown_id(newest.run.run_id)}"
        told += ", for its training items by models trained without them." if newest.unseen else "."
    st.caption(told)
    names = list(dict.fromkeys([*SIDES, *strategies_of(picks)]))
    for number, column in enumerate(st.columns(2, gap="large")):
        with column, st.container(key=f"review_column_{number}"):
            key = f"review_side_{number}"
            strategy = st.selectbox("Strategy", names, index=number, key=key, width=280)
            known, chosen = CATALOG.get(strategy), by_strategy(picks, strategy)
            title = f"{strategy.capitalize()}: {known.order if known else Strategy.order}"
            st.header(f"{plain(title)} ({len(chosen):,})", anchor=False)
            show_side(snapshot, chosen, newest)


def show_side(snapshot: Snapshot, picks: Sequence[Pick], newest: NewestRun | None) -> None:
    if not picks:
        st.caption("Nothing here was chosen by this strategy.")
    first, history = picks[:SHOWN], analysis.word_history(snapshot)
    said = said_now(snapshot, [pick.proposal.item_id for pick in first], newest)
    show_items(
        item_html(
            pick.text,
            pick_facts(snapshot.workspace.task, pick, history, says),
            history.known(pick.text, pick.proposal.batch_id),
        )
        for pick, says in zip(first, said, strict=True)
    )
    if len(picks) > SHOWN:
        st.caption(f"The first {SHOWN} are shown.")


def pick_facts(task: Task, pick: Pick, history: WordHistory, says: str) -> list[str]:
    """The label that an item got, and why it was picked; then what is predicted now."""
    proposal = pick.proposal
    strategy = CATALOG.get(proposal.strategy)
    by_words = strategy is not None and strategy.scores_words
    score = proposal.score if by_words else history.familiarity(pick.text, proposal.batch_id)
    words, then = "" if score is None else familiarity(score), predicted_then(task, pick)
    label = f"labeled {task.name_of(pick.label)}" if pick.label else ""
    before = f"{task.name_of(proposal.predicted)}, " if proposal.predicted else ""
    # Of the next batch it is what was predicted then; a label that is the same is not told twice.
    now = f"now {says.removeprefix(before)}" if says and pick.label else ""
    return [label, *([words, then] if by_words else [then, words]), now]


def predicted_then(task: Task, pick: Pick) -> str:
    proposal = pick.proposal
    if not proposal.predicted or proposal.confidence is None:
        return ""
    told = f"predicted {prediction(task.name_of(proposal.predicted), proposal.confidence)}"
    right = "right" if pick.label == proposal.predicted else "wrong"
    return f"{told} ({right})" if pick.label else told


def said_now(snapshot: Snapshot, item_ids: Sequence[str], newest: NewestRun | None) -> list[str]:
    """What the newest model predicts; nothing of an item that waits to be held out."""
    if newest is None:
        return [""] * len(item_ids)
    task = snapshot.workspace.task
    return [
        prediction(task.name_of(shown.predicted), shown.confidence)
        + (", trained on it" if shown.is_learned else "")
        if shown
        else ""
        for shown in shown_predictions(snapshot, newest, item_ids)
    ]


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
    return [
        point.item_id,
        f"chosen by {point.strategy}" if point.strategy != POOL else "not in this batch",
        f"confidence {percent(point.confidence)}",
        familiarity(point.familiarity),
        f"labeled {snapshot.workspace.task.name_of(item.label)}" if item.label else "",
        "flagged" if flag_of(snapshot, point.item_id) else "",
    ]


def open_batch(batch_id: str, item_id: str = "") -> None:
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
