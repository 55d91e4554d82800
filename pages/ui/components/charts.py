"""Altair charts with one palette: the same color for the same thing on every page.

A positive label and those beside it have colors of Okabe and Ito. The others are far from each
other for any color vision, on light and on dark, as a test holds.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle

import altair as alt

from core.evaluation.intervals import Interval
from core.evaluation.report import MACRO_NAMES, SCORE_NAMES
from core.workspace.task import NONE, Label, Task
from pages.ui.components.figure import POINTS

GRAY = "#b4b4b4"
OTHERS = "other labels"

CURVES = ("fscore", "auc", "average_precision")  # fields of a run that have a learning curve

POSITIVE, NEGATIVES = "#d55e00", ("#0072b2", "#009e73", "#e69f00", "#56b4e9", "#524265", "#b4b4b4")

HUES = ("#0072b2", "#d55e00", "#40b476", "#ca7ff5", "#803010", "#bb316a", "#7797ae", "#805ef9")
"""Of labels of equal rank, or of their groups, as the card has them; and of people."""

SCORE_COLORS = {"F-score": POSITIVE, "AUC": "#0072b2", "average precision": "#009e73"}
SCORE_COLORS |= {MACRO_NAMES[of]: SCORE_COLORS[SCORE_NAMES[of]] for of in CURVES}

HEIGHT = 220  # of a plot, in pixels, without its axes and its legend

LETTER, SYMBOL = 6, 28
"""Pixels that a letter takes in a legend, and a symbol with the space around it."""


def label_colors(labels: Sequence[Label]) -> dict[str, str]:
    """The color of each label, by its name: those of the card, where there are enough for all.

    A positive label is vermilion. More labels than there are colors have them by turns.
    """
    is_equal = len(labels) <= len(HUES) and not any(label.positive for label in labels)
    others = cycle(HUES if is_equal else NEGATIVES)
    return {label.name: POSITIVE if label.positive else next(others) for label in labels}


def two_colors(named: Mapping[str, str], towards: str) -> tuple[str, str]:
    """The color of a label, and another one for what speaks against it."""
    return named[towards], next(color for color in named.values() if color != named[towards])


def grouped(task: Task, counts: Mapping[str, int]) -> dict[str, str]:
    """What each label is called where few can be told apart, by its value.

    Of too many labels that is their group, and of too many groups the rare ones are one.
    """
    none = {NONE: task.name_of(NONE)} if task.several else {}
    if len(task.labels) <= len(HUES):
        return {label.value: label.name for label in task.labels} | none
    names = {label.value: label.group or label.name for label in task.labels} | none
    items = Counter[str]()
    for value, name in names.items():
        items[name] += counts.get(value, 0)
    kept = {name for name, _ in items.most_common(len(HUES) - (len(items) > len(HUES)))}
    return {value: name if name in kept else OTHERS for value, name in names.items()}


def grouped_colors(task: Task, names: Mapping[str, str]) -> dict[str, str]:
    """The color of each name that `grouped` gives."""
    if len(task.labels) <= len(HUES):
        known = label_colors(task.labels)
        return {name: known.get(name, GRAY) for name in names.values()}
    sizes = Counter(names.values())  # on the card, groups of one label have no color of their own
    shown = sorted(sizes, key=lambda name: (name == OTHERS, sizes[name] == 1))
    return dict(zip(shown, HUES, strict=False))


def colors(field: str, named: Mapping[str, str], **further: object) -> alt.Color:
    scale = alt.Scale(domain=[*named], range=[*named.values()])
    return alt.Color(f"{field}:N", title=None, scale=scale, **{"legend": legend(named)} | further)


def legend(names: Iterable[str]) -> alt.Legend:
    """A legend above the chart, of as many columns as stand side by side in its width."""
    widest = LETTER * max(map(len, names), default=0) + SYMBOL
    columns = alt.ExprRef(f"max(1, floor(width / {widest}))")
    return alt.Legend(orient="top", columns=columns, labelLimit=0, symbolOpacity=1)


def numbers(*fields: str, format: str = ".3f") -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{field}:Q", format=format) for field in fields]


def learning_curve(
    chosen: str, scores: Sequence[str], of_several_models: bool, people: Interval | None
) -> alt.LayerChart:
    """Scores by training labels, with the band of the chosen one; a line is of one test set.

    A gray band over the whole width says how far people agree, if that is given.
    """
    axis = alt.Axis(format=",d", tickMinStep=1, labelOverlap="greedy")
    scale = alt.Scale(zero=False, nice=True)
    base = alt.Chart(POINTS).encode(
        x=alt.X("n_training:Q", title="training labels", axis=axis, scale=scale),
        y=alt.Y("value:Q", title="score", scale=alt.Scale(domain=[0, 1])),
        detail=["model:N", "evaluation set:N"],
        color=colors("score", {name: SCORE_COLORS[name] for name in scores}),
    )
    models = alt.Legend(orient="top") if of_several_models else None
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(
        shape=alt.Shape("model:N", title="model", legend=models),
        tooltip=[
            "version:N", "model:N", "score:N", *numbers("value", "low", "high"),
            alt.Tooltip("n_training:Q", format=","), "stage:N", "evaluation set:N",
        ],
    )  # fmt: skip
    is_chosen = alt.datum.score == chosen
    line = base.mark_line().encode(size=alt.condition(is_chosen, alt.value(3), alt.value(1)))
    band = base.mark_area(opacity=0.15, aria=False).transform_filter(is_chosen)
    band = band.encode(y=alt.Y("low:Q", title="score"), y2="high:Q")
    layers = [band, line, dots]
    if people:
        gray = alt.Chart(alt.InlineData(values=[{}])).mark_rect(color=GRAY, opacity=0.3, aria=False)
        layers.insert(1, gray.encode(y=alt.YDatum(people.low), y2=alt.Y2Datum(people.high)))
    return alt.layer(*layers, height=HEIGHT)


def balance(splits: Sequence[str], named_colors: Mapping[str, str]) -> alt.Chart:
    named = alt.Axis(labelExpr="datum.label == 'evaluation' ? 'test set' : datum.label")
    return alt.Chart(POINTS, height=alt.Step(34), mark="bar").encode(
        y=alt.Y("split:N", title=None, sort=list(splits), axis=named),
        x=alt.X("items:Q", title="labels", axis=alt.Axis(format=",d", tickMinStep=1)),
        color=colors("label", named_colors),
        tooltip=["split:N", "label:N", "items:Q"],
    )


def confidences() -> alt.Chart:
    """A histogram: how many texts are predicted how surely."""
    return alt.Chart(POINTS, height=HEIGHT, mark=alt.MarkDef("bar", color="#0072b2")).encode(
        x=alt.X("from:Q", bin="binned", title="confidence", scale=alt.Scale(domain=[0, 1])),
        x2="to:Q",
        y=alt.Y("texts:Q", title="texts", axis=alt.Axis(format=",d", tickMinStep=1)),
        tooltip=[*numbers("from", "to", format=".2f"), alt.Tooltip("texts:Q", format=",")],
    )
