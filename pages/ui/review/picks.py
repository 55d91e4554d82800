"""Why these items: the picks of two strategies side by side."""

from collections.abc import Sequence

import streamlit as st

from core.query.shown_predictions import NewestRun, shown_predictions
from core.sampling.catalog import CATALOG, Strategy, familiarity
from core.sampling.next_batch import is_active
from core.sampling.picks import Pick, by_strategy, picks_in, strategies_of
from core.workspace.logs import shown_id
from core.workspace.snapshot import Snapshot
from core.workspace.task import Task
from pages.ui import session
from pages.ui.cache import analysis, runs
from pages.ui.components.items import item_html, prediction, show_items
from pages.ui.components.messages import filled
from pages.ui.escape_markdown import plain

ALL, COMING = "All batches", "Next batch"
SHOWN = 50

SIDES = ("outlier", "low confidence")
"""The strategies of the two columns, as long as nobody chooses others."""


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
    if newest:
        told = f"Now: the prediction of {shown_id(newest.run.run_id)}"
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
    first = picks[:SHOWN]
    said = said_now(snapshot, [pick.proposal.item_id for pick in first], newest)
    show_items(
        item_html(pick.text, pick_facts(snapshot.workspace.task, pick, says))
        for pick, says in zip(first, said, strict=True)
    )
    if len(picks) > SHOWN:
        st.caption(f"The first {SHOWN} are shown.")


def pick_facts(task: Task, pick: Pick, says: str) -> list[str]:
    """The label that an item got, and why it was picked; then what is predicted now."""
    proposal = pick.proposal
    strategy = CATALOG.get(proposal.strategy)
    by_words = strategy is not None and strategy.scores_words and proposal.score is not None
    words = familiarity(proposal.score) if by_words else ""
    label = f"labeled {task.name_of(pick.label)}" if pick.label else ""
    before = f"{task.name_of(proposal.predicted)}, " if proposal.predicted else ""
    # Of the next batch it is what was predicted then; a label that is the same is not told twice.
    now = f"now {says.removeprefix(before)}" if says and pick.label else ""
    return [label, words, predicted_then(task, pick), now]


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
