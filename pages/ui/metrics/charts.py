"""Charts of one run on the evaluation data."""

from collections.abc import Sequence

import altair as alt

from pages.ui.components.charts import GRAY, HEIGHT, POSITIVE, colors, numbers
from pages.ui.components.figure import POINTS

BLUE = "#0072b2"
CUT_COLORS = {"F-score": POSITIVE, "precision": "#0072b2", "recall": "#009e73"}
KIND_COLORS = {"raw": "#e69f00", "calibrated": "#0072b2"}

RULE = alt.Chart(alt.InlineData(values=[{}])).mark_rule(strokeDash=[4, 4], color=GRAY, aria=False)
"""Stands where the chart says, whatever its rows are."""

GRID = alt.Axis(grid=True)
"""Such a rule brings no grid of its own, and the first mark of a chart decides."""

UNIT = alt.Scale(domain=[0, 1])
STROKES = alt.Legend(orient="top", symbolType="stroke", symbolStrokeWidth=3, symbolOpacity=1)

SQUARE = 280  # pixels of both sides of a plot with a diagonal: a telephone has room for it

LARGE, SMALL, FEW = (64, 17), (28, 11), 4
"""Pixels of a row of the confusion matrix and of its numbers: of up to so few labels, of more."""


def _diagonal() -> alt.Chart:
    return RULE.encode(
        x=alt.XDatum(0, axis=GRID), y=alt.YDatum(0, axis=GRID), x2=alt.datum(1), y2=alt.datum(1)
    )


def curves(x: str, y: str, share: float | None = None) -> alt.LayerChart:
    """A line; what guessing would give is the diagonal, or the share of the label."""
    guess = _diagonal() if share is None else RULE.encode(y=alt.YDatum(share, axis=GRID))
    base = alt.Chart(POINTS).encode(
        x=alt.X(f"{x}:Q", scale=UNIT, title=x),
        y=alt.Y(f"{y}:Q", scale=UNIT, title=y),
        tooltip=numbers(x, y, "threshold"),
    )
    line = base.mark_line(color=BLUE).encode(order="place:Q")
    dots = base.mark_point(opacity=0, size=80)
    return alt.layer(guess, line, dots, width=SQUARE, height=SQUARE)


def cuts() -> alt.LayerChart:
    base = alt.Chart(POINTS).encode(
        x=alt.X("threshold:Q", scale=UNIT, title="threshold"),
        y=alt.Y("value:Q", scale=UNIT, title="score"),
        color=colors("score", CUT_COLORS, legend=STROKES),
        tooltip=["score:N", *numbers("threshold", "value")],
    )
    rule = alt.Chart(POINTS).mark_rule(color=GRAY, size=2).encode(x=alt.X("max(chosen):Q"))
    lines = base.mark_line(interpolate="step-before")
    return alt.layer(lines, base.mark_point(opacity=0, size=60), rule, height=HEIGHT)


def confusion(names: Sequence[str]) -> alt.LayerChart:
    """How many items of each true label got each prediction, the darker the larger their share."""
    # Each word of a name has a line of its own, and no word is wider than its column.
    width, words = alt.ExprRef(f"width / {len(names)} - 4"), "split(datum.label, ' ')"
    below = alt.Axis(labelExpr=words, labelAngle=0, labelLimit=width, labelOverlap=False)
    beside = alt.Axis(labelLimit=130, labelOverlap=False)
    if len(names) > FEW:
        below = alt.Axis(labelLimit=130, labelOverlap=False, labelAngle=-90)
    base = alt.Chart(POINTS).encode(
        x=alt.X("predicted:N", sort=list(names), title="predicted", axis=below),
        y=alt.Y("true label:N", sort=list(names), title="true label", axis=beside),
        tooltip=["true label:N", "predicted:N", "items:Q", *numbers("share of row", format=".1%")],
    )
    row, size = LARGE if len(names) <= FEW else SMALL
    scale = alt.Scale(domain=[0, 1], range=[0.05, 0.6])
    shade = alt.Opacity("share of row:Q", scale=scale, legend=None)
    rects = base.mark_rect(color=BLUE).encode(opacity=shade)
    texts = base.mark_text(fontSize=size).encode(text=alt.Text("items:Q", format=","))
    return alt.layer(rects, texts, height=row * len(names))


def reliability() -> alt.LayerChart:
    base = alt.Chart(POINTS).encode(
        x=alt.X("probability:Q", scale=UNIT, title="mean probability"),
        color=colors("probabilities", KIND_COLORS),
        tooltip=[
            "probabilities:N", *numbers("probability", "share", "low", "high"), "items:Q",
        ],
    )  # fmt: skip
    low = alt.Y("low:Q", scale=UNIT, title="share that has the label")
    whiskers = base.mark_rule(opacity=0.6).encode(y=low, y2="high:Q")
    size = alt.Size("items:Q", legend=None, scale=alt.Scale(range=[30, 260]))
    dots = base.mark_point(filled=True, opacity=1).encode(y="share:Q", size=size)
    return alt.layer(_diagonal(), whiskers, dots, width=SQUARE, height=SQUARE)
