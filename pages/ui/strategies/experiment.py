"""The section of the Strategies page that trains anew on equally many labels of each strategy."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import altair as alt
import pandas as pd
import streamlit as st

from core.analysis import strategy_comparison as comparison
from core.evaluation.report import score_names
from core.evaluation.subset_comparison import SCORES, Outcome, verdict
from core.workspace.snapshot import Snapshot
from pages.ui.cache import analysis
from pages.ui.components.charts import numbers, strategy_color
from pages.ui.components.figure import POINTS, show_figure
from pages.ui.components.messages import say_empty, show_job
from pages.ui.escape_markdown import plain

ROW = 34  # pixels for one strategy


def show_experiment(snapshot: Snapshot) -> None:
    st.header("Compare strategies on your labels", anchor=False)
    st.caption(
        "Trains a model on equally many labels of each strategy and scores each one on your test "
        "set (the evaluation data)."
    )
    groups = comparison.find_groups(snapshot.labels.usable_training)
    asked = comparison.refusal(snapshot)
    if asked or not groups.ready:
        say_empty(plain(" ".join([asked, *groups.waiting])))
        return
    if not snapshot.workspace.is_writable():
        say_empty("The workspace is read-only: the results cannot be kept.")
        return
    show_state(comparison.prepare(snapshot, _choose_size(groups.sizes)))
    for sentence in groups.waiting:
        st.text(sentence)


def _choose_size(sizes: list[int]) -> int:
    """How many labels each strategy gives; at the smallest size all strategies take part."""
    if len(sizes) == 1:
        return sizes[0]
    return st.selectbox(
        "Labels per strategy",
        sizes,
        format_func="{:,}".format,
        key="experiment_size",
        help="At most two thirds of a strategy's labels. Strategies with fewer are left out.",
        width=220,
    )


def show_state(experiment: comparison.Experiment) -> None:
    outcome = comparison.kept(experiment)
    names = score_names(experiment.snapshot.workspace.task)
    if outcome:
        show_outcome(outcome, names)
        return
    path, size, seeds = experiment.snapshot.workspace.path, experiment.size, experiment.seeds
    # Labels may come meanwhile: it is the work of this workspace and size, whatever they are.
    name = f"experiment of {path}, {size}, {seeds}"
    job = analysis.job(name, comparison.compute, path, size, seeds)
    before = comparison.earlier(experiment)
    if not job.is_running:
        groups = ", ".join(experiment.groups)
        st.text(
            f"{size:,} labels each: {groups}. Repeated with {seeds} random draws of these labels."
        )
        name = "Compare again" if before else "Compare"
        kind = "secondary" if before else "primary"
        if st.button(name, icon=":material/science:", key="experiment", type=kind):
            job.start()
            st.rerun()
    show_job(job, "Comparing", "experiment", stop=("Stop", "Nothing is kept: it begins anew."))
    if before:
        st.info(
            f"This comparison is from {before.training:,} training labels; now there are "
            f"{len(experiment.snapshot.labels.usable_training):,}.",
            icon=":material/history:",
        )
        show_outcome(before, names)


def show_outcome(outcome: Outcome, names: Mapping[str, str]) -> None:
    """A sentence for each strategy, by F and by AUC, and the scores, which `names` names."""
    others = [result for result in outcome.results if result.over_random]
    for place, score in zip(st.columns(len(SCORES)), SCORES, strict=True):
        name = names[score]
        with place:
            for result in others:
                # Names of strategies are anybody's words: no markup is read in them.
                st.text(verdict(result, score, outcome, names))
            rows = [
                {"strategy": each.name, **asdict(each.scores[score])} for each in outcome.results
            ]
            points = pd.DataFrame(rows)
            show_figure(
                f"experiment-{score}",
                f"{name} with {outcome.size:,} labels per strategy",
                "Further right is better. Lines are 95% intervals.",
                chart_of,
                points,
                name,
                tuple(points["strategy"]),
            )
    if not all(result.scores["fscore"].value for result in outcome.results):
        st.caption(
            f"{names['fscore']} 0 means that a model found none of the items it should. AUC shows "
            "whether it has learned anything."
        )
    with st.expander("How this is computed"):
        each = 1 - 0.05 / max(outcome.comparisons, 1)
        st.caption(
            f"Means over {outcome.seeds} random draws, with a threshold of 0.5, on "
            f"{outcome.evaluation:,} test items. Intervals account for other test items (paired "
            "bootstrap) and other labels of the same strategy (jackknife). All intervals in the "
            "sentences hold together in 95% of cases: each of the "
            f"{outcome.comparisons} comparisons has {each:.1%} (Bonferroni)."
        )


def chart_of(title: str, strategies: Sequence[str]) -> alt.LayerChart:
    base = alt.Chart(POINTS).encode(
        y=alt.Y("strategy:N", title=None, sort=list(strategies)),
        color=strategy_color(strategies).legend(None),
        tooltip=["strategy:N", *numbers("value", "low", "high", format=".2f")],
    )
    scale = alt.Scale(domain=[0, 1])
    low, value = (alt.X(f"{end}:Q", title=title, scale=scale) for end in ("low", "value"))
    ends = base.mark_rule(strokeWidth=2).encode(x=low, x2="high:Q")
    dots = base.mark_point(filled=True, opacity=1, size=80).encode(x=value)
    return alt.layer(ends, dots, height=alt.Step(ROW))
