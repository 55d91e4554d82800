"""The section of the Strategies page that trains anew on equally many labels of each strategy."""

import time
from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from core.errors import SunlightError
from core.experiment import (
    SCORES,
    SEEDS,
    Experiment,
    Outcome,
    find_groups,
    kept,
    prepare,
    refusal,
    run,
    verdict,
)
from core.loop import Loop
from pages.ui import frame
from pages.ui.charts import numbers as numbers_told
from pages.ui.charts import strategy_color
from pages.ui.figure import POINTS, show_figure
from pages.ui.strategies.harvest import told

ROW = 34
"""Pixels for one strategy."""


def show_experiment(loop: Loop) -> None:
    """The whole section: what can be compared, start, stop, and what came out."""
    st.subheader("Which strategy pays?", anchor=False)
    st.caption(
        "The chapter's experiment: a model is trained anew on equally many labels of each "
        "strategy, and each is asked about the same evaluation items. It goes by the labels that "
        "each strategy really brought in."
    )
    groups = find_groups(loop.labels.usable_training())
    asked = refusal(loop)
    if asked or not groups.ready:
        frame.say_empty(" ".join([asked, *groups.waiting]).strip())
        return
    if not loop.workspace.is_writable():
        frame.say_empty("The workspace is read-only: there is no place to keep the answers.")
        return
    size = _choose_size(groups.sizes)
    experiment = prepare(loop, size)
    try:
        _start_and_show(experiment)
    except SunlightError as error:
        st.error(str(error), icon=":material/error:")
    for sentence in groups.waiting:
        st.text(sentence)


def _choose_size(sizes: list[int]) -> int:
    """How many labels each strategy gives; the smallest one asks no strategy to stay away."""
    if len(sizes) == 1:
        return sizes[0]
    return st.selectbox(
        "Labels of each strategy",
        sizes,
        format_func="{:,}".format,
        key="experiment_size",
        help="With more of them a model learns more, but strategies that have fewer stay away.",
        width=220,
    )


def _start_and_show(experiment: Experiment) -> None:
    outcome = kept(experiment)
    if outcome is None:
        names = ", ".join(group.name for group in experiment.groups)
        st.text(
            f"{experiment.size:,} labels of each: {names}. {SEEDS} seeds, which draw other subsets."
        )
        if not st.button("Compare", icon=":material/science:", key="experiment", type="primary"):
            return
        outcome = _run(experiment)
    show_outcome(outcome)


def _run(experiment: Experiment) -> Outcome:
    """The outcome. Any press on the page stops it; what is finished is kept."""
    with st.status("Comparing …", expanded=True) as status:
        st.button("Stop", key="experiment_stop", help="What is finished is kept.")
        step, clock, began = st.empty(), st.empty(), time.perf_counter()

        def tick() -> None:
            # Writing is also how Streamlit ends this run of the page when something was pressed.
            clock.caption(f"{time.perf_counter() - began:.0f} s")

        outcome = run(experiment, step.text, tick)
        status.update(label="Compared", state="complete", expanded=False)
    return outcome


def show_outcome(outcome: Outcome) -> None:
    """A sentence for each strategy, by F and by AUC, the scores themselves, and their numbers."""
    for place, (score, name) in zip(st.columns(len(SCORES)), SCORES.items(), strict=True):
        with place:
            points = points_of(outcome, score)
            show_figure(
                f"experiment-{score}",
                f"{name} at {outcome.size:,} labels of each strategy",
                "The further right the better; where bars overlap, the sentences below say whether "
                "strategies can be told apart.",
                chart_of,
                points,
                name,
                tuple(points["strategy"]),
            )
            others = [result for result in outcome.results if result.over_random]
            st.text("\n".join(verdict(result, score, outcome.size) for result in others))
    st.caption(
        f"Means over {outcome.seeds} seeds, at the threshold of one half. Intervals of 95% from a "
        "paired bootstrap: evaluation items and seeds are drawn anew, the same for each strategy. "
        "Other labels from the same strategy could teach more or less than these. Where F is 0, a "
        "model has called no item positive that is: AUC then says whether it has learned anything."
    )
    with st.expander("The numbers of the comparison"):
        st.dataframe(numbers(outcome), hide_index=True, key="experiment_numbers")


def points_of(outcome: Outcome, score: str) -> pd.DataFrame:
    """The score of each strategy's models, with its interval."""
    return pd.DataFrame(
        [
            {"strategy": result.name, "value": of.value, "low": of.low, "high": of.high}
            for result in outcome.results
            for of in [result.scores[score]]
        ]
    )


def chart_of(title: str, strategies: Sequence[str]) -> alt.LayerChart:
    """A point and an interval for each strategy, between 0 and 1."""
    base = alt.Chart(POINTS).encode(
        y=alt.Y("strategy:N", title=None, sort=list(strategies)),
        color=strategy_color(strategies).legend(None),
        tooltip=["strategy:N", *numbers_told("value", "low", "high", format=".2f")],
    )
    scale = alt.Scale(domain=[0, 1])
    ends = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=title, scale=scale), x2="high:Q"
    )
    dots = base.mark_point(filled=True, opacity=1, size=80).encode(
        x=alt.X("value:Q", title=title, scale=scale)
    )
    return alt.layer(ends, dots).properties(height=alt.Step(ROW))


def numbers(outcome: Outcome) -> pd.DataFrame:
    """What stands behind the sentences."""
    return pd.DataFrame(
        [
            {
                "strategy": result.name,
                "labels": outcome.size,
                "of": result.available,
                "positive": f"{result.positive:.0%}",
                **{name: told(result.scores[score], ".2f") for score, name in SCORES.items()},
                **{
                    f"{name} over random": told(result.over_random.get(score), "+.2f")
                    for score, name in SCORES.items()
                },
            }
            for result in outcome.results
        ]
    )
