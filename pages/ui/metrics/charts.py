"""Charts of one run on the evaluation data, and of a second one beside it."""

import altair as alt
import pandas as pd

from core.task import Task
from pages.ui.charts import HEIGHT, POOL, POSITIVE, STRATEGY_COLORS, label_colors

CHOSEN, COMPARED = "#0072b2", "#e69f00"
"""The two runs; the second is dashed too."""

CUT_COLORS = {"F-score": POSITIVE, "precision": "#0072b2", "recall": "#009e73"}
KIND_COLORS = {"as the model says": "#e69f00", "calibrated": "#0072b2"}

GREY = STRATEGY_COLORS[POOL]
UNIT = alt.Scale(domain=[0, 1])
STROKES = alt.Legend(orient="top", symbolType="stroke", symbolStrokeWidth=3, symbolOpacity=1)

CELL = 64
"""Pixels of a row of the confusion matrix."""


def roc(points: pd.DataFrame) -> alt.LayerChart:
    """ROC curves over the diagonal that a coin would give."""
    diagonal = alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]}))
    coin = diagonal.mark_line(strokeDash=[4, 4], color=GREY).encode(x="x:Q", y="y:Q")
    return coin + _curves(points, "false positive rate", "true positive rate")


def precision_recall(points: pd.DataFrame, share: float) -> alt.LayerChart:
    """Precision-recall curves over the share of the label, which a coin would give."""
    coin = alt.Chart(pd.DataFrame({"y": [share]}))
    line = coin.mark_rule(strokeDash=[4, 4], color=GREY).encode(y="y:Q")
    return line + _curves(points, "recall", "precision")


def _curves(points: pd.DataFrame, x: str, y: str) -> alt.LayerChart:
    """One line for each run, with hover values at its points."""
    runs = points["run"].unique().tolist()
    base = alt.Chart(points).encode(
        x=alt.X(f"{x}:Q", scale=UNIT, title=x),
        y=alt.Y(f"{y}:Q", scale=UNIT, title=y),
        color=_by_run(runs),
        tooltip=["run", *_numbers(x, y, "threshold")],
    )
    dash = alt.StrokeDash(
        "run:N", scale=alt.Scale(domain=runs, range=[[1, 0], [6, 3]]), legend=None
    )
    line = base.mark_line().encode(order="place:Q", strokeDash=dash)
    return (line + base.mark_point(opacity=0, size=80)).properties(height=HEIGHT)


def _by_run(runs: list[str]) -> alt.Color:
    return alt.Color(
        "run:N",
        title=None,
        scale=alt.Scale(domain=runs, range=[CHOSEN, COMPARED]),
        legend=STROKES,
    )


def _numbers(*fields: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{field}:Q", format=".3f") for field in fields]


def cuts(points: pd.DataFrame, threshold: float) -> alt.LayerChart:
    """F-score, precision and recall at every threshold, with a rule at the chosen one."""
    names = list(CUT_COLORS)
    base = alt.Chart(points).encode(
        x=alt.X("threshold:Q", scale=UNIT, title="threshold"),
        y=alt.Y("value:Q", scale=UNIT, title="score"),
        color=alt.Color(
            "score:N",
            title=None,
            scale=alt.Scale(domain=names, range=list(CUT_COLORS.values())),
            legend=STROKES,
        ),
        tooltip=["score", *_numbers("threshold", "value")],
    )
    chosen = alt.Chart(pd.DataFrame({"threshold": [threshold]}))
    rule = chosen.mark_rule(color=GREY, size=2).encode(
        x="threshold:Q", tooltip=_numbers("threshold")
    )
    lines = base.mark_line(interpolate="step-before")
    return (lines + base.mark_point(opacity=0, size=60) + rule).properties(height=HEIGHT)


def confusion(cells: pd.DataFrame, names: list[str]) -> alt.LayerChart:
    """How many items of each true label got each answer, the darker the larger their share."""
    # Each word of a label's name in a line of its own: names do not run into each other.
    axis = alt.Axis(labelAngle=0, labelExpr="split(datum.label, ' ')")
    base = alt.Chart(cells).encode(
        x=alt.X("answer:N", sort=names, title="the model says", axis=axis),
        y=alt.Y("true label:N", sort=names, title="true label"),
        tooltip=["true label", "answer", "items", alt.Tooltip("share of row:Q", format=".1%")],
    )
    shade = alt.Opacity(
        "share of row:Q", scale=alt.Scale(domain=[0, 1], range=[0.05, 0.6]), legend=None
    )
    rects = base.mark_rect(color=CHOSEN).encode(opacity=shade)
    texts = base.mark_text(fontSize=17).encode(text=alt.Text("items:Q", format=","))
    return (rects + texts).properties(height=CELL * len(names) + 80)


def histogram(bins: pd.DataFrame, task: Task) -> alt.Chart:
    """Share of each true label's items by the probability that the model gave them."""
    scale = label_colors(task)
    return (
        alt.Chart(bins)
        .mark_bar()
        .encode(
            x=alt.X("from:Q", scale=UNIT, title="probability"),
            x2="to:Q",
            y=alt.Y("share:Q", title="share of the label's items", axis=alt.Axis(format="%")),
            y2=alt.datum(0),
            color=alt.Color(
                "true label:N", title=None, scale=scale, legend=alt.Legend(orient="top")
            ),
            tooltip=["true label", "bin", "items", alt.Tooltip("share:Q", format=".1%")],
        )
        .properties(height=HEIGHT)
    )


def reliability(bins: pd.DataFrame) -> alt.LayerChart:
    """How often items of about each probability are positive, with intervals."""
    kinds = [kind for kind in KIND_COLORS if kind in set(bins["probabilities"])]
    diagonal = alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]}))
    ideal = diagonal.mark_line(strokeDash=[4, 4], color=GREY).encode(x="x:Q", y="y:Q")
    base = alt.Chart(bins).encode(
        x=alt.X("probability:Q", scale=UNIT, title="mean probability of a bin"),
        color=alt.Color(
            "probabilities:N",
            title=None,
            scale=alt.Scale(domain=kinds, range=[KIND_COLORS[kind] for kind in kinds]),
            legend=alt.Legend(orient="top", symbolOpacity=1),
        ),
        tooltip=["probabilities", *_numbers("probability", "share", "low", "high"), "items"],
    )
    whiskers = base.mark_rule(opacity=0.6).encode(
        y=alt.Y("low:Q", scale=UNIT, title="share that is of the label"), y2="high:Q"
    )
    dots = base.mark_point(filled=True, opacity=1).encode(
        y="share:Q",
        size=alt.Size("items:Q", legend=None, scale=alt.Scale(range=[30, 260])),
    )
    return (ideal + whiskers + dots).properties(height=HEIGHT)


def slices(rows: pd.DataFrame, groups: list[str]) -> alt.LayerChart:
    """F-score and recall of each slice with their intervals; thin ones are hollow and pale."""
    names = ["F-score", "recall"]
    base = alt.Chart(rows).encode(
        y=alt.Y("group:N", sort=groups, title=None, axis=alt.Axis(labelLimit=260)),
        yOffset=alt.YOffset("score:N", sort=names),
        color=alt.Color(
            "score:N",
            title=None,
            scale=alt.Scale(domain=names, range=[CUT_COLORS[name] for name in names]),
            legend=alt.Legend(orient="top", symbolOpacity=1),
        ),
        opacity=alt.condition("datum.thin", alt.value(0.45), alt.value(1)),
        tooltip=["group", "score", *_numbers("value", "low", "high"), "items", "positives", "thin"],
    )
    whiskers = base.mark_rule(size=2).encode(
        x=alt.X("low:Q", scale=UNIT, title="score"), x2="high:Q"
    )
    sure = base.transform_filter("!datum.thin").mark_point(filled=True, size=70, opacity=1)
    thin = base.transform_filter("datum.thin").mark_point(filled=False, size=70)
    return (whiskers + sure.encode(x="value:Q") + thin.encode(x="value:Q")).properties(
        height=alt.Step(20)
    )
