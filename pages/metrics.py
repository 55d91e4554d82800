"""Metrics: how well each run does on the held-out evaluation data."""

from dataclasses import asdict

import pandas as pd
import streamlit as st

from core.evaluation import confusion, roc_curve
from core.logs import Run
from core.loop import Loop
from core.runs import columns
from core.scoring import score_texts
from pages.ui import cache, charts, frame

SHOWN = [
    "run_id", "created_at", "model", "n_training", "n_evaluation", "fscore", "auc",
    "average_precision", "precision", "recall", "seconds", "seed",
]  # fmt: skip


def show_curve(runs: pd.DataFrame) -> None:
    """F-score and AUC against labels."""
    st.subheader("Learning curve", anchor=False)
    st.caption("Does more labeling still help? A flat line says no.")
    st.altair_chart(charts.learning_curve(runs))


def show_run(loop: Loop, run: Run) -> None:
    """ROC curve and confusion matrix of one run on today's evaluation data."""
    model = cache.model(loop, run)
    if model is None:
        st.warning(
            f"The params file of {run.run_id} is missing or damaged. Its scores stand in the list; "
            "train again to see its curve."
        )
        return
    task = loop.workspace.task
    items = loop.labels.splits["evaluation"]
    probability = score_texts(model, [item.text for item in items])
    targets = columns(items, task)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("ROC curve", anchor=False)
        curve = roc_curve(probability[:, task.positive_index], targets == task.positive_index)
        if curve is None:
            st.caption("Needs evaluation items of both kinds.")
        else:
            st.caption("The further above the dashed line, the better the ranking.")
            st.altair_chart(charts.roc(curve))
    with right:
        st.subheader("Confusion matrix", anchor=False)
        st.caption(
            "Rows: the true label. Columns: what the model says, at its most probable label."
        )
        names = [label.name for label in task.labels]
        cells = pd.DataFrame(
            confusion(probability, targets), index=names, columns=[f"says {name}" for name in names]
        )
        st.dataframe(cells)


loop = frame.open_page(
    "Metrics", "How well each run does on the evaluation data that it never saw."
)
frame.need_pool(loop)
if not loop.logs.runs:
    frame.empty(
        "Here you will see F-score and AUC per run. The first run is trained when evaluation data "
        "and first training data are labeled."
    )
runs = pd.DataFrame([asdict(run) for run in loop.logs.runs])
show_curve(runs)
by_id = {run.run_id: run for run in reversed(loop.logs.runs)}
show_run(loop, by_id[st.selectbox("Run", list(by_id), key="metrics_run")])
st.subheader("All runs", anchor=False)
st.dataframe(runs[SHOWN].iloc[::-1], hide_index=True)
