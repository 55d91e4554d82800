"""Metrics: how well each run does on the held-out evaluation data."""

import pandas as pd
import streamlit as st

from core.workspace.logs import Run
from core.workspace.snapshot import Snapshot
from pages.ui import page_head
from pages.ui.cache import runs
from pages.ui.components import charts
from pages.ui.components.controls import show_tabs
from pages.ui.components.figure import show_figure
from pages.ui.components.messages import say_empty
from pages.ui.escape_markdown import plain
from pages.ui.metrics import score_tables, views
from pages.ui.metrics.worst_errors import show_worst_errors

SHOWN = [
    "run_id", "created_at", "model", "n_training", "n_evaluation", "fscore", "auc",
    "average_precision", "precision", "recall", "seconds", "seed",
]  # fmt: skip

NONE = "no other run"


def show_curve(snapshot: Snapshot) -> None:
    """Scores against labels with their bands, and whether the last iteration brought a gain."""
    items, positives = score_tables.evaluation_size(snapshot)
    points = runs.of_reports(score_tables.curve_points, snapshot)
    if not len(points):
        say_empty(
            "Here you will see scores against labels. They need evaluation items of the label "
            f"{snapshot.workspace.task.positive.name}; there is none yet."
        )
        return
    show_figure(
        "learning-curve",
        "Learning curve",
        "Does more labeling still help? A flat line says no. The bands hold 95%: how far a score "
        f"could be off with {items:,} evaluation items, {positives:,} of them positive.",
        charts.learning_curve,
        points,
        *charts.course(points),
    )
    if len(set(score_tables.evaluation_sets(snapshot).values())) > 1:
        st.caption("Lines break where the evaluation data changed: compare within a line only.")
    if len(snapshot.logs.runs) > 1:
        sentence = score_tables.gain_sentence(snapshot, *snapshot.logs.runs[-2:])
        if sentence:
            st.write(plain(sentence))


def choose(snapshot: Snapshot) -> tuple[Run, Run | None, int]:
    """The run to look at, the one beside it, and the label that is looked for."""
    by_id = {run.run_id: run for run in reversed(snapshot.logs.runs)}
    labels = snapshot.workspace.task.labels
    places = st.columns(3 if len(labels) > 2 else 2)
    run = by_id[places[0].selectbox("Run", list(by_id), key="metrics_run")]
    others = [name for name in by_id if name != run.run_id]
    earlier = [name for name in others if by_id[name].created_at < run.created_at]
    options = [NONE, *others]
    start = options.index(earlier[0]) if earlier else 0
    other = places[1].selectbox("Compare with", options, index=start, key="metrics_other")
    label = snapshot.workspace.task.positive_index
    if len(labels) > 2:
        label = places[2].selectbox(
            "Label, against all others",
            range(len(labels)),
            index=label,
            format_func=lambda at: labels[at].name,
            key="metrics_label",
        )
    return run, by_id.get(other), label


def show_scores(snapshot: Snapshot, run: Run, other: Run | None, label: int) -> None:
    """The run's scores with intervals, and what it has over the other run."""
    score_tables.show_table(score_tables.score_table(snapshot, run, other, label), ["value"])
    report = runs.report(snapshot, run)
    if report is None:
        st.caption("This run has no report: what is shown is what its model says today.")
        return
    st.caption(
        f"{plain(report.model)} sees texts as {plain(report.source)}. The F-score is at a "
        "probability of one half. The threshold is chosen on the training items, never on these; "
        "it helps where positives are rare among them, and cannot make up for a balance that is "
        f"not that of the evaluation data. {plain(report.note)}"
    )


def say_what_is_missing(snapshot: Snapshot, run: Run, look: views.Look | None) -> None:
    """Where the run was measured by other items than today's, or can say nothing of them."""
    if look is None:
        st.warning(
            f"The params file of {plain(run.run_id)} is missing or damaged. Its scores stand in "
            "the list; train again to see its curves."
        )
        return
    today = len(snapshot.labels.splits["evaluation"])
    if len(look.answers) < today:
        st.caption(
            f"{plain(run.run_id)} was asked about {len(look.answers):,} of today's {today:,} "
            "evaluation items: figures below are of those."
        )


VIEWS = {
    "Ranking": views.show_ranking,
    "Threshold": views.show_threshold,
    "Probabilities": views.show_probabilities,
    "Worst misses": show_worst_errors,
    "Slices": views.show_slices,
}


snapshot = page_head.open_page(
    "Metrics", "How well each run does on the evaluation data that it never saw."
)
page_head.need_pool(snapshot)
if not snapshot.logs.runs:
    say_empty(
        "Here you will see F-score and AUC per run. The first run is trained when evaluation data "
        "and first training data are labeled.",
        stop=True,
    )
show_curve(snapshot)
run, other, label = choose(snapshot)
look = views.look_at(snapshot, run, other, label)
show_scores(snapshot, run, other, label)
say_what_is_missing(snapshot, run, look)
if look and len(look.answers):
    show_tabs(VIEWS, "metrics_view", look)
st.subheader("All runs", anchor=False)
table = pd.DataFrame(snapshot.logs.runs)
sets = score_tables.evaluation_sets(snapshot)
if len(set(sets.values())) > 1:
    table = table.assign(**{"evaluation set": table["run_id"].map(sets)})
shown = [name for name in (*SHOWN, "evaluation set") if name in table]
st.dataframe(table[shown].iloc[::-1], hide_index=True)
