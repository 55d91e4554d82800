"""Altair charts with one palette: the same color for the same thing on every page.

Labels and the chapter's strategies have colors of Okabe and Ito. The others were searched for: far
from those and from each other for people of any color vision, and to be seen on light and on dark.
A test holds the distances; sixteen colors cannot be as far apart as the few that stand together.
"""

from itertools import cycle

import altair as alt
import pandas as pd

from core.stages import RANDOM
from core.task import Task

POOL, NOT_RECORDED = "pool", "not recorded"

STRATEGY_COLORS = {
    "random": "#56b4e9",
    "stratified length": "#0072b2",
    "stratified column": "#1655ee",
    "low confidence": "#e69f00",
    "margin": "#d55e00",
    "ratio": "#872731",
    "entropy": "#0609f9",
    "diverse": "#aad06b",
    "outlier": "#009e73",
    "novel words": "#cc79a7",
    "underrepresented words": "#0043a9",
    "representative": "#498cfb",
    "most likely positive": "#9b2b0a",
    "sunlight": "#6fd798",
    NOT_RECORDED: "#524265",
    POOL: "#b4b4b4",
}
OTHER_STRATEGIES = ("#606060", "#8c8c8c", "#a8a8a8")
POSITIVE, NEGATIVES = "#d55e00", ("#0072b2", "#009e73", "#e69f00", "#56b4e9", "#524265", "#b4b4b4")

SCORE_COLORS = {"F-score": POSITIVE, "AUC": "#0072b2", "average precision": "#009e73"}

WAYS = ("#56b4e9", "#009e73", "#e69f00", "#d55e00", "#0072b2", "#524265", "#aad06b", "#b4b4b4")
"""Ways of choosing, in the order in which they were computed; the first is random's color."""

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


def learning_curve(points: pd.DataFrame) -> alt.LayerChart:
    """Each score of each run against its number of training labels, with bands of 95%.

    The ground is tinted where runs learned from random labels alone. A line joins runs of one model
    on one set of evaluation items; where another set begins there is a rule.
    """
    names = [name for name in SCORE_COLORS if name in set(points["score"])]
    base = alt.Chart(points).encode(
        x=_labels_axis(),
        y=alt.Y("value:Q", title="score", scale=alt.Scale(domain=[0, 1])),
        detail=["model:N", "evaluation set:N"],
        color=alt.Color(
            "score:N",
            title=None,
            scale=alt.Scale(domain=names, range=[SCORE_COLORS[name] for name in names]),
            legend=alt.Legend(orient="top", symbolOpacity=1),
        ),
    )
    told = [alt.Tooltip(f"{field}:Q", format=".3f") for field in ("value", "low", "high")]
    about = ["run_id", "model", "score", *told, "n_training", "stage", "evaluation set"]
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(
        shape=alt.Shape("model:N", title="model", legend=_legend_of_several(points["model"])),
        tooltip=about,
    )
    band = base.mark_area(opacity=0.15).encode(y=alt.Y("low:Q", title="score"), y2="high:Q")
    # In one step: each `+` copies all layers before it.
    layers = (*_stages(points), *_new_sets(points), band, base.mark_line(), dots)
    return alt.layer(*layers, height=HEIGHT)


def _labels_axis() -> alt.X:
    return alt.X(
        "n_training:Q",
        title="training labels",
        scale=alt.Scale(zero=False, nice=True),
        axis=alt.Axis(format=",d", tickMinStep=1),
    )


def _stages(points: pd.DataFrame) -> tuple[alt.Chart, alt.Chart]:
    """The ground of the runs that learned from random labels alone, and its name."""
    random = points[points["stage"] == RANDOM]["n_training"]
    others = points[points["stage"] != RANDOM]["n_training"]
    end = (random.max() + others.min()) / 2 if len(random) and len(others) else random.max()
    where = pd.DataFrame({"n_training": [random.min()], "end": [end], "stage": [RANDOM]})
    base = alt.Chart(where[where["end"].notna()]).encode(x="n_training:Q")
    ground = base.mark_rect(color=STRATEGY_COLORS["random"], opacity=0.14, clip=True)
    name = base.mark_text(align="left", baseline="top", dx=4, dy=4, fontSize=11)
    return ground.encode(x2="end:Q"), name.encode(y=alt.value(0), text="stage:N")


def _new_sets(points: pd.DataFrame) -> tuple[alt.Chart, alt.Chart]:
    """A rule where runs begin to be measured by other evaluation items."""
    starts = points.groupby("evaluation set", sort=False, as_index=False)["n_training"].min()
    base = alt.Chart(starts.iloc[1:]).encode(x="n_training:Q")
    rule = base.mark_rule(strokeDash=[4, 4], color=STRATEGY_COLORS[POOL])
    name = base.mark_text(align="left", baseline="bottom", dx=4, dy=-4, fontSize=11)
    text = name.encode(y=alt.value(HEIGHT), text="evaluation set:N")
    return rule.encode(tooltip=["evaluation set"]), text


def _legend_of_several(values: pd.Series) -> alt.Legend | None:
    """A legend where there is something to tell apart."""
    return alt.Legend(orient="top") if values.nunique() > 1 else None


def simulated(means: pd.DataFrame) -> alt.LayerChart:
    """Mean learning curves over seeds, one for each way, with bands of one standard error."""
    ways = means["way"].unique().tolist()
    base = alt.Chart(means).encode(
        x=alt.X("labels:Q", title="training labels", axis=alt.Axis(format=",d", tickMinStep=1)),
        y=alt.Y("value:Q", title="score", scale=alt.Scale(zero=False)),
        color=alt.Color(
            "way:N",
            title=None,
            scale=alt.Scale(domain=ways, range=[color for _, color in zip(ways, cycle(WAYS))]),
            legend=alt.Legend(orient="top", columns=2, labelLimit=0, symbolOpacity=1),
        ),
        tooltip=["way", "labels", alt.Tooltip("value:Q", format=".3f"), "seeds"],
    )
    band = base.mark_area(opacity=0.15).encode(y=alt.Y("low:Q", title="score"), y2="high:Q")
    return (band + base.mark_line(point=True)).properties(height=HEIGHT)


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
