"""Metrics: how well each run does on the held-out evaluation data."""

from dataclasses import asdict

import pandas as pd
import streamlit as st

from core.evaluation import confusion, roc_curve
from core.logs import Run
from core.loop import Loop
from core.runs import columns
from core.scoring import score_texts
from pages.ui import cache, charts, frame, scores

SHOWN = [
    "run_id", "created_at", "model", "n_training", "n_evaluation", "fscore", "auc",
    "average_precision", "precision", "recall", "seconds", "seed",
]  # fmt: skip


def show_curve(loop: Loop) -> None:
    """Scores against labels with their bands, and whether the last iteration brought a gain."""
    st.subheader("Learning curve", anchor=False)
    items = loop.labels.splits["evaluation"]
    positives = sum(item.label == loop.workspace.task.positive.value for item in items)
    st.caption(
        "Does more labeling still help? A flat line says no. The bands hold 95%: how far a score "
        f"could be off with {len(items):,} evaluation items, {positives:,} of them positive."
    )
    st.altair_chart(charts.learning_curve(scores.curve_points(loop)))
    if len(loop.logs.runs) > 1:
        sentence = scores.gain_sentence(loop, *loop.logs.runs[-2:])
        if sentence:
            st.write(sentence)


def show_scores(loop: Loop, run: Run) -> None:
    """The run's scores with intervals, and how far its probabilities can be believed."""
    report = cache.report(loop, run)
    st.dataframe(
        scores.score_table(run, report),
        hide_index=True,
        column_config={"value": st.column_config.NumberColumn(format="%.3f")},
    )
    if report is None:
        st.caption("This run has no report: it is from before there were intervals.")
        return
    st.caption(
        "The F-score is at a probability of one half. The threshold is chosen on the training "
        "items, never on these; it helps where positives are rare among them, and cannot make up "
        f"for a balance that is not that of the evaluation data. {report.note}"
    )
    with st.expander("Can its probabilities be believed?"):
        st.caption(
            "Error: the mean gap between a probability and the share of positive items, by ten "
            "bins. Strategies choose by the raw ones, which rank alike."
        )
        table = scores.calibration_table(report)
        number = st.column_config.NumberColumn(format="%.3f")
        columns_of = dict.fromkeys(table.columns[2:], number)
        st.dataframe(table, hide_index=True, column_config=columns_of)


def show_run(loop: Loop, run: Run) -> None:
    """ROC curve and confusion matrix of one run on today's evaluation data."""
    model = cache.model(loop, run)
    if model is None:
        st.warning(
            f"The params file of {run.run_id} is missing or damaged. Its scores stand in the list; "
            "train again to see its curve."
        )
        return
    source = model.source
    st.caption(f"`{model.name}` sees texts as `{source.name}`: {source.cost}.")
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
show_curve(loop)
by_id = {run.run_id: run for run in reversed(loop.logs.runs)}
chosen = by_id[st.selectbox("Run", list(by_id), key="metrics_run")]
show_scores(loop, chosen)
show_run(loop, chosen)
st.subheader("All runs", anchor=False)
runs = pd.DataFrame([asdict(run) for run in loop.logs.runs])
st.dataframe(runs[SHOWN].iloc[::-1], hide_index=True)
