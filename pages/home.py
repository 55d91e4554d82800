"""Home: the stage of the work, and the one thing to do next."""

import pandas as pd
import streamlit as st

from core.analysis.simulation import make_demo
from core.evaluation.report import SCORE_NAMES
from core.system.progress import in_words
from core.workspace.snapshot import Snapshot
from core.workspace.task import SPLITS
from pages.ui import page_head, session
from pages.ui.cache import runs
from pages.ui.cache.snapshot import tables
from pages.ui.components import charts
from pages.ui.components.figure import show_figure
from pages.ui.components.messages import refusals_shown
from pages.ui.components.scores import metric, report_intervals, span
from pages.ui.components.verdict import show_verdict
from pages.ui.escape_markdown import plain

NEXT = {
    "evaluation": "Label evaluation data",
    "validation": "Label validation data",
    "training": "Label first training data",
    "active learning": "Label the next batch",
}
WHY = {
    "evaluation": "A random sample is held out first: every later score is measured on it.",
    "validation": "Another random sample is held out, for settings that the scores must not see.",
    "training": "The model learns its first words from random items.",
    "active learning": "The model has learned from your labels and chooses what to ask next.",
}


def show_next(snapshot: Snapshot) -> None:
    """The one thing to do next, as the page's one loud button."""
    st.subheader(NEXT[snapshot.stage], anchor=False)
    st.write(WHY[snapshot.stage])
    if snapshot.why_no_model:
        st.info(plain(snapshot.why_no_model), icon=":material/lightbulb:")
    if st.button(NEXT[snapshot.stage], type="primary", icon=":material/edit:", key="next"):
        st.switch_page("annotate.py")


def show_targets(snapshot: Snapshot) -> None:
    """Labels against targets, per split."""
    targets = snapshot.workspace.task.targets
    asked = [split for split in SPLITS if targets[split] or snapshot.labels.splits[split]]
    for column, split in zip(st.columns(len(asked) or 1), asked, strict=False):
        have, target = len(snapshot.labels.splits[split]), targets[split]
        metric(column, split.capitalize(), f"{have:,}", f"target {target:,}")
        column.progress(min(1.0, have / target) if target else 1.0)


def show_balance(snapshot: Snapshot) -> None:
    """How many items of each split have each label."""
    task = snapshot.workspace.task
    counts = snapshot.labels.counts(task)
    labeled = {split: each for split, each in counts.items() if sum(each.values())}
    rows = [
        {"split": split, "label": task.label(value).name, "items": items}
        for split, each in labeled.items()
        for value, items in each.items()
    ]
    if rows:
        show_figure(
            "balance",
            "Labels so far",
            f"Held-out items tell how rare {task.positive.name} is: they were drawn at random, "
            "while training items were chosen.",
            charts.balance,
            pd.DataFrame(rows),
            tuple(labeled),
            task.labels,
        )


def show_last_run(snapshot: Snapshot) -> None:
    """The newest run's scores."""
    st.subheader("Last run", anchor=False)
    if not snapshot.logs.runs:
        st.caption("No model has been trained yet: that comes after the first training data.")
        return
    run = snapshot.logs.runs[-1]
    found = report_intervals(runs.report(snapshot, run))
    for column, score in zip(st.columns(2), ("fscore", "auc"), strict=True):
        value = getattr(run, score)
        metric(
            column,
            SCORE_NAMES[score],
            "undefined" if value is None else f"{value:.3f}",
            span(found.get(score)),
            help="Below it the interval of 95%: how far it could be off with these items.",
        )
    st.caption(
        f"{plain(run.run_id)}, model {plain(run.model)}, {run.n_training:,} training labels, on "
        f"{run.n_evaluation:,} evaluation items"
    )
    if run.fscore == 0:
        st.caption(
            "F is 0 while the model finds none of the positive items: with few positive labels it "
            "may say no to everything. AUC tells whether it ranks them higher already."
        )


def show_annotators(snapshot: Snapshot) -> None:
    """Who labeled how much."""
    people = tables(snapshot).annotators
    if len(people):
        st.subheader("Who labeled", anchor=False)
        st.dataframe(
            people,
            hide_index=True,
            column_config={
                "annotator": "person",
                "seconds": st.column_config.NumberColumn(
                    "median s", format="%.1f", help="seconds from seeing an item to its label"
                ),
            },
        )


def show_demo(snapshot: Snapshot) -> None:
    """One click to a workspace in which every page has something to show.

    It is made if it is not there yet.
    """
    folder = session.DEMO
    if snapshot.workspace.path == folder:
        return
    with st.container(border=True):
        st.markdown(
            "**Just looking?** The demo labels the sample with its true labels, through the same "
            "code as yours, and opens it. Your own workspace stays as it is."
        )
        if not st.button("Make and open the demo", icon=":material/play_circle:", key="demo"):
            return
        with refusals_shown():
            if not (folder / "runs.csv").exists():
                doing = "Making the demo: the sample's true labels go through the whole loop …"
                with st.status(doing):
                    make_demo(folder, progress=in_words(st.write))
            session.choose_workspace(folder)
            st.rerun()


snapshot = page_head.open_page(
    "", "Label text with single key presses. A small model picks the items worth labeling next."
)
if len(snapshot.pool_words.pool):
    left, right = st.columns([3, 2], gap="large")
    with left:
        show_next(snapshot)
        show_verdict(snapshot)
        show_targets(snapshot)
        show_balance(snapshot)
    with right:
        show_last_run(snapshot)
        show_annotators(snapshot)
else:
    st.info(
        "The pool is empty. Put a CSV file of `item_id,text` into "
        f"{plain(snapshot.workspace.name)}/unlabeled\\_data/ and reload.",
        icon=":material/inbox:",
    )
show_demo(snapshot)
