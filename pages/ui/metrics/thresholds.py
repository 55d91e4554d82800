"""The view of the Metrics page on thresholds: what it costs to call more items positive."""

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation.intervals import cut_intervals
from core.evaluation.metrics import crossed, precision_recall_curve
from pages.ui.cache import runs
from pages.ui.components.figure import show_figure
from pages.ui.components.scores import metric, span
from pages.ui.escape_markdown import plain
from pages.ui.metrics import charts, score_tables
from pages.ui.metrics.look import Look, can_rank
from pages.ui.metrics.ranking import corners


@st.fragment
def show_threshold(look: Look) -> None:
    """The confusion matrix at a threshold that can be moved, and the scores at each."""
    if not can_rank(look):
        return
    report = runs.report(look.snapshot, look.run)
    asked = f"Call it {plain(look.name)} from this probability on"
    threshold = st.slider(asked, 0.0, 1.0, 0.5, 0.01, key="metrics_cut")
    if report and look.label == look.task.positive_index:
        st.caption(
            f"The run's own threshold is {report.threshold:.2f}, chosen on the training items. One "
            "that is chosen here, on the evaluation items, flatters the score."
        )
    predicted = look.score >= threshold
    show_cut(predicted, look.actual)
    left, right = st.columns(2, gap="large")
    with left:
        names = [look.name, f"not {look.name}"]
        if len(look.task.labels) == 2:
            names[1] = look.task.labels[1 - look.label].name
        cells = crossed(~predicted * 1, ~look.actual * 1, 2)
        show_confusion("confusion", f"Confusion matrix at {threshold:.2f}", cells, names)
    with right:
        show_figure(
            "cuts",
            "Scores at each threshold",
            "Where F is flat, the threshold hardly matters; the grey line is the chosen one.",
            charts.cuts,
            cut_points(look).assign(chosen=threshold),
        )


def show_cut(predicted: np.ndarray, actual: np.ndarray) -> None:
    """Precision, recall and F-score of these predictions, each with its interval."""
    found = cut_intervals(predicted, actual)
    for column, name in zip(st.columns(3), ("fscore", "precision", "recall"), strict=True):
        each, title = found.get(name), score_tables.SCORES[name].capitalize()
        value = f"{each.value:.2f}" if each else "–"
        metric(column, title, value, span(each) or "nothing is called so")


def cut_points(look: Look) -> pd.DataFrame:
    """F-score, precision and recall by threshold, one row for each and each corner."""
    curve = precision_recall_curve(look.score, look.actual)
    named = {"threshold": curve.threshold, "F-score": curve.fscore}
    named |= {"precision": curve.precision, "recall": curve.recall}
    wide = pd.DataFrame(named)[corners(curve.recall)]
    return wide.melt("threshold", var_name="score")


def show_confusion(figure: str, title: str, cells: np.ndarray, names: list[str]) -> None:
    """A confusion matrix: the rows are the true labels."""
    table = pd.DataFrame(
        [
            (row, column, int(cells[i, j]), cells[i, j] / max(cells[i].sum(), 1))
            for i, row in enumerate(names)
            for j, column in enumerate(names)
        ],
        columns=["true label", "answer", "items", "share of row"],
    )
    show_figure(
        figure,
        title,
        "Each row is a true label: how many of its items got each answer.",
        charts.confusion,
        table,
        tuple(names),
    )


def show_labels(look: Look) -> None:
    """Of more than two labels: which is taken for which, and the scores of each."""
    names = [label.name for label in look.task.labels]
    cells = crossed(look.answers.predicted, look.answers.targets, len(names))
    show_confusion("labels", "Which label is taken for which", cells, names)
    number = st.column_config.NumberColumn(format="%.3f")
    st.dataframe(
        score_tables.label_table(names, cells),
        hide_index=True,
        column_config=dict.fromkeys(("precision", "recall", "F-score"), number),
    )
