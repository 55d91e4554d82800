"""Altair charts with one palette: the same color for the same thing on every page.

The colors are Okabe and Ito's, which people with any colour vision can tell apart.
"""

from itertools import cycle

import altair as alt
import pandas as pd

from core.evaluation import Roc
from core.task import Task

POOL, NOT_RECORDED = "pool", "not recorded"

STRATEGY_COLORS = {
    "random": "#56b4e9",
    "low confidence": "#e69f00",
    "outlier": "#009e73",
    NOT_RECORDED: "#cc79a7",
    POOL: "#999999",
}
OTHER_STRATEGIES = ("#0072b2", "#d55e00", "#f0e442")
POSITIVE, NEGATIVES = "#d55e00", ("#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#999999")

HEIGHT = 300


def label_colors(task: Task) -> alt.Scale:
    """The positive label is vermilion, the others follow."""
    others = iter(NEGATIVES * 2)
    colors = [POSITIVE if label.positive else next(others) for label in task.labels]
    return alt.Scale(domain=[label.name for label in task.labels], range=colors)


def strategy_color(frame: pd.DataFrame) -> alt.Color:
    """The colors of the frame's strategies, in the order in which they stand everywhere."""
    present = set(frame["strategy"])
    known = {name: color for name, color in STRATEGY_COLORS.items() if name in present}
    # A label file may name strategies of its own.
    known |= dict(zip(sorted(present - set(known)), cycle(OTHER_STRATEGIES), strict=False))
    return alt.Color(
        "strategy:N",
        title=None,
        scale=alt.Scale(domain=list(known), range=list(known.values())),
        legend=alt.Legend(orient="top"),
    )


def learning_curve(runs: pd.DataFrame) -> alt.LayerChart:
    """F-score and AUC of each run against its number of training labels."""
    long = runs.melt(
        ["run_id", "n_training"], ["fscore", "auc"], var_name="score", value_name="value"
    )
    long["score"] = long["score"].map({"fscore": "F-score", "auc": "AUC"})
    base = alt.Chart(long.dropna()).encode(
        x=alt.X(
            "n_training:Q",
            title="training labels",
            scale=alt.Scale(zero=False, nice=True),
            axis=alt.Axis(format=",d", tickMinStep=1),
        ),
        y=alt.Y("value:Q", title="score", scale=alt.Scale(domain=[0, 1])),
        color=alt.Color(
            "score:N",
            title=None,
            scale=alt.Scale(domain=["F-score", "AUC"], range=[POSITIVE, "#0072b2"]),
            legend=alt.Legend(orient="top"),
        ),
        tooltip=["run_id", "score", alt.Tooltip("value:Q", format=".3f"), "n_training"],
    )
    return (base.mark_line() + base.mark_point(filled=True, size=60)).properties(height=HEIGHT)


def roc(curve: Roc) -> alt.LayerChart:
    """The ROC curve over the diagonal that a coin would give."""
    points = pd.DataFrame({"false": curve.false_positive_rate, "true": curve.true_positive_rate})
    diagonal = alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]}))
    line = diagonal.mark_line(strokeDash=[4, 4], color=STRATEGY_COLORS[POOL]).encode(x="x", y="y")
    step = (
        alt.Chart(points)
        .mark_line(interpolate="step-after", color=POSITIVE)
        .encode(
            x=alt.X("false:Q", title="false positive rate"),
            y=alt.Y("true:Q", title="true positive rate"),
            order="true:Q",
            tooltip=[alt.Tooltip("false:Q", format=".3f"), alt.Tooltip("true:Q", format=".3f")],
        )
    )
    return (line + step).properties(height=HEIGHT)


def positive_share(yields: pd.DataFrame) -> alt.LayerChart:
    """Share of positive labels per batch, one line a strategy."""
    base = alt.Chart(yields).encode(
        x=alt.X("batch_id:N", title=None, axis=alt.Axis(labelAngle=-40)),
        y=alt.Y("positive_share:Q", title="share of positive labels", axis=alt.Axis(format="%")),
        color=strategy_color(yields),
        tooltip=["batch_id", "strategy", "labeled", "positive"],
    )
    dots = base.mark_point(filled=True, opacity=1).encode(
        size=alt.Size("labeled:Q", title="labels", legend=None, scale=alt.Scale(range=[40, 300]))
    )
    return (base.mark_line(opacity=0.5) + dots).properties(height=HEIGHT)


def lengths(frame: pd.DataFrame) -> alt.Chart:
    """Share of short, medium and long texts, per strategy beside the pool."""
    buckets = ["short", "medium", "long"]
    frame = frame.assign(bucket=frame["length"].str.split(":").str[0])
    return (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X("bucket:N", title=None, sort=buckets, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("strategy:N", sort=list(STRATEGY_COLORS)),
            y=alt.Y("share:Q", title="share of items", axis=alt.Axis(format="%")),
            color=strategy_color(frame),
            tooltip=["strategy", "length", "items", alt.Tooltip("share:Q", format=".1%")],
        )
        .properties(height=HEIGHT)
    )


def balance(counts: dict[str, dict[str, int]], task: Task) -> alt.Chart:
    """Labels per split, stacked."""
    rows = [
        {"split": split, "label": task.label(value).name, "items": number}
        for split, by_label in counts.items()
        for value, number in by_label.items()
    ]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            y=alt.Y("split:N", title=None, sort=list(counts)),
            x=alt.X("items:Q", title="labels"),
            color=alt.Color(
                "label:N", title=None, scale=label_colors(task), legend=alt.Legend(orient="top")
            ),
            tooltip=["split", "label", "items"],
        )
        .properties(height=alt.Step(34))
    )
