"""The section of the Strategies page that simulates other strategies on the known labels."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core.analysis.curve_comparison import compare, verdict
from core.analysis.learning_curves import Point
from core.analysis.replay import LEAST, LIKELY, Known, compute, kept, prepare, ways
from core.evaluation.report import score_names
from core.workspace.snapshot import Snapshot
from core.workspace.task import MODELS
from pages.ui.cache import analysis
from pages.ui.components import charts
from pages.ui.components.controls import choose_one
from pages.ui.components.figure import show_figure
from pages.ui.components.messages import refusals_shown, say_empty, show_job

MOST_SEEDS = 20

SCORES = ("average_precision", "auc", "fscore")
"""The first is shown first: an F-score is 0 until a model calls anything positive."""


def show_replay(snapshot: Snapshot) -> None:
    st.header("Simulate other strategies", anchor=False)
    found = analysis.known(snapshot)
    st.caption(
        f"Replays the work with your {found.number:,} labels, as if another strategy had picked "
        "the items. “Mostly” means nine of ten items; the tenth is random."
    )
    if found.number < LEAST:
        say_empty(f"{LEAST - found.number:,} more labels needed.")
        return
    if not snapshot.workspace.is_writable():
        say_empty("The workspace is read-only: the results cannot be kept.")
        return
    with refusals_shown():
        _choose_and_run(found)


def _choose_and_run(found: Known) -> None:
    task = found.snapshot.workspace.task
    every = ways(task)
    left, middle, right = st.columns([3, 2, 1])
    chosen = left.multiselect(
        "Strategies", list(every), default=[x for x in LIKELY if x in every], key="replay_ways"
    )
    offered = [name for name in MODELS if not (task.several and name == "book")]
    models = middle.multiselect("Models", offered, default=[task.model], key="replay_models")
    seeds = right.number_input("Repetitions", 2, MOST_SEEDS, 5, key="replay_seeds")
    if not (chosen and models):
        st.caption("Choose at least one strategy and one model.")
        return
    mixes = {name: mix for name, mix in every.items() if name in chosen}
    study, out = prepare(found, mixes, models, seeds)
    path = found.snapshot.workspace.path
    name = f"replay of {path}, {sorted(mixes)}, {sorted(models)}, {seeds}"
    job = analysis.job(name, compute, path, mixes, models, seeds)
    points = kept(study, out)
    if job.is_running or {point.curve for point in points} != set(study.curves):
        label = "Continue" if points else "Simulate"
        if not job.is_running and st.button(label, icon=":material/replay:", key="replay"):
            job.start()
            st.rerun()
        show_job(job, "Simulating", "replay")
    if points:
        _show(points, study.random_mix, score_names(task))


def _show(points: Sequence[Point], random_mix: str | None, names: Mapping[str, str]) -> None:
    score = choose_one("Score", [*SCORES], "replay_score", format_func=names.get)
    rows = [row for row in compare(points, random_mix) if row.score == score]
    curves = means(points, score)
    show_figure(
        "replay-curves",
        f"Mean {names[score]}",
        "A curve that rises sooner needs fewer labels. Point at it for its numbers.",
        charts.simulated,
        curves,
        tuple(curves["strategy"].unique()),
    )
    for row in rows:
        if row.mix != random_mix:
            st.write(verdict(row))
    with st.expander("How this is computed"):
        st.caption(
            "Three tenths of the labeled texts are held out as a test set. Each strategy picks "
            "from the others in its own order. The sentences compare areas under the curves, "
            "repetition by repetition, with 95% intervals. A model chose some of these texts, so "
            "they are not quite like the pool."
        )


def means(points: Sequence[Point], score: str) -> pd.DataFrame:
    """Mean and standard error over seeds for each strategy, model and number of labels."""
    rows = pd.DataFrame(points).astype({score: float})
    if rows["model"].nunique() > 1:
        rows["mix"] += ", " + rows["model"]
    rows = rows.rename(columns={"mix": "strategy"})
    scores = rows.groupby(["strategy", "labels"], sort=False)[score]
    found = scores.agg(value="mean", error="sem", seeds="count").dropna(subset="value")
    error = found.pop("error").fillna(0)  # one seed has none
    found = found.assign(low=found["value"] - error, high=found["value"] + error)
    return found.reset_index()
